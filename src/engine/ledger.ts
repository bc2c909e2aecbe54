// The state and its journal, kept in step: a fact changes the state at once and is durable before anything acts on it.
import type { Event } from '../core/event.ts';
import { evolve } from '../core/evolve/evolve.ts';
import type { RunMs } from '../core/model.ts';
import type { RunState } from '../core/state.ts';
import type { ClockPort } from '../ports/clock.ts';
import type { Draft, JournalPort } from '../ports/journal.ts';
import type { RunClock } from './run-clock.ts';

/** Tries to write while the disk refuses, one second apart, before the engine gives up. */
const MAX_WRITE_TRIES = 300;

/** See the file's first line. */
export interface Ledger {
  readonly state: RunState;
  now(): RunMs;
  record(events: readonly Event[]): void;
  /** Resolves when all recorded facts are durable. Waits while the disk is full; rejects when it stays so. */
  flush(): Promise<void>;
  /** Facts recorded by this engine. */
  count(): number;
}

/** Opens a ledger over a replayed state. */
export function createLedger(of: {
  readonly state: RunState;
  readonly journal: JournalPort;
  readonly clock: ClockPort;
  readonly runClock: RunClock;
}): Ledger {
  const { state, journal, clock, runClock } = of;
  let drafts: Draft[] = [];
  let count = 0;
  return {
    state,
    now: runClock,
    count: () => count,
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
      await appendPatiently(journal, batch, clock);
    },
  };
}

async function appendPatiently(
  journal: JournalPort,
  batch: readonly Draft[],
  clock: ClockPort,
): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await journal.append(batch);
      return;
    } catch (error) {
      if (!isRetryable(error) || tries >= MAX_WRITE_TRIES) throw error;
      await clock.sleep(1_000);
    }
  }
}

/** The journal marks errors after which the file is clean and the same batch may be tried again. */
function isRetryable(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'retryable' in error && error.retryable === true;
}
