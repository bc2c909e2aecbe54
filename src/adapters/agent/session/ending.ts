// The end of a talk, which comes once: with the agent's turn, or a while after it when something was said at the last moment.
// Knows no protocol.
import type { SessionEnd } from '../../../ports/agent.ts';

/** How long a message that came at the very end of a turn may take to begin another. */
const HEAR_MS = 15_000;

/** See the file's first line. */
export interface Ending {
  finish(end: SessionEnd): void;
  /** Its turn is over: that may be the end. */
  rest(end: SessionEnd): void;
  /** There are signs of a turn. */
  wake(): void;
  /** Comes when its turn is over and all is said, `unheard` messages of it perhaps to nobody. */
  settle(unheard: number): void;
  /** Null while it goes on. */
  at(): SessionEnd | null;
  readonly over: Promise<SessionEnd>;
}

/** Makes an end that has not come. */
export function createEnding(): Ending {
  let ended: SessionEnd | null = null;
  /** How its last turn ended, until there are signs of another one. */
  let last: SessionEnd | null = null;
  let timer: NodeJS.Timeout | null = null;
  let resolveOver: (end: SessionEnd) => void = () => undefined;
  const over = new Promise<SessionEnd>((resolve) => {
    resolveOver = resolve;
  });
  const stopWaiting = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
  };
  const finish = (end: SessionEnd): void => {
    stopWaiting();
    ended ??= end;
    resolveOver(ended);
  };
  return {
    over,
    finish,
    at: () => ended,
    rest: (end) => {
      last = end;
    },
    wake: () => {
      last = null;
      stopWaiting();
    },
    settle: (unheard) => {
      if (last === null || ended !== null) return;
      if (unheard === 0) return finish(last);
      stopWaiting();
      timer = setTimeout(finish, HEAR_MS, last);
    },
  };
}
