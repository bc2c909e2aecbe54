// What was last heard of the agents at work: what they are doing, in which files, and whether one is quiet. That is no verdict, a long
// build is quiet too. Looks at nothing itself.
import { ago } from './explain.ts';
import type { TaskView } from './view.ts';

/** Files in an attempt's folder that are written when its agent is heard of. */
export const HEARD_FILES = ['out.jsonl', 'err.log', 'status.json', 'session.json', 'pid'] as const;
/** That of them which says what it does, where it converses; a longer one than `bytes` is not read. */
export const SAID_FILE = { name: 'session.json', bytes: 262_144 } as const;

/** That of them which an agent writes itself. */
export const STATUS_FILE = 'status.json';

/** Most files that are shown of one task. */
const FILES = 5;
const PATH_CHARS = 200;
const DOING_CHARS = 200;

/** What the look at an attempt's folder gave. */
export interface Heard {
  /** When each of the files was written, ms since 1970; null: there is none. */
  readonly written: readonly (number | null)[];
  /** Text of the file that says what it does; null: there is none. */
  readonly said: string | null;
  /** What it says of itself in its status file; null: nothing. */
  readonly claimed: { readonly status: string; readonly note: string | null } | null;
  /** The moment of the look, ms since 1970. */
  readonly at: number;
  /** Silence after which an agent is called quiet, ms. */
  readonly afterMs: number;
}

/** Tells whether there is an agent to be heard of. */
export function isAtWork({ phase }: TaskView): boolean {
  return phase === 'working';
}

/** A task at work, with what was heard of its agent. */
export function sayHeard(task: TaskView, heard: Heard): TaskView {
  const report = heard.said === null ? null : parseReport(heard.said);
  const touching = report === null ? [] : listTouched(report['files'], task.worktree);
  const doing = sayClaimed(heard.claimed) ?? cutDoing(report?.['doing']);
  return {
    ...task,
    ...(touching.length === 0 ? {} : { touching }),
    ...(doing === null || task.question !== undefined ? {} : { doing }),
    ...sayQuiet(task, heard),
  };
}

/** Its own words say more than what it was seen to begin. */
function sayClaimed(claimed: Heard['claimed']): string | null {
  if (claimed === null) return null;
  const { status, note } = claimed;
  if (status === 'registered' || status === 'planning') return note === null ? status : `${status}: ${note}`;
  return status === 'working' ? note : null;
}

function cutDoing(doing: unknown): string | null {
  if (typeof doing !== 'string') return null;
  const line = doing.slice(0, DOING_CHARS).replace(/\s+/g, ' ').trim();
  return line === '' ? null : line;
}

/** A quiet task whose processes compute all the same: a long build, say. */
export function sayBusy(task: TaskView): TaskView {
  return { ...task, reason: `${task.reason}, and its processes are computing` };
}

/** Who waits for an answer is not quiet. */
function sayQuiet(
  task: TaskView,
  { written, at, afterMs }: Heard,
): Partial<Pick<TaskView, 'quietMs' | 'reason'>> {
  const last = Math.max(0, ...written.map((time) => time ?? 0));
  const quietMs = Math.round(at - last);
  if (task.question !== undefined || last === 0 || !(quietMs >= afterMs)) return {};
  return { quietMs, reason: `${task.reason}; quiet for ${ago(quietMs)}` };
}

/** Files of the worktree in a report, relative to it, latest first; what is no report has none. */
function listTouched(files: unknown, worktree: string | null): readonly string[] {
  const texts = Array.isArray(files) ? files.filter((each) => typeof each === 'string') : [];
  return [...new Set(texts.flatMap((path) => placeIn(worktree, path) ?? []))].slice(0, FILES);
}

function parseReport(text: string): Readonly<Record<string, unknown>> | null {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>> | null;
  } catch {
    return null;
  }
}

/** A path as people know it; null: it is not of the worktree, is the worktree, or is longer than any that people read. */
function placeIn(worktree: string | null, path: string): string | null {
  const inside =
    worktree !== null && path.startsWith(`${worktree}/`) ? path.slice(worktree.length + 1) : path;
  const place = inside.replace(/^(?:\.\/)+/, '');
  if (place === '' || place === '.' || place.startsWith('/') || place.length > PATH_CHARS) return null;
  return place.split('/').includes('..') ? null : place;
}
