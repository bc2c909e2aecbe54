// A git that cannot be trusted: one that says all is well and has done nothing, one that hangs, one that would ask.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runGit } from '../../../src/adapters/git/exec.ts';
import { findProcessesIn } from '../../../src/adapters/git/processes.ts';
import type { Result } from '../../../src/core/failure.ts';
import type { Oid } from '../../../src/core/model.ts';
import { ADA, createRig, type Rig, specOf } from './rig.ts';

const REAL_GIT = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
const RESCUE = 'refs/weft/rescue/run-1/a';
const PIN = 'refs/weft/cand/run-1/a';

let rig: Rig;
let bin: string;
beforeEach(async () => {
  rig = await createRig();
  bin = join(rig.repo.around, 'bin');
  mkdirSync(bin);
});
afterEach(() => rig.remove());

/** Puts a shell script in the place of git while weft works. */
async function under<T>(script: string, work: () => Promise<T>): Promise<T> {
  writeFileSync(join(bin, 'git'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, 'git'), 0o755);
  const path = process.env['PATH'];
  process.env['PATH'] = `${bin}:${path}`;
  try {
    return await work();
  } finally {
    process.env['PATH'] = path;
  }
}

/** Skips each command that should change something when it is given the first time, and says that it went well. */
const lie = (): string => `
for word in "$@"; do
  case $word in worktree | reset | read-tree | checkout-index | update-index | commit | commit-tree | merge | merge-tree | update-ref)
    grep -qsxF -- "$*" '${bin}/lies' || { echo "$*" >>'${bin}/lies'; exit 0; }
    break ;;
  esac
done
exec '${REAL_GIT}' "$@"`;

/** Does a step until it says that it is done. */
async function insist<T>(step: () => Promise<Result<T>>): Promise<T> {
  let said = '';
  for (let times = 0; times < 10; times += 1) {
    const done = await step();
    if (done.ok) return done.value;
    said += `${done.failure.sentence} ${done.failure.hint ?? ''}\n`;
  }
  throw new Error(said);
}

/** From a new worktree to its removal, with everything that is said to be done looked at. */
async function goAllTheWay(): Promise<void> {
  const { repo, port } = rig;
  const base = await rig.head();
  const spec = specOf({ worktrees: rig.worktrees, task: 'a', base });
  const branch = `refs/heads/${spec.branch}`;
  const doing = <T>(step: () => Promise<Result<T>>): Promise<T> => under(lie(), () => insist(step));

  await doing(() => port.ensureWorktree(spec));
  expect(readFileSync(join(spec.path, 'README.md'), 'utf8')).toBe('start\n');
  expect(await repo.git('worktree', 'list', '--porcelain')).toContain(`branch ${branch}`);

  writeFileSync(join(spec.path, 'a.txt'), 'a\n');
  await doing(() => port.commitLeftovers({ worktree: spec.path, message: 'left', author: ADA }));
  expect(await repo.git('show', `${branch}:a.txt`)).toBe('a');

  const seen = await doing(() => port.inspect({ worktree: spec.path, branch: spec.branch, base }));
  expect(seen).toMatchObject({ head: await repo.git('rev-parse', branch), files: [{ path: 'a.txt' }] });

  await repo.write('b.txt', 'b\n');
  const target = (await repo.commit('meanwhile')) as Oid;
  const what = { target, base, head: seen.head, strategy: 'squash', message: 'a', pin: PIN } as const;
  const candidate = await doing(() => port.buildCandidate(what));
  if (candidate.kind !== 'built') throw new Error('in conflict');
  expect(await repo.git('rev-parse', PIN)).toBe(candidate.commit);
  expect(await repo.git('ls-tree', '--name-only', candidate.commit)).toBe('README.md\na.txt\nb.txt');

  const landing = { branch: 'main', from: target, to: candidate.commit, note: 'land' };
  const landed = await doing(() => port.land(landing));
  if (landed.kind !== 'landed') throw new Error(landed.kind);
  // a checkout that was not brought forward is in the way, and the landing says so
  expect(landed.ref === 'main').toBe(landed.detour === null);
  expect(await repo.git('rev-parse', landed.ref)).toBe(candidate.commit);
  expect(existsSync(join(repo.path, 'a.txt'))).toBe(landed.ref === 'main');

  const removal = { path: spec.path, branch: spec.branch, landed: null, rescue: RESCUE };
  const { rescue, kept } = await doing(() => port.removeWorktree(removal));
  expect(kept).toBeNull();
  expect(await repo.git('rev-parse', `${rescue}`)).toBe(seen.head);
  expect(await repo.git('for-each-ref', branch)).toBe('');
  expect(existsSync(spec.path)).toBe(false);
  expect(await repo.git('status', '--porcelain')).toBe('');
}

test('one that says that all is well and has done nothing is never believed [F48]', async () => {
  await goAllTheWay();
  const lines = readFileSync(join(bin, 'lies'), 'utf8').trimEnd().split('\n');
  expect(new Set(lines.map((line) => line.split(' ')[0])).size).toBeGreaterThanOrEqual(6);
});

describe('one that hangs', () => {
  test('is ended with all its children at the time limit, though they ignore SIGTERM [F47]', async () => {
    const script = `trap '' TERM; sh -c 'while :; do sleep 1000; done' & while :; do sleep 1000; done`;
    const place = { cwd: rig.repo.path, env: {} };
    const end = await under(script, () => runGit(place, { args: ['status'], timeoutMs: 100 }));
    expect(end).toMatchObject({ code: null, trouble: expect.stringContaining('100 ms') });
    expect(findProcessesIn(rig.repo.path)).toEqual([]);
  });

  test.each([
    [
      'a password',
      ['credential', 'fill'],
      'protocol=https\nhost=example.org\n\n',
      /terminal prompts disabled/,
    ],
    ['a commit message', ['commit', '--allow-empty'], '', /empty commit message/],
  ])('for %s is none: it may not ask [F47]', async (_, args, input, says) => {
    const end = await runGit({ cwd: rig.repo.path, env: {} }, { args, input });
    expect(end.code).not.toBe(0);
    expect(end.trouble).toBeNull();
    expect(end.stderr).toMatch(says);
  });
});
