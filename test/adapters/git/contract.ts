// What every git port keeps to, told as the life of a task on a real repository.
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { oid } from '../../../src/core/model.ts';
import { fingerprintCheckout } from '../../../src/testing/temp-repo.ts';
import { ADA, built, type Rig, specOf, value } from './rig.ts';

/** Runs the contract against a port; `make` gives a fresh repository with one on it. */
export function describeGitPort(name: string, make: () => Promise<Rig>): void {
  describe(`${name} keeps the contract`, () => {
    let rig: Rig;
    beforeEach(async () => {
      rig = await make();
    });
    afterEach(() => rig.remove());

    test('a task goes from worktree to target, and nothing of it stays', async () => {
      const { repo, port } = rig;
      const task = await rig.start('one');
      await task.write('src/a.txt', 'a\n');
      const author = ADA;
      const left = value(await port.commitLeftovers({ worktree: task.path, message: 'work', author }));
      const seen = value(await port.inspect({ worktree: task.path, branch: task.branch, base: task.base }));
      expect(seen.head).toBe(left);
      expect(seen.files).toEqual([{ path: 'src/a.txt', added: 1, deleted: 0 }]);
      expect(seen.odd).toBeNull();
      const tip = value(await port.landingTip('main'));
      expect(tip).toEqual({ ref: 'main', oid: task.base, diverged: null });
      const candidate = built(
        await port.buildCandidate({
          target: tip.oid,
          base: task.base,
          head: seen.head,
          strategy: 'squash',
          message: 'one: done',
          pin: 'refs/weft/cand/run-1/one',
        }),
      );
      expect(candidate.tree).toBe(seen.tree);
      const gate = join(rig.worktrees, '.gates', '0');
      value(await port.ensureCheckout({ path: gate, commit: candidate.commit, reason: 'weft gates' }));
      expect(await port.isUntouched({ path: gate, commit: candidate.commit })).toBe(true);
      const landing = await port.land({
        branch: 'main',
        from: tip.oid,
        to: candidate.commit,
        note: 'weft: land one',
      });
      expect(value(landing)).toEqual({ kind: 'landed', ref: 'main', detour: null });
      const { path, branch } = task;
      const removed = await port.removeWorktree({
        path,
        branch,
        landed: seen.head,
        rescue: 'refs/weft/rescue/run-1/one',
      });
      expect(value(removed)).toEqual({ rescue: null, kept: null });
      value(await port.removeCheckout(gate));
      await port.unpin('refs/weft/cand/run-1/one');
      expect(await readFile(join(repo.path, 'src/a.txt'), 'utf8')).toBe('a\n');
      expect(await repo.git('status', '--porcelain')).toBe('');
      expect(await repo.git('for-each-ref', '--format=%(refname)')).toBe('refs/heads/main');
      expect(await port.listWorktrees()).toEqual([]);
      expect(await repo.git('config', '--get-regexp', '^branch').catch(() => 'none')).toBe('none');
    });

    test('making a worktree again finds the one there, with what was left in it', async () => {
      const task = await rig.start('again');
      await task.write('note.txt', 'half done\n');
      const spec = specOf({ worktrees: rig.worktrees, task: 'again', base: task.base });
      const made = value(await rig.port.ensureWorktree(spec));
      expect(made).toEqual({ path: task.path, head: task.base, reused: true });
      expect(await readFile(join(task.path, 'note.txt'), 'utf8')).toBe('half done\n');
    });

    test('a worktree whose folder was deleted comes back from its branch', async () => {
      const task = await rig.start('lost');
      const done = await task.commit({ 'a.txt': 'a\n' });
      await rm(task.path, { recursive: true });
      expect((await rig.port.listWorktrees()).map(({ prunable }) => prunable)).toEqual([true]);
      const spec = specOf({ worktrees: rig.worktrees, task: 'lost', base: task.base });
      expect(value(await rig.port.ensureWorktree(spec))).toEqual({
        path: task.path,
        head: task.base,
        reused: true,
      });
      expect(await rig.port.resolve(task.branch)).toBe(done);
      expect(await readFile(join(task.path, 'a.txt'), 'utf8')).toBe('a\n');
    });

    test('a lost race for the target moves nothing', async () => {
      const { repo, port } = rig;
      const task = await rig.start('late');
      const head = await task.commit({ 'a.txt': 'a\n' });
      const spec = { target: task.base, base: task.base, head, message: 'late', pin: 'refs/weft/cand/late' };
      const candidate = built(await port.buildCandidate({ ...spec, strategy: 'squash' }));
      const other = oid(await repo.commit('somebody was faster'));
      const landing = await port.land({ branch: 'main', from: task.base, to: candidate.commit, note: 'n' });
      expect(value(landing)).toEqual({ kind: 'stale', actual: other });
      expect(await port.resolve('main')).toBe(other);
    });

    test('removing twice is the same as once, and unlanded work is kept', async () => {
      const task = await rig.start('kept');
      await task.commit({ 'a.txt': 'a\n' });
      await task.write('b.txt', 'b\n');
      const what = {
        path: task.path,
        branch: task.branch,
        landed: null,
        rescue: 'refs/weft/rescue/run-1/kept',
      };
      const first = value(await rig.port.removeWorktree(what));
      expect(first.rescue).toMatch(/^refs\/weft\/rescue\/run-1\/kept\//);
      expect(value(await rig.port.removeWorktree(what))).toEqual(first);
      expect(await rig.repo.git('show', `${first.rescue}:b.txt`)).toBe('b');
      expect(await rig.repo.git('show', `${first.rescue}:a.txt`)).toBe('a');
      await expect(stat(task.path)).rejects.toThrow('ENOENT');
      expect(await rig.port.resolve(task.branch)).toBeNull();
    });

    test('the checkout of the user stays as it is through all but landing', async () => {
      const { repo, port } = rig;
      await repo.write('README.md', 'stashed\n');
      await repo.git('stash');
      await repo.write('README.md', 'changed by the user\n');
      await repo.write('untracked.txt', 'mine\n');
      const before = await fingerprintCheckout(repo.path);
      const task = await rig.start('quiet');
      const head = await task.commit({ 'a.txt': 'a\n' });
      await task.write('b.txt', 'b\n');
      value(await port.commitLeftovers({ worktree: task.path, message: 'left', author: ADA }));
      value(await port.furnish(task.path));
      value(await port.inspect({ worktree: task.path, branch: task.branch, base: task.base }));
      for (const strategy of ['merge', 'squash', 'rebase'] as const) {
        const spec = {
          target: task.base,
          base: task.base,
          head,
          message: 'quiet',
          pin: `refs/weft/cand/${strategy}`,
        };
        const { commit } = built(await port.buildCandidate({ ...spec, strategy }));
        value(await port.ensureCheckout({ path: join(rig.worktrees, 'gate'), commit, reason: 'weft gates' }));
      }
      await port.repair([rig.worktrees]);
      const { path, branch } = task;
      value(await port.removeWorktree({ path, branch, landed: null, rescue: 'refs/weft/rescue/quiet' }));
      await port.close();
      expect(await fingerprintCheckout(repo.path)).toBe(before);
    });
  });
}
