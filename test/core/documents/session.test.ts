// The status file of a task: its shape at every turn, and what is read of files of either version.
import { describe, expect, test } from 'vitest';
import {
  documentSession,
  gistOf,
  interruptSession,
  readSession,
  readSessionStatus,
  type SessionDocument,
  writeSession,
} from '../../../src/core/documents/session.ts';
import type { Event } from '../../../src/core/event.ts';
import { type Policy, taskId } from '../../../src/core/model.ts';
import type { RunState } from '../../../src/core/state.ts';
import { BEGAN, bring, buildState, buildTask, facts, find, play, question } from '../build.ts';

const NOW = BEGAN + 60_000;
const ISSUE = buildTask('123', { title: 'Add export button' });
const id = taskId('123');

function open(policy: Partial<Policy> = {}): RunState {
  return buildState([ISSUE], policy);
}

function draw(state: RunState, message: string | null = null): SessionDocument | null {
  return documentSession(state, find(state, '123'), { now: NOW, worktree: '/repo-issue-123', message });
}

function drawn(state: RunState): SessionDocument {
  const document = draw(state);
  if (document === null) throw new Error('nothing to draw');
  return document;
}

test('has the documented fields in their order, and weft’s own behind them', () => {
  const state = bring(open(), '123', 'working', 0);
  expect(writeSession(drawn(state))).toBe(`{
  "id": "123",
  "issueNumber": 123,
  "issueTitle": "Add export button",
  "status": "working",
  "branch": "weft/r1/123/work",
  "worktreePath": "/repo-issue-123",
  "startedAt": "2026-01-02T03:04:05Z",
  "lastHeartbeat": "2026-01-02T03:05:05Z",
  "stuckReason": null,
  "forwardedMessage": null,
  "pullRequestUrl": null,
  "weft": {
    "repository": "/repo",
    "run": "r1",
    "taken": 0
  }
}
`);
});

const asked: Event = {
  type: 'question.asked',
  task: id,
  attempt: 1,
  question: { ...question('123', 'Which one?', [{ label: 'A', then: 'retry' }]), task: id },
};
const gaveUp: Event = { type: 'task.failed', task: id, cause: 'internal-error', sentence: 'It broke.' };

/** A state by name: how it came about, and the status and reason that follow. */
const TURNS: Readonly<Record<string, readonly [() => RunState, string | null, string | null]>> = {
  'nobody has begun it': [() => open(), null, null],
  'cancelled before it began': [() => play(open(), [{ type: 'task.cancelled', task: id }]), null, null],
  starting: [
    () => {
      const state = open();
      return play(state, [facts.spawned(state, '123')]);
    },
    'registered',
    null,
  ],
  working: [() => bring(open(), '123', 'working', 0), 'working', null],
  planning: [
    () => bring(open({ phases: { plan: true, review: false } }), '123', 'working', 0),
    'planning',
    null,
  ],
  verifying: [() => bring(open(), '123', 'verifying', 0), 'working', null],
  asking: [() => play(bring(open(), '123', 'working', 0), [asked]), 'stuck', 'Which one?\nOptions: 1 A'],
  paused: [
    () => play(bring(open(), '123', 'working', 0), [{ type: 'task.paused', task: id, agent: 'finish' }]),
    'stuck',
    'Paused: `weft resume 123` lets it go on.',
  ],
  'verified, lands by itself': [() => bring(open(), '123', 'committed', 0), 'working', null],
  'verified, to be approved': [
    () => bring(open({ integrate: 'human' }), '123', 'committed', 0),
    'complete',
    null,
  ],
  'on its way to the target': [() => bring(open(), '123', 'queued', 0), 'complete', null],
  landed: [() => bring(open(), '123', 'merged', 0), 'complete', null],
  failed: [() => play(bring(open(), '123', 'working', 0), [gaveUp]), 'stuck', 'Failed: It broke.'],
  cancelled: [
    () => {
      const state = play(bring(open(), '123', 'working', 0), [{ type: 'task.cancelled', task: id }]);
      return play(state, [facts.stopped(state, '123')]);
    },
    'cancelled',
    null,
  ],
  'between two attempts, nobody leads': [
    () => {
      const state = bring(open(), '123', 'working', 0);
      play(state, [{ type: 'run.stopping', agents: 'stop' }, facts.stopped(state, '123')]);
      return play(state, [{ type: 'run.rested', outcome: 'stopped' }]);
    },
    'stuck',
    'The run is stopped: `weft resume r1` goes on with it.',
  ],
};

describe('status and reason of a task that is', () => {
  test.each(Object.entries(TURNS))('%s', (_name, [make, status, reason]) => {
    const document = draw(make());
    expect([document?.status ?? null, document?.stuckReason ?? null]).toEqual([status, reason]);
  });
});

test('a heartbeat is the moment in which its agent was known to live, not that of the writing', () => {
  const state = bring(open(), '123', 'working', 0);
  expect(drawn(state).lastHeartbeat).toBe('2026-01-02T03:05:05Z');
  play(state, [facts.exited(state, '123')], 5_000);
  expect(drawn(state).lastHeartbeat).toBe('2026-01-02T03:04:10Z');
});

test('clocks alone make no other document', () => {
  const state = bring(open(), '123', 'working', 0);
  const later = documentSession(state, find(state, '123'), {
    now: NOW + 90_000,
    worktree: '/repo-issue-123',
    message: null,
  });
  expect(later).not.toEqual(drawn(state));
  expect(later !== null && gistOf(later)).toBe(gistOf(drawn(state)));
});

test('titles and reasons are cut, a task that is no issue has no number, and words that wait stay', () => {
  const long = 'x'.repeat(70_000);
  const state = buildState([buildTask('api', { title: long })]);
  bring(state, 'api', 'working', 0);
  play(state, [
    { ...asked, task: taskId('api'), question: { ...question('api', long), task: taskId('api') } },
  ]);
  const document = documentSession(state, find(state, 'api'), { now: NOW, worktree: '/w', message: 'wait' });
  expect(document?.issueNumber).toBeNull();
  expect(document?.issueTitle).toHaveLength(500);
  expect(document?.stuckReason).toHaveLength(2_000);
  expect(document?.forwardedMessage).toBe('wait');
});

describe('readSession', () => {
  test.each([
    ['registered', 'registered'],
    ['stuck', 'stuck'],
    ['planning_complete', 'planning'],
    ['shipping', 'working'],
    ['reviews_in_progress', 'working'],
    ['pr_ready', 'complete'],
    ['paused', 'working'],
    ['deletion_failed', 'cancelled'],
    ['constructor', null],
    [7, null],
    [undefined, null],
  ])('%s is %s', (written, read) => expect(readSessionStatus(written)).toBe(read));

  test('reads what weft wrote, version 1 without weft’s mark, and version 2', () => {
    const own = readSession(writeSession(drawn(bring(open(), '123', 'working', 0))));
    expect(own).toMatchObject({ status: 'working', message: null, mark: { run: 'r1', taken: 0 } });
    const v1 = readSession('{"id":"123","status":"working","worktreePath":"/w","forwardedMessage":"a"}');
    expect(v1).toMatchObject({ status: 'working', worktree: '/w', message: 'a', mark: null });
    const v2 = readSession(
      '{"id":"123","issue":{"number":123,"title":"x"},"mode":"single","status":"pr_ready","worktreePath":"/w","forwardedMessage":"b"}',
    );
    expect(v2).toMatchObject({ status: 'complete', worktree: '/w', message: 'b', mark: null });
  });

  test.each(['', '{', 'null', '[]', '"x"', '7'])('%j is no status file', (text) =>
    expect(readSession(text)).toBeNull(),
  );

  test.each([{ weft: 'x' }, { weft: null }, { weft: {} }, { weft: { repository: 1, run: 'r' } }])(
    '%j has no mark',
    (fields) => expect(readSession(JSON.stringify(fields))?.mark).toBeNull(),
  );
});

describe('interruptSession', () => {
  const file = (fields: object): string | null => {
    const read = readSession(JSON.stringify(fields));
    return read === null ? null : interruptSession(read);
  };
  const weft = { repository: '/repo', run: 'r0', taken: 2 };

  test('says so where somebody seems to work, and keeps all else', () => {
    const text = file({ id: '1', status: 'working', forwardedMessage: 'x', more: 1, weft });
    expect(JSON.parse(text ?? '')).toEqual({
      ...{ id: '1', forwardedMessage: 'x', more: 1, weft },
      ...{ status: 'stuck', stuckReason: 'Its run was interrupted: `weft resume r0` goes on with it.' },
    });
  });

  test.each([
    ['what is over', { status: 'complete', weft }],
    ['what is stuck already', { status: 'stuck', weft }],
    ['what is not weft’s', { status: 'working' }],
  ])('leaves %s', (_what, fields) => expect(file(fields)).toBeNull());
});
