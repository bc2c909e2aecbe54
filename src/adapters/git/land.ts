// Moves the target branch to a verified commit, or lands beside it when a checkout of the user's is in the way.
// Knows nothing of verification.
import type { Oid } from '../../core/model.ts';
import type { Landing, LandingTip } from '../../ports/git.ts';
import {
  accept,
  attempt,
  type GitCall,
  GitError,
  git,
  gitFields,
  giveUp,
  type Place,
  runGit,
} from './exec.ts';
import { findOpenWork } from './inspect.ts';
import { undoInterrupted } from './interrupted.ts';
import { findHolders, type Holder } from './listing.ts';
import { gitDirOf, placeOf } from './metadata.ts';
import { deleteRefs, findCommit, isAncestor, moveRef, type Repository } from './repository.ts';

const INTEGRATION = 'weft/integration';
const CHECKOUT_MS = 1_800_000;

/** What is to land. */
export interface LandingSpec {
  readonly branch: string;
  readonly from: Oid;
  readonly to: Oid;
  readonly note: string;
}

/** Finds the tip that a candidate for the branch starts from. */
export async function findLandingTip(repo: Repository, branch: string): Promise<LandingTip> {
  const target = await findCommit(repo.main, refOf(branch));
  if (target === null) giveUp(`There is no branch ${branch}.`, `Make it, or name another target.`);
  const beside = await findCommit(repo.main, refOf(INTEGRATION));
  const direct: LandingTip = { ref: branch, oid: target, diverged: null };
  if (beside === null || (await isAncestor(repo.main, { ancestor: beside, of: target }))) return direct;
  const isAhead = await isAncestor(repo.main, { ancestor: target, of: beside });
  return isAhead ? { ref: INTEGRATION, oid: beside, diverged: null } : { ...direct, diverged: beside };
}

/** Moves the branch from `from` to `to`; when its checkout is in the way, `weft/integration` goes on ahead of it. */
export async function land(repo: Repository, what: LandingSpec): Promise<Landing> {
  const { branch, from, to } = what;
  const tip = await findLandingTip(repo, branch);
  if (tip.oid !== from) {
    const isThere = await isAncestor(repo.main, { ancestor: to, of: tip.oid });
    return isThere ? { kind: 'landed', ref: tip.ref, detour: null } : { kind: 'stale', actual: tip.oid };
  }
  if (to === from) return { kind: 'landed', ref: tip.ref, detour: null };
  if (!(await isAncestor(repo.main, { ancestor: from, of: to }))) {
    throw new Error(`Internal error: ${to} does not contain ${from}`);
  }
  const target = await findCommit(repo.main, refOf(branch));
  if (target === null) giveUp(`There is no branch ${branch}.`);
  // it may have moved since the tip was read: what it holds now has to be in what it becomes
  const contained = await isAncestor(repo.main, { ancestor: target, of: to });
  if (!contained) return { kind: 'stale', actual: (await findLandingTip(repo, branch)).oid };
  const direct = await advance(repo, { ...what, from: target });
  if (direct.kind === 'moved') {
    await retireIntegration(repo, to);
    return { kind: 'landed', ref: branch, detour: null };
  }
  if (direct.kind === 'stale') return { kind: 'stale', actual: (await findLandingTip(repo, branch)).oid };
  return landBeside(repo, { ...what, tip, why: direct.why });
}

async function landBeside(
  repo: Repository,
  what: LandingSpec & { readonly tip: LandingTip; readonly why: string },
): Promise<Landing> {
  const { branch, tip, why, to, note } = what;
  if (tip.diverged !== null) {
    throw new GitError({
      kind: 'blocked',
      sentence: `${why} And ${INTEGRATION} and ${branch} have gone different ways.`,
      hint: `In a clean checkout of ${branch}: git merge ${INTEGRATION}`,
    });
  }
  const before = await findCommit(repo.main, refOf(INTEGRATION));
  const stale = async (): Promise<Landing> => ({
    kind: 'stale',
    actual: (await findLandingTip(repo, branch)).oid,
  });
  if (before !== null && !(await isAncestor(repo.main, { ancestor: before, of: to }))) return stale();
  const moved = await advance(repo, { branch: INTEGRATION, from: before, to, note });
  switch (moved.kind) {
    case 'moved':
      return { kind: 'landed', ref: INTEGRATION, detour: `${why} Landed on ${INTEGRATION} instead.` };
    case 'stale':
      return stale();
    case 'blocked':
      throw new GitError({
        kind: 'blocked',
        sentence: `${why} ${moved.why}`,
        hint: 'Commit what is open in one of them.',
      });
    default:
      return moved satisfies never;
  }
}

/** What became of moving one branch. */
type Advance =
  | { readonly kind: 'moved' }
  | { readonly kind: 'stale' }
  | { readonly kind: 'blocked'; readonly why: string };

/** Moves one branch forward together with every checkout that has it. */
async function advance(
  repo: Repository,
  what: { readonly branch: string; readonly from: Oid | null; readonly to: Oid; readonly note: string },
): Promise<Advance> {
  const { branch, from, to, note } = what;
  const ref = refOf(branch);
  const holders = (await findHolders(repo, branch)).filter((holder) => !holder.prunable);
  if (from !== null) {
    for (const holder of holders) {
      const why = await findHindrance(repo, { holder, branch, from, to });
      if (why !== null) return { kind: 'blocked', why };
    }
  }
  const [first, ...others] = holders;
  if (first === undefined || from === null) {
    return { kind: (await moveRef(repo, { ref, to, from, note })) ? 'moved' : 'stale' };
  }
  const forward = await fastForward(repo, { path: first.path, from, to, note });
  const now = await findCommit(repo.main, ref);
  if (now !== to) {
    if (now !== from) return { kind: 'stale' };
    return {
      kind: 'blocked',
      why: `The checkout ${first.path} could not be brought forward: ${forward ?? 'unknown'}`,
    };
  }
  for (const other of others) {
    // the branch has moved under these; their index and files follow, as a two-way merge
    const place = await placeOf(repo, other.path);
    await git(place, { args: ['read-tree', '-m', '-u', from, to], timeoutMs: CHECKOUT_MS });
  }
  return { kind: 'moved' };
}

/** Says in a sentence why a checkout cannot be brought forward, or null. */
async function findHindrance(
  repo: Repository,
  of: { readonly holder: Holder; readonly branch: string; readonly from: Oid; readonly to: Oid },
): Promise<string | null> {
  const { from, to } = of;
  const { path, rebasing } = of.holder;
  if (rebasing) return `A rebase of ${of.branch} is under way in ${path}.`;
  const place = await placeOf(repo, path);
  const open = await findOpenWork(gitDirOf(repo, place));
  if (open !== null) return `${open.replace(/^a/, 'A')} is under way in ${path}.`;
  const changed = await findTrackedChanges(place);
  if (changed.length === 0 || (await undoInterrupted(place, { from, to, changed }))) return null;
  const count = changed.length === 1 ? 'an uncommitted change' : `${changed.length} uncommitted changes`;
  return `The checkout ${path} has ${count} (${changed[0]}).`;
}

async function findTrackedChanges(place: Place): Promise<readonly string[]> {
  const flags = ['--untracked-files=no', '--no-renames', '--ignore-submodules=all'];
  const args = ['status', '--porcelain=v1', '-z', ...flags];
  return (await gitFields(place, { args })).map((field) => field.slice(3));
}

/** Brings a clean checkout forward; returns git's complaint, or null. Files that git ignores are not overwritten. */
async function fastForward(
  repo: Repository,
  what: { readonly path: string; readonly from: Oid; readonly to: Oid; readonly note: string },
): Promise<string | null> {
  const place = await placeOf(repo, what.path);
  const flags = [
    '--ff-only',
    '--no-autostash',
    '--no-overwrite-ignore',
    '--no-verify-signatures',
    '--no-stat',
    '--quiet',
  ];
  const call = {
    args: ['merge', ...flags, what.to],
    env: { GIT_REFLOG_ACTION: what.note },
    timeoutMs: CHECKOUT_MS,
  };
  const merged = await tryOut(place, call);
  if (merged === null) return null;
  // files that an interrupted fast-forward had already added are in its own way
  if (!(await undoInterrupted(place, { ...what, changed: [] }))) return merged;
  return tryOut(place, call);
}

/** What git has against it, or null. One that was cut off said nothing, and is no reason to land elsewhere. */
async function tryOut(place: Place, call: GitCall): Promise<string | null> {
  const end = await runGit(place, call);
  if (end.trouble !== null) accept(call, end);
  const accepted = await attempt(() => Promise.resolve(accept(call, end)));
  return accepted.ok ? null : accepted.failure.sentence;
}

/** Deletes `weft/integration` once the target holds all of it, unless somebody has it checked out. */
async function retireIntegration(repo: Repository, target: Oid): Promise<void> {
  const at = await findCommit(repo.main, refOf(INTEGRATION));
  if (at === null || !(await isAncestor(repo.main, { ancestor: at, of: target }))) return;
  if ((await findHolders(repo, INTEGRATION)).length > 0) return;
  await deleteRefs(repo, [{ ref: refOf(INTEGRATION), at }]);
}

function refOf(branch: string): string {
  return `refs/heads/${branch}`;
}
