// The table of phases and the moves between them; the diagram in the docs is drawn from it and the simulator holds every move to it.
import type { Phase } from './model.ts';

/** One allowed move and the facts that cause it. */
export interface Move {
  readonly from: Phase;
  readonly to: Phase;
  readonly on: readonly string[];
}

/** Every allowed move of a task. */
export const MOVES: readonly Move[] = [
  { from: 'waiting', to: 'spawned', on: ['attempt.spawned'] },
  { from: 'spawned', to: 'working', on: ['attempt.started'] },
  { from: 'working', to: 'verifying', on: ['attempt.exited'] },
  { from: 'verifying', to: 'committed', on: ['attempt.verified', 'attempt.reviewed'] },
  { from: 'committed', to: 'queued', on: ['task.queued'] },
  { from: 'committed', to: 'pr_created', on: ['pull.opened'] },
  { from: 'pr_created', to: 'queued', on: ['task.queued', 'pull.enqueued'] },
  { from: 'pr_created', to: 'merged', on: ['task.landed'] },
  { from: 'queued', to: 'merged', on: ['task.landed'] },
  { from: 'committed', to: 'merged', on: ['task.landed'] },
  { from: 'waiting', to: 'merged', on: ['task.done', 'task.landed', 'task.settled'] },
  // a human spares it the review
  { from: 'waiting', to: 'committed', on: ['question.answered'] },
  // from plan to work, from work to review, back to work
  { from: 'spawned', to: 'waiting', on: ['attempt.failed', 'attempt.stopped', 'task.withheld'] },
  { from: 'working', to: 'waiting', on: ['attempt.exited', 'attempt.stopped', 'attempt.failed'] },
  {
    from: 'verifying',
    to: 'waiting',
    on: ['attempt.planned', 'attempt.verified', 'attempt.failed', 'task.restarted'],
  },
  { from: 'committed', to: 'waiting', on: ['attempt.failed', 'guidance.given', 'task.restarted'] },
  { from: 'queued', to: 'waiting', on: ['attempt.failed', 'guidance.given', 'task.restarted'] },
  { from: 'pr_created', to: 'waiting', on: ['attempt.failed', 'guidance.given', 'task.restarted'] },
  // it has to pass the checks of the forge as it is now
  { from: 'queued', to: 'pr_created', on: ['pull.opened'] },
  { from: 'waiting', to: 'verifying', on: ['question.answered', 'task.done'] },
  // somebody went on with it
  { from: 'committed', to: 'verifying', on: ['branch.moved'] },
  { from: 'queued', to: 'verifying', on: ['branch.moved'] },
  { from: 'pr_created', to: 'verifying', on: ['branch.moved'] },
  // the end
  { from: 'waiting', to: 'failed', on: ['question.answered', 'task.failed'] },
  { from: 'spawned', to: 'failed', on: ['attempt.failed', 'task.failed'] },
  { from: 'working', to: 'failed', on: ['attempt.failed', 'attempt.stopped', 'task.failed'] },
  { from: 'verifying', to: 'failed', on: ['attempt.failed', 'task.failed'] },
  { from: 'queued', to: 'failed', on: ['attempt.failed', 'task.failed'] },
  { from: 'pr_created', to: 'failed', on: ['attempt.failed', 'task.failed'] },
  { from: 'waiting', to: 'cancelled', on: ['task.cancelled'] },
  { from: 'spawned', to: 'cancelled', on: ['attempt.stopped'] },
  { from: 'working', to: 'cancelled', on: ['attempt.stopped'] },
  { from: 'verifying', to: 'cancelled', on: ['task.cancelled'] },
  { from: 'committed', to: 'cancelled', on: ['task.cancelled'] },
  { from: 'queued', to: 'cancelled', on: ['task.cancelled'] },
  { from: 'pr_created', to: 'cancelled', on: ['task.cancelled'] },
  // a human merges what it left at the forge
  { from: 'failed', to: 'merged', on: ['task.landed'] },
  // a human starts it anew
  { from: 'failed', to: 'waiting', on: ['task.restarted'] },
  { from: 'cancelled', to: 'waiting', on: ['task.restarted'] },
];

/** Phases that a task leaves by a human's deed alone. */
export function isTerminal(phase: Phase): boolean {
  return phase === 'merged' || phase === 'failed' || phase === 'cancelled';
}

/** Tells whether the table allows the move. */
export function isAllowed(move: { readonly from: Phase; readonly to: Phase; readonly on: string }): boolean {
  return MOVES.some((row) => row.from === move.from && row.to === move.to && row.on.includes(move.on));
}

/** Draws the table as a Mermaid state diagram. */
export function drawLifecycle(): string {
  const rows = MOVES.map((row) => `  ${row.from} --> ${row.to}: ${row.on.join(', ')}`);
  return ['stateDiagram-v2', '  [*] --> waiting', ...rows, '  merged --> [*]', ''].join('\n');
}
