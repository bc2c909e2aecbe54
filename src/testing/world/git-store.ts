// A repository as plain maps: trees of paths and contents, commits, refs, locks, worktrees. Knows no port and no engine.
import { type ChangedFile, type Oid, oid } from '../../core/model.ts';
import type { Life } from './world.ts';

/** Path of the user's checkout. */
export const REPOSITORY = '/repo';

/** Contents by path. */
export type Tree = ReadonlyMap<string, string>;

/** One commit. */
export interface Commit {
  readonly oid: Oid;
  readonly tree: Oid;
  readonly parents: readonly Oid[];
  readonly by: 'agent' | 'weft' | 'user';
}

/** One linked worktree. */
export interface Worktree {
  readonly path: string;
  /** Branch its HEAD names, or null when detached. */
  branch: string | null;
  /** Commit of a detached HEAD. */
  detached: Oid | null;
  files: Map<string, string>;
  readonly reason: string;
  /** Its checkout is complete. */
  ready: boolean;
  /** Its folder is there. */
  folder: boolean;
  /** Command that a checkout was set up with. */
  setUp?: string;
}

/** See the file's first line. */
export interface GitWorld {
  readonly commits: Map<Oid, Commit>;
  readonly trees: Map<Oid, Tree>;
  readonly treeIds: Map<string, Oid>;
  /** Commits made of others alone, by what they were made of. */
  readonly derived: Map<string, Oid>;
  readonly refs: Map<string, Oid>;
  readonly worktrees: Map<string, Worktree>;
  /** Names of lock files: left by a killed git of ours, or held by a live git of the user's. */
  readonly locks: Map<string, 'stale' | 'user'>;
  /** The user's own checkout. */
  readonly checkout: { branch: string | null; head: Oid; files: Map<string, string> };
  /** A killed `worktree add` left metadata on which every git command of the repository fails. */
  broken: boolean;
  readonly watchers: { readonly ref: string; readonly life: Life; readonly moved: () => void }[];
  count: number;
}

/** A repository with one commit on `main`, which the user has checked out. */
export function createGitWorld(files: Tree): GitWorld {
  const git: GitWorld = {
    commits: new Map(),
    trees: new Map(),
    treeIds: new Map(),
    derived: new Map(),
    refs: new Map(),
    worktrees: new Map(),
    locks: new Map(),
    checkout: { branch: 'main', head: oid(''), files: new Map(files) },
    broken: false,
    watchers: [],
    count: 0,
  };
  const first = addCommit(git, { files, parents: [], by: 'user' });
  git.refs.set('refs/heads/main', first);
  git.checkout.head = first;
  return git;
}

/** Adds a tree, or finds the same one. */
export function addTree(git: GitWorld, files: Tree): Oid {
  const key = JSON.stringify([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
  const found = git.treeIds.get(key);
  if (found !== undefined) return found;
  const made = nextOid(git, 'a');
  git.treeIds.set(key, made);
  git.trees.set(made, new Map(files));
  return made;
}

/** Adds a commit; never the same one twice, as clocks would have it. */
export function addCommit(
  git: GitWorld,
  of: { readonly files: Tree; readonly parents: readonly Oid[]; readonly by: Commit['by'] },
): Oid {
  const made = nextOid(git, 'c');
  git.commits.set(made, { oid: made, tree: addTree(git, of.files), parents: of.parents, by: of.by });
  return made;
}

/** Adds a commit that fixed dates make the same one whenever it is made of the same things. */
export function deriveCommit(
  git: GitWorld,
  of: { readonly files: Tree; readonly parents: readonly Oid[]; readonly from: string },
): Oid {
  const key = JSON.stringify([of.from, of.parents, addTree(git, of.files)]);
  const made = git.derived.get(key) ?? addCommit(git, { ...of, by: 'weft' });
  git.derived.set(key, made);
  return made;
}

/** Later ones sort after earlier ones, and their first twelve characters tell them apart. */
function nextOid(git: GitWorld, letter: string): Oid {
  git.count += 1;
  return oid(`${letter}${git.count.toString(16).padStart(11, '0')}`.padEnd(40, '0'));
}

/** The commit; a missing one is a bug of the world. */
export function commitOf(git: GitWorld, name: Oid): Commit {
  const found = git.commits.get(name);
  if (found === undefined) throw new Error(`Internal error: no commit ${name}`);
  return found;
}

/** Commit that a revision names: HEAD, a ref in full or in short, or the commit itself; null: there is none. */
export function resolveIn(git: GitWorld, revision: string): Oid | null {
  if (revision === 'HEAD') return git.checkout.head;
  for (const prefix of ['', 'refs/', 'refs/heads/']) {
    const found = git.refs.get(`${prefix}${revision}`);
    if (found !== undefined) return found;
  }
  return git.commits.get(revision as Oid)?.oid ?? null;
}

/** The contents of a commit. */
export function filesOf(git: GitWorld, commit: Oid): Tree {
  return git.trees.get(commitOf(git, commit).tree) ?? new Map();
}

/** Tells whether one commit is the other or one of its ancestors. */
export function isAncestorOf(git: GitWorld, ancestor: Oid, of: Oid): boolean {
  const seen = new Set<Oid>();
  const open = [of];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (at === ancestor) return true;
    // later ones sort after earlier ones: it is in nothing's past that is older than itself
    if (at < ancestor || seen.has(at)) continue;
    seen.add(at);
    open.push(...commitOf(git, at).parents);
  }
  return false;
}

/** The commits and all their ancestors. */
export function ancestorsOf(git: GitWorld, from: Iterable<Oid>): Set<Oid> {
  const seen = new Set<Oid>();
  const open = [...from];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    open.push(...commitOf(git, at).parents);
  }
  return seen;
}

/** A best common ancestor, or null. */
export function mergeBaseOf(git: GitWorld, one: Oid, other: Oid): Oid | null {
  if (isAncestorOf(git, one, other)) return one;
  if (isAncestorOf(git, other, one)) return other;
  const below = ancestorsOf(git, [other]);
  const common = [...ancestorsOf(git, [one])].filter((each) => below.has(each));
  // a best one is no ancestor of another common one
  const covered = ancestorsOf(
    git,
    common.flatMap((each) => commitOf(git, each).parents),
  );
  return common.find((each) => !covered.has(each)) ?? null;
}

/** Commits every ref and every worktree keeps. */
export function reachable(git: GitWorld): Set<Oid> {
  const heads = [...git.refs.values()];
  for (const worktree of git.worktrees.values())
    if (worktree.detached !== null) heads.push(worktree.detached);
  heads.push(git.checkout.head);
  return ancestorsOf(git, heads);
}

/** Merges path by path; both sides changing one path in different ways is a conflict. */
export function mergeTrees(of: { readonly base: Tree; readonly ours: Tree; readonly theirs: Tree }): {
  readonly files: Map<string, string>;
  readonly conflicts: readonly string[];
} {
  const files = new Map<string, string>();
  const conflicts: string[] = [];
  for (const path of new Set([...of.base.keys(), ...of.ours.keys(), ...of.theirs.keys()])) {
    const [base, ours, theirs] = [of.base.get(path), of.ours.get(path), of.theirs.get(path)];
    const merged = ours === theirs || theirs === base ? ours : ours === base ? theirs : null;
    if (merged === null) conflicts.push(path);
    else if (merged !== undefined) files.set(path, merged);
  }
  return { files, conflicts: conflicts.sort() };
}

/** Paths whose contents differ, sorted. */
export function changedPaths(from: Tree, to: Tree): readonly string[] {
  const paths = new Set([...from.keys(), ...to.keys()]);
  return [...paths].filter((path) => from.get(path) !== to.get(path)).sort();
}

/** The files that differ, with their lines: all of a file's, as files of the world are too short to share any. */
export function changesBetween(from: Tree, to: Tree): readonly ChangedFile[] {
  return changedPaths(from, to).map((path) => ({
    path,
    added: linesOf(to.get(path)),
    deleted: linesOf(from.get(path)),
  }));
}

function linesOf(text: string | undefined): number {
  return text === undefined || text === '' ? 0 : text.replace(/\n$/, '').split('\n').length;
}

/** Commit a worktree's HEAD leads to, or null. */
export function headOf(git: GitWorld, worktree: Worktree): Oid | null {
  if (worktree.branch === null) return worktree.detached;
  return git.refs.get(`refs/heads/${worktree.branch}`) ?? null;
}

/** The checkout besides the one at a path that has a branch, or null; its folder may be gone. */
export function findHolder(
  git: GitWorld,
  of: { readonly branch: string; readonly path: string },
): Pick<Worktree, 'path' | 'folder'> | null {
  if (git.checkout.branch === of.branch) return { path: REPOSITORY, folder: true };
  const others = [...git.worktrees.values()].filter(({ path }) => path !== of.path);
  return others.find(({ branch }) => branch === of.branch) ?? null;
}

/** Paths that a worktree has not committed. */
export function dirtyPaths(git: GitWorld, worktree: Worktree): readonly string[] {
  const head = headOf(git, worktree);
  return worktree.folder && worktree.ready && head !== null
    ? changedPaths(filesOf(git, head), worktree.files)
    : [];
}

/** Commits what a worktree holds; null when nothing was left to commit. */
export function commitWorktree(git: GitWorld, worktree: Worktree, by: Commit['by']): Oid | null {
  const head = headOf(git, worktree);
  if (head === null || dirtyPaths(git, worktree).length === 0) return null;
  const made = addCommit(git, { files: worktree.files, parents: [head], by });
  if (worktree.branch === null) worktree.detached = made;
  else git.refs.set(`refs/heads/${worktree.branch}`, made);
  return made;
}

/** A killed git leaves its lock file behind, where nobody else held it. */
export function leaveLock(git: GitWorld, name: string): void {
  if (!git.locks.has(name)) git.locks.set(name, 'stale');
}

/** Tells whether the user's checkout has changes that are not committed, files that git does not know included. */
export function isCheckoutDirty(git: GitWorld): boolean {
  return changedPaths(filesOf(git, git.checkout.head), git.checkout.files).length > 0;
}
