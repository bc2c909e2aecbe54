// The text of who does a task: the task, the plan, the rules, and what came of earlier tries. Knows no agent in particular.
import { gatesFor } from './decide/gates.ts';
import type { Cause, Policy, WorkPlan } from './model.ts';
import { targetRefOf } from './names.ts';
import type { RunState, TaskState } from './state.ts';
import { composePrompt, type PromptPart } from './template.ts';

/** What is told of the last attempt is cut to this many characters. */
const MAX_FEEDBACK = 16_384;

/** Writes the prompt of an attempt that works on the task. `base` is the commit the worktree starts from. */
export function writePrompt(state: RunState, ts: TaskState, base: string): string {
  const { task } = ts;
  return composePrompt(state.policy.prompts.implement, [
    { name: 'title', text: isTitled(task) ? '' : `# ${task.title}` },
    { name: 'task', text: task.body.trim() },
    { name: 'context', text: describeContext(state, ts, base) },
    { name: 'files', text: describeOwnership(task.owns) },
    { name: 'checks', text: describeGates(state, ts) },
    { name: 'plan', text: describePlan(ts.plan), always: true },
    { name: 'rules', text: RULES },
    ...describeNews(state, ts, ts.attempt?.guidance ?? []),
  ]);
}

/** Tells whether the text begins with the title as its heading. */
function isTitled({ title, body }: TaskState['task']): boolean {
  const [first = ''] = body.trim().split('\n', 1);
  return /^#\s+(.*?)\s*#*$/.exec(first.trim())?.[1] === title;
}

/** What has come up since the last attempt, which every attempt has to hear. */
function describeNews(
  { policy }: RunState,
  ts: TaskState,
  guidance: readonly string[],
): readonly PromptPart[] {
  const changes = describeRequests(ts.requests.at(-1) ?? [], 'Changes that the review asks for');
  return [
    { name: 'feedback', text: describeFeedback(policy, ts.feedback), always: true },
    { name: 'changes', text: changes, always: true },
    { name: 'guidance', text: describeGuidance(guidance), always: true },
  ];
}

/** Writes what is said to an agent that goes on with its conversation about the task: what it has heard, it knows. */
export function writeGoOnPrompt(state: RunState, ts: TaskState): string {
  const news = describeNews(state, ts, ts.attempt?.guidance.slice(ts.attempt.heard) ?? []);
  const text = news.some((part) => part.text !== '')
    ? ''
    : 'You were interrupted. Go on where you were; the worktree is as you left it.';
  const title = { name: 'title', text: `# Go on: ${ts.task.title}` };
  return composePrompt(undefined, [title, ...news, { name: 'task', text }]);
}

const RULES = `## Rules
- Do this task and nothing beside it.
- Tests first where the project has tests; leave them green.
- Commit your work on the branch you are on. Do not push or switch branches, and do not merge or rebase unless you are asked to below.
- Do not use \`git stash\`: it is shared by all worktrees.
- When a decision is needed that you cannot take, say so and end your turn.`;

/** Says which task it is and where its work starts. */
export function describeContext(state: RunState, ts: TaskState, base: string): string {
  const stacked = ts.attempt?.stackedOn;
  const start = stacked == null ? `\`${state.policy.target}\`` : `the work of task \`${stacked.task}\``;
  const track = ts.task.track === null ? '' : ` in track \`${ts.task.track}\``;
  return `## Context\nTask \`${ts.task.id}\`${track}. The worktree starts from ${start} at ${base.slice(0, 12)}. Other agents work on other tasks of the same repository in worktrees of their own. Where the repository has an \`AGENTS.md\`, read it first and keep to it.`;
}

function describeOwnership(owns: readonly string[] | null): string {
  if (owns === null) return '';
  const list = owns.map((pattern) => `- \`${pattern}\``).join('\n');
  return `## Files\nChange only files that match one of these patterns; a change outside is refused:\n${list}`;
}

/** Lists the commands that have to pass. */
export function describeGates(state: RunState, ts: TaskState): string {
  const gates = gatesFor(state, ts);
  if (gates.length === 0) return '';
  const list = gates.map((gate) => `- \`${gate.command}\``).join('\n');
  return `## Checks\nYour work is accepted when these pass in a clean checkout of it:\n${list}`;
}

/** The accepted plan, for who does it and who reviews what was done. */
export function describePlan(plan: WorkPlan | null): string {
  if (plan === null || plan.milestones.length === 0) return '';
  const steps = plan.milestones.map(({ goal, filesExpected, doneChecks, risk }, at) => {
    const files = filesExpected.length === 0 ? '' : `\n   Files: ${listCode(filesExpected)}`;
    const checks = doneChecks.map((check) => `\n   - ${check}`).join('');
    return `${at + 1}. ${goal} (${risk} risk)${files}\n   Done when:${checks}`;
  });
  const keep = plan.doNotTouch.length === 0 ? '' : `\n\nDo not touch: ${listCode(plan.doNotTouch)}`;
  return `## Plan\n${steps.join('\n')}${keep}`;
}

function listCode(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}

/** Changes that a review asked for, under a heading. */
export function describeRequests(changes: readonly string[], heading: string): string {
  return changes.length === 0 ? '' : `## ${heading}\n${changes.map((change) => `- ${change}`).join('\n')}`;
}

function describeFeedback(policy: Policy, feedback: TaskState['feedback']): string {
  if (feedback === null) return '';
  const detail = feedback.detail.slice(-MAX_FEEDBACK);
  return `## What came of the last try\n${introduce(policy, feedback.cause)} What was done so far is in the worktree; go on from there.\n\n${fence(detail)}`;
}

function introduce(policy: Policy, cause: Cause): string {
  switch (cause) {
    case 'gate-failed':
      return 'A check failed.';
    case 'gate-timeout':
      return 'The checks took too long.';
    case 'outside-claim':
      return 'It changed files it may not change; undo those changes.';
    case 'no-changes':
      return 'It changed nothing.';
    case 'worktree-odd':
      return 'It left the worktree in a state that cannot be used; mend it.';
    case 'review-rejected':
    case 'review-loop':
      return 'It was reviewed and not approved.';
    case 'branch-moved':
      return 'Somebody moved its branch after it was verified; look at what is there now.';
    case 'conflict':
      return `It conflicts with what landed meanwhile. Merge the target branch into yours (\`git merge\` with the commit named below, or with \`${targetRefOf(policy)}\` where that has moved on since) and resolve the conflict so that both intents are kept: nothing of either side may be lost.`;
    case 'work-vanished':
      return 'Something of one side is gone since it merged. Bring it back so that both intents are kept; where only one can be kept, leave it as it is: a person is asked then.';
    default:
      return 'It ended early.';
  }
}

/** A fence longer than any run of backticks inside, so that the text cannot end it. */
export function fence(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((run) => run[0].length));
  const marks = '`'.repeat(longest + 1);
  return `${marks}\n${text}\n${marks}`;
}

/** Passes on what people said. */
export function describeGuidance(guidance: readonly string[]): string {
  if (guidance.length === 0) return '';
  return `## Guidance from the people you work for\n${guidance.map((text) => text.trim()).join('\n\n')}`;
}
