// Which files an agent is said to be at, by the report of its session.
import { expect, test } from 'vitest';
import { sayHeard } from '../../src/core/heard.ts';
import type { TaskView } from '../../src/core/view.ts';

const TASK = { id: 'a', phase: 'working', reason: 'at work', worktree: '/w' } as unknown as TaskView;

function look(said: string | null): TaskView {
  return sayHeard(TASK, { written: [1_000], said, claimed: null, at: 1_000, afterMs: 60_000 });
}

const report = (files: unknown): string => JSON.stringify({ version: 1, files });

test.each<[string, string | null, readonly string[] | undefined]>([
  ['no report', null, undefined],
  ['half a report', '{"files":["a.ts"', undefined],
  ['a report of another kind', '[]', undefined],
  ['no object', 'null', undefined],
  ['no files yet', report([]), undefined],
  ['files that are none', report('a.ts'), undefined],
  [
    'relative and absolute ones',
    report(['/w/src/a.ts', 'src/b.ts', './c.ts']),
    ['src/a.ts', 'src/b.ts', 'c.ts'],
  ],
  ['one under two names', report(['/w/a.ts', 'a.ts', './a.ts']), ['a.ts']],
  ['what is no text', report([1, null, 'a.ts']), ['a.ts']],
  ['the worktree itself', report(['/w', '/w/', '.', './', '']), undefined],
  ['places elsewhere', report(['/etc/passwd', '/ww/a.ts', '../a.ts', 'src/../../a.ts']), undefined],
  ['a name of dots', report(['..a', 'a..b']), ['..a', 'a..b']],
  ['a very long one', report(['a'.repeat(201), 'b'.repeat(200)]), ['b'.repeat(200)]],
  ['many', report(['1', '2', '3', '4', '5', '6']), ['1', '2', '3', '4', '5']],
])('%s', (_name, said, touching) => {
  const { touching: shown, ...rest } = look(said);
  expect(shown).toEqual(touching);
  expect(rest).toEqual(TASK);
});

test('nothing absolute is shown where the worktree is not known', () => {
  const heard = {
    written: [1_000],
    said: report(['/w/a.ts', 'b.ts']),
    claimed: null,
    at: 1_000,
    afterMs: 60_000,
  };
  expect(sayHeard({ ...TASK, worktree: null }, heard).touching).toEqual(['b.ts']);
});

test.each<[string, string | null, { status: string; note: string | null } | null, string | undefined]>([
  ['nothing', null, null, undefined],
  ['a session', '{"doing":"Runs  npm\\ntest"}', null, 'Runs npm test'],
  ['a session that says none', '{"doing":" "}', null, undefined],
  ['a session that says too much', `{"doing":"${'x'.repeat(300)}"}`, null, 'x'.repeat(200)],
  ['a report', '{"doing":"Edits a.ts"}', { status: 'working', note: 'Half done' }, 'Half done'],
  ['a report without words', '{"doing":"Edits a.ts"}', { status: 'working', note: null }, 'Edits a.ts'],
  ['one who reads', null, { status: 'planning', note: 'Reads' }, 'planning: Reads'],
  ['one who only came', null, { status: 'registered', note: null }, 'registered'],
  ['one who is done', null, { status: 'complete', note: 'Done' }, undefined],
])('what it is doing, by %s', (_name, said, claimed, doing) => {
  const heard = { written: [1_000], said, claimed, at: 1_000, afterMs: 60_000 };
  expect(sayHeard(TASK, heard).doing).toBe(doing);
  expect(sayHeard({ ...TASK, question: {} as never }, heard).doing).toBeUndefined();
});
