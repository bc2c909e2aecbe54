// What agents write, as text and as JSON that can be shown: bounded, cleaned, and never trusted. Knows no format of it.
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

const TEXT_CHARS = 4_000;

const ESC = String.fromCharCode(0x1b);
const BEL = String.fromCharCode(0x07);
/** Terminal commands: colours and cursor moves, window titles and links, single characters. */
const ESCAPES = new RegExp(
  `${ESC}(?:\\[[0-?]*[ -/]*[@-~]|\\][^${BEL}${ESC}]*(?:${BEL}|${ESC}\\\\)|[ -/]*[0-~])`,
  'g',
);
/** Controls other than tab and newline, and format characters (they reorder or hide what people read). */
const INVISIBLE = /(?![\n\t])[\p{Cc}\p{Cf}]/gu;

/** Reads a file that an agent may have written; null: none, too large, or nothing to read from. */
export async function readAgentFile(path: string, maxBytes: number): Promise<string | null> {
  try {
    // An agent may put a pipe or a link there: neither is waited for, neither is followed.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    try {
      const { size } = await file.stat();
      if (size > maxBytes) return null;
      const { buffer, bytesRead } = await file.read(Buffer.alloc(maxBytes + 1));
      return bytesRead > maxBytes ? null : buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch {
    return null;
  }
}

/** Reads the last bytes of a file that an agent's output goes to; empty when there is none. */
export async function readAgentTail(path: string, maxBytes: number): Promise<string> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    try {
      const { size } = await file.stat();
      const at = Math.max(0, size - maxBytes);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(maxBytes), 0, maxBytes, at);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch {
    return '';
  }
}

/** Reads a JSON object; null when it is none. */
export function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

/** Text without escape sequences, control characters and marks that reverse what people read; null: nothing left. */
export function cleanText(value: unknown, maxChars: number = TEXT_CHARS): string | null {
  if (typeof value !== 'string') return null;
  const text = value
    .replace(ESCAPES, '')
    .replace(/\r\n?/g, '\n')
    .replace(INVISIBLE, '')
    .trim()
    .slice(0, maxChars);
  return text === '' ? null : text;
}

/** Tells whether a value is an object with fields. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
