// The talk with one process of an agent: what people say is handed over when it can be heard, what it asks is put to them,
// and when its turn is over and nothing is left to say, the talk is. Knows neither processes nor files.
import { readAnswer } from '../../../core/answer-text.ts';
import type { SessionEnd } from '../../../ports/agent.ts';
import type { Ask, News, Reply } from './conversation.ts';
import type { HostSetting, Message } from './host.ts';
import { addNews, type Gathering, wordAsk } from './report.ts';
import { createWatch } from './watch.ts';

/** How long a message that came at the very end of a turn may take to begin another. */
const HEAR_MS = 15_000;

/** News that only come in the midst of a turn. */
const LIVELY: ReadonlySet<News['kind']> = new Set(['doing', 'failed-call', 'retries', 'asks', 'heard']);

/** See the file's first line. */
export interface Talk {
  begin(): void;
  /** Takes a line of the agent's. */
  hear(line: string): void;
  /** Hands over what can be handed over by now. */
  pump(): void;
  stop(): void;
  close(): void;
  /** How it ended, or null while it goes on. */
  ended(): SessionEnd | null;
  readonly over: Promise<SessionEnd>;
}

/** What a talk needs of its session. */
interface Shared {
  readonly waiting: Message[];
  readonly gathering: () => Gathering;
  readonly update: (next: Gathering) => void;
}

/** Makes the talk; `write` gives the agent a line. */
export function createTalk(setting: HostSetting, shared: Shared, write: (line: string) => void): Talk {
  const { print } = setting;
  /** Numbers of messages that were said and not heard of yet. */
  const unheard = new Set<number>();
  const ending = createEnding();
  let isOver = false;

  const tell = (news: News): void => {
    show(news, print);
    watch.note(news);
    shared.update(addNews(shared.gathering(), news));
    if (news.kind === 'heard') unheard.delete(news.number);
    if (LIVELY.has(news.kind)) {
      isOver = false;
      ending.stay();
    }
    if (news.kind === 'turn-over') endTurn({ fault: news.fault, text: news.text });
    else if (news.kind === 'heard' || news.kind === 'asks-no-more') pump();
  };
  const watch = createWatch(setting.patience, (ask) => tell({ kind: 'asks', ask }));
  const conversation = setting.protocol.converse(setting.opening, { write, tell });

  const endTurn = (end: SessionEnd): void => {
    isOver = true;
    if (end.fault !== null) return ending.finish(end);
    for (const { id } of shared.gathering().asks) if (watch.owns(id)) tell({ kind: 'asks-no-more', id });
    if (pump() || shared.waiting.length > 0 || !isOver) return;
    // said at the last moment: a turn of its own may begin with it
    if (unheard.size > 0) ending.linger(end);
    else ending.finish(end);
  };

  const reply = (ask: Ask, said: Reply): void => {
    tell({ kind: 'asks-no-more', id: ask.id });
    if (!watch.owns(ask.id)) return conversation.reply(ask.id, said);
    if (watch.reply(ask.id, said) === 'go-on') return;
    conversation.interrupt();
    ending.finish({ fault: 'api-error', text: ask.text });
  };

  const deliver = async ({ number, text, answered }: Next): Promise<void> => {
    if (answered !== null || (await setting.answerTool(text))) {
      tell({ kind: 'heard', number });
      if (answered !== null) reply(answered.ask, answered.reply);
      return;
    }
    unheard.add(number);
    isOver = false;
    print(`< ${text}`);
    conversation.say({ number, text });
  };
  const pump = createPump({
    take: () => (ending.at() === null ? takeNext(shared.waiting, shared.gathering().asks) : null),
    deliver,
    idle: () => {
      if (isOver && ending.at() === null)
        endTurn({ fault: null, text: shared.gathering().report.doing ?? '' });
    },
  });

  return {
    over: ending.over,
    pump: () => void pump(),
    ended: ending.at,
    hear: conversation.hear,
    begin: () => {
      conversation.begin();
      pump();
    },
    stop: () => {
      conversation.interrupt();
      ending.finish({ fault: 'interrupted', text: 'It was told to stop.' });
    },
    close: watch.end,
  };
}

/** The end of a talk, which comes once. */
interface Ending {
  finish(end: SessionEnd): void;
  /** Ends it after a while, unless something happens. */
  linger(end: SessionEnd): void;
  stay(): void;
  at(): SessionEnd | null;
  readonly over: Promise<SessionEnd>;
}

function createEnding(): Ending {
  let ended: SessionEnd | null = null;
  let timer: NodeJS.Timeout | null = null;
  let resolveOver: (end: SessionEnd) => void = () => undefined;
  const over = new Promise<SessionEnd>((resolve) => {
    resolveOver = resolve;
  });
  const stay = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
  };
  const finish = (end: SessionEnd): void => {
    stay();
    ended ??= end;
    resolveOver(ended);
  };
  return {
    over,
    stay,
    finish,
    at: () => ended,
    linger: (end) => {
      timer ??= setTimeout(() => finish(end), HEAR_MS);
    },
  };
}

/** Hands messages over, one after the other; says whether it is at it. `idle`: it was, and no more can be handed over now. */
function createPump(of: {
  readonly take: () => Next | null;
  readonly deliver: (next: Next) => Promise<void>;
  readonly idle: () => void;
}): () => boolean {
  let busy = false;
  const run = async (first: Next): Promise<void> => {
    for (let next: Next | null = first; next !== null; next = of.take()) await of.deliver(next);
    busy = false;
    of.idle();
  };
  return () => {
    const next = busy ? null : of.take();
    if (next === null) return busy;
    busy = true;
    void run(next);
    return true;
  };
}

/** A message, and what of the open questions it answers. */
interface Next extends Message {
  readonly answered: { readonly ask: Ask; readonly reply: Reply } | null;
}

/** Takes the message that can be handed over now: an answer at any time, anything else while nothing is asked. */
function takeNext(waiting: Message[], asks: readonly Ask[]): Next | null {
  for (const [at, message] of waiting.entries()) {
    const answered = findAnswered(asks, message.text);
    if (answered === null && asks.length > 0) continue;
    waiting.splice(at, 1);
    return { ...message, answered };
  }
  return null;
}

function findAnswered(asks: readonly Ask[], text: string): Next['answered'] {
  for (const ask of asks) {
    const words = wordAsk(ask);
    const answer = readAnswer(text, words.text);
    if (answer === null) continue;
    const choice = words.labels.findIndex((label) => answer.startsWith(label));
    const rest = choice < 0 ? answer : answer.slice(words.labels[choice]?.length ?? 0);
    return { ask, reply: { choice: choice < 0 ? null : choice, text: rest.trim() } };
  }
  return null;
}

/** One piece of news for people who look over its shoulder. */
function show(news: News, print: (line: string) => void): void {
  switch (news.kind) {
    case 'doing':
      return print(news.text);
    case 'asks':
      return print(`? ${news.ask.text}`);
    case 'failed-call':
      return print(`! ${news.text}`);
    case 'retries':
    case 'limited':
      return print(`! ${news.text}`);
    case 'turn-over':
      if (news.fault !== null) print(`! ${news.text}`);
      return;
    default:
      return;
  }
}
