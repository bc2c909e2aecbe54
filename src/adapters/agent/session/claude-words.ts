// Reads the messages of Claude Code's stream: what is in them, defensively, and in weft's words. Keeps no state.
import { isRecord } from '../agent-text.ts';
import type { Fault } from './conversation.ts';

/** A message of the stream, or a part of one. */
export type Fields = Readonly<Record<string, unknown>>;

const LABELS = 9;
const TEXT_CHARS = 2_000;

/** One question with its options; several are put as one text, to be answered in words. */
export function readQuestions(input: Fields): { readonly text: string; readonly labels: readonly string[] } {
  const questions = listOf(input['questions']).filter(isRecord);
  const [first] = questions;
  if (first === undefined) return { text: 'It asks something without words.', labels: [] };
  if (questions.length === 1) return { text: String(first['question']), labels: labelsOf(first) };
  const text = questions
    .map((each) => `${String(each['question'])} (${labelsOf(each).join(' · ')})`)
    .join('\n');
  return { text, labels: [] };
}

/** Labels of the options of a question. */
export function labelsOf(question: Fields | undefined): readonly string[] {
  return listOf(question?.['options'])
    .filter(isRecord)
    .map((option) => String(option['label']))
    .slice(0, LABELS);
}

/** How a turn ended. Neither the subtype nor the exit code says so: a refused key comes as a success. */
export function readEnd(message: Fields): { readonly fault: Fault | null; readonly text: string } {
  const { subtype, is_error: isError, terminal_reason: terminal, api_error_status: status } = message;
  const errors = listOf(message['errors']).map(String).join(' ');
  const said = typeof message['result'] === 'string' ? message['result'] : errors;
  const text = said === '' ? String(subtype) : said.slice(0, TEXT_CHARS);
  return { fault: faultOf({ subtype, isError, terminal, status, text }), text };
}

function faultOf(end: {
  readonly subtype: unknown;
  readonly isError: unknown;
  readonly terminal: unknown;
  readonly status: unknown;
  readonly text: string;
}): Fault | null {
  const { subtype, isError, terminal, status, text } = end;
  if (typeof terminal === 'string' && terminal.startsWith('aborted')) return 'interrupted';
  if (subtype === 'error_max_turns' || subtype === 'error_max_budget_usd') return 'own-limit';
  if (/No conversation found/i.test(text)) return 'no-session';
  if (status === 401 || status === 403 || /\/login|invalid api key/i.test(text)) return 'login';
  if (status === 429 || /(usage|rate|session) limit/i.test(isError === true ? text : '')) return 'limit';
  return isError === true || subtype !== 'success' ? 'api-error' : null;
}

/** Tokens of one answer of the model. */
export function readUsage(usage: Fields): { readonly input: number; readonly output: number } {
  const cached = numberOf(usage['cache_read_input_tokens']) + numberOf(usage['cache_creation_input_tokens']);
  return { input: numberOf(usage['input_tokens']) + cached, output: numberOf(usage['output_tokens']) };
}

/** What a message of the model consists of: calls of tools, and text. */
export function readBlocks(message: Fields): readonly {
  readonly name: string | null;
  readonly input: Fields;
  readonly text: string;
}[] {
  return contentOf(message).map(({ type, name, input, text }) => ({
    name: type === 'tool_use' ? String(name) : null,
    input: isRecord(input) ? input : {},
    text: type === 'text' && typeof text === 'string' ? text : '',
  }));
}

/** What failed calls said. */
export function readFailures(message: Fields): readonly string[] {
  return contentOf(message)
    .filter((block) => block['type'] === 'tool_result' && block['is_error'] === true)
    .map(({ content }) =>
      (typeof content === 'string' ? content : JSON.stringify(content)).slice(0, TEXT_CHARS),
    );
}

function contentOf({ message }: Fields): readonly Fields[] {
  return isRecord(message) ? listOf(message['content']).filter(isRecord) : [];
}

/** A tool call in a line. */
export function describeCall(tool: string, input: Fields): string {
  const what = input['command'] ?? input['file_path'] ?? input['notebook_path'] ?? input['description'];
  return `${tool}${typeof what === 'string' ? `: ${what}` : ''}`.slice(0, TEXT_CHARS);
}

/** The file that a call is about. */
export function filesOf(input: Fields): { readonly files?: readonly string[] } {
  const path = input['file_path'] ?? input['notebook_path'];
  return typeof path === 'string' ? { files: [path] } : {};
}

/** A list, or nothing. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A number, or 0. */
export function numberOf(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}
