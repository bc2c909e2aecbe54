// Checks how pull requests are configured.
import { z } from 'zod';
import { findUnknownWord, MESSAGE_WORDS } from '../../core/message.ts';
import { closed, text } from './shape.ts';

/** How work becomes pull requests, as written. */
export interface PullInput {
  readonly ciRounds?: number | undefined;
  readonly settleMs?: number | undefined;
  readonly pollMs?: number | undefined;
  readonly listenTo?: readonly string[] | undefined;
  readonly body?: string | undefined;
}

/** How work becomes pull requests: whether, or how. */
export const pullsSchema: z.ZodType<boolean | PullInput | undefined> = z
  .union([
    z.boolean(),
    closed({
      ciRounds: z
        .int()
        .min(0)
        .max(9)
        .optional()
        .describe('Times that checks of the forge may fail in a row before you are asked.'),
      listenTo: z
        .array(text)
        .max(100)
        .optional()
        .describe('Whose remarks go to the agent, beside those of people who may write to the repository.'),
      settleMs: z
        .int()
        .min(0)
        .max(3_600_000)
        .optional()
        .describe('Time that checks have to show up after a push, in milliseconds.'),
      pollMs: z
        .int()
        .min(250)
        .max(3_600_000)
        .optional()
        .describe('Pause between two looks at the forge, in milliseconds.'),
      body: text
        .max(20_000)
        .refine((written) => findUnknownWord(written.replaceAll('{evidence}', '')) === null, {
          error: `must have no other places than {evidence}, ${MESSAGE_WORDS.map((word) => `{${word}}`).join(', ')}`,
        })
        .optional()
        .describe('Text of a pull request, with places like {title} and {evidence}.'),
    }),
  ])
  .optional()
  .describe('Verified work becomes a pull request and lands at GitHub: true, or how.');
