// Reads what agents of the Agent Client Protocol report: tool calls, ends of turns, errors and use. Keeps no state.
import { isRecord } from '../agent-text.ts';
import type { Fault, Spending } from './conversation.ts';
import { type Fields, listOf, numberOf, textOf } from './fields.ts';
import type { RpcError } from './json-rpc.ts';

const TEXT_CHARS = 2_000;
const MAX_FILES = 100;
/** Kinds of tool calls that write the files they name. */
const WRITING: ReadonlySet<string> = new Set(['edit', 'delete', 'move']);
const AUTHENTICATION_REQUIRED = -32_000;

/** What is known of a tool call; it is told in parts. */
export interface Call {
  readonly title: string;
  readonly kind: string;
  /** Files that it is about. */
  readonly files: readonly string[];
  /** Those of them that it writes. */
  readonly written: readonly string[];
  /** What it was called with, and what it would change, as far as it says. */
  readonly input: unknown;
  readonly diffs: readonly unknown[];
}

/** Adds a part to what is known of a call. */
export function readCall(part: Fields, before: Call | undefined): Call {
  const title = cut(part['title']) || (before?.title ?? 'A tool');
  const kind = textOf(part['kind']) || (before?.kind ?? '');
  const places = pathsOf(part['locations']);
  const told = listOf(part['content']).filter((each) => isRecord(each) && each['type'] === 'diff');
  const changed = pathsOf(told);
  const files = unite(before?.files, places, changed);
  const written = WRITING.has(kind) ? files : unite(before?.written, changed);
  const diffs = told.length > 0 ? told : (before?.diffs ?? []);
  return { title, kind, files, written, input: part['rawInput'] ?? before?.input ?? null, diffs };
}

/** What a call that failed says. */
export function readFailure(part: Fields, { title, files }: Call): string {
  const said = listOf(part['content'])
    .filter(isRecord)
    .map((each) => (isRecord(each['content']) ? textOf(each['content']['text']) : ''));
  return cut([title, files.at(-1), 'failed:', ...said].filter(Boolean).join(' '));
}

function pathsOf(list: unknown): readonly string[] {
  return listOf(list)
    .map((each) => (isRecord(each) ? textOf(each['path']) : ''))
    .filter((path) => path !== '');
}

function unite(...lists: readonly (readonly string[] | undefined)[]): readonly string[] {
  return [...new Set(lists.flatMap((list) => list ?? []))].slice(0, MAX_FILES);
}

/** How a turn ended, by its reason; `text` is used where the agent's last words do not say it better. */
export function readStop(reason: unknown): { readonly fault: Fault | null; readonly text: string } {
  switch (reason) {
    case 'end_turn':
      return { fault: null, text: '' };
    case 'cancelled':
      return { fault: 'interrupted', text: 'It was interrupted.' };
    case 'max_tokens':
      return { fault: 'own-limit', text: 'It reached its limit of tokens.' };
    case 'max_turn_requests':
      return { fault: 'own-limit', text: 'It reached its limit of requests in one turn.' };
    case 'refusal':
      return { fault: 'api-error', text: 'The model refuses to go on.' };
    default:
      return { fault: 'protocol', text: cut(`It ended its turn for no known reason: ${String(reason)}`) };
  }
}

/** Why a request of ours was refused; `otherwise` when it is none of the known troubles. */
export function readRefusal(
  error: RpcError,
  otherwise: Fault,
): { readonly fault: Fault; readonly text: string } {
  const { code } = error;
  const text = cut(error.message);
  const status = readStatus(error);
  if (code === AUTHENTICATION_REQUIRED || status === 401 || status === 403) return { fault: 'login', text };
  if (status === 429 || /rate.?limit|usage limit|quota|too many requests/i.test(text)) {
    return { fault: 'limit', text };
  }
  const isLogin = /\bauthenticat|not logged in|unauthori[sz]ed|api key/i.test(text);
  return { fault: isLogin ? 'login' : otherwise, text };
}

/** What the model's server said: some have it as their code, others write it in front of the reason, or of the model's words. */
function readStatus({ code, message }: RpcError): number {
  const written = /(?:^|: )(?:API Error: )?(\d{3})\b/.exec(message)?.[1];
  return written === undefined ? code : Number(written);
}

/**
 * Tokens that the session has used, as the end of a turn says; null: it does not. What is said of that turn alone, as Gemini
 * does in a place of its own, is added to what was used before.
 */
export function readUsage(
  result: Fields,
  of: { readonly spending: Tokens; readonly countsByTurn: boolean },
): Tokens | null {
  const { usage, _meta: meta } = result;
  if (isRecord(usage)) {
    const cached = numberOf(usage['cachedReadTokens']) + numberOf(usage['cachedWriteTokens']);
    const said = { input: numberOf(usage['inputTokens']) + cached, output: numberOf(usage['outputTokens']) };
    return of.countsByTurn ? add(of.spending, said) : said;
  }
  const quota = isRecord(meta) ? meta['quota'] : null;
  const count = isRecord(quota) ? quota['token_count'] : null;
  if (!isRecord(count)) return null;
  const said = { input: numberOf(count['input_tokens']), output: numberOf(count['output_tokens']) };
  return add(of.spending, said);
}

type Tokens = Pick<Spending, 'input' | 'output'>;

function add(one: Tokens, other: Tokens): Tokens {
  return { input: one.input + other.input, output: one.output + other.output };
}

/** US dollars that the session has cost; null: not said. */
export function readCost(cost: unknown): number | null {
  if (!isRecord(cost) || cost['currency'] !== 'USD' || typeof cost['amount'] !== 'number') return null;
  return cost['amount'];
}

/** The text of a block of content; empty: it is none. */
export function readText(content: unknown): string {
  return isRecord(content) && content['type'] === 'text' ? textOf(content['text']) : '';
}

/** Any text, not longer than people need. */
export function cut(text: unknown): string {
  return textOf(text).slice(0, TEXT_CHARS);
}
