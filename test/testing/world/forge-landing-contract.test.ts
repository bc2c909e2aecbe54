// The forge of the virtual world behaves as the real adapter does before the stand-in: merging, the queue, what follows from pushes.
import { describe, expect, it } from 'vitest';
import type { ForgePort } from '../../../src/ports/forge.ts';
import { given, see, wishOf } from '../../adapters/forge/github/rig.ts';
import { FORGES, insist, type Make, MERGE_WORDS, openWork, REFUSED } from './forge-bench.ts';

describe.each(FORGES)('forge port: %s', (_, open) => {
  describe('merging', () => merging(open));
  describe('the merge queue', () => queueing(open));
  describe('what people do to branches', () => following(open));
});

function merging(open: Make): void {
  it.each(['merge', 'squash', 'rebase'] as const)(
    'gives the commit on the base, again and again (%s)',
    async (method) => {
      const bench = await open();
      const { port, people, tip } = bench;
      const { number, head, branch } = await openWork(bench, 'one');
      const second = await bench.commit({ 'two.txt': 'two\n' }, head);
      given(await port.push({ branch, commit: second, expected: head }));
      const base = await people.push('main', { 'main.txt': 'main\n' });
      bench.loseAnswer('merge');
      const wish = { number, head: second, ...MERGE_WORDS, method };
      await insist(() => port.merge(wish));
      const commit = given(await port.merge(wish));
      expect(await tip('main')).toBe(commit);
      expect(await see(port, number)).toMatchObject({ state: 'merged', merged: commit, isMergeable: null });
      for (const [path, text] of [
        ['one.txt', 'one\n'],
        ['two.txt', 'two\n'],
        ['main.txt', 'main\n'],
      ] as const)
        expect(await bench.textAt(commit, path)).toBe(text);
      const parents = await bench.parentsOf(commit);
      if (method === 'merge') expect(parents).toEqual([base, second]);
      if (method === 'squash') expect(parents).toEqual([base]);
      if (method !== 'rebase') return;
      expect(parents).toHaveLength(1);
      expect(parents).not.toEqual([head]);
      expect(await bench.parentsOf(parents[0] ?? commit)).toEqual([base]);
    },
  );

  it('is refused for another head, a draft, a conflict, a method that nobody wants, and what is closed', async () => {
    const bench = await open({ methods: ['merge', 'rebase'] });
    const { port, people } = bench;
    const { number, head, branch } = await openWork(bench, 'one');
    const wish = { number, head, ...MERGE_WORDS, method: 'merge' } as const;
    const kinds: unknown[] = [];
    const tried = async (more: Partial<Parameters<ForgePort['merge']>[0]> = {}): Promise<void> => {
      const merged = await port.merge({ ...wish, ...more });
      kinds.push(merged.ok ? 'ok' : merged.failure.kind);
    };
    await tried({ method: 'squash' });
    given(await port.updatePull({ number, isDraft: true }));
    await tried();
    given(await port.updatePull({ number, isDraft: false }));
    await people.push('main', { 'one.txt': 'other\n' });
    await tried();
    await tried({ method: 'rebase' });
    const moved = await people.push(branch, { 'x.txt': 'x' });
    await tried();
    await people.startOver(branch, { 'y.txt': 'y' });
    await tried({ head: moved });
    await people.close(number);
    await tried({ head: (await bench.tip(branch)) ?? head });
    expect(kinds).toEqual(Array.from({ length: 7 }, () => 'refused'));
    expect((await see(port, number)).state).toBe('closed');
  });

  it('waits for what is required', async () => {
    const bench = await open({ requiredChecks: ['build'], approvals: 1, isStrict: true });
    const { port, people } = bench;
    const { number, head, branch } = await openWork(bench, 'one');
    const refusal = async (at = head): Promise<string> => {
      const merged = await port.merge({ number, head: at, ...MERGE_WORDS });
      return merged.ok ? 'merged' : merged.failure.sentence;
    };
    expect(await refusal()).toContain('At least 1 approving review is required');
    await people.review(number, { state: 'changes-requested', body: 'No.' });
    expect(await refusal()).toContain('Changes were requested');
    await people.review(number, { state: 'approved', body: '' });
    expect(await refusal()).toContain('Required status check "build" is expected.');
    await bench.check(head, { name: 'build', state: 'waits' });
    expect(await refusal()).toContain('Required status check "build" is pending.');
    await bench.check(head, { name: 'build', state: 'failure' });
    expect(await refusal()).toContain('Required status check "build" is failing.');
    await bench.check(head, { name: 'build', state: 'success' });
    const base = await people.push('main', { 'main.txt': 'main\n' });
    expect(await refusal()).toContain('out of date with the base branch');
    const onBase = await bench.commit({ 'one.txt': 'one\n' }, base);
    given(await port.push({ branch, commit: onBase, expected: head }));
    await bench.check(onBase, { name: 'build', state: 'success' });
    expect(await refusal(onBase)).toBe('merged');
  });

  it('deletes the branch where that is wished, and what was stacked on it goes to its base', async () => {
    const bench = await open({ deletesMerged: true });
    const { port, tip } = bench;
    const { number, head, branch } = await openWork(bench, 'one');
    const upper = await bench.commit({ 'two.txt': 'two\n' }, head);
    const wish = wishOf('two', { base: branch });
    given(await port.push({ branch: wish.branch, commit: upper, expected: null }));
    const stacked = given(await port.ensurePull(wish)).number;
    given(await port.merge({ number, head, ...MERGE_WORDS }));
    expect(await tip(branch)).toBeNull();
    given(await port.deleteBranch({ branch, expected: head }));
    expect(await see(port, stacked)).toMatchObject({ state: 'open', base: 'main' });
  });
}

function queueing(open: Make): void {
  it('takes a pull request once, shows where it is, and why it left', async () => {
    const bench = await open({ requiredChecks: ['build'], queue: 'squash' });
    const { port } = bench;
    const { number, head } = await openWork(bench, 'one');
    expect(await port.enqueue({ number, head })).toMatchObject(REFUSED);
    await bench.check(head, { name: 'build', state: 'success' });
    for (let i = 0; i < 2; i += 1) given(await port.enqueue({ number, head }));
    expect((await see(port, number)).queue).toEqual({ state: 'awaiting-checks', position: 1 });
    await bench.check((await bench.candidate()) ?? head, { name: 'build', state: 'failure' });
    expect(await see(port, number)).toMatchObject({ queue: null, dequeued: 'FAILED_CHECKS', state: 'open' });
    expect(await port.merge({ number, head, ...MERGE_WORDS })).toMatchObject(REFUSED);
  });

  it('lands what passes, one on the other, and drops what conflicts', async () => {
    const bench = await open({ requiredChecks: ['build'], queue: 'squash' });
    const { port } = bench;
    const one = await openWork(bench, 'one');
    const two = await openWork(bench, 'two');
    const clash = await openWork(bench, 'clash');
    const other = await bench.commit({ 'one.txt': 'clash\n' });
    given(await port.push({ branch: clash.branch, commit: other, expected: clash.head }));
    for (const head of [one.head, two.head, other])
      await bench.check(head, { name: 'build', state: 'success' });
    given(await port.enqueue(one));
    given(await port.enqueue(two));
    given(await port.enqueue({ number: clash.number, head: other }));
    expect((await see(port, two.number)).queue?.position).toBe(2);
    expect((await see(port, clash.number)).dequeued).toBe('MERGE_CONFLICT');
    const candidate = await bench.candidate();
    await bench.check(candidate ?? one.head, { name: 'build', state: 'success' });
    expect(await see(port, one.number)).toMatchObject({ state: 'merged', merged: candidate, queue: null });
    given(await port.enqueue(one));
    expect((await see(port, two.number)).queue).toEqual({ state: 'awaiting-checks', position: 1 });
    await bench.check((await bench.candidate()) ?? two.head, { name: 'build', state: 'success' });
    const tip = (await bench.tip('main')) ?? two.head;
    expect(await see(port, two.number)).toMatchObject({ state: 'merged', merged: tip });
    expect(await bench.parentsOf(tip)).toEqual([candidate]);
  });

  it('lets go of a head that moves, and takes no other one', async () => {
    const bench = await open({ requiredChecks: ['build'], queue: 'merge' });
    const { number, head, branch } = await openWork(bench, 'one');
    await bench.check(head, { name: 'build', state: 'success' });
    given(await bench.port.enqueue({ number, head }));
    await bench.people.push(branch, { 'x.txt': 'x' });
    expect(await see(bench.port, number)).toMatchObject({ queue: null, dequeued: 'HEAD_CHANGED' });
    expect(await bench.port.enqueue({ number, head })).toMatchObject(REFUSED);
  });

  it('is not everywhere', async () => {
    const bench = await open();
    const { number, head } = await openWork(bench, 'one');
    expect(await bench.port.enqueue({ number, head })).toMatchObject(REFUSED);
  });
}

function following(open: Make): void {
  it('makes a pull request merged when its base gets the head', async () => {
    const bench = await open();
    const { number, head } = await openWork(bench, 'one');
    await bench.people.setBranch('main', head);
    expect(await see(bench.port, number)).toMatchObject({ state: 'merged', merged: head });
    expect(given(await bench.port.merge({ number, head, ...MERGE_WORDS }))).toBe(head);
  });

  it('does so for a push of weft’s own, as a commit beside it', async () => {
    const bench = await open();
    const main = await bench.tip('main');
    const { number, head } = await openWork(bench, 'one');
    const above = await bench.commit({ 'more.txt': 'more' }, head);
    given(await bench.port.push({ branch: 'main', commit: above, expected: main }));
    expect(await see(bench.port, number)).toMatchObject({ state: 'merged', head, merged: above });
  });

  it('gives it another head, or closes it when nothing is left of it', async () => {
    const bench = await open();
    const { number, branch } = await openWork(bench, 'one');
    const moved = await bench.people.push(branch, { 'x.txt': 'x' });
    expect((await see(bench.port, number)).head).toBe(moved);
    const anew = await bench.people.startOver(branch, { 'y.txt': 'y' });
    expect(await see(bench.port, number)).toMatchObject({ head: anew, state: 'open' });
    await bench.people.setBranch(branch, await bench.tip('main'));
    expect((await see(bench.port, number)).state).toBe('closed');
  });

  it('closes it when its branch is deleted, and it comes back with the branch', async () => {
    const bench = await open();
    const { number, head, branch } = await openWork(bench, 'one');
    await bench.people.setBranch(branch, null);
    expect(await see(bench.port, number)).toMatchObject({ state: 'closed', head });
    given(await bench.port.push({ branch, commit: head, expected: null }));
    expect((await see(bench.port, number)).state).toBe('closed');
    await bench.people.reopen(number);
    expect(await see(bench.port, number)).toMatchObject({ state: 'open', head });
  });
}
