// The git port of the world: questions, candidates, landing and helper refs. Worktrees are in `git-worktrees.ts`.
import { type Failure, fail, ok, type Result } from '../../core/failure.ts';
import type { Oid } from '../../core/model.ts';
import type { Candidate, GitPort, Landing, LandingTip } from '../../ports/git.ts';
import {
  addCommit,
  commitOf,
  filesOf,
  isAncestorOf,
  isCheckoutDirty,
  leaveLock,
  mergeBaseOf,
  mergeTrees,
  type Tree,
} from './git-store.ts';
import { worktreeCalls } from './git-worktrees.ts';
import { checkMove, sealCheckout } from './promises.ts';
import { answer, count, notify, violate } from './scheduler.ts';
import type { Life, World } from './world.ts';

/** Path of the user's checkout. */
export const REPOSITORY = '/repo';
/** Branch that takes landings while the user's checkout is in the way. */
export const INTEGRATION = 'refs/heads/weft/integration';

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
    resolve: (revision) => ask(`git.resolve ${revision}`, () => git.refs.get(revision) ?? null),
    currentBranch: () => ask('git.currentBranch', () => git.checkout.branch),
    isAncestor: ({ ancestor, of }) => ask('git.isAncestor', () => isAncestorOf(git, ancestor, of)),
    treeOf: (commit) => ask('git.treeOf', () => commitOf(git, commit).tree),
    mergeBase: (one, other) => ask('git.mergeBase', () => mergeBaseOf(git, one, other)),
    ...worktreeCalls(calls),
    buildCandidate: (what) =>
      change('git.buildCandidate', { locks: [what.pin], act: () => ok(buildIn(world, what)) }),
    landingTip: (branch) =>
      change('git.landingTip', { locks: [], act: () => ok(tipOf(world, `refs/heads/${branch}`)) }),
    land: async (what) => {
      const ref = `refs/heads/${what.branch}`;
      if (world.items.some((item) => item.life === life && item.name.startsWith('git.land '))) {
        violate(world, 'one-landing', `${what.note} begins beside another landing`);
      }
      return change(`git.land ${what.note}`, {
        locks: [ref, INTEGRATION],
        act: () => landIn(world, { ...what, ref }),
        half: () => leaveLock(git, ref),
      });
    },
    pin: async (ref, commit) => {
      const pinned = await change(`git.pin ${ref}`, {
        locks: [ref],
        act: () => {
          git.refs.set(ref, commit);
          return ok(undefined);
        },
        half: () => leaveLock(git, ref),
      });
      if (!pinned.ok) throw new Error(pinned.failure.sentence);
    },
    unpin: async (prefix) => {
      await ask(`git.unpin ${prefix}`, () => {
        for (const ref of [...git.refs.keys()]) {
          if (ref === prefix || ref.startsWith(`${prefix}/`)) git.refs.delete(ref);
        }
      });
    },
    close: async () => undefined,
    watchBranch: (branch, moved) => {
      const watcher = { ref: `refs/heads/${branch}`, life, moved };
      git.watchers.push(watcher);
      return () => {
        const at = git.watchers.indexOf(watcher);
        if (at !== -1) git.watchers.splice(at, 1);
      };
    },
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

function refuse(sentence: string): { readonly ok: false; readonly failure: Failure } {
  return fail({ kind: 'environment', sentence });
}

/** Moves a ref and tells who watches it. */
export function moveRef(world: World, ref: string, to: Oid): void {
  world.git.refs.set(ref, to);
  for (const watcher of world.git.watchers) {
    if (watcher.ref === ref) notify(world, watcher.life, 'git.moved', watcher.moved);
  }
}

function tipOf(world: World, ref: string): LandingTip {
  const { git } = world;
  const tip = git.refs.get(ref);
  if (tip === undefined) throw new Error(`there is no ${ref}`);
  const beside = git.refs.get(INTEGRATION);
  if (beside === undefined || isAncestorOf(git, beside, tip)) return { ref, oid: tip, diverged: null };
  if (isAncestorOf(git, tip, beside)) return { ref: INTEGRATION, oid: beside, diverged: null };
  return { ref, oid: tip, diverged: beside };
}

function buildIn(world: World, what: Parameters<GitPort['buildCandidate']>[0]): Candidate {
  const { git } = world;
  const base =
    what.strategy === 'merge' ? (mergeBaseOf(git, what.target, what.head) ?? what.base) : what.base;
  const merge = (theirs: Tree): ReturnType<typeof mergeTrees> =>
    mergeTrees({ base: filesOf(git, base), ours: filesOf(git, what.target), theirs });
  const { files, conflicts } = merge(filesOf(git, what.head));
  if (conflicts.length > 0) return { kind: 'conflict', files: conflicts };
  const parents = what.strategy === 'merge' ? [what.target, what.head] : [what.target];
  const commit = addCommit(git, { files, parents, by: 'weft' });
  const { tree } = commitOf(git, commit);
  const empty = tree === commitOf(git, what.target).tree;
  git.refs.set(what.pin, commit);
  const task = world.scene.tasks.find(({ id }) => what.pin.endsWith(`/${id}`));
  if (task !== undefined) world.oracle.candidates.set(commit, { task: task.id, base: what.target });
  return { kind: 'built', commit, tree, empty };
}

function landIn(
  world: World,
  what: { readonly branch: string; readonly ref: string; readonly from: Oid; readonly to: Oid },
): Result<Landing> {
  const { git } = world;
  const target = git.refs.get(what.ref);
  if (target === undefined) throw new Error(`there is no ${what.ref}`);
  const tip = tipOf(world, what.ref);
  if (isAncestorOf(git, what.to, tip.oid)) {
    count(world, 'recovery: a landing had happened already');
    return ok({ kind: 'landed', ref: shortName(tip.ref), detour: null });
  }
  if (tip.oid !== what.from) {
    count(world, 'recovery: a stale landing was refused');
    return ok({ kind: 'stale', actual: tip.oid });
  }
  const here = git.checkout.branch === what.branch;
  if (here && (isCheckoutDirty(git) || git.checkout.head !== target)) {
    if (tip.diverged !== null)
      return refuse('The checkout has changes, and weft/integration went another way.');
    count(world, 'recovery: a landing made a detour');
    checkMove(world, { ref: INTEGRATION, from: git.refs.get(INTEGRATION) ?? target, to: what.to });
    moveRef(world, INTEGRATION, what.to);
    return ok({ kind: 'landed', ref: shortName(INTEGRATION), detour: 'The checkout has changes.' });
  }
  checkMove(world, { ref: what.ref, from: target, to: what.to });
  if (here) {
    git.checkout.head = what.to;
    git.checkout.files = new Map(filesOf(git, what.to));
    sealCheckout(world);
  }
  moveRef(world, what.ref, what.to);
  const beside = git.refs.get(INTEGRATION);
  if (beside !== undefined && isAncestorOf(git, beside, what.to)) git.refs.delete(INTEGRATION);
  return ok({ kind: 'landed', ref: what.branch, detour: null });
}

function shortName(ref: string): string {
  return ref.slice('refs/heads/'.length);
}
