// Watches the target branch for what people do to it: work that somebody merged by hand is adopted, not landed twice, and
// work that waited for what is there now lands.
import type { Event } from '../core/event.ts';
import { writeLandingMessage } from '../core/message.ts';
import type { Oid } from '../core/model.ts';
import { candidateRefOf, targetRefOf } from '../core/names.ts';
import type { RunState, TaskState } from '../core/state.ts';
import type { Inbox } from './inbox.ts';
import { findFreed } from './landing-base.ts';
import type { Parts } from './parts.ts';

/** What looks at the target after each of its moves. */
export interface Observer {
  readonly start: () => void;
  /** Looks for tasks whose landing was held since the last look: the target may have moved just before. */
  readonly notice: () => void;
  readonly stop: () => void;
}

/** An observer that has not started. */
export function createObserver(of: {
  readonly parts: Parts;
  readonly state: RunState;
  readonly inbox: Inbox;
}): Observer {
  const { parts, state, inbox } = of;
  const known = new WeakSet<object>();
  let looking: Promise<void> = Promise.resolve();
  let queued = false;
  let seen: Oid | null = null;
  const look = async (): Promise<void> => {
    queued = false;
    const tip = await findTip(parts, state);
    const news = tip !== null && !leadsOnlyThroughLandings(state, { from: seen, to: tip });
    seen = tip;
    const find = news ? findNews(parts, state) : findFreed(parts.git, state);
    const events = await find.catch(() => []);
    if (events.length > 0) inbox.put({ kind: 'facts', events });
  };
  const lookSoon = (): void => {
    if (queued) return;
    queued = true;
    looking = looking.then(look);
  };
  let stop = (): void => undefined;
  return {
    start: () => {
      // what happens to it at the forge shows on its pull requests
      if (parts.forge === null) stop = parts.git.watchBranch(state.policy.target, lookSoon);
    },
    stop: () => stop(),
    notice: () => {
      for (const { held } of state.index.line.held) {
        if (held === null || known.has(held)) continue;
        known.add(held);
        lookSoon();
      }
    },
  };
}

function findTip(parts: Parts, state: RunState): Promise<Oid | null> {
  return parts.git.resolve(targetRefOf(state.policy)).catch(() => null);
}

/** Tells whether every step between two tips of the target is a landing of this run: nobody else can have added anything. */
function leadsOnlyThroughLandings(
  state: RunState,
  between: { readonly from: Oid | null; readonly to: Oid },
): boolean {
  let at = between.to;
  while (at !== between.from) {
    const step = [...state.tasks.values()].find((ts) => ts.candidate?.commit === at && !ts.candidate.empty);
    if (step?.candidate == null) return false;
    at = step.candidate.base;
  }
  return true;
}

/** What people brought about on the target, as facts. */
export async function findNews(parts: Parts, state: RunState): Promise<readonly Event[]> {
  return [...(await findAdopted(parts, state)), ...(await findFreed(parts.git, state))];
}

/** Verified work that is on the target although weft did not put it there. */
async function findAdopted(parts: Parts, state: RunState): Promise<readonly Event[]> {
  const waiting = [...state.tasks.values()].filter((ts) => ts.phase === 'committed');
  if (waiting.length === 0) return [];
  const tip = await findTip(parts, state);
  if (tip === null) return [];
  const events: Event[] = [];
  for (const ts of waiting) {
    if (await isOnTarget(parts, state, { ts, tip })) events.push(await adopt(parts, state, { ts, tip }));
  }
  return events;
}

/** By ancestry, or (squashed, rebased) because merging it would change nothing any more. */
async function isOnTarget(
  parts: Parts,
  state: RunState,
  of: { readonly ts: TaskState; readonly tip: Oid },
): Promise<boolean> {
  const seen = of.ts.attempt?.inspected;
  if (seen == null || seen.fileCount === 0) return false;
  if (await parts.git.isAncestor({ ancestor: seen.head, of: of.tip })) return true;
  const built = await parts.git.buildCandidate({
    target: of.tip,
    base: seen.base,
    head: seen.head,
    strategy: 'squash',
    message: writeLandingMessage(state, of.ts),
    pin: candidateRefOf(state, of.ts.task.id),
  });
  return built.ok && built.value.kind === 'built' && built.value.empty;
}

async function adopt(
  parts: Parts,
  state: RunState,
  of: { readonly ts: TaskState; readonly tip: Oid },
): Promise<Event> {
  return {
    type: 'task.landed',
    task: of.ts.task.id,
    commit: of.tip,
    tree: await parts.git.treeOf(of.tip),
    base: of.tip,
    ref: state.policy.target,
    detour: null,
    by: 'human',
  };
}
