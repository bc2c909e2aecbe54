// Puts an engine together over an opened journal, new or not, and runs it to its rest.

import type { Command, Judged } from '../core/decide/command.ts';
import { decide } from '../core/decide/decide.ts';
import type { Wish } from '../core/decide/widen.ts';
import type { Event, Outcome, PolicyChange } from '../core/event.ts';
import { fail, type Result } from '../core/failure.ts';
import type { Mark } from '../core/journal-codec.ts';
import type { Policy } from '../core/model.ts';
import { sharedBranchOf } from '../core/names.ts';
import { comparePolicies } from '../core/policy.ts';
import type { RunState } from '../core/state.ts';
import type { RunView } from '../core/view.ts';
import type { Opened } from '../ports/journal.ts';
import { findClosing, noteClosing } from './closing.ts';
import { rememberDurations } from './durations.ts';
import { createFeeder } from './feeder.ts';
import { rememberTouched } from './guesses.ts';
import { createInbox, type Inbox, MAX_WAITING, type Message } from './inbox.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { meetForge } from './meet-forge.ts';
import { createNotifier, type Notifier } from './notifier.ts';
import { createObserver, findNews } from './observe-target.ts';
import type { Parts } from './parts.ts';
import { createPerformer } from './perform.ts';
import { checkoutOf, countCheckouts, foldersOf, sharedWorktreeOf } from './places.ts';
import { createPublisher, type Publisher } from './publish.ts';
import { createRadar } from './radar.ts';
import { reconcile } from './reconcile.ts';
import { createReporter } from './reporter.ts';
import { runPlan } from './run.ts';
import { startRunClock } from './run-clock.ts';
import { createStatusFiles } from './status-files.ts';

/** How long an engine that leaves at once waits for what it has under way. */
const LEAVE_MS = 2_000;

/** How a run begins: with a first fact, or where its journal ends. */
export type Beginning =
  | {
      readonly kind: 'new';
      readonly started: Extract<Event, { readonly type: 'run.started' }>;
      /** Tasks that are not to be begun yet. */
      readonly withheld?: readonly Event[];
    }
  | { readonly kind: 'resumed'; readonly policy: Policy };

/** A run under way in this process. */
export interface Leading {
  readonly outcome: Promise<Outcome>;
  /** Settles when whoever reads the journal sees that the run is led, or when it has come to an end before. */
  readonly begun: Promise<void>;
  readonly changes: readonly PolicyChange[];
  onView(show: (view: RunView) => void): () => void;
  command(command: Command): Promise<Result<Judged>>;
  /** What an agent at work asks for. */
  wish(wish: Wish): Promise<Result<Judged>>;
  /** Leaves at once: nothing more is begun, agents live on, the journal has all that was promised. */
  abandon(): Promise<void>;
}

/** Starts to lead. Returns at once; `outcome` rejects only when the journal can no longer be written. */
export function lead(of: {
  readonly parts: Parts;
  readonly opened: Pick<Opened, 'records' | 'last'>;
  /** What the journal adds up to. */
  readonly state: RunState;
  readonly beginning: Beginning;
  readonly stay: boolean;
  /** The decisions of the core, unless somebody wants to listen in. */
  readonly decide?: typeof decide;
  /** Facts between two snapshots, unless as many as usual. */
  readonly snapshotEvery?: number;
  /** Least time between two writings of the derived files, unless as short as usual. */
  readonly publishPauseMs?: number;
}): Leading {
  const { parts, opened, state, beginning } = of;
  const latest = opened.last === null ? null : { ms: state.ms, at: state.updatedAt };
  const leaving = new AbortController();
  const ledger = createLedger({
    state,
    leaving: leaving.signal,
    journal: parts.journal,
    clock: parts.clock,
    runClock: startRunClock(parts.clock, latest),
    unsaved: opened.records.length,
    snapshotEvery: of.snapshotEvery,
  });
  const inbox = createInbox(parts.clock);
  const changes = begin(beginning, ledger);
  const performer = createPerformer({ parts, state, inbox });
  const publisher = createPublisher(parts, ledger, of.publishPauseMs);
  const observers = createObservers({ parts, state, inbox, isDurable: ledger.isDurable });
  const notifier = createNotifier({ parts, state, inbox, isDurable: ledger.isDurable });
  publisher.onView(notifier.take);
  const beginningNoted = createLatch();
  const run = async (): Promise<Outcome> => {
    try {
      return await runPlan({
        decide: of.decide ?? decide,
        ledger,
        inbox,
        performer,
        publish: doAll(publisher.publish, observers.notice, notifier.notice),
        tell: observers.tell,
        look: observers.look,
        stay: of.stay,
        leaving: leaving.signal,
        reconcile: () =>
          takeUp({ parts, ledger, observers, isNew: beginning.kind === 'new', noted: beginningNoted.open }),
      });
    } finally {
      beginningNoted.open();
      const hurry = leaving.signal.aborted;
      await Promise.all([observers.stop({ hurry }), stopSoon(parts, performer, leaving.signal)]);
      const last = { seq: (opened.last?.seq ?? 0) + ledger.count(), epoch: parts.epoch };
      await putInOrder({ parts, ledger, publisher, notifier, last, owes: observers.owes() });
    }
  };

  const outcome = run();
  return {
    ...{ outcome, begun: beginningNoted.opened, changes, onView: publisher.onView },
    command: (command) => askLoop(inbox, (reply) => ({ kind: 'command', command, reply })),
    wish: (wish) => askLoop(inbox, (reply) => ({ kind: 'wish', wish, reply })),
    abandon: async () => {
      leaving.abort();
      inbox.put({ kind: 'facts', events: [] });
      // who leaves in spite of a full disk loses only what was promised to nobody
      await outcome.catch(() => undefined);
    },
  };
}

function createLatch(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

/** Brings belief and world together, and begins to look at what changes. */
async function takeUp(of: {
  readonly parts: Parts;
  readonly ledger: Ledger;
  readonly observers: Observers;
  readonly isNew: boolean;
  readonly noted: () => void;
}): Promise<void> {
  const { parts, ledger, observers } = of;
  await ledger.flush();
  of.noted();
  await reconcile(parts, ledger);
  if (!of.isNew) ledger.record(await observers.catchUp());
  observers.start();
  ledger.record(await findNews(parts, ledger.state));
  ledger.record(await meetForge(parts, ledger.state));
}

/** All that looks at the world, and speaks to it, beside the loop. */
interface Observers {
  /** What became otherwise while no engine ran, as facts. */
  readonly catchUp: () => Promise<readonly Event[]>;
  readonly start: () => void;
  readonly notice: () => void;
  readonly owes: () => boolean;
  readonly tell: () => Promise<void> | null;
  readonly look: () => Promise<readonly Event[]>;
  readonly stop: (how: { readonly hurry: boolean }) => Promise<void>;
}

function createObservers(of: Parameters<typeof createStatusFiles>[0]): Observers {
  const [target, radar] = [createObserver(of), createRadar(of)];
  const [feeder, reporter] = [createFeeder(of), createReporter(of)];
  const files = createStatusFiles(of);
  return {
    catchUp: async () => [...(await feeder.catchUp()), ...files.catchUp()],
    owes: reporter.owes,
    tell: reporter.tell,
    look: feeder.look,
    start: () => {
      for (const { start } of [target, radar, feeder, reporter, files]) start();
    },
    notice: () => {
      for (const { notice } of [target, radar, reporter, files]) notice();
    },
    stop: async (how) => {
      target.stop();
      files.stop();
      await Promise.all([radar.stop(), feeder.stop(), reporter.stop(how)]);
    },
  };
}

function doAll(...acts: readonly (() => void)[]): () => void {
  return () => {
    for (const act of acts) act();
  };
}

/** Ends the effects under way; who leaves at once waits for them only a moment: each of them may be cut off. */
async function stopSoon(
  parts: Parts,
  performer: ReturnType<typeof createPerformer>,
  leaving: AbortSignal,
): Promise<void> {
  const left = new Promise<void>((resolve) => {
    const wait = (): void => void parts.clock.sleep(LEAVE_MS).then(resolve);
    if (leaving.aborted) wait();
    else leaving.addEventListener('abort', wait);
  });
  await Promise.race([performer.stop(), left]);
}

/** Leaves the files as the next one is to find them, and lets go of what only this engine needed. */
async function putInOrder(of: {
  readonly parts: Parts;
  readonly ledger: Ledger;
  readonly publisher: Publisher;
  readonly notifier: Notifier;
  readonly last: Mark;
  /** Some source does not know yet how its tasks stand. */
  readonly owes: boolean;
}): Promise<void> {
  const { parts, ledger, publisher, notifier, last, owes } = of;
  const { state } = ledger;
  // facts that the disk did not take are nobody's to see
  const isWritten = ledger.isDurable() && (await publisher.finish());
  await notifier.stop();
  if (state.rested !== null) await ledger.saveSnapshot();
  await clearUp(parts, state);
  const closing = isWritten && !owes ? await findClosing(parts, state, last).catch(() => null) : null;
  await letGo(parts, state);
  // last: who reads it has nothing to clear up any more
  if (closing !== null) await noteClosing(parts, closing).catch(() => undefined);
}

/** What only the run itself needed: its checkouts, and the knowledge of how long things took and what they touched. */
async function clearUp(parts: Parts, state: RunState): Promise<void> {
  const tools = { files: parts.files, stateDir: parts.places.stateDir };
  await rememberDurations(tools, state).catch(() => undefined);
  await rememberTouched(tools, state).catch(() => undefined);
  if (state.rested === null) return;
  for (let slot = 0; slot < countCheckouts(state.policy); slot += 1) {
    await parts.git.removeCheckout(checkoutOf(parts.places, slot)).catch(() => undefined);
  }
  if (state.policy.isolation === 'shared' && state.rested === 'complete') {
    const [path, branch] = [sharedWorktreeOf(parts.places), sharedBranchOf(state)];
    const rescue = `refs/weft/rescue/${state.run}/shared`;
    await parts.git.removeWorktree({ path, branch, landed: null, rescue }).catch(() => undefined);
  }
}

/** Asks git nothing more, and leaves no folder behind that nothing is in. */
async function letGo(parts: Parts, state: RunState): Promise<void> {
  if (state.rested === null) return;
  await parts.git.close();
  for (const folder of foldersOf(parts.places, state))
    await parts.files.removeEmpty(folder).catch(() => undefined);
}

function begin(beginning: Beginning, ledger: Ledger): readonly PolicyChange[] {
  if (beginning.kind === 'new') {
    ledger.record([beginning.started, ...(beginning.withheld ?? [])]);
    return [];
  }
  const { policy } = beginning;
  const changes = comparePolicies(ledger.state.policy, policy);
  ledger.record([{ type: 'run.resumed', policy, overrides: changes }]);
  return changes;
}

/** Leaves a request in the inbox and waits for what the loop says. */
function askLoop(
  inbox: Inbox,
  write: (reply: (judged: Result<Judged>) => void) => Message,
): Promise<Result<Judged>> {
  if (inbox.size() >= MAX_WAITING) {
    return Promise.resolve(
      fail({ kind: 'environment', sentence: 'The engine has too many commands waiting.' }),
    );
  }
  return new Promise((reply) => {
    inbox.put(write(reply));
  });
}
