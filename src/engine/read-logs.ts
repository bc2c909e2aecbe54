// Shows what an attempt printed, also while it goes on. Reads files; keeps none of it in memory.
import { join } from 'node:path';
import { fail, ok, type Result } from '../core/failure.ts';
import { taskId } from '../core/model.ts';
import type { AttemptState, RunState } from '../core/state.ts';
import type { Tools } from './parts.ts';
import { attemptDirOf, placesOf } from './places.ts';
import { readState, runDirOf } from './read-run.ts';

/** What to show. */
export interface LogRequest {
  readonly run: string;
  readonly task: string;
  /** null: the latest. */
  readonly attempt: number | null;
  readonly follow: boolean;
  /** Last lines to begin with. */
  readonly lines: number;
  readonly signal: AbortSignal;
}

/** Bytes looked at to find the last lines. */
const TAIL_BYTES = 4 * 1024 * 1024;

/** Shows the lines; with `follow`, goes on until the attempt ended or the signal fires. */
export async function readLogs(
  tools: Tools,
  of: LogRequest,
  show: (line: string) => void,
): Promise<Result<void>> {
  const state = await readState(tools, of.run);
  if (!state.ok) return state;
  const ts = state.value.tasks.get(taskId(of.task));
  if (ts === undefined) {
    return fail({
      kind: 'usage',
      sentence: `There is no task ${of.task} in run ${of.run}.`,
      hint: 'weft status lists the tasks.',
    });
  }
  const attempt = of.attempt ?? ts.attempts;
  if (attempt < 1 || attempt > ts.attempts) {
    const had = ts.attempts === 0 ? 'has not started yet' : `had ${ts.attempts}`;
    return fail({ kind: 'usage', sentence: `There is no attempt ${attempt} of ${of.task}: it ${had}.` });
  }
  const places = {
    ...placesOf(tools.repository, state.value.run ?? (of.run as never), state.value.policy),
    runDir: runDirOf(tools, of.run),
  };
  const dir = attemptDirOf(places, ts.task.id, attempt);
  const path = join(dir, 'out.jsonl');
  const from = await tools.findTail(path, { lines: of.lines, maxBytes: TAIL_BYTES });
  const ended = new AbortController();
  const live = of.follow && isGoingOn(state.value, ts.attempt, attempt);
  if (live) void waitForEnd(tools, dir, { ended, signal: of.signal, attempt: ts.attempt });
  else ended.abort();
  await tools.followLines(path, { fromOffset: from, onLine: show, signal: of.signal, ended: ended.signal });
  return ok(undefined);
}

function isGoingOn(state: RunState, attempt: AttemptState | null, n: number): boolean {
  return state.rested === null && attempt !== null && attempt.n === n && attempt.exit === null;
}

async function waitForEnd(
  tools: Tools,
  dir: string,
  of: {
    readonly ended: AbortController;
    readonly signal: AbortSignal;
    readonly attempt: AttemptState | null;
  },
): Promise<void> {
  const identity = of.attempt?.identity;
  if (identity != null) await tools.process.waitForExit({ dir, identity }, of.signal);
  of.ended.abort();
}
