// The package as it is published: what its program loads on demand is in it.
import { execFileSync } from 'node:child_process';
import { mkdir, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createTempRepo, testGitEnv } from '../../src/testing/temp-repo.ts';
import { type Ended, startProgram } from './cli.ts';

test('the packed program has what it loads for tasks from elsewhere', { timeout: 120_000 }, async () => {
  const repo = await createTempRepo();
  onTestFinished(() => repo.remove());
  const [aside, home] = [join(repo.around, 'aside'), join(repo.around, 'home')];
  await mkdir(aside);
  await mkdir(home);
  const env = { ...testGitEnv(), HOME: home, PATH: process.env['PATH'] ?? '', NO_COLOR: '1' };
  const words = ['pack', '--ignore-scripts', '--silent', '--pack-destination', aside];
  execFileSync('npm', words, { cwd: resolve('.'), env, stdio: 'ignore' });
  const [packed = ''] = await readdir(aside);
  execFileSync('tar', ['-xzf', join(aside, packed), '-C', aside]);
  const weft = (...line: readonly string[]): Promise<Ended> => {
    const entry = join(aside, 'package', 'dist', 'weft.cjs');
    return startProgram([process.execPath, entry, ...line], { cwd: repo.path, env }).ended;
  };
  // a line of each bundle
  const none = await weft('run', 'task-copilot', '--dry-run');
  expect([none.code, none.err]).toEqual([
    2,
    expect.stringMatching(/There is no Task Copilot database|libsql/),
  ]);
  const nowhere = await weft('run', 'github', '1', '--dry-run');
  expect([nowhere.code, nowhere.err]).toEqual([2, expect.stringContaining('No remote of this repository')]);
});
