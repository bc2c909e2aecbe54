// Reads the messages of Claude Code's stream: what is in them, defensively, and in weft's words. Keeps no state.
import { isRecord } from '../agent-text.ts';
import type { Fault } from './conversation.ts';
import { type Fields, listOf, numberOf } from './fields.ts';

const LABELS = 9;
const TEXT_CHARS = 2_000;
/** Questions of one call that are put to people at most. */
const QUESTIONS = 9;

/** A question with what can be chosen, and under which words its answer is expected. */
export interface Question {
  readonly key: string;
  readonly text: string;
  readonly labels: readonly string[];
}

/** The questions of a call, at least one. */
export function readQuestions(input: Fields): readonly Question[] {
  const questions = listOf(input['questions']).filter(isRecord).slice(0, QUESTIONS).map(readQuestion);
  return questions.length > 0 ? questions : [{ key: '', text: '', labels: [] }];
}

function readQuestion({ question, options, multiSelect }: Fields): Question {
  const choices = listOf(options).filter(isRecord).slice(0, LABELS);
  const key = wordsOf(question);
  const lines = choices
    .map(({ label, description }) => [wordsOf(label), wordsOf(description)])
    .filter(([, description]) => description !== '')
    .map((words) => words.join(': '));
  const several = multiSelect === true ? ['More than one may be named.'] : [];
  return {
    key,
    text: [key, ...lines, ...several].join('\n'),
    labels: choices.map(({ label }) => wordsOf(label)),
  };
}

/** How a turn ended. Neither the subtype nor the exit code says so: a refused key comes as a success. */
export function readEnd(message: Fields): { readonly fault: Fault | null; readonly text: string } {
  const { subtype, is_error: isError, terminal_reason: terminal, api_error_status: status } = message;
  const errors = listOf(message['errors']).map(wordsOf).join(' ');
  const said = typeof message['result'] === 'string' ? message['result'] : errors;
  const text = said === '' ? wordsOf(subtype) : said.slice(0, TEXT_CHARS);
  const fault = faultOf({ subtype, isError, terminal, status, text });
  if (fault === 'interrupted') return { fault, text: 'It was interrupted.' };
  // what it notes of its own state is for its makers
  if (fault !== null && text.startsWith('[ede_diagnostic]'))
    return { fault, text: 'It broke off, and does not say why.' };
  return { fault, text: fault === 'own-limit' ? `It stopped at a limit of its own. ${text}` : text };
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
  // what follows is read in the words of an error alone: an agent may well talk of logging in
  if (subtype === 'success' && isError !== true) return null;
  if (/No conversation found/i.test(text)) return 'no-session';
  if (status === 401 || status === 403 || /\/login|invalid api key/i.test(text)) return 'login';
  if (status === 429 || /(usage|rate|session) limit/i.test(text)) return 'limit';
  return 'api-error';
}

/** Tokens of one answer of the model. */
export function readUsage(usage: Fields): { readonly input: number; readonly output: number } {
  const cached = numberOf(usage['cache_read_input_tokens']) + numberOf(usage['cache_creation_input_tokens']);
  return { input: numberOf(usage['input_tokens']) + cached, output: numberOf(usage['output_tokens']) };
}

/** What a message of the model consists of: calls of tools (then `name` is not null), and text. */
export function readBlocks(message: Fields): readonly {
  readonly id: string;
  readonly name: string | null;
  readonly input: Fields;
  readonly text: string;
}[] {
  return contentOf(message).map(({ type, id, name, input, text }) => ({
    id: wordsOf(id),
    name: type === 'tool_use' ? wordsOf(name) : null,
    input: isRecord(input) ? input : {},
    text: type === 'text' ? wordsOf(text) : '',
  }));
}

/** Calls that failed, and what they said. */
export function readFailures(message: Fields): readonly { readonly call: string; readonly text: string }[] {
  return contentOf(message)
    .filter((block) => block['type'] === 'tool_result' && block['is_error'] === true)
    .map(({ tool_use_id: call, content }) => {
      const parts = typeof content === 'string' ? [content] : listOf(content).filter(isRecord).map(partOf);
      return { call: wordsOf(call), text: parts.join('\n').slice(0, TEXT_CHARS) };
    });
}

/** Tells whether a call went well. */
export function hasPassed(message: Fields): boolean {
  return contentOf(message).some((block) => block['type'] === 'tool_result' && block['is_error'] !== true);
}

function partOf({ text }: Fields): string {
  return wordsOf(text);
}

function contentOf({ message }: Fields): readonly Fields[] {
  return isRecord(message) ? listOf(message['content']).filter(isRecord) : [];
}

/** A tool call in a line. */
export function describeCall({ tool, input }: { readonly tool: string; readonly input: Fields }): string {
  const what = input['command'] ?? input['file_path'] ?? input['notebook_path'] ?? input['description'];
  return `${tool}${typeof what === 'string' ? `: ${what}` : ''}`.slice(0, TEXT_CHARS);
}

/** The file that a call is about. */
export function filesOf(input: Fields): { readonly files?: readonly string[] } {
  const path = input['file_path'] ?? input['notebook_path'];
  return typeof path === 'string' ? { files: [path] } : {};
}

/** A text, or a number as one; empty for everything else. */
export function wordsOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
