// What goes wrong between a forge and its client, as written in advance or by chance from a seed. Knows no HTTP.

/** Something that goes wrong with one call; `after` means that what was asked for has been done. */
export type Fault =
  | { readonly kind: 'fail-before'; readonly status?: 500 | 502 | 503 }
  | { readonly kind: 'fail-after'; readonly status?: 500 | 502 | 503 }
  | { readonly kind: 'drop-before' }
  | { readonly kind: 'drop-after' }
  | { readonly kind: 'slow'; readonly delayMs: number }
  | { readonly kind: 'unauthorized' };

/** Something that goes wrong with one delivery of a webhook; `held` comes after the next one. */
export type HookFault = 'lost' | 'duplicated' | 'held';

/** Which calls a scripted fault hits. */
export interface FaultPlan {
  readonly fault: Fault;
  /** HTTP method; any when absent. */
  readonly method?: string;
  /** Path without `/api/v3`, or a part of it; any when absent. */
  readonly path?: RegExp | string;
  /** How many matching calls pass unharmed first. */
  readonly skip?: number;
  /** How many calls it hits: 1 when absent. */
  readonly times?: number;
}

/** Chances of faults, each from 0 to 1. */
export interface FaultRates {
  readonly seed: number;
  readonly calls?: readonly { readonly fault: Fault; readonly rate: number }[];
  readonly hooks?: Readonly<Partial<Record<HookFault, number>>>;
}

/** Decides what goes wrong. */
export interface Faults {
  /** Adds faults for calls to come; the first plan that matches a call is used. */
  plan(plan: FaultPlan): void;
  /** Adds faults for the next deliveries of webhooks. */
  planHooks(...faults: readonly (HookFault | null)[]): void;
  /** Forgets all plans; chance goes on. */
  clear(): void;
  /** Decides on one call. */
  strike(call: { readonly method: string; readonly path: string }): Fault | null;
  /** Decides on one delivery. */
  strikeHook(): HookFault | null;
}

interface Planned {
  readonly plan: FaultPlan;
  skip: number;
  times: number;
}

/** Makes the faults of one forge; without rates only what is planned goes wrong. */
export function createFaults(rates: FaultRates = { seed: 0 }): Faults {
  const planned: Planned[] = [];
  const hooks: (HookFault | null)[] = [];
  const draw = createDice(rates.seed);
  return {
    plan: (plan) => {
      planned.push({ plan, skip: plan.skip ?? 0, times: plan.times ?? 1 });
    },
    planHooks: (...faults) => {
      hooks.push(...faults);
    },
    clear: () => {
      planned.length = 0;
      hooks.length = 0;
    },
    strike: (call) => {
      const hit = planned.find((each) => each.times > 0 && matches(each.plan, call));
      if (hit !== undefined) {
        hit.skip -= 1;
        if (hit.skip >= 0) return null;
        hit.times -= 1;
        return hit.plan.fault;
      }
      return (rates.calls ?? []).find(({ rate }) => draw() < rate)?.fault ?? null;
    },
    strikeHook: () => {
      const next = hooks.shift();
      if (next !== undefined) return next;
      const chances = Object.entries(rates.hooks ?? {}) as [HookFault, number][];
      return chances.find(([, rate]) => draw() < rate)?.[0] ?? null;
    },
  };
}

function matches(plan: FaultPlan, call: { readonly method: string; readonly path: string }): boolean {
  if (plan.method !== undefined && plan.method !== call.method) return false;
  if (plan.path === undefined) return true;
  return typeof plan.path === 'string' ? call.path.includes(plan.path) : plan.path.test(call.path);
}

/** Numbers from 0 to 1 that depend on the seed alone (mulberry32). */
function createDice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}
