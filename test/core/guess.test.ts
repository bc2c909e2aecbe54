// Where a task that claims nothing will probably work: tables of texts and pasts, and what seeing it work adds.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compilePattern } from '../../src/core/claim/pattern.ts';
import { createGuesser, describeGuess, MAX_GUESS, type Touched, widenGuess } from '../../src/core/guess.ts';
import { type Guess, taskId } from '../../src/core/model.ts';

const FILES = [
  'README.md',
  'docs/guide.md',
  'src/api/auth.ts',
  'src/api/index.ts',
  'src/api/users.ts',
  'src/core/landing-line.ts',
  'src/web/index.ts',
  'src/web/page/index.ts',
  'src/web/page/[id].ts',
  'test/index.ts',
  'test/core/landing-line.test.ts',
];

interface Asked {
  readonly id?: string;
  readonly title?: string;
  readonly body?: string;
  readonly track?: string | null;
}

function guess(asked: Asked, past: readonly Touched[] = []): readonly string[] {
  const { id = 'x', title = 'x', body = '', track = null } = asked;
  const found = createGuesser({ files: FILES, past })({ id: taskId(id), title, body, track });
  return found.map(({ pattern, weight, from }) => `${weight} ${pattern} ${from}`);
}

const TEXTS: readonly (readonly [string, Asked, readonly string[]])[] = [
  ['a path', { body: 'Change `src/api/auth.ts`.' }, ['1 src/api/auth.ts text']],
  ['a path from here', { body: 'See ./docs/guide.md, please.' }, ['1 docs/guide.md text']],
  ['the end of a path', { body: 'in api/users.ts' }, ['0.9 src/api/users.ts text']],
  ['a file name', { body: 'in auth.ts' }, ['0.9 src/api/auth.ts text']],
  ['a folder', { body: 'everything below src/web/page' }, ['0.8 src/web/page/** text']],
  ['a folder at the root', { body: 'write the docs/ anew' }, ['0.8 docs/** text']],
  ['an ordinary word that is a folder', { body: 'write the docs anew, and a test' }, []],
  ['a name that many files have', { body: 'in index.ts' }, []],
  ['a path that is not there', { body: 'create src/api/tokens.ts' }, []],
  [
    'an identifier',
    { body: 'the LandingLine keeps its order' },
    ['0.6 src/core/landing-line.ts text', '0.6 test/core/landing-line.test.ts text'],
  ],
  ['a word of the title', { title: 'Users can log out' }, ['0.3 src/api/users.ts text']],
  ['a word of the text', { body: 'users can log out' }, []],
  ['a file whose name is a pattern', { body: 'src/web/page/[id].ts' }, ['0.8 src/web/page/** text']],
  ['nothing', { title: '', body: '' }, []],
];

test.each(TEXTS)('%s', (_, asked, expected) => {
  expect(guess(asked)).toEqual(expected);
});

const PAST: readonly Touched[] = [
  { task: 'login', title: 'Rate limits of the login', track: 'api', files: ['src/api/auth.ts', 'gone.ts'] },
  { task: 'guide', title: 'Explain the login to people', track: 'docs', files: ['docs/guide.md'] },
];

const PASTS: readonly (readonly [string, Asked, readonly string[]])[] = [
  ['the same task', { id: 'guide', title: 'Something else' }, ['0.7 docs/guide.md history']],
  ['a similar title', { title: 'Tests of rate limits' }, ['0.28 src/api/auth.ts history']],
  [
    'a similar title of the same track',
    { title: 'Tests of rate limits', track: 'api' },
    ['0.42 src/api/auth.ts history'],
  ],
  ['the same track alone', { title: 'Colours', track: 'api' }, []],
  ['nothing in common', { title: 'Colours' }, []],
];

test.each(PASTS)('the past: %s', (_, asked, expected) => {
  expect(guess(asked, PAST)).toEqual(expected);
});

test('many files of one folder are the folder', () => {
  const files = [1, 2, 3, 4, 5].map((n) => `src/a/${n}.ts`);
  expect(widenGuess([], files)).toEqual([{ pattern: 'src/a/**', weight: 1, from: 'work' }]);
});

test('what a task changed comes before what was guessed, which stays', () => {
  const before: readonly Guess[] = [{ pattern: 'docs/**', weight: 0.8, from: 'text' }];
  expect(widenGuess(before, ['src/a.ts']).map(({ pattern }) => pattern)).toEqual(['src/a.ts', 'docs/**']);
});

test('a guess is bounded, sorted and made of patterns', () => {
  const path = fc.array(fc.constantFrom('a', 'b', 'c1', 'd-e', '[x]'), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.array(path, { maxLength: 60 }), fc.string(), (paths, words) => {
      const files = [...new Set(paths.map((parts) => `${parts.join('/')}.ts`))];
      const body = `${files.join(' ')} ${words}`;
      const found = createGuesser({ files, past: [] })({ id: taskId('x'), title: words, body, track: null });
      expect(found.length).toBeLessThanOrEqual(MAX_GUESS);
      expect(new Set(found.map(({ pattern }) => pattern)).size).toBe(found.length);
      expect(found.map(({ weight }) => weight)).toEqual(
        found.map(({ weight }) => weight).sort((a, b) => b - a),
      );
      for (const { pattern } of found) expect(compilePattern(pattern).shape).not.toBe('glob');
    }),
  );
});

test('for people the first few are named', () => {
  const files = ['a', 'b', 'c', 'd'].map((name) => `${name}/x.ts`);
  const guessed = widenGuess([{ pattern: 'src/**', weight: 0.8, from: 'text' }], files);
  expect(describeGuess(guessed.slice(4))).toBe('src/** (from its text)');
  expect(describeGuess(guessed)).toMatch(/^a\/x\.ts \(from what it changed\), .*, and 1 more$/);
});
