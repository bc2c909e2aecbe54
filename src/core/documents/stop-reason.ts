// Why something stopped, in the words of track-file users' dashboards and scripts, with the family and what helps. One table.
import type { Outcome } from '../event.ts';
import type { Cause } from '../model.ts';
import { isLive, type TaskState } from '../state.ts';

/** Groups stop reasons by who has to act on them. */
export type StopFamily = 'guard' | 'budget' | 'verification' | 'worker' | 'stall' | 'auth' | 'orchestrator';

/** A stop reason with its family and the fix to suggest; `TASK` stands for the task's id. */
export interface StopReason {
  readonly reason: string;
  readonly family: StopFamily;
  readonly fix: string;
}

/**
 * Cause to stop reason. `launch_failed`, `stopped_by_user` and `review_rejected` are weft's own additions: the older words
 * have none for an attempt that never began, that a human ended, or whose work a review turned down.
 */
const BY_CAUSE: Readonly<Record<Cause, StopReason>> = {
  'start-failed': {
    reason: 'launch_failed',
    family: 'worker',
    fix: 'Make room on the disk and check the worktree root, then `weft restart TASK`.',
  },
  'setup-failed': {
    reason: 'launch_failed',
    family: 'worker',
    fix: 'Run the `setup` command of .weft/config.yaml by hand in a fresh clone, mend it, then `weft restart TASK`.',
  },
  'agent-missing': {
    reason: 'launch_failed',
    family: 'worker',
    fix: 'Install the agent or correct its command line, `weft doctor` tells; then `weft restart TASK`.',
  },
  'agent-crashed': {
    reason: 'implement_parse_failed',
    family: 'worker',
    fix: 'Read `weft logs TASK`, then `weft restart TASK`.',
  },
  'agent-killed': {
    reason: 'implement_parse_failed',
    family: 'worker',
    fix: 'Something else ended the agent (out of memory?); `weft restart TASK`.',
  },
  'out-of-memory': {
    reason: 'implement_parse_failed',
    family: 'worker',
    fix: 'Make room in memory, or let fewer agents work at once with `weft resume --max-agents N`; then `weft answer TASK 1`.',
  },
  'agent-lost': {
    reason: 'stalled_timeout',
    family: 'stall',
    fix: 'The agent went away without a word (a reboot?); `weft restart TASK`.',
  },
  'model-failed': {
    reason: 'worker_call_timeout',
    family: 'worker',
    fix: 'See what the model’s provider says; `weft answer TASK 1` lets it go on.',
  },
  'limit-reached': {
    reason: 'worker_call_timeout',
    family: 'budget',
    fix: 'Wait until the limit is lifted, or choose another agent; then `weft answer TASK 1`.',
  },
  'login-missing': {
    reason: 'implement_blocked',
    family: 'auth',
    fix: 'Log the agent in, or give it its key (`env` of the agent); then `weft answer TASK 1`.',
  },
  'turn-limit': {
    reason: 'max_ticks_reached',
    family: 'budget',
    fix: 'Raise the agent’s own limit, or split the task; then `weft answer TASK 1`.',
  },
  'no-changes': {
    reason: 'insufficient_evidence',
    family: 'verification',
    fix: 'Say in the task what has to change, or take it as it is with `weft answer TASK 1`.',
  },
  'outside-claim': {
    reason: 'ownership_violation',
    family: 'guard',
    fix: 'Widen the task’s `owns`, or split the task; then `weft restart TASK`.',
  },
  'worktree-odd': {
    reason: 'guard_violation',
    family: 'guard',
    fix: 'Look into its worktree, finish or abort what is half done there, then `weft done TASK`.',
  },
  'gate-failed': {
    reason: 'verification_failed_max_retries',
    family: 'verification',
    fix: 'Read the failing check’s output, then `weft guide TASK "…"`.',
  },
  'gate-timeout': {
    reason: 'verification_failed_max_retries',
    family: 'verification',
    fix: 'Make the checks faster or raise `limits.gateMs`, then `weft restart TASK`.',
  },
  conflict: {
    reason: 'parallel_file_collision',
    family: 'guard',
    fix: 'Let the agent resolve it with `weft answer TASK 1`, or resolve it yourself in its worktree.',
  },
  'work-vanished': {
    reason: 'parallel_file_collision',
    family: 'guard',
    fix: 'Look at the lines named; `weft answer TASK 1` takes the work as it is, 2 lets the agent bring them back.',
  },
  'no-result': {
    reason: 'plan_parse_failed',
    family: 'worker',
    fix: 'Read `weft logs TASK`: its planner or reviewer has to write JSON to $WEFT_RESULT_FILE; then `weft answer TASK 1`.',
  },
  'plan-scope': {
    reason: 'plan_scope_violation',
    family: 'guard',
    fix: 'Widen the task’s `owns`, or do it without a plan: `weft answer TASK 2`.',
  },
  'changes-requested': {
    reason: 'review_loop_detected',
    family: 'verification',
    fix: 'The review asks for changes; they are made in the next attempt.',
  },
  'review-rejected': {
    reason: 'review_rejected',
    family: 'verification',
    fix: 'Read what the review says; `weft answer TASK 1` lets the agent try again, 2 takes the work as it is.',
  },
  'review-loop': {
    reason: 'review_loop_detected',
    family: 'verification',
    fix: 'Agent and reviewer do not agree: `weft answer TASK 1` lets the agent try again, 2 takes the work as it is.',
  },
  'time-budget': {
    reason: 'time_budget_exceeded',
    family: 'budget',
    fix: 'Give it more time with `weft resume --time MIN`, or split the task; then `weft restart TASK`.',
  },
  budget: {
    reason: 'time_budget_exceeded',
    family: 'budget',
    fix: '`weft answer TASK 1` lets it go on with as much again; or split the task.',
  },
  'run-budget': {
    reason: 'time_budget_exceeded',
    family: 'budget',
    fix: '`weft answer TASK 1` lets the run go on with as much again; `weft stop` ends it.',
  },
  asked: {
    reason: 'implement_blocked',
    family: 'worker',
    fix: 'Answer it: `weft answer TASK "…"`.',
  },
  stopped: {
    reason: 'stopped_by_user',
    family: 'orchestrator',
    fix: '`weft resume TASK` goes on; a cancelled task starts anew with `weft restart TASK`.',
  },
  'ci-failed': {
    reason: 'verification_failed',
    family: 'verification',
    fix: 'Read the failing checks of its pull request; `weft answer TASK 1` lets the agent try again.',
  },
  'landing-blocked': {
    reason: 'implement_blocked',
    family: 'orchestrator',
    fix: 'Clear the way on the target branch, then `weft answer TASK 1`.',
  },
  'branch-moved': {
    reason: 'guard_violation',
    family: 'guard',
    fix: 'Look at where its branch is now; `weft answer TASK` says what is to be done about it.',
  },
  'target-rewritten': {
    reason: 'guard_violation',
    family: 'guard',
    fix: 'Look at what the target has lost, put it back if it should be there, then `weft answer TASK 1`.',
  },
  'internal-error': {
    reason: 'orchestrator_internal_error',
    family: 'orchestrator',
    fix: 'This is a fault of weft’s; report it with the journal, then `weft restart TASK`.',
  },
};

/** The stop reason of a cause. */
export function stopReasonOf(cause: Cause): StopReason {
  return BY_CAUSE[cause];
}

/** Why a task stands still although nothing runs for it; null: nothing keeps it but its turn, or it is done. */
export function causeOf(ts: TaskState): Cause | null {
  if (ts.phase === 'failed') return ts.failure?.cause ?? 'internal-error';
  if (ts.phase === 'cancelled') return 'stopped';
  if (ts.question !== null) return ts.question.cause;
  return ts.paused && ts.phase !== 'merged' && !isLive(ts) ? 'stopped' : null;
}

const BY_OUTCOME: Readonly<Record<Outcome, { readonly reason: string; readonly family: StopFamily | null }>> =
  {
    complete: { reason: 'complete', family: null },
    failed: { reason: 'orchestrator_track_stopped', family: 'orchestrator' },
    blocked: { reason: 'orchestrator_track_stopped', family: 'orchestrator' },
    stopped: { reason: 'orchestrator_track_stopped', family: 'orchestrator' },
    timeout: { reason: 'orchestrator_timeout', family: 'budget' },
  };

/** The stop reason of a whole run; `family` null: it did not stop, it is complete. */
export function stopReasonOfRun(outcome: Outcome): {
  readonly reason: string;
  readonly family: StopFamily | null;
} {
  return BY_OUTCOME[outcome];
}
