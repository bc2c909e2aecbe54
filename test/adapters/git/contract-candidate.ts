// The part of the git contract about candidates: what each strategy builds, what conflicts, and where a change begins.
import { describe, expect, test } from 'vitest';
import { ask, build, type GitBench, NOWHERE, tipOf } from './bench.ts';
import { value } from './rig.ts';

const PIN = 'refs/weft/cand/run-1/task';
const STRATEGIES = ['merge', 'squash', 'rebase'] as const;

/** What is built, of which change, and what cannot be. */
export function candidates(at: () => GitBench): void {
  describe.each(STRATEGIES)('%s', (strategy) => sameForAll(at, strategy));
  shapes(at);
  changes(at);
}

function sameForAll(at: () => GitBench, strategy: (typeof STRATEGIES)[number]): void {
  test('has both sides, is pinned, and is the same when asked for again', async () => {
    const bench = at();
    const base = await tipOf(bench);
    const target = await bench.commitOn([base], { 'theirs.txt': 't\n' });
    const head = await bench.commitOn([base], { 'ours.txt': 'o\n' });
    const what = { target, base, head, strategy };
    const built = value(await ask(bench, what));
    if (built.kind !== 'built') throw new Error('in conflict');
    expect(built).toMatchObject({ empty: false, tree: await bench.port.treeOf(built.commit) });
    expect(await bench.textAt(built.commit, 'theirs.txt')).toBe('t\n');
    expect(await bench.textAt(built.commit, 'ours.txt')).toBe('o\n');
    expect(await bench.port.isAncestor({ ancestor: target, of: built.commit })).toBe(true);
    expect(await bench.port.resolve(PIN)).toBe(built.commit);
    const port = await bench.reopen();
    expect(value(await port.buildCandidate({ ...what, message: 'done\n', pin: PIN }))).toEqual(built);
  });

  test('names what is in conflict, and pins nothing', async () => {
    const bench = at();
    await bench.user.commit({ 'a.txt': 'one\n', 'b.txt': 'one\n', 'c.txt': 'one\n' });
    const base = await tipOf(bench);
    const target = await bench.commitOn([base], { 'b.txt': 'two\n', 'a.txt': 'two\n', 'new.txt': 'two\n' });
    const head = await bench.commitOn([base], {
      'b.txt': 'three\n',
      'a.txt': 'three\n',
      'new.txt': 'three\n',
      'c.txt': 'fine\n',
    });
    const files = ['a.txt', 'b.txt', 'new.txt'];
    expect(value(await ask(bench, { target, base, head, strategy }))).toEqual({ kind: 'conflict', files });
    expect(await bench.port.resolve(PIN)).toBeNull();
  });

  test('of what the target has already is the target itself, and empty', async () => {
    const bench = at();
    const base = await tipOf(bench);
    const target = await bench.commitOn([base], { 'a.txt': 'a\n', 'b.txt': 'b\n' });
    const head = await bench.commitOn([base], { 'a.txt': 'a\n' });
    const tree = await bench.port.treeOf(target);
    const built = value(await ask(bench, { target, base, head, strategy }));
    expect(built).toEqual({ kind: 'built', commit: target, tree, empty: true });
  });

  test('of a commit that is not there is refused', async () => {
    const bench = at();
    const base = await tipOf(bench);
    expect(await ask(bench, { base, head: NOWHERE, strategy })).toMatchObject({ ok: false });
    expect(await bench.port.resolve(PIN)).toBeNull();
  });
}

function shapes(at: () => GitBench): void {
  test('a merge has two parents, a squash one, a rebase each commit anew', async () => {
    const bench = at();
    const base = await tipOf(bench);
    const target = await bench.commitOn([base], { 'theirs.txt': 't\n' });
    const below = await bench.commitOn([base], { 'a.txt': 'a\n' });
    const head = await bench.commitOn([below], { 'b.txt': 'b\n' });
    const of = { target, base, head };
    expect(await bench.parentsOf(await build(bench, { ...of, strategy: 'merge' }))).toEqual([target, head]);
    expect(await bench.parentsOf(await build(bench, { ...of, strategy: 'squash' }))).toEqual([target]);
    const rebased = await build(bench, { ...of, strategy: 'rebase' });
    const [under] = await bench.parentsOf(rebased);
    expect(await bench.textAt(`${under}`, 'b.txt')).toBeNull();
    expect(await bench.textAt(`${under}`, 'a.txt')).toBe('a\n');
    expect(await bench.parentsOf(under ?? target)).toEqual([target]);
  });

  test('a rebase of what stands on the target already is the work itself', async () => {
    const bench = at();
    const base = await tipOf(bench);
    const below = await bench.commitOn([base], { 'a.txt': 'a\n' });
    const head = await bench.commitOn([below], { 'b.txt': 'b\n' });
    expect(await build(bench, { target: base, base, head, strategy: 'rebase' })).toBe(head);
  });

  test('a rebase conflicts where a commit on the way does', async () => {
    const bench = at();
    await bench.user.commit({ 'a.txt': 'one\n' });
    const base = await tipOf(bench);
    const target = await bench.commitOn([base], { 'a.txt': 'two\n' });
    const below = await bench.commitOn([base], { 'a.txt': 'three\n' });
    const head = await bench.commitOn([below], { 'a.txt': 'one\n', 'b.txt': 'b\n' });
    const of = { target, base, head };
    expect(await bench.textAt(await build(bench, of), 'a.txt')).toBe('two\n');
    const rebased = value(await ask(bench, { ...of, strategy: 'rebase' }));
    expect(rebased).toEqual({ kind: 'conflict', files: ['a.txt'] });
  });

  test('a rebase of work with merges in it is squashed, and says so', async () => {
    const bench = at();
    const base = await tipOf(bench);
    const one = await bench.commitOn([base], { 'a.txt': 'a\n' });
    const other = await bench.commitOn([base], { 'b.txt': 'b\n' });
    const head = await bench.commitOn([one, other], { 'b.txt': 'b\n' });
    const target = await bench.commitOn([base], { 'theirs.txt': 't\n' });
    const built = value(await ask(bench, { target, base, head, strategy: 'rebase' }));
    expect(built).toMatchObject({ kind: 'built', note: expect.any(String) });
    const commit = await build(bench, { target, base, head, strategy: 'rebase' });
    expect(await bench.parentsOf(commit)).toEqual([target]);
    expect(await bench.textAt(commit, 'b.txt')).toBe('b\n');
  });
}

function changes(at: () => GitBench): void {
  test('the change begins at the base, even when that landed in another form', async () => {
    const bench = at();
    await bench.user.commit({ 'a.txt': 'one\n' });
    const first = await tipOf(bench);
    const lower = await bench.commitOn([first], { 'a.txt': 'two\n' });
    const head = await bench.commitOn([lower], { 'a.txt': 'three\n' });
    const target = await bench.commitOn([first], { 'a.txt': 'two\n', 'other.txt': 'x\n' });
    const of = { target, base: lower, head };
    for (const strategy of ['squash', 'rebase'] as const) {
      expect(await bench.textAt(await build(bench, { ...of, strategy }), 'a.txt')).toBe('three\n');
    }
    // for a merge git's own merge base decides, and what conflicts with that may go on commit by commit
    const merged = value(await ask(bench, { ...of, strategy: 'merge' }));
    expect(merged).toMatchObject({ kind: 'built', note: expect.stringContaining('one by one') });
    const { commit } = merged as { readonly commit: Parameters<typeof bench.textAt>[0] };
    expect(await bench.textAt(commit, 'a.txt')).toBe('three\n');
  });

  test('the change begins where the target was merged in, when that is newer than the base', async () => {
    const bench = at();
    await bench.user.commit({ 'a.txt': 'one\n' });
    const base = await tipOf(bench);
    const work = await bench.commitOn([base], { 'a.txt': 'ours\n' });
    const target = await bench.commitOn([base], { 'a.txt': 'theirs\n' });
    const head = await bench.commitOn([work, target], { 'a.txt': 'both\n' });
    for (const strategy of STRATEGIES) {
      const commit = await build(bench, { target, base, head, strategy });
      expect(await bench.textAt(commit, 'a.txt')).toBe('both\n');
    }
  });
}
