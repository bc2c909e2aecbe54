// The worktrees weft made: which there are, which may go, and clearing them away without losing anything.
import { fail, ok, type Result } from '../core/failure.ts';
import { isTerminal } from '../core/lifecycle.ts';
import { runId, taskId } from '../core/model.ts';
import { rescueRefOf } from '../core/names.ts';
import type { RunState } from '../core/state.ts';
import type { ListedWorktree } from '../ports/git.ts';
import type { Tools } from './parts.ts';
import { placesOf } from './places.ts';
import { listRunNames, readState } from './read-run.ts';

/** One worktree of ours. */
export interface OwnWorktree {
  readonly path: string;
  readonly branch: string | null;
  readonly run: string;
  /** `gates` for the checkouts that gates run in. */
  readonly task: string;
  /** Why it must stay, or null. */
  readonly keep: string | null;
}

/** What went and what stayed. */
export interface CleanedUp {
  readonly removed: readonly { readonly path: string; readonly rescue: string | null }[];
  readonly kept: readonly { readonly path: string; readonly reason: string }[];
}

const REASON = /^weft run=(\S+) (?:task=(.+)|gates)$/;

/** Worktrees that carry our lock reason. Others are never looked at. */
export async function listWorktrees(tools: Tools): Promise<readonly OwnWorktree[]> {
  const states = new Map<string, RunState | null>();
  const own: OwnWorktree[] = [];
  for (const listed of await tools.git.listWorktrees()) {
    const named = REASON.exec(listed.lockReason ?? '');
    const run = named?.[1];
    if (named === null || run === undefined) continue;
    if (!states.has(run)) states.set(run, await readStateOrNull(tools, run));
    own.push(describe(listed, { run, task: named[2] ?? null, state: states.get(run) ?? null }));
  }
  return own;
}

async function readStateOrNull(tools: Tools, run: string): Promise<RunState | null> {
  if (!(await listRunNames(tools)).includes(run)) return null;
  const state = await readState(tools, run);
  return state.ok ? state.value : null;
}

function describe(
  listed: ListedWorktree,
  of: { readonly run: string; readonly task: string | null; readonly state: RunState | null },
): OwnWorktree {
  const task = of.task ?? 'gates';
  return {
    path: listed.path,
    branch: listed.branch,
    run: of.run,
    task,
    keep: reasonToKeep(of.state, of.task),
  };
}

function reasonToKeep(state: RunState | null, task: string | null): string | null {
  if (state === null) return null;
  if (task === null) return state.rested === null ? 'its run is not over' : null;
  const ts = state.tasks.get(taskId(task));
  if (ts === undefined || isTerminal(ts.phase)) return null;
  return `its task is ${ts.phase}`;
}

/** Removes what nothing needs any more; what did not land is kept under a rescue ref and named. */
export async function cleanWorktrees(
  tools: Tools,
  of: { readonly only: string | null; readonly dryRun: boolean },
): Promise<Result<CleanedUp>> {
  const all = await listWorktrees(tools);
  const chosen =
    of.only === null ? all : all.filter((each) => each.task === of.only || each.path === of.only);
  if (of.only !== null && chosen.length === 0) {
    const hint = all.length === 0 ? 'There are no worktrees of weft.' : 'weft worktree list shows them.';
    return fail({ kind: 'usage', sentence: `weft made no worktree for ${of.only}.`, hint });
  }
  const removed: { path: string; rescue: string | null }[] = [];
  const kept: { path: string; reason: string }[] = [];
  for (const worktree of chosen) {
    if (worktree.keep !== null) kept.push({ path: worktree.path, reason: worktree.keep });
    else if (of.dryRun) removed.push({ path: worktree.path, rescue: null });
    else await removeOne(tools, worktree, { removed, kept });
  }
  return ok({ removed, kept });
}

async function removeOne(
  tools: Tools,
  worktree: OwnWorktree,
  into: { removed: { path: string; rescue: string | null }[]; kept: { path: string; reason: string }[] },
): Promise<void> {
  const { path } = worktree;
  if (worktree.task === 'gates' && worktree.branch === null) {
    const gone = await tools.git.removeCheckout(path);
    if (gone.ok) into.removed.push({ path, rescue: null });
    else into.kept.push({ path, reason: gone.failure.sentence });
    return;
  }
  const state = await readStateOrNull(tools, worktree.run);
  const ts = state?.tasks.get(taskId(worktree.task));
  const landed = ts?.phase === 'merged' ? (ts.attempt?.inspected?.head ?? null) : null;
  const rescue =
    state === null ? `refs/weft/rescue/${worktree.run}` : rescueRefOf(state, taskId(worktree.task));
  const gone = await tools.git.removeWorktree({ path, branch: worktree.branch ?? '', landed, rescue });
  if (!gone.ok) into.kept.push({ path, reason: gone.failure.sentence });
  else if (gone.value.kept !== null) into.kept.push({ path, reason: gone.value.kept });
  else into.removed.push({ path, rescue: gone.value.rescue });
}

/** Mends what killed processes left behind, and drops the helper refs of runs that are over or gone. */
export async function prune(tools: Tools, of: { readonly dryRun: boolean }): Promise<readonly string[]> {
  if (of.dryRun) {
    const cleaned = await cleanWorktrees(tools, { only: null, dryRun: true });
    return cleaned.ok ? cleaned.value.removed.map(({ path }) => `would remove ${path}`) : [];
  }
  const own = await tools.git.listWorktrees();
  const roots = new Set(own.filter((each) => REASON.test(each.lockReason ?? '')).map((each) => each.path));
  const states = new Map<string, RunState | null>();
  for (const run of await listRunNames(tools)) {
    const state = await readStateOrNull(tools, run);
    states.set(run, state);
    // a run that was killed may have left files there that belong to no worktree
    if (state !== null) roots.add(placesOf(tools.repository, runId(run), state.policy).worktrees);
  }
  const said = [...(await tools.git.repair([...roots]))];
  const cleaned = await cleanWorktrees(tools, { only: null, dryRun: false });
  if (cleaned.ok) {
    for (const { path, rescue } of cleaned.value.removed) {
      said.push(`removed ${path}${rescue === null ? '' : `; its work is kept at ${rescue}`}`);
    }
    for (const { path, reason } of cleaned.value.kept) said.push(`kept ${path}: ${reason}`);
  }
  for (const [run, state] of states) {
    if (state?.rested !== 'complete') continue;
    await tools.git.unpin(`refs/weft/cand/${run}`);
  }
  return said;
}
