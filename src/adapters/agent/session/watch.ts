// Notices that an agent gets nowhere by itself: the model does not answer for long, or the same call fails again and again.
// Asks people then; knows no protocol.
import type { Ask, News } from './conversation.ts';

/** What is noticed, and what becomes of it. */
export interface Watch {
  /** Takes news of the agent. */
  note(news: News): void;
  /** Tells whether a question is its own, and open. */
  owns(id: string): boolean;
  end(): void;
}

/** How it puts a question to people, and takes it back. */
interface Desk {
  ask(ask: Ask): void;
  withdraw(id: string): void;
}

/** How the ids of its questions begin. */
const RETRIES = 'weft:retries';
const CIRCLES = 'weft:circles';

/** News that only come when the model has answered. */
const ANSWERED: ReadonlySet<News['kind']> = new Set(['doing', 'failed-call', 'passed-call', 'turn-over']);

/** Begins to watch. */
export function createWatch(
  patience: { readonly retryMs: number; readonly sameFailures: number },
  desk: Desk,
): Watch {
  /** Its questions by their ids. */
  const open = new Map<string, string>();
  let count = 0;
  const isOpen = (kind: string, text: string): boolean =>
    [...open].some(([id, asked]) => id.startsWith(kind) && asked === text);
  const put = (kind: string, text: string): void => {
    if (isOpen(kind, text)) return;
    count += 1;
    const id = `${kind}-${count}`;
    open.set(id, text);
    // what can be done about it is not the agent's choice: the engine has the options
    desk.ask({ id, text, labels: [] });
  };
  const silence = watchSilence(patience.retryMs, (text) => put(RETRIES, text));
  const circles = watchCircles(patience.sameFailures, (text) => put(CIRCLES, text));
  return {
    end: silence.end,
    owns: (id) => open.has(id),
    note: (news) => {
      if (news.kind === 'asks-no-more') open.delete(news.id);
      // people have seen to what it got stuck in before, or something else comes first
      if (news.kind === 'asks') for (const id of open.keys()) if (id !== news.ask.id) desk.withdraw(id);
      if (news.kind === 'retries') silence.begin(news.text);
      if (news.kind === 'failed-call') circles.fail(news.text);
      if (news.kind === 'passed-call') circles.pass();
      if (!ANSWERED.has(news.kind)) return;
      silence.end();
      for (const id of open.keys()) if (id.startsWith(RETRIES)) desk.withdraw(id);
    },
  };
}

/** Notices that the model has been asked again and again for a while, and nothing came of it. */
function watchSilence(
  retryMs: number,
  tell: (text: string) => void,
): { readonly begin: (text: string) => void; readonly end: () => void } {
  let timer: NodeJS.Timeout | null = null;
  let latest = '';
  return {
    begin: (text) => {
      latest = text;
      timer ??= setTimeout(() => {
        timer = null;
        tell(`The model has not answered it for ${minutesOf(retryMs)}. ${latest}`);
      }, retryMs);
    },
    end: () => {
      if (timer !== null) clearTimeout(timer);
      timer = null;
    },
  };
}

/** Notices the same failure, so many times with nothing that went well in between. */
function watchCircles(
  most: number,
  tell: (text: string) => void,
): { readonly fail: (text: string) => void; readonly pass: () => void } {
  let last: string | null = null;
  let failures = 0;
  return {
    pass: () => {
      last = null;
    },
    fail: (text) => {
      failures = text === last ? failures + 1 : 1;
      last = text;
      if (failures < most) return;
      failures = 0;
      tell(`The same call of it has failed ${most} times in a row:\n${text}`);
    },
  };
}

function minutesOf(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  return minutes < 1 ? `${Math.round(ms / 1_000)} s` : `${minutes} min`;
}
