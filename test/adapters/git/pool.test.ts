// Worktrees made of finished ones: as new, whatever was done in the old one, and after a kill at any point.
import { execFile, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, link, mkdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createGitPort } from '../../../src/adapters/git/git-port.ts';
import { listProcesses } from '../../../src/adapters/git/processes.ts';
import { oid } from '../../../src/core/model.ts';
import { testGitEnv } from '../../../src/testing/temp-repo.ts';
import { createRig, type Rig, specOf, value, type Worktree, writeDeep } from './rig.ts';
import { bundleProgram, gitsOf, killIfThere } from './struck.ts';

const runFile = promisify(execFile);

const MANY = 600;

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
  for (let folder = 0; folder < 12; folder += 1)
    await mkdir(join(rig.repo.path, `many/${folder}`), { recursive: true });
  await Promise.all(
    Array.from({ length: MANY }, (_, at) =>
      writeFile(join(rig.repo.path, `many/${at % 12}/${at}.txt`), `${at}\n`),
    ),
  );
  await rig.repo.write('.gitignore', '*.log\nnode_modules/\n.env\n');
  await rig.repo.commit('many files');
});
afterEach(async () => {
  for (const { path, branch } of await rig.port.listWorktrees()) {
    const what = { path, branch: branch ?? '', landed: null, rescue: 'refs/weft/rescue/rest' };
    value(await rig.port.removeWorktree(what));
  }
  await rig.port.close();
  expect(there()).toEqual([]);
});
afterAll(() => rig.remove());

/** What there is in the folder of the worktrees. */
function there(): readonly string[] {
  return existsSync(rig.worktrees) ? readdirSync(rig.worktrees) : [];
}

function pool(): readonly string[] {
  const folder = join(rig.worktrees, '.weft-pool');
  return existsSync(folder) ? readdirSync(folder) : [];
}

async function finish(task: Worktree): Promise<void> {
  const landed = await rig.port.resolve(task.branch);
  const rescue = `refs/weft/rescue/run-1/${task.branch}`;
  const removed = value(
    await rig.port.removeWorktree({ path: task.path, branch: task.branch, landed, rescue }),
  );
  expect(removed.kept).toBeNull();
}

/** Number of the file on disk: the same as before when the file was not written anew. */
async function inode(worktree: string, file: string): Promise<number> {
  return (await stat(join(worktree, file))).ino;
}

/** Checks that a worktree is what a checkout of its base in a new folder would be. */
async function expectAsNew(task: Worktree): Promise<void> {
  expect(await task.git('status', '--porcelain', '--ignored', '--branch')).toBe(`## ${task.branch}`);
  expect(await task.git('rev-parse', 'HEAD')).toBe(task.base);
  expect(await task.git('ls-files', '--others', '--directory')).toBe('');
  expect(await task.git('ls-files', '-v')).not.toMatch(/^[a-zS]/m);
  // an index of its own, so that nothing that the worktree's says is believed
  expect(await diffAnew(task)).toBe('');
  const listed = (await rig.port.listWorktrees()).filter(({ path }) => path === task.path);
  expect(listed).toHaveLength(1);
  expect(listed[0]?.branch).toBe(task.branch);
}

async function diffAnew(task: Worktree): Promise<string> {
  const env = { ...testGitEnv(), GIT_INDEX_FILE: join(rig.repo.around, 'fresh-index') };
  await rm(env.GIT_INDEX_FILE, { force: true });
  const script = 'git read-tree HEAD && git update-index -q --refresh; git diff-files --name-only';
  return (await runFile('sh', ['-c', script], { cwd: task.path, env })).stdout;
}

test('the files of a finished worktree serve the next one, on another base', async () => {
  const one = await rig.start('one');
  const kept = await inode(one.path, 'many/1/1.txt');
  await one.commit({ 'many/0/0.txt': 'changed\n', 'new.txt': 'new\n' });
  await finish(one);
  expect(existsSync(one.path)).toBe(false);
  expect(pool()).toHaveLength(1);
  expect(await rig.port.listWorktrees()).toEqual([]);
  await rig.repo.write('many/11/11.txt', 'moved on\n');
  await rig.repo.write('later.txt', 'later\n');
  await rig.repo.commit('moved on');
  const two = await rig.start('two');
  expect(pool()).toEqual([]);
  await expectAsNew(two);
  expect(await inode(two.path, 'many/1/1.txt')).toBe(kept);
  expect(await readFile(join(two.path, 'many/0/0.txt'), 'utf8')).toBe('0\n');
  expect(await readFile(join(two.path, 'many/11/11.txt'), 'utf8')).toBe('moved on\n');
  expect(existsSync(join(two.path, 'new.txt'))).toBe(false);
  // and a third time
  await finish(two);
  const three = await rig.start('three');
  await expectAsNew(three);
  expect(await inode(three.path, 'many/1/1.txt')).toBe(kept);
});

test('it counts as made, not as found', async () => {
  await finish(await rig.start('one'));
  const spec = specOf({ worktrees: rig.worktrees, task: 'two', base: await rig.head() });
  expect(value(await rig.port.ensureWorktree(spec)).reused).toBe(false);
  expect(value(await rig.port.ensureWorktree(spec)).reused).toBe(true);
});

describe('nothing that was done in one is found in the next', () => {
  type Deed = readonly [string, (task: Worktree) => Promise<unknown>, string?];
  const deeds: readonly Deed[] = [
    ['ignored files', (task) => writeDeep(join(task.path, '.env'), 'SECRET=1\n')],
    ['dependencies', (task) => writeDeep(join(task.path, 'node_modules/a/index.js'), 'x')],
    ['ignored files among tracked ones', (task) => writeDeep(join(task.path, 'many/1/test.log'), 'x')],
    ['an empty folder', (task) => mkdir(join(task.path, 'empty/er'), { recursive: true })],
    [
      'a folder in place of a file',
      async (task) => {
        await rm(join(task.path, 'many/1/1.txt'));
        await writeDeep(join(task.path, 'many/1/1.txt/x.log'), 'x');
      },
      'many/1/1.txt',
    ],
    [
      'a link in place of a folder',
      async (task) => {
        await rm(join(task.path, 'many/2'), { recursive: true });
        await symlink('/', join(task.path, 'many/2'));
      },
      'many/2/2.txt',
    ],
    [
      'a mode',
      async (task) => {
        await rig.repo.git('config', 'core.fileMode', 'false');
        await chmod(join(task.path, 'many/3/3.txt'), 0o755);
      },
      'many/3/3.txt',
    ],
    [
      'a change with the old size and times',
      async (task) => {
        const file = join(task.path, 'many/4/4.txt');
        const { atime, mtime } = await stat(file);
        await writeFile(file, '!\n');
        await utimes(file, atime, mtime);
      },
      'many/4/4.txt',
    ],
    [
      'a hidden change',
      async (task) => {
        await task.git('update-index', '--skip-worktree', 'many/5/5.txt');
        await task.write('many/5/5.txt', 'hidden\n');
      },
      'many/5/5.txt',
    ],
    [
      'a change hidden otherwise',
      async (task) => {
        await task.git('update-index', '--assume-unchanged', 'many/6/6.txt');
        await task.write('many/6/6.txt', 'hidden\n');
      },
      'many/6/6.txt',
    ],
    [
      'line ends that git sees no change in',
      async (task) => {
        await rig.repo.git('config', 'core.autocrlf', 'input');
        await task.write('many/7/7.txt', '7\r\n');
      },
      'many/7/7.txt',
    ],
    [
      'a second name of a file',
      (task) => link(join(task.path, 'many/8/8.txt'), join(rig.repo.around, 'second')),
      'many/8/8.txt',
    ],
    [
      'a staged change',
      (task) => task.git('add', '-A').then(() => task.write('many/10/10.txt', 'x\n')),
      'many/10/10.txt',
    ],
    [
      'a repository in a folder that is tracked',
      (task) => writeDeep(join(task.path, 'many/0/.git'), 'gitdir: /somewhere/else\n'),
      'many/0/0.txt',
    ],
    ['another branch', (task) => task.git('switch', '-q', '--detach')],
  ];

  test('of all these', async () => {
    const one = await rig.start('one');
    const kept = await inode(one.path, 'many/9/9.txt');
    for (const [, deed] of deeds) await deed(one);
    await finish(one);
    for (const name of ['core.fileMode', 'core.autocrlf']) await rig.repo.git('config', '--unset', name);
    const two = await rig.start('two');
    await expectAsNew(two);
    expect(existsSync(join(two.path, 'many/0/.git'))).toBe(false);
    expect(await inode(two.path, 'many/9/9.txt')).toBe(kept);
    for (const [name, , file] of deeds) {
      if (file === undefined) continue;
      const { mode, nlink } = await stat(join(two.path, file));
      const at = Number(/\d+(?=\.txt)/.exec(file)?.[0]);
      expect([name, mode & 0o111, nlink]).toEqual([name, 0, 1]);
      expect(await readFile(join(two.path, file), 'utf8')).toBe(`${at}\n`);
    }
  });

  test('of a sparse checkout', async () => {
    const one = await rig.start('one');
    await one.git('sparse-checkout', 'set', 'many/2');
    await finish(one);
    const two = await rig.start('two');
    await expectAsNew(two);
    expect(existsSync(join(two.path, 'many/3/3.txt'))).toBe(true);
  });
});

describe('it keeps itself small', () => {
  test('a tree with few files is not put aside', async () => {
    const few = oid(await rig.repo.git('rev-list', '--max-parents=0', 'HEAD'));
    await finish(await rig.start('one', few));
    expect(pool()).toEqual([]);
  });

  test('there are four at most, and none when the run rests', async () => {
    const tasks = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => rig.start(name)));
    for (const task of tasks) await finish(task);
    expect(pool()).toHaveLength(4);
    await rig.port.close();
    expect(there()).toEqual([]);
  });

  test('who makes no worktrees puts none aside', async () => {
    const one = await rig.start('one');
    const other = value(await createGitPort(rig.repo.path));
    const what = { path: one.path, branch: one.branch, landed: one.base, rescue: 'refs/weft/rescue/x' };
    value(await other.removeWorktree(what));
    await other.close();
    expect(there()).toEqual([]);
  });

  test('what a killed process put aside is cleared away, not used', async () => {
    await finish(await rig.start('one'));
    const next = value(await createGitPort(rig.repo.path));
    await next.repair([rig.worktrees]);
    await next.close();
    expect(there()).toEqual([]);
    // the one it was taken from makes do without
    await expectAsNew(await rig.start('two'));
  });
});

describe('killed half-way, the next one is made as ever', () => {
  const STEPS: readonly (readonly [string, string])[] = [
    ['registered', 'true'],
    ['the empty folder gone', 'rm "$1/.git" && rmdir "$1"'],
    ['the files moved', 'mv "$2/tree" "$1"'],
    ['the files linked', 'echo "gitdir: $3" > "$1/.git"'],
    ['the index moved', 'mv "$2/index" "$3/index"'],
    ['in the middle of the reset', 'cp "$3/index" "$3/index.lock" && rm "$1/many/1/1.txt"'],
  ];
  for (const [at, [name]] of STEPS.entries()) {
    test(name, async () => {
      await finish(await rig.start('one'));
      const spec = specOf({ worktrees: rig.worktrees, task: 'two', base: await rig.head() });
      const pooled = join(rig.worktrees, '.weft-pool', pool()[0] ?? '');
      const flags = ['--no-checkout', '--lock', '--reason', spec.reason, '-b', spec.branch];
      await rig.repo.git('worktree', 'add', '-q', ...flags, spec.path);
      const done = STEPS.slice(0, at + 1).map(([, line]) => line);
      const args = [spec.path, pooled, join(rig.repo.path, '.git/worktrees/two')];
      await runFile('sh', ['-c', done.join(' && '), 'sh', ...args]);
      const next = value(await createGitPort(rig.repo.path));
      await next.repair([rig.worktrees]);
      value(await next.ensureWorktree(spec));
      await next.close();
      expect(there()).toEqual(['two']);
      expect(readdirSync(join(rig.repo.path, '.git/worktrees'))).toEqual(['two']);
      expect(await rig.repo.git('-C', spec.path, 'status', '--porcelain', '--ignored')).toBe('');
      expect(await rig.repo.git('fsck', '--strict', '--no-dangling')).toBe('');
    });
  }

  test.runIf(listProcesses() !== null)('by SIGKILL of all of weft at many moments', async () => {
    const script = await bundle();
    const base = await rig.head();
    for (let round = 0; round < 4; round += 1) {
      const child = spawn(process.execPath, [script, rig.repo.path, rig.worktrees, base, `${round}`], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const gone = new Promise((resolve) => child.once('exit', resolve));
      await new Promise((resolve) => child.stdout.once('data', resolve));
      await sleep(round * 25);
      child.kill('SIGKILL');
      for (const pid of gitsOf(rig.repo.around)) killIfThere(pid);
      await gone;
      while (gitsOf(rig.repo.around).length > 0) await sleep(5);
      const next = value(await createGitPort(rig.repo.path));
      await next.repair([rig.worktrees]);
      const names = [`k${round}a`, `k${round}b`];
      for (const task of names) {
        const spec = specOf({ worktrees: rig.worktrees, task, base });
        const { path } = value(await next.ensureWorktree(spec));
        expect(await rig.repo.git('-C', path, 'status', '--porcelain', '--ignored')).toBe('');
        expect(existsSync(join(path, 'many/1/1.txt'))).toBe(true);
        const what = { path, branch: spec.branch, landed: base, rescue: `refs/weft/rescue/${task}` };
        expect(value(await next.removeWorktree(what)).kept).toBeNull();
      }
      await next.close();
      expect(await next.listWorktrees()).toEqual([]);
      expect(existsSync(rig.worktrees) ? readdirSync(rig.worktrees) : []).toEqual([]);
    }
    expect(await rig.repo.git('fsck', '--strict', '--no-dangling')).toBe('');
  });
});

/** Bundles a program that makes and removes two worktrees by turns until it is killed. */
function bundle(): Promise<string> {
  const contents = `
    import { createGitPort } from './src/adapters/git/git-port.ts';
    const [repo, worktrees, base, round] = process.argv.slice(2);
    const port = (await createGitPort(repo)).value;
    const turn = async (task) => {
      const path = worktrees + '/' + task;
      const branch = 'weft/run-1/' + task + '/work';
      const made = await port.ensureWorktree({ path, branch, base, reason: 'weft run=run-1 task=' + task });
      if (!made.ok) throw new Error(made.failure.sentence);
      await port.removeWorktree({ path, branch, landed: base, rescue: 'refs/weft/rescue/' + task });
    };
    await turn('k' + round + 'a');
    console.log('open');
    for (;;) await Promise.all([turn('k' + round + 'a'), turn('k' + round + 'b')]);
  `;
  return bundleProgram(rig.repo.around, contents);
}
