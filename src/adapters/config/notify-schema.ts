// Checks how people are called. Knows nothing of what they are called for.
import { z } from 'zod';
import { NOTICE_KINDS, type NoticeKind } from '../../core/notice-policy.ts';
import { closed, text } from './shape.ts';

/** How people are called, as written. */
export interface NotifyInput {
  readonly on?: readonly NoticeKind[] | undefined;
  readonly command?: string | undefined;
  readonly env?: readonly string[] | undefined;
  readonly webhook?: string | undefined;
  readonly desktop?: boolean | undefined;
  readonly bell?: boolean | undefined;
}

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The key `notify`. */
export const notifySchema: z.ZodType<NotifyInput | undefined> = closed({
  on: z
    .array(z.enum(NOTICE_KINDS))
    .max(NOTICE_KINDS.length)
    .optional()
    .describe('What you are called for; default: all of it.'),
  command: text
    .optional()
    .describe('Shell command line that is run for each notice; what it says is in variables.'),
  env: z
    .array(z.string().regex(VARIABLE, { error: 'must be the name of an environment variable' }))
    .max(100)
    .optional()
    .describe('Names of environment variables that the command gets beside the usual ones.'),
  webhook: text
    .refine((written) => VARIABLE.test(written) || /^https?:\/\/[^/\s]/.test(written), {
      error: 'must be an http or https address, or the name of an environment variable that has one',
    })
    .optional()
    .describe('Address that each notice is posted to as JSON, or the name of the variable that has it.'),
  desktop: z.boolean().optional().describe('Shows notices on the desktop; default: false.'),
  bell: z.boolean().optional().describe('Terminals that show the run ring; default: true.'),
})
  .optional()
  .describe('How you are called when something needs you.');
