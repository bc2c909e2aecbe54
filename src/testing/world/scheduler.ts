// What happens next: picks one pending thing after another, moves time, and strikes with faults. Everything by the tape.
import type { Item, Life, World } from './world.ts';

/** Adds to a counter of the history. */
export function count(world: World, name: string): void {
  world.counters.set(name, (world.counters.get(name) ?? 0) + 1);
}

/** Notes a broken promise; the history ends at the next step. */
export function violate(world: World, invariant: string, detail: string): void {
  world.violations.push({ invariant, detail });
  note(world, () => `VIOLATION ${invariant}: ${detail}`);
}

/** Writes a line of the history, when somebody wants to read it. */
export function note(world: World, line: () => string): void {
  world.log?.push(`${String(world.steps).padStart(5)} ${String(world.monoMs).padStart(8)} ms  ${line()}`);
}

/** What a port asks of the world. */
export interface Operation<T> {
  readonly name: string;
  /** Does it; what it throws is the answer too. */
  readonly act: () => T;
  /** Leaves it half done, as a kill in the middle would. */
  readonly half?: () => void;
  /** The answer when it cannot be done for a passing reason. */
  readonly refused?: () => T;
  readonly takesMs?: number;
}

/** An engine asks, the scheduler answers in its own time; who does not lead any more is never answered. */
export function answer<T>(world: World, life: Life, op: Operation<T>): Promise<T> {
  if (life.standing !== 'leads') return new Promise(() => undefined);
  return new Promise((resolve, reject) => {
    const settle = (how: () => T): void => {
      try {
        resolve(how());
      } catch (error) {
        reject(error as Error);
      }
    };
    const { refused } = op;
    world.items.push({
      name: op.name,
      due: world.monoMs + (op.takesMs ?? 0),
      life,
      run: () => settle(op.act),
      unheard: () => {
        try {
          op.act();
        } catch {
          // whoever would have been told is gone
        }
      },
      half: op.half ?? null,
      refuse: refused === undefined ? null : () => settle(refused),
    });
  });
}

/** Something of the world's own happens after a while. */
export function later(world: World, name: string, inMs: number, act: () => void): void {
  world.items.push({
    name,
    due: world.monoMs + inMs,
    life: null,
    run: act,
    unheard: act,
    half: null,
    refuse: null,
  });
}

/** Tells an engine something it waits for, unless it is gone by then. */
export function notify(world: World, life: Life, name: string, tell: () => void): void {
  if (life.standing === 'gone') return;
  world.items.push({
    name,
    due: world.monoMs,
    life,
    run: tell,
    unheard: () => undefined,
    half: null,
    refuse: null,
  });
}

/** A timer of an engine's: resolves after `ms`, or at once when the signal fires. */
export function sleep(world: World, life: Life, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const drop = (): void => {
      const at = world.items.indexOf(item);
      if (at !== -1) world.items.splice(at, 1);
      resolve();
    };
    const item: Item = {
      name: 'timer',
      due: world.monoMs + Math.max(0, ms),
      life,
      run: () => {
        signal?.removeEventListener('abort', drop);
        resolve();
      },
      unheard: () => undefined,
      half: null,
      refuse: null,
    };
    world.items.push(item);
    signal?.addEventListener('abort', drop);
  });
}

/** Things that may happen now. */
export function readyItems(world: World): readonly Item[] {
  return world.items.filter((item) => item.due <= world.monoMs && item.life?.standing !== 'frozen');
}

/** Moves time to the next pending thing; false: nothing is pending at all. */
export function advance(world: World): boolean {
  let next = Number.POSITIVE_INFINITY;
  for (const item of world.items) {
    if (item.life?.standing !== 'frozen' && item.due < next) next = item.due;
  }
  if (next === Number.POSITIVE_INFINITY) return false;
  if (next > world.monoMs) world.monoMs = next;
  return true;
}

/** Takes an item out of what is pending. */
export function take(world: World, item: Item): void {
  const at = world.items.indexOf(item);
  if (at !== -1) world.items.splice(at, 1);
}
