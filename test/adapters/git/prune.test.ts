// Collecting garbage while agents work: what weft needs is pinned by refs.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createRig, type Rig, value } from './rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await createRig();
});
afterEach(() => rig.remove());

/** As hard as git can: no reflog holds anything, nothing is too young to go. */
async function collect(): Promise<void> {
  await rig.repo.git('reflog', 'expire', '--expire=now', '--expire-unreachable=now', '--all');
  await rig.repo.git('gc', '--quiet', '--prune=now');
}

test('a start that nobody else holds, staged work and a candidate outlive it [F28]', async () => {
  const { repo, port } = rig;
  const target = await rig.head();
  const base = await rig.commitOn(target, { 'base.txt': 'base\n' });
  const task = await rig.start('a', base);
  const head = await task.commit({ 'a.txt': 'a\n' });
  await task.write('staged.txt', 'staged\n');
  await task.git('add', 'staged.txt');
  const what = {
    target,
    base,
    head,
    strategy: 'squash',
    message: 'a',
    pin: 'refs/weft/cand/run-1/a',
  } as const;
  const candidate = value(await port.buildCandidate(what));
  const loose = await rig.commitOn(target, { 'loose.txt': 'nobody wants it\n' });
  // the branch goes back behind its start: now the pin alone holds it
  await task.git('checkout', '-q', '--detach', head);
  await repo.git('update-ref', `refs/heads/${task.branch}`, target);
  await collect();
  await expect(repo.git('cat-file', '-e', loose)).rejects.toThrow();
  for (const commit of [base, head, candidate.kind === 'built' ? candidate.commit : '']) {
    await repo.git('cat-file', '-e', `${commit}^{tree}`);
  }
  expect(await task.git('show', ':staged.txt')).toBe('staged');
  expect(await repo.git('fsck', '--no-dangling')).toBe('');
});

test('work whose worktree was removed outlives it [F28]', async () => {
  const task = await rig.start('a');
  const head = await task.commit({ 'a.txt': 'a\n' });
  await task.write('b.txt', 'b\n');
  const removal = { path: task.path, branch: task.branch, landed: null, rescue: 'refs/weft/rescue/run-1/a' };
  const { rescue } = value(await rig.port.removeWorktree(removal));
  await collect();
  expect(await rig.repo.git('ls-tree', '--name-only', `${rescue}`)).toBe('README.md\na.txt\nb.txt');
  await rig.repo.git('merge-base', '--is-ancestor', head, `${rescue}`);
});

test('no git of ours collects by itself [F28]', async () => {
  await rig.repo.git('config', 'gc.auto', '1');
  await rig.repo.git('config', 'gc.autoDetach', 'false');
  const base = await rig.head();
  const loose = await rig.commitOn(base, { 'loose.txt': 'loose\n' });
  await rig.repo.git('gc', '--quiet', '--no-prune');
  const task = await rig.start('a');
  for (let file = 0; file < 300; file += 1) await task.write(`many/${file}.txt`, `${file}\n`);
  const author = { name: 'Ada', email: 'ada@example.org' };
  value(await rig.port.commitLeftovers({ worktree: task.path, message: 'left', author }));
  await rig.repo.git('cat-file', '-e', loose);
  const count = await rig.repo.git('count-objects');
  expect(Number.parseInt(count, 10)).toBeGreaterThanOrEqual(300);
});
