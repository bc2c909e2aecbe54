// Watching a branch: each way git has of moving one is noticed, and nothing after the stop.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRig, type Rig } from './rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await createRig();
});
afterEach(() => rig.remove());

/** Resolves once the branch has been seen to move by what is done. */
async function expectNoticed(branch: string, deed: () => Promise<unknown>): Promise<void> {
  let stop = (): void => undefined;
  const noticed = new Promise<void>((resolve) => {
    stop = rig.port.watchBranch(branch, resolve);
  });
  await deed();
  await noticed;
  stop();
}

describe('a move is noticed', () => {
  test('by a commit', () => expectNoticed('main', () => rig.repo.commit('x')));
  test('by a pack and a deletion', async () => {
    await rig.repo.git('branch', 'side/deep');
    await expectNoticed('side/deep', async () => {
      await rig.repo.git('pack-refs', '--all');
      await rig.repo.git('branch', '-D', 'side/deep');
    });
  });
  test('by its making', () => expectNoticed('new/one', () => rig.repo.git('branch', 'new/one')));
});

test('neither another branch nor anything after the stop', async () => {
  const calls: string[] = [];
  const stop = rig.port.watchBranch('main', () => calls.push('main'));
  await expectNoticed('other', () => rig.repo.git('branch', 'other'));
  expect(calls).toEqual([]);
  stop();
  await expectNoticed('main', () => rig.repo.commit('x'));
  expect(calls).toEqual([]);
});
