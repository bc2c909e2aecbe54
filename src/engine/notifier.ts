// Calls people for what needs them, each occasion once, also across engines: what was called for is noted before the call. The
// loop does not know of it; what cannot be said is noted once and changes nothing.
import { join } from 'node:path';
import type { Event } from '../core/event.ts';
import { type Notice, noticesOf } from '../core/notice.ts';
import type { NoticePolicy } from '../core/notice-policy.ts';
import { NOTICES_TROUBLE } from '../core/source.ts';
import type { RunState } from '../core/state.ts';
import type { RunView } from '../core/view.ts';
import type { Inbox } from './inbox.ts';
import type { Parts } from './parts.ts';

/** Where it is noted, in the run's folder. */
const FILE = 'notices.json';
const MAX_BYTES = 16 * 1024 ** 2;
const MAX_SAID = 300;
/** How long an engine that ends waits for calls that are under way. */
const STOP_MS = 15_000;

/** See the file's first line. */
export interface Notifier {
  /** The run stands so; returns at once. */
  readonly take: (view: RunView) => void;
  /** What was seen became durable; returns at once. */
  readonly notice: () => void;
  /** Resolves when everybody was called, or soon. */
  readonly stop: () => Promise<void>;
}

const INERT: Notifier = { take: () => undefined, notice: () => undefined, stop: async () => undefined };

/** What is called for, and what was. */
interface Desk {
  readonly parts: Parts;
  readonly state: RunState;
  readonly inbox: Inbox;
  /** Nobody is called for what may never have been. */
  readonly isDurable: () => boolean;
  readonly callers: readonly Caller[];
  readonly told: Promise<Set<string>>;
  readonly path: string;
  trouble: string | null;
}

/** A notifier; of a run that calls nobody from here it does nothing. */
export function createNotifier(of: Pick<Desk, 'parts' | 'state' | 'inbox' | 'isDurable'>): Notifier {
  const { parts, state } = of;
  const callers = callersOf(parts, state.policy.notify ?? {});
  if (callers.length === 0) return INERT;
  const path = join(parts.places.runDir, FILE);
  const trouble = state.sourceTroubles[NOTICES_TROUBLE] ?? null;
  const desk: Desk = { ...of, callers, path, told: readTold(parts, path), trouble };
  let latest: RunView | null = null;
  let running: Promise<void> | null = null;
  const work = async (): Promise<void> => {
    // who calls slowly calls for how it stands by then
    while (latest !== null && of.isDurable()) {
      const view = latest;
      latest = null;
      await callFor(desk, view).catch(() => undefined);
    }
  };
  const notice = (): void => {
    running ??= work().then(() => {
      running = null;
      if (latest !== null && of.isDurable()) notice();
    });
  };
  return {
    notice,
    take: (view) => {
      latest = view;
      notice();
    },
    stop: async () => {
      const nap = new AbortController();
      notice();
      const done = async (): Promise<void> => {
        while (running !== null) await running;
      };
      await Promise.race([done(), parts.clock.sleep(STOP_MS, nap.signal)]);
      nap.abort('over');
    },
  };
}

async function callFor(desk: Desk, view: RunView): Promise<void> {
  const { parts, state, callers, path } = desk;
  const told = await desk.told;
  const due = noticesOf(view, state.policy.notify?.on)
    .filter(({ id }) => !told.has(id))
    .map((notice) => ({ ...notice, title: parts.redact(notice.title), text: parts.redact(notice.text) }));
  if (due.length === 0) return;
  for (const { id } of due) told.add(id);
  await parts.files.replace(path, `${JSON.stringify([...told])}\n`);
  const found = await Promise.all(due.flatMap((notice) => callers.map((call) => call(notice))));
  const said = [...new Set(found.filter((each) => each !== null))].join('; ');
  const trouble = said === '' ? null : said.slice(0, MAX_SAID);
  if (trouble === desk.trouble) return;
  desk.trouble = trouble;
  const event: Event = { type: 'source.noted', source: NOTICES_TROUBLE, trouble };
  desk.inbox.put({ kind: 'facts', events: [event] });
}

type Caller = (notice: Notice) => Promise<string | null>;

function callersOf(
  { notify }: Parts,
  { command, env = [], webhook, desktop }: NoticePolicy,
): readonly Caller[] {
  if (notify === null) return [];
  return [
    ...(command === undefined ? [] : [(notice: Notice) => notify.run(command, { notice, env })]),
    ...(webhook === undefined ? [] : [(notice: Notice) => notify.post(webhook, notice)]),
    ...(desktop === true ? [(notice: Notice) => notify.show(notice)] : []),
  ];
}

async function readTold({ files }: Parts, path: string): Promise<Set<string>> {
  const text = await files.readText(path, MAX_BYTES).catch(() => null);
  try {
    const ids: unknown = JSON.parse(text ?? '[]');
    return new Set(Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : []);
  } catch {
    return new Set();
  }
}
