// Ten thousand issues become a plan, each issue being looked at a bounded number of times. What it takes in time is measured by
// `npm run bench -- issues`.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createBeadsSource } from '../../../../src/adapters/source/beads/beads-source.ts';
import { readIssues } from '../../../../src/adapters/source/beads/issue.ts';
import { drawPicture } from '../../../../src/adapters/source/beads/picture.ts';
import { DEFAULT_POLICY, type Task } from '../../../../src/core/model.ts';
import { compilePlan } from '../../../../src/core/plan/compile.ts';
import type { TaskDraft } from '../../../../src/core/plan/draft.ts';
import { ALL, depends, type Row, row } from './stage.ts';

const MANY = 10_000;
const EPIC = 100;

/** Epics that wait for the one before, each with tasks that wait for the one before; every tenth epic is closed. */
function makeRows(count: number): readonly Row[] {
  return Array.from({ length: count }, (_, at) => {
    const [place, epic] = [at % EPIC, at - (at % EPIC)];
    const status = (epic / EPIC) % 10 === 9 ? 'closed' : 'open';
    if (place === 0) {
      const on = at === 0 ? [] : [depends(`t-${at}`, `t-${at - EPIC}`)];
      return row(`t-${at}`, { issue_type: 'epic', status, dependencies: on });
    }
    const parent = depends(`t-${at}`, `t-${epic}`, 'parent-child');
    const before = place === 1 ? [] : [depends(`t-${at}`, `t-${at - 1}`)];
    return row(`t-${at}`, {
      status,
      dependencies: [parent, ...before],
      description: 'Some text. '.repeat(50),
    });
  });
}

function compile(drafts: readonly TaskDraft[]): readonly Task[] {
  const compiled = compilePlan(drafts, { policy: DEFAULT_POLICY });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.failure.diagnostics[0]));
  return compiled.value.tasks;
}

test('the records of ten thousand issues become a plan with all of their edges', async () => {
  const root = mkdtempSync(join(tmpdir(), 'weft-many-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const beadsDir = join(root, '.beads');
  const path = join(beadsDir, 'issues.jsonl');
  mkdirSync(beadsDir);
  writeFileSync(
    path,
    makeRows(MANY)
      .map((one) => `${JSON.stringify(one)}\n`)
      .join(''),
  );
  const found = { kind: 'records', path, beadsDir, why: 'There is no bd.', hint: 'bd init' } as const;
  const loaded = await createBeadsSource({ repository: root, spec: ALL, run: 'r1', found }).load();
  expect(loaded.diagnostics).toEqual([]);
  const tasks = compile(loaded.drafts);
  // a tenth of the epics is closed; epics are no tasks
  expect(tasks).toHaveLength(90 * (EPIC - 1));
  expect([...(loaded.standings ?? [])].filter(([, { kind }]) => kind === 'done')).toHaveLength(
    10 * (EPIC - 1),
  );
  const edges = new Map(
    tasks.map(({ id, edges: own }) => [id as string, own.map(({ task }) => task as string)]),
  );
  // the first of the first epic waits for nobody, the second for the first
  expect([edges.get('t-1'), edges.get('t-2')]).toEqual([[], ['t-1']]);
  // whoever is in an epic waits for all that is open in the epic before: more than are drawn as edges
  expect(edges.get('t-102')).toEqual(['t-101']);
  expect(loaded.standings?.get('t-102')).toEqual({
    kind: 'held',
    why: 'for the many open parts of t-0',
  });
  // what came after a closed epic waits for none of it
  expect([edges.get('t-1001'), loaded.standings?.get('t-1001')]).toEqual([[], undefined]);
  const count = [...edges.values()].reduce((sum, { length }) => sum + length, 0);
  expect(count).toBe(90 * (EPIC - 2));
});

/** Counts how often something of the objects is read. */
function watch<T extends object>(
  objects: readonly T[],
): { readonly seen: readonly T[]; readonly reads: () => number } {
  let reads = 0;
  const seen = objects.map(
    (object) =>
      new Proxy(object, {
        get: (target, name) => {
          reads += 1;
          return Reflect.get(target, name);
        },
      }),
  );
  return { seen, reads: () => reads };
}

/** How often issues, and then drafts, are read until there is a plan, per issue. */
function countReads(count: number): readonly number[] {
  const issues = watch(readIssues(makeRows(count)));
  const { drafts } = drawPicture({
    ...{ issues: issues.seen, spec: ALL, actor: 'weft-r1', run: 'r1', ready: null, now: 0 },
  });
  const watched = watch(drafts);
  compile(watched.seen);
  return [issues.reads() / count, watched.reads() / count];
}

test('ten times as many issues are ten times as much to do, and no more', () => {
  const [few, many] = [countReads(MANY / 10), countReads(MANY)];
  for (const [at, reads] of many.entries()) expect(reads).toBeLessThan((few[at] ?? 0) * 1.1);
  // a loop over all within a loop over all would read each thousands of times
  expect(Math.max(...many)).toBeLessThan(200);
});
