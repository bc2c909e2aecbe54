// What every clock keeps to, the machine's and a virtual one. Run with `clockContract(name, make)`.
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ClockPort } from '../../../src/ports/clock.ts';

/** Timers of Node count in whole milliseconds. */
const GRAIN_MS = 1;

/** Runs the contract against a clock; `close` ends what makes its time go on. */
export function clockContract(name: string, make: () => { readonly port: ClockPort; close(): void }): void {
  const setUp = (): ClockPort => {
    const { port, close } = make();
    onTestFinished(close);
    return port;
  };

  describe(`clock: ${name}`, () => {
    test('monotonic time never goes back, wall time is that of this century', async () => {
      const clock = setUp();
      let last = clock.monoMs();
      for (let round = 0; round < 100; round += 1) {
        const now = clock.monoMs();
        expect(now).toBeGreaterThanOrEqual(last);
        last = now;
      }
      await clock.sleep(2);
      expect(clock.monoMs()).toBeGreaterThan(last);
      expect(clock.wallMs()).toBeGreaterThan(Date.UTC(2001));
    });

    test.each([0, 1, 20])('a sleep of %i ms takes that long', async (ms) => {
      const clock = setUp();
      const began = clock.monoMs();
      await clock.sleep(ms);
      expect(clock.monoMs() - began).toBeGreaterThanOrEqual(ms - GRAIN_MS);
    });

    test('a longer sleep ends after a shorter one', async () => {
      const clock = setUp();
      const ended: string[] = [];
      await Promise.all([
        clock.sleep(60).then(() => ended.push('long')),
        clock.sleep(1).then(() => ended.push('short')),
      ]);
      expect(ended).toEqual(['short', 'long']);
    });

    test('a negative sleep is over at once', async () => {
      const clock = setUp();
      await clock.sleep(-1_000);
    });

    test('a signal ends a sleep, before or while it lasts, without an error', async () => {
      const clock = setUp();
      const stop = new AbortController();
      // years: a sleep that did not hear the signal would not come back in this test
      const years = 100_000_000_000;
      const sleeping = clock.sleep(years, stop.signal);
      stop.abort();
      await sleeping;
      await clock.sleep(years, stop.signal);
      expect(clock.monoMs()).toBeLessThan(years);
    });

    test('a signal that fires afterwards changes nothing', async () => {
      const clock = setUp();
      const stop = new AbortController();
      await clock.sleep(1, stop.signal);
      stop.abort();
      await clock.sleep(1);
    });
  });
}
