// Reads what Codex reports: items of a turn, errors, limits and use, in weft's words. Keeps no state.
import { isRecord } from '../agent-text.ts';
import type { Fault, News, Opening, Spending } from './conversation.ts';
import { type Fields, listOf, numberOf, textOf } from './fields.ts';

const TEXT_CHARS = 2_000;
const MAX_FILES = 100;
/** Codex takes 1,048,576 characters; what people say beside the prompt comes on top. */
const PROMPT_CHARS = 1_000_000;
const FULL_PERCENT = 100;
const MS_PER_SECOND = 1_000;
const MINUTE_MS = 60_000;
const UNITS_MS: Readonly<Record<string, number>> = {
  day: 86_400_000,
  hour: 3_600_000,
  minute: MINUTE_MS,
  second: MS_PER_SECOND,
};
/** What is further away was not understood. */
const LONGEST_WAIT_MS = 32 * 86_400_000;
/** A time of day that was over this short a while ago is not meant for tomorrow. */
const JUST_NOW_MS = 5 * MINUTE_MS;
const TIME =
  /try again at (?:([A-Z][a-z]{2,8}) (\d{1,2})(?:st|nd|rd|th)?,? (\d{4}),? )?(\d{1,2}):(\d{2})(?: ?([AP]M))?/i;
const CALLS: ReadonlySet<string> = new Set(['commandExecution', 'fileChange', 'mcpToolCall']);

/** What it begins to do; null: nothing that people need to see. */
export function readStart(item: Fields): News | null {
  const files = readFiles(item['changes']);
  switch (item['type']) {
    case 'commandExecution':
      return { kind: 'doing', text: cut(item['command']) };
    case 'fileChange':
      return { kind: 'doing', text: cut(`Changes ${files.join(', ')}`), files };
    case 'mcpToolCall':
      return { kind: 'doing', text: nameTool(item) };
    case 'webSearch':
      return { kind: 'doing', text: cut(`Searches the web: ${textOf(item['query'])}`) };
    default:
      return null;
  }
}

/** What came of an item; null: it went as it should, or is none that people need to see. */
export function readOutcome(item: Fields): News | null {
  const { type, status } = item;
  if (type === 'agentMessage') {
    const text = cut(item['text']);
    return text === '' ? null : { kind: 'doing', text };
  }
  if (status === 'completed' && CALLS.has(textOf(type))) return { kind: 'passed-call' };
  if (status !== 'failed' && status !== 'declined') return null;
  const end = status === 'declined' ? 'refused' : 'failed';
  switch (type) {
    case 'commandExecution': {
      const code = item['exitCode'];
      const said = textOf(item['aggregatedOutput']).slice(-TEXT_CHARS);
      const exit = typeof code === 'number' ? ` with exit code ${code}` : '';
      return { kind: 'failed-call', text: cut(`${cut(item['command'])} ${end}${exit}: ${said}`) };
    }
    case 'fileChange':
      return { kind: 'failed-call', text: cut(`Change of ${readFiles(item['changes']).join(', ')} ${end}`) };
    case 'mcpToolCall': {
      const reason = isRecord(item['error']) ? textOf(item['error']['message']) : contentOf(item['result']);
      return { kind: 'failed-call', text: cut(`${nameTool(item)} ${end}: ${reason}`) };
    }
    default:
      return null;
  }
}

/** The files that a change is about, the places they are moved to among them. */
export function readFiles(changes: unknown): readonly string[] {
  const paths = listOf(changes)
    .filter(isRecord)
    .flatMap(({ path, kind }) => [path, isRecord(kind) ? kind['move_path'] : null]);
  return paths.filter((path) => typeof path === 'string' && path !== '').slice(0, MAX_FILES) as string[];
}

/** Why a turn failed. */
export function readError(error: unknown): { readonly fault: Fault; readonly text: string } {
  const { message, additionalDetails, codexErrorInfo } = isRecord(error) ? error : {};
  const details = textOf(additionalDetails);
  const text = cut(
    `${textOf(message) || 'It failed without a reason.'}${details === '' ? '' : ` ${details}`}`,
  );
  return { fault: faultOf({ ...readInfo(codexErrorInfo), text }), text };
}

function faultOf(error: { readonly name: string; readonly status: number; readonly text: string }): Fault {
  const { name, text } = error;
  const status = error.status || Number(/\bstatus:? (\d{3})\b/.exec(text)?.[1]);
  if (name === 'contextWindowExceeded' || name === 'sessionBudgetExceeded') return 'own-limit';
  if (name === 'usageLimitExceeded' || name === 'rateLimitExceeded' || status === 429) return 'limit';
  if (name === 'unauthorized' || status === 401 || status === 403) return 'login';
  if (/not logged in|codex login|api key|missing environment variable/i.test(text)) return 'login';
  return /usage limit|rate limit|quota/i.test(text) ? 'limit' : 'api-error';
}

/** The kind of an error is its name, or an object with the name as its one key. */
function readInfo(info: unknown): { readonly name: string; readonly status: number } {
  if (!isRecord(info)) return { name: textOf(info), status: 0 };
  const [name = '', of] = Object.entries(info)[0] ?? [];
  return { name, status: isRecord(of) ? numberOf(of['httpStatusCode']) : 0 };
}

/** When what is used up will be there again (ms since 1970); null: nothing is. Reports without a window change nothing. */
export function readReset(rateLimits: unknown, before: number | null): number | null {
  const { primary, secondary } = isRecord(rateLimits) ? rateLimits : {};
  const windows = [primary, secondary].filter(isRecord);
  if (windows.length === 0) return before;
  const ends = windows
    .filter((window) => numberOf(window['usedPercent']) >= FULL_PERCENT)
    .map((window) => numberOf(window['resetsAt']) * MS_PER_SECOND);
  return Math.max(0, ...ends) || null;
}

/** When to try again, as the sentence of a limit says it (ms since 1970); null: it does not, or in more than a month. */
export function readWait(text: string, nowMs: number): number | null {
  const atMs = readSpan(text, nowMs) ?? readTime(text, nowMs);
  return atMs === null || Number.isNaN(atMs) || atMs > nowMs + LONGEST_WAIT_MS ? null : atMs;
}

/** `try again in 2 days 3 hours 5 minutes`. */
function readSpan(text: string, nowMs: number): number | null {
  if (/try again in less than a minute/i.test(text)) return nowMs + MINUTE_MS;
  const span = /try again in ((?:\d{1,6} (?:day|hour|minute|second)s?,? ?(?:and )?){1,4})/i.exec(text)?.[1];
  if (span === undefined) return null;
  const parts = [...span.matchAll(/(\d+) (day|hour|minute|second)/gi)];
  return parts.reduce(
    (sum, [, count, unit = '']) => sum + Number(count) * (UNITS_MS[unit.toLowerCase()] ?? 0),
    nowMs,
  );
}

/** `try again at 5:40 PM`, of today or tomorrow, or `at Nov 25th, 2026 5:40 PM`: local time, and a whole minute. */
function readTime(text: string, nowMs: number): number | null {
  const found = TIME.exec(text);
  if (found === null) return null;
  const [, month, day, year, hour, minute, half] = found;
  const base = Number(hour) % (half === undefined ? 24 : 12);
  const clock = [base + (half?.toLowerCase() === 'pm' ? 12 : 0), Number(minute)] as const;
  const at = month === undefined ? new Date(nowMs) : new Date(`${month.slice(0, 3)} ${day}, ${year}`);
  at.setHours(...clock, 0, 0);
  const isOver = at.getTime() + MINUTE_MS + JUST_NOW_MS < nowMs;
  if (month === undefined && isOver) at.setDate(at.getDate() + 1);
  return Math.max(at.getTime() + MINUTE_MS, nowMs);
}

/** The prompt as it can be given: what is too long for Codex is to be read by itself. */
export function wordPrompt({ prompt, promptFile }: Pick<Opening, 'prompt' | 'promptFile'>): string {
  if (prompt.length <= PROMPT_CHARS) return prompt;
  return `Your task is in the file ${promptFile}. Read all of it before you begin.`;
}

/** Use of the model by the whole thread; null: not said. */
export function readSpending(tokenUsage: unknown): Spending | null {
  const total = isRecord(tokenUsage) ? tokenUsage['total'] : null;
  if (!isRecord(total)) return null;
  return { input: numberOf(total['inputTokens']), output: numberOf(total['outputTokens']), usd: null };
}

/** The last words of a turn that is over. */
export function readLastWords(turn: Fields): string {
  const said = listOf(turn['items'])
    .filter(isRecord)
    .filter((item) => item['type'] === 'agentMessage');
  return cut(said.at(-1)?.['text']);
}

/** Any text, not longer than people need. */
export function cut(text: unknown): string {
  return textOf(text).slice(0, TEXT_CHARS);
}

function nameTool(item: Fields): string {
  return cut(`${textOf(item['server'])}: ${textOf(item['tool'])}`);
}

function contentOf(result: unknown): string {
  const { content } = isRecord(result) ? result : {};
  return listOf(content)
    .filter(isRecord)
    .map((part) => textOf(part['text']))
    .join(' ');
}
