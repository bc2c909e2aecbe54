// Facts into state: the only function that changes a state. Total, deterministic, without effects.
import { wakeAll } from '../backoff.ts';
import { cut, settleBatch } from '../batch.ts';
import type { Event, Recorded } from '../event.ts';
import { unreachable } from '../failure.ts';
import { isTerminal } from '../lifecycle.ts';
import { DEFAULT_POLICY, type Policy, type RunMs, type TaskId } from '../model.ts';
import { holdAnew, indexPlan, refreshTask } from '../schedule-index.ts';
import {
  createState,
  createTaskState,
  isLive,
  isUntouched,
  type RunState,
  type TaskState,
  taskOf,
} from '../state.ts';
import { evolveAttempt } from './attempt.ts';
import { evolveCommand } from './command.ts';
import { evolveLanding } from './landing.ts';
import { dropOverlaps, evolveOverlap, type OverlapEvent } from './overlap.ts';
import { evolvePull, noteOffer } from './pull.ts';

/** A fact and the clocks it was recorded at. */
export type Fact = Pick<Recorded, 'at' | 'ms' | 'event'>;

/** Applies one fact. The state is changed in place and returned: it has exactly one owner. */
export function evolve(state: RunState, fact: Fact): RunState {
  const { event } = fact;
  state.updatedAt = fact.at;
  state.ms = fact.ms;
  if (state.index.now < fact.ms) state.index.now = fact.ms;
  if (event.type === 'overlap.found' || event.type === 'overlap.gone') evolveOverlap(state, event, fact.ms);
  else if ('task' in event) evolveTask(state, event, fact.ms);
  else evolveRun(state, event, fact);
  return state;
}

/** Applies a list of facts to an empty state. */
export function replay(facts: Iterable<Fact>): RunState {
  const state = createState();
  for (const fact of facts) evolve(state, fact);
  return state;
}

type RunEvent = Exclude<Event, { readonly task: unknown }>;
type TaskEvent = Exclude<Extract<Event, { readonly task: unknown }>, OverlapEvent>;

function evolveRun(state: RunState, event: RunEvent, fact: Fact): void {
  switch (event.type) {
    case 'run.started':
      state.run = event.run;
      state.repository = event.repository;
      state.policy = completePolicy(event.policy);
      state.targetOid = event.targetOid;
      state.targetHolds = event.targetOid;
      state.sources = event.sources ?? [];
      state.startedAt = fact.at;
      state.startedMs = fact.ms;
      event.tasks.forEach((task, order) => {
        state.tasks.set(task.id, createTaskState(task, order, fact.ms));
      });
      indexPlan(state);
      return;
    case 'run.resumed':
      state.policy = completePolicy(event.policy);
      // nobody would take back what is known of them
      if (!state.policy.radar.enabled) state.overlaps = [];
      if (state.restedMs !== null) state.idleMs += fact.ms - state.restedMs;
      state.rested = null;
      state.restedMs = null;
      state.stopping = null;
      // the pause says that a resume ends it
      state.paused = false;
      state.resumes += 1;
      // what people did meanwhile is not known
      for (const { pull } of state.tasks.values()) if (pull !== null) pull.isFresh = false;
      indexPlan(state);
      return;
    case 'run.paused':
      state.paused = true;
      return;
    case 'run.unpaused':
      state.paused = false;
      return;
    case 'run.stopping':
      state.stopping = event.agents;
      stopAttempts(state, event.agents);
      return;
    case 'forge.met':
      state.hasMergeQueue = event.hasMergeQueue;
      state.isProtected = event.isProtected ?? false;
      return wakeAll(state);
    case 'plan.changed':
      return changePlan(state, event, fact.ms);
    case 'source.noted':
      if (event.trouble === null) delete state.sourceTroubles[event.source];
      else state.sourceTroubles[event.source] = event.trouble;
      return;
    case 'run.rested':
      state.rested = event.outcome;
      state.restedMs = fact.ms;
      return;
    default:
      unreachable(event);
  }
}

/** What somebody has begun stays as it was begun. */
function changePlan(
  state: RunState,
  { added, revised }: Extract<RunEvent, { readonly type: 'plan.changed' }>,
  ms: RunMs,
): void {
  for (const task of revised) {
    const ts = state.tasks.get(task.id);
    if (ts !== undefined && isUntouched(ts)) ts.task = task;
  }
  for (const task of added) {
    if (state.tasks.has(task.id)) continue;
    state.tasks.set(task.id, createTaskState(task, state.tasks.size, ms));
  }
  indexPlan(state);
}

/** A journal of an earlier weft lacks the choices that did not exist then. */
function completePolicy(recorded: Policy): Policy {
  return { ...DEFAULT_POLICY, ...recorded, limits: { ...DEFAULT_POLICY.limits, ...recorded.limits } };
}

/** A run that comes to its end is another reason for every step; one that ends now ends its attempts. */
function stopAttempts(state: RunState, agents: 'finish' | 'stop'): void {
  for (const ts of state.index.open.keys()) {
    if (agents === 'stop' && ts.attempt !== null && isLive(ts)) ts.attempt.stop ??= 'run-stopped';
    refreshTask(state, ts);
  }
}

function evolveTask(state: RunState, event: TaskEvent, ms: RunMs): void {
  const ts = taskOf(state, event.task);
  const before = ts.phase;
  if (event.type !== 'effect.failed') ts.trouble = null;
  applyToTask(state, ts, event, ms);
  if (ts.phase !== before) {
    if (ts.phase === 'committed') noteOffer(state, ts);
    ts.phaseAt = ms;
    ts.endedAt = isTerminal(ts.phase) ? ms : null;
  }
  if (isTerminal(ts.phase)) {
    ts.question = null;
    ts.askedAt = null;
  }
  if (isTerminal(ts.phase) || ts.wipe) dropOverlaps(state, ts.task.id);
  settleClaim(state, ts, event.type === 'attempt.spawned' ? event.forced : []);
  const { line } = state.index;
  const others = event.type === 'landing.stale' ? cut(line, 0) : settleBatch(line, ts);
  refreshTask(state, ts);
  for (const other of others) if (other !== ts) refreshTask(state, other);
}

function applyToTask(state: RunState, ts: TaskState, event: TaskEvent, ms: RunMs): void {
  switch (event.type) {
    case 'claim.widened':
      return widenClaim(state, ts, event.patterns);
    case 'attempt.spawned':
    case 'attempt.started':
    case 'attempt.start-failed':
    case 'attempt.exited':
    case 'attempt.timed-out':
    case 'attempt.overspent':
    case 'usage.noted':
    case 'parts.finished':
    case 'question.withdrawn':
    case 'attempt.parked':
    case 'attempt.stopped':
    case 'attempt.inspected':
    case 'attempt.verified':
    case 'attempt.rejected':
    case 'attempt.planned':
    case 'attempt.reviewed':
    case 'attempt.unanswered':
    case 'attempt.failed':
    case 'question.asked':
    case 'guidance.delivered':
    case 'effect.failed':
      return evolveAttempt(state, ts, event, ms);
    case 'question.answered':
    case 'guidance.given':
    case 'comment.given':
    case 'task.approved':
    case 'task.paused':
    case 'task.unpaused':
    case 'task.restarted':
    case 'task.cancelled':
    case 'task.done':
    case 'task.withheld':
    case 'task.settled':
    case 'task.told':
      return evolveCommand(state, ts, event, ms);
    case 'pull.opened':
    case 'pull.noted':
    case 'pull.shelved':
    case 'pull.enqueued':
      return evolvePull(state, ts, event, ms);
    case 'task.queued':
    case 'candidate.built':
    case 'candidate.conflicted':
    case 'batch.closed':
    case 'candidate.verified':
    case 'candidate.rejected':
    case 'branch.moved':
    case 'target.rewritten':
    case 'landing.stale':
    case 'landing.held':
    case 'landing.freed':
    case 'task.landed':
    case 'task.failed':
    case 'task.swept':
      return evolveLanding(state, ts, event, ms);
    default:
      return unreachable(event);
  }
}

/** The plan's own task stays as it was: who shares it has not widened anything. */
function widenClaim(state: RunState, ts: TaskState, patterns: readonly string[]): void {
  if (ts.task.owns === null) return;
  ts.task = { ...ts.task, owns: [...ts.task.owns, ...patterns] };
  if (!ts.holdsClaim) return;
  holdAnew(state, ts);
  const at = state.updatedAt;
  const { id } = ts.task;
  state.claims.push({ at, action: 'acquire', task: id, attempt: ts.attempts, patterns, forced: [] });
  if (state.claims.length > MAX_CLAIM_RECORDS) state.claims.shift();
}

const MAX_CLAIM_RECORDS = 10_000;

/** A claim is held from the decision to start until the task is final or started anew, and each change is on record. */
function settleClaim(state: RunState, ts: TaskState, forced: readonly TaskId[]): void {
  // only a start takes a claim: who let go (failed, started anew) has to pass the same check again as everybody else
  const takes = ts.holdsClaim || ts.phase === 'spawned';
  // what its source does not want any more keeps its claim until its agent is gone
  const isOut = isTerminal(ts.phase) || ts.wipe || (ts.withheld !== null && isUntouched(ts));
  const holds = ts.task.owns !== null && takes && !isOut;
  if (holds === ts.holdsClaim) return;
  ts.holdsClaim = holds;
  state.claims.push({
    at: state.updatedAt,
    action: holds ? 'acquire' : 'release',
    task: ts.task.id,
    attempt: ts.attempts,
    patterns: ts.task.owns ?? [],
    forced,
  });
  if (state.claims.length > MAX_CLAIM_RECORDS) state.claims.shift();
}
