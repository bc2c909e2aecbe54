// What to type for one task, where its reason alone does not say it. Knows only what is shown of a run.
import type { NextCommand, RunView, TaskView } from './view.ts';

/** The next command; null: its reason, its question or the run says it. */
export function nextOfTask({ state }: Pick<RunView, 'state'>, task: TaskView): NextCommand | null {
  const { id, phase, quietMs } = task;
  const isLive = phase === 'spawned' || phase === 'working' || phase === 'verifying';
  if (state === 'interrupted' && isLive)
    return { command: 'weft resume', reason: 'no engine leads its run; its agent is taken up where it is' };
  if (quietMs !== undefined)
    return {
      command: `weft logs ${id}`,
      reason: `what it said last; \`weft guide ${id} "…"\` tells it something, \`weft restart ${id}\` begins it anew`,
    };
  if (phase === 'failed')
    return { command: `weft restart ${id}`, reason: `begins it anew; \`weft logs ${id}\` has what was said` };
  return null;
}
