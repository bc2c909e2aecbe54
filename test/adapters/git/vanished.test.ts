// What is gone from a merge: of a driver's making all of both sides is looked for, and of what was made by hand.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Oid, oid } from '../../../src/core/model.ts';
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
    ['has chosen one side', {}, text([4, 'theirs']), ['a.txt: is gone: ours']],
    ['has chosen the other', {}, text([4, 'ours']), ['a.txt: is gone (its own): theirs']],
    ['has put both into one line', {}, text([4, 'both ours and theirs']), []],
    [
      'has taken neither',
      {},
      text([4, 'else']),
      ['a.txt: is gone: ours', 'a.txt: is gone (its own): theirs'],
    ],
    ['may not choose where the target merges both', CHANGES, text([4, 'theirs']), ['a.txt: is gone: ours']],
  ];

  test.each(merged)('%s', async (_name, attributes, result, lost) => {
    const base = await rig.commitOn(start, attributes);
    const ours = await rig.commitOn(base, { 'a.txt': text([4, 'ours']) });
    const theirs = await rig.commitOn(base, { 'a.txt': text([4, 'theirs']) });
    const made = await rig.commitOn([theirs, ours], { 'a.txt': result });
    const found = await rig.port.listLost({ ours, theirs, result: made, files: ['a.txt'], sides: 'both' });
    expect(value(found)).toEqual(lost);
  });

  test('has lost what it took back in files that were not in conflict', async () => {
    const landed = { 'other.txt': 'landed\n', 'new.txt': 'new\n', 'c.bin': 'landed\0', 'b.txt': null };
    const resolved = { 'a.txt': text([4, 'ours\ntheirs']) };
    const ours = await rig.commitOn(start, { ...landed, 'a.txt': text([4, 'ours']) });
    const theirs = await rig.commitOn(start, { 'a.txt': text([4, 'theirs']) });
    const lostIn = async (files: Files): Promise<string> => {
      const result = await rig.commitOn([theirs, ours], { ...resolved, ...files });
      return value(await rig.port.listLost({ ours, theirs, result, files: ['a.txt'], sides: 'both' })).join(
        '\n',
      );
    };
    const undone = await lostIn({});
    for (const what of ['gone: landed', 'gone: new', 'gone: the file without lines'])
      expect(undone).toContain(what);
    expect(await lostIn({ ...landed, 'mine.txt': 'mine\n' })).toBe('');
    expect(await lostIn({ ...landed, 'new.txt': null, 'sub/new.txt': 'new\n' })).toBe('');
    expect(await lostIn({ ...landed, 'b.txt': text([1, 'one']) })).toContain('b.txt: is back: three');
  });

  type Choice = readonly [string, Files, Files, Files, readonly string[]];
  const changed = `${text()}more\n`;
  const choices: readonly Choice[] = [
    [
      'deleted what the other changed',
      { 'a.txt': null },
      { 'a.txt': changed },
      {},
      ['a.txt: is gone (its own): more'],
    ],
    [
      'kept what the other deleted',
      { 'a.txt': null },
      { 'a.txt': changed },
      { 'a.txt': changed },
      ['a.txt: is back'],
    ],
    [
      'chose one of two files without lines',
      { 'c.bin': 'ours\0' },
      { 'c.bin': 'theirs\0' },
      { 'c.bin': 'ours\0' },
      [expect.stringMatching(/^c\.bin: is gone \(its own\): the file without lines/)],
    ],
    [
      'put lines where the other side had moved them',
      { 'a.txt': text([4, 'see moved']), 'moved.txt': 'five\n' },
      { 'a.txt': text([4, 'five\nmine']) },
      { 'a.txt': text([4, 'see moved']), 'moved.txt': 'five\nmine\n' },
      [],
    ],
    [
      'gave up a file of its own that nothing was in the way of',
      { 'a.txt': text([4, 'ours']) },
      { 'a.txt': text([4, 'theirs']), 'b.txt': text([1, 'mine']) },
      { 'a.txt': text([4, 'ours\ntheirs']) },
      ['b.txt: is back (its own): two', 'b.txt: is gone (its own): mine'],
    ],
    [
      'went on with a file of its own',
      { 'a.txt': text([4, 'ours']) },
      { 'a.txt': text([4, 'theirs']), 'b.txt': text([1, 'mine']) },
      { 'a.txt': text([4, 'ours\ntheirs']), 'b.txt': text([1, 'more of mine']) },
      [],
    ],
    [
      'moved a file of its own',
      { 'a.txt': text([4, 'ours']) },
      { 'a.txt': text([4, 'theirs']), 'new.txt': 'new\n' },
      { 'a.txt': text([4, 'ours\ntheirs']), 'sub/new.txt': 'new\n' },
      [],
    ],
  ];
  test.each(choices)('%s', async (_name, landed, own, resolved, expected) => {
    const ours = await rig.commitOn(start, landed);
    const theirs = await rig.commitOn(start, own);
    // all of what landed is there, and of the own work what is named
    const onto = await rig.commitOn(ours, resolved);
    const tree = (await rig.repo.git('rev-parse', `${onto}^{tree}`)).trim();
    const made = await rig.repo.git('commit-tree', tree, '-p', theirs, '-p', ours, '-m', 'x');
    const list = async (sides: 'both' | 'ours' | 'neither'): Promise<readonly string[]> =>
      value(await rig.port.listLost({ ours, theirs, result: oid(made.trim()), files: ['a.txt'], sides }));
    expect(await list('both')).toEqual(expected);
    expect(await list('ours')).toEqual(
      expected.filter((line) => typeof line === 'string' && !line.includes('own')),
    );
    expect(await list('neither')).toEqual([]);
  });

  test('is known from what the branch was before, merged or put anew onto it', async () => {
    const ours = await rig.commitOn(start, { 'a.txt': text([4, 'ours']) });
    const own = await rig.commitOn(start, { 'b.txt': text([4, 'mine']) });
    const merged = await rig.commitOn([own, ours], {
      'b.txt': text([4, 'mine']),
      'a.txt': text([4, 'ours']),
    });
    const anew = await rig.commitOn(ours, { 'b.txt': text([4, 'mine']) });
    const move = (to: Oid): Promise<unknown> => rig.repo.git('branch', '-f', 'work', to);
    const find = (): Promise<Oid | null> =>
      rig.port.lastWithout({ branch: 'work', commit: ours, since: start });
    expect(await find()).toBeNull();
    await move(start);
    await move(ours);
    expect(await find()).toBeNull();
    for (const to of [merged, anew]) {
      await move(own);
      await move(to);
      await move(await rig.commitOn(to, { 'more.txt': 'more\n' }));
      expect(await find()).toBe(own);
    }
  });

  test('has not taken out the marks of the conflict', async () => {
    const ours = await rig.commitOn(start, { 'a.txt': text([4, 'ours']) });
    const theirs = await rig.commitOn(start, { 'a.txt': text([4, 'theirs']) });
    const marked = text([4, '<<<<<<< HEAD\ntheirs\n=======\nours\n>>>>>>> main']);
    const result = await rig.commitOn([theirs, ours], { 'a.txt': marked });
    const found = value(await rig.port.listLost({ ours, theirs, result, files: ['a.txt'], sides: 'both' }));
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
    const found = value(
      await rig.port.listLost({ ours, theirs, result: made, files: ['a.txt'], sides: 'both' }),
    );
    expect(found.join('\n')).toContain('is gone: ours');
  });
});
