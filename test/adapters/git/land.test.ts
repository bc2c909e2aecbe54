// Landing: where the target is not checked out, where it is, and where its checkout is in the way.

import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createGitPort } from '../../../src/adapters/git/git-port.ts';
import { type Oid, oid } from '../../../src/core/model.ts';
import type { GitPort, Landing } from '../../../src/ports/git.ts';
import { fingerprintCheckout } from '../../../src/testing/temp-repo.ts';
import { createRig, type Files, type Rig, sentence, value } from './rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await createRig();
  await rig.repo.write('doomed.txt', 'doomed\n');
  await rig.repo.write('.gitignore', '*.local\n');
  await rig.repo.commit('more');
});
afterEach(() => rig.remove());

/** Makes a commit to land, with these files (null: deleted). */
function candidateOn(target: Oid, files: Files): Promise<Oid> {
  return rig.commitOn(target, files);
}

async function land(from: Oid, to: Oid, branch = 'main'): Promise<Landing> {
  return value(await rig.port.land({ branch, from, to, note: 'weft: land it' }));
}

async function tip(): Promise<Oid> {
  return value(await rig.port.landingTip('main')).oid;
}

describe('the way is free', () => {
  test('a target that nobody has checked out moves by itself', async () => {
    await rig.repo.git('switch', '-q', '-c', 'elsewhere');
    const before = await fingerprintCheckout(rig.repo.path);
    const from = await tip();
    const to = await candidateOn(from, { 'a.txt': 'a\n' });
    expect(await land(from, to)).toEqual({ kind: 'landed', ref: 'main', detour: null });
    expect(await rig.port.resolve('main')).toBe(to);
    expect(await fingerprintCheckout(rig.repo.path)).toBe(before);
    expect(await rig.repo.git('reflog', '-1', '--format=%gs', 'main')).toBe('weft: land it');
  });

  test('a checkout that takes the target in the same moment follows it', async () => {
    const { repo } = rig;
    await repo.git('switch', '-q', '-c', 'elsewhere');
    const from = await tip();
    const to = await candidateOn(from, { 'a.txt': 'a\n' });
    // a `git switch main` that has read where main is, and has the index locked
    const lock = join(repo.path, '.git', 'index.lock');
    await writeFile(lock, '');
    const landed = land(from, to);
    while ((await repo.git('rev-parse', 'main')) !== to) await sleep(5);
    // nothing comes between, as in git itself
    rmSync(lock);
    writeFileSync(join(repo.path, '.git', 'HEAD'), 'ref: refs/heads/main\n');
    expect(await landed).toEqual({ kind: 'landed', ref: 'main', detour: null });
    expect(await repo.git('status', '--porcelain')).toBe('');
    expect(await readFile(join(repo.path, 'a.txt'), 'utf8')).toBe('a\n');
  });

  test('so does one that was left behind when the landing was cut off', async () => {
    const { repo } = rig;
    const from = await tip();
    const to = await candidateOn(from, { 'a.txt': 'a\n' });
    await repo.git('update-ref', 'refs/heads/main', to);
    expect(await land(from, to)).toEqual({ kind: 'landed', ref: 'main', detour: null });
    expect(await repo.git('status', '--porcelain')).toBe('');
  });

  test('a change in a file that is kept stays, and is only in the way of another one there', async () => {
    const { repo, port } = rig;
    await repo.write('README.md', 'ticked\n');
    const from = await tip();
    const to = await candidateOn(from, { 'a.txt': 'a\n' });
    const kept = ['plans', 'README.md'];
    const landed = await port.land({ branch: 'main', from, to, note: 'weft: land it', kept });
    expect(value(landed)).toEqual({ kind: 'landed', ref: 'main', detour: null });
    expect(await repo.git('status', '--porcelain')).toBe(' M README.md');
    expect(await readFile(join(repo.path, 'README.md'), 'utf8')).toBe('ticked\n');
    const other = await candidateOn(to, { 'README.md': 'landed\n' });
    const beside = await port.land({ branch: 'main', from: to, to: other, note: 'weft: land it', kept });
    expect(value(beside)).toMatchObject({ kind: 'landed', ref: 'weft/integration' });
    expect(await readFile(join(repo.path, 'README.md'), 'utf8')).toBe('ticked\n');
  });

  test('a clean checkout goes along, its untracked files stay', async () => {
    await rig.repo.write('mine.txt', 'mine\n');
    const from = await tip();
    const to = await candidateOn(from, { 'a.txt': 'a\n', 'doomed.txt': null, 'README.md': 'new\n' });
    expect(await land(from, to)).toEqual({ kind: 'landed', ref: 'main', detour: null });
    expect(await rig.repo.git('status', '--porcelain')).toBe('?? mine.txt');
    expect(await readFile(join(rig.repo.path, 'README.md'), 'utf8')).toBe('new\n');
    expect(existsSync(join(rig.repo.path, 'doomed.txt'))).toBe(false);
  });

  test('a linked worktree of the user goes along, and the main checkout stays', async () => {
    await rig.repo.git('switch', '-q', '-c', 'elsewhere');
    const linked = join(rig.repo.around, 'linked');
    await rig.repo.git('worktree', 'add', '-q', linked, 'main');
    const from = await tip();
    const to = await candidateOn(from, { 'a.txt': 'a\n' });
    expect(await land(from, to)).toEqual({ kind: 'landed', ref: 'main', detour: null });
    expect(await rig.repo.git('-C', linked, 'status', '--porcelain')).toBe('');
    expect(existsSync(join(linked, 'a.txt'))).toBe(true);
  });

  test('every checkout that has the branch goes along', async () => {
    const linked = join(rig.repo.around, 'linked');
    await rig.repo.git('worktree', 'add', '-q', '--force', linked, 'main');
    const from = await tip();
    const to = await candidateOn(from, { 'a.txt': 'a\n', 'doomed.txt': null });
    expect(await land(from, to)).toEqual({ kind: 'landed', ref: 'main', detour: null });
    for (const path of [rig.repo.path, linked]) {
      expect(await rig.repo.git('-C', path, 'status', '--porcelain')).toBe('');
      expect(existsSync(join(path, 'a.txt'))).toBe(true);
    }
  });

  test('settings and hooks of the user do not bend it', async () => {
    for (const [key, text] of [
      ['merge.ff', 'false'],
      ['merge.autoStash', 'true'],
      ['pull.rebase', 'true'],
      ['merge.verifySignatures', 'true'],
    ]) {
      await rig.repo.git('config', key ?? '', text ?? '');
    }
    const canary = join(rig.repo.around, 'canary');
    await writeFile(join(rig.repo.path, '.git/hooks/post-merge'), `#!/bin/sh\ntouch '${canary}'\n`, {
      mode: 0o755,
    });
    const from = await tip();
    const to = await candidateOn(from, { 'a.txt': 'a\n' });
    expect((await land(from, to)).kind).toBe('landed');
    expect(await rig.port.resolve('main')).toBe(to);
    expect(existsSync(canary)).toBe(false);
  });

  test('landing again what has landed changes nothing', async () => {
    const from = await tip();
    const to = await candidateOn(from, { 'a.txt': 'a\n' });
    await land(from, to);
    const after = oid(await rig.repo.commit('the user goes on'));
    expect(await land(from, to)).toEqual({ kind: 'landed', ref: 'main', detour: null });
    expect(await rig.port.resolve('main')).toBe(after);
  });

  test('a branch that is not there is a failure', async () => {
    expect(sentence(await rig.port.landingTip('nowhere'))).toMatch(/no branch nowhere/);
  });
});

describe('the way is barred', () => {
  const bars: readonly (readonly [string, () => Promise<unknown>, RegExp])[] = [
    [
      'a changed file',
      () => rig.repo.write('README.md', 'edited\n'),
      /has an uncommitted change \(README\.md\)/,
    ],
    [
      'a staged file',
      async () => {
        await rig.repo.write('new.txt', 'new\n');
        await rig.repo.git('add', 'new.txt');
      },
      /has an uncommitted change \(new\.txt\)/,
    ],
    [
      'an untracked file that would be overwritten',
      () => rig.repo.write('a.txt', 'mine\n'),
      /could not be brought forward/,
    ],
    [
      'an ignored file that would be overwritten',
      () => rig.repo.write('b.local', 'mine\n'),
      /could not be brought forward/,
    ],
    [
      'a merge under way',
      async () => {
        await rig.repo.git('branch', 'side');
        await rig.repo.git('commit', '-q', '--allow-empty', '-m', 'x');
        await rig.repo.git('switch', '-q', 'side');
        await rig.repo.git('commit', '-q', '--allow-empty', '-m', 'y');
        await rig.repo.git('switch', '-q', 'main');
        await rig.repo.git('merge', '-q', '--no-commit', '--no-ff', 'side');
      },
      /A merge is under way/,
    ],
    [
      'a rebase under way',
      async () => {
        await rig.repo.git('commit', '-q', '--allow-empty', '-m', 'x');
        await rig.repo.git('rebase', '-q', '--exec', 'false', 'HEAD~1').catch(() => undefined);
      },
      /A rebase of main is under way/,
    ],
  ];

  for (const [name, bar, why] of bars) {
    test(`by ${name}: it lands beside, and the checkout stays as it is`, async () => {
      await bar();
      const before = await fingerprintCheckout(rig.repo.path);
      const from = await tip();
      const to = await candidateOn(from, { 'a.txt': 'a\n', 'b.local': 'b\n', 'README.md': 'landed\n' });
      const landing = await land(from, to);
      expect(landing).toMatchObject({ kind: 'landed', ref: 'weft/integration' });
      expect(landing.kind === 'landed' ? landing.detour : '').toMatch(why);
      expect(await rig.port.resolve('weft/integration')).toBe(to);
      expect(await rig.port.resolve('main')).toBe(from);
      expect(await fingerprintCheckout(rig.repo.path)).toBe(before);
      expect(value(await rig.port.landingTip('main'))).toEqual({
        ref: 'weft/integration',
        oid: to,
        diverged: null,
      });
    });
  }

  test('it goes on beside, and comes back when the way is free', async () => {
    await rig.repo.write('README.md', 'edited\n');
    const from = await tip();
    const one = await candidateOn(from, { 'a.txt': 'a\n' });
    await land(from, one);
    const two = await candidateOn(one, { 'b.txt': 'b\n' });
    expect(await land(one, two)).toMatchObject({ kind: 'landed', ref: 'weft/integration' });
    await rig.repo.git('checkout', '-q', '--', 'README.md');
    const three = await candidateOn(two, { 'c.txt': 'c\n' });
    expect(await land(two, three)).toEqual({ kind: 'landed', ref: 'main', detour: null });
    expect(await rig.repo.git('status', '--porcelain')).toBe('');
    expect(await rig.port.resolve('main')).toBe(three);
    expect(await rig.port.resolve('weft/integration')).toBeNull();
  });

  test('a candidate built on the target is stale once something landed beside', async () => {
    const from = await tip();
    const one = await candidateOn(from, { 'a.txt': 'a\n' });
    const other = await candidateOn(from, { 'b.txt': 'b\n' });
    await rig.repo.write('README.md', 'edited\n');
    await land(from, one);
    expect(await land(from, other)).toEqual({ kind: 'stale', actual: one });
  });

  test('when both have gone on, it is said, and a barred landing is blocked', async () => {
    await rig.repo.write('README.md', 'edited\n');
    const from = await tip();
    const beside = await candidateOn(from, { 'a.txt': 'a\n' });
    await land(from, beside);
    const main = oid(await rig.repo.commit('the user commits'));
    expect(value(await rig.port.landingTip('main'))).toEqual({ ref: 'main', oid: main, diverged: beside });
    const next = await candidateOn(main, { 'b.txt': 'b\n' });
    await rig.repo.write('README.md', 'edited again\n');
    const blocked = await rig.port.land({ branch: 'main', from: main, to: next, note: 'n' });
    expect(blocked.ok ? null : blocked.failure.kind).toBe('blocked');
    expect(sentence(blocked)).toMatch(/gone different ways.*git merge weft\/integration/);
    await rig.repo.git('checkout', '-q', '--', 'README.md');
    expect(await land(main, next)).toEqual({ kind: 'landed', ref: 'main', detour: null });
    expect(await rig.port.resolve('weft/integration')).toBe(beside);
  });
});

describe('the user is faster', () => {
  test('a checkout that has another branch by now keeps it where it is', async () => {
    const from = await tip();
    const to = await candidateOn(from, { 'a.txt': 'a\n' });
    await rig.repo.git('branch', 'side');
    // as a switch does it: the files stay, and HEAD goes
    const lock = join(rig.repo.path, '.git', 'index.lock');
    await writeFile(lock, '');
    const landing = land(from, to);
    await rig.repo.git('symbolic-ref', 'HEAD', 'refs/heads/side');
    await rm(lock);
    expect(await landing).toEqual({ kind: 'landed', ref: 'main', detour: null });
    expect(await rig.port.resolve('main')).toBe(to);
    expect(await rig.port.resolve('side')).toBe(from);
    expect(await rig.repo.git('status', '--porcelain')).toBe('');
  });

  test('a commit that is made meanwhile stays', async () => {
    const from = await tip();
    const to = await candidateOn(from, { 'a.txt': 'a\n' });
    const mine = oid(await rig.repo.git('commit-tree', '-p', from, '-m', 'mine', 'HEAD^{tree}'));
    const lock = join(rig.repo.path, '.git', 'index.lock');
    await writeFile(lock, '');
    const landing = land(from, to);
    await rig.repo.git('update-ref', 'refs/heads/main', mine);
    await rm(lock);
    expect(await landing).toEqual({ kind: 'stale', actual: mine });
    expect(await rig.port.resolve('main')).toBe(mine);
    expect(await rig.repo.git('status', '--porcelain')).toBe('');
  });

  test('the lock of an engine that died on the way bars nobody', async () => {
    const from = await tip();
    const to = await candidateOn(from, { 'a.txt': 'a\n' });
    await writeFile(join(rig.repo.path, '.git', 'index.lock'), 'weft 4194305 1\n');
    expect(await land(from, to)).toEqual({ kind: 'landed', ref: 'main', detour: null });
    expect(await rig.repo.git('status', '--porcelain')).toBe('');
  });

  test('files that were touched are no change', async () => {
    const from = await tip();
    const to = await candidateOn(from, { 'README.md': 'landed\n' });
    await rig.repo.write('README.md', await readFile(join(rig.repo.path, 'README.md'), 'utf8'));
    await utimes(join(rig.repo.path, 'README.md'), 1, 1);
    expect(await land(from, to)).toEqual({ kind: 'landed', ref: 'main', detour: null });
    expect(await rig.repo.git('status', '--porcelain')).toBe('');
  });
});

describe('landings at once of the same base: exactly one wins, and it stays', () => {
  async function race(ports: readonly GitPort[], branch: string): Promise<void> {
    const from = await tip();
    const candidates = await Promise.all(ports.map((_, at) => candidateOn(from, { [`f${at}.txt`]: 'x\n' })));
    const land = (port: GitPort, at: number): ReturnType<GitPort['land']> =>
      port.land({ branch: 'main', from, to: candidates[at] ?? from, note: 'weft: land it' });
    const landings = (await Promise.all(ports.map(land))).map(value);
    const winners = candidates.filter((_, at) => landings[at]?.kind === 'landed');
    expect(winners).toEqual([await rig.port.resolve(branch)]);
  }

  async function strangers(): Promise<readonly GitPort[]> {
    const opened = await Promise.all(Array.from({ length: 5 }, () => createGitPort(rig.repo.path)));
    return opened.map(value);
  }

  test('among strangers, where nobody has the target checked out', async () => {
    await rig.repo.git('switch', '-q', '-c', 'elsewhere');
    await race(await strangers(), 'main');
  });

  test('among strangers, beside a checkout with changes', async () => {
    await rig.repo.write('README.md', 'edited\n');
    await race(await strangers(), 'weft/integration');
  });

  test('of one port, into a checkout', async () => {
    await race(Array<GitPort>(5).fill(rig.port), 'main');
    expect(await rig.repo.git('status', '--porcelain')).toBe('');
  });
});
