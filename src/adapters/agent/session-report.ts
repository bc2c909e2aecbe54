// Reads the report that the host of a session keeps: checked and cleaned, for an agent might write there as well.
import { join } from 'node:path';
import type { FaultKind } from '../../core/model.ts';
import type { SessionReport } from '../../ports/agent.ts';
import { cleanText, isRecord, parseObject, readAgentFile } from './agent-text.ts';
import { type Fields, listOf } from './session/fields.ts';
import { REPORT_FILE } from './session/plan.ts';

const FILE_BYTES = 256 * 1024;
const LABELS = 9;
const LABEL_CHARS = 200;
const FILES = 20;
const MAX_HEARD = 1_000;
/** Every kind there is: one that were forgotten here would be read as another. */
const FAULTS: Readonly<Record<FaultKind, true>> = {
  'api-error': true,
  limit: true,
  login: true,
  missing: true,
  'own-limit': true,
  interrupted: true,
  'no-session': true,
  protocol: true,
};

/** Reads the report in an attempt's folder; null: there is none that can be read. */
export async function readSessionReport(dir: string): Promise<SessionReport | null> {
  const text = await readAgentFile(join(dir, REPORT_FILE), FILE_BYTES);
  const fields = text === null ? null : parseObject(text);
  if (fields === null) return null;
  const { ask, spending, limit, end } = fields;
  return {
    session: cleanText(fields['session'], LABEL_CHARS),
    heard: listOf(fields['heard']).filter(isCount).slice(0, MAX_HEARD),
    ask: isRecord(ask) ? readAsk(ask) : null,
    spending: isRecord(spending) ? readSpending(spending) : null,
    waits: cleanText(fields['waits']),
    limit: isRecord(limit)
      ? { untilMs: isCount(limit['untilMs']) ? limit['untilMs'] : null, text: cleanText(limit['text']) ?? '' }
      : null,
    doing: cleanText(fields['doing']),
    files: listOf(fields['files'])
      .map((each) => cleanText(each))
      .filter((each) => each !== null)
      .slice(0, FILES),
    end: isRecord(end) ? readEnd(end) : null,
  };
}

function isFault(value: unknown): value is FaultKind {
  return typeof value === 'string' && Object.hasOwn(FAULTS, value);
}

/** Only what says so is a good end. */
function readEnd({ fault, text }: Fields): SessionReport['end'] {
  return { fault: fault === null || isFault(fault) ? fault : 'protocol', text: cleanText(text) ?? '' };
}

function readAsk({ id, text, labels }: Fields): SessionReport['ask'] {
  const question = cleanText(text);
  if (typeof id !== 'string' || question === null) return null;
  const read = listOf(labels)
    .slice(0, LABELS)
    .map((each) => cleanText(each, LABEL_CHARS));
  return { id: id.slice(0, LABEL_CHARS), text: question, labels: read.filter((each) => each !== null) };
}

function readSpending({ input, output, usd }: Fields): SessionReport['spending'] {
  const dollars = typeof usd === 'number' && Number.isFinite(usd) && usd >= 0 ? usd : null;
  return { input: isCount(input) ? input : 0, output: isCount(output) ? output : 0, usd: dollars };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
