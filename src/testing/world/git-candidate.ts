// Candidates of the world's git: merged, squashed or replayed path by path. The same question gets the same commit.
import type { Oid } from '../../core/model.ts';
import type { Candidate, GitPort } from '../../ports/git.ts';
import {
  ancestorsOf,
  type Commit,
  commitOf,
  deriveCommit,
  filesOf,
  type GitWorld,
  isAncestorOf,
  mergeBaseOf,
  mergeTrees,
} from './git-store.ts';
import { findTask } from './oracle.ts';
import type { World } from './world.ts';

type Question = Parameters<GitPort['buildCandidate']>[0];
type Built =
  | { readonly kind: 'built'; readonly commit: Oid; readonly note?: string }
  | { readonly kind: 'conflict'; readonly files: readonly string[] };

/** Builds and pins the commit that would land, and tells the oracle whose it is. */
export function buildIn(world: World, what: Question): Candidate {
  const { git } = world;
  const first = build(git, what);
  const built = first.kind === 'conflict' ? replay(git, what, first) : first;
  if (built.kind === 'conflict') return built;
  const { tree } = commitOf(git, built.commit);
  const empty = tree === commitOf(git, what.target).tree;
  const commit = empty ? what.target : built.commit;
  git.refs.set(what.pin, commit);
  const task = findTask(world, ({ id }) => what.pin.endsWith(`/${id}`));
  if (task !== undefined && !empty) world.oracle.candidates.set(commit, { task: task.id, base: what.target });
  return { kind: 'built', commit, tree, empty, ...(built.note === undefined ? {} : { note: built.note }) };
}

function build(git: GitWorld, what: Question): Built {
  switch (what.strategy) {
    case 'merge':
      return merge(git, what);
    case 'squash':
      return squash(git, what);
    case 'fast-forward':
    case 'rebase':
      return rebase(git, what);
    default:
      throw new Error(`Internal error: unknown strategy ${String(what.strategy satisfies never)}`);
  }
}

/** What conflicts as a whole may go on commit by commit. */
function replay(git: GitWorld, what: Question, conflict: Built): Built {
  if (what.strategy !== 'merge' && what.strategy !== 'squash') return conflict;
  const replayed = rebase(git, what);
  if (replayed.kind === 'conflict') return conflict;
  const { target, head, message } = what;
  const parents = what.strategy === 'merge' ? [target, head] : [target];
  const from = JSON.stringify([message, head]);
  const commit = deriveCommit(git, { files: filesOf(git, replayed.commit), parents, from });
  return { kind: 'built', commit, note: 'Its commits went on one by one where all at once conflicted.' };
}

/** Paths in which a change does not merge with another commit. */
export function tryIn(git: GitWorld, { work, onto }: Parameters<GitPort['tryMerge']>[0]): readonly string[] {
  const { conflicts } = mergeTrees({
    base: filesOf(git, changeBaseOf(git, { ...work, target: onto.head })),
    ours: filesOf(git, onto.head),
    theirs: filesOf(git, work.head),
  });
  return conflicts;
}

/** Where the change starts: git's own merge base where that is newer than the base, or the branch left the base. */
function changeBaseOf(
  git: GitWorld,
  { base, head, target }: Pick<Question, 'base' | 'head' | 'target'>,
): Oid {
  const natural = mergeBaseOf(git, target, head);
  if (natural === null || natural === base) return base;
  return isAncestorOf(git, base, head) && isAncestorOf(git, natural, base) ? base : natural;
}

function merge(git: GitWorld, { target, head, message }: Question): Built {
  const base = mergeBaseOf(git, target, head);
  const { files, conflicts } = mergeTrees({
    base: base === null ? new Map() : filesOf(git, base),
    ours: filesOf(git, target),
    theirs: filesOf(git, head),
  });
  if (conflicts.length > 0) return { kind: 'conflict', files: conflicts };
  return { kind: 'built', commit: deriveCommit(git, { files, parents: [target, head], from: message }) };
}

function squash(git: GitWorld, what: Question): Built {
  const { target, head, message } = what;
  const { files, conflicts } = mergeTrees({
    base: filesOf(git, changeBaseOf(git, what)),
    ours: filesOf(git, target),
    theirs: filesOf(git, head),
  });
  if (conflicts.length > 0) return { kind: 'conflict', files: conflicts };
  const from = JSON.stringify([message, head]);
  return { kind: 'built', commit: deriveCommit(git, { files, parents: [target], from }) };
}

/** Replays commit by commit; a change with merges in it is squashed. */
function rebase(git: GitWorld, what: Question): Built {
  const commits = commitsBetween(git, changeBaseOf(git, what), what.head);
  if (commits.some(({ parents }) => parents.length !== 1)) {
    const built = squash(git, what);
    return built.kind === 'conflict' ? built : { ...built, note: 'Squashed, not rebased.' };
  }
  let tip = what.target;
  for (const { oid, parents } of commits) {
    const [parent] = parents;
    if (parent === undefined) throw new Error('Internal error: a commit without a parent');
    if (parent === tip) {
      tip = oid;
      continue;
    }
    const { files, conflicts } = mergeTrees({
      base: filesOf(git, parent),
      ours: filesOf(git, tip),
      theirs: filesOf(git, oid),
    });
    if (conflicts.length > 0) return { kind: 'conflict', files: conflicts };
    const made = deriveCommit(git, { files, parents: [tip], from: oid });
    if (commitOf(git, made).tree !== commitOf(git, tip).tree) tip = made;
  }
  return { kind: 'built', commit: tip };
}

/** Commits of a branch that are not below another commit, oldest first; of a merge only its first side. */
function commitsBetween(git: GitWorld, below: Oid, head: Oid): readonly Commit[] {
  const known = ancestorsOf(git, [below]);
  const commits: Commit[] = [];
  let at: Oid | undefined = head;
  while (at !== undefined && !known.has(at)) {
    const commit = commitOf(git, at);
    commits.unshift(commit);
    [at] = commit.parents;
  }
  return commits;
}
