// The journal as bytes: one checked JSON record per line. Knows nothing of files, nor of what the facts mean.
import { EVENT_VERSION, type Event, type Recorded } from './event.ts';
import { type Failure, fail, ok, type Result } from './failure.ts';
import type { RunMs } from './model.ts';

/** Brings an event of one version forward to the next. */
export type Upcaster = (event: unknown) => unknown;

/** Up-casters by the version they start from; together they reach `EVENT_VERSION` from every version still read. */
export const UPCASTERS: Readonly<Record<number, Upcaster>> = {};

/** Why one line is not accepted; `newer`: a later weft wrote it, `damaged`: its bytes cannot be trusted. */
export interface LineFault {
  readonly kind: 'damaged' | 'newer';
  /** Completes “line N …”. */
  readonly reason: string;
}

/** The first line of a journal that is not accepted, counted from 1. */
export interface JournalFault extends LineFault {
  readonly line: number;
}

/** A place in a journal: a record, by its number and its epoch. */
export interface Mark {
  readonly seq: number;
  readonly epoch: number;
}

/** A whole journal, read. */
export interface Decoded {
  /** The mark up to which the journal was only checked, or null: none was given, or it is not in this journal. */
  readonly since: Mark | null;
  /** All records after the mark. */
  readonly records: readonly Recorded[];
  /** The last record of all, or null. */
  readonly last: Mark | null;
  /** Length of the accepted lines. */
  readonly wholeBytes: number;
  /** Length of what follows the last newline: a write that was cut off. */
  readonly tornBytes: number;
}

/** CRC-32 (IEEE 802.3, as in gzip) as an unsigned number; this file's own needs nothing of the system's. */
export type Checksum = (bytes: Uint8Array) => number;

const NEWLINE = 10;
const SEAL_HEAD = ',"crc":"';
const SEAL_TAIL = '"}';
const SEAL_LENGTH = SEAL_HEAD.length + 8 + SEAL_TAIL.length;
const CRC_TABLE = makeCrcTable();
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

const EVENT_TYPES: Readonly<Record<Event['type'], true>> = {
  'run.started': true,
  'run.resumed': true,
  'run.paused': true,
  'run.unpaused': true,
  'run.stopping': true,
  'run.rested': true,
  'forge.met': true,
  'plan.changed': true,
  'source.noted': true,
  'attempt.spawned': true,
  'attempt.started': true,
  'attempt.start-failed': true,
  'attempt.exited': true,
  'attempt.timed-out': true,
  'attempt.overspent': true,
  'claim.widened': true,
  'question.withdrawn': true,
  'usage.noted': true,
  'parts.finished': true,
  'attempt.parked': true,
  'attempt.stopped': true,
  'attempt.inspected': true,
  'attempt.verified': true,
  'attempt.rejected': true,
  'attempt.planned': true,
  'attempt.reviewed': true,
  'attempt.unanswered': true,
  'attempt.failed': true,
  'question.asked': true,
  'question.answered': true,
  'guidance.given': true,
  'comment.given': true,
  'guidance.delivered': true,
  'task.approved': true,
  'task.paused': true,
  'task.unpaused': true,
  'task.restarted': true,
  'task.cancelled': true,
  'task.done': true,
  'task.withheld': true,
  'task.settled': true,
  'task.told': true,
  'pull.opened': true,
  'pull.noted': true,
  'pull.shelved': true,
  'pull.enqueued': true,
  'task.queued': true,
  'candidate.built': true,
  'candidate.conflicted': true,
  'batch.closed': true,
  'candidate.verified': true,
  'candidate.rejected': true,
  'branch.moved': true,
  'target.rewritten': true,
  'landing.stale': true,
  'landing.held': true,
  'landing.freed': true,
  'task.landed': true,
  'overlap.found': true,
  'overlap.gone': true,
  'effect.failed': true,
  'task.failed': true,
  'task.swept': true,
};

/** Writes a record as one line with its newline; throws an internal error for numbers that JSON cannot hold. */
export function encodeRecord(record: Recorded): string {
  const { seq, epoch, at, ms, event } = record;
  if (!isCount(seq) || !isCount(epoch) || !Number.isFinite(at) || !Number.isFinite(ms)) {
    throw new Error(`Internal error: record ${seq} of epoch ${epoch} cannot be written (at ${at}, ms ${ms})`);
  }
  const json = `{"v":${EVENT_VERSION},"seq":${seq},"epoch":${epoch},"at":${at},"ms":${ms},"event":${JSON.stringify(event)}}`;
  return `${sealJson(json)}\n`;
}

/** Reads one line, without its newline. */
export function decodeLine(
  line: Uint8Array,
  upcasters: Readonly<Record<number, Upcaster>> = UPCASTERS,
  checksum: Checksum = crc32,
): Result<Recorded, LineFault> {
  const frame = unsealJson(line, checksum);
  if (frame === null) return damaged('does not match its checksum');
  const { v, seq, epoch, at, ms, event } = frame;
  if (!isCount(seq) || !isCount(epoch) || !isVersion(v) || typeof at !== 'number' || typeof ms !== 'number') {
    return damaged('is not a journal record');
  }
  if (v > EVENT_VERSION) {
    const reason = `was written by a newer weft (events of version ${v}, this one knows ${EVENT_VERSION})`;
    return fail({ kind: 'newer', reason });
  }
  let current = event;
  for (let version = v; version < EVENT_VERSION; version += 1) {
    const upcast = upcasters[version];
    if (upcast === undefined) return damaged(`has events of version ${v}, which are no longer read`);
    current = upcast(current);
  }
  if (!isEvent(current)) return damaged('has an event of unknown type');
  return ok({ seq, epoch, at, ms: ms as RunMs, event: current });
}

/**
 * Reads a whole journal. Bytes after the last newline are a torn write and are only counted; anything wrong before it is
 * a fault that names the line. Line n holds sequence number n, and epochs never go back. Up to the mark lines are held to
 * all of this, but what they say is not read.
 */
export function decodeJournal(
  bytes: Uint8Array,
  of: {
    readonly mark?: Mark | null;
    readonly upcasters?: Readonly<Record<number, Upcaster>>;
    readonly checksum?: Checksum | undefined;
  } = {},
): Result<Decoded, JournalFault> {
  const { mark = null, upcasters = UPCASTERS, checksum = crc32 } = of;
  const records: Recorded[] = [];
  let start = 0;
  let last: Mark = { seq: 0, epoch: 0 };
  for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
    const line = bytes.subarray(start, end);
    start = end + 1;
    const next: Mark = { seq: last.seq + 1, epoch: last.epoch };
    const isPassed = mark !== null && next.seq <= mark.seq;
    if (isPassed && isRecord(line, next, checksum)) {
      last = next;
    } else {
      const record = decodeNext(line, next, { upcasters, checksum });
      if (!record.ok) return record;
      if (!isPassed) records.push(record.value);
      last = { seq: next.seq, epoch: record.value.epoch };
    }
    if (last.seq === mark?.seq && last.epoch !== mark.epoch)
      return decodeJournal(bytes, { upcasters, checksum });
  }
  if (mark !== null && last.seq < mark.seq) return decodeJournal(bytes, { upcasters, checksum });
  const whole = { wholeBytes: start, tornBytes: bytes.length - start };
  return ok({ since: mark, records, last: last.seq === 0 ? null : last, ...whole });
}

/** Reads the line that has to be the next record, of the epoch before it or a later one. */
function decodeNext(
  bytes: Uint8Array,
  { seq: line, epoch }: Mark,
  by: { readonly upcasters: Readonly<Record<number, Upcaster>>; readonly checksum: Checksum },
): Result<Recorded, JournalFault> {
  const decoded = decodeLine(bytes, by.upcasters, by.checksum);
  if (!decoded.ok) return fail({ line, ...decoded.failure });
  const record = decoded.value;
  if (record.seq !== line) {
    return fail({ line, kind: 'damaged', reason: `has sequence number ${record.seq} instead of ${line}` });
  }
  if (record.epoch < epoch) {
    const reason = `is of epoch ${record.epoch}, after records of epoch ${epoch}`;
    return fail({ line, kind: 'damaged', reason });
  }
  return decoded;
}

/** Tells from its first bytes and its seal that a line is that record; false: it may still be, written otherwise. */
function isRecord(line: Uint8Array, { seq, epoch }: Mark, checksum: Checksum): boolean {
  return (
    hasAscii(line, { at: 0, text: `{"v":${EVENT_VERSION},"seq":${seq},"epoch":${epoch},"at":` }) &&
    isSealed(line, checksum)
  );
}

/** Puts a fault into words for people. */
export function describeFault(path: string, fault: JournalFault): Failure {
  const sentence = `${path}: line ${fault.line} ${fault.reason}.`;
  switch (fault.kind) {
    case 'newer':
      return { kind: 'environment', sentence, hint: 'Use that newer weft; nothing was changed.' };
    case 'damaged':
      return { kind: 'corrupt', sentence, hint: 'Nothing was changed; restore the file or start a new run.' };
  }
}

/** Ends a JSON object with a checksum over all of its bytes before `,"crc"`. */
export function sealJson(json: string): string {
  const open = json.slice(0, -1);
  return open + SEAL_HEAD + inHex(crc32(encoder.encode(open))) + SEAL_TAIL;
}

/** Reads a sealed JSON object; null when the seal or the JSON is broken. */
export function unsealJson(
  bytes: Uint8Array,
  checksum: Checksum = crc32,
): Readonly<Record<string, unknown>> | null {
  if (!isSealed(bytes, checksum)) return null;
  try {
    const value: unknown = JSON.parse(decoder.decode(bytes));
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function isSealed(bytes: Uint8Array, checksum: Checksum): boolean {
  const covered = bytes.length - SEAL_LENGTH;
  if (covered < 1) return false;
  const text = SEAL_HEAD + inHex(checksum(bytes.subarray(0, covered))) + SEAL_TAIL;
  return hasAscii(bytes, { at: covered, text });
}

function hasAscii(bytes: Uint8Array, { at, text }: { readonly at: number; readonly text: string }): boolean {
  for (let i = 0; i < text.length; i += 1) {
    if (bytes[at + i] !== text.charCodeAt(i)) return false;
  }
  return true;
}

function damaged(reason: string): { readonly ok: false; readonly failure: LineFault } {
  return fail({ kind: 'damaged', reason });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function isVersion(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isEvent(value: unknown): value is Event {
  return isObject(value) && typeof value['type'] === 'string' && Object.hasOwn(EVENT_TYPES, value['type']);
}

function inHex(checksum: number): string {
  return checksum.toString(16).padStart(8, '0');
}

function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  let at = 0;
  // Four bytes at a time and by index: this runs over every byte of a journal, and each by itself takes twice as long.
  for (const end = bytes.length - 3; at < end; at += 4) {
    crc ^=
      byteAt(bytes, at) |
      (byteAt(bytes, at + 1) << 8) |
      (byteAt(bytes, at + 2) << 16) |
      (byteAt(bytes, at + 3) << 24);
    crc =
      crcOf(768 | (crc & 0xff)) ^
      crcOf(512 | ((crc >>> 8) & 0xff)) ^
      crcOf(256 | ((crc >>> 16) & 0xff)) ^
      crcOf(crc >>> 24);
  }
  for (; at < bytes.length; at += 1) crc = crcOf((crc ^ byteAt(bytes, at)) & 0xff) ^ (crc >>> 8);
  return ~crc >>> 0;
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] as number;
}

function crcOf(entry: number): number {
  return CRC_TABLE[entry] as number;
}

/** Four tables of 256: what a byte does to the checksum when 0, 1, 2 or 3 more bytes follow it. */
function makeCrcTable(): Int32Array {
  const table = new Int32Array(1024);
  for (let byte = 0; byte < 256; byte += 1) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
    table[byte] = crc;
  }
  for (let at = 256; at < 1024; at += 1) {
    const before = table[at - 256] as number;
    table[at] = (table[before & 0xff] as number) ^ (before >>> 8);
  }
  return table;
}
