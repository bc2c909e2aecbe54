// The worktrees weft made: which there are, what is in them, and clearing them away without losing anything.
import { dirname, join } from 'node:path';
import { type Failure, fail, ok, type Result } from '../core/failure.ts';
import { isTerminal } from '../core/lifecycle.ts';
import { DEFAULT_POLICY, type Oid, runId, taskId } from '../core/model.ts';
import { rescueRefOf, targetRefOf } from '../core/names.ts';
import type { RunState } from '../core/state.ts';
import type { ListedWorktree } from '../ports/git.ts';
import type { Tools } from './parts.ts';
import { placesOf, strayWorktrees } from './places.ts';
import { listRunNames, readState } from './read-run.ts';

/** One worktree of ours. */
export interface OwnWorktree {
  readonly path: string;
  readonly branch: string | null;
  readonly run: string;
  /** `gates` for the checkouts that gates run in; the folder's name for what was moved aside. */
  readonly task: string;
  /** Why it must stay, or null. */
  readonly keep: string | null;
  /** What is in it and nowhere else, or null. */
  readonly holds: string | null;
}

/** What went and what stayed. */
export interface CleanedUp {
  readonly removed: readonly { readonly path: string; readonly rescue: string | null }[];
  readonly kept: readonly { readonly path: string; readonly reason: string }[];
}

/** What was dropped beside worktrees, in sentences. */
export interface Pruned extends CleanedUp {
  readonly dropped: readonly string[];
}

/** What is known of a run. A journal that cannot be read is no proof that nothing of it is needed. */
type Known =
  | { readonly kind: 'gone' }
  | { readonly kind: 'unreadable'; readonly failure: Failure }
  | { readonly kind: 'read'; readonly state: RunState };

type Finder = (run: string) => Promise<Known>;

const REASON = /^weft run=(\S+) (?:task=(.+)|gates)$/;
const MOVED_ASIDE = /\.kept-[0-9a-z]+$/;

/** Worktrees that carry our lock reason, and folders that were moved aside. Others are never looked at. */
export async function listWorktrees(tools: Tools): Promise<readonly OwnWorktree[]> {
  const find = createFinder(tools);
  const own: OwnWorktree[] = [];
  for (const listed of await tools.git.listWorktrees()) {
    const named = REASON.exec(listed.lockReason ?? '');
    const run = named?.[1];
    if (named === null || run === undefined) continue;
    own.push(await describe(tools, listed, { run, task: named[2] ?? null, known: await find(run) }));
  }
  return [...own, ...(await listMovedAside(tools, find))];
}

function createFinder(tools: Tools): Finder {
  const found = new Map<string, Promise<Known>>();
  const look = async (run: string): Promise<Known> => {
    if (!(await listRunNames(tools)).includes(run)) return { kind: 'gone' };
    const state = await readState(tools, run);
    return state.ok ? { kind: 'read', state: state.value } : { kind: 'unreadable', failure: state.failure };
  };
  return (run) => {
    const known = found.get(run) ?? look(run);
    found.set(run, known);
    return known;
  };
}

async function describe(
  tools: Tools,
  listed: ListedWorktree,
  of: { readonly run: string; readonly task: string | null; readonly known: Known },
): Promise<OwnWorktree> {
  const { path, branch } = listed;
  const holds = of.task === null ? null : await findOwnWork(tools, listed, { ...of, task: of.task });
  return { path, branch, run: of.run, task: of.task ?? 'gates', keep: reasonToKeep(of), holds };
}

function reasonToKeep(of: {
  readonly run: string;
  readonly task: string | null;
  readonly known: Known;
}): string | null {
  const { run, task, known } = of;
  if (known.kind === 'gone') return null;
  if (known.kind === 'unreadable') return `the journal of run ${run} cannot be read`;
  if (task === null) return known.state.rested === null ? 'its run is not over' : null;
  const ts = known.state.tasks.get(taskId(task));
  if (ts === undefined || isTerminal(ts.phase)) return null;
  return `its task is ${ts.phase}; weft cancel ${task} gives it up`;
}

/** Says what a worktree holds that neither the target nor the landed work has. */
async function findOwnWork(
  tools: Tools,
  listed: ListedWorktree,
  of: { readonly task: string; readonly known: Known },
): Promise<string | null> {
  const { path, head, prunable } = listed;
  if (head === null) return null;
  const isDirty = !prunable && !(await tools.git.isUntouched({ path, commit: head }).catch(() => false));
  const isAhead = !(await isLanded(tools, head, of));
  if (isDirty) return isAhead ? 'uncommitted changes and commits that did not land' : 'uncommitted changes';
  return isAhead ? 'commits that did not land' : null;
}

async function isLanded(
  tools: Tools,
  head: Oid,
  of: { readonly task: string; readonly known: Known },
): Promise<boolean> {
  const state = of.known.kind === 'read' ? of.known.state : null;
  const ts = state?.tasks.get(taskId(of.task));
  if (ts?.phase === 'merged' && ts.attempt?.inspected?.head === head) return true;
  if (ts?.attempt?.base === head) return true;
  const target = state?.policy.target ?? (await tools.git.currentBranch()) ?? DEFAULT_POLICY.target;
  const tip = await tools.git.landingTip(target);
  const atForge =
    state?.policy.pullRequests === undefined ? null : await tools.git.resolve(targetRefOf(state.policy));
  for (const each of [tip.ok ? tip.value.oid : null, atForge]) {
    if (each !== null && (await tools.git.isAncestor({ ancestor: head, of: each }))) return true;
  }
  return false;
}

/** Folders that were in the way of a worktree: what is in them is nobody's but the user's to judge. */
async function listMovedAside(tools: Tools, find: Finder): Promise<readonly OwnWorktree[]> {
  const roots = new Set([placesOf(tools.repository, runId('run'), DEFAULT_POLICY).root]);
  const found: OwnWorktree[] = [];
  for (const run of await listRunNames(tools)) {
    const known = await find(run);
    if (known.kind !== 'read') continue;
    const places = placesOf(tools.repository, runId(run), known.state.policy);
    roots.add(places.root);
    found.push(...(await listBeside(tools, run, strayWorktrees(places, known.state))));
  }
  for (const root of roots) {
    for (const run of await tools.files.list(root)) {
      const names = (await tools.files.list(join(root, run))).filter((name) => MOVED_ASIDE.test(name));
      for (const task of names) found.push({ ...MOVED, path: join(root, run, task), run, task });
    }
  }
  return [...new Map(found.map((each) => [each.path, each])).values()];
}

/** What was moved aside beside worktrees that lie in folders which may be anybody's. */
async function listBeside(tools: Tools, run: string, paths: readonly string[]): Promise<OwnWorktree[]> {
  const known = new Set(paths);
  const found: OwnWorktree[] = [];
  for (const folder of new Set(paths.map((path) => dirname(path)))) {
    const names = (await tools.files.list(folder)).filter((name) => MOVED_ASIDE.test(name));
    const own = names.filter((name) => known.has(join(folder, name.replace(MOVED_ASIDE, ''))));
    for (const task of own) found.push({ ...MOVED, path: join(folder, task), run, task });
  }
  return found;
}

const MOVED = {
  branch: null,
  keep: 'weft moved it aside to make room for a worktree; look into it, then delete it by hand',
  holds: null,
} as const;

/**
 * Makes room where a run is to have a worktree: what another run left there of a task that is over goes, with all that is
 * in it kept under that run's rescue ref. Failure `usage`: it is not over, or cannot go.
 */
export async function makeRoom(
  tools: Tools,
  of: { readonly run: string; readonly path: string; readonly branch: string },
): Promise<Result<void>> {
  const find = createFinder(tools);
  for (const { path, branch, lockReason } of await tools.git.listWorktrees()) {
    const [, run, task = null] = REASON.exec(lockReason ?? '') ?? [];
    if (run === undefined || run === of.run || (path !== of.path && branch !== of.branch)) continue;
    const known = await find(run);
    const left = {
      path,
      branch,
      run,
      task: task ?? 'gates',
      keep: reasonToKeep({ run, task, known }),
      holds: null,
    };
    const gone =
      left.keep === null ? await removeOne(tools, left, { known, rescue: rescueOf(left, known) }) : null;
    const why = left.keep ?? gone?.kept ?? null;
    if (why === null) continue;
    return fail({
      kind: 'usage',
      sentence: `${path} is the worktree of ${left.task} of run ${run}: ${why.replace(/\.$/, '')}.`,
      hint: `\`weft resume ${run}\` goes on with it. With {run} in \`worktrees.path\` and \`worktrees.branch\` runs never meet.`,
    });
  }
  return ok(undefined);
}

/** Removes what nothing needs any more. What holds work of its own stays, unless `force` has it kept under a rescue ref. */
export async function cleanWorktrees(
  tools: Tools,
  of: { readonly only: string | null; readonly dryRun: boolean; readonly force: boolean },
): Promise<Result<CleanedUp>> {
  const all = await listWorktrees(tools);
  const chosen =
    of.only === null ? all : all.filter((each) => each.task === of.only || each.path === of.only);
  if (of.only !== null && chosen.length === 0) {
    const hint = all.length === 0 ? 'There are no worktrees of weft.' : 'weft worktree list shows them.';
    return fail({ kind: 'usage', sentence: `weft made no worktree for ${of.only}.`, hint });
  }
  return ok(await removeAll(tools, chosen, of));
}

async function removeAll(
  tools: Tools,
  chosen: readonly OwnWorktree[],
  of: { readonly dryRun: boolean; readonly force: boolean },
): Promise<CleanedUp> {
  const find = createFinder(tools);
  const removed: { path: string; rescue: string | null }[] = [];
  const kept: { path: string; reason: string }[] = [];
  for (const worktree of chosen) {
    const { path, keep, holds } = worktree;
    const known = await find(worktree.run);
    const rescue = rescueOf(worktree, known);
    if (keep !== null) kept.push({ path, reason: keep });
    else if (holds !== null && !of.force) {
      kept.push({
        path,
        reason: `it holds ${holds}; \`weft worktree clean --force\` would keep that under ${rescue}`,
      });
    } else if (of.dryRun) removed.push({ path, rescue: holds === null ? null : rescue });
    else {
      const gone = await removeOne(tools, worktree, { known, rescue });
      if (gone.kept === null) removed.push({ path, rescue: gone.rescue });
      else kept.push({ path, reason: gone.kept });
    }
  }
  return { removed, kept };
}

function rescueOf({ run, task }: OwnWorktree, known: Known): string {
  return known.kind === 'read' ? rescueRefOf(known.state, taskId(task)) : `refs/weft/rescue/${run}`;
}

async function removeOne(
  tools: Tools,
  { path, branch, task }: OwnWorktree,
  of: { readonly known: Known; readonly rescue: string },
): Promise<{ readonly rescue: string | null; readonly kept: string | null }> {
  if (task === 'gates' && branch === null) {
    const gone = await tools.git.removeCheckout(path);
    return { rescue: null, kept: gone.ok ? null : gone.failure.sentence };
  }
  const ts = of.known.kind === 'read' ? of.known.state.tasks.get(taskId(task)) : undefined;
  const landed = ts?.phase === 'merged' ? (ts.attempt?.inspected?.head ?? null) : null;
  const gone = await tools.git.removeWorktree({ path, branch: branch ?? '', landed, rescue: of.rescue });
  return gone.ok ? gone.value : { rescue: null, kept: gone.failure.sentence };
}

/**
 * Mends what killed processes left behind, drops the helper refs of complete runs, and removes worktrees of runs that are
 * gone. Worktrees of runs that are there, whatever became of their tasks, are not its business.
 */
export async function prune(tools: Tools, of: { readonly dryRun: boolean }): Promise<Pruned> {
  const all = await listWorktrees(tools);
  const find = createFinder(tools);
  const roots = new Set(all.filter(({ keep }) => keep !== MOVED.keep).map(({ path }) => path));
  const complete: string[] = [];
  for (const run of await listRunNames(tools)) {
    const known = await find(run);
    if (known.kind !== 'read') continue;
    // a run that was killed may have left files there that belong to no worktree
    const places = placesOf(tools.repository, runId(run), known.state.policy);
    for (const root of [places.worktrees, ...strayWorktrees(places, known.state)]) roots.add(root);
    if (known.state.rested === 'complete') complete.push(run);
  }
  const dropped = await tools.git.repair([...roots], of);
  const chosen: OwnWorktree[] = [];
  for (const each of all) {
    if (each.keep === MOVED.keep || (await find(each.run)).kind !== 'read') chosen.push(each);
  }
  const cleaned = await removeAll(tools, chosen, { dryRun: of.dryRun, force: false });
  if (!of.dryRun) for (const run of complete) await tools.git.unpin(`refs/weft/cand/${run}`);
  return { dropped, ...cleaned };
}
