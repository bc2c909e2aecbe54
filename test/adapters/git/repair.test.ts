// Repair: locks that nobody holds go, locks of the living stay, trash is taken out.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, open, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listProcesses } from '../../../src/adapters/git/processes.ts';
import { createTrash } from '../../../src/adapters/git/trash.ts';
import { createRig, type Rig, value, writeDeep } from './rig.ts';

let rig: Rig;
let gitDir: string;
beforeEach(async () => {
  rig = await createRig();
  gitDir = join(rig.repo.path, '.git');
});
afterEach(() => rig.remove());

const LOCKS = [
  'index.lock',
  'HEAD.lock',
  'config.lock',
  'packed-refs.lock',
  'packed-refs.new',
  'refs/heads/main.lock',
  'refs/weft/cand/run/x.lock',
  'worktrees/a/index.lock',
  'worktrees/a/HEAD.lock',
];

async function leaveLocks(): Promise<void> {
  await rig.start('a');
  for (const lock of LOCKS) await writeDeep(join(gitDir, lock), `content of ${lock}`);
}

describe.runIf(listProcesses() !== null)('locks', () => {
  test('that no process holds are taken away, with a copy kept [F2] [F24]', async () => {
    await leaveLocks();
    const said = await rig.port.repair([rig.worktrees]);
    for (const lock of LOCKS) {
      expect(existsSync(join(gitDir, lock))).toBe(false);
      expect(said.join('\n')).toContain(`the lock ${lock},`);
    }
    const kept = await readdir(join(gitDir, 'weft-kept'));
    expect(kept).toHaveLength(LOCKS.length);
    const index = kept.find((name) => name.endsWith('worktrees%a%index.lock')) ?? '';
    expect(await readFile(join(gitDir, 'weft-kept', index), 'utf8')).toBe(
      'content of worktrees/a/index.lock',
    );
    await rig.repo.commit('works again');
  });

  test('are named by a dry run, and stay', async () => {
    await leaveLocks();
    const foreseen = await rig.port.repair([rig.worktrees], { dryRun: true });
    expect(foreseen).toHaveLength(LOCKS.length);
    for (const lock of LOCKS) {
      expect(existsSync(join(gitDir, lock))).toBe(true);
      expect(foreseen).toContain(`Would take away the lock ${lock}.`);
    }
  });

  test('stay while a git works in the repository [F24]', async () => {
    await leaveLocks();
    const git = spawn('git', ['hash-object', '-w', '--stdin'], {
      cwd: rig.repo.path,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    await new Promise((resolve) => git.once('spawn', resolve));
    expect(await rig.port.repair([rig.worktrees])).toEqual([]);
    for (const lock of LOCKS) expect(existsSync(join(gitDir, lock))).toBe(true);
    const gone = new Promise((resolve) => git.once('exit', resolve));
    git.stdin.end();
    await gone;
    expect(await rig.port.repair([rig.worktrees])).toHaveLength(LOCKS.length);
  });

  test('stay while any program holds them open [F24]', async () => {
    await leaveLocks();
    const held = await open(join(gitDir, 'config.lock'), 'r+');
    expect(await rig.port.repair([rig.worktrees])).toHaveLength(LOCKS.length - 1);
    expect(existsSync(join(gitDir, 'config.lock'))).toBe(true);
    await held.close();
  });

  test('of worktrees of the user stay', async () => {
    await rig.repo.git('worktree', 'add', '-q', '--detach', join(rig.repo.around, 'theirs'));
    await writeFile(join(gitDir, 'worktrees/theirs/index.lock'), '');
    expect(await rig.port.repair([rig.worktrees])).toEqual([]);
    expect(existsSync(join(gitDir, 'worktrees/theirs/index.lock'))).toBe(true);
  });

  test('do not stop a call: it takes a dead one away and goes on', async () => {
    const task = await rig.start('a');
    await task.write('a.txt', 'a\n');
    await writeFile(join(gitDir, 'worktrees/a/index.lock'), '');
    const author = { name: 'Ada', email: 'ada@example.org' };
    const left = await rig.port.commitLeftovers({ worktree: task.path, message: 'left', author });
    expect(value(left)).not.toBeNull();
  });
});

describe('metadata', () => {
  test('an empty commondir is written anew, whoever the worktree is [F2]', async () => {
    await rig.repo.git('worktree', 'add', '-q', '--detach', join(rig.repo.around, 'theirs'));
    await writeFile(join(gitDir, 'worktrees/theirs/commondir'), '');
    await expect(rig.repo.git('worktree', 'list')).rejects.toThrow('commondir');
    expect(await rig.port.repair([])).toEqual(['Completed the metadata of the worktree theirs.']);
    expect(await rig.repo.git('worktree', 'list')).toContain('theirs');
  });

  test('of a worktree that was never made is dropped', async () => {
    await mkdir(join(gitDir, 'worktrees/unborn'), { recursive: true });
    await writeFile(join(gitDir, 'worktrees/unborn/locked'), '');
    expect(await rig.port.repair([])).toEqual([
      'Dropped the metadata unborn of a worktree that was never made.',
    ]);
    expect(existsSync(join(gitDir, 'worktrees/unborn'))).toBe(false);
  });
});

test('trash and half copies of an engine that was killed are taken out', async () => {
  const run = dirname(join(rig.worktrees, 'a'));
  await writeDeep(join(run, '.weft-trash/a-123/file'), 'x');
  await writeDeep(join(run, '.a.weft-copy/file'), 'x');
  await writeDeep(join(run, 'b/file'), 'x');
  await writeDeep(join(gitDir, '.weft-trash/a-123/HEAD'), 'x');
  await rig.port.repair([dirname(run)]);
  await rig.port.close();
  expect(await readdir(run)).toEqual(['b']);
  expect(existsSync(join(gitDir, '.weft-trash'))).toBe(false);
});

test('trash beside a worktree that is gone is taken out, and nothing else there', async () => {
  const folder = join(rig.repo.around, 'projects');
  await writeDeep(join(folder, '.weft-trash/repo-issue-1-abc/file'), 'x');
  await writeDeep(join(folder, 'other/.weft-trash/a/file'), 'x');
  await rig.port.repair([join(folder, 'repo-issue-1')]);
  await rig.port.close();
  expect(await readdir(folder)).toEqual(['other']);
  expect(existsSync(join(folder, 'other/.weft-trash/a/file'))).toBe(true);
});

test('what is being deleted stays where the next engine looks for it, should this one be killed', async () => {
  const folder = join(rig.worktrees, 'run');
  await writeDeep(join(folder, '.weft-trash/a-123/file'), 'x');
  // killed before any of its deletions did anything
  const killed = createTrash({
    exclusive: (work) => work(),
    programs: { run: () => new Promise(() => undefined), close: () => Promise.resolve() },
  });
  expect(await killed.empty(folder)).toBe(true);
  await writeDeep(join(folder, 'b/file'), 'x');
  await killed.discard(join(folder, 'b'));
  expect(await readdir(folder)).toEqual(['.weft-trash']);
  await rig.port.repair([rig.worktrees]);
  await rig.port.close();
  expect(existsSync(folder)).toBe(false);
});

test('a repository in order is left alone and nothing is said', async () => {
  await rig.start('a');
  const before = await readdir(gitDir);
  expect(await rig.port.repair([rig.worktrees])).toEqual([]);
  expect(await readdir(gitDir)).toEqual(before);
});
