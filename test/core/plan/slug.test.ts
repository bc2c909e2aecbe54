// Slugs: safe, bounded and injective for ids that wish us ill.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findIdProblem, nameTask, slugId, spellId } from '../../../src/core/plan/slug.ts';

const SAFE = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?(?:-[0-9a-f]{8})?$/;
const RESERVED = new Set(['con', 'prn', 'aux', 'nul', 'com1', 'lpt9']);

const hostile = [
  ...[
    '..',
    '.',
    '/',
    '\0',
    '-x',
    '--',
    'CON',
    'con',
    'Nul',
    'nul.md',
    '.git',
    'a.lock',
    '@{',
    '@',
    '~',
    'a b',
    '',
  ],
  ...[
    'é',
    'e\u0301',
    'É',
    'api',
    'API',
    'Api',
    'api-1a2b3c4d',
    slugId('API'),
    slugId('CON'),
    'x'.repeat(300),
  ],
  ...[
    `${'x'.repeat(299)}y`,
    '../../etc/passwd',
    'a/../b',
    'a\\b',
    '\u202eabc',
    '💥',
    'ＡＰＩ',
    '$(rm)',
    '`id`',
    "'",
    '"',
    '*',
  ],
];

describe('slugId', () => {
  test.each([
    ['api', 'api'],
    ['auth-api-2', 'auth-api-2'],
    ['Auth API', /^auth-api-[0-9a-f]{8}$/],
    ['bd-a3f8.1', /^bd-a3f8-1-[0-9a-f]{8}$/],
    ['', /^task-[0-9a-f]{8}$/],
    ['..', /^task-[0-9a-f]{8}$/],
    ['con', /^con-[0-9a-f]{8}$/],
    ['api-1a2b3c4d', /^api-1a2b3c4d-[0-9a-f]{8}$/],
    ['api-1a2b3c4d-x', 'api-1a2b3c4d-x'],
    ['com1', /^com1-[0-9a-f]{8}$/],
    ['com10', 'com10'],
    ['icon', 'icon'],
    ['x'.repeat(40), 'x'.repeat(40)],
    ['x'.repeat(41), /^x{40}-[0-9a-f]{8}$/],
    [`${'x'.repeat(39)}-y`, /^x{39}-[0-9a-f]{8}$/],
    ['-a-', /^a-[0-9a-f]{8}$/],
    // branches and directories of runs that began with an earlier version have these names
    ['API', 'api-24a7dd25'],
    ['é', 'task-a1487ab7'],
    ['ＡＰＩ', 'task-a75de135'],
  ])('%j', (id, expected) => {
    expect(slugId(id)).toMatch(typeof expected === 'string' ? new RegExp(`^${expected}$`) : expected);
  });

  test('gives 10,000 hostile ids 10,000 safe names', () => {
    const ids = new Set(hostile);
    for (let at = 0; ids.size < 10_000; at += 1) {
      const one = hostile[at % hostile.length] as string;
      const other = hostile[(at * 7 + 3) % hostile.length] as string;
      ids.add(`${one}${other}${at % 3 === 0 ? '' : String.fromCharCode(33 + (at % 4000))}`);
      ids.add(`${one}${at}`.toUpperCase());
    }
    const slugs = [...ids].map(slugId);
    for (const slug of slugs) {
      expect(slug).toMatch(SAFE);
      expect(RESERVED).not.toContain(slug);
    }
    expect(new Set(slugs.map((slug) => slug.toLowerCase())).size).toBe(ids.size);
  });

  test('is safe and repeatable for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (id) => {
        expect(slugId(id)).toMatch(SAFE);
        expect(slugId(id)).toBe(slugId(id));
      }),
    );
  });
});

test.each([
  ['a', null],
  ['bd-a1b2.3', null],
  ['#123', null],
  ['42', null],
  ['Ünïcödé_task+v2@home', null],
  ['x'.repeat(100), null],
  ['x'.repeat(101), 'is longer than 100 characters'],
  ['', 'is empty'],
  [' \t', 'is empty'],
  [' a', 'contains a space'],
  ['../evil', 'contains "/"'],
  ['a\\b', 'contains "\\\\"'],
  ['$(rm)', 'contains "$"'],
  ["it's", `contains "'"`],
  ['a;b', 'contains ";"'],
  ['..', 'begins with "."'],
  ['.git', 'begins with "."'],
  ['-rf', 'begins with "-"'],
  ['@me', 'begins with "@"'],
  ['a\nb', 'contains a character that cannot be printed'],
  ['a\u202eb', 'contains a character that cannot be printed'],
  ['a\ud800', 'contains a character that cannot be printed'],
])('findIdProblem(%j)', (id, problem) => {
  expect(findIdProblem(id)).toBe(problem);
});

test('branches take the slug of the task', () => {
  const names = { run: 'r1', task: 'Auth API', repo: 'shop' };
  expect(nameTask('weft/{run}/{task}/work', names)).toBe(`weft/r1/${slugId('Auth API')}/work`);
  expect(nameTask('{repo}-{run}', names)).toBe('shop-r1');
});

test.each([
  ['api', 'api'],
  ['Stream-A', 'Stream-A'],
  ['ghtml-a1b2.1', 'ghtml-a1b2.1'],
  ['123', '123'],
  ['api_auth', 'api_auth'],
  ['api-1a2b3c4d', 'api-1a2b3c4d'],
  ['x'.repeat(100), 'x'.repeat(100)],
  ['a..b', slugId('a..b')],
  ['a.', slugId('a.')],
  ['a.lock', slugId('a.lock')],
  ['a.LOCK', slugId('a.LOCK')],
  ['#123', slugId('#123')],
  ['a@b', slugId('a@b')],
  ['é', slugId('é')],
  ['con', slugId('con')],
  ['Con.txt', slugId('Con.txt')],
  ['', slugId('')],
])('spellId(%j)', (id, expected) => {
  expect(spellId(id)).toBe(expected);
});
