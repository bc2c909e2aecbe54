// Appends to one open journal: all batches that wait share one write and one fdatasync. Knows nothing of reading.
import type { FileHandle } from 'node:fs/promises';
import type { Recorded } from '../../core/event.ts';
import type { Failure } from '../../core/failure.ts';
import { encodeRecord, type Mark } from '../../core/journal-codec.ts';
import type { Draft, JournalPort, Leadership } from '../../ports/journal.ts';
import { errorCode, type FileOps } from './file-ops.ts';

/** Why an append was refused. */
export interface JournalError extends Error {
  readonly cause: Failure;
  /** The file is clean and open: the same drafts may be tried again. */
  readonly retryable: boolean;
}

/** The file to append to, and what is known of it. */
export interface CommitTarget {
  readonly path: string;
  readonly file: FileHandle;
  readonly ops: FileOps;
  readonly leadership: Leadership;
  /** The last record, or null. */
  readonly last: Mark | null;
  /** Length of the file in bytes. */
  readonly length: number;
  /** Gives up space that was set aside; called when the disk is full. Never rejects. */
  readonly freeSpace: () => Promise<void>;
}

/** The part of a journal that appends. */
export interface GroupCommit extends Pick<JournalPort, 'append' | 'close'> {
  /** The last durable record; null when there is none, while appends are under way and when nothing can be written any more. */
  mark(): Mark | null;
}

interface Waiting {
  readonly drafts: readonly Draft[];
  readonly resolve: (records: readonly Recorded[]) => void;
  readonly reject: (error: unknown) => void;
}

/** One write: the batches in it and the records they became. */
interface Group {
  readonly members: readonly (Waiting & { readonly records: readonly Recorded[] })[];
  readonly bytes: Buffer;
  readonly seq: number;
}

const MAX_WAITING = 10_000;
/** A group takes no further batch once it is this long. */
const GROUP_BYTES = 8 * 1024 * 1024;

/** Writes whole groups; knows how far the file is good. */
interface Writer {
  /** The last record that is durable, or null. */
  readonly last: () => Mark | null;
  /** Why nothing can be written any more, or null. */
  readonly ended: () => Error | null;
  end(error: Error): Error;
  /** Null: the group is durable. An error: none of it is in the file. */
  commit(group: Group): Promise<Error | null>;
}

function createWriter(target: CommitTarget): Writer {
  const { path, file, ops, leadership } = target;
  let { last, length } = target;
  let ended: Error | null = null;
  let failedWrites = 0;
  const end = (error: Error): Error => {
    ended ??= error;
    return ended;
  };
  /** Puts the file back to its last good length. */
  const retreat = async (cause: unknown): Promise<Error> => {
    failedWrites += 1;
    const full = isFull(cause);
    try {
      await ops.truncate(file, length);
    } catch (error) {
      return end(journalError(path, { cause: error, retryable: false }));
    }
    if (full) await target.freeSpace();
    return full || failedWrites < 2
      ? journalError(path, { cause, retryable: true })
      : end(journalError(path, { cause, retryable: false }));
  };
  const commit = async (group: Group): Promise<Error | null> => {
    try {
      leadership.assertStillLeading();
    } catch (error) {
      return end(error as Error);
    }
    try {
      await writeWhole(ops, file, group.bytes);
    } catch (error) {
      return retreat(error);
    }
    try {
      await ops.datasync(file);
    } catch (error) {
      // What a failed fdatasync left on the disk is unknown, and asking again would say that all is well.
      return end(journalError(path, { cause: error, retryable: false }));
    }
    failedWrites = 0;
    length += group.bytes.length;
    last = { seq: group.seq, epoch: leadership.epoch };
    return null;
  };
  return { last: () => last, ended: () => ended, end, commit };
}

/**
 * Opens a journal for appending. A write that fails is cut off again and refused as retryable, together with every batch
 * that waits behind it. Lost leadership, a failed fdatasync, and a second write error in a row that is not lack of space
 * end the journal: every later append is refused with the same error.
 */
export function openGroupCommit(target: CommitTarget): GroupCommit {
  const writer = createWriter(target);
  let queue: Waiting[] = [];
  let running: Promise<void> | null = null;
  const run = async (): Promise<void> => {
    // Batches of the same turn share the first write.
    await Promise.resolve();
    while (queue.length > 0) {
      const group = takeGroup(queue, { seq: writer.last()?.seq ?? 0, epoch: target.leadership.epoch });
      const error = group.members.length === 0 ? null : await writer.commit(group);
      for (const member of group.members) {
        if (error === null) member.resolve(member.records);
        else member.reject(error);
      }
      if (error === null) continue;
      // Batches behind the failed one may build on it, so they must not come before its second try.
      for (const waiting of queue) waiting.reject(error);
      queue = [];
    }
    running = null;
  };
  return {
    append: (drafts) => {
      const ended = writer.ended();
      if (ended !== null) return Promise.reject(ended);
      if (drafts.length === 0) return Promise.resolve([]);
      if (queue.length >= MAX_WAITING)
        return Promise.reject(new Error('Internal error: too many appends wait'));
      return new Promise((resolve, reject) => {
        queue.push({ drafts, resolve, reject });
        running ??= run();
      });
    },
    mark: () => (running === null && writer.ended() === null ? writer.last() : null),
    close: async () => {
      writer.end(new Error('Internal error: the journal is closed'));
      await running;
      await target.file.close();
    },
  };
}

/** Moves batches from the queue's front into one group; a batch that cannot be encoded is refused alone. */
function takeGroup(queue: Waiting[], from: Mark): Group {
  const members: Group['members'][number][] = [];
  const chunks: Buffer[] = [];
  let { seq } = from;
  let size = 0;
  while (queue.length > 0 && size < GROUP_BYTES) {
    const waiting = queue.shift() as Waiting;
    const records = waiting.drafts.map(
      ({ at, ms, event }, index): Recorded => ({ seq: seq + index + 1, epoch: from.epoch, at, ms, event }),
    );
    try {
      const chunk = Buffer.from(records.map(encodeRecord).join(''));
      chunks.push(chunk);
      size += chunk.length;
    } catch (error) {
      waiting.reject(error);
      continue;
    }
    members.push({ ...waiting, records });
    seq += records.length;
  }
  return { members, bytes: Buffer.concat(chunks), seq };
}

async function writeWhole(ops: FileOps, file: FileHandle, bytes: Buffer): Promise<void> {
  for (let rest = bytes; rest.length > 0; ) {
    // A full disk first takes fewer bytes without an error; only the next write fails.
    const taken = await ops.write(file, rest);
    if (taken < 1) throw new Error('the disk takes no more bytes and gives no reason');
    rest = rest.subarray(taken);
  }
}

function isFull(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ENOSPC' || code === 'EDQUOT';
}

function journalError(
  path: string,
  of: { readonly cause: unknown; readonly retryable: boolean },
): JournalError {
  const reason = of.cause instanceof Error ? of.cause.message : String(of.cause);
  const failure: Failure = {
    kind: 'environment',
    sentence: `${path} cannot be written: ${reason}.`,
    hint: isFull(of.cause) ? 'Free some disk space.' : 'Check the disk, then run weft again.',
  };
  const error = new Error(failure.sentence, { cause: failure });
  return Object.assign(error, { cause: failure, retryable: of.retryable });
}
