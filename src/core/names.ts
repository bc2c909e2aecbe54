// Names of branches, tags and refs, made from ids that nobody can be trusted to have chosen well.
import { type Policy, type RunId, runId, type TaskId, taskId } from './model.ts';
import { isOfOneRun } from './place.ts';
import { nameTask, slugId } from './plan/slug.ts';
import type { RunState } from './state.ts';

/** Branch a task works on: the policy's pattern with run and task filled in. */
export function branchOf(state: RunState, task: TaskId): string {
  const repo = state.repository.split('/').at(-1) ?? '';
  return nameTask(state.policy.worktrees.branch, { run: state.run ?? 'run', task, repo });
}

/** Ref by which the target is known here: the branch itself, or where the forge has it. */
export function targetRefOf({ target, pullRequests }: Policy): string {
  return pullRequests === undefined ? `refs/heads/${target}` : `refs/weft/forge/${target}`;
}

/** Ref under which commits are brought here that somebody put onto the branch of a task at the forge. */
export function forgeRefOf(state: RunState, task: TaskId): string {
  return `refs/weft/pulls/${state.run}/${slugId(task)}`;
}

/** Branch of the worktree that all tasks share under isolation `shared`; no other run's, whatever the pattern. */
export function sharedBranchOf(state: RunState): string {
  const { branch } = state.policy.worktrees;
  return isOfOneRun(branch)
    ? branchOf(state, taskId('.shared'))
    : `weft/${state.run}/${slugId('.shared')}/work`;
}

/** Ref that keeps what a task made in a shared worktree. */
export function sharedRefOf(state: RunState, task: TaskId): string {
  return `refs/weft/shared/${state.run}/${slugId(task)}`;
}

/** Environment tag by which the processes of an attempt are found again. */
export function tagOf({ run }: { readonly run: string | null }, task: TaskId, attempt: number): string {
  return `${run}/${slugId(task)}/${attempt}`;
}

/** Environment tag of the commands that run in a clean checkout. */
export function gateTagOf(state: RunState, slot: number): string {
  return `${state.run}/.gates/${slot}`;
}

/** Ref below which the unlanded work of a task is kept. */
export function rescueRefOf(state: RunState, task: TaskId): string {
  return `refs/weft/rescue/${state.run}/${slugId(task)}`;
}

/** Ref that keeps the commits an agent made after they landed in another form. */
export function landedRefOf(state: RunState, task: TaskId): string {
  return `refs/weft/landed/${state.run}/${slugId(task)}`;
}

/** Ref below which the radar of a run keeps what it saw last. */
export function radarRefsOf(state: RunState): string {
  return `refs/weft/radar/${state.run}`;
}

/** Ref that keeps what the radar saw last of a task's unfinished work. */
export function radarRefOf(state: RunState, task: TaskId): string {
  return `${radarRefsOf(state)}/${slugId(task)}`;
}

/** Ref that keeps a candidate reachable while it is being checked. */
export function candidateRefOf(state: RunState, task: TaskId): string {
  return `refs/weft/cand/${state.run}/${slugId(task)}`;
}

/**
 * Name of a run that begins now, `YYYYMMDD-HHMMSS-CHANCE` in UTC: later than all the names there are, whatever the clock does and
 * however many runs begin in one second.
 */
export function nameRun(of: {
  readonly wallMs: number;
  readonly names: readonly string[];
  readonly chance: string;
}): RunId {
  const now = Math.floor(of.wallMs / SECOND_MS) * SECOND_MS;
  const at = of.names.reduce((latest, name) => {
    const began = readStamp(name);
    return began === null ? latest : Math.max(latest, began + SECOND_MS);
  }, now);
  const stamp = new Date(at).toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  return runId(`${stamp}-${of.chance}`);
}

const SECOND_MS = 1_000;

function readStamp(name: string): number | null {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d{2})(\d{2})-(\d{2})(\d{2})(\d{2})-/.exec(name) ?? [];
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(ms) ? null : ms;
}
