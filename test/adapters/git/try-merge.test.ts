// Whether two commits merge: the answer is held against a real merge in a checkout, over random edits of every kind.
import { execFile } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { STARTING, type Starting } from '../../../src/adapters/git/programs.ts';
import { type Oid, oid } from '../../../src/core/model.ts';
import { testGitEnv } from '../../../src/testing/temp-repo.ts';
import { createRig, type Files, type Rig, value } from './rig.ts';

const runFile = promisify(execFile);

let rig: Rig;
let start: Oid;
beforeEach(async () => {
  rig = await createRig();
  start = await rig.commitOn(await rig.head(), {
    'a.txt': 'one\ntwo\nthree\nfour\nfive\n',
    'dir/b.txt': 'b\n',
  });
});
afterEach(() => rig.remove());

/** Tries both ways round, which have to agree. */
async function conflicts(
  one: Oid,
  other: Oid,
  bases: readonly [Oid, Oid] = [start, start],
): Promise<readonly string[]> {
  const [ours, theirs] = [
    { head: one, base: bases[0] },
    { head: other, base: bases[1] },
  ];
  const there = value(await rig.port.tryMerge({ work: ours, onto: theirs }));
  const back = value(await rig.port.tryMerge({ work: theirs, onto: ours }));
  expect(back.length > 0).toBe(there.length > 0);
  return there;
}

/** Counts the merges that git is started for. */
async function countMerges(work: () => Promise<unknown>): Promise<number> {
  let count = 0;
  const note = (message: unknown): void => {
    if ((message as Starting).argv.includes('merge-tree')) count += 1;
  };
  subscribe(STARTING, note);
  await work();
  unsubscribe(STARTING, note);
  return count;
}

describe('two changes', () => {
  const cases: readonly (readonly [string, Files, Files, readonly string[]])[] = [
    ['the same line', { 'a.txt': 'ONE\n' }, { 'a.txt': 'uno\n' }, ['a.txt']],
    ['different files', { 'a.txt': 'x\n' }, { 'dir/b.txt': 'x\n' }, []],
    ['the same change', { 'a.txt': 'x\n' }, { 'a.txt': 'x\n' }, []],
    [
      'lines far apart',
      { 'a.txt': 'ONE\ntwo\nthree\nfour\nfive\n' },
      { 'a.txt': 'one\ntwo\nthree\nfour\nFIVE\n' },
      [],
    ],
    ['a file where the other has a folder', { new: 'x\n' }, { 'new/x.txt': 'x\n' }, ['new']],
    ['a deletion and a change', { 'a.txt': null }, { 'a.txt': 'x\n' }, ['a.txt']],
  ];
  for (const [name, one, other, files] of cases) {
    test(name, async () => {
      const found = await conflicts(await rig.commitOn(start, one), await rig.commitOn(start, other));
      expect(found.map((file) => file.replace(/~.*/, ''))).toEqual(files);
    });
  }

  test('that do not meet are told apart without a merge, and nothing is left in the repository', async () => {
    const one = await rig.commitOn(start, { 'c.txt': 'c\n', 'a.txt': 'ONE\n' });
    const other = await rig.commitOn(start, { 'dir/d.txt': 'd\n' });
    const clash = await rig.commitOn(start, { 'a.txt': 'uno\n' });
    // the first few programs are started in another way
    for (let at = 0; at < 8; at += 1)
      await rig.port.tryMerge({ work: { head: clash, base: start }, onto: { head: one, base: start } });
    const before = await rig.repo.git('count-objects', '-v');
    expect(await countMerges(async () => expect(await conflicts(one, other)).toEqual([]))).toBe(0);
    expect(await countMerges(async () => expect(await conflicts(one, clash)).toEqual(['a.txt']))).toBe(2);
    expect(await rig.repo.git('count-objects', '-v')).toBe(before);
  });
});

describe('changes that began at different commits', () => {
  test('the older is not said to be in conflict with what the younger only began at', async () => {
    const older = await rig.commitOn(start, { 'a.txt': 'ONE\ntwo\nthree\nfour\nfive\n' });
    const target = await rig.commitOn(start, { 'a.txt': 'uno\ntwo\nthree\nfour\nfive\n' });
    const younger = await rig.commitOn(target, { 'c.txt': 'c\n' });
    expect(await conflicts(older, younger, [start, target])).toEqual([]);
    const landed = { head: target, base: target };
    expect(value(await rig.port.tryMerge({ work: { head: older, base: start }, onto: landed }))).toEqual([
      'a.txt',
    ]);
  });

  test('work on top of what landed in another form is not in conflict with it', async () => {
    const first = await rig.commitOn(start, { 'n.txt': 'first\n' });
    const second = await rig.commitOn(first, { 'n.txt': 'second\n' });
    const squashed = await rig.commitOn(start, { 'n.txt': 'first\n', 'm.txt': 'm\n' });
    const beside = await rig.commitOn(squashed, { 'm.txt': 'beside\n' });
    expect(await conflicts(second, beside, [first, squashed])).toEqual([]);
  });
});

describe('attributes of the one that takes the change', () => {
  test('a file whose lines are joined is never in conflict', async () => {
    const base = await rig.commitOn(start, { '.gitattributes': 'LOG merge=union\n', LOG: 'start\n' });
    const one = await rig.commitOn(base, { LOG: 'start\none\n' });
    const other = await rig.commitOn(base, { LOG: 'start\nother\n' });
    expect(await conflicts(one, other, [base, base])).toEqual([]);
  });
});

/** Numbers below a limit, the same ones for the same seed. */
function createChance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const FOLDERS = ['', 'src/', 'src/api/', 'src/ui/', 'docs/'];
const NAMES = ['a', 'b', 'c', 'api', 'Read', 'read'];

/** A file of lines that resemble each other little, so that a renamed one is known again. */
function draw(chance: (below: number) => number): string {
  return Array.from({ length: 12 }, (_, line) => `${line} ${chance(1e9).toString(36)}`)
    .join('\n')
    .concat('\n');
}

type Tree = Map<string, { readonly mode: string; readonly text: string }>;

function drawBase(chance: (below: number) => number): Tree {
  const tree: Tree = new Map([['README.md', { mode: '100644', text: draw(chance) }]]);
  for (const folder of FOLDERS.slice(1))
    for (const name of NAMES.slice(0, 3))
      tree.set(`${folder}${name}.txt`, { mode: '100644', text: draw(chance) });
  if (chance(2) === 0) tree.set('.gitattributes', { mode: '100644', text: 'docs/*.txt merge=union\n' });
  return tree;
}

/** Edits of every kind; paths of a tree must not run into each other. */
function edit(tree: Tree, chance: (below: number) => number): void {
  const paths = [...tree.keys()].filter((path) => path !== '.gitattributes');
  const path = paths[chance(paths.length)] ?? 'README.md';
  const file = tree.get(path) ?? { mode: '100644', text: '' };
  const isFree = (at: string): boolean =>
    ![...tree.keys()].some((each) => each === at || each.startsWith(`${at}/`) || at.startsWith(`${each}/`));
  const invent = (): string =>
    `${FOLDERS[chance(FOLDERS.length)]}${NAMES[chance(NAMES.length)]}${['.txt', '', '/x.txt'][chance(3)]}`;
  const move = (from: string, to: string): void => {
    const moved = tree.get(from);
    tree.delete(from);
    if (moved !== undefined && isFree(to)) tree.set(to, moved);
  };
  switch (chance(10)) {
    case 0:
    case 1:
    case 2: {
      const lines = file.text.split('\n');
      lines[chance(lines.length - 1)] = `changed ${chance(3)}`;
      return void tree.set(path, { ...file, text: lines.join('\n') });
    }
    case 3:
      return void tree.set(path, { ...file, text: `${file.text}added ${chance(3)}\n` });
    case 4:
      return void tree.delete(path);
    case 5:
      return move(path, invent());
    case 6: {
      const [from, to] = [FOLDERS[1 + chance(4)] ?? '', ['moved/', 'src/new/', 'docs/'][chance(3)] ?? ''];
      for (const each of paths) if (each.startsWith(from)) move(each, to + each.slice(from.length));
      return;
    }
    case 7:
      return void tree.set(path, { ...file, mode: file.mode === '100644' ? '100755' : '100644' });
    case 8: {
      const at = invent();
      if (isFree(at)) tree.set(at, { mode: '100644', text: chance(2) === 0 ? 'same\n' : draw(chance) });
      return;
    }
    default:
      tree.set(path, { mode: '120000', text: `target-${chance(2)}` });
  }
}

/** Fast-import of one commit with exactly that tree. */
function importTree(of: { readonly ref: string; readonly from: string; readonly tree: Tree }): string {
  const files = [...of.tree].map(
    ([path, { mode, text }]) => `M ${mode} inline "${path}"\ndata ${Buffer.byteLength(text)}\n${text}\n`,
  );
  const who = 'committer A <a@b> 1700000000 +0000';
  return `commit ${of.ref}\n${who}\ndata 1\nx\nfrom ${of.from}\ndeleteall\n${files.join('')}\n`;
}

const BRANCHES = 13;

/** Merges every pair of the branches in a checkout, as a person would; says of each whether git stopped. */
async function mergeReally(
  folder: string,
  pairs: readonly (readonly [string, string])[],
): Promise<readonly boolean[]> {
  const list = join(folder, '..', 'pairs');
  await writeFile(list, pairs.map((pair) => `${pair.join(' ')}\n`).join(''));
  const script = `
while read -r ours theirs; do
  git checkout -q -f --detach "$ours" && git clean -qfdx
  if git merge -q --no-edit "$theirs" >/dev/null 2>&1; then echo merged
  elif [ -n "$(git ls-files -u)" ]; then echo conflict
  else echo "trouble $ours $theirs"; fi
  git reset -q --hard
done <"$1"`;
  const { stdout } = await runFile('sh', ['-c', script, 'sh', list], {
    cwd: folder,
    env: testGitEnv(),
    maxBuffer: 1e7,
  });
  const words = stdout.trim().split('\n');
  expect(words.filter((word) => word.startsWith('trouble'))).toEqual([]);
  return words.map((word) => word === 'conflict');
}

async function compare(
  seed: number,
): Promise<{ readonly pairs: number; readonly conflicts: number; readonly merges: number }> {
  const chance = createChance(seed);
  const base = drawBase(chance);
  const ref = (name: number | 'base'): string => `refs/heads/s${seed}/${name}`;
  const streams = [importTree({ ref: ref('base'), from: 'refs/heads/main^0', tree: base })];
  for (let branch = 0; branch < BRANCHES; branch += 1) {
    const tree = new Map(base);
    for (let edits = 1 + chance(3); edits > 0; edits -= 1) edit(tree, chance);
    streams.push(importTree({ ref: ref(branch), from: ref('base'), tree }));
  }
  const file = join(rig.repo.around, 'stream');
  await writeFile(file, streams.join(''));
  await runFile('sh', ['-c', 'git fast-import --quiet <"$1"', 'sh', file], {
    cwd: rig.repo.path,
    env: testGitEnv(),
  });
  const named = async (name: number | 'base'): Promise<Oid> =>
    oid(await rig.repo.git('rev-parse', ref(name)));
  const [from, heads] = [
    await named('base'),
    await Promise.all(Array.from({ length: BRANCHES }, (_, at) => named(at))),
  ];
  const pairs = heads.flatMap((ours, at) => heads.slice(at + 1).map((theirs) => [ours, theirs] as const));
  const truth = await mergeReally(rig.repo.path, pairs);
  const said: boolean[] = [];
  const merges = await countMerges(async () => {
    for (const [ours, theirs] of pairs) {
      const work = { head: theirs, base: from };
      said.push(value(await rig.port.tryMerge({ work, onto: { head: ours, base: from } })).length > 0);
    }
  });
  const wrong = pairs
    .filter((_, at) => said[at] !== truth[at])
    .map((pair, at) => `${pair.join(' ')} ${truth[at]}`);
  expect(wrong).toEqual([]);
  return { pairs: pairs.length, conflicts: truth.filter(Boolean).length, merges };
}

test('of 546 pairs of random edits exactly those conflict that git stops at', async () => {
  let [pairs, met, merges] = [0, 0, 0];
  for (let seed = 1; seed <= 7; seed += 1) {
    const seen = await compare(seed);
    pairs += seen.pairs;
    met += seen.conflicts;
    merges += seen.merges;
  }
  expect(pairs).toBe(546);
  // enough of both kinds that the comparison says something, and pairs that were not merged at all
  expect(met).toBeGreaterThan(60);
  expect(pairs - met).toBeGreaterThan(100);
  expect(merges).toBeLessThan(pairs * 0.9);
}, 180_000);
