// Finds the epics of a plan folder and their task files, in the order people gave them. Reads plans' tables, not tasks.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Standing } from '../../../core/source.ts';
import { readTextFile } from '../../config/text-file.ts';
import { readLines, readRow, stripMarks } from './markdown.ts';
import { readMark, readStatus } from './plan-state.ts';

/** One epic of a plan folder. */
export interface Epic {
  /** Name of its folder. */
  readonly name: string;
  /** What its plan calls it. */
  readonly title: string;
  /** Path of the folder, relative to the repository. */
  readonly path: string;
  /** Text of its PLAN.md; empty: there is none. */
  readonly plan: string;
  readonly files: readonly EpicFile[];
  /** How tasks stand by the tables of the epic, by the number their files begin with. */
  readonly standings: ReadonlyMap<number, Standing>;
}

/** A task file. */
export interface EpicFile {
  /** Absolute. */
  readonly path: string;
  /** Relative to the repository, with `/`. */
  readonly file: string;
  /** Name without extension. */
  readonly stem: string;
  /** Number that the name begins with; null: none. */
  readonly number: number | null;
}

/** Finds the epics below a folder, or that it is one itself. `nameOf` makes a path relative to the repository. */
export function findEpics(root: string, nameOf: (path: string) => string): readonly Epic[] {
  if (basename(root) === 'tasks') return [readEpic(dirname(root), nameOf)];
  if (isFolder(join(root, 'tasks'))) return [readEpic(root, nameOf)];
  return listNames(root)
    .filter((name) => !/^[._]/.test(name) && isFolder(join(root, name, 'tasks')))
    .map((name) => readEpic(join(root, name), nameOf));
}

function readEpic(folder: string, nameOf: (path: string) => string): Epic {
  const tasks = join(folder, 'tasks');
  const plan = readText(join(folder, 'PLAN.md'));
  const heading = readLines(plan).find((line) => line.heading !== null)?.heading?.text;
  return {
    name: basename(folder),
    title:
      heading === undefined ? basename(folder) : stripMarks(heading.replace(/^(?:epic|plan)\s*:\s*/i, '')),
    path: nameOf(folder),
    plan,
    files: listNames(tasks).flatMap((name) => {
      const path = join(tasks, name);
      return isTaskFile(name) && statSync(path, { throwIfNoEntry: false })?.isFile() === true
        ? [describeFile(path, nameOf(path))]
        : [];
    }),
    standings: readTables([plan, readText(join(folder, 'README.md')), readText(join(tasks, 'README.md'))]),
  };
}

function isTaskFile(name: string): boolean {
  return /\.(?:md|markdown)$/i.test(name) && !/^(?:[._]|readme\.|plan\.|0+[_-]template)/i.test(name);
}

function describeFile(path: string, file: string): EpicFile {
  const stem = basename(path).replace(/\.[^.]+$/, '');
  const number = /^\d{1,6}(?=\D|$)/.exec(stem)?.[0];
  return { path, file, stem, number: number === undefined ? null : Number(number) };
}

/** Rows such as `| 001 | Set up | [x] Complete |` and items such as `- [x] 001: Set up`; the last one counts. */
function readTables(texts: readonly string[]): ReadonlyMap<number, Standing> {
  const standings = new Map<number, Standing>();
  for (const line of texts.flatMap(readLines)) {
    if (line.isCode) continue;
    const cells = readRow(line.text);
    const item = /^\s*[-*+]\s+\[([ xX~!-])\]\s+#?(\d{1,6})\b/.exec(line.text);
    const number = Number(item?.[2] ?? /^#?(\d{1,6})$/.exec(stripMarks(cells?.[0] ?? ''))?.[1]);
    if (!Number.isInteger(number)) continue;
    const marks = item === null ? (cells ?? []).slice(1) : [`[${item[1]}]`];
    const found = marks.map(readCell).find((standing) => standing !== undefined);
    if (found === null) standings.delete(number);
    else if (found !== undefined) standings.set(number, found);
  }
  return standings;
}

/** Undefined: the cell says nothing of how the task stands. */
function readCell(cell: string): Standing | null | undefined {
  const mark = /^\[([ xX~!-])\]/.exec(cell)?.[1];
  if (mark !== undefined) return readMark(mark);
  return /^✅/u.test(cell) ? { kind: 'done' } : (readStatus(stripMarks(cell)) ?? undefined);
}

function readText(path: string): string {
  const read = existsSync(path) ? readTextFile(path) : null;
  return read?.ok === true ? read.value : '';
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Names in a folder in the order of their numbers, then of their letters; empty when it cannot be read. */
function listNames(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort((one, other) => one.localeCompare(other, 'en', { numeric: true }));
  } catch {
    return [];
  }
}
