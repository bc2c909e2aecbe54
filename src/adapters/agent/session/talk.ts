// The talk with one process of an agent: what people say is handed over when it can be heard, what it asks is put to them,
// and when its turn is over and nothing is left to say, the talk is. Knows neither processes nor files.
import { readAnswer } from '../../../core/answer-text.ts';
import type { SessionEnd } from '../../../ports/agent.ts';
import { type Ask, type Conversation, LIVELY, type News, type Reply } from './conversation.ts';
import { createEnding } from './ending.ts';
import type { HostSetting, Message } from './host.ts';
import { addNews, type Gathering, readReply, wordAsk } from './report.ts';
import { createWatch, type Watch } from './watch.ts';

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
  /** Messages that were said, and not heard as far as is known. */
  unheard(): readonly Message[];
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
  /** Messages that were said and not heard of yet, by their numbers. */
  const unheard = new Map<number, Message>();
  const ending = createEnding();

  const tell = (given: News): void => {
    const news = given.kind === 'asks' ? { ...given, ask: hideSecrets(given.ask, setting.redact) } : given;
    if (news.kind === 'asks') {
      const given = setting.leaves.take(news.ask);
      if (given !== null) return giveLeave(news.ask, given);
      setting.leaves.note(news.ask);
    }
    // who is stopped would still like to know
    if (news.kind === 'asks-no-more' && ending.at() === null) setting.leaves.drop(news.id);
    show(news, setting.print);
    shared.update(addNews(shared.gathering(), news));
    if (news.kind === 'heard') unheard.delete(news.number);
    if (LIVELY.has(news.kind)) ending.wake();
    watch.note(news);
    if (news.kind === 'turn-over') endTurn({ fault: news.fault, text: news.text });
    else if (news.kind === 'heard' || news.kind === 'asks-no-more') pump();
  };
  const watch = createWatch(setting.patience, {
    ask: (ask) => tell({ kind: 'asks', ask }),
    withdraw: (id) => tell({ kind: 'asks-no-more', id }),
  });
  const conversation = setting.protocol.converse(setting.opening, { write, tell });
  const giveLeave = (ask: Ask, given: Reply): void => {
    const words = given.choice === null ? given.text : ask.labels[given.choice];
    tell({ kind: 'doing', text: `${ask.text}\nAnswered before: ${words ?? given.text}` });
    conversation.reply(ask.id, given);
  };
  const endTurn = (end: SessionEnd): void => {
    if (end.fault !== null) return ending.finish(end);
    ending.rest(end);
    // nobody waits for those answers any more
    for (const { id } of shared.gathering().asks) tell({ kind: 'asks-no-more', id });
    if (!pump()) ending.settle(unheard.size);
  };
  const pump = createPump({
    take: () =>
      ending.at() === null ? takeNext(shared.waiting, { asks: shared.gathering().asks, watch }) : null,
    deliver: createDelivery(setting, shared, { unheard, watch, conversation, tell }),
    idle: () => ending.settle(unheard.size),
  });

  return {
    over: ending.over,
    pump: () => void pump(),
    ended: ending.at,
    unheard: () => [...unheard.values()],
    hear: conversation.hear,
    begin: () => {
      conversation.begin();
      pump();
    },
    stop: () => {
      ending.finish({ fault: 'interrupted', text: 'It was told to stop.' });
      conversation.interrupt();
    },
    close: () => {
      watch.end();
      ending.wake();
    },
  };
}

/** What a message goes to: the question that it answers, a tool of the agent's that waits for it, or the conversation. */
function createDelivery(
  setting: HostSetting,
  shared: Shared,
  to: {
    readonly unheard: Map<number, Message>;
    readonly watch: Watch;
    readonly conversation: Conversation;
    readonly tell: (news: News) => void;
  },
): (next: Next) => Promise<void> {
  const { unheard, watch, conversation, tell } = to;
  const reply = (ask: Ask, said: Reply): void => {
    const isOwn = watch.owns(ask.id);
    tell({ kind: 'asks-no-more', id: ask.id });
    // who is ended is told to stop: to a question of the watch, any answer lets it go on
    if (!isOwn) conversation.reply(ask.id, said);
  };
  // not told as news: who is given an answer need not be at work because of it
  const noteHeard = (number: number): void =>
    shared.update(addNews(shared.gathering(), { kind: 'heard', number }));
  return async ({ number, text, answered }) => {
    if (answered !== null) {
      noteHeard(number);
      reply(answered.ask, answered.reply);
      return setting.leaves.hear(text);
    }
    setting.leaves.hear(text);
    if (await setting.answerTool(text)) return noteHeard(number);
    unheard.set(number, { number, text });
    setting.print(`< ${text}`);
    setting.noteTold({ number, text });
    conversation.say({ number, text });
  };
}

/** What is put to people must be known again by its words in their answer: it is hidden here once, not where it is shown. */
function hideSecrets(ask: Ask, redact: (text: string) => string): Ask {
  return { ...ask, text: redact(ask.text), labels: ask.labels.map(redact) };
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

/** Takes the message that can be handed over now: an answer at any time, anything else while the agent asks nothing. */
function takeNext(
  waiting: Message[],
  { asks, watch }: { readonly asks: readonly Ask[]; readonly watch: Watch },
): Next | null {
  const isAsked = asks.some(({ id }) => !watch.owns(id));
  for (const [at, message] of waiting.entries()) {
    const answered = findAnswered(asks, message.text);
    if (answered === null && isAsked) continue;
    waiting.splice(at, 1);
    return { ...message, answered };
  }
  return null;
}

function findAnswered(asks: readonly Ask[], text: string): Next['answered'] {
  for (const ask of asks) {
    const words = wordAsk(ask);
    const answer = readAnswer(text, words.text);
    if (answer !== null) return { ask, reply: readReply(answer, words.labels) };
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
