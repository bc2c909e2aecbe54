// Holds the fault table of docs/reliability.md to the marks in the titles of tests.
import { describe, expect, it } from 'vitest';
import {
  drawTable,
  findMarks,
  mayHoldMarks,
  placeTable,
  readTable,
  sumUp,
  withoutResults,
} from './fault-table.ts';
import { FAULTS } from './faults.ts';
import { listPaths, readFiles } from './repository.ts';

const tests = readFiles(listPaths().filter(mayHoldMarks));
const marks = findMarks(tests);
const table = readTable(readFiles(['docs/reliability.md'])[0]?.text ?? '');

describe('the fault table', () => {
  it('has a test for each row', () => {
    expect(FAULTS.filter(({ id }) => !marks.has(id)).map(({ id }) => id)).toEqual([]);
  });

  it('has a row for each mark, and each mark ends a title', () => {
    const known = new Set(FAULTS.map(({ id }) => id));
    expect([...marks.keys()].filter((id) => !known.has(id))).toEqual([]);
    const written = tests.flatMap(({ text }) => text.match(/\[F\d+\]/g) ?? []);
    const read = tests.flatMap(({ text }) => text.match(/(?: \[F\d+\])+(?=['"`])/g) ?? []);
    expect(read.flatMap((group) => group.match(/\[F\d+\]/g) ?? [])).toHaveLength(written.length);
  });

  it('is what scripts/generate-fault-table.mjs writes', () => {
    expect(withoutResults(table)).toBe(withoutResults(drawTable(FAULTS, { marks, results: [] })));
  });

  it('tells of a run in which nothing failed', () => {
    const results = table
      .split('\n')
      .slice(2)
      .map((row) => row.split(' | ').at(-1));
    expect(results).toHaveLength(FAULTS.length);
    for (const result of results) expect(result).toMatch(/^(?:passed|not tested here: (?!there is no test))/);
  });
});

describe('drawing it', () => {
  it('finds marks at the end of titles alone', () => {
    const files = [
      { path: 'test/b.test.ts', text: "test('one [F1] [F2]', one);\ntest(`two [F1]`, two);" },
      { path: 'test/a.ts', text: "it('three [F1]', three); // not [F3]" },
    ];
    expect([...findMarks(files)]).toEqual([
      ['F1', ['test/a.ts', 'test/b.test.ts']],
      ['F2', ['test/b.test.ts']],
    ]);
  });

  const [passed, failed] = (['passed', 'failed'] as const).map((state) => ({ title: '', state, note: null }));
  const skipped = (note: string | null) => ({ title: '', state: 'skipped' as const, note });
  it.each([
    [[passed, passed], 'passed'],
    [[passed, failed], '**failed**'],
    [[passed, skipped('no tmpfs')], 'passed, but 1 skipped: no tmpfs'],
    [[skipped('no tmpfs'), skipped(null)], 'not tested here: no tmpfs; not possible on this machine'],
    [[], 'not tested here: there is no test'],
  ])('sums results up: %#', (results, expected) => {
    expect(sumUp(results.flatMap((result) => result ?? []))).toBe(expected);
  });

  it('replaces the table and nothing else', () => {
    const empty = 'a\n<!-- begin of the generated table -->\nold\n<!-- end of the generated table -->\nb\n';
    const full = placeTable(empty, 'new');
    expect(full).toBe(empty.replace('old', 'new'));
    expect(readTable(full)).toBe('new');
    expect(() => placeTable('nowhere', 'new')).toThrow('no place');
  });
});
