// What a source is told of a task, worked out of the state. Knows no source.
import { isTerminal } from './lifecycle.ts';
import type { TaskReport } from './source.ts';
import { isLive, type RunState, type TaskState } from './state.ts';

const MAX_TEXT = 2_000;

/** Says of a task how it stands; null: nobody here has to do with it yet, so that there is nothing to be told. */
export function reportOf(state: RunState, ts: TaskState): TaskReport | null {
  const { task, attempt, phase, question, pull, landed } = ts;
  const isOurs = ts.attempts > 0 && (attempt !== null || ts.wipe || isTerminal(phase));
  if (state.run === null || !isOurs) return null;
  // what its source says of it, it need not be told again
  if (phase === 'cancelled' && ts.withheld !== null) return null;
  const live = isLive(ts);
  return {
    task: task.id,
    title: task.title,
    run: state.run,
    phase,
    attempts: ts.attempts,
    agent: attempt?.agent ?? task.agent,
    branch: attempt?.branch ?? null,
    worktree: ts.swept === null && !ts.wipe ? (attempt?.worktree ?? null) : null,
    pid: live ? (attempt?.identity?.pid ?? null) : null,
    pull: pull === null ? null : { number: pull.number, url: pull.url },
    question: question && {
      id: question.id,
      text: question.text.slice(0, MAX_TEXT),
      // weft's own options name the task it is about only where they are read
      options: question.options.map(({ label }) =>
        question.from === 'weft' ? label.replaceAll('TASK', task.id) : label,
      ),
    },
    reason: reasonOf(ts),
    landed: landed && landed.commit !== state.targetOid ? { commit: landed.commit, ref: landed.ref } : null,
    finished: ts.finished,
    isTold: ts.told !== null && ts.told === endOf(ts),
  };
}

/** Names the end of a task, another one each time it is begun anew; null: it has not ended. */
export function endOf({ phase, attempts }: Pick<TaskReport, 'phase' | 'attempts'>): string | null {
  return isTerminal(phase) ? `${phase}/${attempts}` : null;
}

function reasonOf({ phase, failure, question, attempt }: TaskState): string | null {
  if (phase === 'failed') return failure?.sentence.slice(0, MAX_TEXT) ?? null;
  if (phase === 'merged') return attempt?.reason?.slice(0, MAX_TEXT) ?? null;
  return question === null ? null : question.text.slice(0, MAX_TEXT);
}
