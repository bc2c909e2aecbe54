// The script of a scripted model: the lines of a message that say what the model does. Knows no HTTP and no dialect.
//
// A directive starts its line and stands in no code fence. In an argument `\n` is a line break and `\\n` is `\n`.
//
//   @write PATH|TEXT            writes a file, with a line end after the text; without `|`, the code fence that follows at once
//   @bash COMMAND               runs a command; Codex goes on without it after half a minute
//   @tool NAME|{json}           calls a tool; one of an MCP server is `mcp__SERVER__NAME` for every agent
//   @say TEXT                   says something, which ends the agent's turn
//   @sleep MS                   waits before the next step
//   @error STATUS [xN][|SECONDS]  fails before the next step, N times or for ever; with `retry-after`
//   @drop [xN]                  ends the connection instead of answering, N times or for ever
//   @usage INPUT|OUTPUT         tokens that the answers from here on report
//   @reset UNIX | +SECONDS      when the limit ends that the errors from here on are about
//
// The first four are steps, one turn of the model each. After the last one the model says `Done.`
import { fail, ok, type Result, unreachable } from '../../core/failure.ts';
import { type JsonObject, parseObject } from './json.ts';

/** One turn of the model: it says something or calls a tool. */
export type Step =
  | { readonly op: 'write'; readonly path: string; readonly text: string }
  | { readonly op: 'bash'; readonly command: string }
  | { readonly op: 'tool'; readonly name: string; readonly input: JsonObject }
  | { readonly op: 'say'; readonly text: string };

/** What stands in the way of the step that follows it; `times` null means every time. */
export type Hurdle =
  | { readonly op: 'sleep'; readonly ms: number }
  | {
      readonly op: 'error';
      readonly status: number;
      readonly times: number | null;
      readonly retryAfterSeconds: number | null;
    }
  | { readonly op: 'drop'; readonly times: number | null };

/** What the answers from here on say beside their content. */
type Setting =
  | { readonly op: 'usage'; readonly input: number; readonly output: number }
  | { readonly op: 'reset'; readonly seconds: number; readonly from: 'epoch' | 'now' };

/** One line of a script. */
export type Directive = Step | Hurdle | Setting;

/** Tokens that an answer reports. */
export interface Usage {
  readonly input: number;
  readonly output: number;
}

/** When a limit is said to end: Unix seconds, or seconds from now. */
export type Reset = Extract<Setting, { op: 'reset' }>;

/** What a request is due; `step` is null after the last one. */
export interface Due {
  /** What comes before the step, with its place in the script. */
  readonly hurdles: readonly { readonly at: number; readonly hurdle: Hurdle }[];
  readonly step: Step | null;
  readonly usage: Usage;
  readonly reset: Reset | null;
}

const MAX_SLEEP_MS = 600_000;
const DEFAULT_USAGE: Usage = { input: 1000, output: 50 };

const LINE = /^@(write|bash|say|sleep|error|drop|tool|usage|reset)(?: (.*))?$/;
const FENCE = /^ {0,3}(`{3,}|~{3,})(.*)$/;

/** Tells whether a text has a line that is a directive, a wrong one included. */
export function hasDirectives(text: string): boolean {
  return findLines(text).length > 0;
}

/** Reads the directives of a text in order; fails on the first one that is wrong. */
export function parseDirectives(text: string): Result<readonly Directive[]> {
  const directives: Directive[] = [];
  for (const found of findLines(text)) {
    const directive = parseDirective(found);
    if (typeof directive === 'string') {
      return fail({ kind: 'usage', sentence: `The script's line \`${found.line}\` is wrong: ${directive}.` });
    }
    directives.push(directive);
  }
  return ok(directives);
}

/** Finds what is due when the model has had `turns` turns since the script. */
export function findDue(script: readonly Directive[], turns: number): Due {
  const hurdles: { at: number; hurdle: Hurdle }[] = [];
  let usage = DEFAULT_USAGE;
  let reset: Reset | null = null;
  let past = 0;
  for (const [at, directive] of script.entries()) {
    switch (directive.op) {
      case 'sleep':
      case 'error':
      case 'drop':
        if (past === turns) hurdles.push({ at, hurdle: directive });
        break;
      case 'usage':
        usage = { input: directive.input, output: directive.output };
        break;
      case 'reset':
        reset = directive;
        break;
      case 'write':
      case 'bash':
      case 'tool':
      case 'say':
        if (past === turns) return { hurdles, step: directive, usage, reset };
        past += 1;
        break;
      default:
        unreachable(directive);
    }
  }
  // after more turns than there are steps, what stands after the last step has been got over
  return { hurdles: past === turns ? hurdles : [], step: null, usage, reset };
}

interface Line {
  readonly line: string;
  readonly op: Directive['op'];
  readonly argument: string;
  /** Lines of the code fence that follows at once. */
  readonly block: string[];
}

/** The lines that are directives; what stands in a code fence is a quotation, or what a directive before it takes. */
function findLines(text: string): readonly Line[] {
  const found: Line[] = [];
  let fence: string | null = null;
  let before: Line | null = null;
  for (const line of text.split(/\r?\n/)) {
    const [, marks = '', info = ''] = FENCE.exec(line) ?? [];
    if (fence !== null) {
      if (!marks.startsWith(fence) || info.trim() !== '') {
        before?.block.push(line);
        continue;
      }
      fence = null;
    } else if (marks !== '') {
      fence = marks;
      continue;
    }
    const [, op, argument = ''] = LINE.exec(line) ?? [];
    before = op === undefined ? null : { line, op: op as Directive['op'], argument, block: [] };
    if (before !== null) found.push(before);
  }
  return found;
}

/** A directive, or what its argument has to be. */
function parseDirective({ op, argument, block }: Line): Directive | string {
  switch (op) {
    case 'write': {
      const { head, tail } = halve(argument);
      if (head === '') return 'it takes PATH|TEXT';
      return { op, path: head, text: `${tail === null ? block.join('\n') : breakLines(tail)}\n` };
    }
    case 'bash':
      return argument === '' ? 'it takes a command' : { op, command: breakLines(argument) };
    case 'say':
      return { op, text: breakLines(argument) };
    case 'tool': {
      const { head, tail } = halve(argument);
      const input = parseObject(tail ?? '{}');
      return head === '' || input === null ? 'it takes NAME|{json}' : { op, name: head, input };
    }
    case 'sleep': {
      const ms = Number(argument);
      const fits = /^\d+$/.test(argument) && ms <= MAX_SLEEP_MS;
      return fits ? { op, ms } : `it takes milliseconds, up to ${MAX_SLEEP_MS}`;
    }
    case 'error':
      return parseError(argument);
    case 'drop': {
      const match = /^(?:x(\d+))?$/.exec(argument);
      return match === null ? 'it takes nothing, or xTIMES' : { op, times: count(match[1]) };
    }
    case 'usage': {
      const [, input, output] = /^(\d+)\|(\d+)$/.exec(argument) ?? [];
      if (input === undefined || output === undefined) return 'it takes INPUT|OUTPUT';
      return { op, input: Number(input), output: Number(output) };
    }
    case 'reset': {
      const [, sign, seconds] = /^(\+?)(\d+)$/.exec(argument) ?? [];
      if (seconds === undefined) return 'it takes Unix seconds, or +SECONDS from now';
      return { op, seconds: Number(seconds), from: sign === '+' ? 'now' : 'epoch' };
    }
    default:
      return unreachable(op);
  }
}

function parseError(argument: string): Directive | string {
  const [, status, times, retryAfter] = /^([45]\d\d)(?: x(\d+))?(?:\|(\d+))?$/.exec(argument) ?? [];
  if (status === undefined) return 'it takes STATUS [xTIMES][|RETRY-AFTER SECONDS]';
  return { op: 'error', status: Number(status), times: count(times), retryAfterSeconds: count(retryAfter) };
}

function count(digits: string | undefined): number | null {
  return digits === undefined ? null : Number(digits);
}

function halve(argument: string): { readonly head: string; readonly tail: string | null } {
  const at = argument.indexOf('|');
  return at < 0
    ? { head: argument, tail: null }
    : { head: argument.slice(0, at), tail: argument.slice(at + 1) };
}

/** `\n` is a line break, `\\n` the two characters. */
function breakLines(argument: string): string {
  return argument.replace(/\\?\\n/g, (found) => (found === '\\n' ? '\n' : '\\n'));
}
