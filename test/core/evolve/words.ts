// What people say of task `a`, and how its attempts fail, for the tests of what facts do.
import type { Event } from '../../../src/core/event.ts';
import { type Cause, type Option, runMs, type TaskId, taskId } from '../../../src/core/model.ts';
import type { RunState } from '../../../src/core/state.ts';
import { bring, find, hash } from '../build.ts';

/** The task. */
export const a: TaskId = taskId('a');

/** Somebody moved its branch; `ahead`: they only added to it. */
export const moved = (to: 'ahead' | 'away' | 'nowhere'): Event => ({
  type: 'branch.moved',
  task: a,
  from: hash('a head'),
  to: to === 'nowhere' ? null : hash(`a head ${to}`),
  ahead: to === 'ahead',
});

/** Its latest attempt failed, and what follows. */
export const failed = (
  state: RunState,
  kind: 'retry' | 'ask' | 'give-up',
  cause: Cause = 'gate-failed',
): Event => ({
  type: 'attempt.failed',
  task: a,
  attempt: find(state, 'a').attempts,
  cause,
  detail: 'It did not work.',
  then:
    kind === 'retry'
      ? { kind, at: runMs(state.ms + 500) }
      : kind === 'ask'
        ? {
            kind,
            question: { id: 'a/1', task: a, from: 'weft', cause, text: 'What now?', options: [], files: [] },
          }
        : { kind },
});
/** An answer to its first question. */
export const answered = (then: Option['then']): Event => ({
  type: 'question.answered',
  task: a,
  id: 'a/1',
  text: 'so',
  then,
});
/** It broke. */
export const gaveUp: Event = { type: 'task.failed', task: a, cause: 'internal-error', sentence: 'It broke.' };
/** It starts anew. */
export const restarted: Event = { type: 'task.restarted', task: a };
/** Nobody wants it any more. */
export const cancelled: Event = { type: 'task.cancelled', task: a };
/** A hint. */
export const guided: Event = { type: 'guidance.given', task: a, text: 'use tabs' };
/** Its worktree is ready. */
export const done: Event = { type: 'task.done', task: a };
/** Its agent is to be stopped. */
export const stopIt: Event = { type: 'task.paused', task: a, agent: 'stop' };

/** Its agent has ended. */
export const verifying = (state: RunState): RunState => bring(state, 'a', 'verifying');
