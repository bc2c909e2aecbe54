// Holding claims, finding who is in the way, and letting go: against asking every holder in turn.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  collidePairs,
  createClaimIndex,
  findCollision,
  holdClaim,
  MAX_PAIRS,
  releaseClaim,
} from '../../../src/core/claim/claim-index.ts';
import { overlapClaims } from '../../../src/core/claim/overlap.ts';
import { compilePattern, type Pattern } from '../../../src/core/claim/pattern.ts';
import { somePattern } from './glob-oracle.ts';

const compile = (...texts: string[]): Pattern[] => texts.map((text) => compilePattern(text));

const someClaims: fc.Arbitrary<string[]> = fc.array(
  fc.oneof(
    somePattern,
    fc.tuple(fc.constantFrom('a', 'a/b', 'b'), somePattern).map(([head, rest]) => `${head}/${rest}`),
  ),
  { maxLength: 3 },
);

describe('held claims', () => {
  test('a collision names the earliest held pattern, its owner, the asking one and a path', () => {
    const index = createClaimIndex();
    holdClaim(index, 'docs', compile('docs/**', '**/*.md'));
    holdClaim(index, 'api', compile('src/api/**'));
    expect(findCollision(index, compile('src/api/auth/**', 'docs/x'))).toEqual({
      owner: 'docs',
      left: 'docs/x',
      right: 'docs/**',
      witness: 'docs/x',
    });
    expect(findCollision(index, compile('src/api/auth/**'))).toEqual({
      owner: 'docs',
      left: 'src/api/auth/**',
      right: '**/*.md',
      witness: 'src/api/auth/a.md',
    });
    expect(findCollision(index, compile('src/api/a.ts'))).toMatchObject({
      owner: 'api',
      witness: 'src/api/a.ts',
    });
    expect(findCollision(index, compile('src/web/*.ts'))).toBeNull();
  });

  test('owners may be ignored', () => {
    const index = createClaimIndex();
    holdClaim(index, 'one', compile('src/**'));
    holdClaim(index, 'two', compile('src/**'));
    expect(findCollision(index, compile('src/a'), (owner) => owner === 'one')?.owner).toBe('two');
    expect(findCollision(index, compile('src/a'), () => true)).toBeNull();
  });

  test('a claim is found from above, from below and beside wildcards', () => {
    const index = createClaimIndex();
    holdClaim(index, 'deep', compile('a/b/c/d/**'));
    expect(findCollision(index, compile('a/**'))?.owner).toBe('deep');
    expect(findCollision(index, compile('a/b/c/d/e/f'))?.owner).toBe('deep');
    expect(findCollision(index, compile('a/*/c/**'))?.owner).toBe('deep');
    expect(findCollision(index, compile('**/d/x'))?.owner).toBe('deep');
    expect(findCollision(index, compile('a/*/d/**'))).toBeNull();
    expect(findCollision(index, compile('a/b/c'))).toBeNull();
    expect(findCollision(index, compile('a/b/cc/**'))).toBeNull();
  });

  test('a claim cannot be held twice, and releasing nothing is no harm', () => {
    const index = createClaimIndex();
    holdClaim(index, 'one', compile('src/**'));
    expect(() => holdClaim(index, 'one', [])).toThrow(/already holds/);
    releaseClaim(index, 'two');
    releaseClaim(index, 'one');
    releaseClaim(index, 'one');
    expect(findCollision(index, compile('**'))).toBeNull();
  });
});

describe('laws', () => {
  test('agrees with asking every holder in turn, whatever was released before', () => {
    fc.assert(
      fc.property(
        fc.array(someClaims, { maxLength: 8 }),
        someClaims,
        fc.nat(255),
        (claims, asked, released) => {
          const index = createClaimIndex();
          const holders = claims.map((texts, at) => ({ owner: `t${at}`, patterns: compile(...texts) }));
          for (const { owner, patterns } of holders) holdClaim(index, owner, patterns);
          const left = holders.filter(({ owner }, at) => {
            const gone = (released & (1 << at)) !== 0;
            if (gone) releaseClaim(index, owner);
            return !gone;
          });
          const asking = compile(...asked);
          const first = left.find(({ patterns }) => overlapClaims(asking, patterns) !== null);
          expect(findCollision(index, asking)?.owner).toBe(first?.owner);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('an index is empty again after everything was released', () => {
    fc.assert(
      fc.property(fc.array(someClaims, { maxLength: 6 }), (claims) => {
        const index = createClaimIndex();
        claims.forEach((texts, at) => {
          holdClaim(index, `t${at}`, compile(...texts));
        });
        claims.forEach((_, at) => {
          releaseClaim(index, `t${at}`);
        });
        expect({ ...index, nextRank: 0 }).toEqual(createClaimIndex());
      }),
    );
  });

  test('the pairs are exactly those that meet, in order', () => {
    fc.assert(
      fc.property(fc.array(someClaims, { maxLength: 8 }), (claims) => {
        const tasks = claims.map((texts, at) => ({ id: `t${at}`, patterns: compile(...texts) }));
        const expected = tasks.flatMap((second, at) =>
          tasks
            .slice(0, at)
            .filter((first) => overlapClaims(first.patterns, second.patterns) !== null)
            .map((first) => [first.id, second.id]),
        );
        expect(collidePairs(tasks).map(({ first, second }) => [first, second])).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });
});

describe('size', () => {
  const tasks = Array.from({ length: 10_000 }, (_, at) => ({
    id: `t${at}`,
    patterns: compile(`packages/p${at % 100}/src/m${at}/**`),
  }));

  test('ten thousand disjoint claims are held, asked and released', () => {
    const index = createClaimIndex();
    for (const { id, patterns } of tasks) {
      expect(findCollision(index, patterns)).toBeNull();
      holdClaim(index, id, patterns);
    }
    expect(findCollision(index, compile('packages/p7/src/m4207/a.ts'))?.owner).toBe('t4207');
    expect(findCollision(index, compile('packages/*/docs/**'))).toBeNull();
    expect(findCollision(index, compile('**/*.md'))?.owner).toBe('t0');
    for (const { id } of tasks) releaseClaim(index, id);
    expect(index.root.children).toBeNull();
  });

  test('pairs are named up to the bound', () => {
    expect(collidePairs(tasks)).toEqual([]);
    const same = Array.from({ length: 150 }, (_, at) => ({ id: `t${at}`, patterns: compile('src/**') }));
    const pairs = collidePairs(same);
    expect(pairs.length).toBe(MAX_PAIRS);
    expect(pairs[0]).toEqual({
      first: 't0',
      second: 't1',
      left: 'src/**',
      right: 'src/**',
      witness: 'src/a',
    });
  });
});
