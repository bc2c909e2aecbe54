// The bench of the git contract on a real repository: what people, agents and kills do to it, through git and the disk.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createGitPort } from '../../../src/adapters/git/git-port.ts';
import { oid } from '../../../src/core/model.ts';
import { fingerprintCheckout, runTestGit } from '../../../src/testing/temp-repo.ts';
import type { GitBench, Hands } from './bench.ts';
import { createRig, value, writeDeep } from './rig.ts';

/** Makes a repository of its own. */
export async function createGitBench(): Promise<GitBench> {
  const rig = await createRig({ name: 'größe & co ✓' });
  const { repo, port, worktrees } = rig;
  const lockOf = (ref: string): string => join(repo.path, '.git', `${ref}.lock`);
  const run = repo.git;
  return {
    port,
    worktrees,
    reopen: async () => {
      // the gits that wait for a process end with it
      await port.close();
      return value(await createGitPort(repo.path));
    },
    user: handsAt(repo.path),
    at: handsAt,
    picture: () => fingerprintCheckout(repo.path),
    commitOn: rig.commitOn,
    parentsOf: async (commit) =>
      (await run('log', '-1', '--format=%P', commit)).split(' ').filter(Boolean).map(oid),
    textAt: (revision, path) =>
      run('show', `${revision}:${path}`).then(
        (text) => `${text}\n`,
        () => null,
      ),
    setRef: async (ref, commit) => void (await run('update-ref', ref, commit)),
    refs: async () => (await run('for-each-ref', '--format=%(refname)')).split('\n').sort(),
    deleteFolder: (path) => rm(path, { recursive: true }),
    leaveHalfMade: async ({ path, branch, base, reason }) => {
      await run('update-ref', `refs/weft/start/${branch}`, base);
      await run('branch', branch, base);
      await run('worktree', 'add', '-q', '--no-checkout', '--lock', '--reason', reason, path, branch);
    },
    leaveHalfRemoved: async (path) => void (await run('worktree', 'remove', '-f', '-f', path)),
    leaveLock: (ref) => writeDeep(lockOf(ref), ''),
    holdLock: async (ref) => {
      await mkdir(dirname(lockOf(ref)), { recursive: true });
      const held = await open(lockOf(ref), 'wx');
      return async () => {
        await held.close();
        await rm(lockOf(ref));
      };
    },
    occupy: async (path) => {
      const child = spawn('sleep', ['1000'], { cwd: path, stdio: 'ignore' });
      await once(child, 'spawn');
      return async () => {
        child.kill('SIGKILL');
        await once(child, 'exit');
      };
    },
    close: rig.remove,
  };
}

function handsAt(path: string): Hands {
  const git = (...args: readonly string[]): Promise<string> => runTestGit(path, args);
  const write = (file: string, text: string): Promise<void> => writeDeep(join(path, file), text);
  return {
    write,
    read: (file) => readFile(join(path, file), 'utf8').catch(() => null),
    commit: async (files) => {
      for (const [file, text] of Object.entries(files)) await write(file, text);
      await git('add', '-A');
      await git('commit', '-q', '--allow-empty', '-m', `change ${Object.keys(files).join(' ')}`);
      return oid(await git('rev-parse', 'HEAD'));
    },
    delete: (file) => rm(join(path, file)),
    detach: async () => void (await git('checkout', '-q', '--detach')),
    switchTo: async (branch) => {
      const known = await git('rev-parse', '--verify', '-q', `refs/heads/${branch}`).catch(() => null);
      await git('switch', '-q', ...(known === null ? ['-c', branch] : [branch]));
    },
  };
}
