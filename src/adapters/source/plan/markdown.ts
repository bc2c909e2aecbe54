// Reads markdown as lines: which are code, headings, items of lists. Knows nothing of tasks.
import type { Position } from '../../../core/plan/diagnostic.ts';

/** One line of a markdown text. */
export interface Line {
  /** From 1. */
  readonly number: number;
  readonly text: string;
  /** Offset of its first character. */
  readonly start: number;
  /** In a block of code, or the fence around one. */
  readonly isCode: boolean;
  readonly heading: { readonly level: number; readonly text: string } | null;
}

/** Splits a text into lines and says what each is. */
export function readLines(text: string): readonly Line[] {
  const lines: Line[] = [];
  let start = 0;
  let fence: string | null = null;
  for (const [at, written] of text.split('\n').entries()) {
    const line = written.endsWith('\r') ? written.slice(0, -1) : written;
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    const isCode = fence !== null || mark !== undefined;
    if (fence === null) fence = mark ?? null;
    else if (mark?.startsWith(fence) === true) fence = null;
    lines.push({
      number: at + 1,
      text: line,
      start,
      isCode,
      heading: isCode ? null : readHeading(line),
    });
    start += written.length + 1;
  }
  return lines;
}

function readHeading(line: string): Line['heading'] {
  const found = /^ {0,3}(#{1,6})[ \t]+(.*?)[ \t#]*$/.exec(line);
  const text = found?.[2]?.trim();
  return text ? { level: found?.[1]?.length ?? 1, text: text.slice(0, 500) } : null;
}

/** Says where a part of a line is. */
export function placeIn(file: string, line: Line, part: string = line.text.trim()): Position {
  const column = Math.max(0, line.text.indexOf(part)) + 1;
  return { file, line: line.number, column, length: Math.max(1, part.length) };
}

/** Takes the marks for links, code, and heavy or light type out of a text. */
export function stripMarks(text: string): string {
  return text
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[*`]+|~~/g, '')
    .replace(/(^|\s)_+(?=\S)|(\S)_+(?=\s|$)/g, '$1$2')
    .trim();
}

/** Cells of a row of a table; null: the line is none. */
export function readRow(line: string): readonly string[] | null {
  const row = line.trim();
  if (!row.startsWith('|') || !row.endsWith('|') || row.length < 3) return null;
  return row
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim());
}
