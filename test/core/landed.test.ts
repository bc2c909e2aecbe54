// Where landed work is, by the facts alone.
import { expect, test } from 'vitest';
import type { Event } from '../../src/core/event.ts';
import { findAside } from '../../src/core/landed.ts';
import { taskId } from '../../src/core/model.ts';
import { bring, buildState, buildTask, facts, play } from './build.ts';

const INTEGRATION = { ref: 'weft/integration', detour: 'main is in the way' };
const EMPTY = { detour: 'nothing was left to land' };
const BY_HUMAN = { by: 'human' };

test.each<[string, readonly (readonly [string, object])[], readonly string[]]>([
  ['nothing landed', [], []],
  [
    'all on the target',
    [
      ['a', {}],
      ['b', {}],
    ],
    [],
  ],
  [
    'beside it',
    [
      ['a', INTEGRATION],
      ['b', INTEGRATION],
    ],
    ['a', 'b'],
  ],
  [
    'beside it at last',
    [
      ['a', {}],
      ['b', INTEGRATION],
    ],
    ['b'],
  ],
  [
    'a later landing brings all of it',
    [
      ['a', INTEGRATION],
      ['b', {}],
    ],
    [],
  ],
  [
    'a later one that had nothing to land brings nothing',
    [
      ['a', INTEGRATION],
      ['b', EMPTY],
    ],
    ['a'],
  ],
  [
    'what a person merged brings nothing else',
    [
      ['a', INTEGRATION],
      ['b', BY_HUMAN],
    ],
    ['a'],
  ],
])('%s', (_name, landings, expected) => {
  const state = buildState([buildTask('a'), buildTask('b'), buildTask('m', { type: 'manual' })]);
  for (const [id, over] of landings) {
    bring(state, id, 'queued', 1);
    play(state, [{ ...facts.landed(id), ...over } as Event], 1);
  }
  play(state, [{ type: 'task.done', task: taskId('m') }], 1);
  expect(findAside(state)).toEqual(
    expected.length === 0 ? null : { ref: 'weft/integration', tasks: expected },
  );
});
