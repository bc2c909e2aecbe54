// Keeps the effects that are under way in line with the ones decided: starts what is missing, aborts what is obsolete.
import type { WorkEffect } from '../core/effect.ts';
import type { Event } from '../core/event.ts';
import type { Failure, Result } from '../core/failure.ts';
import type { RunState } from '../core/state.ts';
import { adoptPush } from './effects/adopt-push.ts';
import { buildCandidate } from './effects/build-candidate.ts';
import { deliverGuidance } from './effects/deliver-guidance.ts';
import { enqueuePull } from './effects/enqueue-pull.ts';
import { inspectAttempt } from './effects/inspect-attempt.ts';
import { landCandidate } from './effects/land-candidate.ts';
import { openPull } from './effects/open-pull.ts';
import { shelvePull } from './effects/shelve-pull.ts';
import { startAttempt } from './effects/start-attempt.ts';
import { stopAttempt } from './effects/stop-attempt.ts';
import { sweepTask } from './effects/sweep-task.ts';
import { verifyAttempt, verifyCandidate } from './effects/verify.ts';
import { watchAttempt } from './effects/watch-attempt.ts';
import { watchPull } from './effects/watch-pull.ts';
import type { EffectFailure } from './forge-failure.ts';
import type { Inbox } from './inbox.ts';
import type { Parts } from './parts.ts';
import { createPullPoller, type PullPoller } from './pull-poller.ts';

/** What an effect may use. It reads the state and never changes it. */
export interface EffectContext {
  readonly parts: Parts;
  readonly state: RunState;
  readonly signal: AbortSignal;
  /** Looks at pull requests; null: there is no forge. */
  readonly pulls: PullPoller | null;
  /** Tells facts while the effect goes on. */
  readonly emit: (events: readonly Event[]) => void;
  /** Number of the clean checkout lent to this effect. */
  readonly slot: number;
}

/** What an effect gives: the facts it established, or why it could not. */
export type Performed = Promise<Result<readonly Event[], EffectFailure>>;

interface UnderWay {
  readonly effect: WorkEffect;
  readonly controller: AbortController;
  readonly slot: number;
  /** It ended; what it established waits in the inbox. */
  ended: boolean;
}

/** See the file's first line. */
export interface Performer {
  align(wanted: readonly WorkEffect[]): void;
  /** Number of effects under way. */
  count(): number;
  /** Aborts all and resolves when none is left. */
  stop(): Promise<void>;
}

/** Why an effect is aborted. Without a reason an error would be made, stack and all, that nobody looks at. */
const UNWANTED = 'no longer wanted';

/** Starts of attempts, and looks at ended ones, at once. */
const STARTS_AT_ONCE = 8;

/** Creates a performer whose facts go into the inbox. */
export function createPerformer(of: {
  readonly parts: Parts;
  readonly state: RunState;
  readonly inbox: Inbox;
}): Performer {
  const underWay = new Map<string, UnderWay>();
  const { forge, clock } = of.parts;
  const pulls =
    forge === null
      ? null
      : createPullPoller({ forge, clock, pauseMs: () => of.state.policy.pullRequests?.pollMs ?? 0 });
  let drained: (() => void) | null = null;

  const isIdle = (): boolean => [...underWay.values()].every(({ ended }) => ended);
  const finish = (each: UnderWay, events: readonly Event[]): void => {
    each.ended = true;
    // until its facts are in the state it is still wanted, and must not be begun again
    of.inbox.put({ kind: 'facts', events, taken: () => underWay.delete(each.effect.key) });
    if (isIdle()) drained?.();
  };

  const start = (effect: WorkEffect, slot: number): void => {
    const controller = new AbortController();
    const each: UnderWay = { effect, controller, slot, ended: false };
    underWay.set(effect.key, each);
    const context: EffectContext = {
      parts: of.parts,
      state: of.state,
      signal: controller.signal,
      pulls,
      emit: (events) => of.inbox.put({ kind: 'facts', events }),
      slot,
    };
    void settle(effect, context).then((events) => finish(each, events));
  };

  return {
    count: () => underWay.size,
    align: (wanted) => {
      const keys = new Set(wanted.map((effect) => effect.key));
      for (const [key, { controller }] of underWay) if (!keys.has(key)) controller.abort(UNWANTED);
      for (const effect of wanted) {
        if (underWay.has(effect.key) || !hasRoom(underWay, effect, of.state)) continue;
        start(effect, freeSlot(underWay, effect));
      }
    },
    stop: async () => {
      for (const { controller } of underWay.values()) controller.abort(UNWANTED);
      if (isIdle()) return;
      await new Promise<void>((resolve) => {
        drained = resolve;
      });
    },
  };
}

/** Performs to the end; whatever goes wrong becomes a fact. */
async function settle(effect: WorkEffect, context: EffectContext): Promise<readonly Event[]> {
  try {
    const performed = await perform(effect, context);
    if (!performed.ok) return [failed(effect, describe(performed.failure), performed.failure.forge)];
    if (performed.value.length > 0 || context.signal.aborted) return performed.value;
    return [failed(effect, 'it had no result')];
  } catch (error) {
    if (context.signal.aborted) return [];
    return [failed(effect, error instanceof Error ? error.message : String(error))];
  }
}

function describe({ sentence, hint }: Failure): string {
  return hint === undefined ? sentence : `${sentence} ${hint}`;
}

function failed(effect: WorkEffect, detail: string, forge?: EffectFailure['forge']): Event {
  const { task, attempt, kind } = effect;
  const of = { task, attempt, effect: kind, detail: detail.slice(0, 2_000) };
  return { type: 'effect.failed', ...of, ...(forge === undefined ? {} : { forge }) };
}

function perform(effect: WorkEffect, context: EffectContext): Performed {
  switch (effect.kind) {
    case 'start-attempt':
      return startAttempt(effect, context);
    case 'watch-attempt':
      return watchAttempt(effect, context);
    case 'stop-attempt':
      return stopAttempt(effect, context);
    case 'deliver-guidance':
      return deliverGuidance(effect, context);
    case 'inspect-attempt':
      return inspectAttempt(effect, context);
    case 'verify-attempt':
      return verifyAttempt(effect, context);
    case 'open-pull':
      return openPull(effect, context);
    case 'watch-pull':
      return watchPull(effect, context);
    case 'adopt-push':
      return adoptPush(effect, context);
    case 'shelve-pull':
      return shelvePull(effect, context);
    case 'enqueue-pull':
      return enqueuePull(effect, context);
    case 'build-candidate':
      return buildCandidate(effect, context);
    case 'verify-candidate':
      return verifyCandidate(effect, context);
    case 'land-candidate':
      return landCandidate(effect, context);
    case 'sweep-task':
      return sweepTask(effect, context);
  }
}

/** The effects of one task go one after another (an aborted one has to end first); only watching goes on beside them. */
function hasRoom(underWay: ReadonlyMap<string, UnderWay>, effect: WorkEffect, state: RunState): boolean {
  if (isWatch(effect)) return true;
  let alike = 0;
  for (const { effect: other } of underWay.values()) {
    if (isWatch(other)) continue;
    if (other.task === effect.task) return false;
    if (lane(other) === lane(effect)) alike += 1;
  }
  return alike < roomOf(effect, state);
}

function isWatch({ kind }: WorkEffect): boolean {
  return kind === 'watch-attempt' || kind === 'watch-pull';
}

function lane(effect: WorkEffect): string {
  return effect.kind === 'inspect-attempt' ? 'start-attempt' : effect.kind;
}

function roomOf(effect: WorkEffect, state: RunState): number {
  switch (effect.kind) {
    case 'verify-attempt':
      return state.policy.limits.gateSlots;
    case 'verify-candidate':
      return state.policy.limits.landingSlots;
    case 'start-attempt':
    case 'inspect-attempt':
    case 'sweep-task':
    case 'open-pull':
      return STARTS_AT_ONCE;
    default:
      return Number.POSITIVE_INFINITY;
  }
}

/** Checkout 0 is the landing's own; what else is verified at once shares the others. */
function freeSlot(underWay: ReadonlyMap<string, UnderWay>, effect: WorkEffect): number {
  if (effect.kind !== 'verify-attempt' && effect.kind !== 'verify-candidate') return 0;
  const taken = new Set([...underWay.values()].filter(isAtGates).map((each) => each.slot));
  let slot = effect.kind === 'verify-candidate' ? 0 : 1;
  while (taken.has(slot)) slot += 1;
  return slot;
}

function isAtGates({ effect }: UnderWay): boolean {
  return effect.kind === 'verify-attempt' || effect.kind === 'verify-candidate';
}
