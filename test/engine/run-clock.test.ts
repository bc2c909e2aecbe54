// The run's clock beside clocks that jump and machines that sleep.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runMs } from '../../src/core/model.ts';
import { type RunClock, startRunClock } from '../../src/engine/run-clock.ts';
import type { ClockPort } from '../../src/ports/clock.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Clocks that a test moves. */
interface Clocks extends ClockPort {
  /** Time goes by. */
  pass(ms: number): void;
  /** Somebody sets the wall clock. */
  jump(ms: number): void;
  /** The lid is closed: the wall clock goes on, the monotonic one does not. */
  suspend(ms: number): void;
}

function createClocks(): Clocks {
  let [mono, wall] = [5_000, 1_790_000_000_000];
  return {
    monoMs: () => mono,
    wallMs: () => wall,
    sleep: async () => undefined,
    pass: (ms) => {
      mono += ms;
      wall += ms;
    },
    jump: (ms) => {
      wall += ms;
    },
    suspend: (ms) => {
      wall += ms;
    },
  };
}

/** The engine dies and another one starts after a time, from the latest fact. */
function restart(clocks: Clocks, now: RunClock, gone: () => void): RunClock {
  const last = { ms: now(), at: clocks.wallMs() };
  gone();
  return startRunClock(clocks, last);
}

test('it begins at nothing and counts what passes', () => {
  const clocks = createClocks();
  const now = startRunClock(clocks, null);
  expect(now()).toBe(0);
  clocks.pass(1_234.4);
  expect(now()).toBe(1_234);
});

test.each([-2 * HOUR, -1, 1, 30_000, 24 * HOUR])('a wall clock set by %i ms changes nothing [F18]', (ms) => {
  const clocks = createClocks();
  const now = startRunClock(clocks, null);
  clocks.pass(MINUTE);
  clocks.jump(ms);
  expect(now()).toBe(MINUTE);
  clocks.pass(MINUTE);
  expect(now()).toBe(2 * MINUTE);
});

test('it stands still while the machine sleeps [F19]', () => {
  const clocks = createClocks();
  const now = startRunClock(clocks, null);
  clocks.pass(MINUTE);
  clocks.suspend(8 * HOUR);
  expect(now()).toBe(MINUTE);
});

test('time without an engine counts, and none when the wall clock was set back meanwhile [F18]', () => {
  const clocks = createClocks();
  let now = startRunClock(clocks, { ms: runMs(HOUR), at: clocks.wallMs() });
  expect(now()).toBe(HOUR);
  now = restart(clocks, now, () => clocks.pass(MINUTE));
  expect(now()).toBe(HOUR + MINUTE);
  now = restart(clocks, now, () => clocks.jump(-2 * HOUR));
  expect(now()).toBe(HOUR + MINUTE);
});

test('whatever the clocks do, it never goes back, and in one life counts exactly what passed [F18] [F19]', () => {
  const deed = fc.record({
    what: fc.constantFrom('pass', 'jump', 'suspend', 'restart'),
    ms: fc.integer({ min: 0, max: 3 * HOUR }),
    back: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(deed, { maxLength: 40 }), (deeds) => {
      const clocks = createClocks();
      let now = startRunClock(clocks, null);
      for (const { what, ms, back } of deeds) {
        const before = now();
        if (what === 'pass') clocks.pass(ms);
        else if (what === 'jump') clocks.jump(back ? -ms : ms);
        else if (what === 'suspend') clocks.suspend(ms);
        else now = restart(clocks, now, () => clocks.jump(back ? -ms : ms));
        const passed = now() - before;
        if (what === 'restart') expect(passed).toBe(back ? 0 : ms);
        else expect(passed).toBe(what === 'pass' ? ms : 0);
      }
    }),
  );
});
