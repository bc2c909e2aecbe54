// What tasks changed is remembered, bounded, and guessed from; a file that is spoilt is as good as none.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createFiles } from '../../src/adapters/system/files.ts';
import { guessOwnership, rememberTouched } from '../../src/engine/guesses.ts';
import { bring, buildState, buildTask } from '../core/build.ts';

let stateDir: string;
const tools = () => ({ files: createFiles(), stateDir });
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'weft-guesses-'));
});
afterEach(() => rm(stateDir, { recursive: true, force: true }));

const guessed = async (...tasks: Parameters<typeof buildTask>[]): Promise<unknown> => {
  const plan = { tasks: tasks.map((of) => buildTask(...of)) };
  const made = await guessOwnership(tools(), plan, ['a.ts', 'b.txt']);
  return made.tasks.map(({ guess }) => guess?.map(({ pattern, from }) => `${pattern} ${from}`));
};

test('what landed is guessed from', async () => {
  const state = buildState([buildTask('a', { title: 'Colours of the page' }), buildTask('b')]);
  bring(state, 'a', 'merged');
  bring(state, 'b', 'committed');
  await rememberTouched(tools(), state);
  const like = { title: 'More colours of the page' };
  const known = JSON.parse(await readFile(join(stateDir, 'touched.json'), 'utf8')) as { task: string }[];
  expect(known.map(({ task }) => task)).toEqual(['a']);
  expect(await guessed(['x', like], ['y', { title: 'Else' }], ['z', { ...like, owns: ['z'] }])).toEqual([
    ['a.ts history'],
    undefined,
    undefined,
  ]);
});

test('each task is remembered once, the latest run last', async () => {
  for (const ids of [['a', 'b'], ['a']]) {
    const state = buildState(ids.map((id) => buildTask(id)));
    for (const id of ids) bring(state, id, 'merged');
    await rememberTouched(tools(), state);
  }
  const known = JSON.parse(await readFile(join(stateDir, 'touched.json'), 'utf8')) as { task: string }[];
  expect(known.map(({ task }) => task)).toEqual(['b', 'a']);
});

test.each(['', '{', '{}', '[1, {"task": "x"}]', '[{"task":"x","title":"x","track":null,"files":[1]}]'])(
  'a file that holds %j is none',
  async (text) => {
    await writeFile(join(stateDir, 'touched.json'), text);
    expect(await guessed(['x', { body: 'Change b.txt' }])).toEqual([['b.txt text']]);
  },
);
