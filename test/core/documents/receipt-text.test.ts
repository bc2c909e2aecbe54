// The receipt as text: what each cell and line says of the data.
import { expect, test } from 'vitest';
import {
  documentReceipt,
  type FailureReceipt,
  type ReceiptDocument,
  renderReceipt,
  type TaskReceipt,
} from '../../../src/core/documents/receipt.ts';
import { DEFAULT_PULLS } from '../../../src/core/pull.ts';
import { bring, buildState, buildTask, facts, play } from '../build.ts';

function receiptOf(over: Partial<ReceiptDocument> = {}): ReceiptDocument {
  const state = bring(buildState([buildTask('a')]), 'a', 'merged', 1_000);
  play(state, [{ type: 'run.rested', outcome: 'complete' }]);
  return { ...documentReceipt(state, state.ms), ...over };
}

const [landed] = receiptOf().tasks as readonly [TaskReceipt];
const merge = landed.merge as NonNullable<TaskReceipt['merge']>;
const checks = landed.verification;

function cellsOf(over: Partial<TaskReceipt>): readonly string[] {
  const row = renderReceipt(receiptOf({ tasks: [{ ...landed, ...over }] })).split('\n')[9] ?? '';
  return row.split('|').map((cell) => cell.trim());
}

test.each<[string, Partial<TaskReceipt>, number, string]>([
  ['landed', {}, 2, 'landed'],
  ['done by hand', { merge: null }, 2, 'done by hand'],
  ['failed', { status: 'stopped', phase: 'failed' }, 2, 'failed'],
  ['cancelled', { status: 'stopped', phase: 'cancelled' }, 2, 'cancelled'],
  ['waiting for a person', { status: 'stopped', phase: 'waiting' }, 2, 'waiting: needs you'],
  ['at work', { status: 'pending', phase: 'working' }, 2, 'working'],
  ['no verdict', { verification: { ...checks, passed: null } }, 4, '-'],
  ['no checks', { verification: { ...checks, gates: [] } }, 4, 'none asked'],
  ['failed without checks', { verification: { ...checks, gates: [], passed: false } }, 4, 'failed'],
  ['checks passed', {}, 4, '1 passed'],
  [
    'one of two failed',
    {
      verification: {
        ...checks,
        passed: false,
        gates: [0, 1].map((exit) => ({ command: 'x', tier: 0, exit, elapsed_ms: 1 })),
      },
    },
    4,
    '1 of 2 failed',
  ],
  ['files', {}, 5, '1'],
  ['no files', { files_changed: 0 }, 5, '-'],
  ['lines', {}, 6, '+10 -2'],
  ['no lines', { files_changed: 0 }, 6, '-'],
  ['no time', { duration_ms: 0 }, 7, '-'],
  ['no cost known', {}, 8, '-'],
  ['cost', { cost_usd: 1.5 }, 8, '$1.50'],
  ['commit', { merge: { ...merge, commit: '0123456789' } }, 9, '01234567'],
  ['commit of the branch', { merge: null, checkpoint_sha: 'abcdefabcdef' }, 9, 'abcdefab'],
  ['merged by a person', { merge: { ...merge, commit: '01234567', by: 'human' } }, 9, '01234567 by hand'],
  [
    'merged at the forge',
    { merge: { ...merge, commit: '01234567', by: 'human' }, pr: 7 },
    9,
    '01234567 at the forge #7',
  ],
  [
    'landed elsewhere',
    { merge: { ...merge, commit: '01234567', ref: 'aside', detour: 'in the way' }, pr: 7 },
    9,
    '01234567 on aside #7',
  ],
])('a row: %s', (_name, over, at, cell) => {
  expect(cellsOf(over)[at]).toBe(cell);
});

test('pull requests are listed with their addresses', () => {
  const state = buildState([buildTask('a'), buildTask('b')], { pullRequests: DEFAULT_PULLS });
  bring(state, 'a', 'committed');
  play(state, [facts.offered(state, 'a')]);
  const receipt = documentReceipt(state, state.ms);
  expect(receipt.tasks.map(({ pr, pr_url }) => [pr, pr_url])).toEqual([
    [12, 'https://forge/pull/12'],
    [null, undefined],
  ]);
  expect(renderReceipt(receipt)).toContain('\n## Pull requests\n\n- a: https://forge/pull/12\n');
  expect(renderReceipt(receiptOf())).not.toContain('Pull requests');
});

const summary = receiptOf().summary;

test.each<[string, Partial<ReceiptDocument['summary']>, string]>([
  ['one of each is singular', {}, '1 attempt, 1 file +10 -2, work 3 s, checks 3 s.'],
  ['more are plural', { attempts: 2, files_changed: 0, interventions_count: 2 }, '2 attempts, 0 files'],
  ['questions', { interventions_count: 2 }, 'checks 3 s, 2 questions.'],
  ['costs', { cost_usd: 2 }, 'checks 3 s, $2.00.'],
  [
    'counts',
    { tasks_failed: 1, tasks_stopped: 3, tasks_cancelled: 1 },
    'main, 1 failed, 1 waiting for you, 1 cancelled.',
  ],
  ['pending', { tasks_pending: 4 }, '1 of 1 landed on main, 4 pending.'],
  ['done by hand', { tasks_completed: 2 }, '1 of 1 landed on main, 1 done by hand.'],
])('the head: %s', (_name, over, expected) => {
  const text = renderReceipt(receiptOf({ summary: { ...summary, ...over } }));
  expect(text.split('\n## ')[0]).toContain(expected);
});

test('failures: the first fifty, a line each', () => {
  const one = {
    task_id: 'a',
    attempt: 1,
    cause: 'agent-lost',
    detail: ' Gone.\nmore',
    launch: false,
    final: true,
  } as const;
  const linesOf = (failures: readonly FailureReceipt[]): readonly string[] =>
    renderReceipt(receiptOf({ failures }))
      .split('## Failures\n\n')[1]
      ?.split('\n\n')[0]
      ?.trimEnd()
      .split('\n') ?? [];
  expect(linesOf([one])[0]).toBe('- a attempt 1 failed (agent-lost): Gone.');
  expect(linesOf([{ ...one, detail: 'x'.repeat(161) }])[0]).toMatch(/: x{159}…$/);
  expect(linesOf([{ ...one, detail: 'x'.repeat(160) }])[0]).toMatch(/: x{160}$/);
  expect(linesOf(Array.from({ length: 50 }, () => one)).at(-1)).toMatch(/Gone\.$/);
  const many = linesOf(Array.from({ length: 52 }, () => one));
  expect([many.length, many.at(-1)]).toEqual([51, '- and 2 more']);
});

test('claims: how many came and went, and who was forced past whom', () => {
  const event = {
    timestamp: '',
    track_id: 'a',
    run_id: 'a/1',
    claims: [],
    owns_raw: [],
    owns_normalized: [],
  };
  const acquired = { ...event, action: 'acquire', task_id: 'a' } as const;
  const claim_events = [acquired, { ...acquired, action: 'release' } as const];
  expect(renderReceipt(receiptOf({ claim_events }))).toMatch(/1 acquired, 1 released; .*\.json\.\n$/);
  const forced = [
    { ...acquired, forced: ['b', 'c'] },
    { ...acquired, task_id: 'd', forced: ['e'] },
  ];
  expect(renderReceipt(receiptOf({ claim_events: forced }))).toMatch(/Forced: a past b, c; d past e\.\n$/);
  expect(renderReceipt(receiptOf({ claim_events: [] }))).not.toContain('## Claims');
});

test('what did not land says why, on one line', () => {
  const stopped = { ...landed, status: 'stopped', phase: 'waiting', merge: null } as const;
  const text = renderReceipt(
    receiptOf({ tasks: [{ ...stopped, reason: 'it\nis late', suggested_fix: 'Hurry.' }] }),
  );
  expect(text).toContain('## Not landed\n\n- **a** it is late\n  fix: Hurry.');
  expect(renderReceipt(receiptOf({ tasks: [stopped] }))).toContain('## Not landed\n\n- **a** \n');
  expect(renderReceipt(receiptOf({ tasks: [{ ...stopped, phase: 'cancelled' }] }))).not.toContain('## Not');
  expect(renderReceipt(receiptOf())).not.toContain('## Not');
});

test('a long cell is cut', () => {
  expect(cellsOf({ task_id: 'x'.repeat(48) })[1]).toBe('x'.repeat(48));
  expect(cellsOf({ task_id: 'x'.repeat(49) })[1]).toBe(`${'x'.repeat(47)}…`);
});
