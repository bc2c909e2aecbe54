// Reads the markdown file of a task: frontmatter, title, body. Knows nothing of tracks or of other tasks.
import { realpathSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { fail, ok, type Result } from '../../core/failure.ts';
import type { Diagnostic } from '../../core/plan/diagnostic.ts';
import { type Document, readDocument } from '../config/document.ts';
import { checkDocument } from '../config/issue.ts';
import { readTextFile } from '../config/text-file.ts';
import { type FrontmatterInput, frontmatterSchema } from './track-schema.ts';

/** A task file as read. */
export interface TaskFile {
  /** Path relative to the repository, with `/`. */
  readonly file: string;
  readonly text: string;
  /** null: the file has no frontmatter, or a wrong one. */
  readonly document: Document | null;
  readonly frontmatter: FrontmatterInput;
  /** First heading of the body. */
  readonly heading: string | null;
  readonly body: string;
  readonly diagnostics: readonly Diagnostic[];
}

/** Why there is no such task file; the rest of a sentence that starts with its path. */
export interface TaskFileProblem {
  readonly kind: 'missing' | 'outside' | 'unreadable';
  readonly sentence: string;
}

/**
 * Finds a task file inside a repository: from its root or, failing that, from `beside`, the directory of the file that
 * names it. `repository` is a real path. Links are followed, and refused when they lead out. Gives the real path.
 */
export function findTaskFile(
  path: string,
  places: { readonly repository: string; readonly beside: string },
): Result<string, TaskFileProblem> {
  if (path.includes('\0')) return fail({ kind: 'missing', sentence: 'does not exist' });
  const slashed = path.replaceAll('\\', '/');
  let problem: TaskFileProblem = { kind: 'missing', sentence: 'does not exist' };
  for (const from of [places.repository, places.beside]) {
    const wanted = resolve(from, slashed);
    try {
      const real = realpathSync.native(wanted);
      if (isInside(places.repository, real)) return ok(real);
      problem = { kind: 'outside', sentence: 'lies outside the repository' };
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      if (code !== 'ENOENT' && code !== 'ENOTDIR')
        problem = { kind: 'unreadable', sentence: `cannot be read (${code})` };
      else if (!isInside(places.repository, wanted))
        problem = { kind: 'outside', sentence: 'lies outside the repository' };
    }
  }
  return fail(problem);
}

/** Tells whether a path is below a directory. */
export function isInside(directory: string, path: string): boolean {
  const way = relative(directory, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** Reads a task file whose path was found; what is wrong inside it is in `diagnostics`. */
export function readTaskFile(path: string, file: string): Result<TaskFile, TaskFileProblem> {
  const read = readTextFile(path);
  if (!read.ok) return fail({ kind: 'unreadable', sentence: read.failure.sentence });
  const text = read.value;
  const fence = findFrontmatter(text);
  if (fence === null) {
    return ok({ file, text, document: null, frontmatter: {}, ...readBody(text), diagnostics: [] });
  }
  if (fence === 'open') {
    const diagnostic = {
      position: { file, line: 1, column: 1, length: 3 },
      sentence: 'The frontmatter that starts here is not closed.',
      fix: 'Put a line --- behind it.',
    };
    return ok({
      file,
      text,
      document: null,
      frontmatter: {},
      heading: null,
      body: '',
      diagnostics: [diagnostic],
    });
  }
  const body = readBody(text.slice(fence.bodyStart));
  const document = readDocument({ file, text, span: fence });
  if (!document.ok) {
    return ok({ file, text, document: null, frontmatter: {}, ...body, diagnostics: [document.failure] });
  }
  if (document.value.value === null) {
    return ok({ file, text, document: null, frontmatter: {}, ...body, diagnostics: [] });
  }
  const { value, diagnostics } = checkDocument(document.value, frontmatterSchema);
  return ok({ file, text, document: document.value, frontmatter: value ?? {}, ...body, diagnostics });
}

/** Finds the lines between a first line `---` and the next one; `open` when there is no next one. */
export function findFrontmatter(
  text: string,
): { readonly start: number; readonly end: number; readonly bodyStart: number } | 'open' | null {
  const opening = /^---[ \t]*(?:\r?\n|$)/.exec(text)?.[0];
  if (opening === undefined) return null;
  const closing = /^---[ \t]*(?:\r?\n|$)/gm;
  closing.lastIndex = opening.length;
  const found = closing.exec(text);
  if (found === null) return 'open';
  return { start: opening.length, end: found.index, bodyStart: found.index + found[0].length };
}

function readBody(text: string): { readonly body: string; readonly heading: string | null } {
  return { body: text.replace(/^(?:[ \t]*\r?\n)+/, ''), heading: findHeading(text) };
}

/** Finds the first `# heading` that is not part of a code block. */
function findHeading(text: string): string | null {
  let fenced = false;
  for (const line of text.split(/\r?\n/, 1000)) {
    if (/^ {0,3}(?:```|~~~)/.test(line)) fenced = !fenced;
    const heading = fenced ? undefined : /^ {0,3}#{1,6}[ \t]+(.*?)[ \t#]*$/.exec(line)?.[1];
    if (heading) return heading.slice(0, 500);
  }
  return null;
}
