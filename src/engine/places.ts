// Where things of a run lie on disk. Joins paths; touches nothing.
import { basename, dirname, join, resolve } from 'node:path';
import type { Policy, RunId, TaskId } from '../core/model.ts';
import { DEFAULT_PLACE, drawPlace, isOfOneRun } from '../core/place.ts';
import { slugId } from '../core/plan/slug.ts';
import type { RunState } from '../core/state.ts';
import type { Places } from './parts.ts';

/** Places of a run. The folder of worktrees may be given relative to the repository and may name it as `{repo}`. */
export function placesOf(repository: string, run: RunId, policy: Policy): Places {
  const root = resolve(
    repository,
    policy.worktrees.root.replaceAll('{repo}', () => basename(repository)),
  );
  const stateDir = join(repository, '.weft');
  const runDir = join(stateDir, 'runs', run);
  return { repository, stateDir, runDir, run, root, worktrees: join(root, run) };
}

/** Worktree of a task: its own, or the one that all share. */
export function worktreeOf(
  places: Places,
  policy: Pick<Policy, 'isolation' | 'worktrees'>,
  task: TaskId,
): string {
  if (policy.isolation === 'shared') return sharedWorktreeOf(places);
  const { repository, run, root } = places;
  const pattern = policy.worktrees.path ?? DEFAULT_PLACE;
  return resolve(repository, drawPlace(pattern, { root, run, task, repo: basename(repository) }));
}

/** Worktrees that tasks of a run have, or had, outside of its own folder. */
export function strayWorktrees(places: Places, state: Pick<RunState, 'policy' | 'tasks'>): readonly string[] {
  const { policy, tasks } = state;
  if (policy.isolation === 'shared' || (policy.worktrees.path ?? DEFAULT_PLACE) === DEFAULT_PLACE) return [];
  const begun = [...tasks.values()].filter(({ attempts }) => attempts > 0);
  return begun.map(({ task }) => worktreeOf(places, policy, task.id));
}

/** Folders that weft may have made for worktrees and checkouts of a run, each before the one it lies in. */
export function foldersOf(places: Places, state: Pick<RunState, 'policy' | 'tasks'>): readonly string[] {
  const { repository, root, worktrees } = places;
  const fixed = fixedFolderOf(repository, state.policy);
  const around = new Set<string>();
  for (const path of strayWorktrees(places, state)) {
    for (let folder = dirname(path); isIn(folder, fixed); folder = dirname(folder)) around.add(folder);
  }
  const deepestFirst = [...around].sort((a, b) => b.length - a.length);
  return [join(worktrees, '.gates'), worktrees, ...deepestFirst, root];
}

/** Folder that all worktrees lie in, whatever their run and task. */
export function fixedFolderOf(repository: string, { worktrees }: Pick<Policy, 'worktrees'>): string {
  const repo = basename(repository);
  const root = rootOf(repository, { worktrees });
  const [fixed = ''] = (worktrees.path ?? DEFAULT_PLACE).split(/[^/]*\{(?:run|task|id)\}/);
  return resolve(repository, drawPlace(fixed, { root, repo, run: '', task: '' }));
}

function rootOf(repository: string, { worktrees }: Pick<Policy, 'worktrees'>): string {
  return resolve(
    repository,
    worktrees.root.replaceAll('{repo}', () => basename(repository)),
  );
}

function isIn(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

/** What shows whose a worktree is. */
export function reasonOf({ run }: { readonly run: string | null }, task: TaskId): string {
  return `weft run=${run} task=${task}`;
}

/** Tells whether the worktree or the branch of a task may be where another run, or somebody else, has one. */
export function mayMeetOthers({ worktrees: { path = DEFAULT_PLACE, branch } }: Policy): boolean {
  return !isOfOneRun(path) || !isOfOneRun(branch);
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

/** What a task is called in the name of a file that people and programs of others look for: its id, where that is plain. */
export function fileStemOf(task: TaskId): string {
  return /^[A-Za-z0-9_#][A-Za-z0-9_.#@+-]*$/.test(task) ? task : slugId(task);
}

/** Folder of one verification's outputs. */
export function gateDirOf(places: Places, task: TaskId, attempt: number): string {
  return join(attemptDirOf(places, task, attempt), 'gates');
}
