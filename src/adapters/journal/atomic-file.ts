// Files that are either the old ones or the new ones, never half of both. Knows nothing of what is in them.
import { randomBytes } from 'node:crypto';
import { type FileHandle, link, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode, syncDirectory } from './file-ops.ts';

const TEMP_NAME = /\.(\d+)-[0-9a-f]{12}\.tmp$/;

/**
 * Replaces a file (mode 0600) so that a power cut leaves the old or the new one; slow: two fsyncs. Throws what the disk
 * says, and what `mayReplace` says when all is written but its name; the old one stays then.
 */
export async function writeAtomically(
  path: string,
  data: string | Uint8Array,
  mayReplace: () => void = () => undefined,
): Promise<void> {
  await withTemp({ path, data, settle: (file) => file.sync() }, async (temp) => {
    mayReplace();
    await rename(temp, path);
  });
  await syncDirectory(dirname(path));
}

/** Replaces a file (mode 0600) that can be made again: readers see the old or the new one, a power cut may lose both. */
export async function replaceFile(path: string, data: string | Uint8Array): Promise<void> {
  await withTemp({ path, data, settle: async () => {} }, (temp) => rename(temp, path));
}

/** Makes a file (mode 0600), whole and durable, that must not exist yet; false when it does. Of many callers one gets true. */
export async function createAtomically(path: string, data: string | Uint8Array): Promise<boolean> {
  try {
    await withTemp({ path, data, settle: (file) => file.sync() }, async (temp) => {
      await link(temp, path);
      await rm(temp);
    });
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
  await syncDirectory(dirname(path));
  return true;
}

/** Removes temporary files in a folder whose makers are gone; gives their number. */
export async function sweepTemps(directory: string): Promise<number> {
  let swept = 0;
  for (const name of await readdir(directory)) {
    const maker = TEMP_NAME.exec(name)?.[1];
    if (maker === undefined || processExists(Number(maker))) continue;
    await rm(join(directory, name), { force: true });
    swept += 1;
  }
  return swept;
}

/** Writes a temporary file beside the path and hands it on; it is gone afterwards, whatever happens. */
async function withTemp(
  of: {
    readonly path: string;
    readonly data: string | Uint8Array;
    readonly settle: (file: FileHandle) => Promise<void>;
  },
  use: (temp: string) => Promise<void>,
): Promise<void> {
  const temp = `${of.path}.${process.pid}-${randomBytes(6).toString('hex')}.tmp`;
  try {
    const file = await open(temp, 'wx', 0o600);
    try {
      await file.writeFile(of.data);
      await of.settle(file);
    } finally {
      await file.close();
    }
    await use(temp);
  } catch (error) {
    await rm(temp, { force: true });
    throw error;
  }
}

/** A later process with the same pid only delays the sweep, so the bare number is enough here. */
function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) !== 'ESRCH';
  }
}
