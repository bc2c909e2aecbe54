// The status file an agent may write: read, checked and cleaned. Everything in it is a claim, never a fact.
import { readSessionStatus } from '../../core/documents/session.ts';
import type { Option } from '../../core/model.ts';
import type { AgentStatus } from '../../ports/agent.ts';
import { cleanText, isRecord, parseObject, readAgentFile } from './agent-text.ts';

/** Size of a status file; a longer one is not read. */
export const FILE_BYTES: number = 64 * 1024;
const TEXT_CHARS = 4_000;
const LABEL_CHARS = 200;
const OPTIONS = 9;
const PARTS = 1_000;

/**
 * Reads what an agent said. The fields are those of status files v1 and v2 (`status`, `stuckReason`, …; unknown ones are
 * ignored) and `options`, `tried` (joined to the question), `reason`, `note` and `finished`. Null: too large, half-written, or no status.
 */
export function parseStatus(text: string): AgentStatus | null {
  if (Buffer.byteLength(text) > FILE_BYTES) return null;
  const fields = parseObject(text);
  const status = readSessionStatus(fields?.['status']);
  if (fields === null || status === null) return null;
  return {
    status,
    stuckReason: joinQuestion(fields),
    options: readOptions(fields['options']),
    reason: cleanText(fields['reason']),
    note: cleanText(fields['note'])?.replace(/\s+/g, ' ').slice(0, LABEL_CHARS) ?? null,
    finished: readParts(fields['finished']),
  };
}

/** Reads the status file at a path, and hides what must not be shown; null when there is none that can be read. */
export async function readStatus(
  path: string,
  redact: (text: string) => string = (text) => text,
): Promise<AgentStatus | null> {
  const text = await readAgentFile(path, FILE_BYTES);
  return text === null ? null : parseStatus(redact(text));
}

function readParts(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return [];
  const parts = value
    .slice(0, PARTS)
    .map((part) => cleanText(typeof part === 'number' ? String(part) : part));
  return [...new Set(parts.flatMap((part) => (part === null ? [] : [part.slice(0, LABEL_CHARS)])))];
}

function joinQuestion(fields: Readonly<Record<string, unknown>>): string | null {
  const question = cleanText(fields['stuckReason']);
  const list: readonly unknown[] = Array.isArray(fields['tried']) ? fields['tried'] : [fields['tried']];
  const tried = list
    .slice(0, OPTIONS)
    .map((each) => cleanText(each))
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
