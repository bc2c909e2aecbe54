// Rate limits as GitHub has them: calls an hour, creating calls a minute and an hour, calls at once. Knows no HTTP.

/** How much one token may do. */
export interface Limits {
  /** Calls that cost something, an hour. */
  readonly perHour: number;
  /** Calls that create or change something, a minute. */
  readonly creatingPerMinute: number;
  /** Calls that create or change something, an hour. */
  readonly creatingPerHour: number;
  /** Calls at the same time. */
  readonly concurrent: number;
  /** How long a token has to wait that went over one of the three above. */
  readonly retryAfterMs: number;
  /** Status of a refusal because of any limit. */
  readonly status: 403 | 429;
}

/** What GitHub documents. */
export const GITHUB_LIMITS: Limits = {
  perHour: 5000,
  creatingPerMinute: 80,
  creatingPerHour: 500,
  concurrent: 100,
  retryAfterMs: 60_000,
  status: 403,
};

/** What a token has left of an hour. */
export interface Quota {
  readonly limit: number;
  readonly used: number;
  readonly resetAt: number;
}

/** Why a call is refused, if it is. */
export type Admission =
  | { readonly kind: 'admitted' }
  | { readonly kind: 'exhausted' }
  /** `early`: the token had been told to wait, and did not. */
  | { readonly kind: 'secondary'; readonly retryAfterMs: number; readonly early: boolean };

/** Counts calls of tokens. */
export interface Meter {
  readonly limits: Limits;
  /** Decides on a call before anything happens; `creating`: it changes something. */
  admit(call: { readonly key: string; readonly creating: boolean }): Admission;
  /** Charges a call that was not free. */
  charge(key: string): void;
  /** What a token has left. */
  quota(key: string): Quota;
  /** Notes that a call has begun; the function it returns notes its end. */
  begin(key: string): () => void;
}

interface Account {
  windowAt: number;
  used: number;
  underWay: number;
  blockedUntil: number;
  creating: number[];
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** Makes a meter by a clock in milliseconds. */
export function createMeter(limits: Limits, now: () => number): Meter {
  const accounts = new Map<string, Account>();
  const open = (key: string): Account => {
    let account = accounts.get(key);
    if (account === undefined) {
      account = { windowAt: now(), used: 0, underWay: 0, blockedUntil: 0, creating: [] };
      accounts.set(key, account);
    }
    if (now() >= account.windowAt + HOUR_MS) Object.assign(account, { windowAt: now(), used: 0 });
    return account;
  };
  return {
    limits,
    admit: ({ key, creating }) => {
      const account = open(key);
      const at = now();
      if (at < account.blockedUntil) {
        return { kind: 'secondary', retryAfterMs: account.blockedUntil - at, early: true };
      }
      if (account.used >= limits.perHour) return { kind: 'exhausted' };
      const over = account.underWay > limits.concurrent || (creating && isOver(account, limits, at));
      if (over) {
        account.blockedUntil = at + limits.retryAfterMs;
        return { kind: 'secondary', retryAfterMs: limits.retryAfterMs, early: false };
      }
      if (creating) account.creating.push(at);
      return { kind: 'admitted' };
    },
    charge: (key) => {
      open(key).used += 1;
    },
    quota: (key) => {
      const { used, windowAt } = open(key);
      return { limit: limits.perHour, used, resetAt: windowAt + HOUR_MS };
    },
    begin: (key) => {
      open(key).underWay += 1;
      return () => {
        open(key).underWay -= 1;
      };
    },
  };
}

function isOver(account: Account, limits: Limits, at: number): boolean {
  account.creating = account.creating.filter((time) => time > at - HOUR_MS);
  const lastMinute = account.creating.filter((time) => time > at - MINUTE_MS);
  return account.creating.length >= limits.creatingPerHour || lastMinute.length >= limits.creatingPerMinute;
}
