// Commit messages of what weft commits and lands. Knows nothing of git's commands.
import type { RunState, TaskState } from './state.ts';

/** Trailers that tie a commit to its task and run. */
function trailers(state: RunState, ts: TaskState): readonly string[] {
  return [`Weft-Task: ${oneLine(ts.task.id)}`, `Weft-Run: ${state.run ?? ''}`];
}

/** Message of the commit that takes up what an agent left uncommitted. */
export function writeLeftoverMessage(state: RunState, ts: TaskState): string {
  return `${writeSubject(ts)}\n\n${trailers(state, ts).join('\n')}\n`;
}

/** Message of the commit that lands. */
export function writeLandingMessage(state: RunState, ts: TaskState): string {
  const { message } = state.policy.merge;
  const text =
    message === undefined ? `${writeSubject(ts)}\n\n${oneLine(ts.task.ref)}` : fillWords(message, state, ts);
  const author = coAuthorOf(state, ts);
  const lines = [...trailers(state, ts), ...(author === '' ? [] : [`Co-authored-by: ${author}`])];
  return `${text}\n\n${lines.join('\n')}\n`;
}

/** What a template of messages may name. */
export const MESSAGE_WORDS = ['title', 'task', 'run', 'track', 'ref', 'body'] as const;

const PLACE = /\{(\w+)\}/g;

/** The first place of a template that nothing is known for, or null. */
export function findUnknownWord(template: string): string | null {
  for (const [, word = ''] of template.matchAll(PLACE))
    if (!(MESSAGE_WORDS as readonly string[]).includes(word)) return word;
  return null;
}

const MAX_BODY = 4_000;

/** Fills a template in one pass: what looks like a place in a task's own text is none. */
export function fillWords(template: string, state: RunState, { task }: TaskState): string {
  const words: Readonly<Record<string, string>> = {
    title: oneLine(task.title),
    task: oneLine(task.id),
    run: state.run ?? '',
    track: oneLine(task.track ?? ''),
    ref: oneLine(task.ref),
    // indented, no line of it is taken for a trailer
    body: task.body
      .trim()
      .slice(0, MAX_BODY)
      .split(/\r?\n/)
      .map((line) => `    ${line}`.trimEnd())
      .join('\n'),
  };
  const text = template.replace(PLACE, (whole, word: string) => words[word] ?? whole).trim();
  return text === '' ? oneLine(task.title) : text;
}

/** Agents whose makers have said how they are to be named. */
const CO_AUTHORS: Readonly<Record<string, string>> = { claude: 'Claude <noreply@anthropic.com>' };

function coAuthorOf({ policy }: RunState, ts: TaskState): string {
  const config = policy.agents[ts.attempt?.agent ?? ts.task.agent];
  // a command line of the task's own is no agent's work
  if (config === undefined || ts.task.run !== null || ts.task.type === 'manual') return '';
  return oneLine(config.coAuthor ?? CO_AUTHORS[config.kind] ?? '');
}

/** The title in a line that fits a commit. */
export function writeSubject(ts: TaskState): string {
  const title = oneLine(ts.task.title);
  // a letter of two units must not be cut in half
  return title.length > 72 ? `${title.slice(0, 71).replace(/[\uD800-\uDBFF]$/, '')}…` : title;
}

// a title comes from outside: a line break in it could forge a trailer
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
}
