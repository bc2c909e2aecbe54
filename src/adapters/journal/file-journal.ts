// Journals as files: `journal.jsonl` in the run's folder, written by the leader alone, read by anyone. Knows no facts.
import { type FileHandle, mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type Failure, fail, ok, type Result } from '../../core/failure.ts';
import { decodeJournal, describeFault } from '../../core/journal-codec.ts';
import type { Snapshot } from '../../core/state-codec.ts';
import type { JournalPort, JournalStore, Leadership, Opened } from '../../ports/journal.ts';
import { checksum } from './checksum.ts';
import { errorCode, FILE_OPS, type FileOps, syncDirectory } from './file-ops.ts';
import { type GroupCommit, openGroupCommit } from './group-commit.ts';
import { loadSnapshot, saveSnapshot } from './snapshot.ts';

const MAX_JOURNAL_BYTES = 1024 * 1024 * 1024;
/** Space set aside beside the journal: given up when the disk is full, so that the end of the run can still be written. */
const BALLAST_BYTES = 1024 * 1024;

/** The journals of this machine's disk; `ops` are for tests. */
export function createJournalStore(ops: FileOps = FILE_OPS): JournalStore {
  return {
    open: async (runDir, leadership) => {
      const path = journalPath(runDir);
      try {
        leadership.assertStillLeading();
        await makeRunDirectory(runDir);
        const file = await open(path, 'a+', 0o600);
        let kept = false;
        try {
          const opened = await openForAppend({ runDir, path, file, ops, leadership });
          kept = opened.ok;
          return opened;
        } finally {
          if (!kept) await file.close();
        }
      } catch (error) {
        return fail(describeError(path, error));
      }
    },
    readLatest: async (runDir) => {
      const read = await tryToRead(runDir, await loadSnapshot(runDir));
      return read.ok ? ok(read.value.opened) : read;
    },
    read: async (runDir) => {
      const read = await tryToRead(runDir, null);
      if (!read.ok) return read;
      const { records, tornBytes } = read.value.opened;
      return ok({ records, tornBytes });
    },
  };
}

async function openForAppend(of: {
  readonly runDir: string;
  readonly path: string;
  readonly file: FileHandle;
  readonly ops: FileOps;
  readonly leadership: Leadership;
}): Promise<Result<{ readonly journal: JournalPort; readonly opened: Opened }>> {
  const { runDir, path, file, ops, leadership } = of;
  const read = await readJournal(path, await loadSnapshot(runDir));
  if (!read.ok) return read;
  const { opened, wholeBytes } = read.value;
  const lastEpoch = opened.last?.epoch ?? 0;
  if (lastEpoch > leadership.epoch) {
    return fail({
      kind: 'leader',
      sentence: `${path} was last written under epoch ${lastEpoch}, but this engine leads epoch ${leadership.epoch}.`,
      hint: 'Another engine has taken over, or the state folder was put together from different copies.',
    });
  }
  if (opened.tornBytes > 0) {
    await ops.truncate(file, wholeBytes);
    await ops.datasync(file);
  }
  await syncDirectory(runDir);
  const ballast = join(runDir, 'ballast');
  await setAside(ballast);
  const commit = openGroupCommit({
    path,
    file,
    ops,
    leadership,
    last: opened.last,
    length: wholeBytes,
    freeSpace: () => giveUp(ballast),
  });
  return ok({ journal: withSnapshots(commit, { runDir, leadership }), opened });
}

function withSnapshots(
  { append, mark, close }: GroupCommit,
  of: { readonly runDir: string; readonly leadership: Leadership },
): JournalPort {
  let saving: Promise<void> = Promise.resolve();
  return {
    append,
    saveSnapshot: (state) => {
      const last = mark();
      if (last === null) return Promise.reject(new Error('Internal error: no record ends here'));
      const saved = saveSnapshot(of.runDir, { mark: last, state, leadership: of.leadership });
      saving = Promise.allSettled([saving, saved]).then(() => undefined);
      return saved;
    },
    close: async () => {
      await close();
      await saving;
    },
  };
}

function journalPath(runDir: string): string {
  return join(runDir, 'journal.jsonl');
}

interface Read {
  readonly opened: Opened;
  readonly wholeBytes: number;
}

async function tryToRead(runDir: string, snapshot: Snapshot | null): Promise<Result<Read>> {
  const path = journalPath(runDir);
  try {
    return await readJournal(path, snapshot);
  } catch (error) {
    return fail(describeError(path, error));
  }
}

/** Reads from the snapshot on when it fits. It has to be loaded first: what it stands on is in the journal by then. */
async function readJournal(path: string, snapshot: Snapshot | null): Promise<Result<Read>> {
  const { size } = await stat(path);
  if (size > MAX_JOURNAL_BYTES) {
    return fail({ kind: 'environment', sentence: `${path} is larger than ${MAX_JOURNAL_BYTES} bytes.` });
  }
  const decoded = decodeJournal(await readFile(path), { mark: snapshot, checksum });
  if (!decoded.ok) return fail(describeFault(path, decoded.failure));
  const { since, records, last, tornBytes, wholeBytes } = decoded.value;
  const state = since === null || snapshot === null ? null : snapshot.state;
  return ok({ opened: { snapshot: state, records, last, tornBytes }, wholeBytes });
}

/** Makes the folder, private and durable: each folder that was missing is synced into its parent. */
async function makeRunDirectory(runDir: string): Promise<void> {
  const made = await mkdir(runDir, { recursive: true, mode: 0o700 });
  if (made === undefined) return;
  const first = dirname(resolve(made));
  for (let directory = resolve(runDir); directory !== first; ) {
    directory = dirname(directory);
    await syncDirectory(directory);
  }
}

/** A run goes on without ballast when the disk has no room for it. */
async function setAside(path: string): Promise<void> {
  try {
    const file = await open(path, 'a', 0o600);
    try {
      const { size } = await file.stat();
      if (size < BALLAST_BYTES) await file.writeFile(Buffer.alloc(BALLAST_BYTES - size, 'weft'));
    } finally {
      await file.close();
    }
  } catch {
    await giveUp(path);
  }
}

async function giveUp(path: string): Promise<void> {
  try {
    await rm(path, { force: true });
  } catch {
    // The append that asked for space is refused anyway.
  }
}

function describeError(path: string, error: unknown): Failure {
  // Lost leadership brings its own failure.
  if (error instanceof Error && isFailure(error.cause)) return error.cause;
  const code = errorCode(error);
  if (code === null) throw error;
  if (code === 'ENOENT') return { kind: 'environment', sentence: `${path} does not exist.` };
  return { kind: 'environment', sentence: `${path} cannot be used: ${(error as Error).message}.` };
}

function isFailure(value: unknown): value is Failure {
  return typeof value === 'object' && value !== null && 'kind' in value && 'sentence' in value;
}
