// Why a task waits for another one: how that stands, and where that waits in turn, what is at the root of it.
import { awaitsApproval } from './decide/pull.ts';
import type { Edge, Phase } from './model.ts';
import { satisfies } from './schedule-index.ts';
import { type RunState, type TaskState, taskOf } from './state.ts';

/** How far what waits for what is followed. */
const MAX_STEPS = 50;

/** The other task's part in it, as half a sentence. */
export function explainEdge(state: RunState, edge: Edge): string {
  const other = taskOf(state, edge.task);
  if (isOver(other)) {
    return `waits for ${edge.task}, which ${endOf(other.phase)}: it cannot start unless \`weft restart ${edge.task}\` helps`;
  }
  const need = { verified: 'verified', submitted: 'submitted', merged: 'landed' }[edge.on];
  const root = findRoot(state, other);
  if (root !== null) return `waits for ${edge.task} to be ${need}, and that for ${describeRoot(root)}`;
  const stands = other.phase === 'waiting' ? standOf(other) : `is ${other.phase}`;
  const approval = awaitsApproval(state, other) ? ` and waits for \`weft approve ${edge.task}\`` : '';
  return `waits for ${edge.task} to be ${need}: it ${stands}${approval}`;
}

/** How a task that is over ended. */
export function endOf(phase: Phase): string {
  return phase === 'failed' ? 'has failed' : `is ${phase}`;
}

/** The task that keeps another one from beginning, over however many between; null: none does, or it gets on by itself. */
function findRoot(state: RunState, waiting: TaskState): TaskState | null {
  let at = waiting;
  for (let step = 0; step < MAX_STEPS; step += 1) {
    if (at.phase !== 'waiting' || isStill(at)) break;
    const edge = at.task.edges.find((each) => !satisfies(each, taskOf(state, each.task).phase));
    if (edge === undefined) return null;
    at = taskOf(state, edge.task);
  }
  return at !== waiting && (isOver(at) || (at.phase === 'waiting' && isStill(at))) ? at : null;
}

/** Tells whether something other than a dependency keeps a waiting task where it is. */
function isStill({ withheld, question, paused, task }: TaskState): boolean {
  return withheld !== null || question !== null || paused || task.type === 'manual';
}

function isOver({ phase }: TaskState): boolean {
  return phase === 'failed' || phase === 'cancelled';
}

function describeRoot(root: TaskState): string {
  const { id } = root.task;
  return isOver(root)
    ? `${id}, which ${endOf(root.phase)}: \`weft restart ${id}\` may help both`
    : `${id}: it ${standOf(root)}`;
}

function standOf(other: TaskState): string {
  if (other.withheld !== null) return `is not begun here (${other.withheld})`;
  if (other.question !== null) return `needs an answer (\`weft answer ${other.task.id}\`)`;
  if (other.paused) return `is paused (\`weft resume ${other.task.id}\`)`;
  if (other.task.type === 'manual') return `is for a human to do (\`weft done ${other.task.id}\`)`;
  return other.attempts === 0 ? 'has not started' : 'is to be tried again';
}
