// What the configuration may say of where work happens: folders and branches. Knows nothing of files or of git.
import type { z } from 'zod';
import { findPlaceProblem } from '../../core/place.ts';
import { closed, text } from './shape.ts';

/** Where work happens, as written. */
export interface WorktreesInput {
  readonly root?: string | undefined;
  readonly path?: string | undefined;
  readonly branch?: string | undefined;
}

const PLACEHOLDERS = /\{(?!(?:repo|run|task|id)\})[^}]*\}?/;

/** Tells whether a pattern gives a branch that git takes and that differs from task to task. */
function isBranchPattern(pattern: string): boolean {
  return (
    /\{(?:task|id)\}/.test(pattern) &&
    !PLACEHOLDERS.test(pattern) &&
    /^[\w{][\w./{}-]*$/.test(pattern) &&
    !/\.\.|\/\/|\/\.|[./]$|\.lock(?:\/|$)/.test(pattern)
  );
}

const place = text.superRefine((written, context) => {
  const problem = findPlaceProblem(written);
  if (problem !== null)
    context.addIssue({ code: 'custom', message: problem.sentence, params: { fix: problem.hint } });
});

/** The key `worktrees`. */
export const worktreesSchema: z.ZodType<WorktreesInput | undefined> = closed({
  root: text
    .refine((root) => !/\{(?!repo\})/.test(root), { error: 'must have no placeholder but {repo}' })
    .optional()
    .describe(
      'Folder for worktrees and for the checkouts of gates, relative to the repository; {repo} is its name.',
    ),
  path: place
    .optional()
    .describe(
      'Worktree of a task, relative to the repository, with places {root}, {repo}, {run}, {task}, {id}; default: {root}/{run}/{task}.',
    ),
  branch: text
    .refine(isBranchPattern, {
      error: 'must be a branch name with {task} or {id} in it, and no other placeholder but {run} and {repo}',
    })
    .optional()
    .describe(
      "Branch of a task's work; {run} is the run, {task} a name made of the task's id, {id} the id as it is.",
    ),
})
  .optional()
  .describe('Where work happens.');
