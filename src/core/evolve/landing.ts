// What the facts of landing and of the end do to a task. Knows nothing of how commits are made.
import { endForgeTrouble } from '../backoff.ts';
import { join, topOf } from '../batch.ts';
import { gatesOfAll } from '../decide/gates.ts';
import type { Event } from '../event.ts';
import { unreachable } from '../failure.ts';
import { isTerminal } from '../lifecycle.ts';
import type { Oid, RunMs, TaskId } from '../model.ts';
import { noteOdds } from '../odds.ts';
import { hasVerifiedWork, isLive, type RunState, type TaskState } from '../state.ts';
import { inspectAnew } from './ending.ts';
import { claimCandidate } from './pull.ts';

type LandingEvent = Extract<
  Event,
  {
    readonly type:
      | 'task.queued'
      | 'candidate.built'
      | 'candidate.conflicted'
      | 'batch.closed'
      | 'candidate.verified'
      | 'candidate.rejected'
      | 'branch.moved'
      | 'target.rewritten'
      | 'landing.stale'
      | 'landing.held'
      | 'landing.freed'
      | 'task.landed'
      | 'task.failed'
      | 'task.swept';
  }
>;

/** Applies one fact of landing or of the end of a task. */
export function evolveLanding(state: RunState, ts: TaskState, event: LandingEvent, ms: RunMs): void {
  switch (event.type) {
    case 'task.queued':
      ts.phase = 'queued';
      ts.queuedAt ??= ms;
      ts.held = null;
      return;
    case 'candidate.built':
      return takeBuilt(state, ts, event);
    case 'candidate.conflicted':
      if (ts.phase !== 'queued' || !standsOnTop(state, event)) return;
      // another that lands first, or goes back, may be all that is in its way
      if (event.behind === undefined) ts.conflict = conflictOf(event);
      else ts.aside = event.behind;
      return;
    case 'batch.closed':
      if (ts.candidate !== null) ts.candidate.closes = true;
      return;
    case 'candidate.verified':
      return takeVerified(state, ts, event);
    case 'candidate.rejected':
      if (ts.candidate?.commit !== event.commit) return;
      ts.candidateRejected = {
        gates: event.gates,
        excerpt: event.excerpt,
        times: (ts.candidateRejected?.times ?? 0) + 1,
      };
      return;
    case 'branch.moved':
      return moveBranch(ts, event);
    case 'target.rewritten':
      if (ts.phase === 'queued') ts.rewritten = { from: event.from, to: event.to, gone: event.gone };
      return;
    case 'landing.stale':
      // the batch is dropped as a whole: its first stands on what the target was
      return;
    case 'landing.held':
      if (ts.phase === 'queued') ts.held = { on: event.on, ref: event.ref };
      return;
    case 'landing.freed':
      ts.held = null;
      return;
    case 'task.landed':
      return land(state, ts, event, ms);
    case 'task.failed':
      if (isTerminal(ts.phase)) return;
      ts.phase = 'failed';
      ts.failure = { cause: event.cause, sentence: event.sentence };
      return;
    case 'task.swept':
      if (isTerminal(ts.phase)) ts.swept = { rescue: event.rescue, kept: event.kept };
      if (!ts.wipe) return;
      ts.wipe = false;
      ts.attempt = null;
      ts.conversations = {};
      return;
    default:
      unreachable(event);
  }
}

function land(
  state: RunState,
  ts: TaskState,
  event: Extract<LandingEvent, { readonly type: 'task.landed' }>,
  ms: RunMs,
): void {
  endForgeTrouble(state);
  if (event.by === 'weft' && event.ref === state.policy.target) state.targetHolds = event.commit;
  // somebody merged what the task has gone on from since: what it makes of it is looked at again once it is verified
  if (isLive(ts) || ts.phase === 'verifying') return;
  // a landing under way when a human cancelled it is a fact all the same
  const { commit, tree, ref, detour, by } = event;
  ts.landed ??= { commit, tree, ref, detour, by, at: ms };
  ts.comments = [];
  // what was given up and a human merged all the same is done
  if (isTerminal(ts.phase) && ts.phase !== 'failed') return;
  ts.failure = null;
  ts.phase = 'merged';
  if (by === 'weft' && event.commit !== event.base) noteOdds(state, 'landed');
}

/** A candidate counts when it stands on what the batch ends with now. */
function standsOnTop({ index }: RunState, event: { readonly behind?: TaskId; readonly base: Oid }): boolean {
  const top = topOf(index.line);
  if (event.behind === undefined) return top === null;
  return top?.ts.task.id === event.behind && top.commit === event.base;
}

function takeBuilt(
  state: RunState,
  ts: TaskState,
  event: Extract<LandingEvent, { readonly type: 'candidate.built' }>,
): void {
  if (ts.phase !== 'queued' || ts.candidate !== null || !standsOnTop(state, event)) return;
  const { base, commit, tree, empty, behind, note = null } = event;
  if (empty && behind !== undefined) {
    // whether anything is left of it shows when the others have landed
    ts.aside = behind;
    return;
  }
  // the same tree passed the same gates already: that verdict is about exactly what would land
  const verified = empty || (tree === ts.attempt?.verified?.tree && hasPassedAll(state, ts));
  ts.candidate = { base, commit, tree, empty, verified, closes: false, note };
  ts.candidateRejected = null;
  claimCandidate(ts, commit);
  endForgeTrouble(state);
  join(state.index.line, ts);
}

function conflictOf({
  base,
  files,
  vanished,
}: Extract<LandingEvent, { readonly type: 'candidate.conflicted' }>): NonNullable<TaskState['conflict']> {
  return { base, files, ...(vanished === undefined ? {} : { vanished }) };
}

function takeVerified(
  { index }: RunState,
  ts: TaskState,
  event: Extract<LandingEvent, { readonly type: 'candidate.verified' }>,
): void {
  if (ts.candidate?.commit !== event.commit) return;
  ts.candidate.verified = true;
  for (const each of index.line.batch.slice(0, index.line.batch.indexOf(ts) + 1)) {
    each.landedGates = event.gates;
    each.landedTree = event.tree;
  }
  if (ts.candidateRejected === null) return;
  // a gate that fails and then passes on the same tree says nothing of those who failed with it either
  ts.flaky = ts.candidateRejected.gates.filter((gate) => gate.exit !== 0).map((gate) => gate.command);
  for (const other of index.line.batch) other.candidateRejected = null;
}

/** Tells whether its own tree passed all that it has to pass together with what is before it in the batch. */
function hasPassedAll(state: RunState, ts: TaskState): boolean {
  const passed = new Set(ts.attempt?.verified?.gates.map(({ command }) => command));
  return gatesOfAll(state, [...state.index.line.batch, ts]).every(({ command }) => passed.has(command));
}

/** What was added to verified work is looked at like the rest; of any other move a human says what it means. */
function moveBranch(ts: TaskState, event: Extract<LandingEvent, { readonly type: 'branch.moved' }>): void {
  const { from, to, ahead } = event;
  if (!hasVerifiedWork(ts) || ts.attempt?.inspected?.head !== from) return;
  ts.moved = { from, to };
  // it was about what was there then
  ts.attempt.accepted = false;
  if (!ahead) return;
  inspectAnew(ts, ts.attempt);
  // agents have no way there: it is people's own, and only its gates have to pass
  ts.attempt.accepted = event.atForge === true;
}
