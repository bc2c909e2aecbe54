// Places of worktrees: which patterns are taken, what becomes of them, and where none may be.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEFAULT_PLACE, drawPlace, findPlaceProblem, isOfOneRun, judgePlace } from '../../src/core/place.ts';
import { slugId } from '../../src/core/plan/slug.ts';

const names = { root: '/home/ada/shop.weft', repo: 'shop', run: 'r1', task: 'Stream-A' };

describe('a pattern is filled in', () => {
  test.each([
    [DEFAULT_PLACE, `/home/ada/shop.weft/r1/${slugId('Stream-A')}`],
    ['{root}/{id}', '/home/ada/shop.weft/Stream-A'],
    ['../worktrees/{id}', '../worktrees/Stream-A'],
    ['../{repo}-issue-{id}', '../shop-issue-Stream-A'],
    ['.runr-worktrees/{run}/{task}', `.runr-worktrees/r1/${slugId('Stream-A')}`],
    ['/data/{repo}/{run}-{id}', '/data/shop/r1-Stream-A'],
    ['{id}/{id}', 'Stream-A/Stream-A'],
  ])('%s', (pattern, expected) => {
    expect(findPlaceProblem(pattern)).toBeNull();
    expect(drawPlace(pattern, names)).toBe(expected);
  });

  test('in one pass: a name that looks like a place, or like a word of a replacement, stays', () => {
    const odd = { ...names, root: '/{id}/$&', repo: '{run}$1' };
    expect(drawPlace('{root}/{repo}/{id}', odd)).toBe('/{id}/$&/{run}$1/Stream-A');
  });
});

test.each([
  ['../worktrees', 'has neither {task} nor {id} in it'],
  ['{run}/x', 'has neither {task} nor {id} in it'],
  ['{track}/{id}', 'has "{track}" in it'],
  ['{id', 'has "{id" in it'],
  ['x}/{id}', 'has "}" in it'],
  ['{ id }/{task}', 'has "{ id }" in it'],
  ['x/{root}/{id}', 'has {root} elsewhere than at its beginning'],
  ['{root}/{root}/{id}', 'has {root} elsewhere than at its beginning'],
  ['{root}{id}', 'has {root} elsewhere than at its beginning'],
  ['~/w/{id}', 'begins with ~'],
  ['..\\w\\{id}', 'has a backslash'],
  ['w//{id}', 'has an empty segment'],
  ['w/{id}/', 'has an empty segment'],
  ['//w/{id}', 'has an empty segment'],
  ['w/../{id}', 'has a . or .. after its beginning'],
  ['../{id}/..', 'has a . or .. after its beginning'],
  ['w/./{id}', 'has a . or .. after its beginning'],
  ['{root}/../{id}', 'has a . or .. after its beginning'],
  ['.git/{id}', 'has the segment ".git"'],
  ['../x/.GIT/{id}', 'has the segment ".GIT"'],
  ['{root}/.gates/{id}', 'has the segment ".gates"'],
  ['{root}/.weft-trash/{id}', 'has the segment ".weft-trash"'],
  ['w\n/{id}', 'has a character that cannot be printed'],
  [`${'x'.repeat(500)}{id}`, 'is longer than 500 characters'],
])('findPlaceProblem(%j)', (pattern, sentence) => {
  expect(findPlaceProblem(pattern)?.sentence).toBe(sentence);
});

test.each([
  ['./{id}', null],
  ['../../{id}', null],
  ['.worktrees/{id}', null],
  ['{task}/{run}', null],
  ['my work/{id}', null],
])('findPlaceProblem(%j)', (pattern, problem) => {
  expect(findPlaceProblem(pattern)).toBe(problem);
});

test('whether two runs may meet', () => {
  expect([DEFAULT_PLACE, '../worktrees/{id}'].map(isOfOneRun)).toEqual([true, false]);
});

describe('judgePlace', () => {
  const judge = (path: string, tracked = false): string | null =>
    judgePlace({ path, repository: '/home/ada/shop', gitDir: '/home/ada/shop/.git', tracked })?.sentence ??
    null;

  test.each([
    ['/home/ada/worktrees/x', null],
    ['/home/ada/shop-issue-1', null],
    ['/home/ada/shop/.claude/worktrees/x', null],
    ['/home/ada/shop/.weft/worktrees/x', null],
    ['/home/ada/shop', 'is the repository itself'],
    ['/home/ada', 'has the repository in it'],
    ['/', 'has the repository in it'],
    ['/home/ada/shop/.git', 'belongs to git'],
    ['/home/ada/shop/.git/worktrees/x', 'belongs to git'],
    ['/home/ada/other/.Git/x', 'belongs to git'],
    ['/home/ada/shop/.weft', 'belongs to what weft knows of its runs'],
    ['/home/ada/shop/.weft/runs', 'belongs to what weft knows of its runs'],
    ['/home/ada/shop/.weft/agents/x', 'belongs to what weft knows of its runs'],
    ['/home/ada/shop/.weft/runs/r1/x', 'belongs to what weft knows of its runs'],
  ])('%s', (path, expected) => {
    expect(judge(path)).toBe(expected);
  });

  test('files that git has are no place for one, outside of the repository there are none', () => {
    expect(judge('/home/ada/shop/src/x', true)).toBe('is among files of the repository');
    expect(judge('/home/ada/worktrees/x', true)).toBeNull();
  });

  test('a git folder that lies elsewhere', () => {
    const of = { repository: '/a/shop', gitDir: '/a/store', tracked: false };
    expect(judgePlace({ ...of, path: '/a/store/x' })?.sentence).toBe('belongs to git');
    expect(judgePlace({ ...of, path: '/a/storeroom/x' })).toBeNull();
  });
});

test('no two tasks of a pattern that is taken lie in each other', () => {
  const id = fc.stringMatching(/^[A-Za-z0-9_#][A-Za-z0-9._#@+-]{0,20}$/);
  const segment = fc.constantFrom('{id}', '{task}', 'x-{id}', '{repo}', '{run}', 'w', '.claude');
  fc.assert(
    fc.property(id, id, fc.array(segment, { minLength: 1, maxLength: 4 }), (one, other, segments) => {
      const pattern = `../${segments.join('/')}`;
      fc.pre(findPlaceProblem(pattern) === null && one !== other);
      const [a, b] = [one, other].map((task) => drawPlace(pattern, { ...names, task })) as [string, string];
      expect(a).not.toBe(b);
      expect(a.startsWith(`${b}/`) || b.startsWith(`${a}/`)).toBe(false);
      expect(a.split('/')).toHaveLength(segments.length + 1);
    }),
  );
});
