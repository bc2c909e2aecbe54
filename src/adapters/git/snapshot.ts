// Makes a commit of a worktree as it is this moment, while somebody works in it. Goes through an index of its own, so that
// nobody there is disturbed. Knows nothing of what the commit is for.
import { copyFile, lstat, mkdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { type Oid, oid } from '../../core/model.ts';
import { NOBODY } from './bench.ts';
import { git, gitText, type Place } from './exec.ts';
import { findOpenWork } from './inspect.ts';
import { forCheckout } from './large-files.ts';
import { exists, gitDirOf, placeOf } from './metadata.ts';
import { findCommit, findTree, isAncestor, moveRef, type Repository, stampOf } from './repository.ts';
import { type Change, keepWork, listChanges, revealEntries, stage } from './status.ts';

/** Time for each git of a look. */
const LOOK_MS = 20_000;
const MAX_FILES = 5_000;
/** A larger file stays as the index had it: it would take long, and hardly merges anyway. */
const MAX_FILE_BYTES = 16 * 1024 * 1024;
const MAX_BYTES = 256 * 1024 * 1024;
const MAX_KNOWN = 10_000;
/** Folder of the private index, within the worktree's metadata: it goes when that goes. */
const FOLDER = 'weft-radar';

/** What was seen of a worktree last. */
interface Look {
  /** Of its own index when that was copied. */
  readonly stamp: string;
  readonly parent: Oid;
  readonly commit: Oid;
}

interface Memory {
  /** By the worktree's metadata folder. */
  readonly looks: Map<string, Look>;
  /** Parents of snapshots, which nobody builds upon. */
  readonly parents: Map<Oid, Oid>;
}

const memories = new WeakMap<Repository, Memory>();

function memoryOf(repo: Repository): Memory {
  const memory = memories.get(repo) ?? { looks: new Map(), parents: new Map() };
  memories.set(repo, memory);
  return memory;
}

/** The commit that a snapshot was made on; any other commit itself. Two snapshots have the merge bases of what they are on. */
export function findFooting(repo: Repository, commit: Oid): Oid {
  return memoryOf(repo).parents.get(commit) ?? commit;
}

/** Makes the commit and keeps it under a ref; null when it cannot be told what is work there. */
export async function takeSnapshot(
  repo: Repository,
  what: {
    readonly worktree: string;
    readonly base: Oid;
    readonly ref: string;
    readonly known: Oid | null;
  },
): Promise<Oid | null> {
  const place = await placeOf(repo, what.worktree);
  const gitDir = gitDirOf(repo, place);
  if ((await findOpenWork(gitDir)) !== null) return null;
  try {
    const commit = await look(repo, { place, gitDir, base: what.base });
    if (commit !== null && commit !== what.known)
      await moveRef(repo, { ref: what.ref, to: commit, note: 'weft: radar' });
    return commit;
  } catch (error) {
    // a lock of a killed git, an object that was cleared away: the next look begins anew
    memoryOf(repo).looks.delete(gitDir);
    await rm(join(gitDir, FOLDER), { recursive: true, force: true });
    throw error;
  }
}

async function look(
  repo: Repository,
  of: { readonly place: Place; readonly gitDir: string; readonly base: Oid },
): Promise<Oid | null> {
  const { place, gitDir } = of;
  const { looks } = memoryOf(repo);
  const last = looks.get(gitDir);
  const index = join(gitDir, FOLDER, 'index');
  const env = { ...place.env, GIT_INDEX_FILE: index, GIT_OPTIONAL_LOCKS: '1' };
  const own = await forCheckout({ ...place, env });
  const stamp = await stampOf(join(gitDir, 'index'));
  const isFresh = last?.stamp !== stamp || !(await exists(index));
  if (isFresh) await copyIndex(own, { from: join(gitDir, 'index'), to: index });
  const changes = await keepWork(own, await listChanges(own, LOOK_MS));
  const light = await findLight(own, changes);
  if (light === null) return null;
  const parent = await findParent(place, of.base);
  if (last !== undefined && !isFresh && last.parent === parent && !light.some((change) => change.unstaged))
    return last.commit;
  await stage(own, light, LOOK_MS);
  const tree = oid(await gitText(own, 'write-tree'));
  const commit = tree === (await findTree(place, parent)) ? parent : await commitTree(repo, { tree, parent });
  if (looks.size >= MAX_KNOWN) looks.clear();
  looks.set(gitDir, { stamp, parent, commit });
  return commit;
}

/** Takes over the worktree's index: what it knows of files need not be found out anew. */
async function copyIndex(own: Place, of: { readonly from: string; readonly to: string }): Promise<void> {
  await mkdir(join(of.to, '..'), { recursive: true });
  const seen = await stat(of.from, { bigint: true }).catch(() => null);
  if (seen === null) {
    await git(own, { args: ['read-tree', 'HEAD'], timeoutMs: LOOK_MS });
    return;
  }
  const fresh = `${of.to}.new`;
  await copyFile(of.from, fresh);
  // git distrusts entries that are as young as their index: a copy that looked younger would hide changes
  const seconds = Number(seen.mtimeNs / 1_000n - 2n) / 1_000_000;
  await utimes(fresh, seconds, seconds);
  await rename(fresh, of.to);
  await revealEntries(own);
}

/** Leaves large files out; null when even the rest is too much. */
async function findLight(own: Place, changes: readonly Change[]): Promise<readonly Change[] | null> {
  if (changes.length > MAX_FILES) return null;
  const light: Change[] = [];
  let bytes = 0;
  for (const change of changes) {
    const isGone = change.deleted || !change.unstaged;
    const seen = isGone ? null : await lstat(join(own.cwd, change.path)).catch(() => null);
    const size = seen?.isFile() === true ? seen.size : 0;
    if (size > MAX_FILE_BYTES) continue;
    bytes += size;
    light.push(change);
  }
  return bytes > MAX_BYTES ? null : light;
}

async function findParent(place: Place, base: Oid): Promise<Oid> {
  const head = await findCommit(place, 'HEAD');
  return head !== null && (await isAncestor(place, { ancestor: base, of: head })) ? head : base;
}

/** Without a time of its own: the same files make the same commit. */
async function commitTree(repo: Repository, of: { readonly tree: Oid; readonly parent: Oid }): Promise<Oid> {
  const { name, email } = NOBODY;
  const end = await git(repo.main, {
    args: ['commit-tree', '-p', of.parent, '-F', '-', of.tree],
    input: 'weft: work in progress\n',
    timeoutMs: LOOK_MS,
    env: {
      GIT_AUTHOR_NAME: name,
      GIT_AUTHOR_EMAIL: email,
      GIT_AUTHOR_DATE: '@0 +0000',
      GIT_COMMITTER_NAME: name,
      GIT_COMMITTER_EMAIL: email,
      GIT_COMMITTER_DATE: '@0 +0000',
    },
  });
  const commit = oid(end.stdout.trim());
  const { parents } = memoryOf(repo);
  if (parents.size >= MAX_KNOWN) parents.clear();
  parents.set(commit, of.parent);
  return commit;
}
