// Takes away what work left here that was merged at the forge, as far as nothing would be lost. Knows no forge.
import type { Oid, Phase } from '../core/model.ts';
import { taskId } from '../core/model.ts';
import { landedRefOf, rescueRefOf } from '../core/names.ts';
import type { RunState } from '../core/state.ts';
import type { Tools } from './parts.ts';
import { listRunNames, readJournal } from './read-run.ts';
import { recoverState } from './recovery.ts';

/** A run that is here. */
export interface RunHere {
  readonly state: RunState;
  /** An engine leads it now. */
  readonly isLed: boolean;
}

/** Reads a run; null: it is not here, or cannot be read. */
export async function findRunHere(tools: Tools, run: string): Promise<RunHere | null> {
  if (!(await listRunNames(tools)).includes(run)) return null;
  const opened = await readJournal(tools, run);
  if (!opened.ok) return null;
  const leader = await tools.control.findLeader(tools.stateDir);
  return {
    state: recoverState(opened.value),
    isLed: leader !== null && opened.value.last?.epoch === leader.epoch,
  };
}

/** Phases in which nobody is at work in a worktree, or will be soon. */
const AT_REST: ReadonlySet<Phase> = new Set([
  'committed',
  'pr_created',
  'queued',
  'merged',
  'failed',
  'cancelled',
]);

/**
 * Removes worktree and branch of a task whose pull request was merged with `head`. Says in a sentence why they stay; null:
 * there is nothing left, or the engine that leads the run sees to it.
 */
export async function clearMergedWork(
  tools: Tools,
  of: { readonly run: string; readonly task: string; readonly head: Oid; readonly here: RunHere | null },
): Promise<string | null> {
  const reason = `weft run=${of.run} task=${of.task}`;
  const all = await tools.git.listWorktrees();
  const listed = all.find(({ lockReason, branch }) => lockReason === reason && branch !== null);
  if (listed === undefined || listed.branch === null || of.here?.isLed === true) return null;
  const { path, branch, prunable } = listed;
  const stays = (why: string): string => `worktree ${path} stays: ${why}`;
  if (of.here === null) return stays('its run is not here, or cannot be read');
  const { state } = of.here;
  const task = taskId(of.task);
  const ts = state.tasks.get(task);
  const phase = ts?.phase;
  if (phase !== undefined && !AT_REST.has(phase)) return stays(`its task is ${phase}`);
  // what was merged may be the work as it was put there to land
  const work = ts?.attempt?.inspected?.head;
  const isWork = ts?.pull?.head === of.head || ts?.pull?.ours.includes(of.head) === true;
  const landed = isWork && work !== undefined ? work : of.head;
  const isMerged = !prunable && (await tools.git.isUntouched({ path, commit: landed }).catch(() => false));
  if (!isMerged) return stays('it holds something else than what was merged');
  // squashed or rebased, these commits are on no branch any more
  await tools.git.pin(landedRefOf(state, task), landed);
  const rescue = rescueRefOf(state, task);
  const gone = await tools.git.removeWorktree({ path, branch, landed, rescue });
  if (!gone.ok) return stays(gone.failure.sentence);
  if (gone.value.kept !== null) return stays(gone.value.kept);
  return gone.value.rescue === null ? null : `what else it held is kept under ${gone.value.rescue}`;
}
