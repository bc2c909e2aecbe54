// Where things of a run lie on disk. Joins paths; touches nothing.
import { basename, join, resolve } from 'node:path';
import type { Policy, RunId, TaskId } from '../core/model.ts';
import { slugId } from '../core/plan/slug.ts';
import type { Places } from './parts.ts';

/** Places of a run. The worktrees' root may be given relative to the repository and may name it as `{repo}`. */
export function placesOf(repository: string, run: RunId, policy: Policy): Places {
  const root = resolve(repository, policy.worktrees.root.replaceAll('{repo}', basename(repository)));
  const stateDir = join(repository, '.weft');
  return { repository, stateDir, runDir: join(stateDir, 'runs', run), worktrees: join(root, run) };
}

/** Worktree of a task: its own, or the one that all share. */
export function worktreeOf(places: Places, policy: Pick<Policy, 'isolation'>, task: TaskId): string {
  return policy.isolation === 'shared' ? sharedWorktreeOf(places) : join(places.worktrees, slugId(task));
}

/** The worktree that all tasks share under isolation `shared`. */
export function sharedWorktreeOf(places: Places): string {
  return join(places.worktrees, '.shared');
}

/** Checkout of a task that its planner and its reviewer read; nothing in it is anybody's work. */
export function readingOf(places: Places, task: TaskId): string {
  return join(places.worktrees, '.read', slugId(task));
}

/** Clean checkout number `slot`, where gates run. */
export function checkoutOf(places: Places, slot: number): string {
  return join(places.worktrees, '.gates', String(slot));
}

/** How many clean checkouts gates may run in at once, numbered from 0: one for the landing, the others for attempts and parts of a batch. */
export function countCheckouts({ limits }: Policy): number {
  return limits.gateSlots + limits.landingSlots;
}

/** Folder of one attempt's files. */
export function attemptDirOf(places: Places, task: TaskId, attempt: number): string {
  return attemptFolder(places.runDir, task, attempt);
}

/** The same, where only the run's folder is known. */
export function attemptFolder(runDir: string, task: TaskId, attempt: number): string {
  return join(runDir, 'attempts', slugId(task), String(attempt));
}

/** Folder of one verification's outputs. */
export function gateDirOf(places: Places, task: TaskId, attempt: number): string {
  return join(attemptDirOf(places, task, attempt), 'gates');
}
