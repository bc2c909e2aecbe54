// How a claim is read, normalised and refused.
import { describe, expect, test } from 'vitest';
import {
  type ClaimOptions,
  compilePattern,
  findPatternProblem,
  MAX_CLAIM_LENGTH,
  normalizeClaim,
  parseClaim,
  programOf,
} from '../../../src/core/claim/pattern.ts';

function check(text: string, expected: string, options: ClaimOptions = {}): void {
  test(`${JSON.stringify(text)} becomes ${expected}`, () => {
    expect(normalizeClaim(text, options)).toEqual({ ok: true, value: expected });
  });
}

function checkRefused(text: string, expected: RegExp): void {
  test(`${JSON.stringify(text.slice(0, 30))} is refused: ${expected.source}`, () => {
    const result = normalizeClaim(text);
    if (result.ok) throw new Error(`accepted as ${result.value}`);
    expect(result.failure.kind).toBe('usage');
    expect(result.failure.sentence).toMatch(expected);
    expect(result.failure.hint).toBeTruthy();
  });
}

describe('one written form', () => {
  check('src/api/**', 'src/api/**');
  check('  src/api/** \n', 'src/api/**');
  check('./src/a.ts', 'src/a.ts');
  check('././src/./a.ts', 'src/a.ts');
  check('src//a.ts', 'src/a.ts');
  check('src\\api\\*.ts', 'src/api/*.ts');
  check('.\\src\\a.ts', 'src/a.ts');
  check('src/', 'src/**');
  check('src//', 'src/**');
  check('src/.', 'src/**');
  check('src/*/', 'src/*/**');
  check('src/**/', 'src/**');
  check('a/**/**/**/b', 'a/**/b');
  check('a/***/**', 'a/**');
  check('.', '**');
  check('./', '**');
  check('**', '**');
  check('e\u0301.md', '\u00e9.md');
  check('!(a|b)/x', '!(a|b)/x');
});

describe('a path without wildcards', () => {
  check('src/a.ts', 'src/a.ts');
  check('.eslintrc.json', '.eslintrc.json');
  check('src/{a,b}.ts', 'src/{a,b}.ts');
  check('src/{a.ts,b.ts}', 'src/{a.ts,b.ts}');
  check('app/[id].tsx', 'app/[id].tsx');
  check('src/api', 'src/api/**');
  check('.github', '.github/**');
  check('v1.2', 'v1.2/**');
  check('src/{api,web}', 'src/{api,web}/**');
  check('app/[id]', 'app/[id]/**');
  check('app/[[...rest]]/x', 'app/[[...rest]]/x/**');
  check('log[0-9]', 'log[0-9]');
  check('src/*/api', 'src/*/api');
  check('Makefile', 'Makefile/**');
  check('Makefile', 'Makefile', { kindOf: () => 'file' });
  check('next.js', 'next.js/**', { kindOf: (path) => (path === 'next.js' ? 'directory' : undefined) });
  check('./next.js', 'next.js/**', { kindOf: (path) => (path === 'next.js' ? 'directory' : undefined) });
  check('src/api', 'src/api/**', { kindOf: () => undefined });
});

describe('refusals', () => {
  checkRefused('', /empty/);
  checkRefused('  \t', /empty/);
  checkRefused('../x', /leaves its directory/);
  checkRefused('src/../../x', /leaves its directory/);
  checkRefused('src/..', /leaves its directory/);
  checkRefused('..\\x', /leaves its directory/);
  checkRefused('{..,a}/x', /\. or \.\. segment/);
  checkRefused('a/{b,.}/x', /\. or \.\. segment/);
  checkRefused('/etc/passwd', /absolute/);
  checkRefused('\\\\server\\share', /absolute/);
  checkRefused('C:\\work', /absolute/);
  checkRefused('c:work', /absolute/);
  checkRefused('~/work', /absolute/);
  checkRefused('a\u0000b', /control character/);
  checkRefused('a\nb', /control character/);
  checkRefused('a\u001bb', /control character/);
  checkRefused('!src/gen/**', /excludes/);
  checkRefused('a'.repeat(MAX_CLAIM_LENGTH + 1), /longer than 1024/);

  test('a refusal shows neither control characters nor endless text', () => {
    const result = normalizeClaim(`../${'x'.repeat(900)}\u001b[2J`);
    if (result.ok) throw new Error('accepted');
    expect(result.failure.sentence.length).toBeLessThan(140);
    const escaped = normalizeClaim('\u001b[2J');
    if (escaped.ok) throw new Error('accepted');
    expect(escaped.failure.sentence).toContain('"\\u001b[2J"');
  });
});

describe('compiling', () => {
  test('normalising again changes nothing', () => {
    for (const text of ['src', 'a/**/b', './x/', 'src/{a,b}', '**', 'a.ts', 'v1.2', 'app/[id]']) {
      const once = normalizeClaim(text);
      if (!once.ok) throw new Error('refused');
      expect(normalizeClaim(once.value)).toEqual(once);
    }
  });

  test('the head is what every matching path starts with', () => {
    const headOf = (text: string): readonly string[] => compilePattern(text).head;
    expect(headOf('src/api/**')).toEqual(['src', 'api']);
    expect(headOf('src/a.ts')).toEqual(['src', 'a.ts']);
    expect(headOf('**/*.md')).toEqual([]);
    expect(headOf('src/{a/x,b}/c')).toEqual(['src']);
    expect(headOf('src/@(a|b)/c')).toEqual(['src']);
    expect(compilePattern('src/a.ts').shape).toBe('path');
    expect(compilePattern('src/a.ts/**').shape).toBe('tree');
    expect(compilePattern('src/**/a.ts').shape).toBe('glob');
    expect(compilePattern('src/../**').shape).toBe('glob');
  });

  test('a parsed claim keeps its text and says whether case counts', () => {
    const parsed = parseClaim('./Docs/', { foldCase: true });
    if (!parsed.ok) throw new Error('refused');
    expect(parsed.value).toMatchObject({ text: 'Docs/**', head: ['docs'], foldCase: true });
    expect(parseClaim('../x').ok).toBe(false);
  });

  test('programs grow no faster than their text', () => {
    const hostile = [
      '{a,b}'.repeat(204),
      '{'.repeat(512) + '}'.repeat(512),
      '{a,'.repeat(256) + '}'.repeat(256),
    ];
    for (const text of [...hostile, '[a]'.repeat(341), '*(+(@(a|b)|c)|d)'.repeat(64), '{1..9}'.repeat(170)]) {
      expect(programOf(compilePattern(text)).length).toBeLessThanOrEqual(3 * text.length);
    }
  });
});

describe('patterns that changed files are compared with', () => {
  test.each([
    ['src/api/**', null],
    ['./src/[a-c]?.ts', null],
    ['src/@(api|auth)/{a,b}[{(].ts', null],
    ['app/[id]/page.tsx', null],
    ['../x', 'leaves its directory with ..'],
    ['/etc/passwd', 'is an absolute path'],
    ['!src/**', 'excludes paths'],
    ['src/{..,a}/b', 'has a . or .. segment'],
    ['src/[a', 'has a [ that is not closed'],
    ['src/{a,b', 'has a { that is not closed'],
    ['src/@(a|[b)', 'has a [ that is not closed'],
    ['x'.repeat(MAX_CLAIM_LENGTH + 1), `is longer than ${MAX_CLAIM_LENGTH} characters`],
  ])('findPatternProblem(%j)', (text, problem) => {
    expect(findPatternProblem(text)?.sentence ?? null).toBe(problem);
  });
});
