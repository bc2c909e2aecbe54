// Finds what is worth a line: tasks whose phase or question changed since the last view. Prints nothing itself.
import type { RunView, TaskView } from '../../core/view.ts';

/** Gives the tasks that changed since it was asked last; tasks that just wait are no news at first. */
export type ChangeFinder = (view: RunView) => readonly TaskView[];

/** Makes a finder that remembers one line's worth per task. */
export function createChangeFinder(): ChangeFinder {
  const known = new Map<string, string>();
  return (view) =>
    view.tasks.filter((task) => {
      const news = `${task.phase} ${task.attempts} ${task.paused} ${task.question?.id ?? ''}`;
      const before = known.get(task.id);
      known.set(task.id, news);
      if (before === undefined) return task.phase !== 'waiting' || task.question !== undefined;
      return before !== news;
    });
}
