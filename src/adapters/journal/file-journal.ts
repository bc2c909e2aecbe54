// Journals as files: `journal.jsonl` in the run's folder, written by the leader alone, read by anyone. Knows no facts.
import { type FileHandle, mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type Failure, fail, ok, type Result } from '../../core/failure.ts';
import { type Decoded, decodeJournal, describeFault } from '../../core/journal-codec.ts';
import type { JournalPort, JournalStore, Leadership, Opened } from '../../ports/journal.ts';
import { errorCode, FILE_OPS, type FileOps, syncDirectory } from './file-ops.ts';
import { openGroupCommit } from './group-commit.ts';

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
    read: async (runDir) => {
      const path = journalPath(runDir);
      try {
        const decoded = await readJournal(path);
        return decoded.ok ? ok(openedOf(decoded.value)) : decoded;
      } catch (error) {
        return fail(describeError(path, error));
      }
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
  const decoded = await readJournal(path);
  if (!decoded.ok) return decoded;
  const { records, wholeBytes, tornBytes } = decoded.value;
  const lastEpoch = records.at(-1)?.epoch ?? 0;
  if (lastEpoch > leadership.epoch) {
    return fail({
      kind: 'leader',
      sentence: `${path} was last written under epoch ${lastEpoch}, but this engine leads epoch ${leadership.epoch}.`,
      hint: 'Another engine has taken over, or the state folder was put together from different copies.',
    });
  }
  if (tornBytes > 0) {
    await ops.truncate(file, wholeBytes);
    await ops.datasync(file);
  }
  await syncDirectory(runDir);
  const ballast = join(runDir, 'ballast');
  await setAside(ballast);
  const journal = openGroupCommit({
    path,
    file,
    ops,
    leadership,
    seq: records.length,
    length: wholeBytes,
    freeSpace: () => giveUp(ballast),
  });
  return ok({ journal, opened: openedOf(decoded.value) });
}

function journalPath(runDir: string): string {
  return join(runDir, 'journal.jsonl');
}

function openedOf({ records, tornBytes }: Decoded): Opened {
  return { records, tornBytes };
}

async function readJournal(path: string): Promise<Result<Decoded>> {
  const { size } = await stat(path);
  if (size > MAX_JOURNAL_BYTES) {
    return fail({ kind: 'environment', sentence: `${path} is larger than ${MAX_JOURNAL_BYTES} bytes.` });
  }
  const decoded = decodeJournal(await readFile(path));
  return decoded.ok ? decoded : fail(describeFault(path, decoded.failure));
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
