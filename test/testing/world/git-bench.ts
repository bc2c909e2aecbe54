// The bench of the git contract in the virtual world: what people, agents and kills do to its repository.
import type { Oid } from '../../../src/core/model.ts';
import { createWorldGit, moveRef } from '../../../src/testing/world/git-port.ts';
import {
  addCommit,
  commitOf,
  commitWorktree,
  filesOf,
  headOf,
  leaveLock,
  resolveIn,
  type Worktree,
} from '../../../src/testing/world/git-store.ts';
import { endProc, spawnProc, UNKNOWN_EXIT } from '../../../src/testing/world/process-world.ts';
import type { World } from '../../../src/testing/world/world.ts';
import type { GitBench, Hands } from '../../adapters/git/bench.ts';
import { openStage } from './stage.ts';

/** Makes a world of its own. */
export async function createWorldGitBench(): Promise<GitBench> {
  const stage = openStage();
  const { world } = stage;
  const { git } = world;
  const life = stage.nextLife();
  return {
    port: createWorldGit(world, life),
    worktrees: '/worktrees/run-1',
    reopen: async () => createWorldGit(world, stage.nextLife()),
    user: userHands(world),
    at: (path) => handsAt(world, path),
    picture: async () =>
      JSON.stringify([git.checkout.branch, git.checkout.head, [...git.checkout.files].sort()]),
    commitOn: async (parents, changes) => {
      const [first] = parents;
      const files = new Map([
        ...(first === undefined ? [] : filesOf(git, first)),
        ...Object.entries(changes),
      ]);
      return addCommit(git, { files, parents, by: 'agent' });
    },
    parentsOf: async (commit) => commitOf(git, commit).parents,
    textAt: async (revision, path) => filesOf(git, resolveIn(git, revision) as Oid).get(path) ?? null,
    setRef: async (ref, commit) => moveRef(world, ref, commit),
    refs: async () => [...git.refs.keys()].sort(),
    deleteFolder: async (path) => {
      const worktree = worktreeAt(world, path);
      worktree.folder = false;
      worktree.files = new Map();
    },
    ...kills(world),
    close: async () => stage.close(),
  };
}

type Kills = Pick<GitBench, 'leaveHalfMade' | 'leaveHalfRemoved' | 'leaveLock' | 'holdLock' | 'occupy'>;

function kills(world: World): Kills {
  const { git } = world;
  return {
    leaveHalfMade: async ({ path, branch, base, reason }) => {
      git.refs.set(`refs/weft/start/${branch}`, base);
      git.refs.set(`refs/heads/${branch}`, base);
      const files = new Map<string, string>();
      git.worktrees.set(path, { path, branch, detached: null, files, reason, ready: false, folder: true });
    },
    leaveHalfRemoved: async (path) => {
      git.worktrees.delete(path);
    },
    leaveLock: async (ref) => leaveLock(git, ref),
    holdLock: async (ref) => {
      git.locks.set(ref, 'user');
      return async () => {
        if (!git.locks.delete(ref)) throw new Error('somebody took the lock away');
      };
    },
    occupy: async (path) => {
      const proc = spawnProc(world, { kind: 'bystander', tag: '', dir: null, cwd: path });
      return async () => endProc(world, proc, UNKNOWN_EXIT);
    },
  };
}

function worktreeAt(world: World, path: string): Worktree {
  const worktree = world.git.worktrees.get(path);
  if (worktree === undefined) throw new Error(`${path} is no worktree`);
  return worktree;
}

function handsAt(world: World, path: string): Hands {
  const { git } = world;
  const at = (): Worktree => worktreeAt(world, path);
  return {
    write: async (file, text) => void at().files.set(file, text),
    read: async (file) => git.worktrees.get(path)?.files.get(file) ?? null,
    commit: async (files) => {
      for (const [file, text] of Object.entries(files)) at().files.set(file, text);
      const made = commitWorktree(git, at(), 'agent') ?? headOf(git, at());
      if (made === null) throw new Error(`${path} has no head`);
      return made;
    },
    delete: async (file) => void at().files.delete(file),
    detach: async () => {
      at().detached = headOf(git, at());
      at().branch = null;
    },
    switchTo: async (branch) => {
      const head = headOf(git, at());
      if (head !== null && !git.refs.has(`refs/heads/${branch}`)) git.refs.set(`refs/heads/${branch}`, head);
      at().branch = branch;
      at().detached = null;
    },
  };
}

function userHands(world: World): Hands {
  const { git } = world;
  const { checkout } = git;
  return {
    write: async (file, text) => void checkout.files.set(file, text),
    read: async (file) => checkout.files.get(file) ?? null,
    commit: async (files) => {
      for (const [file, text] of Object.entries(files)) checkout.files.set(file, text);
      checkout.head = addCommit(git, { files: checkout.files, parents: [checkout.head], by: 'user' });
      if (checkout.branch !== null) moveRef(world, `refs/heads/${checkout.branch}`, checkout.head);
      return checkout.head;
    },
    delete: async (file) => void checkout.files.delete(file),
    detach: async () => {
      checkout.branch = null;
    },
    switchTo: async (branch) => {
      checkout.head = git.refs.get(`refs/heads/${branch}`) ?? checkout.head;
      checkout.branch = branch;
      checkout.files = new Map(filesOf(git, checkout.head));
      git.refs.set(`refs/heads/${branch}`, checkout.head);
    },
  };
}
