// The zoo of bugs: each breaks one promise on purpose, by wrapping what the engine is given, and must be caught for it.

import { holdClaim } from '../../core/claim/claim-index.ts';
import { findHead, landNext } from '../../core/decide/queue.ts';
import { listSteps } from '../../core/decide/supervise.ts';
import type { Effect } from '../../core/effect.ts';
import type { Event } from '../../core/event.ts';
import { isTerminal } from '../../core/lifecycle.ts';
import { type RunMs, runMs } from '../../core/model.ts';
import { branchOf } from '../../core/names.ts';
import { patternsOf } from '../../core/schedule-index.ts';
import type { RunState, TaskState } from '../../core/state.ts';
import type { Sabotage } from './life.ts';
import { isAhead, isInTheWay, isSatisfied } from './oracle.ts';
import { FORGE_SABOTAGES } from './sabotage-forge.ts';
import { PORT_SABOTAGES } from './sabotage-ports.ts';
import { SOURCE_SABOTAGES } from './sabotage-source.ts';
import type { World } from './world.ts';

/** Starts one more task than the honest decision would, when one fits. */
function alsoStart(
  fits: (world: World, ts: TaskState, state: RunState) => boolean,
): NonNullable<Sabotage['decide']> {
  return (honest, world) => (state, now) => {
    const effects = honest(state, now);
    if (effects[0]?.kind === 'record' || state.rested !== null || state.stopping !== null) return effects;
    const ts = [...state.tasks.values()].find((each) => isIdle(each) && fits(world, each, state));
    return ts === undefined ? effects : [{ kind: 'record', event: spawn(state, ts) }];
  };
}

function isIdle(ts: TaskState): boolean {
  return (
    ts.phase === 'waiting' && ts.question === null && !ts.paused && !ts.wipe && ts.task.type !== 'manual'
  );
}

function spawn(state: RunState, ts: TaskState): Event {
  const { id } = ts.task;
  const branch = branchOf(state, id);
  const of = { task: id, attempt: ts.attempts + 1, agent: ts.task.agent, branch };
  return { type: 'attempt.spawned', ...of, stackedOn: null, forced: [] };
}

/** Rewrites the facts that are decided. */
function rewrite(
  change: (event: Event, state: RunState, now: number) => Event,
): NonNullable<Sabotage['decide']> {
  return (honest) => (state, now) =>
    honest(state, now).map((effect) =>
      effect.kind === 'record' ? { kind: 'record', event: change(effect.event, state, now) } : effect,
    );
}

/** Records a fact of its own, when there is one. */
function alsoRecord(find: (ts: TaskState, state: RunState) => Event | null): NonNullable<Sabotage['decide']> {
  return (honest) => (state, now) => {
    const effects = honest(state, now);
    if (effects[0]?.kind === 'record' || state.rested !== null) return effects;
    for (const ts of state.tasks.values()) {
      const event = find(ts, state);
      if (event !== null) return [{ kind: 'record', event }];
    }
    return effects;
  };
}

function isReady(world: World, ts: TaskState): boolean {
  return (
    (ts.retryAt ?? 0) <= world.oracle.shadow.ms && ts.task.edges.every((edge) => isSatisfied(world, edge))
  );
}

const neverInTheWay = (world: World, ts: TaskState, state: RunState): boolean =>
  ![...state.tasks.values()].some((other) => other !== ts && isInTheWay(world, ts, other));

const landAll: NonNullable<Sabotage['decide']> = (honest) => (state, now) => {
  const effects = honest(state, now);
  const head = findHead(state);
  if (head === null || effects[0]?.kind === 'record') return effects;
  if (effects.every((effect) => effect.kind !== 'land-candidate')) return effects;
  for (const { task, attempts, candidate } of state.index.line.batch) {
    if (candidate === null) continue;
    const { commit, base } = candidate;
    const of = { task: task.id, attempt: attempts, commit, base, tasks: [task.id] };
    effects.push({ kind: 'land-candidate', key: `${task.id}/${attempts}/second`, ...of });
  }
  return effects;
};

function landingWork(state: RunState, now: RunMs): Effect[] {
  return landNext(state, now).filter((effect) => effect.kind !== 'record');
}

/** Attempts whose start was told a second time. */
const SAID = new WeakSet<object>();

const DECISIONS: readonly Sabotage[] = [
  {
    name: 'ignores-edges',
    breaks: ['edges-first'],
    decide: alsoStart(
      (world, ts, state) => state.index.slots.size < world.scene.policy.maxAgents && ts.attempts === 0,
    ),
  },
  {
    name: 'ignores-claims',
    breaks: ['disjoint-claims'],
    decide: alsoStart(
      (world, ts, state) => state.index.slots.size < world.scene.policy.maxAgents && isReady(world, ts),
    ),
  },
  {
    name: 'releases-claims-early',
    breaks: ['disjoint-claims'],
    decide: alsoStart(
      (world, ts, state) =>
        state.index.slots.size < world.scene.policy.maxAgents &&
        isReady(world, ts) &&
        ![...state.tasks.values()].some(
          (other) =>
            other !== ts &&
            (other.phase === 'spawned' || other.phase === 'working') &&
            isInTheWay(world, ts, other),
        ),
    ),
  },
  {
    name: 'ignores-slots',
    breaks: ['slots'],
    decide: alsoStart((world, ts, state) => isReady(world, ts) && neverInTheWay(world, ts, state)),
  },
  {
    name: 'ignores-the-radar',
    breaks: ['known-conflicts'],
    decide: alsoStart(
      (world, ts, state) =>
        state.index.slots.size < world.scene.policy.maxAgents &&
        isReady(world, ts) &&
        neverInTheWay(world, ts, state) &&
        [...state.tasks.values()].some((other) => isAhead(world, ts, other)),
    ),
  },
  {
    name: 'begins-what-is-withheld',
    breaks: ['withheld-waits'],
    decide: alsoStart(
      (world, ts, state) =>
        ts.withheld !== null &&
        isReady(world, ts) &&
        neverInTheWay(world, ts, state) &&
        state.index.slots.size < world.scene.policy.maxAgents,
    ),
  },
  {
    name: 'ignores-the-budget-of-the-run',
    breaks: ['run-budget'],
    decide: alsoStart(
      (world, ts, state) =>
        [...state.tasks.values()].some((each) => each.question?.cause === 'run-budget') &&
        isReady(world, ts) &&
        neverInTheWay(world, ts, state) &&
        state.index.slots.size < world.scene.policy.maxAgents,
    ),
  },
  {
    name: 'ignores-the-attempt-limit',
    breaks: ['attempt-limit'],
    decide: rewrite((event, _state, now) =>
      event.type === 'attempt.failed' && event.then.kind !== 'retry'
        ? { ...event, then: { kind: 'retry', at: runMs(now + 600_000) } }
        : event,
    ),
  },
  {
    name: 'forgets-to-back-off',
    breaks: ['back-off'],
    decide: rewrite((event, _state, now) =>
      event.type === 'attempt.failed' && event.then.kind === 'retry'
        ? { ...event, then: { kind: 'retry', at: runMs(now) } }
        : event,
    ),
  },
  {
    name: 'lands-unverified',
    breaks: ['verified-target'],
    decide: (honest) => (state, now) =>
      honest(state, now).map((effect): Effect => {
        if (effect.kind !== 'verify-candidate') return effect;
        const { key, task, attempt, commit } = effect;
        const { batch } = state.index.line;
        const together = batch.slice(0, batch.findIndex((ts) => ts.task.id === task) + 1);
        const base = together[0]?.candidate?.base ?? commit;
        const tasks = together.map((ts) => ts.task.id);
        return { kind: 'land-candidate', key, task, attempt, commit, base, tasks };
      }),
  },
  { name: 'lands-side-by-side', breaks: ['one-landing'], decide: landAll },
  {
    name: 'revives-the-final',
    breaks: ['terminal-final'],
    decide: (honest) => (state, now) => {
      const effects = honest(state, now);
      const ts = [...state.tasks.values()].find((each) => isTerminal(each.phase) && each.swept !== null);
      if (ts === undefined || effects[0]?.kind === 'record' || state.rested !== null) return effects;
      return [{ kind: 'record', event: spawn(state, ts) }];
    },
  },
  {
    name: 'queues-unfinished-work',
    breaks: ['legal-moves'],
    decide: alsoRecord((ts) => (ts.phase === 'verifying' ? { type: 'task.queued', task: ts.task.id } : null)),
  },
  {
    name: 'says-it-twice',
    breaks: ['performed-once'],
    decide: alsoRecord((ts) => {
      const { attempt } = ts;
      if (ts.phase !== 'working' || attempt?.base == null || attempt.identity === null) return null;
      if (SAID.has(attempt)) return null;
      SAID.add(attempt);
      const { base, identity, worktree, steerable } = attempt;
      const of = {
        task: ts.task.id,
        attempt: attempt.n,
        base,
        identity,
        steerable,
        worktree: worktree ?? '',
      };
      return { type: 'attempt.started', ...of };
    }),
  },
  {
    name: 'sleeps-through-a-start',
    breaks: ['no-lost-wake-up', 'rests-for-a-reason'],
    decide: (honest) => (state, now) => {
      const effects = honest(state, now);
      const [first] = effects;
      const starts = first?.kind === 'record' && first.event.type === 'attempt.spawned';
      // the last free slot stays free
      if (!starts || state.index.slots.size + 1 < state.policy.maxAgents) return effects;
      return [...listSteps(state), ...landingWork(state, now)];
    },
  },
  {
    name: 'forgets-the-hung',
    breaks: ['rests-for-a-reason', 'comes-to-rest'],
    decide: (honest) => (state, now) => {
      const effects = honest(state, now);
      const [first] = effects;
      const times = first?.kind === 'record' && first.event.type === 'attempt.timed-out';
      return times ? landingWork(state, now) : effects;
    },
  },
  {
    name: 'changes-the-state-without-a-fact',
    breaks: ['replay-is-live'],
    decide: (honest) => (state, now) => {
      for (const ts of state.tasks.values()) if (ts.phase === 'committed') ts.approved = true;
      return honest(state, now);
    },
  },
  {
    name: 'keeps-claims',
    breaks: ['claim-leak'],
    decide: (honest) => (state, now) => {
      for (const ts of state.tasks.values()) {
        const { claims } = state.index;
        if (ts.phase !== 'merged' || claims.holdings.has(ts.task.id)) continue;
        holdClaim(claims, ts.task.id, patternsOf(state, ts));
      }
      return honest(state, now);
    },
  },
];

/** All of them. */
export const SABOTAGES: readonly Sabotage[] = [
  ...DECISIONS,
  ...PORT_SABOTAGES,
  ...FORGE_SABOTAGES,
  ...SOURCE_SABOTAGES,
];
