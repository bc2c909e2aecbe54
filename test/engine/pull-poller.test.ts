// One look at all pull requests for all who watch one, in time that the test lets pass.
import { describe, expect, test } from 'vitest';
import { oid } from '../../src/core/model.ts';
import { createPullPoller, type PullPoller } from '../../src/engine/pull-poller.ts';
import type { ClockPort } from '../../src/ports/clock.ts';
import type { Forged, PullSeen } from '../../src/ports/forge.ts';

const POLL_MS = 10_000;

function seen(number: number): PullSeen {
  const head = oid('a'.repeat(40));
  return {
    ...{ number, url: `https://forge/${number}`, state: 'open', head, title: 't', body: '', branch: 'b' },
    ...{ base: 'main', isDraft: false, isMergeable: true, merged: null, checks: [], decision: null },
    ...{ reviews: [], comments: [], talk: [], queue: null, dequeued: null },
  };
}

interface HandClock extends ClockPort {
  /** Lets time pass, waking who slept, one after the other, each with all that follows. */
  pass(ms: number): Promise<void>;
}

/** All that is left to do without time is done before this resolves. */
function rest(): Promise<void> {
  return new Promise((settled) => setImmediate(settled));
}

function createHandClock(): HandClock {
  let now = 0;
  const asleep = new Set<{ readonly at: number; readonly wake: () => void }>();
  return {
    wallMs: () => now,
    monoMs: () => now,
    sleep: (ms) => new Promise((wake) => asleep.add({ at: now + ms, wake })),
    pass: async (ms) => {
      await rest();
      const until = now + ms;
      for (;;) {
        const [next] = [...asleep].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
        if (next === undefined) break;
        asleep.delete(next);
        now = next.at;
        next.wake();
        await rest();
      }
      now = until;
    },
  };
}

interface Bench {
  readonly clock: HandClock;
  readonly poller: PullPoller;
  /** When the forge was looked at, and for which pull requests. */
  readonly looks: (readonly [at: number, numbers: readonly number[]])[];
  /** Asks, and keeps what is told; undefined while nothing is. */
  ask(
    number: number,
    signal?: AbortSignal,
  ): { told: { readonly seen: Forged<PullSeen> | undefined } | undefined };
  pollMs: number;
}

function createBench(
  observe: (numbers: readonly number[]) => Promise<ReadonlyMap<number, Forged<PullSeen>>> = async (numbers) =>
    new Map(numbers.map((number) => [number, { ok: true, value: seen(number) }])),
): Bench {
  const clock = createHandClock();
  const looks: [number, readonly number[]][] = [];
  const bench: Bench = {
    clock,
    looks,
    pollMs: POLL_MS,
    poller: createPullPoller({
      clock,
      pauseMs: () => bench.pollMs,
      forge: {
        observe: (numbers) => {
          looks.push([clock.monoMs(), numbers]);
          return observe(numbers);
        },
      },
    }),
    ask: (number, signal = new AbortController().signal) => {
      const asked: ReturnType<Bench['ask']> = { told: undefined };
      void bench.poller.next(number, signal).then((answer) => {
        asked.told = { seen: answer };
      });
      return asked;
    },
  };
  return bench;
}

describe('a look', () => {
  test('is one for all who ask about the same time, each number once', async () => {
    const { clock, ask, looks } = createBench();
    const asked = [ask(1), ask(2), ask(2)];
    await clock.pass(20);
    asked.push(ask(3));
    await clock.pass(1_000);
    expect(looks).toEqual([[50, [1, 2, 3]]]);
    expect(asked.map(({ told }) => told?.seen?.ok === true && told.seen.value.number)).toEqual([1, 2, 2, 3]);
  });

  test('is followed by a pause, and by no other when nobody asks', async () => {
    const bench = createBench();
    const { clock, ask, looks } = bench;
    ask(1);
    await clock.pass(100);
    const [again, other] = [ask(1), ask(2)];
    await clock.pass(POLL_MS - 100);
    expect(again.told).toBeUndefined();
    await clock.pass(100);
    expect(looks).toEqual([
      [50, [1]],
      [50 + POLL_MS, [1, 2]],
    ]);
    expect(other.told?.seen?.ok).toBe(true);
    await clock.pass(100 * POLL_MS);
    expect(looks).toHaveLength(2);
    // another pause holds from the next look on
    bench.pollMs = 500;
    ask(1);
    await clock.pass(50);
    ask(1);
    await clock.pass(500);
    expect(looks.slice(2).map(([at]) => at)).toEqual([101 * POLL_MS + 150, 101 * POLL_MS + 650]);
  });

  test('has those who ask while it is under way wait for the next one', async () => {
    const looked: (() => void)[] = [];
    const { clock, ask, looks } = createBench((numbers) =>
      new Promise<void>((done) => looked.push(done)).then(
        () => new Map(numbers.map((number) => [number, { ok: true, value: seen(number) }])),
      ),
    );
    const first = ask(1);
    await clock.pass(50);
    const late = ask(2);
    await clock.pass(3 * POLL_MS);
    expect([first.told, late.told, looks.length]).toEqual([undefined, undefined, 1]);
    looked[0]?.();
    await clock.pass(POLL_MS - 1);
    // the pause begins when the answer is there
    expect([first.told?.seen?.ok, late.told, looks.length]).toEqual([true, undefined, 1]);
    await clock.pass(1);
    expect(looks[1]?.[1]).toEqual([2]);
  });
});

describe('who leaves', () => {
  test('is let go at once, and nothing is looked at for them', async () => {
    const { clock, ask, looks } = createBench();
    const [stays, leaves] = [new AbortController(), new AbortController()];
    ask(1, stays.signal);
    const left = ask(2, leaves.signal);
    leaves.abort();
    await clock.pass(0);
    expect(left.told).toEqual({ seen: undefined });
    await clock.pass(50);
    expect(looks).toEqual([[50, [1]]]);
    const last = ask(1, stays.signal);
    stays.abort();
    await clock.pass(10 * POLL_MS);
    expect(last.told).toEqual({ seen: undefined });
    expect(looks).toHaveLength(1);
    expect(ask(1, stays.signal).told).toBeUndefined();
    await clock.pass(10 * POLL_MS);
    expect(looks).toHaveLength(1);
    // and who comes after them is heard
    const next = ask(3);
    await clock.pass(50);
    expect(next.told?.seen?.ok).toBe(true);
  });
});

describe('what the forge does not show', () => {
  test('is gone, and of a look that breaks everybody hears', async () => {
    const empty = createBench(async () => new Map());
    const gone = empty.ask(7);
    await empty.clock.pass(50);
    expect(gone.told?.seen).toEqual({
      ok: false,
      failure: { kind: 'gone', sentence: 'The forge shows no #7.' },
    });
    const broken = createBench(async () => {
      throw new Error('no route');
    });
    const asked = [broken.ask(1), broken.ask(2)];
    await broken.clock.pass(50);
    for (const { told } of asked)
      expect(told?.seen).toMatchObject({ ok: false, failure: { kind: 'environment' } });
    const again = broken.ask(1);
    await broken.clock.pass(POLL_MS);
    expect(again.told?.seen?.ok).toBe(false);
  });
});
