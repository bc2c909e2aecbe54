// Whether two patterns share a path, and which: tables, laws and hostile patterns.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { matchesPath } from '../../../src/core/claim/match.ts';
import { findOverlap, overlapClaims, overlaps, searchCommonPath } from '../../../src/core/claim/overlap.ts';
import { compilePattern, type Pattern, parseClaim, programOf } from '../../../src/core/claim/pattern.ts';
import { oracleMatches, smallPaths, somePattern } from './glob-oracle.ts';

function claim(text: string): Pattern {
  const parsed = parseClaim(text);
  if (!parsed.ok) throw new Error(parsed.failure.sentence);
  return parsed.value;
}

function check(a: string, b: string, expected: string | null): void {
  test(`${a} and ${b}: ${expected ?? 'disjoint'}`, () => {
    expect(findOverlap(claim(a), claim(b))).toBe(expected);
    const back = findOverlap(claim(b), claim(a));
    expect(back === null).toBe(expected === null);
  });
}

describe('pairs', () => {
  check('src/api/**', 'src/api/auth/**', 'src/api/auth/a');
  check('src/api/**', 'src/api-v2/**', null);
  check('**/*.ts', 'docs/**/*.md', null);
  check('docs/*.md', 'docs/*.txt', null);
  check('src/*.ts', 'src/*.js', null);
  check('src', 'src/api/a.ts', 'src/api/a.ts');
  check('src/', './src', 'src/a');
  check('src/a.ts', 'src/a.ts', 'src/a.ts');
  check('src/a.ts', 'src/b.ts', null);
  check('README.md', '**/*.ts', null);
  check('README.md', '**/*.md', 'README.md');
  check('.', 'x/y', 'x/y/a');
  check('**', '**', 'a');
  check('src/**/*.ts', 'src/**', 'src/a.ts');
  check('**/test/**', 'packages/*/test/x.ts', 'packages/a/test/x.ts');
  check('packages/*/src/**', 'packages/core/**', 'packages/core/src/a');
  check('packages/*/src/**', 'packages/src/**', 'packages/src/src/a');
  check('a/*', 'a', 'a/a');
  check('a*/x', 'a/x', 'a/x');
  check('src/{api,web}/*.ts', 'src/web/index.*', 'src/web/index.ts');
  check('src/{api,web}/*.ts', 'src/cli/*.ts', null);
  check('*.{ts,js}', '*.{css,md}', null);
  check('a[0-4]', 'a[4-9]', 'a4');
  check('[a-m]*', '[n-z]*', null);
  check('[!a]*', 'a*', null);
  check('[!a-y0-9A-Z]', '[^z]', '_');
  check('*a*', '*b*', 'aaba');
  check('docs/*1.md', 'docs/*2.md', null);
  check('?', '??', null);
  check('.?', '?.', null);
  check('.*', '?*.ts', '.a.ts');
  check('src/**/b', 'src/*/b', 'src/a/b');
  check('app/[id]/page.tsx', 'app/[slug]/page.tsx', null);
  check('!(x)', 'x', 'x');
  check('+(ab)', '+(aba)', null);
  check('+(aa)', '+(aaa)', 'aaaaaa');
});

test('a pattern that only `.` and `..` would match overlaps nothing', () => {
  expect(findOverlap(compilePattern('.{,.}'), compilePattern('**'))).toBeNull();
});

describe('lists', () => {
  const left = ['docs/**', 'src/**/*.ts'].map(claim);

  test('the first pair that meets is named with a path', () => {
    expect(overlapClaims(left, ['*.md', 'src/api/**', 'docs/x.md'].map(claim))).toEqual({
      left: 'docs/**',
      right: 'docs/x.md',
      witness: 'docs/x.md',
    });
  });

  test('lists that share no path, and empty ones, do not meet', () => {
    expect(overlapClaims(left, ['*.md', 'lib/**'].map(claim))).toBeNull();
    expect(overlapClaims(left, [])).toBeNull();
  });

  test('folded patterns meet whatever their case', () => {
    const options = { foldCase: true };
    expect(findOverlap(compilePattern('SRC/**', options), compilePattern('src/A.ts', options))).toBe(
      'src/a.ts',
    );
    expect(findOverlap(compilePattern('SRC/**'), compilePattern('src/A.ts'))).toBeNull();
  });
});

describe('laws', () => {
  test('a pattern that matches a path overlaps itself, and the order of a pair does not matter', () => {
    fc.assert(
      fc.property(somePattern, somePattern, (one, other) => {
        const [a, b] = [compilePattern(one), compilePattern(other)];
        expect(overlaps(a, b)).toBe(overlaps(b, a));
        expect(overlaps(a, b)).toBe(findOverlap(a, b) !== null);
        if (smallPaths.some((path) => matchesPath(a, path))) expect(overlaps(a, a)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('a witness matches both patterns, also in the plain reading', () => {
    fc.assert(
      fc.property(somePattern, somePattern, (one, other) => {
        const witness = findOverlap(compilePattern(one), compilePattern(other));
        if (witness === null) return;
        expect([one, other, witness, oracleMatches(one, witness)]).toEqual([one, other, witness, true]);
        expect([one, other, witness, oracleMatches(other, witness)]).toEqual([one, other, witness, true]);
      }),
      { numRuns: 5000 },
    );
  });

  test('patterns found disjoint share none of a thousand paths', () => {
    fc.assert(
      fc.property(somePattern, somePattern, (one, other) => {
        const [a, b] = [compilePattern(one), compilePattern(other)];
        if (overlaps(a, b)) return;
        expect(smallPaths.filter((path) => matchesPath(a, path) && matchesPath(b, path))).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('hostile pairs', () => {
  // Two threads per step on either side, and five places; far less is ever met.
  const MAX_STEPS_PER_CELL = 8;
  const HOSTILE = [
    `${'*a'.repeat(127)}b`,
    `${'*b'.repeat(127)}a`,
    `${'a*'.repeat(127)}b`,
    `${'**/a/'.repeat(51)}`,
    `${'**/'.repeat(84)}b`,
    `${'**/*a/'.repeat(42)}c`,
    `${'?*'.repeat(127)}x`,
    '{*a,b*}'.repeat(36),
    `${'{'.repeat(60)}${'a,b}'.repeat(49)}`,
    `${'{a,'.repeat(63)}${'}'.repeat(63)}`,
    '{,**/,*}'.repeat(32),
    '*(*(a)|b)'.repeat(28),
    '+(*a|*b)'.repeat(32),
    '*(*/)'.repeat(51),
    '[a-z]'.repeat(51),
    '[a*b]'.repeat(51),
    '[!a]'.repeat(64),
    '*'.repeat(256),
    '['.repeat(256),
    '!(a)'.repeat(64),
  ].map((text) => compilePattern(text));

  test('each is decided in steps bounded by the product of the lengths', () => {
    for (const a of HOSTILE) {
      for (const b of HOSTILE) {
        const { steps, path } = searchCommonPath(programOf(a), programOf(b));
        expect(steps).toBeLessThanOrEqual(MAX_STEPS_PER_CELL * programOf(a).length * programOf(b).length);
        if (path !== null) expect([matchesPath(a, path), matchesPath(b, path)]).toEqual([true, true]);
      }
    }
  }, 60_000);

  test('ten thousand random ones of up to 256 characters never exceed the bound', () => {
    const pieces = [
      '*',
      '**',
      '/',
      'a',
      'b',
      '{',
      '}',
      ',',
      '?',
      '[ab]',
      '[',
      '(',
      ')',
      '|',
      '@(',
      '*(',
      '{a,*}',
    ];
    let seed = 1;
    const random = (below: number): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    const hostile = (): Pattern => {
      let text = '';
      const length = random(4) === 0 ? 256 : 1 + random(40);
      while (text.length < length) text += pieces[random(pieces.length)];
      return compilePattern(text.slice(0, 256));
    };
    let worst = 0;
    for (let pair = 0; pair < 10_000; pair += 1) {
      const [a, b] = [hostile(), hostile()];
      const { steps, path } = searchCommonPath(programOf(a), programOf(b));
      worst = Math.max(worst, steps / (programOf(a).length * programOf(b).length));
      if (path !== null && !(matchesPath(a, path) && matchesPath(b, path))) {
        throw new Error(`${path} is no witness of ${a.text} and ${b.text}`);
      }
    }
    expect(worst).toBeGreaterThan(0);
    expect(worst).toBeLessThanOrEqual(MAX_STEPS_PER_CELL);
  }, 120_000);
});
