// The plain picture of a run that every surface shows. Surfaces see nothing else.

import { countComments } from './comment.ts';
import type { Command } from './decide/command.ts';
import { awaitsApproval } from './decide/pull.ts';
import type { Outcome } from './event.ts';
import { ago, explainTask } from './explain.ts';
import { findAside, type LandedAside, type LandedGone, type LandedWork } from './landed.ts';
import type { Cause, Guess, Oid, Option, Phase, RunMs } from './model.ts';
import type { NoticeKind, NoticePolicy } from './notice-policy.ts';
import { rankOverlaps } from './radar.ts';
import { type Activity, describeActivity } from './role.ts';
import { countBlockers } from './schedule-index.ts';
import { PLAN_TROUBLE } from './source.ts';
import { sumSpending } from './spending.ts';
import type { RunState, TaskState } from './state.ts';
import { iso, wallTime } from './wall-time.ts';

/** An open question. */
export interface QuestionView {
  readonly id: string;
  readonly from: 'agent' | 'weft';
  readonly cause: Cause;
  readonly text: string;
  readonly options: readonly Option[];
  readonly files: readonly string[];
  /** Wall time, ISO 8601. */
  readonly askedAt: string;
}

/** An attempt that ended without success. */
export interface EndedView {
  readonly attempt: number;
  readonly cause: Cause;
  /** What is known of it: a sentence, and the end of the output of what failed. At most 2,000 characters. */
  readonly detail: string;
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
  /** For so long its agent has printed and reported nothing, ms; absent: it has, not long ago. */
  readonly quietMs?: number;
  /** Files that its agent says it was at last, relative to its worktree, latest first, at most five; absent: it says none. */
  readonly touching?: readonly string[];
  /** What its agent says it is doing, in one line; absent: it does not say. */
  readonly doing?: string;
  readonly attempts: number;
  readonly agent: string;
  /** Who does it: an agent, a command line of the task's own, or a human by hand. */
  readonly doneBy: 'agent' | 'command' | 'human';
  /** What it needs of a human before it can go on; absent: nothing. */
  readonly awaits?: 'answer' | 'approval' | 'work';
  /** Comments on its work that its agent has not been sent; absent: there are none. */
  readonly comments?: number;
  /** The latest attempt that is over, when it had no success. */
  readonly ended?: EndedView;
  /** Kinds of commands for it that wait for an engine. */
  readonly pending?: readonly Command['kind'][];
  readonly branch: string | null;
  readonly worktree: string | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly paused: boolean;
  readonly files: number;
  readonly added: number;
  readonly deleted: number;
  /** Tokens and US dollars that its agents say they used; absent: they do not say. */
  readonly tokens?: number;
  readonly usd?: number;
  readonly owns: readonly string[] | null;
  /** Where it will probably work, when it says nothing of what it owns. */
  readonly guessed?: readonly Guess[];
  readonly dependsOn: readonly string[];
  readonly question?: QuestionView;
  /** Commit that landed; absent for what a human did by hand. */
  readonly landed?: Oid;
  /** Ref that took it. */
  readonly landedOn?: string;
  /** Its pull request. */
  readonly pr?: number;
  readonly prUrl?: string;
}

/** Unfinished work of a task that would not merge with that of another, or (null) with what is on the target. */
export interface ConflictView {
  readonly task: string;
  readonly with: string | null;
  /** At most 100. */
  readonly files: readonly string[];
  /** Wall time, ISO 8601. */
  readonly since: string;
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
  /** Landed work that the target lacks; absent: it has all of it. */
  readonly aside?: LandedAside;
  /** Landed work that somebody took away again, as far as it was looked for. */
  readonly gone?: readonly LandedGone[];
  /** Unfinished work that would not merge, what matters most first; absent: none is known. */
  readonly conflicts?: readonly ConflictView[];
  /** Why the forge is left alone for now; absent: it answers. */
  readonly forge?: string;
  /** What is wrong with sources, a sentence each; absent: nothing. */
  readonly troubles?: readonly string[];
  /** Commands that wait for an engine. */
  readonly pending?: number;
  /** What terminals ring for; absent: everything that calls people. */
  readonly rings?: readonly NoticeKind[];
  readonly tasks: readonly TaskView[];
}

/** Draws the picture. `now` is the run clock; without a look at git, what landed is believed to be where it landed. */
export function viewRun(state: RunState, now: RunMs, work?: LandedWork): RunView {
  const { aside, gone } = work ?? { aside: findAside(state), gone: [] };
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
    ...(aside === null ? {} : { aside }),
    ...(gone.length === 0 ? {} : { gone }),
    ...viewConflicts(state),
    ...(state.forgeTrouble === null ? {} : { forge: state.forgeTrouble.sentence }),
    ...describeTroubles(state),
    ...describeRings(state.policy.notify ?? {}),
    tasks: [...state.tasks.values()].map((ts) => viewTask(state, ts, now)),
  };
}

function viewConflicts(state: RunState): Pick<RunView, 'conflicts'> {
  if (state.overlaps.length === 0) return {};
  const conflicts = rankOverlaps(state.overlaps).map(({ task, other, files, since }) => ({
    task,
    with: other,
    files,
    since: wallTime(state, since),
  }));
  return { conflicts };
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
    doneBy: task.type === 'manual' ? 'human' : task.run === null ? 'agent' : 'command',
    ...describeAwaited(state, ts),
    ...(ts.comments.length === 0 ? {} : { comments: ts.comments.length }),
    ...describeEnded(ts),
    branch: attempt?.branch ?? null,
    worktree: ts.swept !== null && ts.swept.kept === null ? null : (attempt?.worktree ?? null),
    startedAt: first === null ? null : wallTime(state, first),
    endedAt: ts.endedAt === null ? null : wallTime(state, ts.endedAt),
    paused: ts.paused,
    files: attempt?.inspected?.fileCount ?? 0,
    added: attempt?.inspected?.added ?? 0,
    deleted: attempt?.inspected?.deleted ?? 0,
    ...describeUse(ts),
    owns: task.owns,
    ...(task.owns !== null || task.guess === undefined ? {} : { guessed: task.guess }),
    dependsOn: task.edges.map((edge) => edge.task),
    ...(question === null ? {} : { question: viewQuestion(state, ts) }),
    // what a human did by hand is not known by a commit
    ...(landed === null || task.type === 'manual' ? {} : { landed: landed.commit, landedOn: landed.ref }),
    ...(ts.pull === null ? {} : { pr: ts.pull.number, prUrl: ts.pull.url }),
  };
}

function describeAwaited(state: RunState, ts: TaskState): Pick<TaskView, 'awaits'> {
  if (ts.question !== null) return { awaits: 'answer' };
  if (ts.paused) return {};
  if (awaitsApproval(state, ts)) return { awaits: 'approval' };
  const isDue = ts.phase === 'waiting' && countBlockers(state, ts) === 0;
  return isDue && ts.task.type === 'manual' ? { awaits: 'work' } : {};
}

function describeEnded(ts: TaskState): Pick<TaskView, 'ended'> {
  const last = ts.history.at(-1);
  if (last === undefined || last.cause === null || ts.phase === 'merged') return {};
  return { ended: { attempt: last.n, cause: last.cause, detail: shorten(last.detail) } };
}

const MAX_DETAIL = 2_000;
const LAST_LINES = 12;

/** The first line says what happened, the last ones mostly why. */
function shorten(detail: string): string {
  const [first = '', ...rest] = detail.trim().split('\n');
  const end = rest.slice(-LAST_LINES).join('\n');
  const head = first.slice(0, MAX_DETAIL / 4);
  const tail = end.slice(-(MAX_DETAIL - head.length - 3));
  if (tail === '') return head;
  return rest.length > LAST_LINES ? `${head}\n…\n${tail}` : `${head}\n${tail}`;
}

function viewQuestion(state: RunState, ts: TaskState): QuestionView {
  const question = ts.question;
  if (question === null) throw new Error('Internal error: no question to show');
  const { id, from, cause, text, files } = question;
  // weft's own options name the task it is about only here
  const options = question.options.map(({ label, then }) => ({
    label: from === 'weft' ? label.replaceAll('TASK', ts.task.id) : label,
    then,
  }));
  return { id, from, cause, text, options, files, askedAt: wallTime(state, ts.askedAt ?? ts.phaseAt) };
}

function describeRings({ bell, on }: NoticePolicy): Pick<RunView, 'rings'> {
  if (bell === false) return { rings: [] };
  return on === undefined ? {} : { rings: on };
}

/** A command to type, and why. */
export interface NextCommand {
  readonly command: string;
  readonly reason: string;
}

function describeTroubles({ sourceTroubles }: RunState): Pick<RunView, 'troubles'> {
  const troubles = Object.entries(sourceTroubles).map(([source, sentence]) =>
    source === PLAN_TROUBLE ? `not taken into the plan: ${sentence}` : `${source}: ${sentence}`,
  );
  return troubles.length === 0 ? {} : { troubles };
}

/** The one best next command, with the reason; null when nothing has to be done. */
export function nextCommand(view: RunView): NextCommand | null {
  if (view.state === 'interrupted') return { command: 'weft resume', reason: 'it goes on where it was' };
  if (view.state !== 'running' && view.pending !== undefined) {
    const waiting = view.pending === 1 ? '1 command waits' : `${view.pending} commands wait`;
    return { command: 'weft resume', reason: `${waiting} for an engine` };
  }
  const human = nextOfHuman(view);
  if (human !== null) return human;
  if (view.state === 'running') {
    const waits = view.tasks.some((task) => MOVING.has(task.phase)) ? null : nextOfPaused(view);
    return waits ?? nextOfQuiet(view) ?? { command: 'weft status --watch', reason: 'the run is going on' };
  }
  const failed = view.tasks.find((task) => task.phase === 'failed');
  if (failed !== undefined)
    return { command: `weft restart ${failed.id}`, reason: `${failed.id} failed: ${failed.reason}` };
  const { aside, target } = view;
  if (aside !== undefined) {
    const lacks = `${target} lacks what landed on ${aside.ref}`;
    return { command: `git merge ${aside.ref}`, reason: `in a clean checkout of ${target}: ${lacks}` };
  }
  if (view.state === 'complete') return nextOfComplete(view);
  return (
    nextOfPaused(view) ?? nextOfKeptBack(view) ?? { command: 'weft resume', reason: reasonToResume(view) }
  );
}

/** An agent that says nothing may be stuck. */
function nextOfQuiet({ tasks }: RunView): NextCommand | null {
  const quiet = tasks.find(({ quietMs }) => quietMs !== undefined);
  return quiet === undefined
    ? null
    : {
        command: `weft explain ${quiet.id}`,
        reason: `${quiet.id} has been quiet for ${ago(quiet.quietMs ?? 0)}`,
      };
}

/** Where nothing was begun, going on would find the same. */
function nextOfKeptBack({ state, tasks }: RunView): NextCommand | null {
  const first = tasks.find((task) => task.phase === 'waiting');
  if (state !== 'blocked' || first === undefined || tasks.some((task) => task.phase === 'pr_created'))
    return null;
  return { command: `weft explain ${first.id}`, reason: `${first.id} ${first.reason}` };
}

/** What people do at the forge is seen by whoever looks again. */
function reasonToResume({ state, tasks }: RunView): string {
  const open = tasks.filter((task) => task.phase === 'pr_created');
  const isOpen = (id: string): boolean => open.some((other) => other.id === id);
  // of what is stacked, the lowest has to be seen to first
  const first = open.find(({ dependsOn }) => !dependsOn.some(isOpen)) ?? open[0];
  if (first === undefined) return `the run is ${state}`;
  const more = open.length === 1 ? '' : ` and ${open.length - 1} more`;
  return `when somebody has seen to ${first.prUrl ?? `#${first.pr}`}${more}`;
}

/** Phases in which a task gets on by itself. */
const MOVING: ReadonlySet<Phase> = new Set(['spawned', 'working', 'verifying', 'queued']);

function nextOfPaused({ tasks }: RunView): NextCommand | null {
  const paused = tasks.find((task) => task.paused);
  return paused === undefined
    ? null
    : { command: `weft resume ${paused.id}`, reason: `${paused.id} is paused` };
}

/** What waits for a human alone: a question before an approval before work. */
function nextOfHuman({ tasks }: RunView): NextCommand | null {
  const asking = tasks.find((task) => task.question !== undefined);
  if (asking?.question !== undefined) {
    const answer = asking.question.options.length > 0 ? '1' : '"…"';
    const [first = ''] = asking.question.text.split('\n', 1);
    return { command: `weft answer ${asking.id} ${answer}`, reason: `${asking.id} asks: ${first}` };
  }
  const judged = tasks.filter((task) => task.awaits === 'approval');
  const verified = judged.filter(({ comments }) => comments === undefined);
  const only = verified.length === 1 ? verified[0] : undefined;
  if (only !== undefined)
    return { command: `weft approve ${only.id}`, reason: `${only.id} is verified and not landed yet` };
  if (verified.length > 1)
    return { command: 'weft approve --all', reason: `${verified.length} verified and not landed yet` };
  // who said something of it wants it changed
  const [said] = judged;
  if (said?.comments !== undefined)
    return {
      command: `weft reject ${said.id}`,
      reason: `sends it back with ${countComments(said.comments)}`,
    };
  const mine = tasks.find((task) => task.awaits === 'work');
  return mine === undefined
    ? null
    : { command: `weft done ${mine.id}`, reason: `when you have done ${mine.id}: it is yours to do` };
}

function nextOfComplete(view: RunView): NextCommand {
  const left = view.tasks.filter((task) => task.phase === 'waiting').length;
  return left === 0
    ? { command: 'weft receipt', reason: endOf(view) }
    : { command: 'weft status', reason: `says why ${left} ${left === 1 ? 'was' : 'were'} not begun here` };
}

function endOf({ tasks, gone }: RunView): string {
  if (gone !== undefined) return 'not all that landed is still there';
  const cancelled = tasks.filter((task) => task.phase === 'cancelled').length;
  return cancelled === 0 ? 'everything landed' : `everything landed but ${cancelled} cancelled`;
}

function describeUse(ts: TaskState): Pick<TaskView, 'tokens' | 'usd'> {
  const used = sumSpending(ts);
  if (used === null) return {};
  return { tokens: used.tokens, ...(used.usd === null ? {} : { usd: used.usd }) };
}
