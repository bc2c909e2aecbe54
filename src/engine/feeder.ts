// Looks at sources for what they have by now, one look at a time, and tells the loop what is news. The run goes on with what
// it knows when a source cannot be reached.
import type { Event } from '../core/event.ts';
import type { Diagnostic } from '../core/plan/diagnostic.ts';
import { growPlan, type Supply } from '../core/plan/growth.ts';
import { PLAN_TROUBLE } from '../core/source.ts';
import { isUntouched, type RunState } from '../core/state.ts';
import type { Loaded, SourcePort } from '../ports/source.ts';
import { type Inbox, putFacts } from './inbox.ts';
import type { Parts } from './parts.ts';

/** Rest between two looks at one source, at least, in ms; and how much longer than a look it is, at most so long. */
const REST_MS = 500;
const REST_SHARE = 4;
const MOST_REST_MS = 60_000;
/** A source that cannot be looked at is looked at again after this, doubled each time. */
const FIRST_PAUSE_MS = 2_000;
const MOST_PAUSE_MS = 120_000;
/** How long a run that goes on waits for what its sources have by now. */
const CATCH_UP_MS = 15_000;
/** How long a run that could rest waits for what they have. */
const LAST_MS = 30_000;
/** How long an engine that ends waits for a look that is under way. */
const STOP_MS = 2_000;
const MAX_SAID = 300;

/** See the file's first line. */
export interface Feeder {
  /** What sources have that the state does not know, as facts; soon, whatever they do. */
  readonly catchUp: () => Promise<readonly Event[]>;
  readonly start: () => void;
  /** Looks at all sources now; what is news of that, as facts. Resolves soon: what comes later goes into the inbox. */
  readonly look: () => Promise<readonly Event[]>;
  /** Resolves when nothing of it is under way any more, or soon. */
  readonly stop: () => Promise<void>;
}

/** What is known of one source. */
interface Watched {
  readonly source: SourcePort;
  /** What it had when it could be looked at last. */
  had: Loaded | null;
  isStale: boolean;
  /** Monotonic ms before which it is not looked at again. */
  restUntil: number;
  pauseMs: number;
  /** Trouble with looking that was said last, by this engine or one before it; null: none. */
  said: string | null;
}

/** What the feeder knows. */
interface Feed {
  readonly parts: Parts;
  readonly state: RunState;
  readonly watched: readonly Watched[];
  /** What all had when that was compared with the plan last, as text. */
  picture: string;
  rouse: () => void;
}

/** A feeder that has not started. */
export function createFeeder(of: {
  readonly parts: Parts;
  readonly state: RunState;
  readonly inbox: Inbox;
}): Feeder {
  const { parts, state, inbox } = of;
  const watched = parts.sources
    .filter(({ watch }) => watch !== undefined)
    .map(
      (source): Watched => ({
        ...{ source, had: null, isStale: true, restUntil: 0, pauseMs: FIRST_PAUSE_MS },
        said: state.sourceTroubles[source.name] ?? null,
      }),
    );
  const feed: Feed = { parts, state, watched, picture: '', rouse: () => undefined };
  const stopping = new AbortController();
  let running: Promise<unknown> | null = null;
  // looks at one source never overlap
  let last: Promise<readonly Event[]> = Promise.resolve([]);
  const takeTurn = (which: 'due' | 'all'): Promise<readonly Event[]> => {
    last = last.then(() => takeStock(feed, which));
    return last;
  };
  // a look that takes long: what it finds is told all the same
  let late: Promise<readonly Event[]> | null = null;
  return {
    catchUp: async () => {
      if (watched.length === 0) return [];
      late = takeTurn('due');
      const inTime = await waitFor(parts, late, CATCH_UP_MS);
      if (inTime !== null) late = null;
      return inTime ?? [];
    },
    look: async () => {
      if (watched.length === 0) return [];
      const looked = takeTurn('all');
      const inTime = await waitFor(parts, looked, LAST_MS);
      if (inTime === null) void looked.then((events) => inbox.put({ kind: 'facts', events }));
      return inTime ?? [];
    },
    start: () => {
      if (watched.length > 0) running = run(feed, { inbox, late, takeTurn, signal: stopping.signal });
    },
    stop: async () => {
      stopping.abort('over');
      feed.rouse();
      if (running !== null) await Promise.race([running, parts.clock.sleep(STOP_MS)]);
    },
  };
}

/** What a look found; null: it takes longer than that. */
async function waitFor(
  { clock }: Parts,
  looked: Promise<readonly Event[]>,
  ms: number,
): Promise<readonly Event[] | null> {
  const nap = new AbortController();
  const inTime = await Promise.race([looked, clock.sleep(ms, nap.signal).then(() => null)]);
  nap.abort('over');
  return inTime;
}

async function run(
  feed: Feed,
  of: {
    readonly inbox: Inbox;
    readonly late: Promise<readonly Event[]> | null;
    readonly takeTurn: (which: 'due') => Promise<readonly Event[]>;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { inbox, late, takeTurn, signal } = of;
  const watching = feed.watched.map(async (watched) => {
    const changed = (): void => {
      watched.isStale = true;
      feed.rouse();
    };
    await watched.source.watch?.(changed, signal).catch(() => undefined);
  });
  let looks = late;
  while (!signal.aborted) {
    const news = await (looks ?? takeTurn('due'));
    looks = null;
    if (news.length > 0 && !signal.aborted) await putFacts(inbox, news, signal);
    if (!signal.aborted) await idle(feed);
  }
  await Promise.all(watching);
}

/** Waits until some source may have something else. */
async function idle(feed: Feed): Promise<void> {
  const { clock } = feed.parts;
  const stale = feed.watched.filter(({ isStale }) => isStale);
  const nap = new AbortController();
  const roused = new Promise<void>((resolve) => {
    feed.rouse = resolve;
  });
  const waitMs = Math.min(...stale.map(({ restUntil }) => restUntil)) - clock.monoMs();
  const naps = stale.length === 0 ? [] : [clock.sleep(Math.max(0, waitMs), nap.signal)];
  await Promise.race([roused, ...naps]);
  nap.abort('over');
  feed.rouse = () => undefined;
}

/** Looks at what is due, or at all, and gives what is news of that, as facts. */
async function takeStock(feed: Feed, which: 'due' | 'all'): Promise<readonly Event[]> {
  const { clock } = feed.parts;
  const due = feed.watched.filter(
    ({ isStale, restUntil }) => which === 'all' || (isStale && restUntil <= clock.monoMs()),
  );
  const said: Event[] = [];
  for (const watched of due) said.push(...(await look(feed, watched)));
  return [...said, ...findNews(feed)];
}

/** Looks once; what is news of the source itself, as facts. */
async function look({ parts, state }: Feed, watched: Watched): Promise<readonly Event[]> {
  const { name } = watched.source;
  const beganAt = parts.clock.monoMs();
  watched.isStale = false;
  const trouble = await watched.source.load().then(
    (loaded) => {
      const [mistake] = loaded.diagnostics;
      if (mistake === undefined) watched.had = loaded;
      return mistake?.sentence.slice(0, MAX_SAID) ?? null;
    },
    (error: unknown) => String(error).slice(0, MAX_SAID),
  );
  const failed = trouble !== null;
  watched.isStale ||= failed;
  const now = parts.clock.monoMs();
  const restMs = Math.min(MOST_REST_MS, Math.max(REST_MS, REST_SHARE * (now - beganAt)));
  watched.restUntil = now + (failed ? watched.pauseMs : restMs);
  watched.pauseMs = failed ? Math.min(MOST_PAUSE_MS, watched.pauseMs * 2) : FIRST_PAUSE_MS;
  const known = state.sourceTroubles[name] ?? null;
  // that it can be looked at does not say that it can be told anything
  const isOthers = trouble === null && known !== watched.said;
  watched.said = trouble;
  return trouble === known || isOthers ? [] : [{ type: 'source.noted', source: name, trouble }];
}

/** What all sources have by now against the plan, as facts. */
function findNews(feed: Feed): readonly Event[] {
  const { state, parts } = feed;
  const supply = gatherSupply(feed.watched.flatMap(({ had }) => (had === null ? [] : [had])));
  const picture = JSON.stringify([supply.drafts, [...supply.standings]]);
  // somebody may have been faster with a task, and have let go of it since
  const mayBeFree = [...state.tasks.values()].some(
    (ts) => ts.withheld !== null && isUntouched(ts) && !supply.standings.has(ts.task.id),
  );
  if (feed.picture === picture && !mayBeFree) return [];
  feed.picture = picture;
  const { events, diagnostics } = growPlan(state, supply, parts.claims);
  const said = describeRefused(diagnostics);
  const known = state.sourceTroubles[PLAN_TROUBLE] ?? null;
  return said === known ? events : [...events, { type: 'source.noted', source: PLAN_TROUBLE, trouble: said }];
}

function describeRefused([first, ...more]: readonly Diagnostic[]): string | null {
  if (first === undefined) return null;
  const sentence = first.sentence.slice(0, MAX_SAID);
  return more.length === 0 ? sentence : `${sentence} And ${more.length} more.`;
}

/** All that sources have, as one. */
export function gatherSupply(all: readonly Loaded[]): Supply {
  return {
    drafts: all.flatMap(({ drafts }) => drafts),
    standings: new Map(all.flatMap(({ standings }) => [...(standings ?? [])])),
  };
}
