// Moves the target branch to a verified commit, or lands beside it when a checkout of the user's is in the way.
// Knows nothing of verification.
import type { Oid } from '../../core/model.ts';
import type { Landing, LandingTip } from '../../ports/git.ts';
import { attempt, GitError, giveUp } from './exec.ts';
import { type Advance, bringForward, findBar, follow, type Move } from './forward.ts';
import { findHolders, type Holder } from './listing.ts';
import { deleteRefs, findCommit, isAncestor, moveRef, type Repository } from './repository.ts';
import { untilStill } from './still.ts';

const INTEGRATION = 'weft/integration';
/** How often checkouts of a branch are looked for while they come and go. */
const MAX_TRIES = 5;

/** What is to land. */
export interface LandingSpec {
  readonly branch: string;
  readonly from: Oid;
  readonly to: Oid;
  readonly note: string;
  /** Where changes in the checkout are nobody's open work: paths of files and folders. */
  readonly kept?: readonly string[];
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
    // who moved it last time may have been killed before a checkout that took it meanwhile could follow
    if (tip.oid === to && tip.ref === branch) await catchUp(repo, what);
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
  const { branch, tip, why, to, note, kept = [] } = what;
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
  const moved = await advance(repo, { branch: INTEGRATION, from: before, to, note, kept });
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

/** Moves one branch forward together with every checkout that has it. */
async function advance(
  repo: Repository,
  what: Omit<Move, 'from'> & { readonly from: Oid | null },
): Promise<Advance> {
  const { from } = what;
  if (from === null)
    return { kind: (await moveRef(repo, { ...what, ref: refOf(what.branch) })) ? 'moved' : 'stale' };
  const move = { ...what, from };
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const [first, ...others] = await findLiveHolders(repo, what.branch);
    for (const holder of others) {
      const why = await findBar(repo, { ...move, holder });
      if (why !== null) return { kind: 'blocked', why };
    }
    const done =
      first === undefined
        ? await moveAlone(repo, move)
        : await bringForward(repo, { ...move, holder: first });
    // whoever switched away while we looked has another branch, which is not to move
    if (done.kind === 'left') continue;
    if (done.kind === 'moved') for (const { path } of others) await follow(repo, path, move);
    return done;
  }
  return { kind: 'blocked', why: `Checkouts of ${what.branch} come and go.` };
}

/** Moves a branch that nobody has; a checkout that took it in the same moment follows. */
async function moveAlone(repo: Repository, move: Move): Promise<Advance> {
  if (!(await moveRef(repo, { ...move, ref: refOf(move.branch) }))) return { kind: 'stale' };
  await catchUp(repo, move);
  return { kind: 'moved' };
}

/**
 * Lets checkouts follow a branch that moved beside them. A `git switch` reads where its branch is, writes files and index,
 * lets go of the index and only then says which branch it has; one that is under way is waited for.
 */
async function catchUp(repo: Repository, move: Move): Promise<void> {
  await untilStill(repo);
  for (const { path } of await findLiveHolders(repo, move.branch)) {
    // one with changes in the way stays behind: the landing is a fact all the same
    await attempt(() => follow(repo, path, move));
  }
}

async function findLiveHolders(repo: Repository, branch: string): Promise<readonly Holder[]> {
  return (await findHolders(repo, branch)).filter((holder) => !holder.prunable);
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
