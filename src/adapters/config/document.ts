// Reads YAML and JSON texts into plain values and finds where a value stands. Knows nothing of what the values mean.
import { CORE_SCHEMA, load, parseEvents, YAMLException } from 'js-yaml';
import { fail, ok, type Result } from '../../core/failure.ts';
import type { Diagnostic, Position } from '../../core/plan/diagnostic.ts';
import { explainSyntax } from './syntax.ts';
import { buildTree, findNode, type Tree } from './tree.ts';

/** A text and the values in it. */
export interface Document {
  /** Name used in positions. */
  readonly file: string;
  /** The whole file. */
  readonly text: string;
  /** The part of the text that was read, as offsets. */
  readonly span: Span;
  /** null: there is nothing in it. */
  readonly value: unknown;
  /** Made when the first position is asked for. */
  tree: Tree | null;
}

/** A part of a text, as offsets; the end is behind it. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Leads from the top of a document to a value. */
export type Path = readonly (string | number)[];

/** Bounds how deep values are nested. */
export const MAX_DEPTH = 50;
/** Bounds the values of a document after its aliases are followed. */
export const MAX_VALUES = 2_000_000;

/**
 * Reads a YAML or JSON text, or the part of it between two offsets. Fails with the first mistake and its place: bad
 * syntax, keys written twice, nesting beyond `MAX_DEPTH`, aliases that multiply beyond `MAX_VALUES`.
 */
export function readDocument(source: {
  readonly file: string;
  readonly text: string;
  readonly span?: Span;
}): Result<Document, Diagnostic> {
  const { file, text, span = { start: 0, end: text.length } } = source;
  const part = text.slice(span.start, span.end);
  const json = readJson(part);
  if (json !== undefined) return ok({ file, text, span, value: json, tree: null });
  try {
    const value = load(part, { schema: CORE_SCHEMA, maxDepth: MAX_DEPTH });
    if (isBounded(value)) return ok({ file, text, span, value, tree: null });
    return fail(describeAliases({ file, text, span }));
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    if (error.reason.startsWith('expected a document'))
      return ok({ file, text, span, value: null, tree: null });
    const offset = error.mark?.position;
    const problem = explainSyntax({ reason: error.reason, text: part, offset: offset ?? 0 });
    const position =
      offset === undefined
        ? null
        : positionAt({ file, text }, { start: span.start + problem.start, end: span.start + problem.end });
    return fail({
      position,
      sentence: problem.sentence,
      ...(problem.fix === undefined ? {} : { fix: problem.fix }),
    });
  }
}

/**
 * Finds the place of a value, or of the key it has; of what is not there, the place of what should hold it. The whole
 * text is read a second time when the first place is asked for.
 */
export function locate(document: Document, path: Path, what: 'value' | 'key' = 'value'): Position {
  const { text, span } = document;
  document.tree ??= buildTree(text.slice(span.start, span.end), MAX_DEPTH);
  const { start, end } = findNode(document.tree, path, what);
  return positionAt(document, { start: span.start + start, end: span.start + end });
}

/** Turns offsets into a place; of a mark over several lines only the first one counts. */
export function positionAt({ file, text }: { file: string; text: string }, { start, end }: Span): Position {
  let line = 1;
  let lineStart = 0;
  const breaks = /\r\n|\n|\r/g;
  for (let found = breaks.exec(text); found !== null && found.index < start; found = breaks.exec(text)) {
    line += 1;
    lineStart = found.index + found[0].length;
  }
  const marked = text.slice(start, Math.min(end, start + 1000)).split(/[\r\n]/, 1)[0] ?? '';
  return {
    file,
    line,
    column: Math.max(0, start - lineStart) + 1,
    length: Math.max(1, marked.trimEnd().length),
  };
}

/** Reads text that is JSON and could not be read differently as YAML; undefined when it is not. */
function readJson(text: string): unknown {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    // JSON lets the last of two equal keys win in silence: then it is left to the YAML reader, which names them.
    return isBounded(value) && countKeys(value) === countWrittenKeys(text) ? value : undefined;
  } catch {
    return undefined;
  }
}

function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const children = Object.values(value);
  let count = Array.isArray(value) ? 0 : children.length;
  for (const child of children) count += countKeys(child);
  return count;
}

/** Counts the strings before a colon in text that is known to be JSON. */
function countWrittenKeys(text: string): number {
  let count = 0;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) {
    at += 1;
    while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
    let next = at + 1;
    while (/\s/.test(text[next] ?? '')) next += 1;
    if (text[next] === ':') count += 1;
  }
  return count;
}

/** Tells whether values stay within depth and number when every alias is followed. */
function isBounded(value: unknown): boolean {
  let layer: unknown[] = [value];
  let count = 0;
  for (let depth = 0; layer.length > 0; depth += 1) {
    count += layer.length;
    if (depth > MAX_DEPTH || count > MAX_VALUES) return false;
    const next: unknown[] = [];
    for (const one of layer) {
      if (typeof one !== 'object' || one === null) continue;
      for (const child of Object.values(one)) next.push(child);
      if (next.length > MAX_VALUES) return false;
    }
    layer = next;
  }
  return true;
}

function describeAliases({ file, text, span }: Pick<Document, 'file' | 'text' | 'span'>): Diagnostic {
  const part = text.slice(span.start, span.end);
  const alias = parseEvents(part, { maxDepth: MAX_DEPTH }).find((event) => event.type === 5);
  const start = alias?.type === 5 ? alias.anchorStart - 1 : 0;
  const end = alias?.type === 5 ? alias.anchorEnd : 0;
  return {
    position: positionAt({ file, text }, { start: span.start + start, end: span.start + end }),
    sentence: 'The aliases in this file contain themselves or multiply without bounds.',
    fix: 'Write the values out instead of using * and &.',
  };
}
