// The status file of a task in the form that orchestrators of issues and their dashboards know: how it is written, and how one
// that somebody else may have written is read. Knows no disk.
import { awaitsApproval } from '../decide/pull.ts';
import { unreachable } from '../failure.ts';
import { isTerminal } from '../lifecycle.ts';
import { isLive, type RunState, type TaskState } from '../state.ts';
import { iso, wallMs } from '../wall-time.ts';

/** The six words of version 1. */
export const SESSION_STATUSES = [
  'registered',
  'planning',
  'working',
  'stuck',
  'complete',
  'cancelled',
] as const;
/** How a session stands. */
export type SessionStatus = (typeof SESSION_STATUSES)[number];

/** What the further words of version 2 come to. */
const LATER: Readonly<Record<string, SessionStatus>> = {
  planning_complete: 'planning',
  shipping: 'working',
  reviews_in_progress: 'working',
  pr_ready: 'complete',
  paused: 'working',
  deleting: 'cancelled',
  deletion_failed: 'cancelled',
};

/** Reads the status of a file of version 1 or 2; null: it is none. */
export function readSessionStatus(value: unknown): SessionStatus | null {
  if (typeof value !== 'string') return null;
  const word = SESSION_STATUSES.find((each) => each === value);
  return word ?? (Object.hasOwn(LATER, value) ? (LATER[value] ?? null) : null);
}

/** The file `work-<id>.json`, version 1; `weft` is weft's own. Times are ISO 8601, whole seconds. */
export interface SessionDocument {
  readonly id: string;
  /** Null: the task is no issue with a number. */
  readonly issueNumber: number | null;
  readonly issueTitle: string;
  readonly status: SessionStatus;
  readonly branch: string | null;
  readonly worktreePath: string;
  readonly startedAt: string;
  /** When its agent was last known to live. */
  readonly lastHeartbeat: string;
  readonly stuckReason: string | null;
  /** Words for the task that weft has not taken yet. */
  readonly forwardedMessage: string | null;
  readonly pullRequestUrl: string | null;
  readonly weft: SessionMark;
}

/** Whose file it is, and how many messages had been taken out of it when it was written. */
export interface SessionMark {
  readonly repository: string;
  readonly run: string;
  readonly taken: number;
}

const MAX_TITLE = 500;
const MAX_REASON = 2_000;

/** Writes a task down; null: nobody has begun it. `now` and `worktree`: wall time in ms, and where its worktree is or will be. */
export function documentSession(
  state: RunState,
  ts: TaskState,
  of: { readonly now: number; readonly worktree: string; readonly message: string | null },
): SessionDocument | null {
  const { task, attempt } = ts;
  const first = ts.history[0]?.startedAt ?? attempt?.spawnedAt;
  if (ts.attempts === 0 || first === undefined) return null;
  const stuck = reasonOf(state, ts);
  return {
    id: task.id,
    issueNumber: /^\d{1,15}$/.test(task.id) ? Number(task.id) : null,
    issueTitle: task.title.slice(0, MAX_TITLE),
    status: stuck === null ? statusOf(state, ts) : 'stuck',
    branch: attempt?.branch ?? null,
    worktreePath: of.worktree,
    startedAt: seconds(wallMs(state, first)),
    lastHeartbeat: seconds(isLive(ts) ? of.now : wallMs(state, attempt?.endedAt ?? ts.phaseAt)),
    stuckReason: stuck?.slice(0, MAX_REASON) ?? null,
    forwardedMessage: of.message,
    pullRequestUrl: ts.pull?.url ?? null,
    weft: { repository: state.repository, run: state.run ?? '', taken: ts.forwarded.count },
  };
}

/** What of a document makes it another one: clocks alone do not. */
export function gistOf({ startedAt: _, lastHeartbeat: __, ...rest }: SessionDocument): string {
  return JSON.stringify(rest);
}

/** Writes a document as the text of its file. */
export function writeSession(document: SessionDocument): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

function seconds(ms: number): string {
  return iso(ms).replace(/\.\d+Z$/, 'Z');
}

/** What it needs of people before it goes on; null: nothing. */
function reasonOf(state: RunState, ts: TaskState): string | null {
  const { phase, question, failure, task } = ts;
  if (phase === 'failed') return `Failed: ${failure?.sentence ?? 'no reason is known.'}`;
  if (isTerminal(phase)) return null;
  if (question !== null) {
    const options = question.options.map(
      ({ label }, at) => `${at + 1} ${question.from === 'weft' ? label.replaceAll('TASK', task.id) : label}`,
    );
    return options.length === 0 ? question.text : `${question.text}\nOptions: ${options.join(' · ')}`;
  }
  if (ts.paused) return `Paused: \`weft resume ${task.id}\` lets it go on.`;
  if (state.rested === null || isReady(state, ts) || isLive(ts)) return null;
  return `The run is ${state.rested}: \`weft resume ${state.run}\` goes on with it.`;
}

/** Tells whether finished work of it is there to be looked at. */
function isReady(state: RunState, ts: TaskState): boolean {
  return ts.phase === 'pr_created' || ts.phase === 'queued' || awaitsApproval(state, ts);
}

function statusOf(state: RunState, ts: TaskState): SessionStatus {
  switch (ts.phase) {
    case 'spawned':
      return 'registered';
    case 'working':
      return ts.attempt?.role === 'plan' ? 'planning' : 'working';
    case 'waiting':
      return ts.wipe ? 'registered' : 'working';
    case 'verifying':
      return 'working';
    case 'committed':
      return isReady(state, ts) ? 'complete' : 'working';
    case 'pr_created':
    case 'queued':
    case 'merged':
      return 'complete';
    case 'cancelled':
      return 'cancelled';
    case 'failed':
      return 'stuck';
    default:
      return unreachable(ts.phase);
  }
}

/** What is read of a status file, whoever wrote it last. */
export interface SessionRead {
  /** All that is in it. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly status: SessionStatus | null;
  readonly worktree: string | null;
  /** What is in the field for a message; anything. */
  readonly message: unknown;
  /** Null: weft did not write it, or who did after it dropped what they did not know. */
  readonly mark: SessionMark | null;
}

/** Reads a status file of version 1 or 2; null: it is no JSON object. */
export function readSession(text: string): SessionRead | null {
  const fields = parseObject(text);
  if (fields === null) return null;
  const { status, worktreePath, forwardedMessage, weft } = fields;
  return {
    fields,
    status: readSessionStatus(status),
    worktree: typeof worktreePath === 'string' ? worktreePath : null,
    message: forwardedMessage,
    mark: readMark(weft),
  };
}

function readMark(value: unknown): SessionMark | null {
  if (typeof value !== 'object' || value === null) return null;
  const { repository, run, taken } = value as Readonly<Record<string, unknown>>;
  if (typeof repository !== 'string' || typeof run !== 'string') return null;
  return { repository, run, taken: Number.isSafeInteger(taken) ? (taken as number) : 0 };
}

function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : null;
  } catch {
    return null;
  }
}

/** The text of a file of a run that nobody leads, saying so; null: it does not claim that somebody is at work. */
export function interruptSession(read: SessionRead): string | null {
  const { fields, status, mark } = read;
  if (mark === null || (status !== 'registered' && status !== 'planning' && status !== 'working'))
    return null;
  const stuckReason = `Its run was interrupted: \`weft resume ${mark.run}\` goes on with it.`;
  return `${JSON.stringify({ ...fields, status: 'stuck', stuckReason }, null, 2)}\n`;
}
