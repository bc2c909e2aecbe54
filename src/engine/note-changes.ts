// Looks how much agents at work have changed so far. Changes nothing.
import type { RunView, TaskView } from '../core/view.ts';
import type { Tools } from './parts.ts';

/** Worktrees that are looked at. */
const MOST_TASKS = 50;

/** A picture with what lies in the worktrees of agents at work; one that cannot be looked at stays as it was. */
export async function noteChanges({ git }: Pick<Tools, 'git'>, view: RunView): Promise<RunView> {
  const atWork = view.tasks.filter(isLookedAt).slice(0, MOST_TASKS);
  const seen = new Map<string, TaskView>();
  // one after the other: they share one disk
  for (const task of atWork) {
    const { worktree, branch } = task;
    if (worktree === null || branch === null) continue;
    const counted = await git.countChanges({ worktree, branch });
    if (counted.ok) seen.set(task.id, { ...task, ...counted.value });
  }
  return { ...view, tasks: view.tasks.map((task) => seen.get(task.id) ?? task) };
}

/** What was looked at when its attempt ended need not be looked at again. */
function isLookedAt({ phase, files, question }: TaskView): boolean {
  return files === 0 && (phase === 'working' || phase === 'verifying' || question !== undefined);
}
