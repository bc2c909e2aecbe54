// A protocol whose turns are over only when the checks of the work pass: until then the agent is told what fails. Knows
// neither processes nor what the checks are.
import { type Conversation, LIVELY, type News, type Protocol, type Wire } from './conversation.ts';

/** Looks at the work as it is: what fails, in words for the agent; null: nothing does, or nobody wants to know any more. */
export type Check = (signal: AbortSignal, note: (text: string) => void) => Promise<string | null>;

/** How often in a row an agent is sent back to work; what fails after that is found when the work is verified. */
export const MAX_ROUNDS = 3;
/** Numbers of what the agent is told here: beyond those of people's messages, within what protocols can write. */
const FIRST_NUMBER = 2 ** 40;

/** Puts the checks between an agent's word that it is done and those who wait for it. */
export function withChecks(protocol: Protocol, check: Check): Protocol {
  return {
    launch: protocol.launch,
    converse: (opening, wire) => converse(wire, check, (inner) => protocol.converse(opening, inner)),
  };
}

type TurnOver = Extract<News, { readonly kind: 'turn-over' }>;

function converse(wire: Wire, check: Check, open: (wire: Wire) => Conversation): Conversation {
  let rounds = 0;
  let count = 0;
  let underway: AbortController | null = null;
  const leave = (): void => {
    underway?.abort();
    underway = null;
  };
  const look = async (end: TurnOver): Promise<void> => {
    const mine = new AbortController();
    underway = mine;
    const failure = await check(mine.signal, (text) => wire.tell({ kind: 'doing', text }));
    if (mine.signal.aborted) return;
    underway = null;
    if (failure === null) return wire.tell(end);
    rounds += 1;
    count += 1;
    conversation.say({ number: FIRST_NUMBER + count, text: failure });
  };
  const conversation = open({
    write: wire.write,
    tell: (news) => {
      if (news.kind === 'heard' && news.number > FIRST_NUMBER) return;
      // somebody spoke at the last moment, and it works again
      if (LIVELY.has(news.kind) || news.kind === 'turn-over') leave();
      if (news.kind === 'turn-over' && news.fault === null && rounds < MAX_ROUNDS) void look(news);
      else wire.tell(news);
    },
  });
  return {
    ...conversation,
    say: (message) => {
      leave();
      rounds = 0;
      conversation.say(message);
    },
    interrupt: () => {
      leave();
      conversation.interrupt();
    },
  };
}
