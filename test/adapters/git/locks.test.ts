// Locks of our own refs and worktrees that a killed git left: they go while others are at work, once nobody can hold them.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sweepLocks } from '../../../src/adapters/git/locks.ts';
import { listProcesses } from '../../../src/adapters/git/processes.ts';
import { openRepository, type Repository } from '../../../src/adapters/git/repository.ts';
import { createRig, type Rig, writeDeep } from './rig.ts';

const OWN = ['refs/weft/cand/run/x.lock', 'worktrees/a/index.lock', 'worktrees/a/HEAD.lock'];
const SHARED = ['index.lock', 'packed-refs.lock', 'refs/heads/main.lock', 'worktrees/theirs/index.lock'];

let rig: Rig;
let repo: Repository;
beforeEach(async () => {
  rig = await createRig();
  await rig.start('a');
  await rig.repo.git('worktree', 'add', '-q', '--detach', join(rig.repo.around, 'theirs'));
  repo = await openRepository(rig.repo.path);
});
afterEach(async () => {
  await repo.refs.close();
  await rig.remove();
});

/** A git at work until it is let go. */
async function startGit(): Promise<{ end(): Promise<void> }> {
  const git: ChildProcess = spawn('git', ['hash-object', '--stdin'], {
    cwd: rig.repo.path,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const gone = new Promise((resolve) => git.once('exit', resolve));
  await new Promise((resolve) => git.once('spawn', resolve));
  return {
    end: async () => {
      git.stdin?.end();
      await gone;
    },
  };
}

/** Does work while gits take turns, so that at every moment there is one. */
async function amongGits<T>(work: () => Promise<T>): Promise<T> {
  let current = await startGit();
  let isOver = false;
  const turns = async (): Promise<void> => {
    while (!isOver) {
      await sleep(50);
      const next = await startGit();
      await current.end();
      current = next;
    }
  };
  const turning = turns();
  try {
    return await work();
  } finally {
    isOver = true;
    await turning;
    await current.end();
  }
}

async function leave(locks: readonly string[], ageMs = 60_000): Promise<void> {
  const at = new Date(Date.now() - ageMs);
  for (const lock of locks) {
    await writeDeep(join(repo.commonDir, lock), `content of ${lock}`);
    await utimes(join(repo.commonDir, lock), at, at);
  }
}

const left = (locks: readonly string[]): readonly string[] =>
  locks.filter((lock) => existsSync(join(repo.commonDir, lock)));

describe.runIf(listProcesses() !== null)('while gits are at work', () => {
  test('locks of ours that outlive them go, with a copy kept, and no lock that others may want [F24]', async () => {
    await leave([...OWN, ...SHARED]);
    const swept = await amongGits(() => sweepLocks(repo));
    expect([...swept].sort()).toEqual([...OWN].sort());
    expect(left([...OWN, ...SHARED])).toEqual(SHARED);
    expect(await readdir(join(repo.commonDir, 'weft-kept'))).toHaveLength(OWN.length);
  });

  test('locks stay as long as somebody works who may have made them', async () => {
    await leave(OWN);
    const git = await startGit();
    expect(await amongGits(() => sweepLocks(repo))).toEqual([]);
    expect(left(OWN)).toEqual(OWN);
    await git.end();
  });

  test('locks that were made just now stay', async () => {
    await leave(OWN, 0);
    expect(await amongGits(() => sweepLocks(repo))).toEqual([]);
    expect(left(OWN)).toEqual(OWN);
  });

  test('a lock that somebody takes anew meanwhile is not the one that was judged', async () => {
    await leave(OWN);
    let isOver = false;
    const retake = async (): Promise<void> => {
      for (let age = 30_000; !isOver; age += 1_000) {
        await leave(OWN, age);
        await sleep(20);
      }
    };
    const retaking = retake();
    const swept = await amongGits(() => sweepLocks(repo));
    isOver = true;
    await retaking;
    expect(swept).toEqual([]);
    expect(left(OWN)).toEqual(OWN);
  });

  test.each(['pin', 'unpin'] as const)('a lock in the way of %s is taken away in passing', async (act) => {
    const ref = 'refs/weft/cand/run/x';
    const head = await rig.head();
    await rig.port.pin(ref, head);
    await leave([`${ref}.lock`]);
    const next = await rig.commitOn(head, { 'a.txt': 'a\n' });
    await amongGits(() => (act === 'pin' ? rig.port.pin(ref, next) : rig.port.unpin(ref)));
    expect(await rig.port.resolve(ref)).toBe(act === 'pin' ? next : null);
  });
});
