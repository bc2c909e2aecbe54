// What is gone from a merge: of a driver's making all of both sides is looked for, of an agent's what nothing was in the way of.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Oid } from '../../../src/core/model.ts';
import { createRig, type Files, type Rig, value } from './rig.ts';

const TEN = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];
const text = (...edits: readonly (readonly [number, string])[]): string =>
  TEN.map((line, at) => `${edits.find(([place]) => place === at)?.[1] ?? line}\n`).join('');

let rig: Rig;
let start: Oid;
beforeEach(async () => {
  rig = await createRig();
  start = await rig.commitOn(await rig.head(), { 'a.txt': text(), 'b.txt': text(), 'c.bin': 'c\0\n' });
});
afterEach(() => rig.remove());

describe('a merge driver', () => {
  const drive = async (ours: Files, theirs: Files, driver: string): Promise<unknown> => {
    const target = await rig.commitOn(start, ours);
    const head = await rig.commitOn(start, theirs);
    const spec = { target, base: start, head, strategy: 'squash', driver, message: 'x', pin: 'b/1' } as const;
    return value(await rig.port.buildCandidate(spec));
  };
  const inConflict: [Files, Files] = [{ 'a.txt': text([4, 'ours']) }, { 'a.txt': text([4, 'theirs']) }];
  const union = 'git merge-file --union %A %O %B';

  test('that loses lines of a file that did not conflict is not believed', async () => {
    const [ours, theirs] = inConflict;
    // right where it is needed, wrong elsewhere
    const driver = `if [ %P = a.txt ]; then ${union}; else cp %B %A; fi`;
    expect(
      await drive(
        { ...ours, 'b.txt': text([0, 'ours']) },
        { ...theirs, 'b.txt': text([9, 'theirs']) },
        driver,
      ),
    ).toEqual({
      kind: 'conflict',
      files: ['a.txt'],
      vanished: ['b.txt: is back: one', 'b.txt: is gone: ours'],
    });
  });

  test('that makes a file which has no lines is not believed', async () => {
    expect(await drive({ 'c.bin': 'ours\0\n' }, { 'c.bin': 'theirs\0\n' }, 'cp %B %A')).toEqual({
      kind: 'conflict',
      files: ['c.bin'],
      vanished: [expect.stringMatching(/^c\.bin: is gone: the file without lines [0-9a-f]{12}$/)],
    });
  });

  test('that loses lines of a file which one side moved is not believed', async () => {
    const [ours, theirs] = inConflict;
    const driver = `if [ %P = a.txt ]; then ${union}; else cp %B %A; fi`;
    const made = await drive(
      { ...ours, 'b.txt': text([0, 'ours']) },
      { ...theirs, 'b.txt': null, 'moved.txt': text([9, 'theirs']) },
      driver,
    );
    expect(made).toEqual({
      kind: 'conflict',
      files: ['a.txt'],
      vanished: ['b.txt, moved.txt: is back: one', 'b.txt, moved.txt: is gone: ours'],
    });
  });

  test('that writes lines twice is not believed', async () => {
    const [ours, theirs] = inConflict;
    expect(await drive(ours, theirs, 'cat %B >>%A')).toMatchObject({
      kind: 'conflict',
      vanished: expect.arrayContaining(['a.txt: is there twice: one']),
    });
  });

  test('is believed where both sides made the same of a file', async () => {
    const [ours, theirs] = inConflict;
    const same = { 'c.bin': 'same\0\n' };
    expect(await drive({ ...ours, ...same }, { ...theirs, ...same }, union)).toMatchObject({ kind: 'built' });
  });
});

describe('who merged by hand', () => {
  const CHANGES = { '.gitattributes': '*.txt merge=union\n' };
  const merged: readonly (readonly [string, Files, string, readonly string[]])[] = [
    ['keeps all', {}, text([4, 'ours\ntheirs']), []],
    ['may choose in a conflict', {}, text([4, 'theirs']), []],
    ['may not choose where the target merges both', CHANGES, text([4, 'theirs']), ['a.txt: is gone: ours']],
  ];

  test.each(merged)('%s', async (_name, attributes, result, lost) => {
    const base = await rig.commitOn(start, attributes);
    const ours = await rig.commitOn(base, { 'a.txt': text([4, 'ours']) });
    const theirs = await rig.commitOn(base, { 'a.txt': text([4, 'theirs']) });
    const made = await rig.commitOn([theirs, ours], { 'a.txt': result });
    const found = await rig.port.listLost({ ours, theirs, result: made, files: ['a.txt'] });
    expect(value(found)).toEqual(lost);
  });

  test('has lost what it took back in files that were not in conflict', async () => {
    const landed = { 'other.txt': 'landed\n', 'new.txt': 'new\n', 'c.bin': 'landed\0', 'b.txt': null };
    const resolved = { 'a.txt': text([4, 'ours\ntheirs']) };
    const ours = await rig.commitOn(start, { ...landed, 'a.txt': text([4, 'ours']) });
    const theirs = await rig.commitOn(start, { 'a.txt': text([4, 'theirs']) });
    const lostIn = async (files: Files): Promise<string> => {
      const result = await rig.commitOn([theirs, ours], { ...resolved, ...files });
      return value(await rig.port.listLost({ ours, theirs, result, files: ['a.txt'] })).join('\n');
    };
    const undone = await lostIn({});
    for (const what of ['gone: landed', 'gone: new', 'gone: the file without lines'])
      expect(undone).toContain(what);
    expect(await lostIn({ ...landed, 'mine.txt': 'mine\n' })).toBe('');
    expect(await lostIn({ ...landed, 'new.txt': null, 'sub/new.txt': 'new\n' })).toBe('');
    expect(await lostIn({ ...landed, 'b.txt': text([1, 'one']) })).toContain('b.txt: is back: three');
  });

  test('has not taken out the marks of the conflict', async () => {
    const ours = await rig.commitOn(start, { 'a.txt': text([4, 'ours']) });
    const theirs = await rig.commitOn(start, { 'a.txt': text([4, 'theirs']) });
    const marked = text([4, '<<<<<<< HEAD\ntheirs\n=======\nours\n>>>>>>> main']);
    const result = await rig.commitOn([theirs, ours], { 'a.txt': marked });
    const found = value(await rig.port.listLost({ ours, theirs, result, files: ['a.txt'] }));
    expect(found).toEqual(['a.txt: a mark of the conflict is left: <<<<<<< HEAD']);
  });

  test('has lost lines of a file that became a folder', async () => {
    const ours = await rig.commitOn(start, { 'a.txt': text([4, 'ours']) });
    const theirs = await rig.commitOn(start, { 'a.txt': null, 'a.txt/f': 'mine\n' });
    const made = await rig.commitOn([theirs, ours], { 'a.txt': null, 'a.txt/f': 'mine\n' });
    const built = await rig.port.buildCandidate({
      target: ours,
      base: start,
      head: theirs,
      strategy: 'squash',
      message: 'x\n',
      pin: 'refs/weft/cand/vanished/folder',
    });
    expect(value(built)).toMatchObject({ kind: 'conflict', files: ['a.txt'] });
    const found = value(await rig.port.listLost({ ours, theirs, result: made, files: ['a.txt'] }));
    expect(found.join('\n')).toContain('is gone: ours');
  });
});
