// Holds the lock of a checkout's index, as a git does that is about to change it, and lets git rewrite the index meanwhile.
// Knows nothing of branches.
import { readFileSync } from 'node:fs';
import { copyFile, type FileHandle, open, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Place } from './exec.ts';

const LOCK_TRIES = 50;
const LOCK_WAIT_MS = 40;
/** The index while it is rewritten. */
const OWN_INDEX = 'weft-next-index';

/** A place with files and an index. */
export interface Checkout {
  readonly place: Place;
  readonly gitDir: string;
}

/** Works with the lock held; `locked`: another git has it and does not let go within two seconds. */
export async function underIndexLock<T>({ gitDir }: Checkout, work: () => Promise<T>): Promise<T | 'locked'> {
  const file = join(gitDir, 'index.lock');
  const lock = await takeLock(file);
  if (lock === null) return 'locked';
  try {
    return await work();
  } finally {
    const [mine, there] = await Promise.all([lock.stat(), stat(file).catch(() => null)]);
    await lock.close();
    // one that was taken away meanwhile may be somebody else's by now
    if (there?.ino === mine.ino) await rm(file, { force: true });
  }
}

async function takeLock(file: string): Promise<FileHandle | null> {
  for (let tries = 1; tries <= LOCK_TRIES; tries += 1) {
    const lock = await open(file, 'wx').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
      return null;
    });
    if (lock !== null) {
      await lock.write(`weft ${process.pid} ${findBirth(process.pid) ?? ''}\n`);
      return lock;
    }
    // by now a git that outlived its engine has come to its end too
    if (tries === LOCK_TRIES / 2 && isLeftByWeft(file)) await rm(file, { force: true });
    await sleep(LOCK_WAIT_MS);
  }
  return null;
}

/** Tells whether a lock was taken here by an engine that has died since; where there is no /proc nobody knows. */
export function isLeftByWeft(file: string): boolean {
  const [, pid, birth] = /^weft (\d+) (\d+)\n$/.exec(tryRead(file) ?? '') ?? [];
  return pid !== undefined && findBirth(Number(pid)) !== birth;
}

/** When a process began, in ticks of this boot; null for one that is not there. */
function findBirth(pid: number): string | null {
  const fields = tryRead(`/proc/${pid}/stat`)
    ?.replace(/^.*\) /s, '')
    .split(' ');
  return fields?.[19] ?? null;
}

function tryRead(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

/**
 * Lets git rewrite the index of a checkout whose lock is held: a copy, which takes the index's place unless the work says
 * what is against it. Returns what it says.
 */
export async function rewriteIndex(
  { place, gitDir }: Checkout,
  work: (place: Place) => Promise<string | null>,
): Promise<string | null> {
  const [index, own] = [join(gitDir, 'index'), join(gitDir, OWN_INDEX)];
  const seen = await stat(index);
  for (const left of [own, `${own}.lock`]) await rm(left, { force: true });
  try {
    await copyFile(index, own);
    // a younger index would take a file that was changed in the same moment for one that was not
    await utimes(own, seen.atime, Math.floor(seen.mtimeMs) / 1_000);
    const why = await work({ ...place, env: { ...place.env, GIT_INDEX_FILE: own } });
    if (why === null) await rename(own, index);
    return why;
  } finally {
    await rm(own, { force: true });
  }
}
