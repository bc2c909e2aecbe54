// Counts what a conversation with Claude Code has used. Knows no prices.
import { isRecord } from '../agent-text.ts';
import { readUsage, wordsOf } from './claude-words.ts';
import type { Spending } from './conversation.ts';
import { type Fields, numberOf } from './fields.ts';

/** Ids of the model's messages that are remembered within a turn, so that each is counted once. */
const MAX_COUNTED = 10_000;

/** What the model's messages cost: each is told several times, and the end of a turn knows better. */
export interface Bill {
  /** Counts a message; false: it says nothing of that. */
  note(message: Fields): boolean;
  /** Takes the sum that the end of a turn gives, which is of the whole conversation; false: it gives none. */
  close(message: Fields): boolean;
  sum(): Spending;
}

/** Makes an empty bill. */
export function createBill(): Bill {
  const counted = new Map<string, { readonly input: number; readonly output: number }>();
  let closed: Spending = { input: 0, output: 0, usd: null };
  const sum = (): Spending => {
    let { input, output } = closed;
    for (const each of counted.values()) {
      input += each.input;
      output += each.output;
    }
    return { input, output, usd: closed.usd };
  };
  return {
    sum,
    note: ({ message }) => {
      if (!isRecord(message) || !isRecord(message['usage'])) return false;
      if (counted.size < MAX_COUNTED) counted.set(wordsOf(message['id']), readUsage(message['usage']));
      return true;
    },
    close: ({ modelUsage, total_cost_usd: usd }) => {
      if (!isRecord(modelUsage)) return false;
      let [input, output] = [0, 0];
      for (const each of Object.values(modelUsage).filter(isRecord)) {
        input += numberOf(each['inputTokens']) + numberOf(each['cacheReadInputTokens']);
        input += numberOf(each['cacheCreationInputTokens']);
        output += numberOf(each['outputTokens']);
      }
      closed = { input, output, usd: typeof usd === 'number' ? usd : closed.usd };
      counted.clear();
      return true;
    },
  };
}
