// What track files and the frontmatter of task files may hold: one definition for checking and for editors.
import { z } from 'zod';
import type { EdgeBase, EdgeOn, TaskType } from '../../core/model.ts';
import { findIdProblem, ID_RULE } from '../../core/plan/slug.ts';
import { type GatesInput, gatesSchema } from '../config/schema.ts';
import { closed, text } from '../config/shape.ts';

/** One text or several. */
export type Texts = string | readonly string[];

/** A dependency as written: an id or a path, or one with the edge spelled out. */
export type DependencyInput =
  | string
  | { readonly task: string; readonly on?: EdgeOn | undefined; readonly base?: EdgeBase | undefined };

/** What steps and task files have in common. */
interface CommonInput {
  readonly id?: string | undefined;
  readonly agent?: string | undefined;
  readonly model?: string | undefined;
  readonly effort?: string | undefined;
  readonly run?: string | undefined;
  readonly depends_on?: string | readonly DependencyInput[] | undefined;
  readonly gates?: GatesInput | undefined;
}

/** One step of a track as written. */
export interface StepInput extends CommonInput {
  readonly task: string;
  readonly allowlist?: Texts | undefined;
}

/** One track as written. */
export interface TrackInput extends Omit<CommonInput, 'run' | 'model' | 'effort'> {
  readonly name: string;
  readonly steps: readonly StepInput[];
}

/** A track file as written. */
export interface TrackFileInput {
  readonly $schema?: string | undefined;
  readonly tracks: readonly TrackInput[];
}

/** The frontmatter of a task file as written. */
export interface FrontmatterInput extends CommonInput {
  readonly title?: string | undefined;
  readonly owns?: Texts | undefined;
  readonly allowlist_add?: Texts | undefined;
  readonly type?: TaskType | undefined;
  readonly priority?: number | undefined;
  readonly verification?: { readonly tier: 0 | 1 | 2 | 'tier0' | 'tier1' | 'tier2' } | undefined;
}

const texts = z.union([text, z.array(text).min(1).max(1000)], { error: 'must be text or a list of texts' });

const dependency = z.union(
  [
    text,
    closed({
      task: text.describe('Id or file of the task it waits for.'),
      on: z
        .enum(['verified', 'submitted', 'merged'])
        .optional()
        .describe('When it has waited long enough; merged if left out.'),
      base: z
        .enum(['target', 'stacked'])
        .optional()
        .describe(
          "What its work starts from: the target branch, or the other task's branch; target if left out.",
        ),
    }),
  ],
  { error: 'must be text or a mapping with task, on and base' },
);

const dependencies = z.union([text, z.array(dependency).max(10_000)], {
  error: 'must be text or a list of tasks',
});

const taskId = z
  .string()
  .superRefine((id, context) => {
    const problem = findIdProblem(id);
    if (problem !== null) context.addIssue({ code: 'custom', message: problem, params: { fix: ID_RULE } });
  })
  .optional();

const common = {
  agent: text
    .optional()
    .describe('Agent that does it: a key of agents in the configuration, or claude, or codex.'),
  gates: gatesSchema.optional().describe('Checks in place of those of the configuration.'),
};

/** How a task's own agent is to do it. */
const effort = {
  model: text.optional().describe('Model that its agent is to use, by the name that the agent has for it.'),
  effort: text
    .optional()
    .describe('Effort that its agent is to make, by the name that the agent has for it.'),
};

const run = text
  .optional()
  .describe('Shell command line that does the work in place of an agent; runs in the worktree.');

const stepSchema = closed({
  task: text.describe(
    'Path of the markdown file of the task, from the root of the repository or beside this file.',
  ),
  allowlist: texts.optional().describe('Path patterns the task may change, beside those its file owns.'),
  ...common,
  id: taskId.describe("Id of the task; its file's id or name if left out."),
  ...effort,
  run,
  depends_on: dependencies.optional().describe('Tasks it waits for, beside the step before.'),
});

/** A track file. */
export const trackFileSchema: z.ZodType<TrackFileInput> = closed({
  $schema: z.string().optional().describe('Where editors find this schema.'),
  tracks: z
    .array(
      closed({
        name: text.describe('Name of the track.'),
        ...common,
        id: text.optional().describe('Short name of the track; its name if left out.'),
        depends_on: dependencies.optional().describe('Tracks or tasks that all its tasks wait for.'),
        steps: z
          .array(stepSchema)
          .min(1)
          .describe('Tasks that follow one another, each on the work of the one before.'),
      }),
    )
    .min(1)
    .describe('Tracks run at the same time.'),
});

/** The frontmatter of a task file. */
export const frontmatterSchema: z.ZodType<FrontmatterInput> = closed({
  ...common,
  id: taskId.describe("Id of the task; the file's name without extension if left out."),
  title: text.optional().describe('Title of the task; the first heading if left out.'),
  owns: texts.optional().describe('Path patterns the task may change; directories with everything in them.'),
  allowlist_add: texts.optional().describe('Further path patterns, beside those of owns and of the step.'),
  depends_on: dependencies.optional().describe('Tasks it waits for, by id or by file.'),
  type: z
    .enum(['automated', 'manual', 'hybrid'])
    .optional()
    .describe(
      'automated: an agent does it. manual: a human does it and says weft done. hybrid: a human approves it.',
    ),
  verification: closed({
    tier: z.literal([0, 1, 2, 'tier0', 'tier1', 'tier2']).describe('Least tier of checks.'),
  })
    .optional()
    .describe('How the work is verified.'),
  priority: z.int().min(0).max(4).optional().describe('0 is the most urgent, 4 the least; 2 if left out.'),
  ...effort,
  run,
});
