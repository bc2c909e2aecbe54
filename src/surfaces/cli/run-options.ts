// The options of the commands that begin a run or go on with one: what they override, and how they show it. Runs nothing.
import type { OptionSpec } from './command-spec.ts';

/** For commands that go on saying something. */
export const NDJSON: OptionSpec = {
  name: 'json',
  summary: 'Print one JSON object a line: one per change, one at the end',
};
const STAY: OptionSpec = {
  name: 'stay',
  summary: 'Go on waiting for answers, approvals and new tasks when nothing else is left',
};
const DETACH: OptionSpec = {
  name: 'detach',
  summary: 'Leave the engine in the background, print the run and return',
};

const POLICY: readonly OptionSpec[] = [
  {
    name: 'target',
    value: 'BRANCH',
    summary: 'Branch that work lands on; by default the one checked out here',
  },
  {
    name: 'integrate',
    choices: ['human', 'auto'],
    summary: 'Land after `weft approve`, or as soon as all checks pass',
  },
  {
    name: 'isolation',
    choices: ['worktree', 'shared'],
    summary: 'A worktree per task, or one checkout for all',
  },
  { name: 'worktree', summary: 'Same as --isolation worktree, which is the default' },
  {
    name: 'collision-policy',
    choices: ['serialize', 'force', 'fail'],
    summary: 'When two tasks claim one file: one after the other, both at once, or not at all',
  },
  {
    name: 'outside',
    choices: ['fail', 'ask'],
    summary: 'When a task changes files it does not own: back to the agent, then fail; or ask',
  },
  { name: 'max-agents', value: 'N', within: [1, 1000], summary: 'Agents at work at once' },
  { name: 'max-per-track', value: 'N', within: [1, 1000], summary: 'Agents at once in one track' },
  { name: 'agent', value: 'NAME', summary: 'Agent for tasks that name none' },
  {
    name: 'time',
    also: 'budget-minutes',
    value: 'MIN',
    within: [1, 10_080],
    summary: 'Minutes one attempt may take',
  },
  { name: 'limits-attempts', value: 'N', within: [1, 10], summary: 'Attempts at one task' },
  { name: 'fast', summary: 'Skip planning and review' },
  {
    name: 'strategy',
    also: 'merge-strategy',
    choices: ['merge', 'squash', 'rebase', 'fast-forward'],
    summary: 'How work lands on the target',
  },
  { name: 'pull-requests', summary: 'Work becomes pull requests and lands at GitHub' },
  {
    name: 'gate',
    repeats: true,
    value: 'COMMAND',
    summary: 'Command that must pass before work lands, in place of gates.tier0; once for each',
  },
  { name: 'setup', value: 'COMMAND', summary: 'Command that prepares a new worktree' },
];

/** Of `weft run`. */
export const START: readonly OptionSpec[] = [
  ...POLICY,
  {
    name: 'phases-plan',
    value: 'AGENT',
    summary: 'Agent that plans a task before it is done; true for its own, false for nobody',
  },
  {
    name: 'phases-review',
    value: 'AGENT',
    summary: 'Agent that reviews a task before it lands; true for its own, false for nobody',
  },
  { name: 'worktrees-root', value: 'FOLDER', summary: 'Folder for worktrees and for the checkouts of gates' },
  {
    name: 'worktrees-path',
    value: 'PATTERN',
    summary: 'Where the worktree of a task is, such as ../worktrees/{id}',
  },
  { name: 'dry-run', summary: 'Check everything, show what would run when, change nothing' },
  STAY,
  DETACH,
  NDJSON,
];

/** Of `weft resume`. */
export const RESUME: readonly OptionSpec[] = [...POLICY, STAY, DETACH, NDJSON];
