// What `.weft/config.yaml` may hold: one definition for checking and for editors. Knows nothing of files or defaults.
import { z } from 'zod';
import { findPatternProblem } from '../../core/claim/pattern.ts';
import { findUnknownWord, MESSAGE_WORDS } from '../../core/message.ts';
import { ACP_PRESETS } from '../agent/session/acp.ts';
import { type NotifyInput, notifySchema } from './notify-schema.ts';
import { type PullInput, pullsSchema } from './pulls-schema.ts';
import { closed, text } from './shape.ts';
import { type WorktreesInput, worktreesSchema } from './worktrees-schema.ts';

/** Gates as written; a tier that is left out has no checks. */
export interface GatesInput {
  readonly tier0?: readonly string[] | undefined;
  readonly tier1?: readonly string[] | undefined;
  readonly tier2?: readonly string[] | undefined;
  readonly triggers?:
    | readonly { readonly name: string; readonly patterns: readonly string[]; readonly tier: 1 | 2 }[]
    | undefined;
}

/** One agent as written. */
export interface AgentInput {
  readonly kind: string;
  readonly run?: string | undefined;
  readonly scenario?: string | undefined;
  readonly preset?: string | undefined;
  readonly command?: readonly string[] | undefined;
  readonly env?: readonly string[] | undefined;
  readonly max?: number | undefined;
  readonly coAuthor?: string | undefined;
}

/** What may be used up, as written. */
interface BudgetInput {
  readonly minutes?: number | null | undefined;
  readonly tokens?: number | null | undefined;
  readonly usd?: number | null | undefined;
}

/** The configuration as written, and the flags that override it. */
export interface ConfigInput {
  readonly $schema?: string | undefined;
  readonly target?: string | undefined;
  readonly integrate?: 'human' | 'auto' | undefined;
  readonly isolation?: 'worktree' | 'shared' | undefined;
  readonly collisionPolicy?: 'serialize' | 'force' | 'fail' | undefined;
  readonly outside?: 'fail' | 'ask' | undefined;
  readonly maxAgents?: number | undefined;
  readonly maxPerTrack?: number | null | undefined;
  readonly agent?: string | undefined;
  readonly stacks?: 'tell' | 'restart' | 'leave' | undefined;
  readonly agents?: Readonly<Record<string, AgentInput>> | undefined;
  readonly gates?: GatesInput | undefined;
  readonly merge?:
    | {
        readonly strategy?: 'merge' | 'squash' | 'rebase' | 'fast-forward' | undefined;
        readonly message?: string | undefined;
        readonly conflicts?: 'ask' | 'agent' | undefined;
        readonly driver?: string | undefined;
        readonly batch?: number | undefined;
      }
    | undefined;
  readonly pullRequests?: boolean | PullInput | undefined;
  readonly budget?: (BudgetInput & { readonly run?: BudgetInput | undefined }) | undefined;
  readonly setup?: string | null | undefined;
  readonly worktrees?: WorktreesInput | undefined;
  readonly radar?:
    | { readonly enabled?: boolean | undefined; readonly tell?: boolean | undefined }
    | undefined;
  readonly phases?:
    | { readonly plan?: string | boolean | undefined; readonly review?: string | boolean | undefined }
    | undefined;
  readonly fast?: boolean | undefined;
  readonly statusFiles?: readonly ('issues' | 'streams')[] | undefined;
  readonly notify?: NotifyInput | undefined;
  readonly limits?: Readonly<Record<string, number | undefined>> | undefined;
}

const MAX_NUMBER = 1_000_000_000;
const commands = z.array(text).max(100);
const durationMs = z
  .int()
  .min(1)
  .max(7 * 86_400_000);
const bytes = z
  .int()
  .min(1024)
  .max(64 * 1024 ** 3);

const pattern = text.superRefine((written, context) => {
  const problem = findPatternProblem(written);
  if (problem === null) return;
  context.addIssue({ code: 'custom', message: problem.sentence, params: { fix: problem.hint } });
});

/** Checks that must pass before work lands. */
export const gatesSchema: z.ZodType<GatesInput> = closed({
  tier0: commands
    .optional()
    .describe('Shell command lines that always run, in order; each must exit with 0.'),
  tier1: commands
    .optional()
    .describe('Command lines that run when a trigger or a task asks for tier 1 or 2.'),
  tier2: commands.optional().describe('Command lines that run when a trigger or a task asks for tier 2.'),
  triggers: z
    .array(
      closed({
        name: text.describe('Name of the trigger, for people.'),
        patterns: z
          .array(pattern)
          .min(1)
          .describe('Path patterns; one changed file that matches one is enough.'),
        tier: z.literal([1, 2]).describe('Tier of checks to run then.'),
      }),
    )
    .optional()
    .describe('What raises the tier of checks.'),
});

const anyAgent = {
  env: z
    .array(
      z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: 'must be the name of an environment variable' }),
    )
    .optional()
    .describe('Names of environment variables that the agent gets beside the usual ones.'),
  max: z.int().min(1).max(1000).optional().describe('Attempts of this agent at once.'),
  coAuthor: z
    .string()
    .regex(/^$|^[^<>\n]+ <[^<>\s]+>$/, { error: 'must be a name and an address: Name <address>' })
    .optional()
    .describe('Who is named as co-author of what lands: Name <address>; empty: nobody.'),
};

const conversingAgent = {
  program: text.optional().describe('Its program; default: by its usual name on PATH.'),
  model: text.optional().describe('Model, by the name that the agent has for it.'),
  effort: text.optional().describe('Effort of the model, by the name that the agent has for it.'),
  mode: text.optional().describe('Permission mode, by the name that the agent has for it.'),
  approvals: z
    .enum(['auto', 'ask'])
    .optional()
    .describe('auto (default): what stays inside the claim is allowed; ask: you are asked each time.'),
  checks: z
    .boolean()
    .optional()
    .describe(
      'true: the gates of tier 0 run when it ends its turn, and it mends what fails; default: false.',
    ),
  ...anyAgent,
};

const PRESETS = Object.keys(ACP_PRESETS);

const agentSchema = z
  .discriminatedUnion('kind', [
    closed({
      kind: z.literal('command').describe('Any program, started by a shell.'),
      run: text.describe('Shell command line; the prompt is in $WEFT_PROMPT_FILE and on standard input.'),
      ...anyAgent,
    }),
    closed({
      kind: z.literal('script').describe('Acts out a scenario; for tests and demonstrations.'),
      scenario: text.describe('Path of the scenario, relative to the repository.'),
      ...anyAgent,
    }),
    closed({
      kind: z.literal('claude').describe('Claude Code.'),
      ...conversingAgent,
      maxTurns: z
        .int()
        .min(1)
        .max(100_000)
        .optional()
        .describe('Requests to its model until it ends its turn.'),
      maxUsd: z
        .number()
        .positive()
        .max(MAX_NUMBER)
        .optional()
        .describe('Cost of one attempt of it in US dollars, as it estimates it.'),
    }),
    closed({ kind: z.literal('codex').describe('Codex.'), ...conversingAgent }),
    closed({
      kind: z.literal('acp').describe('Any agent that speaks the Agent Client Protocol.'),
      preset: z.enum(PRESETS).optional().describe('One that weft knows how to start.'),
      command: z
        .array(text)
        .min(1)
        .max(100)
        .optional()
        .describe(
          'Any other: its program and the arguments that make it speak the protocol; no shell reads them.',
        ),
      ...conversingAgent,
    }).superRefine(({ preset, command, program }, context) => {
      const refuse = (message: string, fix: string): void =>
        context.addIssue({ code: 'custom', message, params: { fix } });
      if (preset === undefined && command === undefined)
        refuse(
          'does not say what to start',
          `Set preset (${PRESETS.join(', ')}), or command: [PROGRAM, ARGUMENTS].`,
        );
      else if (command !== undefined && (preset ?? program) !== undefined)
        refuse('says twice what to start', 'With command it needs neither preset nor program.');
    }),
  ])
  .describe('How one agent is started.');

const limitsSchema = closed({
  attempts: z.int().min(1).max(10).optional().describe('Attempts at one task, over all causes.'),
  backoffMs: durationMs.optional().describe('First wait before another attempt, in milliseconds; doubles.'),
  backoffCapMs: durationMs.optional().describe('Longest wait before another attempt, in milliseconds.'),
  gateMs: durationMs.optional().describe('Time for all gates of one verification, in milliseconds.'),
  setupMs: durationMs.optional().describe('Time for the set-up command, in milliseconds.'),
  graceMs: durationMs
    .optional()
    .describe('Time between asking a process to stop and killing it, in milliseconds.'),
  outputBytes: bytes.optional().describe("Size of one attempt's output file, in bytes."),
  excerptBytes: bytes
    .optional()
    .describe("Size of a failing gate's output that the agent is shown, in bytes."),
  gateSlots: z.int().min(1).max(64).optional().describe('Verifications at once.'),
  landingSlots: z.int().min(1).max(16).optional().describe('Parts of a batch that are tried at once.'),
  quietMs: durationMs.optional().describe('Silence after which an attempt is called quiet, in milliseconds.'),
});

/** A limit that nothing holds to is worse than none. */

const phaseAgent = z
  .union([z.boolean(), text], { error: 'must be the name of an agent, true or false' })
  .optional();

function budgetOf(of: { readonly time: string; readonly use: string }) {
  const number = (most: number): z.ZodNumber => z.number().positive().max(most);
  return {
    minutes: number(MAX_NUMBER).nullable().optional().describe(`Time of ${of.time}; null: no limit.`),
    tokens: z
      .int()
      .min(1)
      .max(MAX_NUMBER * 1000)
      .nullable()
      .optional()
      .describe(`Tokens of ${of.use}, as agents count them; null: no limit.`),
    usd: number(MAX_NUMBER)
      .nullable()
      .optional()
      .describe(`Cost of ${of.use} in US dollars, as agents count it; null: no limit.`),
  };
}

/** The whole file. */
export const configSchema: z.ZodType<ConfigInput> = closed({
  $schema: z.string().optional().describe('Where editors find this schema.'),
  target: text
    .optional()
    .describe('Branch that work lands on; the one checked out when a run starts, if left out.'),
  integrate: z
    .enum(['human', 'auto'])
    .optional()
    .describe('human: work lands after weft approve, or when a person merges it. auto: it lands when green.'),
  isolation: z
    .enum(['worktree', 'shared'])
    .optional()
    .describe(
      'worktree: each task has its own directory. shared: all work in one; every task must own its files.',
    ),
  collisionPolicy: z
    .enum(['serialize', 'force', 'fail'])
    .optional()
    .describe('When claims meet: one task waits (serialize), both run (force), or nothing starts (fail).'),
  outside: z
    .enum(['fail', 'ask'])
    .optional()
    .describe('When a task changes files it does not own: back to the agent, then fail; or ask at once.'),
  maxAgents: z.int().min(1).max(1000).optional().describe('Agents that work at once.'),
  maxPerTrack: z
    .int()
    .min(1)
    .max(1000)
    .nullable()
    .optional()
    .describe('Agents at once in one track; null: no limit.'),
  agent: text.optional().describe('Agent of tasks that name none: a key of agents, or claude, or codex.'),
  stacks: z
    .enum(['tell', 'restart', 'leave'])
    .optional()
    .describe(
      'When work changes that other work is built on: its agents are told (default), start anew, or go on.',
    ),
  agents: z
    .record(
      z
        .string()
        .regex(/^[A-Za-z0-9][\w.-]{0,63}$/, { error: 'must be a name of letters, digits, dots and dashes' }),
      agentSchema,
    )
    .optional()
    .describe('Agents by name.'),
  gates: gatesSchema.optional().describe('Checks that must pass before work lands, by tier.'),
  merge: closed({
    strategy: z
      .enum(['merge', 'squash', 'rebase', 'fast-forward'])
      .optional()
      .describe('How commits reach the target.'),
    message: text
      .refine((written) => findUnknownWord(written) === null, {
        error: `must have no other places than ${MESSAGE_WORDS.map((word) => `{${word}}`).join(', ')}`,
      })
      .optional()
      .describe('Message of what lands, with places like {title}; weft adds its trailers.'),
    conflicts: z
      .enum(['ask', 'agent'])
      .optional()
      .describe('Who resolves a conflict: you are asked (default), or its agent tries first.'),
    driver: z
      .string()
      .max(10_000)
      .optional()
      .describe(
        'Merge driver for files that conflict, as git calls one (%O %A %B %P); default: mergiraf when it is there; empty: none.',
      ),
    batch: z
      .int()
      .min(1)
      .max(16)
      .optional()
      .describe('Tasks that are tried together, at most; 1: each alone.'),
  })
    .optional()
    .describe('How work lands.'),
  pullRequests: pullsSchema,
  budget: closed({
    ...budgetOf({ time: 'one attempt', use: 'one task' }),
    run: closed(budgetOf({ time: 'the run', use: 'the run' }))
      .optional()
      .describe('What the whole run may use up.'),
  })
    .optional()
    .describe('What may be used up.'),
  setup: text
    .nullable()
    .optional()
    .describe('Shell command line that prepares a fresh worktree; null: none.'),
  worktrees: worktreesSchema,
  radar: closed({
    enabled: z
      .boolean()
      .optional()
      .describe('Looks for conflicts between unfinished work while agents are at it.'),
    tell: z.boolean().optional().describe('Tells both agents, once, when their work would not merge.'),
  })
    .optional()
    .describe('Conflicts found before work is finished.'),
  phases: closed({
    plan: phaseAgent.describe('Who plans a task before it is done.'),
    review: phaseAgent.describe('Who reviews the verified work of a task before it may land.'),
  })
    .optional()
    .describe('Who else has a part in a task: the name of an agent, true for its own, false for nobody.'),
  fast: z.boolean().optional().describe('Skips the plan and review phases.'),
  statusFiles: z
    .array(z.enum(['issues', 'streams']))
    .max(2)
    .optional()
    .describe('Files that are kept for programs of others, in the places and forms that they know.'),
  notify: notifySchema,
  limits: limitsSchema.optional().describe('Bounds of a run; the defaults are meant to fit.'),
});
