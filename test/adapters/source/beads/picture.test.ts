// Which issues become tasks, how they stand and what they wait for.
import { describe, expect, test } from 'vitest';
import { readIssueLines, readIssues } from '../../../../src/adapters/source/beads/issue.ts';
import { type BeadsSpec, drawPicture } from '../../../../src/adapters/source/beads/picture.ts';
import type { Loaded } from '../../../../src/ports/source.ts';
import { ALL, depends, type Row, row } from './stage.ts';

const NOW = Date.parse('2026-06-01T00:00:00Z');

function draw(
  rows: readonly Row[],
  spec: Partial<BeadsSpec> = {},
  ready: readonly string[] | null = null,
): Loaded {
  return drawPicture({
    issues: readIssues(rows),
    spec: { ...ALL, ...spec },
    actor: 'weft-r1',
    run: 'r1',
    ready: ready === null ? null : new Set(ready),
    now: NOW,
  });
}

/** A line per task: what it depends on, and how it stands. */
function print({ drafts, diagnostics, standings }: Loaded): readonly string[] {
  const ids = new Set(drafts.map(({ id }) => id.value));
  return [
    ...diagnostics.map(({ sentence, fix }) => `! ${sentence} ${fix ?? ''}`),
    ...drafts.map(({ id, dependencies }) => {
      const on = dependencies.map(({ task }) => task).join(' ');
      return `${id.value}${on === '' ? '' : ` < ${on}`}${stand(standings?.get(id.value))}`;
    }),
    ...[...(standings ?? [])]
      .filter(([id]) => !ids.has(id))
      .map(([id, standing]) => `${id}${stand(standing)}`),
  ];
}

function stand(standing: { readonly kind: string; readonly why?: string } | undefined): string {
  return standing === undefined
    ? ''
    : `: ${standing.kind}${standing.why === undefined ? '' : ` ${standing.why}`}`;
}

function check(
  name: string,
  rows: readonly Row[],
  expected: readonly string[],
  spec: Partial<BeadsSpec> = {},
): void {
  test(name, () => expect(print(draw(rows, spec))).toEqual(expected));
}

const child = (id: string, parent: string, more: Readonly<Record<string, unknown>> = {}): Row =>
  row(id, { dependencies: [depends(id, parent, 'parent-child')], ...more });
const blocked = (id: string, ...on: readonly string[]): Row =>
  row(id, { dependencies: on.map((one) => depends(id, one)) });

describe('what is work', () => {
  for (const type of ['epic', 'gate', 'molecule', 'message', 'agent', 'role', 'merge-request', 'event']) {
    check(`not a ${type}`, [row('t-1', { issue_type: type }), row('t-2')], ['t-2']);
  }
  for (const key of ['ephemeral', 'pinned', 'is_template']) {
    check(`nothing that is ${key}`, [row('t-1', { [key]: true }), row('t-2')], ['t-2']);
  }
  check(
    'no issue with children',
    [row('t-1'), child('t-2', 't-1'), row('t-1.1'), row('t-3')],
    ['t-1.1', 't-2', 't-3'],
  );
  check('custom types are', [row('t-1', { issue_type: 'rework' })], ['t-1']);
  test('what was left out is said', () => {
    const { notes } = draw([
      row('t-1', { issue_type: 'epic' }),
      row('t-2', { issue_type: 'gate' }),
      row('t-3', { issue_type: 'epic' }),
    ]);
    expect(notes).toEqual(['Left out because they are no work for an agent: 2 × epic, 1 × gate.']);
  });
});

describe('of the same urgency', () => {
  const made = (id: string, at: string): Row => row(id, { created_at: at });
  const [one, two] = ['2026-01-01T00:00:01Z', '2026-01-01T00:00:02Z'];
  check(
    'what was written down first comes first, in one second by its number',
    [made('t-b', two), made('t-1.10', one), made('t-1.2', one), row('t-c', { created_at: 'never' })],
    ['t-c', 't-1.2', 't-1.10', 't-b'],
  );
});

describe('what was asked for', () => {
  const rows = [
    row('t-1', { issue_type: 'epic' }),
    child('t-2', 't-1', { issue_type: 'epic' }),
    child('t-3', 't-2', { labels: ['x', 'y'] }),
    row('t-1.1', { labels: ['x'] }),
    row('t-4', { labels: ['x'] }),
  ];
  check('what is below an epic, at any depth', rows, ['t-1.1', 't-3'], { epic: 't-1' });
  check('all labels', rows, ['t-3'], { labels: ['x', 'y'] });
  check('exactly these', rows, ['t-4', 't-3'].sort(), { issues: ['t-4', 't-3'] });
  check(
    'an epic that is not there',
    rows,
    ['! Beads has no issue "t-9". Did you mean "t-1"? `bd list` shows all.'],
    {
      epic: 't-9',
    },
  );
  check(
    'an epic without children',
    rows,
    ['! t-4 has nothing below it. Give it children: bd create "…" --parent t-4'],
    { epic: 't-4' },
  );
  check(
    'an epic as a task',
    rows,
    ['! t-1 is no task: it is of type epic. Take what is below it: --epic t-1'],
    { issues: ['t-1'] },
  );
});

describe('how it stands', () => {
  const cases: readonly [Readonly<Record<string, unknown>>, string][] = [
    [{ status: 'closed' }, ': done'],
    [{ status: 'closed', close_reason: 'Rejected by ada' }, ': dropped it was closed as "Rejected by ada"'],
    [{ status: 'in_progress', assignee: 'ada' }, ': held taken by ada'],
    [{ status: 'open', assignee: 'ada' }, ': held taken by ada'],
    [{ status: 'in_progress' }, ': held in progress in Beads, nobody says by whom'],
    [{ status: 'in_progress', assignee: 'weft-r1' }, ''],
    [{ status: 'blocked' }, ': held marked as blocked in Beads'],
    [{ status: 'blocked', assignee: 'weft-r1' }, ': held marked as blocked in Beads'],
    [{ status: 'blocked', metadata: { weft_run: 'r1', phase: 'failed' } }, ''],
    [
      { status: 'blocked', metadata: { weft_run: 'r0', phase: 'failed' } },
      ': held marked as blocked in Beads',
    ],
    [{ status: 'deferred' }, ': held put off'],
    [{ defer_until: '2026-07-01T10:00:00Z' }, ': held put off until 2026-07-01T10:00Z'],
    [{ defer_until: '2026-05-01T10:00:00Z' }, ''],
    [{ status: 'in_review' }, ': held its status in Beads is in_review'],
  ];
  for (const [more, expected] of cases) {
    test(JSON.stringify(more), () => expect(print(draw([row('t-1', more)]))).toEqual([`t-1${expected}`]));
  }
  test('a tombstone is not there', () =>
    expect(print(draw([row('t-1', { status: 'tombstone' })]))).toEqual([]));
});

describe('what it waits for', () => {
  check('what blocks it', [row('t-1'), blocked('t-2', 't-1')], ['t-1', 't-2 < t-1']);
  check(
    'what is closed blocks nothing',
    [row('t-1', { status: 'closed' }), blocked('t-2', 't-1')],
    ['t-2', 't-1: done'],
  );
  check(
    'other edges block nothing',
    [
      row('t-1'),
      row('t-2', {
        dependencies: [depends('t-2', 't-1', 'related'), depends('t-2', 't-1', 'discovered-from')],
      }),
    ],
    ['t-1', 't-2'],
  );
  check(
    'a gate is waited for by people',
    [row('t-1', { issue_type: 'gate' }), blocked('t-2', 't-1')],
    ['t-2: held for t-1, which is an open gate (`bd show t-1`)'],
  );
  check(
    'what is not part of the run',
    [row('t-1'), blocked('t-2', 't-1')],
    ['t-2: held for t-1, which is open and not part of this run (`weft run beads` takes all)'],
    { issues: ['t-2'] },
  );
  check(
    'a blocked parent holds its children',
    [
      row('t-1'),
      row('t-2', { issue_type: 'epic', dependencies: [depends('t-2', 't-1')] }),
      child('t-3', 't-2'),
    ],
    ['t-1', 't-3 < t-1'],
  );
  check(
    'an epic is done when its parts are',
    [
      row('t-1', { issue_type: 'epic' }),
      child('t-2', 't-1'),
      child('t-3', 't-1', { status: 'closed' }),
      blocked('t-4', 't-1'),
    ],
    ['t-2', 't-4 < t-2', 't-3: done'],
  );
  check(
    'an epic whose parts are all closed blocks nothing',
    [row('t-1', { issue_type: 'epic' }), child('t-3', 't-1', { status: 'closed' }), blocked('t-4', 't-1')],
    ['t-4', 't-3: done'],
  );
  check(
    'a parent that waits for one of its parts does not hold that part',
    [
      row('t-1', { issue_type: 'epic', dependencies: [depends('t-1', 't-2')] }),
      child('t-2', 't-1'),
      child('t-3', 't-1'),
    ],
    ['t-2', 't-3 < t-2'],
  );
  check(
    'its own parent',
    [
      row('t-1', { issue_type: 'epic' }),
      row('t-2', { dependencies: [depends('t-2', 't-1', 'parent-child'), depends('t-2', 't-1')] }),
    ],
    ['t-2: held for t-1, which it is itself a part of'],
  );
  check(
    'the children of a deferred parent',
    [row('t-1', { issue_type: 'epic', status: 'deferred' }), child('t-2', 't-1')],
    ['t-2: held t-1, which it is a part of, is put off'],
  );
  const conditional = row('t-2', { dependencies: [depends('t-2', 't-1', 'conditional-blocks')] });
  check(
    'only if another fails: open',
    [row('t-1'), conditional],
    ['t-1', 't-2: held it is for the case that t-1 fails, which has not been closed'],
  );
  check(
    'only if another fails: it did not',
    [row('t-1', { status: 'closed' }), conditional],
    ['t-2: held it is for the case that t-1 fails, which did not fail', 't-1: done'],
  );
  check(
    'only if another fails: it did',
    [row('t-1', { status: 'closed', close_reason: 'failed' }), conditional],
    ['t-2', 't-1: dropped it was closed as "failed"'],
  );
  const waiting = (gate: string): Row =>
    row('t-9', { dependencies: [depends('t-9', 't-1', 'waits-for', JSON.stringify({ gate }))] });
  const family = [row('t-1', { issue_type: 'epic' }), child('t-2', 't-1'), child('t-3', 't-1')];
  check('all children', [...family, waiting('all-children')], ['t-2', 't-3', 't-9 < t-2 t-3']);
  check(
    'any child, none is closed',
    [...family, waiting('any-children')],
    ['t-2', 't-3', 't-9: held for the first of the 2 children of t-1'],
  );
  check(
    'any child, one is closed',
    [...family, child('t-4', 't-1', { status: 'closed' }), waiting('any-children')],
    ['t-2', 't-3', 't-9', 't-4: done'],
  );
  check(
    'a large epic is waited for as a whole',
    [
      row('t-1', { issue_type: 'epic' }),
      ...Array.from({ length: 70 }, (_, at) =>
        child(`t-1.${at}`, 't-1', { status: at < 1 ? 'open' : 'open' }),
      ),
      blocked('t-2', 't-1'),
    ],
    [...Array.from({ length: 70 }, (_, at) => `t-1.${at}`), 't-2: held for the many open parts of t-1'],
  );
  test('what is in another database is for Beads to judge', () => {
    const rows = [blocked('t-1', 'external:other:thing')];
    expect(print(draw(rows, {}, ['t-1']))).toEqual(['t-1']);
    expect(print(draw(rows, {}, []))).toEqual([
      't-1: held for external:other:thing, which is not in this database',
    ]);
  });
});

test('texts become one body, metadata says who works on it', () => {
  const [draft] = draw([
    row('t-1', {
      title: 'Make it',
      description: 'It is not there.\n',
      design: 'Simple.',
      acceptance_criteria: '- it is there',
      notes: 'soon',
      priority: 0,
      metadata: {
        owns: '["src/**", "docs/a.md"]',
        execution_agent_type: 'codex',
        execution_suggested_model: 'big',
        execution_reasoning_effort: 'high',
      },
    }),
  ]).drafts;
  expect(draft?.body).toBe(
    '# Make it\n\nIt is not there.\n\n## Design\n\nSimple.\n\n## Acceptance criteria\n\n- it is there\n\n## Notes\n\nsoon\n',
  );
  expect(draft).toMatchObject({
    priority: 0,
    agent: { value: 'codex' },
    model: 'big',
    effort: 'high',
    ref: 't-1',
    source: 'beads',
  });
  expect(draft?.owns?.map(({ value }) => value)).toEqual(['src/**', 'docs/a.md']);
});

test('records of 0.49: no kinds, counts without dependencies, numbers as comment ids, tombstones', () => {
  const lines = [
    JSON.stringify({
      id: 'bd-a1',
      title: 'Old',
      status: 'open',
      priority: 1,
      issue_type: 'task',
      comments: [{ id: 7, text: 'x' }],
    }),
    JSON.stringify({
      id: 'bd-a2',
      title: 'Gone',
      status: 'tombstone',
      deleted_at: '2026-01-01T00:00:00Z',
      original_type: 'task',
    }),
    JSON.stringify({
      id: 'bd-a3',
      title: 'Next',
      status: 'open',
      priority: 1,
      issue_type: 'task',
      dependencies: [depends('bd-a3', 'bd-a2')],
    }),
    JSON.stringify({ _type: 'memory', key: 'k', value: 'v' }),
    '{"id": "bd-a4", "ti',
    '',
  ];
  const { issues, broken } = readIssueLines(lines.join('\n'));
  expect(broken).toBe(1);
  const loaded = drawPicture({ issues, spec: ALL, actor: 'weft-r1', run: 'r1', ready: null, now: NOW });
  expect(print(loaded)).toEqual(['bd-a1', 'bd-a3']);
});

test('an answer is an array, an object or either in an envelope', () => {
  const one = row('t-1');
  const shapes: readonly unknown[] = [
    [one],
    one,
    { schema_version: 1, ...one },
    { schema_version: 1, data: [one] },
    { schema_version: 1, data: one },
  ];
  for (const shape of shapes) expect(readIssues(shape).map(({ id }) => id)).toEqual(['t-1']);
  for (const shape of [null, undefined, 'x', [], [null], {}, { data: 1 }])
    expect(readIssues(shape)).toEqual([]);
});
