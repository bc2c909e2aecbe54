// What the facts of landing and of the end do to a task. Knows nothing of how commits are made.
import type { Event } from '../event.ts';
import { unreachable } from '../failure.ts';
import { isTerminal } from '../lifecycle.ts';
import type { RunMs } from '../model.ts';
import { isLive, type RunState, type TaskState } from '../state.ts';
import { inspectAnew } from './ending.ts';

type LandingEvent = Extract<
  Event,
  {
    readonly type:
      | 'task.queued'
      | 'candidate.built'
      | 'candidate.conflicted'
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
      ts.queuedAt = ms;
      ts.held = null;
      return;
    case 'candidate.built':
      if (ts.phase !== 'queued') return;
      ts.candidate = {
        base: event.base,
        commit: event.commit,
        tree: event.tree,
        empty: event.empty,
        // the same tree passed the same gates already: that verdict is about exactly what would land
        verified: event.empty || event.tree === ts.attempt?.verified?.tree,
      };
      return;
    case 'candidate.conflicted':
      if (ts.phase === 'queued') ts.conflict = { base: event.base, files: event.files };
      return;
    case 'candidate.verified':
      if (ts.candidate?.commit !== event.commit) return;
      ts.candidate.verified = true;
      ts.landedGates = event.gates;
      return;
    case 'candidate.rejected':
      if (ts.candidate?.commit !== event.commit) return;
      ts.candidateRejected = { gates: event.gates, excerpt: event.excerpt };
      return;
    case 'branch.moved':
      return moveBranch(ts, event);
    case 'target.rewritten':
      if (ts.phase === 'queued') ts.rewritten = { from: event.from, to: event.to, gone: event.gone };
      return;
    case 'landing.stale':
      ts.candidate = null;
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
  if (event.by === 'weft' && event.ref === state.policy.target) state.targetHolds = event.commit;
  // somebody merged what the task has gone on from since: what it makes of it is looked at again once it is verified
  if (event.by === 'human' && (isLive(ts) || ts.phase === 'verifying')) return;
  // a landing under way when a human cancelled it is a fact all the same
  const { commit, tree, ref, detour, by } = event;
  ts.landed ??= { commit, tree, ref, detour, by, at: ms };
  if (!isTerminal(ts.phase)) ts.phase = 'merged';
  ts.comments = [];
}

/** What was added to verified work is looked at like the rest; of any other move a human says what it means. */
function moveBranch(ts: TaskState, event: Extract<LandingEvent, { readonly type: 'branch.moved' }>): void {
  const { from, to, ahead } = event;
  if (ts.phase !== 'queued' || ts.attempt?.inspected?.head !== from) return;
  ts.moved = { from, to };
  // it was about what was there then
  ts.attempt.accepted = false;
  if (ahead) inspectAnew(ts, ts.attempt);
}
