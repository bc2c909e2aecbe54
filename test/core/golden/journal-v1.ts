// What `journal-v1.jsonl` holds, as objects: one record of each event type. Every version of weft must read it like this.
import type { Event, Recorded } from '../../../src/core/event.ts';
import {
  DEFAULT_POLICY,
  type GateResult,
  NO_GATES,
  oid,
  type Policy,
  type Question,
  runId,
  runMs,
  type Task,
  taskId,
} from '../../../src/core/model.ts';

const task = taskId('api-login');
const other = taskId('db-schema');
const base = oid('1111111111111111111111111111111111111111');
const head = oid('2222222222222222222222222222222222222222');
const tree = oid('3333333333333333333333333333333333333333');
const commit = oid('4444444444444444444444444444444444444444');

const login: Task = {
  id: task,
  title: 'Log in — with “quotes”, ümlauts and 🧵',
  body: 'First line\nsecond line\twith a tab and a \\ backslash',
  ref: 'tasks/api-login.md',
  source: 'track-file',
  track: 'api',
  owns: ['src/api/**'],
  edges: [{ task: other, on: 'verified', base: 'stacked' }],
  priority: 1,
  agent: 'claude',
  run: null,
  type: 'automated',
  gates: NO_GATES,
  tier: 1,
  estimateMs: 90_000,
};

const question: Question = {
  id: 'api-login/1',
  task,
  from: 'agent',
  cause: 'asked',
  text: 'Sessions or tokens?',
  options: [{ label: 'tokens', then: 'retry' }],
  files: ['src/api/session.ts'],
};

const gates: readonly GateResult[] = [
  { command: 'npm test', tier: 0, exit: 0, elapsedMs: 1234.5, output: 'attempts/api-login/1/gate-0.log' },
  {
    command: 'npm run e2e',
    tier: 2,
    exit: null,
    elapsedMs: 60_000,
    output: 'attempts/api-login/1/gate-1.log',
  },
];

/** What a policy held before there were phases, templates and a radar. */
const { phases: _, prompts: _prompts, radar: _radar, ...before } = DEFAULT_POLICY;
const policy = before as Policy;

const EVENTS: readonly Event[] = [
  {
    type: 'run.started',
    run: runId('r-20261121-1'),
    repository: '/home/dev/shop',
    policy,
    tasks: [login],
    targetOid: base,
  },
  {
    type: 'run.resumed',
    overrides: [{ field: 'maxAgents', before: '4', after: '8' }],
    policy: { ...policy, maxAgents: 8 },
  },
  { type: 'run.paused' },
  { type: 'run.unpaused' },
  {
    type: 'attempt.spawned',
    task,
    attempt: 1,
    agent: 'claude',
    branch: 'weft/r-20261121-1/api-login/work',
    stackedOn: { task: other, commit },
    forced: [other],
  },
  { type: 'attempt.start-failed', task, attempt: 1, cause: 'setup-failed', detail: 'npm ci exited with 1' },
  {
    type: 'attempt.started',
    task,
    attempt: 2,
    base,
    worktree: '/home/dev/shop.weft/r-20261121-1/api-login',
    identity: { bootId: '5cf3a4e2', pidNs: 'pid:[4026531836]', pid: 4242, startTicks: 987_654 },
    steerable: true,
  },
  { type: 'attempt.timed-out', task, attempt: 2 },
  { type: 'attempt.parked', task, attempt: 2 },
  { type: 'attempt.stopped', task, attempt: 2, survivors: [4243] },
  { type: 'attempt.exited', task, attempt: 2, exit: { code: null, signal: 'SIGTERM' }, reason: null },
  {
    type: 'attempt.inspected',
    task,
    attempt: 2,
    base,
    head,
    tree,
    files: [{ path: 'src/api/login.ts', added: 40, deleted: 2 }],
    fileCount: 1,
    added: 40,
    deleted: 2,
    outside: ['README.md'],
    odd: null,
    leftovers: true,
  },
  { type: 'attempt.verified', task, attempt: 2, tree, gates },
  { type: 'attempt.rejected', task, attempt: 2, tree, gates, excerpt: '1 failing\n  expected 200' },
  {
    type: 'attempt.failed',
    task,
    attempt: 2,
    cause: 'gate-failed',
    detail: '`npm test` exited with 1',
    then: { kind: 'retry', at: runMs(61_000) },
  },
  { type: 'question.asked', task, attempt: 3, question },
  { type: 'question.answered', task, id: question.id, text: 'tokens', then: 'retry' },
  { type: 'guidance.given', task, text: 'keep the old route' },
  { type: 'guidance.delivered', task, attempt: 3, count: 1 },
  { type: 'task.paused', task, agent: 'stop' },
  { type: 'task.unpaused', task },
  { type: 'task.restarted', task },
  { type: 'task.done', task: other },
  { type: 'task.queued', task },
  { type: 'candidate.built', task, base, commit, tree, empty: false },
  { type: 'candidate.conflicted', task, base, files: ['src/api/login.ts'] },
  { type: 'candidate.verified', task, commit, tree, gates },
  { type: 'candidate.rejected', task, commit, gates, excerpt: 'lint: 1 error' },
  { type: 'task.approved', task },
  { type: 'landing.stale', task, actual: head },
  {
    type: 'task.landed',
    task,
    commit,
    tree,
    base,
    ref: 'weft/integration',
    detour: 'the checkout has uncommitted changes',
    by: 'weft',
  },
  { type: 'effect.failed', task, attempt: 3, effect: 'land', detail: 'no space left on device' },
  { type: 'task.failed', task: other, cause: 'no-changes', sentence: 'Nothing changed in 3 attempts.' },
  { type: 'task.cancelled', task: other },
  { type: 'task.swept', task: other, rescue: 'refs/weft/rescue/db-schema', kept: null },
  { type: 'run.stopping', agents: 'finish' },
  { type: 'run.rested', outcome: 'failed' },
  {
    type: 'attempt.planned',
    task,
    attempt: 4,
    plan: {
      milestones: [
        {
          goal: 'The session survives a restart',
          filesExpected: ['src/api/session.ts'],
          doneChecks: ['npm test'],
          risk: 'high',
        },
      ],
      doNotTouch: ['src/db/'],
    },
    outside: ['README.md'],
  },
  { type: 'attempt.unanswered', task, attempt: 5, detail: 'Its review is no JSON object.' },
  {
    type: 'attempt.reviewed',
    task,
    attempt: 6,
    tree,
    review: { status: 'request_changes', changes: ['Close the session when the test ends.'] },
  },
  { type: 'branch.moved', task, from: head, to: null, ahead: false },
  { type: 'landing.held', task, on: other, ref: 'weft/integration' },
  { type: 'landing.freed', task },
  { type: 'target.rewritten', task, from: head, to: base, gone: [other] },
  { type: 'attempt.overspent', task, attempt: 7 },
  { type: 'question.withdrawn', task, attempt: 7, id: 'api-login/2' },
  { type: 'claim.widened', task, patterns: ['docs/**'] },
  { type: 'usage.noted', task, attempt: 7, session: 's-1', input: 12_000, output: 800, usd: 0.25 },
  {
    type: 'comment.given',
    task,
    comment: { head, path: 'src/api/login.ts', line: 12, to: 13, quote: 'a\nb', text: 'Name them.' },
  },
  { type: 'overlap.found', task, other, files: ['src/api/login.ts'] },
  { type: 'overlap.gone', task, other: null },
  { type: 'batch.closed', task },
  { type: 'forge.met', hasMergeQueue: true },
  { type: 'pull.opened', task, number: 12, url: 'https://forge/acme/shop/pull/12', head, answered: [41] },
  {
    type: 'pull.noted',
    task,
    note: {
      state: 'open',
      head,
      base: 'main',
      isDraft: false,
      isMergeable: false,
      failing: ['lint'],
      waiting: [],
      ignored: ['spelling'],
      reported: 2,
      decision: 'changes-requested',
      queue: null,
      dequeued: null,
      merged: null,
    },
    remarks: [{ id: 41, path: 'src/api/login.ts', line: 12, author: 'ann', body: 'Name them.' }],
    excerpt: 'src/api/login.ts:12: too long',
    conflict: { base, files: ['src/api/login.ts'] },
  },
  { type: 'pull.shelved', task },
  { type: 'pull.enqueued', task, head },
];

/** The records, in the order of the file; two of them share each epoch. */
export const GOLDEN: readonly Recorded[] = EVENTS.map((event, index) => ({
  seq: index + 1,
  epoch: 1 + Math.floor(index / 2),
  at: 1_790_000_000_000 + index * 17,
  ms: runMs(index * 12.5),
  event,
}));
