// Agents that are barred for now: one that is refused by its model's provider, not logged in or not there speaks for all that
// share its account, and a run whose budget is used up for all. Kept per task that found out; knows nothing of how agents are
// started.
import type { Cause, FaultKind, Policy, RunMs } from './model.ts';
import { openLane } from './ready-groups.ts';
import type { RunState, TaskState } from './state.ts';

/** What a task found out about its agent. */
export interface Bar {
  readonly ts: TaskState;
  readonly agent: string;
  readonly cause: Cause;
  /** Null: until a human has mended it. */
  readonly until: RunMs | null;
}

/** The bar that holds longest for an agent, from the index's time on, or null. */
export function findBar({ index, policy }: RunState, agent: string): Bar | null {
  let longest: Bar | null = null;
  for (const bar of index.bars.values()) {
    const holds = bar.until === null || bar.until > index.now;
    if (!holds || !concerns(policy, bar, agent)) continue;
    if (longest === null || isLonger(bar, longest)) longest = bar;
  }
  return longest;
}

/** In what order they were found out does not matter: a run that is taken up again knows it no more. */
function isLonger(one: Bar, other: Bar): boolean {
  const [left, right] = [one.until ?? Number.POSITIVE_INFINITY, other.until ?? Number.POSITIVE_INFINITY];
  return left === right ? one.ts.order < other.ts.order : left > right;
}

/** Tells whether a cause is about the agent, not about the task. */
export function isAboutAgent(cause: Cause): boolean {
  return cause === 'limit-reached' || cause === 'login-missing' || cause === 'agent-missing';
}

function concerns(policy: Policy, bar: Bar, agent: string): boolean {
  return bar.cause === 'run-budget' || accountOf(policy, bar.agent) === accountOf(policy, agent);
}

/** Agents of a kind that weft knows share an account; of others nobody knows. */
function accountOf({ agents }: Policy, agent: string): string {
  const { kind, preset } = agents[agent] ?? {};
  const known = kind === 'acp' ? preset?.replace(/-(?:agent-)?acp$/, '') : kind;
  return known === undefined || kind === 'command' || kind === 'script' ? `agent ${agent}` : `kind ${known}`;
}

/** Brings the bars up to date with one task. */
export function settleBar(state: RunState, ts: TaskState): void {
  const { bars } = state.index;
  const before = bars.get(ts);
  const bar = barOf(ts);
  if (bar === null) bars.delete(ts);
  else bars.set(ts, bar);
  if (before !== undefined) openLanes(state, before);
}

function barOf(ts: TaskState): Bar | null {
  if (ts.attempt === null) return null;
  const { agent } = ts.attempt;
  if (ts.question?.cause === 'run-budget') return { ts, agent, cause: 'run-budget', until: null };
  // a command line of the task's own says nothing of the agent that others have
  if (ts.task.run !== null) return null;
  if (ts.question?.cause === 'login-missing') return { ts, agent, cause: 'login-missing', until: null };
  // an exit code of 127 may be that of something else which a command line of the agent's ran
  if (ts.failure?.cause === 'agent-missing' && ts.attempt.fault?.kind === 'missing')
    return { ts, agent, cause: 'agent-missing', until: null };
  const fresh = freshCauseOf(ts);
  if (fresh !== null) return { ts, agent, cause: fresh, until: null };
  if (ts.phase !== 'waiting') return null;
  const last = ts.history.at(-1)?.cause;
  const isLimited = last === 'limit-reached' && ts.retryAt !== null;
  return isLimited ? { ts, agent, cause: last, until: ts.retryAt } : null;
}

const CAUSES: Partial<Record<FaultKind, Cause>> = {
  limit: 'limit-reached',
  login: 'login-missing',
  missing: 'agent-missing',
};

/** What an agent that just ended said of itself: until it is decided what follows, nobody tries the same. */
function freshCauseOf({ phase, paused, attempt }: TaskState): Cause | null {
  const isDecidedNow = phase === 'verifying' && !paused && attempt?.accepted === false;
  const kind = isDecidedNow ? attempt.fault?.kind : undefined;
  return (kind === undefined ? null : CAUSES[kind]) ?? null;
}

/** When a bar is lifted by time alone, or null. */
export function nextLift({ index }: RunState, now: RunMs): RunMs | null {
  let next: RunMs | null = null;
  for (const { until } of index.bars.values()) {
    if (until !== null && until > now && (next === null || until < next)) next = until;
  }
  return next;
}

/** Time passes: whose agent's time has come wait no longer. */
export function liftBars(state: RunState, now: RunMs): void {
  const { bars, lifted } = state.index;
  if (bars.size === 0 || lifted >= now) return;
  state.index.lifted = now;
  for (const bar of bars.values()) {
    if (bar.until !== null && bar.until > lifted && bar.until <= now) openLanes(state, bar);
  }
}

/** Whoever waits for an agent of the account may have room again. */
function openLanes(state: RunState, bar: Bar): void {
  for (const name of state.index.lanes.keys()) {
    if (name.startsWith('agent:') && concerns(state.policy, bar, name.slice('agent:'.length)))
      openLane(state, name);
  }
}
