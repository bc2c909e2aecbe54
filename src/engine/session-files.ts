// Keeps a status file for each task that was begun, in the user's home, and finds what others write into it for the task.
// weft is their one writer; a message of somebody else's counts when it is a fact.
import { basename, join } from 'node:path';
import {
  documentSession,
  gistOf,
  interruptSession,
  readSession,
  type SessionRead,
  writeSession,
} from '../core/documents/session.ts';
import type { Event } from '../core/event.ts';
import { canHear, isNews, readForwarded, takeForwarded } from '../core/forwarded.ts';
import type { TaskId } from '../core/model.ts';
import { isLive, type RunState, type TaskState } from '../core/state.ts';
import type { Seen, SharedFile, SharedFilesPort } from '../ports/shared-files.ts';
import type { Parts } from './parts.ts';
import { fileStemOf, worktreeOf } from './places.ts';

/** How often a file says that its agent lives, in ms. */
const BEAT_MS = 30_000;
/** How long a file that makes no sense may be being written, in ms. */
const PATIENCE_MS = 1_000;
/** Files of earlier runs that are looked at. */
const MOST_FILES = 1_000;

/** See the file's first line. */
export interface SessionFiles {
  readonly folder: Omit<SharedFile, 'name'>;
  /** Facts that follow from what was written while no engine ran. */
  readonly catchUp: () => readonly Event[];
  /** Says of files of runs that nobody leads that nobody is at work there. */
  readonly interruptOthers: () => void;
  /** Somebody changed that file; null: some file. */
  readonly touch: (name: string | null) => void;
  /** Brings all files in line with the state; gives what is in the way, or null. */
  readonly keep: () => string | null;
  /** Tells whether some file is to be looked at again soon. */
  readonly isUnsettled: () => boolean;
}

/** What is known of one file. */
interface Known {
  /** As weft wrote it; null: it has not. */
  text: string | null;
  gist: string;
  /** A message in it that cannot be taken now. */
  held: string | null;
  /** Monotonic ms of the latest writing. */
  writtenAt: number;
  /** Since when it has made no sense, monotonic ms; null: it does. */
  oddSince: number | null;
  isTouched: boolean;
  /** Its message is on its way to become a fact. */
  isTaken: boolean;
}

/** What the keeping of files works with. */
interface Desk {
  readonly parts: Parts;
  readonly shared: SharedFilesPort;
  readonly state: RunState;
  readonly folder: Omit<SharedFile, 'name'>;
  readonly known: Map<TaskId, Known>;
  /** Resolves when the state has the facts. */
  readonly take: (events: readonly Event[]) => Promise<void>;
}

/** The files of a run, not looked at yet. */
export function createSessionFiles(of: Pick<Desk, 'parts' | 'shared' | 'state' | 'take'>): SessionFiles {
  const folder = {
    root: of.shared.home,
    folder: `.orchestration/${basename(of.parts.places.repository)}/sessions`,
  };
  const desk: Desk = { ...of, folder, known: new Map() };
  const begun = (): readonly TaskState[] =>
    [...of.state.tasks.values()].filter(({ attempts }) => attempts > 0);
  return {
    folder,
    catchUp: () => begun().flatMap((ts) => findWords(desk, ts)),
    interruptOthers: () => interruptOthers(desk, new Set(begun().map((ts) => nameOf(ts)))),
    touch: (name) => {
      for (const [id, known] of desk.known)
        if (name === null || name === nameOfId(id)) known.isTouched = true;
    },
    keep: () => {
      const troubles = begun().map((ts) => keepOne(desk, ts));
      return troubles.find((each) => each !== null) ?? null;
    },
    isUnsettled: () => [...desk.known.values()].some(({ isTouched, isTaken }) => isTouched && !isTaken),
  };
}

function nameOf({ task }: TaskState): string {
  return nameOfId(task.id);
}

function nameOfId(id: TaskId): string {
  return `work-${fileStemOf(id)}.json`;
}

function knownOf({ known }: Desk, { task }: TaskState): Known {
  const found = known.get(task.id);
  if (found !== undefined) return found;
  const fresh: Known = {
    ...{ text: null, gist: '', held: null, writtenAt: 0, oddSince: null },
    ...{ isTouched: true, isTaken: false },
  };
  known.set(task.id, fresh);
  return fresh;
}

function findWords(desk: Desk, ts: TaskState): readonly Event[] {
  const seen = desk.shared.look({ ...desk.folder, name: nameOf(ts) });
  const read = seen.kind === 'text' ? readSession(seen.text) : null;
  const words = read !== null && findStranger(desk, ts, read) === null ? newWords(desk, ts, read) : null;
  return words !== null && canHear(desk.state, ts) ? takeForwarded(desk.state, ts, words) : [];
}

/** Words in a file that have not been taken; those for an earlier run's session are for nobody any more. */
function newWords({ state }: Desk, ts: TaskState, { message, mark }: SessionRead): string | null {
  const text = readForwarded(message);
  if (text === null || (mark !== null && mark.run !== state.run)) return null;
  return isNews(ts, { text, taken: mark?.taken ?? null }) ? text : null;
}

/** Whose file it is, as half a sentence, when it is not weft's to replace; null: it is. */
function findStranger(
  { state, parts }: Desk,
  ts: TaskState,
  { mark, status, worktree }: SessionRead,
): string | null {
  // one that names no place of work is of no use to anybody
  if (mark === null)
    return worktree === null || worktree === pathOf(parts, state, ts) ? null : "is another program's";
  const isOver = status === 'complete' || status === 'cancelled';
  return mark.repository === state.repository || isOver ? null : `is of ${mark.repository}`;
}

function pathOf(parts: Parts, state: RunState, ts: TaskState): string {
  return ts.attempt?.worktree ?? worktreeOf(parts.places, state.policy, ts.task.id);
}

/** Looks at one file and writes it where it says something else; gives what is in the way, or null. */
function keepOne(desk: Desk, ts: TaskState): string | null {
  const { parts, shared, state } = desk;
  const known = knownOf(desk, ts);
  if (known.isTaken) return null;
  const of = { now: parts.clock.wallMs(), worktree: pathOf(parts, state, ts) };
  const drawn = documentSession(state, ts, { ...of, message: known.held });
  if (drawn === null) return null;
  const isDue = isLive(ts) && parts.clock.monoMs() - known.writtenAt >= BEAT_MS;
  if (gistOf(drawn) === known.gist && !isDue && !known.isTouched) return null;
  known.isTouched = false;
  const file = { ...desk.folder, name: nameOf(ts) };
  const seen = shared.look(file);
  const trouble = readBack(desk, ts, { file, seen });
  if (trouble !== null) return complain(known, trouble);
  // what was written for the task is a fact before the file says that it was taken
  if (known.isTaken || known.isTouched) return null;
  const document = documentSession(state, ts, { ...of, message: known.held });
  if (document === null) return null;
  const isSame = seen.kind === 'text' && seen.text === known.text && gistOf(document) === known.gist;
  return isSame && !isDue ? null : write(desk, ts, { file, seen, document });
}

/** What is in the way is looked at until it is not any more. */
function complain(known: Known, trouble: string): string {
  known.gist = '';
  return trouble;
}

/** Takes in what somebody else wrote; gives what is in the way of weft's own writing, or null. */
function readBack(
  desk: Desk,
  ts: TaskState,
  { file, seen }: { readonly file: SharedFile; readonly seen: Seen },
): string | null {
  const known = knownOf(desk, ts);
  if (seen.kind === 'odd') return seen.why;
  const path = join(file.root, file.folder, file.name);
  if (seen.kind === 'link') return `${path} is a link`;
  if (seen.kind === 'none') {
    known.held = null;
    return null;
  }
  if (seen.text !== known.text) {
    const read = readSession(seen.text);
    if (read === null) return waitForSense(desk, known);
    const stranger = findStranger(desk, ts, read);
    if (stranger !== null) return `${path} ${stranger}`;
    known.held = newWords(desk, ts, read);
  }
  known.oddSince = null;
  takeWords(desk, ts);
  return null;
}

/** A file that makes no sense may be half of one; after a while it is nobody's. */
function waitForSense({ parts }: Desk, known: Known): null {
  const now = parts.clock.monoMs();
  known.oddSince ??= now;
  known.isTouched = now - known.oddSince < PATIENCE_MS;
  known.held = null;
  return null;
}

/** Makes what is held a fact, where its task can hear it. */
function takeWords(desk: Desk, ts: TaskState): void {
  const known = knownOf(desk, ts);
  if (known.held === null || !canHear(desk.state, ts)) return;
  const events = takeForwarded(desk.state, ts, known.held);
  if (events.length === 0) return;
  known.isTaken = true;
  void desk.take(events).then(() => {
    known.isTaken = false;
    known.isTouched = true;
    // if it was taken, it is no news any more; else it is still there
    known.text = null;
  });
}

function write(
  desk: Desk,
  ts: TaskState,
  {
    file,
    seen,
    document,
  }: {
    readonly file: SharedFile;
    readonly seen: Seen;
    readonly document: NonNullable<ReturnType<typeof documentSession>>;
  },
): string | null {
  const known = knownOf(desk, ts);
  const text = writeSession(document);
  const done = desk.shared.replace(file, { seen, text });
  if (done.kind === 'refused') return complain(known, done.why);
  if (done.kind === 'stale') {
    known.isTouched = true;
    return null;
  }
  known.text = text;
  known.oddSince = null;
  known.gist = gistOf(document);
  known.writtenAt = desk.parts.clock.monoMs();
  const late = done.kind === 'overtaken' ? readSession(done.text) : null;
  if (late !== null) {
    known.held = newWords(desk, ts, late);
    takeWords(desk, ts);
  }
  return null;
}

function interruptOthers({ shared, folder, state }: Desk, own: ReadonlySet<string>): void {
  for (const name of shared.list(folder, MOST_FILES)) {
    if (own.has(name) || !/^work-.*\.json$/.test(name)) continue;
    const file = { ...folder, name };
    const seen = shared.look(file);
    const read = seen.kind === 'text' ? readSession(seen.text) : null;
    if (read?.mark?.repository !== state.repository || read.mark.run === state.run) continue;
    const text = interruptSession(read);
    if (text !== null) shared.replace(file, { seen, text });
  }
}
