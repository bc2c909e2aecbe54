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

/** A whole journal, read. */
export interface Decoded {
  readonly records: readonly Recorded[];
  /** Length of the accepted lines. */
  readonly wholeBytes: number;
  /** Length of what follows the last newline: a write that was cut off. */
  readonly tornBytes: number;
}

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
  'attempt.spawned': true,
  'attempt.started': true,
  'attempt.start-failed': true,
  'attempt.exited': true,
  'attempt.timed-out': true,
  'attempt.parked': true,
  'attempt.stopped': true,
  'attempt.inspected': true,
  'attempt.verified': true,
  'attempt.rejected': true,
  'attempt.failed': true,
  'question.asked': true,
  'question.answered': true,
  'guidance.given': true,
  'guidance.delivered': true,
  'task.approved': true,
  'task.paused': true,
  'task.unpaused': true,
  'task.restarted': true,
  'task.cancelled': true,
  'task.done': true,
  'task.queued': true,
  'candidate.built': true,
  'candidate.conflicted': true,
  'candidate.verified': true,
  'candidate.rejected': true,
  'landing.stale': true,
  'task.landed': true,
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
): Result<Recorded, LineFault> {
  const frame = unsealJson(line);
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
 * a fault that names the line. Line n holds sequence number n, and epochs never go back.
 */
export function decodeJournal(
  bytes: Uint8Array,
  upcasters: Readonly<Record<number, Upcaster>> = UPCASTERS,
): Result<Decoded, JournalFault> {
  const records: Recorded[] = [];
  let start = 0;
  let epoch = 0;
  for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
    const line = records.length + 1;
    const decoded = decodeLine(bytes.subarray(start, end), upcasters);
    if (!decoded.ok) return fail({ line, ...decoded.failure });
    const record = decoded.value;
    if (record.seq !== line) {
      return fail({ line, kind: 'damaged', reason: `has sequence number ${record.seq} instead of ${line}` });
    }
    if (record.epoch < epoch) {
      const reason = `is of epoch ${record.epoch}, after records of epoch ${epoch}`;
      return fail({ line, kind: 'damaged', reason });
    }
    epoch = record.epoch;
    records.push(record);
    start = end + 1;
  }
  return ok({ records, wholeBytes: start, tornBytes: bytes.length - start });
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
  return open + SEAL_HEAD + crcHex(encoder.encode(open)) + SEAL_TAIL;
}

/** Reads a sealed JSON object; null when the seal or the JSON is broken. */
export function unsealJson(bytes: Uint8Array): Readonly<Record<string, unknown>> | null {
  const covered = bytes.length - SEAL_LENGTH;
  if (covered < 1) return null;
  const seal = SEAL_HEAD + crcHex(bytes.subarray(0, covered)) + SEAL_TAIL;
  for (let i = 0; i < SEAL_LENGTH; i += 1) {
    if (bytes[covered + i] !== seal.charCodeAt(i)) return null;
  }
  try {
    const value: unknown = JSON.parse(decoder.decode(bytes));
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
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

/** CRC-32 (IEEE 802.3, as in gzip) in eight hexadecimal digits. */
function crcHex(bytes: Uint8Array): string {
  let crc = ~0;
  // An indexed loop: iterators over bytes are several times slower, and this runs over every byte of the journal.
  for (let i = 0; i < bytes.length; i += 1) {
    crc = (CRC_TABLE[(crc ^ (bytes[i] as number)) & 0xff] as number) ^ (crc >>> 8);
  }
  return (~crc >>> 0).toString(16).padStart(8, '0');
}

function makeCrcTable(): Int32Array {
  return Int32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
    return crc;
  });
}
