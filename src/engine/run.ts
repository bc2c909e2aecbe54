// The one loop: decide → record → perform → observe. Start, resume and restart are this same call.
import { judgeCommand } from '../core/decide/command.ts';
import { type decide, nextDeadline } from '../core/decide/decide.ts';
import { isIdle, outcomeOf, owesLook, waitsForSources } from '../core/decide/rest.ts';
import { judgeWish } from '../core/decide/widen.ts';
import type { WorkEffect } from '../core/effect.ts';
import type { Event, Outcome } from '../core/event.ts';
import { mayGrow } from '../core/source.ts';
import type { Inbox, Message } from './inbox.ts';
import type { Ledger } from './ledger.ts';
import type { Performer } from './perform.ts';

/** What the loop works with. */
export interface Engine {
  readonly decide: typeof decide;
  readonly ledger: Ledger;
  readonly inbox: Inbox;
  readonly performer: Performer;
  /** Brings belief and world together; called once, before the first decision. */
  readonly reconcile: () => Promise<void>;
  /** Called after facts became durable. */
  readonly publish: () => void;
  /** Null: whoever is told of tasks knows how they stand, or cannot be told; else resolves when it is time to ask again. */
  readonly tell: () => Promise<void> | null;
  /** Looks at all sources now; what is news of that, as facts. Resolves soon, whatever they do. */
  readonly look: () => Promise<readonly Event[]>;
  /** Goes on waiting for humans when nothing else is left. */
  readonly stay: boolean;
  /** Fires when the engine is to leave as soon as what it knows is durable. */
  readonly leaving: AbortSignal;
}

/** More choices than this between two looks at the world are a bug, not a plan. */
const MAX_CHOICES = 1_000_000;

/** Runs until nothing can go on; gives how it stands then. Rejects when the journal can no longer be written. */
export async function runPlan(engine: Engine): Promise<Outcome> {
  const { ledger, inbox, performer } = engine;
  await engine.reconcile();
  const rest = createRest(engine);
  for (;;) {
    const wanted = engine.leaving.aborted ? [] : choose(engine);
    await ledger.flush();
    engine.publish();
    if (engine.leaving.aborted) return 'stopped';
    const isOver = hasOnlyIdle(engine, wanted);
    // what people do at the forge is seen by the next engine
    performer.align(isOver ? wanted.filter(({ kind }) => kind !== 'watch-pull') : wanted);
    if (performer.count() === 0 && inbox.size() === 0 && nextDeadline(ledger.state, ledger.now()) === null) {
      const outcome = await rest();
      if (outcome !== null) return outcome;
    } else if (isOver && parkAgents(ledger, wanted)) {
      continue;
    }
    await observe(engine);
  }
}

/** Turns choices into facts until only work is left to do. */
function choose({ decide, ledger }: Engine): readonly WorkEffect[] {
  for (let choices = 0; choices < MAX_CHOICES; choices += 1) {
    const effects = decide(ledger.state, ledger.now());
    const first = effects[0];
    if (first?.kind !== 'record') return effects.filter((effect) => effect.kind !== 'record');
    ledger.record([first.event]);
  }
  throw new Error('Internal error: the decision does not come to an end');
}

/** Gives the function that ends a run which could rest; null: it goes on, or something is waited for. */
function createRest(engine: Engine): () => Promise<Outcome | null> {
  const { ledger, inbox } = engine;
  let seenAt: number | null = null;
  let looking = false;
  const lookOnce = async (): Promise<void> => {
    const events = await engine.look();
    const taken = (): void => {
      seenAt = ledger.count();
      looking = false;
    };
    inbox.put({ kind: 'facts', events, taken });
  };
  return async () => {
    const outcome = outcomeOf(ledger.state);
    if (looking || goesOnWaiting(engine, outcome)) return null;
    // a run is over when those whose tasks it did know it: an engine that dies before is followed by one that tells them
    const telling = engine.tell();
    if (telling !== null) {
      void telling.then(() => inbox.put({ kind: 'facts', events: [] }));
      return null;
    }
    if (owesLook(ledger.state, { outcome, facts: ledger.count(), seenAt })) {
      looking = true;
      void lookOnce();
      return null;
    }
    ledger.record([{ type: 'run.rested', outcome }]);
    await ledger.flush();
    engine.publish();
    return outcome;
  };
}

/** Waits for people where somebody wants to, and for sources that may have more, or whose tasks others work on. */
function goesOnWaiting({ stay, ledger: { state } }: Engine, outcome: Outcome): boolean {
  if (outcome === 'stopped' || outcome === 'timeout') return false;
  if (outcome === 'blocked' && waitsForSources(state)) return true;
  return stay && (outcome !== 'complete' || state.sources.some(mayGrow));
}

async function observe(engine: Engine): Promise<void> {
  const { ledger, inbox } = engine;
  const now = ledger.now();
  const deadline = nextDeadline(ledger.state, now);
  const messages = await inbox.take(deadline === null ? null : Math.max(0, deadline - now));
  const replies: (() => void)[] = [];
  for (const message of messages) accept(ledger, message, replies);
  if (replies.length === 0) return;
  // a human hears "done" only when it cannot be lost any more
  await ledger.flush();
  for (const reply of replies) reply();
}

function accept(ledger: Ledger, message: Message, replies: (() => void)[]): void {
  switch (message.kind) {
    case 'facts':
      ledger.record(message.events);
      message.taken?.();
      return;
    case 'command':
    case 'wish': {
      const judged =
        message.kind === 'wish'
          ? judgeWish(ledger.state, message.wish)
          : judgeCommand(ledger.state, message.command);
      if (judged.ok) ledger.record(judged.value.events);
      replies.push(() => message.reply(judged));
      return;
    }
  }
}

/** Tells whether all that is left waits for people, and nobody wants to wait with it. */
function hasOnlyIdle({ ledger, stay }: Engine, wanted: readonly WorkEffect[]): boolean {
  const { state } = ledger;
  if (wanted.length === 0 || (stay && state.stopping === null)) return false;
  const now = ledger.now();
  return nextDeadline(state, now) === null && wanted.every((effect) => isIdle(state, effect, now));
}

/** Lets live agents end that wait for answers; false: there are none. */
function parkAgents(ledger: Ledger, waiting: readonly WorkEffect[]): boolean {
  const events = waiting
    .filter(({ kind }) => kind === 'watch-attempt')
    .map(({ task, attempt }): Event => ({ type: 'attempt.parked', task, attempt }));
  ledger.record(events);
  return events.length > 0;
}
