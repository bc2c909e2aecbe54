// Claims as text: normalises them, refuses what cannot be a claim, and compiles them. Knows nothing of disks or owners.
import { type Failure, fail, ok, type Result } from '../failure.ts';
import { assembleProgram, type Program } from './program.ts';

/** Is a claim ready to be matched and compared; made once and kept by whoever asks often. */
export interface Pattern {
  /** Is the normalised text, as shown to people. */
  readonly text: string;
  /** Holds the leading segments without any wildcard; every path that matches starts with them. */
  readonly head: readonly string[];
  /** Says that the pattern is its head and nothing else, or its head and all below; most claims are one or the other. */
  readonly shape: 'path' | 'tree' | 'glob';
  /** Says that letter case does not count; patterns that are compared must agree on it. */
  readonly foldCase: boolean;
  /** Is what `programOf` has assembled. */
  program: Program | null;
}

/** Tells how a claim is to be read. */
export interface ClaimOptions {
  /** Says what is on disk at a path relative to the repository, as far as the caller knows. */
  readonly kindOf?: (path: string) => 'file' | 'directory' | undefined;
  /** Treats `README.md` and `readme.md` as one path, as repositories with `core.ignorecase` do. */
  readonly foldCase?: boolean;
}

/** Bounds the length of one claim, in UTF-16 code units. */
export const MAX_CLAIM_LENGTH = 1024;

/** Normalises and compiles one claim; fails as `normalizeClaim` does. */
export function parseClaim(text: string, options: ClaimOptions = {}): Result<Pattern> {
  const normal = normalizeClaim(text, options);
  return normal.ok ? ok(compilePattern(normal.value, options)) : normal;
}

/**
 * Brings a claim into its one written form: relative, `/` between segments, no `.` segments, NFC. A directory becomes
 * `directory/**`, which also matches `directory` itself. A path without wildcards is a directory or a file as `kindOf`
 * says; unknown to it, a name with an extension (`auth.ts`) is that file and any other becomes `name/**`, which covers
 * both. Fails with kind `usage` on empty, overlong, absolute, escaping or excluding claims.
 */
export function normalizeClaim(text: string, options: Pick<ClaimOptions, 'kindOf'> = {}): Result<string> {
  if (text.length > MAX_CLAIM_LENGTH) {
    return refuse(text, `is longer than ${MAX_CLAIM_LENGTH} characters`, 'Split it into several claims.');
  }
  const slashed = text.normalize('NFC').trim().replaceAll('\\', '/');
  const problem = findProblem(slashed);
  if (problem !== null) return refuse(text, problem.sentence, problem.hint);

  const segments = slashed.split('/').filter((segment) => segment !== '' && segment !== '.');
  if (segments.length === 0) return ok('**');
  if (HIDDEN_DOT_SEGMENT.test(segments.join('/'))) {
    return refuse(text, 'has a . or .. segment', `Write it from the root of the repository. ${EXAMPLE}`);
  }
  const whole = segments.join('/');
  const last = segments.at(-1) as string;
  if (slashed.endsWith('/') || slashed.endsWith('/.') || (isBare(whole) && !isFile(whole, last, options))) {
    segments.push('**');
  }
  return ok(collapseStars(segments).join('/'));
}

/** Compiles a normalised claim; text that `normalizeClaim` would change or refuse is taken literally. */
export function compilePattern(text: string, options: Pick<ClaimOptions, 'foldCase'> = {}): Pattern {
  const foldCase = options.foldCase === true;
  const folded = foldCase ? text.toLowerCase() : text;
  const segments = folded.split('/');
  const wild = segments.findIndex((segment) => WILDCARD.test(segment));
  return {
    text,
    head: wild < 0 ? segments : segments.slice(0, wild),
    shape: shapeOf(segments, wild),
    foldCase,
    program: null,
  };
}

function shapeOf(segments: readonly string[], wild: number): Pattern['shape'] {
  // no path has such segments, so a head with one is not reached by going down
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..')) return 'glob';
  if (wild < 0) return 'path';
  return wild === segments.length - 1 && segments[wild] === '**' ? 'tree' : 'glob';
}

/** Gives what matches and compares a pattern, assembled when it is asked for first: its head often says enough. */
export function programOf(pattern: Pattern): Program {
  pattern.program ??= assembleProgram(pattern.foldCase ? pattern.text.toLowerCase() : pattern.text, {
    filled: false,
  });
  return pattern.program;
}

/**
 * Says what keeps a text from being a pattern that changed files are compared with, as the rest of a sentence; null:
 * nothing. Stricter than a claim, which may name a file with a bracket in it: here an open bracket is a mistake.
 */
export function findPatternProblem(
  text: string,
): { readonly sentence: string; readonly hint: string } | null {
  if (text.length > MAX_CLAIM_LENGTH) {
    return { sentence: `is longer than ${MAX_CLAIM_LENGTH} characters`, hint: 'Split it into several.' };
  }
  const slashed = text.normalize('NFC').trim().replaceAll('\\', '/');
  const problem = findProblem(slashed);
  if (problem !== null) return problem;
  if (HIDDEN_DOT_SEGMENT.test(slashed.replace(/^(?:\.\/)+/, ''))) {
    return {
      sentence: 'has a . or .. segment',
      hint: `Write it from the root of the repository. ${EXAMPLE}`,
    };
  }
  const open = findOpenBracket(slashed);
  return open === null
    ? null
    : { sentence: `has a ${open} that is not closed`, hint: `Close it with ${CLOSING[open]}.` };
}

const CLOSING: Readonly<Record<string, string>> = { '[': ']', '{': '}', '(': ')' };

function findOpenBracket(text: string): string | null {
  const open: string[] = [];
  for (const letter of text) {
    const last = open.at(-1);
    if (last !== undefined && letter === CLOSING[last]) open.pop();
    // within a set other brackets are letters like any other
    else if (last !== '[' && letter in CLOSING) open.push(letter);
  }
  return open.at(-1) ?? null;
}

const EXAMPLE = 'For example: src/api/**';
const WILDCARD = /[*?[{(]/;
const ABSOLUTE = /^(?:\/|~(?:\/|$)|[A-Za-z]:)/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f]/;
const PARENT = /(?:^|\/)\.\.(?:\/|$)/;
// Dot segments that only come into being inside braces, such as {..,a}/b.
const HIDDEN_DOT_SEGMENT = /(?:^|[/{,(|])\.\.?(?:$|[/},)|])/;
const ROUTE_PARAMETER = /^\[{1,2}(?:\.\.\.)?\w{2,}(?:-\w+)*\]{1,2}$/;
const EXTENSION = /[^/]\.[A-Za-z][A-Za-z0-9]*$/;

function findProblem(text: string): { sentence: string; hint: string } | null {
  if (text === '') return { sentence: 'is empty', hint: EXAMPLE };
  if (CONTROL.test(text)) {
    return {
      sentence: 'contains a control character',
      hint: 'Write one claim per entry, without line breaks.',
    };
  }
  if (text.startsWith('!') && !text.startsWith('!(')) {
    return { sentence: 'excludes paths', hint: 'Claims only add paths: list those the task may change.' };
  }
  if (ABSOLUTE.test(text)) {
    return { sentence: 'is an absolute path', hint: `Write it from the root of the repository. ${EXAMPLE}` };
  }
  if (PARENT.test(text)) {
    return {
      sentence: 'leaves its directory with ..',
      hint: `Write it from the root of the repository. ${EXAMPLE}`,
    };
  }
  return null;
}

function refuse(
  text: string,
  problem: string,
  hint: string,
): { readonly ok: false; readonly failure: Failure } {
  const shown = JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
  return fail({ kind: 'usage', sentence: `Claim ${shown} ${problem}.`, hint });
}

/** Tells whether a claim only names paths: braces list names, and `[id]` is a name where routes are files. */
function isBare(text: string): boolean {
  if (/[*?]|[@+!]\(/.test(text)) return false;
  return text.split('/').every((segment) => !segment.includes('[') || ROUTE_PARAMETER.test(segment));
}

function isFile(whole: string, last: string, { kindOf }: Pick<ClaimOptions, 'kindOf'>): boolean {
  const kind = kindOf?.(whole);
  if (kind !== undefined) return kind === 'file';
  if (!last.endsWith('}')) return EXTENSION.test(last);
  const open = last.lastIndexOf('{');
  const names = last.slice(open + 1, -1).split(',');
  return names.every((name) => EXTENSION.test(last.slice(0, Math.max(open, 0)) + name));
}

function collapseStars(segments: readonly string[]): string[] {
  return segments
    .map((segment) => (/^\*{2,}$/.test(segment) ? '**' : segment))
    .filter((segment, at, all) => segment !== '**' || all[at - 1] !== '**');
}
