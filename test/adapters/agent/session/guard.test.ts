// Which paths an agent may write, in a worktree with links that lead in and out of it.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createGuard } from '../../../../src/adapters/agent/session/guard.ts';

const around = realpathSync(mkdtempSync(join(tmpdir(), 'weft-guard-')));
afterAll(() => rmSync(around, { recursive: true, force: true }));

const worktree = join(around, 'tree');
for (const folder of ['tree/src/deep', 'tree/docs', 'tree/.git', 'tree-beside', 'temp'])
  mkdirSync(join(around, folder), { recursive: true });
writeFileSync(join(around, 'secret'), '');
const LINKS: readonly (readonly [name: string, target: string])[] = [
  ['src/out', '../../tree-beside'],
  ['src/file-out', '../../secret'],
  ['src/nothing-out', '../../not-there'],
  ['src/nothing-chain', 'nothing-out'],
  ['src/docs', '../docs'],
  ['src/git', '../.git'],
  ['src/loop', 'loop'],
  ['docs/in', '../src'],
];
for (const [name, target] of LINKS) symlinkSync(target, join(worktree, name));
symlinkSync('tree', join(around, 'link-to-tree'));

const OUTSIDE = 'is outside the worktree';
const NOT_ITS = 'is outside the files of this task';
const GIT = 'belongs to git';

describe('a task that owns src', () => {
  const guard = createGuard({
    worktree,
    owns: ['src/**'],
    own: [join(around, 'temp'), join(around, 'status.json')],
  });
  const paths: readonly [path: string, why: string | null][] = [
    ['src/a.ts', null],
    ['./src/../src/a.ts', null],
    ['src/new/folder/a.ts', null],
    [join(worktree, 'src/a.ts'), null],
    [join(around, 'link-to-tree/src/a.ts'), null],
    ['docs/in/a.ts', null],
    ['src/...', null],
    ['docs/a.md', NOT_ITS],
    ['README.md', NOT_ITS],
    [join(worktree, 'README.md'), NOT_ITS],
    ['src/docs/a.md', NOT_ITS],
    ['src/../docs/a.md', NOT_ITS],
    ['../tree-beside/src/a.ts', OUTSIDE],
    [join(around, 'tree-beside/src/a.ts'), OUTSIDE],
    ['src/../../secret', OUTSIDE],
    ['/etc/passwd', OUTSIDE],
    ['/', OUTSIDE],
    ['src/out/a.ts', OUTSIDE],
    ['src/out/new/a.ts', OUTSIDE],
    ['src/file-out', OUTSIDE],
    ['src/nothing-out', OUTSIDE],
    ['src/nothing-out/a', OUTSIDE],
    ['src/nothing-chain', OUTSIDE],
    ['.git', GIT],
    ['.git/hooks/pre-commit', GIT],
    ['src/git/config', GIT],
    ['src/module/.git/config', GIT],
    ['.gitignore', NOT_ITS],
    ['src/.gitignore', null],
    [join(around, 'temp/x'), null],
    [join(around, 'temp/../secret'), OUTSIDE],
    [join(around, 'temporary'), OUTSIDE],
    [join(around, 'status.json'), null],
    ['src/loop', null],
    [`src/${'a/'.repeat(50_000)}`, 'cannot be written'],
  ];
  for (const [path, why] of paths) {
    it(`${why === null ? 'may' : 'must not'} write ${path.replace(around, '').slice(0, 40)}`, () => {
      if (why === null) expect(guard(path)).toBe(null);
      else expect(guard(path)).toContain(why);
    });
  }

  it('is told what is its own, and what to do', () => {
    expect(guard('README.md')).toBe(
      'README.md is outside the files of this task (src/**). Leave it as it is; when the task cannot be done without it, say so and end your turn.',
    );
  });
});

it('a task that owns everything may write all but what is git’s or lies elsewhere', () => {
  const guard = createGuard({ worktree, owns: null, own: [] });
  expect(guard('README.md')).toBe(null);
  expect(guard('.git/config')).toContain(GIT);
  expect(guard('/etc/passwd')).toContain(OUTSIDE);
});

it('who only reads may write its own files alone', () => {
  const guard = createGuard({ worktree, owns: [], own: [join(around, 'result.json')] });
  expect(guard('README.md')).toBe('README.md must stay as it is: this part of the work only reads.');
  expect(guard(join(around, 'result.json'))).toBe(null);
});
