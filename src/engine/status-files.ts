// Keeps files for programs of others while a run goes on: soon after what became durable, never more often than that is worth.
// The loop does not know of it; what cannot be written is said once and changes nothing.
import type { Event } from '../core/event.ts';
import { STATUS_FILES_TROUBLE } from '../core/source.ts';
import type { RunState } from '../core/state.ts';
import { type Inbox, putFacts } from './inbox.ts';
import type { Parts } from './parts.ts';
import { createSessionFiles, type SessionFiles } from './session-files.ts';
import { createWorkerFiles, type KeepFiles } from './worker-files.ts';

/** Rest between two looks, at least, in ms; large runs wait longer, so that it takes a tenth of the time at most. */
const REST_MS = 100;
const PAUSE_PER_COST = 9;
/** Files are looked at after this time even when nobody says that they changed, in ms. */
const LOOK_MS = 2_000;
const MAX_SAID = 300;

/** See the file's first line. */
export interface StatusFilesKeeper {
  /** What was written for tasks while no engine ran, as facts. */
  readonly catchUp: () => readonly Event[];
  readonly start: () => void;
  /** Something became durable; returns at once. */
  readonly notice: () => void;
  /** Writes everything as it stands in the end. */
  readonly stop: () => void;
}

const INERT: StatusFilesKeeper = {
  catchUp: () => [],
  start: () => undefined,
  notice: () => undefined,
  stop: () => undefined,
};

/** What is kept, and what is known of it. */
interface Keeping {
  readonly parts: Parts;
  readonly state: RunState;
  readonly inbox: Inbox;
  /** Files are made of what is on disk alone: who reads that a message was taken can rely on it. */
  readonly isDurable: () => boolean;
  readonly sessions: SessionFiles | null;
  readonly keepers: readonly KeepFiles[];
  readonly ending: AbortController;
  isStale: boolean;
  rouse: () => void;
  /** What is known to be in the way. */
  trouble: string | null;
}

/** A keeper that has not started; of a run that keeps no such files it does nothing. */
export function createStatusFiles(
  of: Pick<Keeping, 'parts' | 'state' | 'inbox' | 'isDurable'>,
): StatusFilesKeeper {
  const { parts, state, inbox } = of;
  const wanted = state.policy.statusFiles ?? [];
  const { shared } = parts;
  if (wanted.length === 0 || shared === null) return INERT;
  const ending = new AbortController();
  const take = async (events: readonly Event[]): Promise<void> => {
    await putFacts(inbox, events, ending.signal);
    rouse(keeping);
  };
  const desk = { parts, shared, state };
  const sessions = wanted.includes('issues') ? createSessionFiles({ ...desk, take }) : null;
  const keeping: Keeping = {
    ...of,
    sessions,
    keepers: [
      ...(sessions === null ? [] : [sessions.keep]),
      ...(wanted.includes('streams') ? [createWorkerFiles(desk)] : []),
    ],
    ending,
    isStale: true,
    rouse: () => undefined,
    trouble: state.sourceTroubles[STATUS_FILES_TROUBLE] ?? null,
  };
  let stopWatching: () => void = () => undefined;
  return {
    catchUp: () => sessions?.catchUp() ?? [],
    start: () => {
      sessions?.interruptOthers();
      void run(keeping, (stop) => {
        stopWatching = stop;
      });
    },
    notice: () => rouse(keeping),
    stop: () => {
      ending.abort('over');
      stopWatching();
      look(keeping);
    },
  };
}

function rouse(keeping: Keeping): void {
  keeping.isStale = true;
  keeping.rouse();
}

async function run(keeping: Keeping, watching: (stop: () => void) => void): Promise<void> {
  const { parts, sessions, ending } = keeping;
  const { clock } = parts;
  let isWatched = false;
  while (!ending.signal.aborted) {
    const began = clock.monoMs();
    keeping.isStale = false;
    noteTrouble(keeping, look(keeping));
    // the folder is there once something is in it
    if (!isWatched && sessions !== null && parts.shared !== null) {
      isWatched = parts.shared.list(sessions.folder, 1).length > 0;
      if (isWatched)
        watching(
          parts.shared.watch(sessions.folder, (name) => {
            sessions.touch(name);
            rouse(keeping);
          }),
        );
    }
    await clock.sleep(Math.max(REST_MS, PAUSE_PER_COST * (clock.monoMs() - began)), ending.signal);
    if (!keeping.isStale && sessions?.isUnsettled() !== true) await idle(keeping);
  }
}

/** Waits for news, or until it is time to look whether somebody wrote something. */
async function idle(keeping: Keeping): Promise<void> {
  const nap = new AbortController();
  const roused = new Promise<void>((resolve) => {
    keeping.rouse = resolve;
  });
  const { parts, sessions, ending } = keeping;
  const over = AbortSignal.any([nap.signal, ending.signal]);
  const isDue = parts.clock.sleep(LOOK_MS, over).then(() => sessions?.touch(null));
  await Promise.race([roused, isDue]);
  nap.abort('over');
  keeping.rouse = () => undefined;
}

/** Brings all files in line; gives what is in the way, or null. */
function look({ isDurable, keepers, trouble }: Keeping): string | null {
  if (!isDurable()) return trouble;
  const found = keepers.map((keep) => keep());
  return found.find((each) => each !== null)?.slice(0, MAX_SAID) ?? null;
}

function noteTrouble(keeping: Keeping, trouble: string | null): void {
  if (trouble === keeping.trouble) return;
  keeping.trouble = trouble;
  const event: Event = { type: 'source.noted', source: STATUS_FILES_TROUBLE, trouble };
  keeping.inbox.put({ kind: 'facts', events: [event] });
}
