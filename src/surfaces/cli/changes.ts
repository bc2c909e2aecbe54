// Finds what is worth a line: tasks whose phase, attempt or question changed since the last view. Prints nothing itself.
import type { EndedView, RunView, TaskView } from '../../core/view.ts';

/** What became of a task since it was looked at last. */
export interface Change {
  readonly task: TaskView;
  /** An attempt that ended and that is followed by another one; absent: none did. */
  readonly retried?: EndedView;
  /** Its question was answered, or is asked no more. */
  readonly answered: boolean;
  /** There is more to say than that it is tried again. */
  readonly moved: boolean;
}

/** Gives what changed since it was asked last; tasks that just wait are no news at first. */
export type ChangeFinder = (view: RunView) => readonly Change[];

/** Makes a finder that remembers each task; what `known` shows already is no news. */
export function createChangeFinder(known?: RunView): ChangeFinder {
  const before = new Map(known?.tasks.map((task) => [task.id, task]));
  return (view) =>
    view.tasks.flatMap((task) => {
      const change = compare(before.get(task.id), task);
      before.set(task.id, task);
      return change === null ? [] : [change];
    });
}

function compare(before: TaskView | undefined, task: TaskView): Change | null {
  const retried = findRetried(before, task);
  const moved =
    before === undefined
      ? task.phase !== 'waiting' || task.question !== undefined
      : writeNews(before) !== writeNews(task);
  if (!moved && retried === undefined) return null;
  // waiting for the next attempt is what the line about the last one says
  const waits = retried !== undefined && task.phase === 'waiting' && task.question === undefined;
  return {
    task,
    answered: before?.question !== undefined && task.question === undefined,
    moved: moved && !waits,
    ...(retried === undefined ? {} : { retried }),
  };
}

function writeNews(task: TaskView): string {
  return `${task.phase} ${task.attempts} ${task.paused} ${task.question?.id ?? ''}`;
}

/** Ends that a human brought about, and need not be told of. */
const ON_PURPOSE: ReadonlySet<string> = new Set(['asked', 'stopped']);

function findRetried(before: TaskView | undefined, task: TaskView): EndedView | undefined {
  const { ended } = task;
  if (ended === undefined || ended.attempt <= (before?.ended?.attempt ?? 0)) return undefined;
  const goesOn = task.attempts > ended.attempt || (task.phase === 'waiting' && task.question === undefined);
  return goesOn && !task.paused && !ON_PURPOSE.has(ended.cause) ? ended : undefined;
}
