// The status file an agent may write: read, checked and cleaned. Everything in it is a claim, never a fact.
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Option } from '../../core/model.ts';
import type { AgentStatus } from '../../ports/agent.ts';

const FILE_BYTES = 64 * 1024;
const TEXT_CHARS = 4_000;
const LABEL_CHARS = 200;
const OPTIONS = 9;
const WORDS = ['registered', 'planning', 'working', 'stuck', 'complete', 'cancelled'] as const;

const ESC = String.fromCharCode(0x1b);
const BEL = String.fromCharCode(0x07);
/** Terminal commands: colours and cursor moves, window titles and links, single characters. */
const ESCAPES = new RegExp(
  `${ESC}(?:\\[[0-?]*[ -/]*[@-~]|\\][^${BEL}${ESC}]*(?:${BEL}|${ESC}\\\\)|[ -/]*[0-~])`,
  'g',
);
/** Controls other than tab and newline, and format characters (they reorder or hide what people read). */
const INVISIBLE = /(?![\n\t])[\p{Cc}\p{Cf}]/gu;

/**
 * Reads what an agent said. The fields are those of status file v1 (`status`, `stuckReason`, …; unknown ones are
 * ignored) and `options`, `tried` (joined to the question) and `reason`. Null: too large, half-written, or no status.
 */
export function parseStatus(text: string): AgentStatus | null {
  if (Buffer.byteLength(text) > FILE_BYTES) return null;
  const fields = parseObject(text);
  const status = WORDS.find((word) => word === fields?.['status']);
  if (fields === null || status === undefined) return null;
  return {
    status,
    stuckReason: joinQuestion(fields),
    options: readOptions(fields['options']),
    reason: cleanText(fields['reason']),
  };
}

/** Reads the status file at a path; null when there is none that can be read. */
export async function readStatus(path: string): Promise<AgentStatus | null> {
  try {
    // An agent may put a pipe or a link there: neither is waited for, neither is followed.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    try {
      const { size } = await file.stat();
      if (size > FILE_BYTES) return null;
      const { buffer, bytesRead } = await file.read(Buffer.alloc(FILE_BYTES + 1));
      return parseStatus(buffer.toString('utf8', 0, bytesRead));
    } finally {
      await file.close();
    }
  } catch {
    return null;
  }
}

function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

function joinQuestion(fields: Readonly<Record<string, unknown>>): string | null {
  const question = cleanText(fields['stuckReason']);
  const list: readonly unknown[] = Array.isArray(fields['tried']) ? fields['tried'] : [fields['tried']];
  const tried = list
    .slice(0, OPTIONS)
    .map(cleanText)
    .filter((text) => text !== null);
  if (question === null || tried.length === 0) return question;
  return `${question}\nTried: ${tried.join('; ')}`.slice(0, TEXT_CHARS);
}

function readOptions(value: unknown): readonly Option[] {
  if (!Array.isArray(value)) return [];
  return value
    .slice(0, OPTIONS)
    .map(readOption)
    .filter((option) => option !== null);
}

function readOption(value: unknown): Option | null {
  const fields: Readonly<Record<string, unknown>> = isRecord(value) ? value : { label: value };
  const label = cleanText(fields['label'])?.replace(/\s+/g, ' ').slice(0, LABEL_CHARS) ?? null;
  return label === null ? null : { label, then: readThen(fields['then']) };
}

/** `accept` is not an agent's to offer: behind a friendly label it would carry work past the checks. */
function readThen(value: unknown): Option['then'] {
  return value === 'hold' || value === 'give-up' ? value : 'retry';
}

/** Text without escape sequences, control characters and marks that reverse what people read; null: nothing left. */
function cleanText(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const text = value
    .replace(ESCAPES, '')
    .replace(/\r\n?/g, '\n')
    .replace(INVISIBLE, '')
    .trim()
    .slice(0, TEXT_CHARS);
  return text === '' ? null : text;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
