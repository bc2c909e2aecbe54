// Whose unfinished work does not merge with whose right now, kept per task, and whether a task lands by itself. Knows nothing of
// how that is found out, and decides nothing.
import { needsApproval } from './decide/submit.ts';
import type { TaskId } from './model.ts';
import type { Overlap, RunState, TaskState } from './state.ts';

/** See the file's first line. */
export interface Clashes {
  /** Per task, whom it clashes with, in the order in which that was found. */
  readonly byTask: Map<TaskId, Map<TaskId, Overlap>>;
  /** Tasks whose work does not merge with what is on the target. */
  readonly withTarget: Set<TaskId>;
  /** Tasks behind which starts are held back. */
  readonly ahead: Set<TaskId>;
}

const NONE: ReadonlyMap<TaskId, Overlap> = new Map();

/** Nobody clashes with anybody. */
export function createClashes(): Clashes {
  return { byTask: new Map(), withTarget: new Set(), ahead: new Set() };
}

/** Takes note of one pair. */
export function noteClash(clashes: Clashes, overlap: Overlap): void {
  const { task, other } = overlap;
  if (other === null) {
    clashes.withTarget.add(task);
    return;
  }
  keep(clashes, task, other, overlap);
  keep(clashes, other, task, overlap);
}

function keep({ byTask }: Clashes, one: TaskId, other: TaskId, overlap: Overlap): void {
  const known = byTask.get(one);
  if (known === undefined) byTask.set(one, new Map([[other, overlap]]));
  else known.set(other, overlap);
}

/** Forgets one pair. */
export function dropClash(clashes: Clashes, { task, other }: Pick<Overlap, 'task' | 'other'>): void {
  if (other === null) {
    clashes.withTarget.delete(task);
    return;
  }
  forget(clashes, task, other);
  forget(clashes, other, task);
}

function forget({ byTask }: Clashes, one: TaskId, other: TaskId): void {
  const known = byTask.get(one);
  known?.delete(other);
  if (known?.size === 0) byTask.delete(one);
}

/** Whom the task's work clashes with, and where. */
export function clashesOf({ index }: RunState, { task }: TaskState): ReadonlyMap<TaskId, Overlap> {
  return index.clashes.byTask.get(task.id) ?? NONE;
}

/** Tells whether nothing but its own agent, its gates and the queue stands between the task and the target. */
export function landsByItself(state: RunState, ts: TaskState): boolean {
  const { clashes, line, unlanded } = state.index;
  if (ts.paused || ts.question !== null || needsApproval(state, ts) || unlanded[ts.order] !== 0) return false;
  // it will be sent back
  if (clashes.withTarget.has(ts.task.id)) return false;
  switch (ts.phase) {
    case 'spawned':
    case 'working':
      return ts.attempt?.stop === null;
    case 'verifying':
    case 'committed':
      return true;
    case 'queued':
      return ts.held === null && line.asking.size === 0;
    default:
      return false;
  }
}
