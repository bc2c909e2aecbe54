// The state and its journal, kept in step: a fact changes the state at once and is durable before anything acts on it.
import type { Event } from '../core/event.ts';
import { evolve } from '../core/evolve/evolve.ts';
import type { RunMs } from '../core/model.ts';
import type { RunState } from '../core/state.ts';
import { snapshotOf } from '../core/state-codec.ts';
import type { ClockPort } from '../ports/clock.ts';
import type { Draft, JournalPort } from '../ports/journal.ts';
import type { RunClock } from './run-clock.ts';

/** Tries to write while the disk refuses, one second apart, before the engine gives up. */
const MAX_WRITE_TRIES = 300;

/** Part of the way to the next snapshot that a resumed run begins with at most. */
const BEGUN = 0.99;
/** Facts after which a snapshot is written beside the work: what a restart reads is at most this much more. */
const SNAPSHOT_EVERY = 10_000;

/** See the file's first line. */
export interface Ledger {
  readonly state: RunState;
  now(): RunMs;
  record(events: readonly Event[]): void;
  /** Resolves when all recorded facts are durable. Waits while the disk is full; rejects when it stays so. */
  flush(): Promise<void>;
  /** Facts recorded by this engine. */
  count(): number;
  /** Tells whether all of them are on disk. */
  isDurable(): boolean;
  /** Leaves a snapshot of the state, when all facts in it are durable. Never rejects: who comes next can do without. */
  saveSnapshot(): Promise<void>;
}

/** Opens a ledger over a replayed state. */
export function createLedger(of: {
  readonly state: RunState;
  readonly journal: JournalPort;
  readonly clock: ClockPort;
  readonly runClock: RunClock;
  /** Facts that the next engine would have to read, so far. */
  readonly unsaved: number;
  readonly snapshotEvery?: number | undefined;
  /** Fires when nobody waits for a full disk any more. */
  readonly leaving: AbortSignal;
}): Ledger {
  const { state, journal, clock, runClock, snapshotEvery = SNAPSHOT_EVERY } = of;
  let drafts: Draft[] = [];
  let count = 0;
  let durable = 0;
  // one that is due already waits for some facts more: an engine that begins has agents to start
  let unsaved = Math.min(of.unsaved, Math.floor(snapshotEvery * BEGUN));
  let saving: Promise<void> | null = null;

  const saveState = async (): Promise<void> => {
    unsaved = 0;
    try {
      await journal.saveSnapshot(snapshotOf(state));
    } catch {
      // the earlier one stays, and another is tried when its time comes
    }
  };
  /** One at a time, and only of what is durable. */
  const saveSnapshot = (): Promise<void> => {
    if (saving !== null || durable < count) return saving ?? Promise.resolve();
    saving = saveState().then(() => {
      saving = null;
    });
    return saving;
  };

  return {
    state,
    now: runClock,
    count: () => count,
    isDurable: () => durable === count,
    record: (events) => {
      for (const event of events) {
        const draft = { at: clock.wallMs(), ms: runClock(), event };
        evolve(state, draft);
        drafts.push(draft);
        count += 1;
      }
    },
    flush: async () => {
      if (drafts.length === 0) return;
      const batch = drafts;
      drafts = [];
      await appendPatiently(of, batch);
      durable += batch.length;
      unsaved += batch.length;
      if (unsaved >= snapshotEvery) void saveSnapshot();
    },
    saveSnapshot: async () => {
      await saving;
      if (unsaved > 0) await saveSnapshot();
    },
  };
}

async function appendPatiently(
  {
    journal,
    clock,
    leaving,
  }: { readonly journal: JournalPort; readonly clock: ClockPort; readonly leaving: AbortSignal },
  batch: readonly Draft[],
): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await journal.append(batch);
      return;
    } catch (error) {
      if (!isRetryable(error) || tries >= MAX_WRITE_TRIES || leaving.aborted) throw error;
      await clock.sleep(1_000, leaving);
    }
  }
}

/** The journal marks errors after which the file is clean and the same batch may be tried again. */
function isRetryable(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'retryable' in error && error.retryable === true;
}
