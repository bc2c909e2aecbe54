// One run with a bit of everything, for the tests of the derived files.
import type { RunState } from '../../../src/core/state.ts';
import { bring, buildState, buildsOn, buildTask, facts, find, gate, needs, play, settle } from '../build.ts';

const SECOND = 1_000;

/** Tasks landed, failed at launch, asking, cancelled, waiting for one that failed, and done by hand; at rest, blocked. */
export function tellStory(): RunState {
  const state = buildState(
    [
      buildTask('schema', { track: 'db', owns: ['db/**'] }),
      buildTask('seed', { track: 'db', owns: ['db/seed/**'], edges: [buildsOn('schema')] }),
      buildTask('api', { owns: ['src/api/**'] }),
      buildTask('docs', { owns: ['docs/**'], edges: [needs('api')] }),
      buildTask('old', { owns: ['old/**'] }),
      buildTask('sign', { type: 'manual' }),
    ],
    { maxAgents: 3 },
  );
  bring(state, 'schema', 'verifying', 10 * SECOND);
  play(state, [facts.inspected(state, 'schema')]);
  play(state, [facts.rejected(state, 'schema')], 5 * SECOND);
  settle(state);
  bring(state, 'schema', 'verifying', 20 * SECOND);
  play(state, [facts.inspected(state, 'schema', { added: 40, deleted: 4, fileCount: 3 })]);
  play(state, [facts.verified(state, 'schema', [gate('npm test', 0, 61_000), gate('npm run lint')])]);
  bring(state, 'schema', 'merged', SECOND);
  play(state, [facts.swept('schema')]);
  bring(state, 'seed', 'working', SECOND);
  play(
    state,
    [facts.asked(state, 'seed', 'Which currency?\nTried: EUR'), facts.exited(state, 'seed')],
    SECOND,
  );
  bring(state, 'api', 'spawned');
  play(state, [
    {
      type: 'attempt.start-failed',
      task: find(state, 'api').task.id,
      attempt: 1,
      cause: 'agent-missing',
      detail: 'There is no program my-agent.',
    },
  ]);
  settle(state);
  bring(state, 'old', 'spawned');
  play(state, [{ type: 'task.cancelled', task: find(state, 'old').task.id }, facts.stopped(state, 'old')]);
  play(state, [facts.swept('old', 'refs/weft/rescue/r1/old')]);
  play(state, [{ type: 'task.done', task: find(state, 'sign').task.id }], SECOND);
  return play(state, [{ type: 'run.rested', outcome: 'blocked' }], SECOND);
}
