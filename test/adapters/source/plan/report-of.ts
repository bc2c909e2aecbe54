// Reports as sources get them.
import { type Phase, runId, taskId } from '../../../../src/core/model.ts';
import type { TaskReport } from '../../../../src/core/source.ts';

/** A report of a task in a phase. */
export function reportOf(task: string, phase: Phase): TaskReport {
  return {
    task: taskId(task),
    title: task,
    run: runId('r1'),
    phase,
    attempts: 1,
    agent: 'claude',
    branch: null,
    worktree: null,
    pid: null,
    pull: null,
    question: null,
    reason: null,
    landed: null,
    finished: [],
    isTold: false,
  };
}
