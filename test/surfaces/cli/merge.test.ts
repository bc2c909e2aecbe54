// `weft merge`: what is drawn of each pull request, and how the command ends.
import { expect, it } from 'vitest';
import { ok } from '../../../src/core/failure.ts';
import type { MergeRow } from '../../../src/core/merge-table.ts';
import { createFakeApp, type Typed, type, viewRun } from './fake-app.ts';

function row(verdict: MergeRow['verdict'], changes: Partial<MergeRow> = {}): MergeRow {
  return { number: 7, url: null, run: 'r1', task: 'api', verdict, why: 'so it is', notes: [], ...changes };
}

function typeMerge(rows: readonly MergeRow[], line = 'merge'): Typed {
  const fake = createFakeApp(viewRun([]), {
    merge: async (_, show) => {
      for (const each of rows) show(each);
      return ok(rows);
    },
  });
  return type(line, fake);
}

it.each<[string, readonly MergeRow['verdict'][], number]>([
  ['nothing is there', [], 0],
  ['all is merged', ['merge', 'over', 'merge'], 0],
  ['something waits', ['merge', 'wait'], 3],
  ['something is in the merge queue', ['enqueue'], 3],
  ['something was sent back', ['return', 'merge'], 3],
  ['something was refused', ['wait', 'refused'], 1],
  ['a call failed', ['failed', 'return'], 1],
])('when %s', async (_, verdicts, code) => {
  expect(await typeMerge(verdicts.map((verdict) => row(verdict))).code).toBe(code);
});

it('says what stays below its row, and nothing that moves the cursor', async () => {
  const notes = ['branch \u001b[2Jx stays at the forge: it moved'];
  const rows = [row('merge', { notes, number: 12_345 }), row('failed', { task: 'a\u001b[31mb' })];
  const typed = typeMerge(rows);
  await typed.code;
  expect(typed.out().split('\n')).toEqual([
    '#12345  api                   merged           so it is',
    '       branch x stays at the forge: it moved',
    '#7     ab                    failed           so it is',
    '1 merged · 1 failed',
    '',
  ]);
});

it('passes on which tasks are meant, and that nothing is to change', async () => {
  const fake = createFakeApp(viewRun([]));
  await type("merge 'one two' three --dry-run", fake).code;
  expect(fake.asked[0]?.[1]).toEqual({ tasks: ['one', 'two', 'three'], dryRun: true });
});

it('is JSON for programs', async () => {
  const typed = typeMerge([row('wait')], 'merge --json --dry-run');
  expect(await typed.code).toBe(3);
  expect(typed.json()).toEqual({ schemaVersion: 1, dryRun: true, pulls: [row('wait')] });
});
