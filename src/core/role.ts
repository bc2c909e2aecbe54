// Which part of a task the next attempt is for, and whose it is. Knows nothing of slots, claims or prompts.
import type { Cause, Role } from './model.ts';
import { type AttemptState, isLive, type RunState, type TaskState } from './state.ts';

/** Who has a part in the run; null: it is skipped. `true`: each task's own agent. */
function holderOf({ policy }: RunState, part: 'plan' | 'review'): string | true | null {
  const holder = policy.phases[part];
  return policy.fast || holder === false ? null : holder;
}

/** Tells whether work of the run has to be reviewed. */
export function hasReview(state: RunState): boolean {
  return holderOf(state, 'review') !== null;
}

/** What the next attempt of a task is for. A review that is due stays due, whatever a resume has changed. */
export function nextRole(state: RunState, ts: TaskState): Role {
  if (ts.unreviewed) return 'review';
  return ts.plan === null && ts.attempt?.base == null && holderOf(state, 'plan') !== null
    ? 'plan'
    : 'implement';
}

/** The agent that takes a part in a task. */
export function agentFor({ policy }: RunState, ts: TaskState, role: Role): string {
  const holder = role === 'implement' ? true : policy.phases[role];
  return typeof holder === 'string' ? holder : ts.task.agent;
}

/** Tells whether the task's own command line, if it has one, is what runs in that part. */
export function runsOwnCommand({ policy }: RunState, role: Role): boolean {
  return role === 'implement' || typeof policy.phases[role] !== 'string';
}

/** Ends that a conversation may be to blame for. */
const BROKEN: ReadonlySet<Cause> = new Set(['agent-crashed', 'model-failed', 'turn-limit']);

/**
 * The attempt whose conversation an attempt goes on with, or null. A reviewer looks anew each time; a conversation that
 * failed twice in a row would fail a third time.
 */
export function conversationToGoOnWith(ts: TaskState, { role, agent, n }: AttemptState): number | null {
  const earlier = ts.conversations[role];
  if (role !== 'implement' || earlier === undefined || earlier.agent !== agent || earlier.attempt >= n)
    return null;
  const last = ts.history.slice(-2);
  const isBroken = last.length === 2 && last.every(({ cause }) => cause !== null && BROKEN.has(cause));
  return isBroken ? null : earlier.attempt;
}

/** Tells whether an agent was ever started in the task's worktree since it was begun, or begun anew. */
export function wasStarted({ conversations }: TaskState): boolean {
  return conversations.implement !== undefined;
}

/** Tells whether verified work is being reviewed right now; a review that approved is over. */
export function isInReview(ts: TaskState): boolean {
  return ts.attempt?.role === 'review' && (isLive(ts) || ts.phase === 'verifying');
}

/** What is under way for a task, in the words of people. */
export type Activity = 'planning' | 'implementing' | 'verifying' | 'reviewing';

const ACTIVITIES: Readonly<Record<Role, Activity>> = {
  plan: 'planning',
  implement: 'implementing',
  review: 'reviewing',
};

/** What is under way for a task as a field, or no field. */
export function describeActivity(ts: TaskState): { readonly activity?: Activity } {
  if (ts.attempt === null || !(isLive(ts) || ts.phase === 'verifying')) return {};
  const { role } = ts.attempt;
  return { activity: ts.phase === 'verifying' && role === 'implement' ? 'verifying' : ACTIVITIES[role] };
}
