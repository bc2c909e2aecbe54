// Reads the items of a checklist in markdown, under their headings. Knows nothing of tasks' order or of ids.
import { type Line, readLines } from './markdown.ts';

/** One item with a box, and what is written below it. */
export interface Item {
  readonly line: Line;
  /** What is in the box. */
  readonly mark: string;
  /** Offset of the mark in the whole text. */
  readonly markAt: number;
  /** Text behind the box. */
  readonly text: string;
  /** Lines below it that belong to it, moved to the left. */
  readonly below: readonly Line[];
  /** Number of its group. */
  readonly group: number;
}

/** Items under one heading. */
export interface Group {
  /** Null: they come before any heading. */
  readonly heading: string | null;
}

/** A checklist as read. */
export interface Checklist {
  readonly groups: readonly Group[];
  readonly items: readonly Item[];
}

const ITEM = /^(\s*)(?:[-*+]|\d{1,6}[.)])\s+\[([ xX~!-])\]\s+(\S.*)$/;

/** Reads a checklist; boxes that are indented below an item belong to it. */
export function readChecklist(text: string): Checklist {
  const groups: Group[] = [{ heading: null }];
  const items: Item[] = [];
  let below: Line[] = [];
  let indent: number | null = null;
  for (const line of readLines(text)) {
    if (line.heading !== null) {
      groups.push({ heading: line.heading.text });
      indent = null;
      continue;
    }
    const found = line.isCode ? null : ITEM.exec(line.text);
    const depth = measureIndent(line.text);
    if (found !== null && (indent === null || depth <= indent)) {
      const [, space = '', mark = ' ', words = ''] = found;
      const markAt = line.start + line.text.indexOf('[', space.length) + 1;
      below = [];
      items.push({ line, mark, markAt, text: words.trim(), below, group: groups.length - 1 });
      indent = depth;
    } else if (indent !== null && line.text.trim() !== '') {
      // a paragraph that stands further to the left than what is in the item ends it
      if (depth <= indent && !line.isCode) indent = null;
      else below.push(line);
    }
  }
  return { groups, items };
}

/** The lines below an item, moved to the left together. */
export function dedent(lines: readonly Line[]): string {
  const least = Math.min(...lines.map(({ text }) => text.length - text.trimStart().length));
  return lines.map(({ text }) => text.slice(least)).join('\n');
}

function measureIndent(text: string): number {
  const space = /^[ \t]*/.exec(text)?.[0] ?? '';
  return space.replaceAll('\t', '    ').length;
}
