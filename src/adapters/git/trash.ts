// Gets folders out of the way at once (a rename) and deletes them in the background. Knows nothing of what is in them.
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Programs } from './programs.ts';

const TRASH = '.weft-trash';
const DELETE_MS = 600_000;
/** Arguments of one `rm`. */
const MOST_AT_ONCE = 200;

/** Where unwanted folders go. */
export interface Trash {
  /** Moves a folder (or file) into a trash folder in `beside`, by default its own parent, and starts to delete it. */
  discard(path: string, beside?: string): Promise<void>;
  /** Starts to delete what an earlier process left in the trash folder of `beside`; tells whether there was any. */
  empty(beside: string): Promise<boolean>;
  /** Resolves when nothing is left to delete. */
  settled(): Promise<void>;
}

/** Makes the trash of one repository; `exclusive` keeps its clearing away of empty folders from others' making of them. */
export function createTrash({
  exclusive,
  programs,
}: {
  readonly exclusive: <T>(work: () => Promise<T>) => Promise<T>;
  readonly programs: Programs;
}): Trash {
  const pending = new Set<Promise<void>>();
  const erase = (doomed: readonly string[], folder: string): void => {
    const clear = async (): Promise<void> => {
      // both only when nothing else is in them
      for (const dir of [folder, dirname(folder)]) await rmdir(dir).catch(() => undefined);
    };
    const work = deleteTrees(programs, doomed)
      .then(() => exclusive(clear))
      .finally(() => pending.delete(work));
    pending.add(work);
  };
  return {
    discard: async (path, beside = dirname(path)) => {
      const folder = join(beside, TRASH);
      const doomed = join(folder, `${basename(path)}-${randomBytes(6).toString('hex')}`);
      try {
        await moveInto(folder, path, doomed);
      } catch (error) {
        const isElsewhere = codeOf(error) === 'EXDEV' || codeOf(error) === 'EBUSY';
        if (!isElsewhere && codeOf(error) !== 'ENOENT') throw error;
        if (isElsewhere) await deleteTrees(programs, [path]);
      }
      erase([doomed], folder);
    },
    empty: async (beside) => {
      const folder = join(beside, TRASH);
      // where they lie: under another name, a second process that is killed would leave them for good
      const left = await readdir(folder).catch(() => null);
      if (left === null) return false;
      for (let at = 0; at === 0 || at < left.length; at += MOST_AT_ONCE) {
        const some = left.slice(at, at + MOST_AT_ONCE);
        erase(
          some.map((name) => join(folder, name)),
          folder,
        );
      }
      return true;
    },
    settled: async () => {
      while (pending.size > 0) await Promise.all(pending);
    },
  };
}

/** A deletion in the background may remove the empty trash folder between the two steps; the second try makes it anew. */
async function moveInto(folder: string, path: string, doomed: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  try {
    await rename(path, doomed);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    await mkdir(folder, { recursive: true });
    await rename(path, doomed);
  }
}

/** Deletes with `rm`, outside our own process; folders without write permission (module caches) are opened up first. */
async function deleteTrees(programs: Programs, paths: readonly string[]): Promise<void> {
  if (paths.length === 0) return;
  const call = { cwd: '/', timeoutMs: DELETE_MS };
  const first = await programs.run('rm', ['-rf', '--', ...paths], call);
  if (first.code === 0) return;
  await programs.run('chmod', ['-R', 'u+rwX', '--', ...paths], call);
  await programs.run('rm', ['-rf', '--', ...paths], call);
}

/** Reads the system's code (`ENOENT` …) of an error. */
export function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}
