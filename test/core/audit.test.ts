// The audit of a journal: silent about a run that went well, and loud about each promise that a journal shows broken.
import { expect, test } from 'vitest';
import { auditJournal } from '../../src/core/audit.ts';
import type { Event, Recorded } from '../../src/core/event.ts';
import { DEFAULT_LIMITS } from '../../src/core/limits.ts';
import { type Policy, runMs, type Task, taskId } from '../../src/core/model.ts';
import { describeAudit, PROMISES, type PromiseFinding } from '../../src/core/promise.ts';
import { buildPolicy, buildsOn, buildTask, gate, hash, needs, question } from './build.ts';

const A = taskId('a');
const B = taskId('b');
const TARGET = hash('target');

const PLAN: readonly Task[] = [
  buildTask('a', { owns: ['src/**'] }),
  buildTask('b', { owns: ['src/b.ts'], edges: [needs('a')] }),
];

function started(tasks: readonly Task[], policy: Partial<Policy> = {}): Event {
  const run = { run: 'r1' as never, repository: '/repo', targetOid: TARGET };
  return { type: 'run.started', ...run, policy: buildPolicy(policy), tasks };
}

function spawned(task: typeof A, attempt = 1): Event {
  const branch = `weft/r1/${task}/work`;
  return { type: 'attempt.spawned', task, attempt, agent: 'mine', branch, stackedOn: null, forced: [] };
}

function begun(task: typeof A, attempt = 1): Event {
  const identity = { bootId: 'boot', pidNs: 'ns', pid: 42, startTicks: 7 };
  const worktree = `/repo.weft/r1/${task}`;
  return { type: 'attempt.started', task, attempt, base: TARGET, worktree, identity, steerable: false };
}

/** From a start to a verdict. */
function work(task: typeof A, attempt = 1): readonly Event[] {
  const of = { task, attempt };
  const seen = { base: TARGET, head: hash(`${task} head`), tree: hash(`${task} tree`) };
  const diff = { files: [], fileCount: 1, added: 1, deleted: 0, outside: [], odd: null, leftovers: false };
  return [
    spawned(task, attempt),
    begun(task, attempt),
    { type: 'attempt.exited', ...of, exit: { code: 0, signal: null }, reason: null },
    { type: 'attempt.inspected', ...of, ...seen, ...diff },
    { type: 'attempt.verified', ...of, tree: seen.tree, gates: [gate('npm test')] },
  ];
}

/** From the queue to the end. */
function land(task: typeof A): readonly Event[] {
  const candidate = { base: TARGET, commit: hash(`${task} commit`), tree: hash(`${task} tree`) };
  return [
    { type: 'task.queued', task },
    { type: 'candidate.built', task, ...candidate, empty: false },
    { type: 'task.landed', task, ...candidate, ref: 'main', detour: null, by: 'weft' },
    { type: 'task.swept', task, rescue: null, kept: null },
  ];
}

const RESTED: Event = { type: 'run.rested', outcome: 'complete' };
const WELL: readonly Event[] = [started(PLAN), ...work(A), ...land(A), ...work(B), ...land(B), RESTED];

function record(events: readonly Event[]): readonly Recorded[] {
  return events.map((event, at) => ({ seq: at + 1, epoch: 1, at: 1_000 + at, ms: runMs(at), event }));
}

function audit(records: readonly Recorded[]): readonly PromiseFinding[] {
  return describeAudit(auditJournal(records).audit);
}

function accusations(records: readonly Recorded[]): readonly string[] {
  return audit(records).flatMap(({ id, wrong }) => wrong.map((sentence) => `${id}: ${sentence}`));
}

function without(type: Event['type'], task = B): readonly Event[] {
  return WELL.filter((event) => !(event.type === type && 'task' in event && event.task === task));
}

function changed<T extends Event['type']>(
  type: T,
  over: Partial<Extract<Event, { type: T }>>,
): readonly Event[] {
  return WELL.map((event) => (event.type === type ? { ...event, ...over } : event));
}

test('a run that went well breaks no promise, and what was looked at is said', () => {
  const found = audit(record(WELL));
  expect(found.filter(({ state }) => state === 'broken')).toEqual([]);
  expect(found.map(({ id }) => id)).toEqual(Object.keys(PROMISES));
  const looked = Object.fromEntries(found.map(({ id, count, looked: words }) => [id, `${count} = ${words}`]));
  expect(looked).toMatchObject({
    I1: '20 = 20 facts',
    I2: '2 = 2 agents that started',
    I3: '2 = 2 starts with a claim',
    I4: '4 = 4 facts of tasks that are over',
    I5: '4 = 2 verdicts, 2 landings',
    I6: '2 = 2 landings',
    I7: '1 = 1 dependencies of tasks that start',
    I8: '2 = 2 starts',
    I9: '30 = 18 facts of tasks, 12 moves',
    I10: '0 = a signal leaves no trace',
    I11: '2 = 2 worktrees cleared away',
    I12: '2 = 2 tasks at rest',
    I13: '21 = 20 facts, 1 engines',
    I14: '0 = what the checkout was like before is not recorded',
  });
  expect(found.filter(({ state }) => state === 'unseen').map(({ id }) => id)).toEqual(['I10', 'I14']);
});

const BESIDE: readonly Task[] = [
  buildTask('a', { owns: ['src/**'] }),
  buildTask('b', { owns: ['src/b.ts'] }),
];
const FREE: readonly Task[] = [buildTask('a'), buildTask('b')];

const BROKEN: readonly { readonly what: string; readonly events: readonly Event[]; readonly says: RegExp }[] =
  [
    {
      what: 'a claim in the way',
      events: [started(BESIDE), spawned(A), spawned(B)],
      says: /^I3: b\/1 starts while a holds src\/\*\*; both cover src\/b\.ts$/,
    },
    {
      what: 'a dependency that is not there',
      events: [started([buildTask('a'), buildTask('b', { edges: [needs('a')] })]), ...work(A), spawned(B)],
      says: /^I7: b\/1 starts while a is committed, and needs it merged$/,
    },
    {
      what: 'more at work than may be',
      events: [started(FREE, { maxAgents: 1 }), spawned(A), spawned(B)],
      says: /^I8: b\/1 starts beside 1 others, and 1 may work at once$/,
    },
    {
      what: 'an attempt too many',
      events: [started(FREE, { limits: { ...DEFAULT_LIMITS, attempts: 1 } }), ...crash(A, 1), spawned(A, 2)],
      says: /^I8: a\/2 starts after 1 attempts that count, of 1$/,
    },
    {
      what: 'an attempt out of order',
      events: [started(FREE), spawned(A, 2)],
      says: /^I8: attempt a\/2 follows a\/0$/,
    },
    {
      what: 'a start before its time',
      events: [started(FREE), ...crash(A, 50), spawned(A, 2)],
      says: /^I8: a\/2 starts at 5 ms and was to wait until 50 ms$/,
    },
    {
      what: 'a landing without a verdict',
      events: without('attempt.verified', A),
      says: /^I5: a landed as .*, and no tree with it ever passed$/,
    },
    {
      what: 'a verdict of a gate that failed',
      events: changed('attempt.verified', { gates: [gate('npm test', 1)] }),
      says: /^I5: a counts as verified although `npm test` ended with 1$/,
    },
    {
      what: 'a landing of what was not built',
      events: without('candidate.built'),
      says: /^I5: b landed as .*, which was not built for it on /,
    },
    {
      what: 'a landing with another tree',
      events: changed('task.landed', { tree: hash('other') }),
      says: /^I5: a landed as .*, and no tree with it ever passed$/,
    },
    {
      what: 'a second landing',
      events: [...WELL.slice(0, -1), ...land(A).slice(2, 3)],
      says: /^I6: a lands again, as /,
    },
    { what: 'a move that is not allowed', events: without('attempt.started', A), says: /^I9: / },
    {
      what: 'facts of an unknown task',
      events: [started(FREE), { type: 'task.queued', task: taskId('c') }],
      says: /^I9: fact 2 is about c, which the plan does not have$/,
    },
    {
      what: 'facts before the start',
      events: [RESTED],
      says: /^I9: fact 1, run.rested, comes before the run started$/,
    },
    {
      what: 'a second start of the run',
      events: [started(FREE), started(FREE)],
      says: /^I9: the run starts again at fact 2$/,
    },
    {
      what: 'a start by an engine that is not new',
      events: [started(FREE), { type: 'run.resumed', overrides: [], policy: buildPolicy() }],
      says: /^I13: fact 2, run.resumed, is not the first of epoch 1$/,
    },
    {
      what: 'a first fact that takes nothing over',
      events: [{ type: 'run.unpaused' }],
      says: /^I13: fact 1, run.unpaused, is the first of epoch 1$/,
    },
    {
      what: 'an agent beside one that asks but is being stopped',
      events: [
        started(FREE, { maxAgents: 1 }),
        ...asking(A),
        { type: 'task.paused', task: A, agent: 'stop' },
        spawned(B),
      ],
      says: /^I8: b\/1 starts beside 1 others, and 1 may work at once$/,
    },
    {
      what: 'a landing on another base',
      events: changed('task.landed', { base: hash('other') }),
      says: /^I5: a landed as .*, which was not built for it on /,
    },
    {
      what: 'the end of a run with a task that failed',
      events: [
        started([buildTask('a')]),
        { type: 'task.failed', task: A, cause: 'agent-lost', sentence: 'x' },
        RESTED,
      ],
      says: /^I12: the run is complete and a is failed$/,
    },
    {
      what: 'the end of a run with a task that never began',
      events: [started([buildTask('a')]), RESTED],
      says: /^I12: the run is complete and a is waiting$/,
    },
    {
      what: 'a task that is not swept',
      events: without('task.swept'),
      says: /^I12: the run is complete and b was never cleared away$/,
    },
    {
      what: 'a rest with a task at work',
      events: [started(FREE), spawned(A), { type: 'run.rested', outcome: 'blocked' }],
      says: /^I12: a is spawned although the run is at rest$/,
    },
    {
      what: 'a fact after the rest',
      events: [...WELL, { type: 'guidance.given', task: A, text: 'late' }],
      says: /^I12: guidance.given comes after the rest$/,
    },
    {
      what: 'work that is cleared away and kept nowhere',
      events: [
        started(FREE),
        ...work(A),
        { type: 'task.cancelled', task: A },
        { type: 'task.swept', task: A, rescue: null, kept: null },
      ],
      says: /^I11: the worktree of a is cleared away, and .* is kept nowhere$/,
    },
    {
      what: 'a new engine without a word',
      events: [...WELL, { type: 'run.resumed', overrides: [], policy: buildPolicy() }],
      says: /^I13: fact 21, run.resumed, is not the first of epoch 1$/,
    },
  ];

/** An agent that waits for an answer. */
function asking(task: typeof A): readonly Event[] {
  return [spawned(task), begun(task), { type: 'question.asked', task, attempt: 1, question: question(task) }];
}

function crash(task: typeof A, at: number): readonly Event[] {
  const of = { task, attempt: 1 };
  const then = { kind: 'retry', at: runMs(at) } as const;
  return [
    spawned(task),
    begun(task),
    { type: 'attempt.exited', ...of, exit: { code: 1, signal: null }, reason: null },
    { type: 'attempt.failed', ...of, cause: 'agent-crashed', detail: 'it crashed', then },
  ];
}

test.each(BROKEN)('$what is noticed', ({ events, says }) => {
  expect(
    accusations(record(events)).find((sentence) => says.test(sentence)),
    accusations(record(events)).join('\n'),
  ).toBeDefined();
});

const cancelled = (head: string, swept: { rescue: string | null; kept: string | null }): readonly Event[] => [
  ...work(A).map((event) =>
    event.type === 'attempt.inspected' ? { ...event, head: head as typeof event.head } : event,
  ),
  { type: 'task.cancelled', task: A },
  { type: 'task.swept', task: A, ...swept },
];
const empty = land(A).map((event): Event => {
  if (event.type === 'candidate.built') return { ...event, commit: TARGET, empty: true };
  return event.type === 'task.landed' ? { ...event, commit: TARGET, tree: hash('none') } : event;
});

test.each<[string, readonly Event[]]>([
  ['claims that meet by policy', [started(BESIDE, { collisionPolicy: 'force' }), spawned(A), spawned(B)]],
  ['a start that was forced', [started(BESIDE), spawned(A), { ...spawned(B), forced: [A] } as Event]],
  ['a start beside an agent that asks', [started(FREE, { maxAgents: 1 }), ...asking(A), spawned(B)]],
  ['a start at its time', [started(FREE), ...crash(A, 5), spawned(A, 2)]],
  ['a landing of nothing', [started(FREE), ...work(A), ...empty]],
  ['a landing by a person', [started(FREE), { ...land(A)[2], commit: hash('p'), by: 'human' } as Event]],
  [
    'work that is kept under a ref',
    [started(FREE), ...cancelled(hash('x'), { rescue: 'refs/x', kept: null })],
  ],
  ['work that is kept where it is', [started(FREE), ...cancelled(hash('x'), { rescue: null, kept: '/w' })]],
  ['an attempt without commits', [started(FREE), ...cancelled(TARGET, { rescue: null, kept: null })]],
  [
    'a shared worktree',
    [started(FREE, { isolation: 'shared' }), ...cancelled(hash('x'), { rescue: null, kept: null })],
  ],
  ['a task that was never tried', [started([buildTask('a')]), { type: 'task.cancelled', task: A }, RESTED]],
  [
    'one that is submitted',
    [
      started([buildTask('a'), buildTask('b', { edges: [{ task: A, on: 'submitted', base: 'target' }] })]),
      ...work(A),
      ...land(A).slice(0, 1),
      spawned(B),
    ],
  ],
])('%s breaks nothing', (_name, events) => {
  expect(accusations(record(events))).toEqual([]);
});

test('two in one worktree are noticed, and one after the other is not', () => {
  const same = (event: Event): Event =>
    event.type === 'attempt.started' ? { ...event, worktree: '/w' } : event;
  const beside = [started(FREE), spawned(A), begun(A), spawned(B), begun(B)].map(same);
  expect(accusations(record(beside))).toEqual(['I2: b/1 starts in /w, where a works']);
  const behind = [started(FREE), ...work(A), ...work(B)].map(same);
  expect(accusations(record(behind))).toEqual([]);
});

test('stacked work may go on with the claim of what it is built on, once that is not at work', () => {
  const plan = [
    buildTask('a', { owns: ['src/**'] }),
    buildTask('b', { owns: ['src/**'], edges: [buildsOn('a')] }),
  ];
  expect(accusations(record([started(plan), ...work(A), spawned(B)]))).toEqual([]);
});

test('a person may allow one more attempt', () => {
  const limits = { ...DEFAULT_LIMITS, attempts: 1 };
  const events = [
    started(FREE, { limits }),
    ...crash(A, 1),
    { type: 'guidance.given', task: A, text: 'Try x.' } as const,
  ];
  expect(accusations(record([...events, spawned(A, 2)]))).toEqual([]);
});

test('places in the journal', () => {
  const [first, ...rest] = record(WELL);
  const gap = [first, ...rest.slice(1)] as readonly Recorded[];
  expect(accusations(gap)[0]).toBe('I1: fact 3 follows fact 1');
  const stale = record(WELL).map((each) => ({ ...each, epoch: each.seq === 9 ? 1 : 2 }));
  expect(accusations(stale)).toContain('I13: fact 9 is of epoch 1, after epoch 2');
  const back = record(WELL).map((each) => ({ ...each, ms: runMs(each.seq === 9 ? 1 : each.seq) }));
  expect(accusations(back)).toEqual(["I9: the run's clock goes back to 1 ms at fact 9, from 8 ms"]);
});

test('of many wrongs the first are told and all are counted', () => {
  const many = Array.from({ length: 30 }, (): Event => ({ type: 'task.queued', task: taskId('nobody') }));
  const found = audit(record([started(FREE), ...many])).find(({ id }) => id === 'I9');
  expect([found?.wrong.length, found?.wrongs]).toEqual([20, 30]);
});
