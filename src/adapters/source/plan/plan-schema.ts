// What weft understands in the frontmatter of a plan's task files, and in other people's task lists. Other keys are theirs.
import { z } from 'zod';
import { findIdProblem, ID_RULE } from '../../../core/plan/slug.ts';

/** One name or several; a number names a task by its number. */
export type Names = string | number | readonly (string | number)[];

/** The frontmatter of a task file of a plan. */
export interface PlanFrontmatter {
  readonly id?: string | undefined;
  readonly title?: string | undefined;
  readonly status?: string | undefined;
  readonly priority?: string | number | undefined;
  readonly agent?: string | undefined;
  readonly depends_on?: Names | undefined;
  readonly dependencies?: Names | undefined;
  readonly blocked_by?: Names | undefined;
  readonly owns?: string | readonly string[] | undefined;
}

/** A list of tasks as ralphy has it. */
export interface RalphyFile {
  readonly tasks: readonly {
    readonly title: string;
    readonly completed?: boolean | undefined;
    readonly parallel_group?: number | undefined;
    readonly description?: string | undefined;
  }[];
}

/** A queue of tasks as takt has it. */
export interface TaktFile {
  readonly tasks: readonly TaktTask[];
}

/** One task of takt's. */
export interface TaktTask {
  readonly name: string;
  readonly status: string;
  readonly summary?: string | undefined;
  readonly content?: string | undefined;
  readonly content_file?: string | undefined;
  readonly task_dir?: string | undefined;
  readonly issue?: number | undefined;
}

const text = z.string().min(1);
const name = z.union([text, z.int().min(0)], { error: 'must be the name or the number of a task' });
const names = z
  .union([name, z.array(name).max(1000)], { error: 'must be text or a list of tasks' })
  .nullable()
  .transform((value) => value ?? [])
  .optional();

const id = z.string().superRefine((value, context) => {
  const problem = findIdProblem(value);
  if (problem !== null) context.addIssue({ code: 'custom', message: problem, params: { fix: ID_RULE } });
});

/** Checks frontmatter; what it does not know is left alone. */
export const planFrontmatterSchema: z.ZodType<PlanFrontmatter> = z.looseObject({
  id: id.optional(),
  title: text.optional(),
  status: text.optional(),
  priority: z.union([text, z.int()], { error: 'must be a number or a word' }).optional(),
  agent: text.optional(),
  depends_on: names,
  dependencies: names,
  blocked_by: names,
  owns: z.union([text, z.array(text).max(1000)], { error: 'must be text or a list of texts' }).optional(),
});

/** Checks a list of ralphy's. */
export const ralphySchema: z.ZodType<RalphyFile> = z.looseObject({
  tasks: z
    .array(
      z.looseObject({
        title: text,
        completed: z.boolean().optional(),
        parallel_group: z.int().min(0).optional(),
        description: z.string().optional(),
      }),
    )
    .min(1),
});

/** Checks a queue of takt's. */
export const taktSchema: z.ZodType<TaktFile> = z.looseObject({
  tasks: z.array(
    z.looseObject({
      name: text,
      status: z.enum(['pending', 'running', 'completed', 'failed', 'exceeded', 'pr_failed']),
      summary: z.string().optional(),
      content: text.optional(),
      content_file: text.optional(),
      task_dir: text.optional(),
      issue: z.int().positive().optional(),
    }),
  ),
});
