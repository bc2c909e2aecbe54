// A fast-forward of the user's checkout that was cut off half-way: by the next landing, or the next engine, it is as if it
// had not been begun.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Oid } from '../../../src/core/model.ts';
import type { Landing } from '../../../src/ports/git.ts';
import { createRig, type Files, type Rig, value } from './rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await createRig();
  await rig.repo.write('doomed.txt', 'doomed\n');
  await rig.repo.commit('more');
});
afterEach(() => rig.remove());

function candidateOn(target: Oid, files: Files): Promise<Oid> {
  return rig.commitOn(target, files);
}

async function land(from: Oid, to: Oid): Promise<Landing> {
  return value(await rig.port.land({ branch: 'main', from, to, note: 'weft: land it' }));
}

async function tip(): Promise<Oid> {
  return value(await rig.port.landingTip('main')).oid;
}

describe('a fast-forward that was killed half-way is done again', () => {
  const note = (from: Oid, to: Oid): Promise<void> =>
    writeFile(join(rig.repo.path, '.git', 'weft-forward'), `${from} ${to}\n`);

  const cases: readonly (readonly [string, (to: Oid) => Promise<unknown>])[] = [
    [
      'with some files written',
      async (to) => {
        await rig.repo.write('README.md', 'landed\n');
        await rig.repo.write('a.txt', 'a\n');
        return to;
      },
    ],
    ['with only new files written', () => rig.repo.write('a.txt', 'a\n')],
    ['with a file deleted', () => rm(join(rig.repo.path, 'doomed.txt'))],
    ['with a file gone that was to be written anew', () => rm(join(rig.repo.path, 'README.md'))],
    [
      'with the index written, the branch not moved',
      (to) => rig.repo.git('read-tree', '-m', '-u', 'HEAD', to),
    ],
  ];
  for (const [name, interrupt] of cases) {
    test(name, async () => {
      const from = await tip();
      const to = await candidateOn(from, { 'a.txt': 'a\n', 'README.md': 'landed\n', 'doomed.txt': null });
      await note(from, to);
      await interrupt(to);
      expect(await land(from, to)).toEqual({ kind: 'landed', ref: 'main', detour: null });
      expect(await rig.repo.git('status', '--porcelain')).toBe('');
      expect(await readFile(join(rig.repo.path, 'a.txt'), 'utf8')).toBe('a\n');
    });
  }

  for (const [name, interrupt] of cases) {
    test(`another landing, or the next engine, puts back one ${name}`, async () => {
      const from = await tip();
      const to = await candidateOn(from, { 'a.txt': 'a\n', 'README.md': 'landed\n', 'doomed.txt': null });
      await note(from, to);
      await interrupt(to);
      await rig.repo.write('mine.txt', 'mine\n');
      await rig.repo.git('add', 'mine.txt');
      await rig.repo.git('commit', '-q', '-m', 'the user commits', '--', 'mine.txt');
      const mended = await rig.port.repair([]);
      expect(mended).toEqual([
        `Put back what a landing that was cut off had begun to change in ${rig.repo.path}.`,
      ]);
      expect(await rig.repo.git('status', '--porcelain')).toBe('');
      expect(await rig.port.repair([])).toEqual([]);
      const next = await candidateOn(await tip(), { 'b.txt': 'b\n' });
      expect(await land(await tip(), next)).toEqual({ kind: 'landed', ref: 'main', detour: null });
      expect(await rig.repo.git('status', '--porcelain')).toBe('');
    });
  }

  test('one that was finished is not undone', async () => {
    const from = await tip();
    const to = await candidateOn(from, { 'a.txt': 'a\n' });
    await land(from, to);
    await note(from, to);
    await rig.repo.write('README.md', 'edited\n');
    await rig.port.repair([]);
    expect(await rig.repo.git('status', '--porcelain')).toBe(' M README.md');
  });

  test('what the user changed meanwhile stays', async () => {
    const from = await tip();
    const to = await candidateOn(from, { 'a.txt': 'a\n', 'README.md': 'landed\n' });
    await note(from, to);
    await rig.repo.write('README.md', 'landed\n');
    await rig.repo.write('a.txt', 'mine\n');
    await rig.repo.write('doomed.txt', 'edited\n');
    expect(await land(from, to)).toMatchObject({ ref: 'weft/integration' });
    expect(await rig.repo.git('status', '--porcelain')).toBe(' M doomed.txt\n?? a.txt');
    expect(await readFile(join(rig.repo.path, 'a.txt'), 'utf8')).toBe('mine\n');
  });
});
