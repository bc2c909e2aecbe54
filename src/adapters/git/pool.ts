// Keeps a few finished worktrees' files aside for worktrees to come: a large tree is mended sooner than written anew.
// Knows files and folders only; what makes a worktree of them again is in `reuse.ts`.
import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Trash } from './trash.ts';

const POOL = '.weft-pool';
const MAX_TREES = 4;
/** Mending costs about the same whatever there is to mend, a checkout grows with its files; from here on it is the dearer. */
const MIN_FILES = 500;
const HEADER_BYTES = 12;

/** Files of a former worktree, and the index that was written with them before anybody touched them. */
export interface PooledTree {
  readonly folder: string;
  readonly tree: string;
  readonly index: string;
}

/** Files of finished worktrees, for the worktrees that this process makes; what another process put aside is not used. */
export interface Pool {
  /** Says that this process makes worktrees: from now on it pays to put some aside. */
  open(): void;
  /** Puts a worktree's files and their first index aside; false: it was left where it is. Not while another call is under way. */
  put(what: { readonly tree: string; readonly index: string }): Promise<boolean>;
  /** Hands out files that lie in the same folder as the worktree they are for; null: there are none. */
  take(path: string): PooledTree | null;
  /** Discards what a process that was killed left in the pool folder of `beside`. */
  sweep(beside: string): Promise<void>;
  /** Discards all that was put aside. */
  drain(): Promise<void>;
}

/** Makes the pool of one repository. */
export function createPool(trash: Trash): Pool {
  let isOpen = false;
  let trees: readonly PooledTree[] = [];
  const discard = async (folder: string): Promise<void> => {
    const pool = dirname(folder);
    await trash.discard(folder, dirname(pool));
    // only when nothing else is in it
    await rmdir(pool).catch(() => undefined);
  };
  return {
    open: () => {
      isOpen = true;
    },
    put: async ({ tree, index }) => {
      if (!isOpen || trees.length >= MAX_TREES || (await countFiles(index)) < MIN_FILES) return false;
      const folder = join(dirname(tree), POOL, randomBytes(6).toString('hex'));
      const pooled = { folder, tree: join(folder, 'tree'), index: join(folder, 'index') };
      try {
        await mkdir(folder, { recursive: true });
        await rename(index, pooled.index);
        await rename(tree, pooled.tree);
      } catch {
        await discard(folder);
        return false;
      }
      trees = [...trees, pooled];
      return true;
    },
    take: (path) => {
      const found = trees.find(({ folder }) => dirname(dirname(folder)) === dirname(path)) ?? null;
      trees = trees.filter((each) => each !== found);
      return found;
    },
    sweep: async (beside) => {
      const known = new Set(trees.map(({ folder }) => folder));
      const names = await readdir(join(beside, POOL)).catch(() => []);
      const left = names.map((name) => join(beside, POOL, name)).filter((folder) => !known.has(folder));
      for (const folder of left) await discard(folder);
    },
    drain: async () => {
      const all = trees;
      trees = [];
      for (const { folder } of all) await discard(folder);
    },
  };
}

/** Number of entries that an index says it has; 0 when it is none. */
async function countFiles(index: string): Promise<number> {
  const file = await open(index).catch(() => null);
  if (file === null) return 0;
  try {
    const header = Buffer.alloc(HEADER_BYTES);
    const { bytesRead } = await file.read(header, 0, HEADER_BYTES, 0);
    return bytesRead === HEADER_BYTES && header.toString('latin1', 0, 4) === 'DIRC'
      ? header.readUInt32BE(8)
      : 0;
  } finally {
    await file.close();
  }
}
