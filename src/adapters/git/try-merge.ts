// Tells whether two commits would merge, as a candidate is built, without leaving anything behind. Most pairs are told apart
// by their changed paths alone. Knows nothing of whose commits they are.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Oid } from '../../core/model.ts';
import type { Work } from '../../ports/git.ts';
import { applyChange, atBench, isRecords } from './bench.ts';
import { chooseBase, findCaseTwins } from './candidate.ts';
import { gitFields } from './exec.ts';
import { findTree, listMergeBases, type Repository } from './repository.ts';
import { findFooting } from './snapshot.ts';

/** Changes with more paths than this are merged without a look at them. */
const MAX_PATHS = 5_000;
/** Paths kept of all changes together. */
const MAX_KEPT = 200_000;

/** Stands for files that git does not name, as when a folder was renamed to several. */
const UNNAMED = '.';

/** What a change touches. Spellings that a file system may take for the same are one here. */
interface Reach {
  readonly paths: ReadonlySet<string>;
  /** Folders that these paths are in, at any depth. */
  readonly folders: ReadonlySet<string>;
  readonly adds: boolean;
  readonly deletes: boolean;
}

/** One question: what lies between `from` and `to`, put onto a third commit. */
interface Change {
  readonly from: Oid;
  readonly to: Oid;
  readonly onto: Oid;
}

/** Lists the files in which the change in `work` does not merge with `onto`; empty: they merge. */
export async function tryMerge(
  repo: Repository,
  { work, onto }: { readonly work: Work; readonly onto: Work },
): Promise<readonly string[]> {
  const change = await findChange(repo, work, onto);
  const files = (await findConflicts(repo, change)).filter((file) => !isRecords(file));
  if (files.length === 0 || onto.base === onto.head) return files;
  // of two that began at different commits the older may conflict with what the younger only began at
  const mirrored = await findChange(repo, onto, work);
  if (mirrored.from === change.from) return files;
  return (await findConflicts(repo, mirrored)).length === 0 ? [] : files;
}

async function findChange(repo: Repository, work: Work, onto: Work): Promise<Change> {
  const { base, head } = work;
  const [natural = null] =
    head === onto.head
      ? [head]
      : await listMergeBases(repo.main, findFooting(repo, onto.head), findFooting(repo, head));
  return { from: await chooseBase(repo.main, { base, head, natural }), to: head, onto: onto.head };
}

async function findConflicts(repo: Repository, change: Change): Promise<readonly string[]> {
  const { from, to, onto } = change;
  if (from === to || from === onto || to === onto) return [];
  const [one, other] = [await reachOf(repo, { from, to }), await reachOf(repo, { from, to: onto })];
  if (one !== null && other !== null && !canMeet(one, other)) return [];
  return merge(repo, change);
}

/** Merges with all that is written going to a folder of its own. */
async function merge(repo: Repository, change: Change): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'weft-try-'));
  try {
    const objects = join(folder, 'objects');
    await mkdir(objects);
    const env = {
      GIT_OBJECT_DIRECTORY: objects,
      // quoted as git reads it: a colon would part it
      GIT_ALTERNATE_OBJECT_DIRECTORIES: JSON.stringify(join(repo.commonDir, 'objects')),
    };
    return await atBench(repo, { target: change.onto, env }, async (bench) => {
      const merged = await applyChange(bench, change);
      if (merged.kind === 'conflict') return merged.files.length > 0 ? merged.files : [UNNAMED];
      const before = await findTree(repo.main, change.onto);
      return merged.tree === before ? [] : findCaseTwins(bench, { tree: merged.tree, before });
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Tells whether merging two changes could end in a conflict: the same path, a file in the place of a folder, or a folder
 * that one has renamed and the other adds to.
 */
export function canMeet(one: Reach, other: Reach): boolean {
  const mayMove = (mover: Reach, adder: Reach): boolean => mover.adds && mover.deletes && adder.adds;
  if (mayMove(one, other) || mayMove(other, one)) return true;
  return touches(one, other) || touches(other, one);
}

function touches(one: Reach, other: Reach): boolean {
  for (const path of one.paths) if (other.paths.has(path) || other.folders.has(path)) return true;
  return false;
}

/** Changes between two commits never change; kept until there are too many. */
const known = new WeakMap<Repository, { readonly reaches: Map<string, Reach | null>; paths: number }>();

/** What a change touches; null: too much to be worth a look. */
async function reachOf(
  repo: Repository,
  between: { readonly from: Oid; readonly to: Oid },
): Promise<Reach | null> {
  const memory = known.get(repo) ?? { reaches: new Map<string, Reach | null>(), paths: 0 };
  known.set(repo, memory);
  const key = `${between.from} ${between.to}`;
  const before = memory.reaches.get(key);
  if (before !== undefined) return before;
  const reach = await readReach(repo, between);
  const size = (reach?.paths.size ?? 0) + 1;
  if (memory.paths + size > MAX_KEPT) {
    memory.reaches.clear();
    memory.paths = 0;
  }
  memory.reaches.set(key, reach);
  memory.paths += size;
  return reach;
}

async function readReach(
  repo: Repository,
  { from, to }: { readonly from: Oid; readonly to: Oid },
): Promise<Reach | null> {
  const args = ['diff-tree', '-r', '-z', '--name-status', '--no-renames', '--no-ext-diff', from, to];
  const fields = await gitFields(repo.main, { args });
  if (fields.length > 2 * MAX_PATHS) return null;
  const paths = new Set<string>();
  const folders = new Set<string>();
  const statuses = new Set<string>();
  for (let at = 0; at + 1 < fields.length; at += 2) {
    statuses.add(fields[at] ?? '');
    const path = fold(fields[at + 1] ?? '');
    paths.add(path);
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const folder = path.slice(0, end);
      if (folders.has(folder)) break;
      folders.add(folder);
    }
  }
  return { paths, folders, adds: statuses.has('A'), deletes: statuses.has('D') };
}

function fold(path: string): string {
  return path.normalize('NFC').toLowerCase();
}
