// Which paths a pattern covers: tables, and an independent reading of patterns.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findOutside, isInsideClaims, matchesPath, readSegments } from '../../../src/core/claim/match.ts';
import { compilePattern, programOf } from '../../../src/core/claim/pattern.ts';
import { oracleMatches, somePath, somePattern } from './glob-oracle.ts';

function check(pattern: string, expected: { inside: string[]; outside: string[] }): void {
  test(pattern, () => {
    const compiled = compilePattern(pattern);
    expect(expected.inside.filter((path) => !matchesPath(compiled, path))).toEqual([]);
    expect(expected.outside.filter((path) => matchesPath(compiled, path))).toEqual([]);
  });
}

describe('patterns', () => {
  check('src/a.ts', {
    inside: ['src/a.ts'],
    outside: ['src/a.tsx', 'src/A.ts', 'src', 'src/a.ts/b', 'a.ts'],
  });
  check('src/*', { inside: ['src/a', 'src/.env'], outside: ['src', 'src/a/b', 'srcs/a'] });
  check('src/**', {
    inside: ['src', 'src/a', 'src/.env', 'src/a/b/c'],
    outside: ['srcs', 'srcs/a', 'x/src/a'],
  });
  check('**', { inside: ['a', '.a', 'a/b/.c'], outside: [] });
  check('**/*.md', { inside: ['a.md', 'x/a.md', 'x/y/.md'], outside: ['a.mdx', 'a.md/x'] });
  check('a/**/b', { inside: ['a/b', 'a/x/b', 'a/x/y/b'], outside: ['ab', 'a/xb', 'a', 'b'] });
  check('a/*/b', { inside: ['a/x/b'], outside: ['a/b', 'a/x/y/b'] });
  check('a**b/c', { inside: ['ab/c', 'axb/c'], outside: ['a/b/c', 'ax/xb/c'] });
  check('?.ts', { inside: ['a.ts', '😀.ts', '..ts'], outside: ['.ts', 'ab.ts'] });
  check('*.{ts,tsx}', { inside: ['a.ts', 'a.tsx', '.ts'], outside: ['a.t', 'a/b.ts'] });
  check('{src,test}/**/x', { inside: ['src/x', 'test/a/x'], outside: ['lib/x', 'src'] });
  check('{a,b/{c,d}}/x', { inside: ['a/x', 'b/c/x', 'b/d/x'], outside: ['b/x', 'c/x'] });
  check('{**,a}/b', { inside: ['b', 'x/y/b', 'a/b'], outside: ['xb', 'b/a'] });
  check('a/{,b}/c', { inside: ['a/c', 'a/b/c'], outside: ['ac', 'a/x/c'] });
  check('{*,}a', { inside: ['a', 'xa'], outside: ['', 'x'] });
  check('f{a..c}', { inside: ['fa', 'fc'], outside: ['fd', 'f{a..c}'] });
  check('f{3..1}', { inside: ['f1', 'f3'], outside: ['f4'] });
  check('f{1..12}', { inside: ['f1', 'f12'], outside: ['g1'] });
  check('f{x}', { inside: ['f{x}'], outside: ['fx'] });
  check('{a,b', { inside: ['{a,b'], outside: ['a', 'b'] });
  check('a}b,c', { inside: ['a}b,c'], outside: ['a'] });
  check('@(a|b)c', { inside: ['ac', 'bc'], outside: ['c', 'abc'] });
  check('?(a|b)c', { inside: ['ac', 'c'], outside: ['abc'] });
  check('+(a|b)c', { inside: ['ac', 'abac'], outside: ['c'] });
  check('*(a|b)c', { inside: ['ac', 'abac', 'c'], outside: ['xc'] });
  check('x!(a|b)', { inside: ['x', 'xc', 'xa'], outside: ['x/c'] });
  check('app/(site)/+page.ts', { inside: ['app/(site)/+page.ts'], outside: ['app/site/+page.ts'] });
  check('[a-c]x', { inside: ['ax', 'cx', '[a-c]x'], outside: ['dx', '-x'] });
  check('[!a-c]x', { inside: ['dx', '-x'], outside: ['ax', 'x', '/x'] });
  check('[^a]', { inside: ['b', '^'], outside: ['a'] });
  check('[]a]', { inside: [']', 'a'], outside: ['b'] });
  check('[a', { inside: ['[a'], outside: ['a'] });
  check('[a/b]', { inside: ['[a/b]'], outside: ['a', 'b'] });
  check('[.-0]', { inside: ['0', '[.-0]'], outside: ['/'] });
  check('[[:alpha:]]x', { inside: ['ax', '1x'], outside: ['x'] });
  check('users/[id]/[[...rest]].ts', { inside: ['users/[id]/[[...rest]].ts'], outside: ['users/x/r.ts'] });
});

describe('paths', () => {
  const everything = compilePattern('**');

  test.each(['', '/', '/etc/passwd', 'a//b', 'a/', './a', 'a/./b', '../a', 'src/../../x', '..'])(
    'nothing matches the malformed path %j',
    (path) => {
      expect(matchesPath(everything, path)).toBe(false);
    },
  );

  test('both forms of an accented letter are one', () => {
    expect(matchesPath(compilePattern('caf\u00e9.md'), 'cafe\u0301.md')).toBe(true);
  });

  test('case counts unless it is folded', () => {
    expect(matchesPath(compilePattern('Docs/[A-C]*'), 'docs/ab')).toBe(false);
    expect(matchesPath(compilePattern('Docs/[A-C]*', { foldCase: true }), 'dOCS/ab')).toBe(true);
    expect(matchesPath(compilePattern('Docs/[!A-C]*', { foldCase: true }), 'docs/Ab')).toBe(false);
  });

  test('paths outside every claim are named in their order', () => {
    const claims = [compilePattern('src/**'), compilePattern('*.md')];
    expect(findOutside(claims, ['z/x', 'src/a', 'README.md', 'docs/a.md'])).toEqual(['z/x', 'docs/a.md']);
    expect(isInsideClaims(claims, 'src/x')).toBe(true);
    expect(isInsideClaims([], 'src/x')).toBe(false);
  });
});

describe('laws', () => {
  test('agrees with the plain reading', () => {
    fc.assert(
      fc.property(somePattern, somePath, (pattern, path) => {
        expect(matchesPath(compilePattern(pattern), path)).toBe(oracleMatches(pattern, path));
      }),
      { numRuns: 5000 },
    );
  });

  test('a path without wildcards matches itself', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9@ _()+~-]{1,20}(?:\/[a-z0-9@ _+~-]{1,20}){0,3}$/), (path) => {
        fc.pre(!/[@+]\(/.test(path));
        expect(matchesPath(compilePattern(path), path)).toBe(true);
      }),
    );
  });

  test('no more threads live at once than the program has places, whatever the pattern', () => {
    for (const pattern of [
      `${'*a'.repeat(127)}b`,
      '**/'.repeat(85),
      '{*,**/,}'.repeat(32),
      '*(*(a)|*a)'.repeat(25),
    ]) {
      const program = programOf(compilePattern(pattern));
      const threads = readSegments(program, [0], `${'a'.repeat(300)}/`);
      expect(threads.length).toBeLessThanOrEqual(program.length * 2);
      expect(matchesPath(compilePattern(pattern), `${'a'.repeat(3000)}c`)).toBe(
        !pattern.endsWith('ab') && !pattern.endsWith(')'),
      );
    }
  });
});
