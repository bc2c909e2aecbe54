// What is gone from a merge by hand where no line says so, and what is not gone although its lines are not there.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Oid, oid } from '../../../src/core/model.ts';
import { type CommitOptions, createRig, type Files, type Rig, value } from './rig.ts';

const COMMITS = ['1', '2', '3'].map((digit) => digit.repeat(40));
const [OLD = '', NEW = '', OTHER = ''] = COMMITS;
const CODE = 'function load() {}\nfirst\nsecond\nthird\nload();\n';

let rig: Rig;
let start: Oid;
beforeEach(async () => {
  rig = await createRig();
  const files = {
    'a.txt': 'one\ntwo\nthree\n',
    'run.sh': 'run\n',
    'old.txt': 'moved\n',
    'code.ts': CODE,
    lib: OLD,
    'page.md': 'one\n=======\ntwo\n',
    'braces.txt': '{\n}\n',
  };
  start = await rig.commitOn(await rig.head(), files, { modes: { lib: '160000' } });
});
afterEach(() => rig.remove());

/** Files, and the modes of some of them. */
type Edit = readonly [Files, CommitOptions['modes']?];

/** Lists what is lost when, after all of both sides, `later` is done too. */
async function listLost(of: {
  readonly landed: Edit;
  readonly own: Edit;
  readonly later: Edit;
}): Promise<readonly string[]> {
  const on = (parent: Oid, [files, modes = {}]: Edit): Promise<Oid> => rig.commitOn(parent, files, { modes });
  const [ours, theirs] = [await on(start, of.landed), await on(start, of.own)];
  const all = await on(await on(ours, of.own), of.later);
  const tree = (await rig.repo.git('rev-parse', `${all}^{tree}`)).trim();
  const made = await rig.repo.git('commit-tree', tree, '-p', theirs, '-p', ours, '-m', 'x');
  const result = oid(made.trim());
  return value(await rig.port.listLost({ ours, theirs, result, files: ['a.txt'], sides: 'both' }));
}

const MINE: Edit = [{ 'mine.txt': 'mine\n' }];
const LINK = { lib: '160000' };
const RUNS = { 'run.sh': '100755' };

test.each<readonly [string, Edit, Edit, readonly string[]]>([
  [
    'a mode',
    [{ 'run.sh': 'run\n' }, RUNS],
    [{ 'run.sh': 'run\n' }],
    ['run.sh: has the mode that it had before'],
  ],
  [
    'a mode, with other lines since',
    [{ 'run.sh': 'run\nfast\n' }, RUNS],
    [{ 'run.sh': 'run\nfast\nfaster\n' }],
    ['run.sh: has the mode that it had before'],
  ],
  [
    'the commit of another repository',
    [{ lib: NEW }, LINK],
    [{ lib: OLD }, LINK],
    ['lib: is back: the submodule at 111111111111', 'lib: is gone: the submodule at 222222222222'],
  ],
  [
    'a file that was moved',
    [{ 'old.txt': null, 'new.txt': 'moved\n' }],
    [{ 'old.txt': 'moved\n', 'new.txt': null }],
    ['old.txt: is back'],
  ],
  ['an empty file', [{ 'empty.txt': '' }], [{ 'empty.txt': null }], ['empty.txt: is gone']],
  [
    'signs alone',
    [{ 'braces.txt': '{{\n}}\n' }],
    [{ 'braces.txt': '{\n}\n' }],
    ['braces.txt: is as it was before'],
  ],
])('%s that landed and is put back is missed', async (_name, landed, later, expected) => {
  const found = await listLost({ landed, own: MINE, later });
  expect(found).toEqual(expected);
});

test.each<readonly [string, Edit, Edit]>([
  ['a mode that is another one still', [{ 'run.sh': 'run\n' }, RUNS], [{ 'run.sh': 'more\nrun\n' }, RUNS]],
  ['another repository that went on', [{ lib: NEW }, LINK], [{ lib: OTHER }, LINK]],
  [
    'a file that moved on',
    [{ 'old.txt': null, 'new.txt': 'moved\n' }],
    [{ 'new.txt': null, 'newer.txt': 'moved\n' }],
  ],
  ['an empty file that moved on', [{ 'empty.txt': '' }], [{ 'empty.txt': null, 'sub/empty.txt': '' }]],
])('%s is not missed', async (_name, landed, later) => {
  const isLink = 'lib' in later[0];
  const found = await listLost({ landed, own: MINE, later });
  // of a repository that is elsewhere nobody can say whether what landed is in it
  expect(found).toEqual(isLink ? [expect.stringContaining('the submodule at')] : []);
});

test('names that the own work gave up are not missed in lines that landed', async () => {
  const own: Edit = [{ 'code.ts': CODE.replaceAll('load', 'fetch') }];
  const landed: Edit = [{ 'other.ts': 'one\nload(1);\nload(2);\n' }];
  const adapted: Edit = [{ 'other.ts': 'one\nfetch(1);\nfetch(2);\n' }];
  expect(await listLost({ landed, own, later: adapted })).toEqual([]);
  const wrong: Edit = [{ 'other.ts': 'one\nfetch(1);\nfetch(3);\n' }];
  expect(await listLost({ landed, own, later: wrong })).toEqual(['other.ts: is gone: load(2);']);
});

test('its own lines are missed where nothing was in their way, unless it wrote others', async () => {
  const own: Edit = [{ 'code.ts': CODE.replace('first', 'mine') }];
  const landed: Edit = [{ 'code.ts': CODE.replace('third', 'landed') }];
  const both = CODE.replace('first', 'mine').replace('third', 'landed');
  const list = (text: string): Promise<readonly string[]> =>
    listLost({ landed, own, later: [{ 'code.ts': text }] });
  expect(await list(both)).toEqual([]);
  expect(await list(both.replace('mine', 'first'))).toEqual([
    'code.ts: is back (its own): first',
    'code.ts: is gone (its own): mine',
  ]);
  expect(await list(both.replace('mine', 'mine, and better'))).toEqual([]);
});

test('a heading that is underlined like a conflict parts none', async () => {
  const page = (first: string, second: string): string => `${first}\n=======\n${second}\n`;
  const of = {
    landed: [{ 'page.md': page('ours', 'red') }] as const,
    own: [{ 'page.md': page('theirs', 'blue') }] as const,
  };
  const list = (text: string): Promise<readonly string[]> =>
    listLost({ ...of, later: [{ 'page.md': text }] });
  expect(await list(page('ours theirs', 'red blue'))).toEqual([]);
  expect(await list(page('theirs', 'red blue'))).toEqual(['page.md: is gone: ours']);
  expect(await list(`ours\ntheirs\n=======\n=======\nred\nblue\n`)).toEqual([]);
  const left = `ours\n=======\ntheirs\n=======\nred\n=======\nblue\n`;
  expect(await list(left)).toEqual(['page.md: a mark of the conflict is left: =======']);
});
