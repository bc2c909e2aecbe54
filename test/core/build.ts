// Tasks, states and facts for tests of the core, with plain defaults. Knows nothing of files or processes.
import { decide } from '../../src/core/decide/decide.ts';
import type { Effect, EffectKind } from '../../src/core/effect.ts';
import type { Event } from '../../src/core/event.ts';
import { evolve, type Fact, replay } from '../../src/core/evolve/evolve.ts';
import { DEFAULT_LIMITS } from '../../src/core/limits.ts';
import {
  type ChangedFile,
  DEFAULT_POLICY,
  type Edge,
  type Exit,
  type GateResult,
  type Milestone,
  type Oid,
  oid,
  type Phase,
  type Policy,
  type Question,
  type Review,
  runId,
  runMs,
  type Task,
  taskId,
  type WorkPlan,
} from '../../src/core/model.ts';
import type { PullNote, PullSight } from '../../src/core/pull.ts';
import { nextRole } from '../../src/core/role.ts';
import { type RunState, type TaskState, taskOf } from '../../src/core/state.ts';

/** Wall time of the first fact: 2026-01-02T03:04:05.000Z. */
export const BEGAN: number = Date.UTC(2026, 0, 2, 3, 4, 5);
/** Run clock of the first fact. */
export const BEGAN_MS: number = 1_000;

/** A task that owns nothing and waits for nothing; `after` names tasks that have to land first. */
export function buildTask(
  id: string,
  over: Partial<Task> & { readonly after?: readonly string[] } = {},
): Task {
  const { after, ...rest } = over;
  return {
    id: taskId(id),
    title: `Title of ${id}`,
    body: `Do ${id}.`,
    ref: `tasks/${id}.md`,
    source: 'track-file',
    track: null,
    owns: null,
    edges: (after ?? []).map((other) => needs(other)),
    priority: 2,
    agent: 'mine',
    run: null,
    type: 'automated',
    gates: null,
    tier: 0,
    estimateMs: null,
    ...rest,
  };
}

/** A dependency that has to land. */
export function needs(id: string): Edge {
  return { task: taskId(id), on: 'merged', base: 'target' };
}

/** A dependency that is built upon as soon as it is verified. */
export function buildsOn(id: string): Edge {
  return { task: taskId(id), on: 'verified', base: 'stacked' };
}

/** A policy with an agent `mine` that lands by itself, without time budget. */
export function buildPolicy(over: Partial<Policy> = {}): Policy {
  return {
    ...DEFAULT_POLICY,
    integrate: 'auto',
    agent: 'mine',
    agents: { mine: { kind: 'command', run: 'agent' } },
    budget: { minutes: null, tokens: null, usd: null },
    limits: DEFAULT_LIMITS,
    ...over,
  };
}

/** The first fact of a run. */
export function startRun(tasks: readonly Task[], policy: Partial<Policy> = {}): Fact {
  const event: Event = {
    type: 'run.started',
    run: runId('r1'),
    repository: '/repo',
    policy: buildPolicy(policy),
    tasks,
    targetOid: hash('target'),
  };
  return { at: BEGAN, ms: runMs(BEGAN_MS), event };
}

/** A state right after its run started. */
export function buildState(tasks: readonly Task[], policy: Partial<Policy> = {}): RunState {
  return replay([startRun(tasks, policy)]);
}

/** Applies facts, `ms` after the latest one each; both clocks go alike. */
export function play(state: RunState, events: readonly Event[], ms = 0): RunState {
  for (const event of events) evolve(state, factAfter(state, event, ms));
  return state;
}

/** The fact that would follow `ms` after the latest one. */
export function factAfter(state: RunState, event: Event, ms = 0): Fact {
  return { at: state.updatedAt + ms, ms: runMs(state.ms + ms), event };
}

/** What is decided at the moment of the latest fact, or `ms` later. */
export function decideAfter(state: RunState, ms = 0): Effect[] {
  return decide(state, runMs(state.ms + ms));
}

/** Decisions in short: event types to record, and `kind task` of work. */
export function sayDecisions(state: RunState, ms = 0): string[] {
  return decideAfter(state, ms).map((effect) =>
    effect.kind === 'record'
      ? `record ${effect.event.type}${'task' in effect.event ? ` ${effect.event.task}` : ''}`
      : `${effect.kind} ${effect.task}`,
  );
}

/** Records every choice that is due, and gives the work that is left. */
export function settle(state: RunState, ms = 0): Effect[] {
  for (let choices = 0; choices < 10_000; choices += 1) {
    const effects = decideAfter(state, ms);
    const first = effects[0];
    if (first?.kind !== 'record') return effects;
    play(state, [first.event], ms);
  }
  throw new Error('the decision does not come to an end');
}

/** A task's state by its id. */
export function find(state: RunState, id: string): TaskState {
  return taskOf(state, taskId(id));
}

/** An object name that depends on a text alone. */
export function hash(text: string): Oid {
  let value = 7;
  for (const letter of text) value = (value * 31 + letter.charCodeAt(0)) >>> 0;
  return oid(value.toString(16).padStart(8, '0').repeat(5));
}

/** A gate's result. */
export function gate(command: string, exit: number | null = 0, elapsedMs = 2_000): GateResult {
  return { command, tier: 0, exit, elapsedMs, output: `gates/${command}.log` };
}

/** A question of the agent's. */
export function question(id: string, text = 'Which one?', options: Question['options'] = []): Question {
  return { id: `${id}/1`, task: taskId(id), from: 'agent', cause: 'asked', text, options, files: [] };
}

/** A pull request of which there is nothing to say. */
const PLAIN = {
  state: 'open',
  base: 'main',
  isDraft: false,
  isMergeable: true,
  decision: null,
  queue: null,
  dequeued: null,
  merged: null,
} as const;

/** A pull request that nobody has checked, as it is seen. */
export const SIGHT: PullSight = { ...PLAIN, head: oid('a'.repeat(40)), checks: [] };

/** A pull request that is all right, but for its head. */
const GOOD_NOTE: Omit<PullNote, 'head'> = { ...PLAIN, failing: [], waiting: [], ignored: [], reported: 1 };

/** Facts of a task's latest attempt (`spawned` of its next one). */
export const facts = {
  spawned: (state: RunState, id: string): Event => ({
    type: 'attempt.spawned',
    task: taskId(id),
    attempt: find(state, id).attempts + 1,
    agent: find(state, id).task.agent,
    role: nextRole(state, find(state, id)),
    branch: `weft/r1/${id}/work`,
    stackedOn: null,
    forced: [],
  }),
  started: (state: RunState, id: string, steerable = false): Event => ({
    type: 'attempt.started',
    ...latest(state, id),
    base: hash('target'),
    worktree: `/repo.weft/r1/${id}`,
    identity: { bootId: 'boot', pidNs: 'ns', pid: 42, startTicks: 7 },
    steerable,
  }),
  exited: (
    state: RunState,
    id: string,
    exit: Exit = { code: 0, signal: null },
    reason: string | null = null,
  ): Event => ({ type: 'attempt.exited', ...latest(state, id), exit, reason }),
  stopped: (state: RunState, id: string): Event => ({
    type: 'attempt.stopped',
    ...latest(state, id),
    survivors: [],
  }),
  inspected: (
    state: RunState,
    id: string,
    over: Partial<Extract<Event, { type: 'attempt.inspected' }>> = {},
  ): Event => ({
    type: 'attempt.inspected',
    ...latest(state, id),
    base: hash('target'),
    head: hash(`${id} head`),
    tree: hash(`${id} tree`),
    files: [changed(`${id}.ts`)],
    fileCount: 1,
    added: 10,
    deleted: 2,
    outside: [],
    odd: null,
    leftovers: false,
    ...over,
  }),
  verified: (state: RunState, id: string, gates: readonly GateResult[] = [gate('npm test')]): Event => ({
    type: 'attempt.verified',
    ...latest(state, id),
    tree: treeOf(state, id),
    gates,
  }),
  rejected: (state: RunState, id: string, exit: number | null = 1, excerpt = 'one test failed'): Event => ({
    type: 'attempt.rejected',
    ...latest(state, id),
    tree: treeOf(state, id),
    gates: [gate('npm test', exit)],
    excerpt,
  }),
  planned: (
    state: RunState,
    id: string,
    plan: Partial<WorkPlan> = {},
    outside: readonly string[] = [],
  ): Event => ({
    type: 'attempt.planned',
    ...latest(state, id),
    plan: { milestones: [milestone()], doNotTouch: [], ...plan },
    outside,
  }),
  reviewed: (
    state: RunState,
    id: string,
    status: Review['status'] = 'approve',
    changes: readonly string[] = status === 'approve' ? [] : ['Mend it.'],
  ): Event => ({
    type: 'attempt.reviewed',
    ...latest(state, id),
    tree: treeOf(state, id),
    review: { status, changes },
  }),
  unanswered: (state: RunState, id: string): Event => ({
    type: 'attempt.unanswered',
    ...latest(state, id),
    detail: 'Its plan is no JSON object.',
  }),
  asked: (state: RunState, id: string, text = 'Which one?', options: Question['options'] = []): Event => ({
    type: 'question.asked',
    ...latest(state, id),
    question: question(id, text, options),
  }),
  offered: (
    state: RunState,
    id: string,
    over: Partial<Extract<Event, { type: 'pull.opened' }>> = {},
  ): Event => ({
    type: 'pull.opened',
    task: taskId(id),
    number: 12,
    url: 'https://forge/pull/12',
    head: find(state, id).attempt?.inspected?.head ?? hash(`${id} head`),
    answered: [],
    ...over,
  }),
  noted: (
    state: RunState,
    id: string,
    note: Partial<PullNote> = {},
    over: Partial<Extract<Event, { type: 'pull.noted' }>> = {},
  ): Event => ({
    type: 'pull.noted',
    task: taskId(id),
    note: { ...GOOD_NOTE, head: find(state, id).pull?.head ?? hash('none'), ...note },
    remarks: [],
    ...over,
  }),
  queued: (id: string): Event => ({ type: 'task.queued', task: taskId(id) }),
  built: (id: string, over: Partial<Extract<Event, { type: 'candidate.built' }>> = {}): Event => ({
    type: 'candidate.built',
    task: taskId(id),
    base: hash('target'),
    commit: hash(`${id} candidate`),
    tree: hash(`${id} candidate tree`),
    empty: false,
    ...over,
  }),
  candidateVerified: (id: string): Event => ({
    type: 'candidate.verified',
    task: taskId(id),
    commit: hash(`${id} candidate`),
    tree: hash(`${id} candidate tree`),
    gates: [gate('npm test', 0, 3_000)],
  }),
  landed: (id: string): Event => ({
    type: 'task.landed',
    task: taskId(id),
    commit: hash(`${id} candidate`),
    tree: hash(`${id} candidate tree`),
    base: hash('target'),
    ref: 'main',
    detour: null,
    by: 'weft',
  }),
  swept: (id: string, rescue: string | null = null): Event => ({
    type: 'task.swept',
    task: taskId(id),
    rescue,
    kept: null,
  }),
  trouble: (state: RunState, id: string, effect: EffectKind, detail = 'the disk is full'): Event => ({
    type: 'effect.failed',
    ...latest(state, id),
    effect,
    detail,
  }),
};

/** Brings a waiting task to a phase by the straight way. `spawned` and `working` begin an attempt. */
export function bring(state: RunState, id: string, to: Phase, ms = 0): RunState {
  const ways: readonly [Phase, () => readonly Event[]][] = [
    ['spawned', () => [facts.spawned(state, id)]],
    ['working', () => [facts.started(state, id)]],
    ['verifying', () => [facts.exited(state, id)]],
    ['committed', () => [facts.inspected(state, id)]],
    ['queued', () => [facts.queued(id)]],
    ['merged', () => [facts.built(id)]],
  ];
  for (const [phase, make] of ways) {
    if (find(state, id).phase === to) return state;
    if (!comesAfter(phase, find(state, id).phase)) continue;
    play(state, make(), ms);
    if (phase === 'committed') play(state, [facts.verified(state, id)], ms);
    if (phase === 'merged') play(state, [facts.candidateVerified(id), facts.landed(id)], ms);
  }
  if (find(state, id).phase !== to) throw new Error(`${id} did not come to ${to}`);
  return state;
}

const ORDER: readonly Phase[] = [
  'waiting',
  'spawned',
  'working',
  'verifying',
  'committed',
  'queued',
  'merged',
];

function comesAfter(a: Phase, b: Phase): boolean {
  return ORDER.indexOf(a) > ORDER.indexOf(b);
}

function latest(state: RunState, id: string): { readonly task: Task['id']; readonly attempt: number } {
  return { task: taskId(id), attempt: find(state, id).attempts };
}

function treeOf(state: RunState, id: string): Oid {
  return find(state, id).attempt?.inspected?.tree ?? hash(`${id} tree`);
}

/** One part of a plan. */
export function milestone(over: Partial<Milestone> = {}): Milestone {
  return { goal: 'It works', filesExpected: [], doneChecks: ['npm test'], risk: 'low', ...over };
}

/** One changed file. */
export function changed(path: string): ChangedFile {
  return { path, added: 10, deleted: 2 };
}
