// Looks at unfinished work while it is written, one worktree at a time and never for long, and tells the loop what would not
// merge. The run neither waits for it nor fails by it.
import type { Event } from '../core/event.ts';
import type { Oid, TaskId } from '../core/model.ts';
import { radarRefOf, radarRefsOf } from '../core/names.ts';
import {
  findLost,
  judgePair,
  keyOfPair,
  type Pair,
  pairsOf,
  type Sighting,
  sightWork,
} from '../core/radar.ts';
import type { RunState } from '../core/state.ts';
import type { Work } from '../ports/git.ts';
import { type Inbox, putFacts } from './inbox.ts';
import type { Parts } from './parts.ts';
import { attemptDirOf } from './places.ts';
import { knownTargetTip } from './target.ts';

/** Rest after each turn of work, at least; longer turns are followed by longer rests: at most a fifth of a core is used. */
const REST_MS = 1_000;
const REST_PER_WORK = 4;
/** After so much work a turn is over. */
const TURN_MS = 250;
/** Pause between two looks at one worktree: doubles while nothing changes there. */
const LEAST_PAUSE_MS = 2_000;
/**
 * Time for one look without a reason, of all worktrees together: at first, and when nothing has changed for long. Who
 * neither changes anything nor says a word has most likely not begun.
 */
const FIRST_PAUSE_MS = 2_500;
const MOST_PAUSE_MS = 15_000;
/** Longest pause when its agent was heard of. */
const HEARD_PAUSE_MS = 8_000;
const NEVER = Number.NEGATIVE_INFINITY;
/** How long an engine that ends waits for what is under way. */
const STOP_MS = 2_000;

/** See the file's first line. */
export interface Radar {
  readonly start: () => void;
  /** Something of the state changed; returns at once. */
  readonly notice: () => void;
  /** Resolves when nothing of it is under way any more, or soon. */
  readonly stop: () => Promise<void>;
}

/** A worktree with work in it that is nowhere else. */
interface Watched {
  readonly sighting: Extract<Sighting, { readonly kind: 'worktree' }>;
  known: Oid | null;
  lookedAt: number;
  pauseMs: number;
  /** Its agent was heard of since it was looked at. */
  heard: boolean;
  readonly close: () => void;
}

/** What the radar knows; the rest is in the state. */
interface Screen {
  readonly parts: Parts;
  readonly state: RunState;
  /** Unfinished work as last seen. */
  readonly works: Map<TaskId, Work>;
  readonly watched: Map<TaskId, Watched>;
  readonly pending: Map<string, Pair>;
  target: Oid | null;
  /** The state changed since it was looked at. */
  stale: boolean;
  rouse: () => void;
}

/** A radar that has not started; where the policy does not want one it never does anything. */
export function createRadar(of: {
  readonly parts: Parts;
  readonly state: RunState;
  readonly inbox: Inbox;
}): Radar {
  const { parts, state, inbox } = of;
  const stopping = new AbortController();
  let running: Promise<void> | null = null;
  const screen: Screen = {
    parts,
    state,
    works: new Map(),
    watched: new Map(),
    pending: new Map(),
    target: null,
    stale: true,
    rouse: () => undefined,
  };
  return {
    start: () => {
      const { radar, isolation } = state.policy;
      if (radar.enabled && isolation === 'worktree') running = run(screen, inbox, stopping.signal);
    },
    notice: () => {
      screen.stale = true;
      screen.rouse();
    },
    stop: async () => {
      if (running === null) return;
      stopping.abort('over');
      screen.rouse();
      await Promise.race([running, parts.clock.sleep(STOP_MS)]);
    },
  };
}

async function run(screen: Screen, inbox: Inbox, signal: AbortSignal): Promise<void> {
  const { clock } = screen.parts;
  const dropRefs = (): Promise<void> => unpin(screen.parts, radarRefsOf(screen.state));
  // who has just begun has agents to start
  await clock.sleep(REST_MS, signal);
  // what an engine left that was killed; nobody else takes it away, however soon this one ends
  await dropRefs();
  let hasLooked = false;
  while (!signal.aborted) {
    const began = clock.monoMs();
    // the disk, git, a bug: the run goes on without
    await takeTurn(screen, inbox, signal).catch(() => undefined);
    hasLooked ||= screen.watched.size > 0;
    await clock.sleep(Math.max(REST_MS, REST_PER_WORK * (clock.monoMs() - began)), signal);
    if (!signal.aborted) await idle(screen);
  }
  for (const { close } of screen.watched.values()) close();
  if (hasLooked) await dropRefs();
}

/** A ref that stays is in nobody's way. */
function unpin({ git }: Parts, prefix: string): Promise<void> {
  return git.unpin(prefix).catch(() => undefined);
}

/** Waits until something may have changed. */
async function idle(screen: Screen): Promise<void> {
  const { clock } = screen.parts;
  const waitMs = screen.stale || screen.pending.size > 0 ? 0 : nextLook(screen) - clock.monoMs();
  if (waitMs <= 0) return;
  const nap = new AbortController();
  const roused = new Promise<void>((resolve) => {
    screen.rouse = resolve;
  });
  await (waitMs === Number.POSITIVE_INFINITY
    ? roused
    : Promise.race([roused, clock.sleep(waitMs, nap.signal)]));
  nap.abort('over');
  screen.rouse = () => undefined;
}

function nextLook({ watched }: Screen): number {
  return Math.min(Number.POSITIVE_INFINITY, ...[...watched.values()].map(dueAt));
}

function dueAt({ sighting, lookedAt, pauseMs, heard }: Watched): number {
  // where nobody is at work one look is enough
  if (!sighting.live && !heard && lookedAt !== NEVER) return Number.POSITIVE_INFINITY;
  return lookedAt + (heard ? Math.min(pauseMs, HEARD_PAUSE_MS) : pauseMs);
}

/** One turn: looks at what is due and tries pairs until its time is over, then tells what is news. */
async function takeTurn(screen: Screen, inbox: Inbox, signal: AbortSignal): Promise<void> {
  const { clock } = screen.parts;
  const end = clock.monoMs() + TURN_MS;
  const isOver = (): boolean => signal.aborted || clock.monoMs() >= end;
  const news: Event[] = [...(await takeStock(screen))];
  await lookAtTarget(screen);
  const due = [...screen.watched].filter(([, watched]) => dueAt(watched) <= clock.monoMs());
  due.sort(([, one], [, other]) => dueAt(one) - dueAt(other));
  for (const [task, watched] of due) {
    if (isOver()) break;
    await lookAt(screen, task, watched);
  }
  for (const [key, pair] of screen.pending) {
    if (isOver()) break;
    screen.pending.delete(key);
    const event = await tryPair(screen, pair);
    if (event !== null) news.push(event);
  }
  if (news.length > 0 && !signal.aborted) await putFacts(inbox, news, signal);
}

/** Brings what is watched in line with the state; gives the overlaps of work that is not there any more. */
async function takeStock(screen: Screen): Promise<readonly Event[]> {
  if (!screen.stale) return [];
  screen.stale = false;
  const { state, works, watched } = screen;
  const sightings = sightWork(state);
  for (const task of works.keys()) if (!sightings.has(task)) works.delete(task);
  for (const [task, { sighting, close }] of watched) {
    const now = sightings.get(task);
    if (now?.kind === 'worktree' && isSame(now, sighting)) continue;
    close();
    watched.delete(task);
    // until its commit is known, what was seen last stays
    if (now?.kind !== 'as-before' && now?.kind !== 'worktree')
      await unpin(screen.parts, radarRefOf(state, task));
  }
  for (const [task, sighting] of sightings) {
    if (sighting.kind === 'commit') noteWork(screen, task, sighting);
    if (sighting.kind === 'worktree' && !watched.has(task)) watched.set(task, watch(screen, task, sighting));
  }
  return findLost(state, sightings);
}

function isSame(one: Watched['sighting'], other: Watched['sighting']): boolean {
  return one.path === other.path && one.attempt === other.attempt && one.live === other.live;
}

function watch(screen: Screen, task: TaskId, sighting: Watched['sighting']): Watched {
  const { clock, files, places } = screen.parts;
  const known = screen.works.get(task)?.head ?? null;
  const hear = (): void => {
    if (made.heard) return;
    made.heard = true;
    screen.rouse();
  };
  const close = files.watchDir(attemptDirOf(places, task, sighting.attempt), hear);
  const lookedAt = sighting.live ? clock.monoMs() : NEVER;
  const pauseMs = FIRST_PAUSE_MS * (screen.watched.size + 1);
  const made: Watched = { sighting, known, lookedAt, pauseMs, heard: false, close };
  return made;
}

async function lookAtTarget(screen: Screen): Promise<void> {
  const { parts, state, works } = screen;
  const tip = await knownTargetTip(parts, state.policy);
  if (tip === null || tip === screen.target) return;
  screen.target = tip;
  enqueue(screen, pairsOf(state, { changed: null, works: works.keys() }));
}

async function lookAt(screen: Screen, task: TaskId, watched: Watched): Promise<void> {
  const { git, clock } = screen.parts;
  const { path, base } = watched.sighting;
  const ref = radarRefOf(screen.state, task);
  watched.heard = false;
  const seen = await git.snapshot({ worktree: path, base, ref, known: watched.known });
  const head = seen.ok ? seen.value : null;
  const isNews = head !== null && head !== watched.known;
  const count = screen.watched.size;
  const longer = Math.max(FIRST_PAUSE_MS * count, watched.pauseMs * 2);
  watched.pauseMs = isNews ? LEAST_PAUSE_MS : Math.min(MOST_PAUSE_MS * count, longer);
  watched.lookedAt = clock.monoMs();
  if (head === null) return;
  watched.known = head;
  noteWork(screen, task, { head, base });
}

function noteWork(screen: Screen, task: TaskId, { head, base }: Work): void {
  const { state, works } = screen;
  const before = works.get(task);
  if (before?.head === head && before.base === base) return;
  works.set(task, { head, base });
  enqueue(screen, pairsOf(state, { changed: task, works: works.keys() }));
}

function enqueue({ pending }: Screen, pairs: readonly Pair[]): void {
  for (const pair of pairs) pending.set(keyOfPair(pair), pair);
}

async function tryPair(screen: Screen, pair: Pair): Promise<Event | null> {
  const { parts, state, works, target } = screen;
  const work = works.get(pair.task);
  const landed = target === null ? undefined : { head: target, base: target };
  const onto = pair.other === null ? landed : works.get(pair.other);
  if (work === undefined || onto === undefined) return null;
  // who has done nothing yet is in nobody's way
  const isEmpty = work.head === work.base || (pair.other !== null && onto.head === onto.base);
  if (isEmpty) return judgePair(state, pair, []);
  const tried = await parts.git.tryMerge({ work, onto });
  return tried.ok ? judgePair(state, pair, tried.value) : null;
}
