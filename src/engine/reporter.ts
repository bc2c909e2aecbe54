// Tells sources how their tasks stand, whenever that changed and became durable. What could not be told is told later; the
// run does not wait for it, and all of it can be told again.
import type { Event } from '../core/event.ts';
import { fail, ok, type Result } from '../core/failure.ts';
import { endOf, reportOf } from '../core/report.ts';
import type { TaskReport } from '../core/source.ts';
import { isLive, type RunState } from '../core/state.ts';
import type { SourcePort } from '../ports/source.ts';
import type { Inbox } from './inbox.ts';
import type { Parts } from './parts.ts';

/** Rest between two reports to one source, at least, in ms: what changes meanwhile goes into the next. */
const REST_MS = 250;
/** After a report that failed; doubled each time. */
const FIRST_PAUSE_MS = 1_000;
const MOST_PAUSE_MS = 60_000;
/** How long a run that could rest, and an engine that ends, try to tell the rest when nothing of it gets through. */
const LAST_MS = 30_000;
/** Looks at whether all is told, meanwhile. */
const LOOK_MS = 100;
/** Reports in one call, at most: what a call takes is not told apart from a source that hangs. */
const MAX_AT_ONCE = 20;
const MAX_SAID = 300;

/** See the file's first line. */
export interface Reporter {
  readonly start: () => void;
  /** Something became durable; returns at once. */
  readonly notice: () => void;
  /** Tells whether some source does not know how its tasks stand. */
  readonly owes: () => boolean;
  /** Null: all is told, or that was tried for long enough; else resolves when it is time to ask again. */
  readonly tell: () => Promise<void> | null;
  /** Tells the rest, within a time; who leaves at once tells nothing more. */
  readonly stop: (how: { readonly hurry: boolean }) => Promise<void>;
}

/** What one source was told. */
interface Told {
  readonly source: SourcePort;
  /** Reports as text, by task. */
  readonly known: Map<string, string>;
  isStale: boolean;
  rouse: () => void;
  nextBeat: number;
  /** Monotonic ms at which it heard news last. */
  heardAt: number;
  /** What was said of it last: that it could not be told anything, and why. */
  trouble: string | null;
}

/** A reporter that has not started. */
export function createReporter(of: {
  readonly parts: Parts;
  readonly state: RunState;
  readonly inbox: Inbox;
}): Reporter {
  const { parts, state } = of;
  const listeners = parts.sources
    .filter(({ report }) => report !== undefined)
    .map(
      (source): Told => ({
        source,
        known: new Map(),
        isStale: true,
        rouse: () => undefined,
        nextBeat: 0,
        heardAt: 0,
        trouble: null,
      }),
    );
  const ending = new AbortController();
  const leaving = new AbortController();
  let running: Promise<unknown> | null = null;
  /** Monotonic ms since which only what is owed is waited for. */
  let owedSince: number | null = null;
  const owes = (): boolean => listeners.some((told) => findNews(state, told).length > 0);
  /** Ms left in which something of what is owed has to get through. */
  const patience = (): number => {
    owedSince ??= parts.clock.monoMs();
    const calmSince = Math.max(owedSince, ...listeners.map(({ heardAt }) => heardAt));
    return calmSince + LAST_MS - parts.clock.monoMs();
  };
  return {
    owes,
    tell: () => {
      if (owes()) return patience() > 0 ? parts.clock.sleep(LOOK_MS) : null;
      owedSince = null;
      return null;
    },
    start: () => {
      if (listeners.length === 0) return;
      const signals = { ending: ending.signal, leaving: leaving.signal };
      running = Promise.all(listeners.map((told) => serve(of, told, signals)));
    },
    notice: () => {
      for (const told of listeners) {
        told.isStale = true;
        told.rouse();
      }
    },
    stop: async ({ hurry }) => {
      ending.abort('over');
      if (hurry) leaving.abort('over');
      for (const { rouse } of listeners) rouse();
      let isDone = hurry || running === null;
      const ended = running?.then(() => {
        isDone = true;
      });
      for (let left = patience(); !isDone && left > 0; left = patience())
        await Promise.race([ended, parts.clock.sleep(left)]);
      leaving.abort('over');
    },
  };
}

async function serve(
  of: { readonly parts: Parts; readonly state: RunState; readonly inbox: Inbox },
  told: Told,
  { ending, leaving }: { readonly ending: AbortSignal; readonly leaving: AbortSignal },
): Promise<void> {
  const { clock } = of.parts;
  let pauseMs = FIRST_PAUSE_MS;
  while (!leaving.aborted) {
    if (!told.isStale) {
      if (ending.aborted) return;
      await idle(of, told);
      continue;
    }
    told.isStale = false;
    const trouble = await tellNews(of, told);
    noteTrouble(of, told, trouble);
    told.isStale ||= trouble !== null;
    const isLast = ending.aborted;
    if (isLast && !told.isStale) return;
    // whoever ends tries at once, and then anew
    await clock.sleep(trouble === null ? REST_MS : pauseMs, isLast ? leaving : ending);
    const isCalm = trouble === null || isLast !== ending.aborted;
    pauseMs = isCalm ? FIRST_PAUSE_MS : Math.min(MOST_PAUSE_MS, pauseMs * 2);
  }
}

/** Waits for news, or until claims need a sign of life. */
async function idle({ parts: { clock } }: { readonly parts: Parts }, told: Told): Promise<void> {
  const nap = new AbortController();
  const roused = new Promise<void>((resolve) => {
    told.rouse = resolve;
  });
  const { beatMs } = told.source;
  const naps =
    beatMs === undefined ? [] : [clock.sleep(Math.max(0, told.nextBeat - clock.monoMs()), nap.signal)];
  await Promise.race([roused, ...naps]);
  nap.abort('over');
  told.rouse = () => undefined;
  told.isStale = true;
}

/** Tells what changed since; gives what went wrong, or null. */
async function tellNews(
  of: { readonly parts: Parts; readonly state: RunState; readonly inbox: Inbox },
  told: Told,
): Promise<string | null> {
  const { source, known } = told;
  const news = findNews(of.state, told);
  for (let at = 0; at < news.length; at += MAX_AT_ONCE) {
    const some = news.slice(at, at + MAX_AT_ONCE);
    const done = await hear(source.report?.(some));
    if (!done.ok) return done.failure.sentence;
    noteEnds(of.inbox, some);
    for (const report of some) known.set(report.task, pictureOf(report));
    told.heardAt = of.parts.clock.monoMs();
  }
  return beat(of, told);
}

/** What a source answered; a call that throws did not succeed either. */
async function hear(call: Promise<Result<void>> | undefined): Promise<Result<void>> {
  try {
    return (await call) ?? ok(undefined);
  } catch (error) {
    return fail({ kind: 'environment', sentence: String(error) });
  }
}

function findNews(state: RunState, { source, known }: Told): readonly TaskReport[] {
  const news: TaskReport[] = [];
  for (const ts of state.tasks.values()) {
    if (ts.task.source !== source.name) continue;
    const report = reportOf(state, ts);
    if (report !== null && known.get(ts.task.id) !== pictureOf(report)) news.push(report);
  }
  return news;
}

/** All of a report but whether it was told. */
function pictureOf({ isTold: _isTold, ...report }: TaskReport): string {
  return JSON.stringify(report);
}

/** Who tells it anew after a crash has to know that what the source has by then is what people made of it. */
function noteEnds(inbox: Inbox, reports: readonly TaskReport[]): void {
  const events = reports.flatMap((report): Event[] => {
    const end = report.isTold ? null : endOf(report);
    return end === null ? [] : [{ type: 'task.told', task: report.task, end }];
  });
  if (events.length > 0) inbox.put({ kind: 'facts', events });
}

/** Says what is under way, where a claim without that would be taken back. */
async function beat(
  { parts: { clock }, state }: { readonly parts: Parts; readonly state: RunState },
  told: Told,
): Promise<string | null> {
  const { source } = told;
  if (source.beat === undefined || source.beatMs === undefined || clock.monoMs() < told.nextBeat) return null;
  told.nextBeat = clock.monoMs() + source.beatMs;
  const live = [...state.tasks.values()].filter((ts) => ts.task.source === source.name && isLive(ts));
  if (live.length === 0) return null;
  const done = await hear(source.beat(live.map(({ task }) => task.id)));
  return done.ok ? null : done.failure.sentence;
}

function noteTrouble(
  { state, inbox }: { readonly state: RunState; readonly inbox: Inbox },
  told: Told,
  sentence: string | null,
): void {
  const source = told.source.name;
  const known = state.sourceTroubles[source] ?? null;
  const trouble = sentence === null ? null : sentence.slice(0, MAX_SAID);
  // trouble with looking is over when a look succeeds
  const isOwn = known === told.trouble;
  told.trouble = trouble;
  if (trouble === known || (trouble === null && !isOwn)) return;
  const event: Event = { type: 'source.noted', source, trouble };
  inbox.put({ kind: 'facts', events: [event] });
}
