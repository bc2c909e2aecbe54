// Commands of people that wait for an engine: how they are read back, and how a picture speaks of them.
import type { Command } from './decide/command.ts';
import type { Comment } from './model.ts';
import type { RunView, TaskView } from './view.ts';

const WITH_TASK = new Set(['answer', 'guide', 'reject', 'comment', 'restart', 'cancel', 'done']);
const WITH_OPTIONAL_TASK = new Set(['approve', 'pause', 'unpause', 'stop']);

/** Reads a command file; null when it is not one (a half-written or foreign file). */
export function parseCommand(text: string): Command | null {
  try {
    const value: unknown = JSON.parse(text);
    return isCommand(value) ? value : null;
  } catch {
    return null;
  }
}

/** Tells whether a value from outside is a command. */
export function isCommand(value: unknown): value is Command {
  if (typeof value !== 'object' || value === null || !('kind' in value) || typeof value.kind !== 'string')
    return false;
  const { kind } = value;
  if (kind === 'drain') return true;
  const task = 'task' in value ? value.task : undefined;
  if (WITH_OPTIONAL_TASK.has(kind)) return task === null || typeof task === 'string';
  if (!WITH_TASK.has(kind) || typeof task !== 'string') return false;
  const text = 'text' in value ? value.text : undefined;
  if (kind === 'guide' || kind === 'reject') return typeof text === 'string';
  if (kind === 'comment') return 'comment' in value && isComment(value.comment);
  const option = 'option' in value ? value.option : undefined;
  return kind !== 'answer' || (typeof text === 'string' && (option === null || Number.isInteger(option)));
}

function isComment(value: unknown): value is Comment {
  if (typeof value !== 'object' || value === null) return false;
  const { head, path, line, to, quote, text } = value as Readonly<Record<string, unknown>>;
  const isRange = isLine(line) && isLine(to) && line <= to;
  return isRange && [head, path, quote, text].every((each) => typeof each === 'string');
}

function isLine(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

const WORDS: Readonly<Record<Command['kind'], string>> = {
  answer: 'answered',
  guide: 'guidance given',
  reject: 'rejected',
  comment: 'commented on',
  approve: 'approved',
  pause: 'to be paused',
  unpause: 'let go on',
  stop: 'to be stopped',
  restart: 'to start anew',
  cancel: 'to be cancelled',
  done: 'said to be done',
  drain: 'to come to an end',
};

/** The picture with what waits for an engine in it; a question that is answered is none any more. */
export function addPending(view: RunView, commands: readonly Command[]): RunView {
  if (commands.length === 0) return view;
  const meant = commands.map((command) => ({ command, id: findMeant(view, command) }));
  const tasks = view.tasks.map((task) => {
    let seen = task;
    for (const { command, id } of meant)
      if (id === task.id || isForAll(command, seen)) seen = addToTask(seen, command.kind);
    return seen;
  });
  return { ...view, tasks, pending: commands.length };
}

function addToTask(task: TaskView, kind: Command['kind']): TaskView {
  const pending = [...(task.pending ?? []), kind];
  // a comment waits beside everything else and changes none of it
  if (kind === 'comment') return { ...task, pending, comments: (task.comments ?? 0) + 1 };
  const { question, awaits: _, ...rest } = task;
  const stays = question !== undefined && (kind === 'pause' || kind === 'unpause');
  return {
    ...rest,
    reason: `${WORDS[kind]}; \`weft resume\` takes it up`,
    pending,
    ...(stays ? { question, awaits: 'answer' } : {}),
  };
}

/** Id of the task that a command names, be it by the beginning of its id; null: none, or the whole run. */
function findMeant({ tasks }: RunView, command: Command): string | null {
  if (!('task' in command) || command.task === null) return null;
  const name = command.task;
  if (tasks.some(({ id }) => id === name)) return name;
  const beginning = tasks.filter(({ id }) => id.startsWith(name));
  return beginning.length === 1 ? (beginning[0]?.id ?? null) : null;
}

/** What somebody commented on before is not approved with all others. */
function isForAll(command: Command, { awaits, comments }: TaskView): boolean {
  const isReady = awaits === 'approval' && comments === undefined;
  return command.kind === 'approve' && command.task === null && isReady;
}
