// Notices that an agent gets nowhere by itself: the model does not answer for long, or the same call fails again and again.
// Asks people then; knows no protocol.
import type { Ask, News, Reply } from './conversation.ts';

/** What is noticed, and what becomes of it. */
export interface Watch {
  /** Takes news of the agent. */
  note(news: News): void;
  /** Answers one of its own questions; `stop`: the agent is to be let go. */
  reply(id: string, reply: Reply): 'stop' | 'go-on';
  owns(id: string): boolean;
  end(): void;
}

/** Beginning of the ids of its questions. */
const OWN = 'weft:';
const LABELS = ['Let it go on.', 'End this attempt.'] as const;

/** Begins to watch; `ask` puts a question to people. */
export function createWatch(
  patience: { readonly retryMs: number; readonly sameFailures: number },
  ask: (ask: Ask) => void,
): Watch {
  let timer: NodeJS.Timeout | null = null;
  let lastFailure: string | null = null;
  let failures = 0;
  let count = 0;
  const open = new Set<string>();
  const put = (kind: string, text: string): void => {
    if ([...open].some((id) => id.startsWith(`${OWN}${kind}`))) return;
    count += 1;
    const id = `${OWN}${kind}-${count}`;
    open.add(id);
    ask({ id, text, labels: LABELS });
  };
  const stopWaiting = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
  };
  return {
    end: stopWaiting,
    owns: (id) => open.has(id),
    note: (news) => {
      if (news.kind === 'retries') {
        timer ??= setTimeout(() => {
          timer = null;
          put('retries', `The model has not answered it for ${minutesOf(patience.retryMs)}. ${news.text}`);
        }, patience.retryMs);
        return;
      }
      if (news.kind === 'failed-call') {
        failures = news.text === lastFailure ? failures + 1 : 1;
        lastFailure = news.text;
        if (failures < patience.sameFailures) return;
        failures = 0;
        put(
          'circles',
          `The same call of it has failed ${patience.sameFailures} times in a row:\n${news.text}`,
        );
      }
      if (news.kind === 'doing' || news.kind === 'turn-over' || news.kind === 'failed-call') stopWaiting();
    },
    reply: (id, { choice }) => {
      open.delete(id);
      return choice === 1 ? 'stop' : 'go-on';
    },
  };
}

function minutesOf(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  return minutes < 1 ? `${Math.round(ms / 1_000)} s` : `${minutes} min`;
}
