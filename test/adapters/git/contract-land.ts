// The part of the git contract about landing: compare-and-swap, the user's checkout, the branch beside it, being told.
import { expect, test, vi } from 'vitest';
import type { Oid } from '../../../src/core/model.ts';
import { build, type GitBench, tipOf } from './bench.ts';
import { value } from './rig.ts';

const INTEGRATION = 'weft/integration';

/** Moving the target. */
export function landing(at: () => GitBench): void {
  comparing(at);
  besideTheUser(at);
  goingBeside(at);
  watching(at);
}

/** A candidate on a tip that adds one file. */
async function candidateOn(bench: GitBench, target: Oid, path: string): Promise<Oid> {
  const head = await bench.commitOn([target], { [path]: `${path}\n` });
  return build(bench, { target, base: target, head });
}

async function land(bench: GitBench, from: Oid, to: Oid): Promise<unknown> {
  return value(await bench.port.land({ branch: 'main', from, to, note: 'weft: land' }));
}

const onMain = { kind: 'landed', ref: 'main', detour: null };
const onIntegration = { kind: 'landed', ref: INTEGRATION, detour: expect.any(String) };

function comparing(at: () => GitBench): void {
  test('moves the target, and says the same when it has happened already', async () => {
    const bench = at();
    const from = await tipOf(bench);
    const to = await candidateOn(bench, from, 'a.txt');
    expect(await land(bench, from, to)).toEqual(onMain);
    expect(await land(bench, from, to)).toEqual(onMain);
    const later = await bench.user.commit({ 'b.txt': 'b\n' });
    expect(await land(bench, from, to)).toEqual(onMain);
    expect(await tipOf(bench)).toBe(later);
    expect(await bench.port.isAncestor({ ancestor: to, of: later })).toBe(true);
  });

  test('a lost race moves nothing and tells where the target is [F26]', async () => {
    const bench = at();
    const from = await tipOf(bench);
    const to = await candidateOn(bench, from, 'a.txt');
    const other = await bench.user.commit({ 'b.txt': 'somebody was faster\n' });
    const before = await bench.picture();
    expect(await land(bench, from, to)).toEqual({ kind: 'stale', actual: other });
    expect(await tipOf(bench)).toBe(other);
    expect(await bench.picture()).toBe(before);
  });

  test('of two landings at once one happens [F26]', async () => {
    const bench = at();
    const from = await tipOf(bench);
    const one = await candidateOn(bench, from, 'a.txt');
    const other = await candidateOn(bench, from, 'b.txt');
    const ends = await Promise.all([land(bench, from, one), land(bench, from, other)]);
    expect(ends).toContainEqual(onMain);
    expect(ends).toContainEqual({ kind: 'stale', actual: await tipOf(bench) });
  });

  test('what does not contain where it starts from is a bug, and moves nothing', async () => {
    const bench = at();
    const from = await bench.user.commit({ 'a.txt': 'a\n' });
    const stranger = await bench.commitOn([], { 'b.txt': 'b\n' });
    await expect(land(bench, from, stranger)).rejects.toThrow('Internal error');
    expect(await tipOf(bench)).toBe(from);
  });

  test('a branch that is not there is a failure', async () => {
    const { port } = at();
    const from = await tipOf(at());
    const failed = { ok: false, failure: { kind: 'environment', sentence: expect.stringContaining('none') } };
    expect(await port.landingTip('none')).toMatchObject(failed);
    expect(await port.land({ branch: 'none', from, to: from, note: 'n' })).toMatchObject(failed);
  });
}

function besideTheUser(at: () => GitBench): void {
  test('a clean checkout comes forward, and files that git does not know stay in it', async () => {
    const bench = at();
    await bench.user.write('untracked.txt', 'mine\n');
    const from = await tipOf(bench);
    const to = await candidateOn(bench, from, 'a.txt');
    expect(await land(bench, from, to)).toEqual(onMain);
    expect(await bench.user.read('a.txt')).toBe('a.txt\n');
    expect(await bench.user.read('untracked.txt')).toBe('mine\n');
    expect(await bench.port.resolve('HEAD')).toBe(to);
  });

  test('a checkout of another branch is not touched', async () => {
    const bench = at();
    await bench.user.switchTo('side');
    await bench.user.commit({ 'side.txt': 's\n' });
    await bench.user.write('side.txt', 'changed\n');
    const before = await bench.picture();
    const from = await tipOf(bench);
    const to = await candidateOn(bench, from, 'a.txt');
    expect(await land(bench, from, to)).toEqual(onMain);
    expect(await tipOf(bench)).toBe(to);
    expect(await bench.picture()).toBe(before);
  });

  test.each([
    ['a change of a known file', 'known.txt'],
    ['an unknown file that would be overwritten', 'a.txt'],
  ])('%s sends the landing beside the target', async (_, path) => {
    const bench = at();
    const from = await bench.user.commit({ 'known.txt': 'k\n' });
    await bench.user.write(path, 'of the user\n');
    const before = await bench.picture();
    const to = await candidateOn(bench, from, 'a.txt');
    expect(await land(bench, from, to)).toEqual(onIntegration);
    expect(await tipOf(bench)).toBe(from);
    expect(await tipOf(bench, INTEGRATION)).toBe(to);
    expect(await bench.picture()).toBe(before);
  });
}

function goingBeside(at: () => GitBench): void {
  /** A landing that went beside the target because of a change of the user's. */
  async function detour(bench: GitBench): Promise<{ readonly main: Oid; readonly beside: Oid }> {
    const main = await bench.user.commit({ 'known.txt': 'k\n' });
    await bench.user.write('known.txt', 'of the user\n');
    const beside = await candidateOn(bench, main, 'a.txt');
    expect(await land(bench, main, beside)).toEqual(onIntegration);
    return { main, beside };
  }

  test('the next one goes on from there, until the target takes all of it', async () => {
    const bench = at();
    const { main, beside } = await detour(bench);
    expect(value(await bench.port.landingTip('main'))).toEqual({
      ref: INTEGRATION,
      oid: beside,
      diverged: null,
    });
    expect(await land(bench, main, beside)).toMatchObject({ kind: 'landed', ref: INTEGRATION });
    const second = await candidateOn(bench, beside, 'b.txt');
    expect(await land(bench, main, second)).toEqual({ kind: 'stale', actual: beside });
    expect(await land(bench, beside, second)).toEqual(onIntegration);
    await bench.user.write('known.txt', 'k\n');
    const third = await candidateOn(bench, second, 'c.txt');
    expect(await land(bench, second, third)).toEqual(onMain);
    expect(await tipOf(bench)).toBe(third);
    expect(await bench.user.read('a.txt')).toBe('a.txt\n');
    expect(await bench.port.resolve(INTEGRATION)).toBeNull();
    expect(value(await bench.port.landingTip('main'))).toEqual({ ref: 'main', oid: third, diverged: null });
  });

  test('when both went on, the target counts, and beside it nothing lands any more', async () => {
    const bench = at();
    const { beside } = await detour(bench);
    const main = await bench.user.commit({ 'user.txt': 'u\n' });
    expect(value(await bench.port.landingTip('main'))).toEqual({ ref: 'main', oid: main, diverged: beside });
    await bench.user.write('known.txt', 'again\n');
    const to = await candidateOn(bench, main, 'b.txt');
    const barred = await bench.port.land({ branch: 'main', from: main, to, note: 'n' });
    expect(barred).toMatchObject({ ok: false, failure: { kind: 'blocked' } });
    expect(await tipOf(bench)).toBe(main);
    expect(await tipOf(bench, INTEGRATION)).toBe(beside);
    await bench.user.commit({});
    const next = await tipOf(bench);
    expect(await land(bench, next, await candidateOn(bench, next, 'b.txt'))).toEqual(onMain);
    expect(await tipOf(bench, INTEGRATION)).toBe(beside);
  });
}

function watching(at: () => GitBench): void {
  test('who watches a branch is told of each move, and of none after stopping', async () => {
    const bench = at();
    const moved = vi.fn();
    const stop = bench.port.watchBranch('main', moved);
    const other = vi.fn();
    const stopOther = bench.port.watchBranch('main', other);
    await bench.user.commit({ 'a.txt': 'a\n' });
    await vi.waitFor(() => expect(moved).toHaveBeenCalledTimes(1), { timeout: 10_000 });
    stop();
    const from = await tipOf(bench);
    await land(bench, from, await candidateOn(bench, from, 'b.txt'));
    await vi.waitFor(() => expect(other).toHaveBeenCalledTimes(2), { timeout: 10_000 });
    stopOther();
    expect(moved).toHaveBeenCalledTimes(1);
  });
}
