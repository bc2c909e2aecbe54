// The queue between the world and the loop: whoever has news leaves it here, one reader takes it at its own pace.
import type { Command, Judged } from '../core/decide/command.ts';
import type { Wish } from '../core/decide/widen.ts';
import type { Event } from '../core/event.ts';
import type { Result } from '../core/failure.ts';
import type { ClockPort } from '../ports/clock.ts';

/** One piece of news. */
export type Message =
  /** `taken` is called once the facts are in the state. */
  | { readonly kind: 'facts'; readonly events: readonly Event[]; readonly taken?: () => void }
  | { readonly kind: 'command'; readonly command: Command; readonly reply: (judged: Result<Judged>) => void }
  /** What an agent at work asks for. */
  | { readonly kind: 'wish'; readonly wish: Wish; readonly reply: (judged: Result<Judged>) => void };

/** Most messages that may wait; commands beyond it are refused, facts never. */
export const MAX_WAITING = 100_000;

/** See the file's first line. */
export interface Inbox {
  put(message: Message): void;
  /** Number of waiting messages. */
  size(): number;
  /** Takes all that waits; waits for the first one, at most `ms` (null: for ever). */
  take(ms: number | null): Promise<readonly Message[]>;
}

/** An empty inbox. */
export function createInbox(clock: ClockPort): Inbox {
  let waiting: Message[] = [];
  let wake: (() => void) | null = null;
  return {
    put: (message) => {
      waiting.push(message);
      wake?.();
    },
    size: () => waiting.length,
    take: async (ms) => {
      if (waiting.length === 0) {
        const timer = new AbortController();
        const arrived = new Promise<void>((resolve) => {
          wake = resolve;
        });
        await Promise.race(ms === null ? [arrived] : [arrived, clock.sleep(ms, timer.signal)]);
        // without a reason an error would be made, stack and all, that nobody looks at
        timer.abort('over');
        wake = null;
      }
      const taken = waiting;
      waiting = [];
      return taken;
    },
  };
}

/** Leaves facts and resolves when the state has them, or nobody wants to wait for that any more. */
export function putFacts(inbox: Inbox, events: readonly Event[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      signal.removeEventListener('abort', done);
      resolve();
    };
    signal.addEventListener('abort', done);
    inbox.put({ kind: 'facts', events, taken: done });
  });
}
