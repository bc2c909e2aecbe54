// Tells from the files of `.beads` alone whether the database changed. Asks nobody and locks nothing.
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Where the databases of the versions lie, below the folder. */
const STORES = ['embeddeddolt', 'dolt', 'proxieddb'];
const RECORDS = ['issues.jsonl', 'beads.jsonl', 'beads.db', 'beads.db-wal'];
const MAX_MANIFEST = 4_096;
/** What Dolt calls its journal. */
const JOURNAL = 'v'.repeat(32);

/** What the files say now, and where they are. */
export interface Fingerprint {
  /** Differs when the database does; null: nothing that tells is here, as with a server elsewhere. */
  readonly text: string | null;
  readonly folders: readonly string[];
}

/**
 * Takes the fingerprint. Readers of the database touch its files, too, so times say nothing: the manifest has the hash of
 * all that is in it, and the journal of a running server grows.
 */
export async function takeFingerprint(beadsDir: string): Promise<Fingerprint> {
  const stores = await Promise.all(STORES.map((store) => listStores(join(beadsDir, store))));
  const folders = stores.flat();
  const parts = await Promise.all([
    ...folders.map(async (folder) => {
      const manifest = await readFile(join(folder, 'manifest'), 'utf8').catch(() => '');
      const size = await sizeOf(join(folder, JOURNAL));
      return manifest === '' && size === null ? null : `${manifest.slice(0, MAX_MANIFEST)} ${size}`;
    }),
    ...RECORDS.map((name) => describeFile(join(beadsDir, name))),
  ]);
  const found = parts.filter((part) => part !== null);
  return { text: found.length === 0 ? null : found.join('\n'), folders: [beadsDir, ...folders] };
}

/** Each database is a folder of its own; an older layout has one in the store itself. */
async function listStores(store: string): Promise<readonly string[]> {
  const names = await readdir(store).catch(() => []);
  const candidates = [store, ...names.map((name) => join(store, name))];
  const folders = candidates.map((folder) => join(folder, '.dolt', 'noms'));
  const isThere = await Promise.all(folders.map((folder) => sizeOf(folder)));
  return folders.filter((_, at) => isThere[at] !== null);
}

function sizeOf(path: string): Promise<number | null> {
  return stat(path).then(
    ({ size }) => size,
    () => null,
  );
}

function describeFile(path: string): Promise<string | null> {
  return stat(path).then(
    ({ size, mtimeMs }) => `${size} ${mtimeMs}`,
    () => null,
  );
}
