// A source by hand, a clock by hand and an inbox that is taken at once, for tests of who looks at sources and tells them.
import type { Event } from '../../src/core/event.ts';
import { ok, type Result } from '../../src/core/failure.ts';
import type { Task } from '../../src/core/model.ts';
import type { TaskDraft } from '../../src/core/plan/draft.ts';
import type { Standing, TaskReport } from '../../src/core/source.ts';
import type { RunState } from '../../src/core/state.ts';
import type { Inbox, Message } from '../../src/engine/inbox.ts';
import type { Parts } from '../../src/engine/parts.ts';
import type { ClockPort } from '../../src/ports/clock.ts';
import type { Loaded, SourcePort } from '../../src/ports/source.ts';
import { buildState, play } from '../core/build.ts';

/** See the file's first line. */
export interface HandClock extends ClockPort {
  /** Lets time pass, waking who slept, one after the other, each with all that follows. */
  pass(ms: number): Promise<void>;
}

/** A clock that stands still until somebody lets time pass. */
export function createHandClock(): HandClock {
  let now = 0;
  const asleep = new Set<{ readonly at: number; readonly wake: () => void }>();
  return {
    wallMs: () => now,
    monoMs: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) return resolve();
        const sleeper = { at: now + ms, wake: resolve };
        asleep.add(sleeper);
        signal?.addEventListener('abort', () => {
          asleep.delete(sleeper);
          resolve();
        });
      }),
    pass: async (ms) => {
      await settle();
      const until = now + ms;
      for (;;) {
        const [next] = [...asleep].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
        if (next === undefined) break;
        asleep.delete(next);
        now = next.at;
        next.wake();
        await settle();
      }
      now = until;
    },
  };
}

/** All that is left to do without time is done before this resolves. */
export function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** What a source has, and what it was asked. */
export interface HandSource extends SourcePort {
  drafts: readonly TaskDraft[];
  standings: Readonly<Record<string, Standing>>;
  /** What the next looks do instead; the last goes on for ever. */
  trouble: (() => Promise<Loaded>) | null;
  /** When it was looked at. */
  readonly looks: number[];
  /** What it was told, and when. */
  readonly told: (readonly [at: number, reports: readonly TaskReport[]])[];
  /** What comes of telling it. */
  answer: () => Promise<Result<void>>;
  readonly beats: (readonly [at: number, tasks: readonly string[]])[];
  change(): void;
}

/** A source that has nothing, can be looked at and takes whatever it is told. */
export function createHandSource(
  clock: ClockPort,
  name = 'test',
  over: Partial<SourcePort> = {},
): HandSource {
  let changed: () => void = () => undefined;
  const source: HandSource = {
    name,
    drafts: [],
    standings: {},
    trouble: null,
    looks: [],
    told: [],
    beats: [],
    answer: () => Promise.resolve(ok(undefined)),
    change: () => changed(),
    load: () => {
      source.looks.push(clock.monoMs());
      if (source.trouble !== null) return source.trouble();
      return Promise.resolve({
        drafts: source.drafts,
        diagnostics: [],
        texts: new Map(),
        standings: new Map(Object.entries(source.standings)),
      });
    },
    watch: (tell, signal) =>
      new Promise((resolve) => {
        changed = tell;
        signal.addEventListener('abort', () => resolve());
      }),
    report: async (reports) => {
      source.told.push([clock.monoMs(), reports]);
      return source.answer();
    },
    ...over,
  };
  return source;
}

/** See the file's first line. */
export interface Bench {
  readonly clock: HandClock;
  readonly state: RunState;
  readonly parts: Parts;
  readonly inbox: Inbox;
  /** What was put into the inbox, in order. */
  readonly heard: Event[];
}

/** A run of these tasks beside these sources. */
export function createBench(of: {
  readonly clock: HandClock;
  readonly tasks: readonly Task[];
  readonly sources: readonly SourcePort[];
}): Bench {
  const { clock, sources } = of;
  const state = buildState(of.tasks);
  const heard: Event[] = [];
  const inbox: Inbox = {
    put: (message: Message) => {
      if (message.kind !== 'facts') throw new Error('only facts are expected here');
      heard.push(...message.events);
      play(state, message.events);
      message.taken?.();
    },
    size: () => 0,
    take: () => Promise.resolve([]),
  };
  return { clock, state, inbox, heard, parts: { clock, sources, claims: {} } as unknown as Parts };
}
