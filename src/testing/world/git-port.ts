// The git port of the world: questions, candidates, landing and helper refs. Worktrees are in `git-worktrees.ts`.
import { fail, ok, type Result } from '../../core/failure.ts';
import type { Oid } from '../../core/model.ts';
import type { GitPort, Landing, LandingTip } from '../../ports/git.ts';
import { findAway } from './forge-store.ts';
import { buildIn, tryIn } from './git-candidate.ts';
import { findLastWithoutIn, listLostIn } from './git-merge.ts';
import {
  changedPaths,
  commitOf,
  deriveCommit,
  filesOf,
  headOf,
  isAncestorOf,
  leaveLock,
  mergeBaseOf,
  REPOSITORY,
  resolveIn,
} from './git-store.ts';
import { worktreeCalls } from './git-worktrees.ts';
import { checkMove, sealCheckout } from './promises.ts';
import { answer, count, notify, violate } from './scheduler.ts';
import type { Life, World } from './world.ts';

/** Branch that takes landings while the user's checkout is in the way. */
const INTEGRATION = 'weft/integration';

/** One call of git, as the worktree calls need it too. */
export interface GitCalls {
  readonly world: World;
  readonly life: Life;
  /** Asks for a value; rejects when the repository cannot be read. */
  readonly ask: <T>(name: string, act: () => T) => Promise<T>;
  /** Changes something under the named locks; a failure when one of them is held, or git cannot work at all. */
  readonly change: <T>(
    name: string,
    of: { readonly locks: readonly string[]; readonly act: () => Result<T>; readonly half?: () => void },
  ) => Promise<Result<T>>;
}

/** git in the world, as one engine reaches it. */
export function createWorldGit(world: World, life: Life): GitPort {
  const { git } = world;
  const calls = createCalls(world, life);
  const { ask, change } = calls;
  return {
    repository: REPOSITORY,
    resolve: (revision) =>
      ask(`git.resolve ${revision}`, () => {
        const found = resolveIn(git, revision.replace(/\^\{commit\}$/, ''));
        return found === null || findAway(world, found) !== null ? null : found;
      }),
    currentBranch: () => ask('git.currentBranch', () => git.checkout.branch),
    isAncestor: ({ ancestor, of }) =>
      ask('git.isAncestor', () => {
        checkHere(world, ancestor, of);
        return isAncestorOf(git, ancestor, of);
      }),
    treeOf: (commit) =>
      ask('git.treeOf', () => {
        checkHere(world, commit);
        return commitOf(git, commit).tree;
      }),
    mergeBase: (one, other) =>
      ask('git.mergeBase', () => {
        checkHere(world, one, other);
        return mergeBaseOf(git, one, other);
      }),
    ...worktreeCalls(calls),
    buildCandidate: (what) =>
      change('git.buildCandidate', {
        locks: [what.pin],
        act: () => {
          const lost = findAway(world, what.target, what.base, what.head);
          return lost === null ? ok(buildIn(world, what)) : refuse(`There is no commit ${lost}.`);
        },
      }),
    ...radarCalls(calls),
    countChanges: () => ask('git.countChanges', () => ok({ files: 0, added: 0, deleted: 0 })),
    listLost: (what) => ask('git.listLost', () => ok(listLostIn(git, what))),
    lastWithout: (what) => ask('git.lastWithout', () => findLastWithoutIn(git, what)),
    landingTip: (branch) => change('git.landingTip', { locks: [], act: () => tipOf(world, branch) }),
    land: async (what) => {
      if (world.forge !== null)
        violate(world, 'target-at-forge', `${what.note} lands here, and not at the forge`);
      const ref = refOf(what.branch);
      if (world.items.some((item) => item.life === life && item.name.startsWith('git.land '))) {
        violate(world, 'one-landing', `${what.note} begins beside another landing`);
      }
      return change(`git.land ${what.note}`, {
        locks: [ref, refOf(INTEGRATION)],
        act: () => landIn(world, what),
        half: () => leaveLock(git, ref),
      });
    },
    ...refCalls(calls),
    close: async () => undefined,
    watchBranch: (branch, moved) => {
      const watcher = { ref: refOf(branch), life, moved };
      git.watchers.push(watcher);
      return () => {
        const at = git.watchers.indexOf(watcher);
        if (at !== -1) git.watchers.splice(at, 1);
      };
    },
  };
}

/** The calls that move, keep and drop refs. */
function refCalls({ world, ask, change }: GitCalls): Pick<GitPort, 'moveBranch' | 'pin' | 'unpin'> {
  const { git } = world;
  return {
    moveBranch: ({ branch, from, to }) => {
      const ref = refOf(branch);
      return change(`git.moveBranch ${branch}`, {
        locks: [ref],
        act: () => {
          const lost = findAway(world, to);
          if (lost !== null) return refuse(`There is no commit ${lost}.`);
          const at = git.refs.get(ref);
          if (at === from) git.refs.set(ref, to);
          return ok(at === from || at === to);
        },
        half: () => leaveLock(git, ref),
      });
    },
    pin: async (ref, commit) => {
      checkRef(ref);
      const pinned = await change(`git.pin ${ref}`, {
        locks: [ref],
        act: () => {
          if (findAway(world, commit) !== null) return refuse(`There is no commit ${commit}.`);
          git.refs.set(ref, commit);
          return ok(undefined);
        },
        half: () => leaveLock(git, ref),
      });
      if (!pinned.ok) throw new Error(pinned.failure.sentence);
    },
    unpin: async (prefix) => {
      checkRef(prefix);
      const name = prefix.replace(/\/+$/, '');
      await ask(`git.unpin ${prefix}`, () => {
        for (const ref of [...git.refs.keys()]) {
          if (ref === name || ref.startsWith(`${name}/`)) git.refs.delete(ref);
        }
      });
    },
  };
}

/** The calls that ask how unfinished work gets on with other work. */
function radarCalls({ world, change }: GitCalls): Pick<GitPort, 'snapshot' | 'tryMerge'> {
  const { git } = world;
  return {
    snapshot: ({ worktree: path, base, ref }) =>
      change(`git.snapshot ${path}`, {
        locks: [ref],
        act: () => {
          const worktree = git.worktrees.get(path);
          if (worktree?.folder !== true || !worktree.ready) return refuse(`There is no worktree at ${path}.`);
          const parent = headOf(git, worktree) ?? base;
          const isClean = changedPaths(filesOf(git, parent), worktree.files).length === 0;
          const made = { files: worktree.files, parents: [parent], from: 'snapshot' };
          const commit = isClean ? parent : deriveCommit(git, made);
          git.refs.set(ref, commit);
          return ok(commit);
        },
      }),
    tryMerge: (what) =>
      change('git.tryMerge', {
        locks: [],
        act: () => {
          const { work, onto } = what;
          const lost = findAway(world, work.head, work.base, onto.head, onto.base);
          return lost === null ? ok(tryIn(git, what)) : refuse(`There is no commit ${lost}.`);
        },
      }),
  };
}

function createCalls(world: World, life: Life): GitCalls {
  const { git } = world;
  const checkHealth = (): void => {
    if (git.broken) throw new Error('fatal: unable to read commondir: it is empty');
  };
  return {
    world,
    life,
    ask: (name, act) =>
      answer(world, life, {
        name,
        act: () => {
          checkHealth();
          return act();
        },
        refused: () => {
          throw new Error('git took too long');
        },
      }),
    change: (name, of) =>
      answer(world, life, {
        name,
        ...(of.half === undefined ? {} : { half: of.half }),
        act: () => {
          if (git.broken) return refuse('unable to read commondir: it is empty');
          const lock = of.locks.find((each) => git.locks.has(each));
          if (lock === undefined) return of.act();
          if (git.locks.get(lock) === 'stale' && life.standing === 'leads')
            world.wedged.push(`${name}: ${lock}.lock is left over`);
          return refuse(`Unable to create '${lock}.lock': File exists.`);
        },
        refused: () => refuse('git took too long'),
      }),
  };
}

/** git fails on what it does not have. */
function checkHere(world: World, ...commits: readonly Oid[]): void {
  const lost = findAway(world, ...commits);
  if (lost !== null) throw new Error(`fatal: Not a valid object name ${lost}`);
}

function refuse(sentence: string): Result<never> {
  return fail({ kind: 'environment', sentence });
}

/** Moves a ref and tells who watches it. */
export function moveRef(world: World, ref: string, to: Oid): void {
  world.git.refs.set(ref, to);
  for (const watcher of world.git.watchers) {
    if (watcher.ref === ref) notify(world, watcher.life, 'git.moved', watcher.moved);
  }
}

function tipOf(world: World, branch: string): Result<LandingTip> {
  const { git } = world;
  const tip = git.refs.get(refOf(branch));
  if (tip === undefined) return refuse(`There is no branch ${branch}.`);
  const beside = git.refs.get(refOf(INTEGRATION));
  if (beside === undefined || isAncestorOf(git, beside, tip)) {
    return ok({ ref: branch, oid: tip, diverged: null });
  }
  if (isAncestorOf(git, tip, beside)) return ok({ ref: INTEGRATION, oid: beside, diverged: null });
  return ok({ ref: branch, oid: tip, diverged: beside });
}

function landIn(world: World, what: Parameters<GitPort['land']>[0]): Result<Landing> {
  const { git } = world;
  const ref = refOf(what.branch);
  const found = tipOf(world, what.branch);
  if (!found.ok) return found;
  const tip = found.value;
  if (isAncestorOf(git, what.to, tip.oid)) {
    count(world, 'recovery: a landing had happened already');
    return ok({ kind: 'landed', ref: tip.ref, detour: null });
  }
  if (tip.oid !== what.from) {
    count(world, 'recovery: a stale landing was refused');
    return ok({ kind: 'stale', actual: tip.oid });
  }
  const target = git.refs.get(ref) ?? what.from;
  if (!isAncestorOf(git, what.from, what.to)) {
    checkMove(world, { ref, from: target, to: what.to });
    throw new Error(`Internal error: ${what.to} does not contain ${what.from}`);
  }
  const here = git.checkout.branch === what.branch;
  const why = here ? findHindrance(world, { target, to: what.to }) : null;
  if (why !== null) return landBeside(world, { to: what.to, target, tip, why });
  checkMove(world, { ref, from: target, to: what.to });
  if (here) bringForward(world, what.to);
  moveRef(world, ref, what.to);
  const beside = git.refs.get(refOf(INTEGRATION));
  if (beside !== undefined && isAncestorOf(git, beside, what.to)) git.refs.delete(refOf(INTEGRATION));
  return ok({ kind: 'landed', ref: what.branch, detour: null });
}

function landBeside(
  world: World,
  of: { readonly to: Oid; readonly target: Oid; readonly tip: LandingTip; readonly why: string },
): Result<Landing> {
  if (of.tip.diverged !== null) {
    return fail({ kind: 'blocked', sentence: `${of.why} And ${INTEGRATION} went another way.` });
  }
  count(world, 'recovery: a landing made a detour');
  const ref = refOf(INTEGRATION);
  checkMove(world, { ref, from: world.git.refs.get(ref) ?? of.target, to: of.to });
  moveRef(world, ref, of.to);
  return ok({ kind: 'landed', ref: INTEGRATION, detour: `${of.why} Landed on ${INTEGRATION} instead.` });
}

/** Says why the user's checkout cannot be brought forward, or null. */
function findHindrance({ git }: World, of: { readonly target: Oid; readonly to: Oid }): string | null {
  const { head, files } = git.checkout;
  if (head !== of.target) return 'The checkout has moved.';
  const known = filesOf(git, head);
  const changed = [...known].find(([path, text]) => files.get(path) !== text);
  if (changed !== undefined) return `The checkout has an uncommitted change (${changed[0]}).`;
  // what git does not know is in the way only where it would be overwritten
  const covered = [...filesOf(git, of.to)].find(
    ([path, text]) => !known.has(path) && files.has(path) && files.get(path) !== text,
  );
  return covered === undefined ? null : `The checkout has a file of the user's at ${covered[0]}.`;
}

/** As a fast-forward does: what git does not know stays. */
function bringForward(world: World, to: Oid): void {
  const { checkout } = world.git;
  const known = filesOf(world.git, checkout.head);
  const own = [...checkout.files].filter(([path]) => !known.has(path));
  checkout.head = to;
  checkout.files = new Map([...own, ...filesOf(world.git, to)]);
  sealCheckout(world);
}

function refOf(branch: string): string {
  return `refs/heads/${branch}`;
}

function checkRef(ref: string): void {
  if (!ref.startsWith('refs/weft/')) throw new Error(`Internal error: not a ref of weft: ${ref}`);
}
