// Merges by hand in the world: what an agent makes of two sides in conflict, and what of them is gone. Whole files stand for lines.
import type { Merging } from '../../core/merging.ts';
import type { Oid, TaskId } from '../../core/model.ts';
import type { TaskState } from '../../core/state.ts';
import { commitOf, filesOf, type GitWorld, isAncestorOf, mergeBaseOf, mergeTrees } from './git-store.ts';
import { violate } from './scheduler.ts';
import type { World } from './world.ts';

/** What somebody left out of a merge: what the target had in a file in conflict. */
export interface Dropped {
  /** The merge. */
  readonly commit: Oid;
  readonly task: TaskId;
  /** What was taken in. */
  readonly target: Oid;
  readonly path: string;
  readonly text: string;
}

/** As git's own port lists it: rows to read. */
export function listLostIn(git: GitWorld, of: Merging & { readonly result: Oid }): readonly string[] {
  const base = mergeBaseOf(git, of.ours, of.theirs);
  if (base === null || !isAncestorOf(git, of.ours, of.result)) return [];
  const sides = { base: filesOf(git, base), ours: filesOf(git, of.ours), theirs: filesOf(git, of.theirs) };
  const made = filesOf(git, of.result);
  const { files, conflicts } = mergeTrees(sides);
  const has = (path: string, side: string | undefined): boolean =>
    side === undefined ? !made.has(path) : hasAll(made.get(path), side);
  // what a person took is known by its row, so that it has to say what is gone
  const tell = (path: string, side: string | undefined, whose = ''): string =>
    `${path}: is gone${whose}: ${side?.replaceAll('\n', ' / ')}`;
  const dropped = conflicts.flatMap((path) => {
    const [ours, theirs] = [sides.ours.get(path), sides.theirs.get(path)];
    return [
      ...(of.sides === 'neither' || has(path, ours) ? [] : [tell(path, ours)]),
      ...(of.sides !== 'both' || has(path, theirs) ? [] : [tell(path, theirs, ' (its own)')]),
    ];
  });
  const undone = [...new Set([...files.keys(), ...sides.ours.keys()])].filter(
    (path) =>
      !conflicts.includes(path) &&
      sides.ours.get(path) !== sides.base.get(path) &&
      files.get(path) !== made.get(path) &&
      isUndone({ base: sides.base.get(path), side: sides.ours.get(path), made: made.get(path) }),
  );
  return [...dropped, ...undone.map((path) => tell(path, sides.ours.get(path)))];
}

/** A new line of the side is not there, or the file that it deleted is. */
function isUndone(of: Readonly<Record<'base' | 'side' | 'made', string | undefined>>): boolean {
  const { base, side, made } = of;
  if (side === undefined) return made === base;
  const known = new Set(base?.split('\n'));
  const there = new Set(made?.split('\n'));
  return side.split('\n').some((line) => !known.has(line) && !there.has(line));
}

function hasAll(text: string | undefined, lines: string): boolean {
  const there = new Set(text?.split('\n'));
  return lines.split('\n').every((line) => there.has(line));
}

/** The commits of a branch in the order in which it was there are its first parents. */
export function findLastWithoutIn(
  git: GitWorld,
  of: { readonly branch: string; readonly commit: Oid },
): Oid | null {
  let at = git.refs.get(`refs/heads/${of.branch}`) ?? null;
  while (at !== null && isAncestorOf(git, of.commit, at)) at = commitOf(git, at).parents[0] ?? null;
  return at === null || isAncestorOf(git, at, of.commit) ? null : at;
}

/** Work is said to be good: what an agent left out of a merge may not go with it unless a person took it so. */
export function checkDropped(world: World, { task, attempt, toMerge }: TaskState): void {
  const { git, oracle } = world;
  if (attempt?.inspected == null) return;
  const { head, base } = attempt.inspected;
  const isTaken = attempt.accepted || attempt.byHand;
  if (isTaken || toMerge?.sides === 'neither' || toMerge?.sides === 'none') {
    // a person has seen it, or sent it back with other words: what came before is settled
    const left = oracle.dropped.filter(
      ({ commit, task: by }) => by !== task.id || !isAncestorOf(git, commit, head),
    );
    oracle.dropped.splice(0, oracle.dropped.length, ...left);
    return;
  }
  const made = filesOf(git, head);
  for (const { commit, target, task: by, path, text } of oracle.dropped) {
    // what the target lost since, nobody owes it
    if (!isAncestorOf(git, target, base)) continue;
    // what stands on it takes over what was taken as it was
    if (by !== task.id || !isAncestorOf(git, commit, head) || hasAll(made.get(path), text)) continue;
    violate(world, 'no-side-dropped', `${task.id} is good without ${text} in ${path}, and nobody was asked`);
  }
}
