// What a reference leads to: ids before paths, paths before names, and never a guess between several.
import { expect, test } from 'vitest';
import { createDirectory, findTask } from '../../../src/core/plan/reference.ts';
import { draft } from './drafts.ts';

const directory = () =>
  createDirectory([
    draft('a', { ref: 'tasks/one.md' }),
    draft('b', { ref: './deep/tasks/one.md' }),
    draft('c', { ref: 'deep\\two.MARKDOWN' }),
    draft('one.md', { ref: 'x/three.txt' }),
    draft('a', { ref: 'tasks/again.md' }),
    draft('tasks/four.md', { ref: 'y/five.md' }),
  ]);

test.each<[string, number | string[] | null]>([
  ['a', 0],
  ['one.md', 3],
  ['tasks/one.md', 0],
  ['././deep/tasks/one.md', 1],
  ['deep/two.markdown', 2],
  ['two', 2],
  ['two.txt', null],
  ['three.txt', 3],
  ['three', null],
  ['again.md', 4],
  ['elsewhere/one', ['a', 'b']],
  ['one', ['a', 'b']],
  ['four', null],
])('%s', (text, expected) => {
  const found = findTask(directory(), text);
  if (found.kind === 'task') expect(found.task).toBe(expected);
  else expect(found.kind === 'several' ? found.ids : null).toEqual(expected);
});

test('near ids are named until so many were compared that it would take long', () => {
  const many = createDirectory(Array.from({ length: 1_000 }, (_, at) => draft(`task-${at}`)));
  const misses = Array.from({ length: 1_001 }, () => findTask(many, 'tsk-7.md'));
  expect(misses[999]).toEqual({ kind: 'none', nearest: 'task-7' });
  expect(misses[1_000]).toEqual({ kind: 'none', nearest: null });
});
