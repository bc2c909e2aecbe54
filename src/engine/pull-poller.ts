// Looks at pull requests for all who watch one: at once for all of them, and again after a pause. Knows no tasks.
import type { ClockPort } from '../ports/clock.ts';
import type { Forged, ForgePort, PullSeen } from '../ports/forge.ts';

/** How long the first who asks waits for others. */
const GATHER_MS = 50;

/** What looks. */
export interface PullPoller {
  /** How a pull request stands at the next look; undefined: aborted. */
  next(number: number, signal: AbortSignal): Promise<Forged<PullSeen> | undefined>;
}

interface Asking {
  readonly number: number;
  readonly tell: (seen: Forged<PullSeen> | undefined) => void;
}

function lost(kind: 'gone' | 'environment', sentence: string): Forged<PullSeen> {
  return { ok: false, failure: { kind, sentence } };
}

/** A poller that looks only while somebody asks. */
export function createPullPoller(of: {
  readonly forge: Pick<ForgePort, 'observe'>;
  readonly clock: ClockPort;
  /** Between two looks, in ms. */
  readonly pauseMs: () => number;
}): PullPoller {
  const { forge, clock, pauseMs } = of;
  const asking = new Set<Asking>();
  let lookedAt = Number.NEGATIVE_INFINITY;
  let looking = false;

  /** Whoever asks gets an answer, whatever happens. */
  const observe = async (numbers: readonly number[]): Promise<(number: number) => Forged<PullSeen>> => {
    try {
      const seen = await forge.observe(numbers);
      return (number) => seen.get(number) ?? lost('gone', `The forge shows no #${number}.`);
    } catch (error) {
      return () => lost('environment', `The forge could not be looked at: ${String(error)}`);
    }
  };

  const look = async (): Promise<void> => {
    looking = true;
    while (asking.size > 0) {
      await clock.sleep(Math.max(GATHER_MS, lookedAt + pauseMs() - clock.monoMs()));
      const asked = [...asking];
      if (asked.length === 0) break;
      const seen = await observe([...new Set(asked.map(({ number }) => number))]);
      lookedAt = clock.monoMs();
      for (const each of asked) {
        asking.delete(each);
        each.tell(seen(each.number));
      }
    }
    looking = false;
  };

  return {
    next: (number, signal) => {
      if (signal.aborted) return Promise.resolve(undefined);
      return new Promise((resolve) => {
        const each: Asking = { number, tell: finish };
        function finish(seen: Forged<PullSeen> | undefined): void {
          asking.delete(each);
          signal.removeEventListener('abort', leave);
          resolve(seen);
        }
        function leave(): void {
          finish(undefined);
        }
        signal.addEventListener('abort', leave);
        asking.add(each);
        if (!looking) void look();
      });
    },
  };
}
