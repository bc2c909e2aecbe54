// Files beside the claim: granted to who is at work when nobody else holds them, within bounds.
import { describe, expect, test } from 'vitest';
import { judgeWish } from '../../../src/core/decide/widen.ts';
import type { Event } from '../../../src/core/event.ts';
import type { Policy } from '../../../src/core/model.ts';
import type { RunState } from '../../../src/core/state.ts';
import { bring, buildState, buildTask, find, play } from '../build.ts';

function setUp(policy: Partial<Policy> = {}): RunState {
  const tasks = [
    buildTask('a', { owns: ['src/a/**'] }),
    buildTask('b', { owns: ['src/b/**'] }),
    buildTask('free'),
    buildTask('later', { owns: ['docs/**'] }),
  ];
  const state = buildState(tasks, { maxAgents: 9, ...policy });
  for (const id of ['a', 'b', 'free']) bring(state, id, 'working');
  return state;
}

const wish = (patterns: readonly string[], task = 'a', attempt = 1) => ({ task, attempt, patterns });

test.each<[string, ReturnType<typeof wish>, Partial<Policy>, string | RegExp, readonly Event[]]>([
  [
    'free files',
    wish(['docs', './CHANGELOG.md']),
    {},
    'From now on these are yours to change as well: docs/**, CHANGELOG.md.',
    [{ type: 'claim.widened', task: 'a' as never, patterns: ['docs/**', 'CHANGELOG.md'] }],
  ],
  ['files it has', wish(['src/a/**']), {}, 'These files are yours to change already.', []],
  ['a task without a claim', wish(['x'], 'free'), {}, 'All files are yours to change already.', []],
  ['files of another at work', wish(['src/**/x.ts']), {}, /^Task b holds some of these files\.$/, []],
  [
    'files of another, where that is allowed',
    wish(['src/b/x.ts']),
    { collisionPolicy: 'force' },
    /^From now on/,
    [{ type: 'claim.widened', task: 'a' as never, patterns: ['src/b/x.ts'] }],
  ],
  ['none', wish([]), {}, 'No pattern is named.', []],
  [
    'too many',
    wish(Array.from({ length: 21 }, (_, at) => `d${at}/**`)),
    {},
    /^These are too many patterns/,
    [],
  ],
  ["what is git's own", wish(['.git/hooks/**']), {}, 'What is in .git is no file of a task.', []],
  ['the same, deeper', wish(['lib/.git']), {}, 'What is in .git is no file of a task.', []],
  ['outside the repository', wish(['../x']), {}, /\.\.\/x/, []],
  ['another attempt than the one at work', wish(['x'], 'a', 2), {}, 'Attempt 2 of a is not at work.', []],
  ['a task that has not begun', wish(['x'], 'later'), {}, 'Attempt 1 of later is not at work.', []],
  ['a task that is not there', wish(['x'], 'nobody'), {}, 'Attempt 1 of nobody is not at work.', []],
])('%s', (_name, of, policy, said, events) => {
  const judged = judgeWish(setUp(policy), of);
  const sentence = judged.ok ? judged.value.sentence : judged.failure.sentence;
  if (typeof said === 'string') expect(sentence).toBe(said);
  else expect(sentence).toMatch(said);
  expect(judged.ok ? judged.value.events : []).toEqual(events);
});

describe('what was granted', () => {
  const widen = (state: RunState, patterns: readonly string[]): RunState =>
    play(state, [{ type: 'claim.widened', task: 'a' as never, patterns }]);

  test('is held like the rest, and shows in the record of claims', () => {
    const state = widen(setUp(), ['docs/**']);
    expect(find(state, 'a').task.owns).toEqual(['src/a/**', 'docs/**']);
    const other = judgeWish(state, wish(['docs/x.md'], 'b'));
    expect(other.ok ? null : other.failure.sentence).toBe('Task a holds some of these files.');
    expect(state.claims.at(-1)).toMatchObject({ action: 'acquire', task: 'a', patterns: ['docs/**'] });
  });

  test('is let go with the rest', () => {
    const state = widen(setUp(), ['docs/**']);
    play(state, [{ type: 'task.cancelled', task: 'a' as never }]);
    play(state, [{ type: 'attempt.stopped', task: 'a' as never, attempt: 1, survivors: [] }]);
    expect(judgeWish(state, wish(['docs/x.md'], 'b')).ok).toBe(true);
  });

  test('leaves the plan as it was', () => {
    const state = setUp();
    const planned = find(state, 'a').task;
    widen(state, ['docs/**']);
    expect(planned.owns).toEqual(['src/a/**']);
  });
});
