// Draws the fault table of the documents from its rows, the marks in the tests and the results of a run. Runs nothing.
import type { Fault } from './faults.ts';
import type { TextFile } from './source.ts';

/** How one marked test ended; `note` says why it was skipped. */
export interface MarkedResult {
  readonly title: string;
  readonly state: 'passed' | 'failed' | 'skipped';
  readonly note: string | null;
}

const BEGIN = '<!-- begin of the generated table -->';
const END = '<!-- end of the generated table -->';
const MARKS_OF_TITLE = /((?: \[F\d+\])+)(?=['"`])/g;

/** Tells whether a file of the repository may have tests of faults. */
export function mayHoldMarks(path: string): boolean {
  return path.startsWith('test/') && path.endsWith('.ts') && !path.startsWith('test/tidy');
}

/** Files of tests by the marks at the end of their titles, sorted. */
export function findMarks(files: readonly TextFile[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, Set<string>>();
  for (const { path, text } of files) {
    for (const [, marks = ''] of text.matchAll(MARKS_OF_TITLE)) {
      for (const id of marks.match(/F\d+/g) ?? []) found.set(id, (found.get(id) ?? new Set()).add(path));
    }
  }
  return new Map([...found].map(([id, paths]) => [id, [...paths].sort()]));
}

/** Draws the table, a line for each row. */
export function drawTable(
  faults: readonly Fault[],
  of: { readonly marks: ReadonlyMap<string, readonly string[]>; readonly results: readonly MarkedResult[] },
): string {
  const rows = faults.map((fault) => {
    const tests = (of.marks.get(fault.id) ?? []).map(linkTest).join(', ');
    const result = sumUp(of.results.filter(({ title }) => title.includes(`[${fault.id}]`)));
    return `| ${fault.id} | ${fault.fault} | ${fault.answer} | ${tests} | ${result} |`;
  });
  return ['| | Fault | What weft does | Tests | Result |', '|---|---|---|---|---|', ...rows].join('\n');
}

/** One word for the tests of a row, and why any of them could not be run. */
export function sumUp(results: readonly MarkedResult[]): string {
  if (results.some(({ state }) => state === 'failed')) return '**failed**';
  const skipped = results.filter(({ state }) => state === 'skipped');
  const why = [...new Set(skipped.map(({ note }) => note ?? 'not possible on this machine'))].join('; ');
  if (skipped.length === results.length) return `not tested here: ${why || 'there is no test'}`;
  return skipped.length === 0 ? 'passed' : `passed, but ${skipped.length} skipped: ${why}`;
}

/** Puts the table into a document that has the place for it. */
export function placeTable(document: string, table: string): string {
  const { before, after } = cutDocument(document);
  return `${before}${BEGIN}\n${table}\n${END}${after}`;
}

/** The table of a document. */
export function readTable(document: string): string {
  return cutDocument(document).table;
}

/** A table without the last column, which is of one machine and one day. */
export function withoutResults(table: string): string {
  return table.replaceAll(/ [^|]* \|$/gm, '');
}

function cutDocument(document: string): {
  readonly before: string;
  readonly table: string;
  readonly after: string;
} {
  const from = document.indexOf(BEGIN);
  const to = document.indexOf(END);
  if (from < 0 || to < from) throw new Error('the document has no place for the table');
  const table = document.slice(from + BEGIN.length, to).trim();
  return { before: document.slice(0, from), table, after: document.slice(to + END.length) };
}

function linkTest(path: string): string {
  return `[${path.replace(/^test\//, '').replace(/(?:\.test)?\.ts$/, '')}](../${path})`;
}
