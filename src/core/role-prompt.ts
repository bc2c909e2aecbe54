// The texts of who plans a task and of who reviews its change: they only read, and they answer in JSON.
import type { GateResult } from './model.ts';
import {
  describeContext,
  describeGates,
  describeGuidance,
  describePlan,
  describeRequests,
  fence,
} from './prompt.ts';
import type { RunState, TaskState } from './state.ts';
import { composePrompt } from './template.ts';

/** Bytes of a change that a reviewer is shown. */
export const MAX_CHANGE_BYTES: number = 64 * 1024;
/** What is told of a failed try is cut to this many characters. */
const MAX_FEEDBACK = 4_096;

/** Writes the prompt of an attempt that plans the task. `base` is the commit the checkout is at. */
export function writePlanPrompt(state: RunState, ts: TaskState, base: string): string {
  return composePrompt(state.policy.prompts.plan, [
    { name: 'title', text: `# Plan: ${ts.task.title}` },
    { name: 'role', text: PLANNER },
    { name: 'task', text: `## The task\n${ts.task.body.trim()}` },
    { name: 'context', text: describeContext(state, ts, base) },
    { name: 'files', text: describeClaim(ts.task.owns) },
    { name: 'checks', text: describeGates(state, ts) },
    { name: 'answer', text: PLAN_ANSWER, always: true },
    { name: 'feedback', text: describeFeedback(ts), always: true },
    { name: 'guidance', text: describeGuidance(ts.attempt?.guidance ?? []), always: true },
  ]);
}

/** Writes the prompt of an attempt that reviews the task's verified change. */
export function writeReviewPrompt(
  state: RunState,
  ts: TaskState,
  of: { readonly base: string; readonly head: string; readonly change: Change },
): string {
  return composePrompt(state.policy.prompts.review, [
    { name: 'title', text: `# Review: ${ts.task.title}` },
    { name: 'role', text: REVIEWER },
    { name: 'task', text: `## The task\n${ts.task.body.trim()}` },
    { name: 'context', text: describeContext(state, ts, of.base) },
    { name: 'files', text: describeClaim(ts.task.owns) },
    { name: 'plan', text: describePlan(ts.plan) },
    { name: 'results', text: describeResults(ts.attempt?.verified?.gates ?? []) },
    {
      name: 'changes',
      text: describeRequests(ts.requests.at(-1) ?? [], 'Changes that the last review asked for'),
      always: true,
    },
    { name: 'change', text: describeChange(of), always: true },
    { name: 'answer', text: REVIEW_ANSWER, always: true },
    { name: 'feedback', text: describeFeedback(ts), always: true },
    { name: 'guidance', text: describeGuidance(ts.attempt?.guidance ?? []), always: true },
  ]);
}

/** A change as text; `cut`: there is more of it. */
interface Change {
  readonly text: string;
  readonly cut: boolean;
}

const PLANNER = `Plan the task below; do not do it. Another agent does it after you and gets your plan. You are in a checkout of your own that is thrown away afterwards: look at what you need, nothing you change here is kept.`;

const REVIEWER = `Review what another agent did for the task below; do not do it yourself. Its checks have passed. You are in a checkout of its work that is thrown away afterwards: look at what you need, nothing you change here is kept. Approve it unless it is wrong, incomplete or goes beyond the task; matters of taste are no reason.`;

const ANSWER =
  'Write one JSON object to the file that `$WEFT_RESULT_FILE` names, or print it in a ```json block as the last thing you say.';

const PLAN_ANSWER = `## Your answer
${ANSWER} Milestones go in the order in which they are to be done, at least one; each needs at least one check that shows that it is done.

\`\`\`json
{
  "milestones": [
    {
      "goal": "what is true afterwards",
      "files_expected": ["path/of/a/file"],
      "done_checks": ["how to see that it is done"],
      "risk_level": "low, medium or high"
    }
  ],
  "do_not_touch": ["what has to stay as it is"]
}
\`\`\``;

const REVIEW_ANSWER = `## Your answer
${ANSWER} \`request_changes\` sends it back with your list, \`reject\` says that it cannot be mended and asks a human; both need at least one entry in \`changes\`.

\`\`\`json
{ "status": "approve, request_changes or reject", "changes": ["one thing to change, and where"] }
\`\`\``;

function describeClaim(owns: readonly string[] | null): string {
  if (owns === null) return '';
  const list = owns.map((pattern) => `- \`${pattern}\``).join('\n');
  return `## Files\nThe task may change only files that match one of these patterns:\n${list}`;
}

function describeResults(gates: readonly GateResult[]): string {
  if (gates.length === 0) return '';
  const list = gates.map(({ command, exit, elapsedMs }) => {
    return `- \`${command}\`: exit ${exit}, ${Math.round(elapsedMs / 1000)} s`;
  });
  return `## Checks that passed\n${list.join('\n')}`;
}

function describeChange(of: {
  readonly base: string;
  readonly head: string;
  readonly change: Change;
}): string {
  const command = `git diff ${of.base.slice(0, 12)} ${of.head.slice(0, 12)}`;
  const note = of.change.cut
    ? `Only its first ${MAX_CHANGE_BYTES / 1024} KiB are shown; \`${command}\` shows all of it.`
    : `The same as \`${command}\`.`;
  return `## The change\n${note}\n\n${fence(of.change.text.trimEnd())}`;
}

function describeFeedback({ feedback }: TaskState): string {
  if (feedback === null) return '';
  return `## What came of the last try\nIts answer was not taken.\n\n${fence(feedback.detail.slice(-MAX_FEEDBACK))}`;
}
