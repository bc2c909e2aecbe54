// Work that is built on other work when that changes under it.
import { describe, expect, test } from 'vitest';
import type { Event } from '../../../src/core/event.ts';
import { type Policy, taskId } from '../../../src/core/model.ts';
import type { RunState } from '../../../src/core/state.ts';
import {
  bring,
  buildState,
  buildsOn,
  buildTask,
  facts,
  find,
  hash,
  play,
  sayDecisions,
  settle,
} from '../build.ts';

/** `upper` works on what `lower` had verified, and then `lower` is verified anew with another commit. */
function change(
  over: { readonly policy?: Partial<Policy>; readonly steerable?: boolean; readonly role?: 'plan' } = {},
): RunState {
  const tasks = [buildTask('lower'), buildTask('upper', { edges: [buildsOn('lower')] })];
  const state = buildState(tasks, { integrate: 'human', ...over.policy });
  bring(state, 'lower', 'committed');
  settle(state);
  play(state, [facts.started(state, 'upper', over.steerable ?? true)]);
  expect(find(state, 'upper').attempt?.stackedOn).toEqual({ task: 'lower', commit: hash('lower head') });
  play(state, [{ type: 'guidance.given', task: taskId('lower'), text: 'do more' }]);
  settle(state);
  play(state, [facts.started(state, 'lower'), facts.exited(state, 'lower')]);
  play(state, [facts.inspected(state, 'lower', { head: hash('other'), tree: hash('other tree') })]);
  return state;
}

const verify = (state: RunState): RunState =>
  play(state, [
    {
      ...(facts.verified(state, 'lower') as Extract<Event, { type: 'attempt.verified' }>),
      tree: hash('other tree'),
    },
  ]);

describe('an agent that hears while it works', () => {
  test('is told once the new work is verified, once, with the commit', () => {
    const state = change();
    expect(sayDecisions(state)).not.toContain('record guidance.given upper');
    verify(state);
    settle(state);
    const { guidance, attempt } = find(state, 'upper');
    expect(guidance).toEqual([expect.stringContaining(`git merge ${hash('other').slice(0, 12)}`)]);
    expect(attempt?.restacked).toBe(hash('other'));
    expect(sayDecisions(state)).not.toContain('record guidance.given upper');
  });

  test.each<[string, Parameters<typeof change>[0], string[]]>([
    ['cannot hear', { steerable: false }, []],
    ['is to be left alone', { policy: { stacks: 'leave' } }, []],
    ['is to start anew', { policy: { stacks: 'restart' } }, ['record task.restarted upper']],
    [
      'cannot hear and is to start anew',
      { policy: { stacks: 'restart' }, steerable: false },
      ['record task.restarted upper'],
    ],
  ])('that %s', (_name, over, expected) => {
    const said = sayDecisions(verify(change(over))).filter(
      (each) => /upper/.test(each) && /^record/.test(each),
    );
    expect(said).toEqual(expected);
  });
});
