// Making worktrees: many at once, after a kill at any point, and where something else is in the way.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listProcesses } from '../../../src/adapters/git/processes.ts';
import type { WorktreeSpec } from '../../../src/ports/git.ts';
import { createRig, type Rig, sentence, specOf, value, writeDeep } from './rig.ts';
import { bundleProgram, gitsOf, killIfThere } from './struck.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await createRig();
});
afterEach(() => rig.remove());

async function spec(task: string): Promise<WorktreeSpec> {
  return specOf({ worktrees: rig.worktrees, task, base: await rig.head() });
}

/** Asks once and checks all that a worktree must be. */
async function expectMade(wanted: WorktreeSpec): Promise<void> {
  const made = value(await rig.port.ensureWorktree(wanted));
  const { git } = rig.repo;
  const status = await git('-C', wanted.path, 'status', '--porcelain', '--branch');
  expect(status).toBe(`## ${wanted.branch}`);
  expect(existsSync(join(wanted.path, 'README.md'))).toBe(true);
  expect(made.head).toBe(wanted.base);
  const listed = (await rig.port.listWorktrees()).filter(({ path }) => path === wanted.path);
  expect(listed).toEqual([
    {
      path: wanted.path,
      branch: wanted.branch,
      head: wanted.base,
      lockReason: wanted.reason,
      prunable: false,
    },
  ]);
}

/** Metadata folder of the worktree at a path. */
function metadataOf(name: string): string {
  return join(rig.repo.path, '.git/worktrees', name);
}

test('40 worktrees, 8 at a time: none fails and no branch is left over [F44]', async () => {
  const specs = await Promise.all(Array.from({ length: 40 }, (_, at) => spec(`t${at}`)));
  const queue = [...specs];
  const work = async (): Promise<void> => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop())
      value(await rig.port.ensureWorktree(next));
  };
  await Promise.all(Array.from({ length: 8 }, work));
  const branches = (await rig.repo.git('branch', '--format=%(refname:short)', '--list', 'weft/*'))
    .split('\n')
    .sort();
  expect(branches).toEqual(specs.map(({ branch }) => branch).sort());
  const listed = await rig.port.listWorktrees();
  expect(listed.map(({ branch }) => branch).sort()).toEqual(branches);
  for (const { path } of specs) expect(existsSync(join(path, 'README.md'))).toBe(true);
});

test('a place where no folder can be made is said to be of no use', async () => {
  await writeFile(join(rig.repo.around, 'file'), '');
  const wanted = { ...(await spec('a')), path: join(rig.repo.around, 'file/run/a') };
  const made = await rig.port.ensureWorktree(wanted);
  expect(made).toMatchObject({ ok: false, failure: { kind: 'usage' } });
  expect(sentence(made)).toMatch(/No worktree can be made in .*file\/run \(ENOTDIR\)\..*worktrees\.root/);
  expect(await rig.repo.git('branch', '--list', 'weft/*')).toBe('');
});

describe('a creation that was killed is finished by one more', () => {
  test('after the branch', async () => {
    const wanted = await spec('a');
    await rig.repo.git('branch', '--no-track', wanted.branch);
    await expectMade(wanted);
  });

  test('after the metadata, before the checkout', async () => {
    const wanted = await spec('a');
    await rig.repo.git(
      'worktree',
      'add',
      '-q',
      '--no-checkout',
      '--lock',
      '--reason',
      wanted.reason,
      '-b',
      wanted.branch,
      wanted.path,
    );
    await expectMade(wanted);
  });

  test('in the middle of the checkout, with the lock of its index left [F24]', async () => {
    const wanted = await spec('a');
    await rig.repo.write('b.txt', 'b\n');
    await rig.repo.commit('b');
    const now = { ...wanted, base: await rig.head() };
    await rig.repo.git('worktree', 'add', '-q', '--lock', '--reason', now.reason, '-b', now.branch, now.path);
    await unlink(join(now.path, 'README.md'));
    await rename(join(metadataOf('a'), 'index'), join(metadataOf('a'), 'index.lock'));
    await expectMade(now);
  });

  for (const file of ['commondir', 'gitdir', 'HEAD']) {
    for (const how of ['empty', 'missing']) {
      test(`with ${file} ${how}`, async () => {
        const wanted = await spec('a');
        const flags = ['--no-checkout', '--lock', '--reason', wanted.reason];
        await rig.repo.git('worktree', 'add', '-q', ...flags, '-b', wanted.branch, wanted.path);
        if (how === 'empty') await writeFile(join(metadataOf('a'), file), '');
        else await unlink(join(metadataOf('a'), file));
        await expectMade(wanted);
      });
    }
  }

  test('with a folder that holds nothing but a .git of ours', async () => {
    const wanted = await spec('a');
    await writeDeep(join(wanted.path, '.git'), `gitdir: ${metadataOf('a')}\n`);
    await expectMade(wanted);
  });

  test('with a sibling whose commondir is empty', async () => {
    await rig.start('sibling');
    await writeFile(join(metadataOf('sibling'), 'commondir'), '');
    await expectMade(await spec('a'));
  });

  test('by SIGKILL of git worktree add at 20 moments [F44]', async () => {
    for (let file = 0; file < 150; file += 1) await rig.repo.write(`many/${file}.txt`, `${file}\n`);
    await rig.repo.commit('many files');
    const base = await rig.head();
    for (let round = 0; round < 20; round += 1) {
      const wanted = { ...(await spec(`k${round}`)), base };
      const args = [
        'worktree',
        'add',
        '-q',
        '--lock',
        '--reason',
        wanted.reason,
        '-b',
        wanted.branch,
        wanted.path,
      ];
      const child = spawn('git', args, { cwd: rig.repo.path, detached: true, stdio: 'ignore' });
      const gone = new Promise((resolve) => child.once('exit', resolve));
      await sleep(round * 2);
      if (child.pid !== undefined) killIfThere(-child.pid);
      await gone;
      await expectMade(wanted);
      expect(existsSync(join(wanted.path, 'many/149.txt'))).toBe(true);
    }
  });

  test.runIf(listProcesses() !== null)('by SIGKILL of the whole of weft with its gits [F2]', async () => {
    for (let file = 0; file < 200; file += 1) await rig.repo.write(`many/${file}.txt`, `${file}\n`);
    await rig.repo.commit('many files');
    const base = await rig.head();
    const script = await bundle();
    for (let round = 0; round < 4; round += 1) {
      const tasks = [`w${round}a`, `w${round}b`];
      const specs = tasks.map((task) => specOf({ worktrees: rig.worktrees, task, base }));
      const child = spawn(process.execPath, [script, rig.repo.path, JSON.stringify(specs)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const gone = new Promise((resolve) => child.once('exit', resolve));
      await new Promise((resolve) => child.stdout.once('data', resolve));
      await sleep(round * 20);
      child.kill('SIGKILL');
      for (const pid of gitsOf(rig.repo.around)) killIfThere(pid);
      await gone;
      while (gitsOf(rig.repo.around).length > 0) await sleep(5);
      await rig.port.repair([rig.worktrees]);
      for (const wanted of specs) {
        await expectMade(wanted);
        expect(existsSync(join(wanted.path, 'many/199.txt'))).toBe(true);
      }
    }
    expect(await rig.repo.git('fsck', '--no-dangling')).toBe('');
  });
});

/** Bundles a program that makes the worktrees given as its second argument in the repository given as its first. */
function bundle(): Promise<string> {
  const contents = `
    import { createGitPort } from './src/adapters/git/git-port.ts';
    const port = (await createGitPort(process.argv[2])).value;
    console.log('open');
    await Promise.all(JSON.parse(process.argv[3]).map((spec) => port.ensureWorktree(spec)));
  `;
  return bundleProgram(rig.repo.around, contents);
}

describe('what is in the way', () => {
  test('a branch checked out elsewhere is named with its place', async () => {
    const wanted = await spec('a');
    await rig.repo.git('switch', '-q', '-c', wanted.branch);
    const said = sentence(await rig.port.ensureWorktree(wanted));
    expect(said).toContain(`The branch ${wanted.branch} is checked out at ${rig.repo.path}.`);
  });

  test('a folder of somebody else stays, and no branch is made', async () => {
    const wanted = await spec('a');
    await writeDeep(join(wanted.path, 'precious.txt'), 'precious\n');
    expect(sentence(await rig.port.ensureWorktree(wanted))).toContain('exists and is not a worktree');
    expect(await readFile(join(wanted.path, 'precious.txt'), 'utf8')).toBe('precious\n');
    expect(await rig.port.resolve(wanted.branch)).toBeNull();
  });

  test('a worktree that weft did not make stays', async () => {
    const wanted = await spec('a');
    await rig.repo.git('worktree', 'add', '-q', '--detach', wanted.path);
    expect(sentence(await rig.port.ensureWorktree(wanted))).toContain('weft did not make');
  });

  test('work in a folder whose metadata is gone is moved aside', async () => {
    const task = await rig.start('a');
    await task.write('work.txt', 'work\n');
    await rm(metadataOf('a'), { recursive: true });
    await expectMade(await spec('a'));
    const [aside] = readdirSync(rig.worktrees).filter((name) => name.startsWith('a.kept-'));
    expect(await readFile(join(rig.worktrees, aside ?? '', 'work.txt'), 'utf8')).toBe('work\n');
  });

  test('commits on a detached HEAD outlive the folder', async () => {
    const task = await rig.start('a');
    await task.git('checkout', '-q', '--detach');
    const loose = await task.commit({ 'loose.txt': 'loose\n' });
    await rm(task.path, { recursive: true });
    value(await rig.port.ensureWorktree(await spec('a')));
    expect(await rig.repo.git('for-each-ref', '--format=%(objectname)', 'refs/weft/rescue')).toBe(loose);
  });

  test('a name that git does not allow is refused', async () => {
    for (const branch of ['-x', 'a..b', 'a b', 'x.lock', '@{']) {
      const result = await rig.port.ensureWorktree({ ...(await spec('a')), branch });
      expect(sentence(result)).toContain('not a valid branch name');
    }
  });

  test('hooks of the user do not run', async () => {
    await mkdir(join(rig.repo.path, '.git/hooks'), { recursive: true });
    const canary = join(rig.repo.around, 'canary');
    await writeFile(join(rig.repo.path, '.git/hooks/post-checkout'), `#!/bin/sh\ntouch '${canary}'\n`, {
      mode: 0o755,
    });
    await rig.start('a');
    expect(existsSync(canary)).toBe(false);
  });
});
