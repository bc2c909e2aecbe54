// Shows what an attempt printed, also while it goes on. Reads files; keeps none of it in memory.
import { join } from 'node:path';
import { explainTask } from '../core/explain.ts';
import { type Failure, fail, ok, type Result } from '../core/failure.ts';
import { taskId } from '../core/model.ts';
import type { AttemptState, RunState, TaskState } from '../core/state.ts';
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

/** A line and where it was written: by the agent on its output or its errors, or by the set-up command before it. */
export interface LogLine {
  readonly stream: 'out' | 'err' | 'set-up';
  readonly text: string;
}

/** Bytes looked at to find the last lines. */
const TAIL_BYTES = 4 * 1024 * 1024;

/**
 * Shows the lines; with `follow`, goes on until the attempt ended or the signal fires. In which order output and errors were
 * written is not known: the errors come last, or as they come.
 */
export async function readLogs(
  tools: Tools,
  of: LogRequest,
  show: (line: LogLine) => void,
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
  if (attempt < 1 || attempt > ts.attempts) return fail(describeMissing(state.value, ts, attempt));
  const places = {
    ...placesOf(tools.repository, state.value.run ?? (of.run as never), state.value.policy),
    runDir: runDirOf(tools, of.run),
  };
  const dir = attemptDirOf(places, ts.task.id, attempt);
  const ended = new AbortController();
  const live = of.follow && isGoingOn(state.value, ts.attempt, attempt);
  if (live) void waitForEnd(tools, dir, { ended, signal: of.signal, attempt: ts.attempt });
  else ended.abort();
  const read = (path: string, stream: LogLine['stream']): Promise<void> =>
    readFile(tools, { path, lines: of.lines, signal: of.signal, ended: ended.signal }, (text) =>
      show({ stream, text }),
    );
  if (isAtSetUp(ts, attempt)) await read(join(attemptDirOf(places, ts.task.id, 0), 'set-up.log'), 'set-up');
  const output = read(join(dir, 'out.jsonl'), 'out');
  if (!live) await output;
  await Promise.all([output, read(join(dir, 'err.log'), 'err')]);
  return ok(undefined);
}

function describeMissing(state: RunState, ts: TaskState, attempt: number): Failure {
  const { id, type } = ts.task;
  if (ts.attempts > 0)
    return { kind: 'usage', sentence: `There is no attempt ${attempt} of ${id}: it had ${ts.attempts}.` };
  const why = explainTask(state, ts, state.ms);
  const sentence = type === 'manual' ? `${id} has no output: a human does it` : `${id} has not started`;
  return { kind: 'usage', sentence: `${sentence} (${why}).` };
}

/** Tells whether the set-up command is what the attempt failed at, or what is under way; its log is the latest attempt's. */
function isAtSetUp(ts: TaskState, attempt: number): boolean {
  if (attempt !== ts.attempts) return false;
  const past = ts.history.find((each) => each.n === attempt);
  return past === undefined ? ts.phase === 'spawned' : past.cause === 'setup-failed';
}

async function readFile(
  tools: Tools,
  of: {
    readonly path: string;
    readonly lines: number;
    readonly signal: AbortSignal;
    readonly ended: AbortSignal;
  },
  show: (text: string) => void,
): Promise<void> {
  const { path, lines, signal, ended } = of;
  const fromOffset = await tools.findTail(path, { lines, maxBytes: TAIL_BYTES });
  await tools.followLines(path, { fromOffset, onLine: show, signal, ended });
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
