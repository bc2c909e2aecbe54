// Brings a checkout forward together with its branch, with the index lock of the checkout held: until both have moved,
// nobody's git can switch to another branch or commit there. Knows nothing of the branch beside.
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Oid } from '../../core/model.ts';
import { accept, attempt, type GitCall, GitError, gitFields, type Place, runGit } from './exec.ts';
import { type Checkout, rewriteIndex, underIndexLock } from './index-lock.ts';
import { findOpenWork } from './inspect.ts';
import { ABSENT, forgetForward, listSteps, mendInterrupted, noteForward, type Step } from './interrupted.ts';
import type { Holder } from './listing.ts';
import { gitDirOf, placeOf } from './metadata.ts';
import { findCommit, findHeadRef, moveRef, type Repository } from './repository.ts';

const CHECKOUT_MS = 1_800_000;
/** What Beads itself keeps changing there is nobody's open work; what lands on top of such a change is still in the way. */
const KEPT_BY_BEADS = '.beads/';

/** What became of moving a branch. */
export type Advance =
  | { readonly kind: 'moved' }
  | { readonly kind: 'stale' }
  | { readonly kind: 'blocked'; readonly why: string };

/** A branch, and the move that it and its checkout make. */
export interface Move {
  readonly branch: string;
  readonly from: Oid;
  readonly to: Oid;
  readonly note: string;
  /** Where changes in the checkout are nobody's open work: paths of files and folders. */
  readonly kept?: readonly string[];
}

/** Moves the branch and the checkout that has it; `left`: the checkout has another branch by now, and nothing moved. */
export async function bringForward(
  repo: Repository,
  of: Move & { readonly holder: Holder },
): Promise<Advance | { readonly kind: 'left' }> {
  const { path } = of.holder;
  return inCheckout(repo, path, async (checkout) => {
    const ref = `refs/heads/${of.branch}`;
    if (!of.holder.rebasing && (await findHeadRef(checkout.place)) !== ref) return { kind: 'left' };
    // who commits in the checkout needs its lock too: from here on only a move from beside can come between
    if ((await findCommit(repo.main, ref)) !== of.from) return { kind: 'stale' };
    const hindrance = await findHindrance(checkout, of);
    if (hindrance !== null) return { kind: 'blocked', why: hindrance };
    await noteForward(checkout, of);
    const why = await moveFiles(checkout, of);
    if (why !== null) return { kind: 'blocked', why };
    const moved = await attempt(() => moveRef(repo, { ...of, ref }));
    // a git that failed at its end may have moved it all the same
    if ((await findCommit(repo.main, ref)) === of.to) return { kind: 'moved' };
    await moveFiles(checkout, { ...of, from: of.to, to: of.from });
    if (!moved.ok) throw new GitError(moved.failure);
    return { kind: 'stale' };
  });
}

/** Says in a sentence why another checkout of the branch cannot follow it, or null. */
export async function findBar(
  repo: Repository,
  of: Move & { readonly holder: Holder },
): Promise<string | null> {
  const seen = await inCheckout(repo, of.holder.path, async (checkout) => {
    const why = await findHindrance(checkout, of);
    return why === null ? null : { kind: 'blocked' as const, why };
  });
  return seen?.why ?? null;
}

/** Lets a checkout follow its branch, which has moved. */
export async function follow(
  repo: Repository,
  path: string,
  { from, to }: Pick<Move, 'from' | 'to'>,
): Promise<void> {
  const call = { args: ['read-tree', '-m', '-u', from, to], timeoutMs: CHECKOUT_MS };
  accept(call, await runGit(await placeOf(repo, path), call));
}

/** Lets a worktree follow its branch, which somebody moved from `from`; it stays as it is where changes are in the way. */
export async function followMoved(
  repo: Repository,
  of: { readonly worktree: string; readonly from: Oid },
): Promise<void> {
  const to = await findCommit(await placeOf(repo, of.worktree), 'HEAD');
  if (to !== null) await attempt(() => follow(repo, of.worktree, { from: of.from, to }));
}

/** Works in a checkout with its index lock held. */
async function inCheckout<T>(
  repo: Repository,
  path: string,
  work: (checkout: Checkout) => Promise<T>,
): Promise<T | Extract<Advance, { readonly kind: 'blocked' }>> {
  const place = await placeOf(repo, path);
  const checkout = { place, gitDir: gitDirOf(repo, place) };
  const done = await underIndexLock(checkout, async () => {
    await mendInterrupted(checkout);
    const result = await work(checkout);
    await forgetForward(checkout);
    return result;
  });
  if (done !== 'locked') return done;
  const why = `The checkout ${path} could not be brought forward: another git holds its index.`;
  return { kind: 'blocked', why };
}

/** Says in a sentence why a checkout cannot be brought forward, or null. */
async function findHindrance(
  checkout: Checkout,
  of: Move & { readonly holder: Holder },
): Promise<string | null> {
  const { path, rebasing } = of.holder;
  if (rebasing) return `A rebase of ${of.branch} is under way in ${path}.`;
  const openWork = await findOpenWork(checkout.gitDir);
  if (openWork !== null) return `${openWork.replace(/^a/, 'A')} is under way in ${path}.`;
  const kept = [KEPT_BY_BEADS, ...(of.kept ?? [])];
  const isKept = (file: string): boolean =>
    kept.some((each) => file === each || file.startsWith(each.endsWith('/') ? each : `${each}/`));
  const changed = (await findTrackedChanges(checkout.place)).filter((file) => !isKept(file));
  if (changed.length === 0) return null;
  const count = changed.length === 1 ? 'an uncommitted change' : `${changed.length} uncommitted changes`;
  return `The checkout ${path} has ${count} (${changed[0]}).`;
}

async function findTrackedChanges(place: Place): Promise<readonly string[]> {
  const flags = ['--untracked-files=no', '--no-renames', '--ignore-submodules=all'];
  const args = ['status', '--porcelain=v1', '-z', ...flags];
  return (await gitFields(place, { args })).map((field) => field.slice(3));
}

/** Brings the files and the index of a clean checkout forward; says why not, or null. */
async function moveFiles(checkout: Checkout, { from, to }: Move): Promise<string | null> {
  const { place } = checkout;
  const move = async (): Promise<string | null> =>
    (await findObstacle(place, await listSteps(place, { from, to }))) ??
    rewriteIndex(checkout, async (own) => {
      const call = { args: ['read-tree', '-m', '-u', from, to], timeoutMs: CHECKOUT_MS };
      if ((await tryOut(own, call)) === null) return null;
      // files that were touched, but not changed, look changed to an index that was not told
      await runGit(own, { args: ['update-index', '-q', '--refresh'], timeoutMs: CHECKOUT_MS });
      return tryOut(own, call);
    });
  const why = await move();
  return why === null ? null : `The checkout ${place.cwd} could not be brought forward: ${why}`;
}

/** A file where a new one is to be: read-tree would write over one that is ignored. */
async function findObstacle(place: Place, steps: readonly Step[]): Promise<string | null> {
  const gone = new Set(steps.filter(({ after }) => after === ABSENT).map(({ path }) => path));
  for (const { path } of steps.filter(({ before }) => before === ABSENT)) {
    // a tracked file may make room for a folder, and a folder for a file
    const above = listAbove(path).filter((folder) => !gone.has(folder));
    const kinds = await Promise.all([path, ...above].map((each) => findKind(join(place.cwd, each))));
    const blocked = kinds.findIndex((kind, at) => kind === 'file' || (kind === 'folder' && at === 0));
    if (blocked < 0) continue;
    const isFree = kinds[blocked] === 'folder' && (await isAllTracked(place, path));
    if (!isFree) return `${[path, ...above][blocked]} is in the way.`;
  }
  return null;
}

function listAbove(path: string): readonly string[] {
  const names = path.split('/');
  return names.slice(1).map((_, at) => names.slice(0, at + 1).join('/'));
}

async function findKind(path: string): Promise<'file' | 'folder' | null> {
  const there = await lstat(path).catch(() => null);
  if (there === null) return null;
  return there.isDirectory() ? 'folder' : 'file';
}

/** Tells whether a folder holds nothing but tracked files. */
async function isAllTracked(place: Place, folder: string): Promise<boolean> {
  return (
    (await gitFields(place, { args: ['ls-files', '--others', '-z', '--', `:(literal)${folder}`] })).length ===
    0
  );
}

/** What git has against it, or null. One that was cut off said nothing, and is no reason to land elsewhere. */
async function tryOut(place: Place, call: GitCall): Promise<string | null> {
  const end = await runGit(place, call);
  if (end.trouble !== null) accept(call, end);
  const accepted = await attempt(() => Promise.resolve(accept(call, end)));
  return accepted.ok ? null : accepted.failure.sentence;
}
