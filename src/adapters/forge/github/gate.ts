// Lets calls through at the pace a forge bears: budgets, spacing, and waits it has asked for. Knows no HTTP.
import type { ClockPort } from '../../../ports/clock.ts';

/** How much weft may ask for. GitHub allows 5,000 points and 500 creating calls an hour; people share them. */
export interface Budget {
  /** Calls that are not answered with "as before", an hour. */
  readonly pointsPerHour: number;
  readonly pointsPerMinute: number;
  /** Calls that create or change something, an hour. */
  readonly creatingPerHour: number;
  readonly creatingPerMinute: number;
  /** Between the starts of two of them; there is never more than one under way. */
  readonly creatingApartMs: number;
  /** Searches have a limit of their own; GitHub allows 30 a minute. */
  readonly searchesPerMinute: number;
  /** Reading calls under way at once. */
  readonly atOnce: number;
}

/** The budget in force unless a test says otherwise. */
export const DEFAULT_BUDGET: Budget = {
  pointsPerHour: 4_500,
  pointsPerMinute: 600,
  creatingPerHour: 480,
  creatingPerMinute: 60,
  creatingApartMs: 1_000,
  searchesPerMinute: 28,
  atOnce: 8,
};

/** What an Enterprise server bears, which limits nothing unless its admins say so; then its answers say when to wait. */
export const ENTERPRISE_BUDGET: Budget = {
  pointsPerHour: 50_000,
  pointsPerMinute: 5_000,
  creatingPerHour: 5_000,
  creatingPerMinute: 600,
  creatingApartMs: 50,
  searchesPerMinute: 600,
  atOnce: 8,
};

/** What a call does: look, search, or change something. */
export type CallKind = 'read' | 'search' | 'create';

/** The forge is not to be asked for so long. */
export class TooSoon extends Error {
  /** The plug-ins of the client take errors with a request for those of HTTP, and look into it. */
  readonly request: object = {};
  readonly waitMs: number;

  constructor(waitMs: number) {
    super(`The forge is not to be asked for ${waitMs} ms.`);
    this.name = 'TooSoon';
    this.waitMs = waitMs;
  }
}

/** See the file's first line. */
export interface Gate {
  /** Makes the call when it is time. Throws `TooSoon` when that is more than five seconds away. */
  pass<T>(kind: CallKind, call: () => Promise<T>): Promise<T>;
  /** Notes that a call cost something. */
  charge(points: number): void;
  /** Lets nothing through for so long; a longer wait stands. */
  close(ms: number): void;
  /** How long nothing is let through; 0: the gate is open. */
  closedMs(): number;
  /** Notes how much of what everybody with this token may do is used, 0 to 1, as the forge says it. */
  note(used: number): void;
  /** How much of the fullest budget for looks is used, 0 to 1: the forge's, or our own. */
  pressure(): number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** Longest wait that is sat out here; whoever asks hears of longer ones. */
const PATIENCE_MS = 5_000;

/** Makes a gate; one for each host and token. */
export function createGate(clock: ClockPort, budget: Budget = DEFAULT_BUDGET): Gate {
  const points = createWindow([
    [MINUTE_MS, budget.pointsPerMinute],
    [HOUR_MS, budget.pointsPerHour],
  ]);
  const creating = createWindow([
    [budget.creatingApartMs, 1],
    [MINUTE_MS, budget.creatingPerMinute],
    [HOUR_MS, budget.creatingPerHour],
  ]);
  const searching = createWindow([[MINUTE_MS, budget.searchesPerMinute]]);
  const readers = createSlots(budget.atOnce);
  const creator = createSlots(1);
  let closedUntil = 0;
  let told = 0;
  const closedMs = (): number => Math.max(0, closedUntil - clock.monoMs());
  const windowOf = (kind: CallKind): Window | null =>
    kind === 'create' ? creating : kind === 'search' ? searching : null;

  const admit = async (kind: CallKind): Promise<void> => {
    for (;;) {
      const now = clock.monoMs();
      const waitMs = Math.ceil(Math.max(closedMs(), points.waitMs(now), windowOf(kind)?.waitMs(now) ?? 0));
      if (waitMs <= 0) break;
      if (waitMs > PATIENCE_MS) throw new TooSoon(waitMs);
      await clock.sleep(waitMs);
    }
    windowOf(kind)?.add(clock.monoMs());
  };
  return {
    pass: (kind, call) =>
      (kind === 'create' ? creator : readers)(async () => {
        await admit(kind);
        return call();
      }),
    charge: (count) => {
      for (let i = 0; i < count; i += 1) points.add(clock.monoMs());
    },
    close: (ms) => {
      closedUntil = Math.max(closedUntil, clock.monoMs() + ms);
    },
    closedMs,
    note: (used) => {
      told = used;
    },
    pressure: () => Math.min(1, Math.max(told, points.share(clock.monoMs()))),
  };
}

/** Counts events of the last while, for several whiles at once. */
interface Window {
  add(at: number): void;
  /** How long until one more is within all limits. */
  waitMs(now: number): number;
  /** How full the fullest of them is, 0 to 1. */
  share(now: number): number;
}

function createWindow(limits: readonly (readonly [ms: number, most: number])[]): Window {
  const most = Math.max(...limits.map(([, count]) => count));
  const times: number[] = [];
  return {
    add: (at) => {
      times.push(at);
      if (times.length > most) times.shift();
    },
    waitMs: (now) =>
      Math.max(
        ...limits.map(([ms, count]) => {
          const oldest = times.at(-count);
          return times.length < count || oldest === undefined ? 0 : oldest + ms - now;
        }),
      ),
    share: (now) =>
      Math.max(...limits.map(([ms, count]) => times.filter((at) => at > now - ms).length / count)),
  };
}

type Slots = <T>(work: () => Promise<T>) => Promise<T>;

/** Has so many at work at once; the others wait their turn. */
function createSlots(count: number): Slots {
  let free = count;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
