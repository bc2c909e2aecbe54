// The plain picture of a run that every surface shows. Surfaces see nothing else.

import type { Outcome } from './event.ts';
import { explainTask } from './explain.ts';
import type { Oid, Option, Phase, RunMs } from './model.ts';
import { type Activity, describeActivity } from './role.ts';
import type { RunState, TaskState } from './state.ts';
import { iso, wallTime } from './wall-time.ts';

/** An open question. */
export interface QuestionView {
  readonly id: string;
  readonly from: 'agent' | 'weft';
  readonly text: string;
  readonly options: readonly Option[];
  readonly files: readonly string[];
  /** Wall time, ISO 8601. */
  readonly askedAt: string;
}

/** One task. */
export interface TaskView {
  readonly id: string;
  readonly title: string;
  readonly track: string | null;
  readonly phase: Phase;
  /** What is under way in that phase; absent when nothing is. */
  readonly activity?: Activity;
  /** One sentence. */
  readonly reason: string;
  readonly attempts: number;
  readonly agent: string;
  readonly branch: string | null;
  readonly worktree: string | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly paused: boolean;
  readonly files: number;
  readonly added: number;
  readonly deleted: number;
  readonly owns: readonly string[] | null;
  readonly dependsOn: readonly string[];
  readonly question?: QuestionView;
  /** Commit on the target. */
  readonly landed?: Oid;
  /** Ref that took it. */
  readonly landedOn?: string;
  readonly pr?: number;
}

/** One run. */
export interface RunView {
  readonly schemaVersion: 1;
  readonly run: string;
  /** `running`, how it came to rest, or `interrupted`: it should run and no engine leads it. */
  readonly state: 'running' | 'interrupted' | Outcome;
  readonly target: string;
  readonly integrate: 'human' | 'auto';
  readonly maxAgents: number;
  readonly startedAt: string;
  readonly updatedAt: string;
  readonly counts: Readonly<Partial<Record<Phase, number>>>;
  readonly tasks: readonly TaskView[];
}

/** Draws the picture. `now` is the run clock. */
export function viewRun(state: RunState, now: RunMs): RunView {
  const counts: Partial<Record<Phase, number>> = {};
  for (const [phase, count] of state.index.phases) if (count > 0) counts[phase] = count;
  return {
    schemaVersion: 1,
    run: state.run ?? '',
    state: state.rested ?? 'running',
    target: state.policy.target,
    integrate: state.policy.integrate,
    maxAgents: state.policy.maxAgents,
    startedAt: iso(state.startedAt),
    updatedAt: iso(state.updatedAt),
    counts,
    tasks: [...state.tasks.values()].map((ts) => viewTask(state, ts, now)),
  };
}

/** Draws one task. */
export function viewTask(state: RunState, ts: TaskState, now: RunMs): TaskView {
  const { task, attempt, question, landed } = ts;
  const first = ts.history[0]?.startedAt ?? attempt?.spawnedAt ?? null;
  return {
    id: task.id,
    title: task.title,
    track: task.track,
    phase: ts.phase,
    ...describeActivity(ts),
    reason: explainTask(state, ts, now),
    attempts: ts.attempts,
    agent: task.agent,
    branch: attempt?.branch ?? null,
    worktree: ts.swept !== null && ts.swept.kept === null ? null : (attempt?.worktree ?? null),
    startedAt: first === null ? null : wallTime(state, first),
    endedAt: ts.endedAt === null ? null : wallTime(state, ts.endedAt),
    paused: ts.paused,
    files: attempt?.inspected?.fileCount ?? 0,
    added: attempt?.inspected?.added ?? 0,
    deleted: attempt?.inspected?.deleted ?? 0,
    owns: task.owns,
    dependsOn: task.edges.map((edge) => edge.task),
    ...(question === null ? {} : { question: viewQuestion(state, ts) }),
    ...(landed === null ? {} : { landed: landed.commit, landedOn: landed.ref }),
  };
}

function viewQuestion(state: RunState, ts: TaskState): QuestionView {
  const question = ts.question;
  if (question === null) throw new Error('Internal error: no question to show');
  const { id, from, text, options, files } = question;
  return { id, from, text, options, files, askedAt: wallTime(state, ts.askedAt ?? ts.phaseAt) };
}

/** The one best next command, with the reason; null when nothing has to be done. */
export function nextCommand(view: RunView): { readonly command: string; readonly reason: string } | null {
  const asking = view.tasks.find((task) => task.question !== undefined);
  if (asking?.question !== undefined) {
    const command =
      asking.question.options.length > 0 ? `weft answer ${asking.id} 1` : `weft answer ${asking.id} "…"`;
    return { command, reason: `${asking.id} asks: ${asking.question.text.split('\n', 1)[0] ?? ''}` };
  }
  const verified = view.tasks.filter((task) => task.phase === 'committed');
  if (verified.length > 0 && view.integrate === 'human') {
    return { command: 'weft approve --all', reason: `${verified.length} verified and not landed yet` };
  }
  if (view.state === 'running') return { command: 'weft status --watch', reason: 'the run is going on' };
  const failed = view.tasks.find((task) => task.phase === 'failed');
  if (failed !== undefined)
    return { command: `weft restart ${failed.id}`, reason: `${failed.id} failed: ${failed.reason}` };
  if (view.state === 'complete') return { command: 'weft receipt', reason: 'everything landed' };
  return { command: 'weft resume', reason: `the run is ${view.state}` };
}
