// What the facts of a task's pull request do to the task. Knows no calls.

import { endForgeTrouble } from '../backoff.ts';
import { becomesPull } from '../decide/submit.ts';
import type { Event } from '../event.ts';
import { unreachable } from '../failure.ts';
import type { Oid, RunMs } from '../model.ts';
import type { PullRecord } from '../pull.ts';
import { isMeant } from '../pull-standing.ts';
import type { RunState, TaskState } from '../state.ts';

type PullEvent = Extract<
  Event,
  { readonly type: 'pull.opened' | 'pull.noted' | 'pull.shelved' | 'pull.enqueued' }
>;

const MAX_SEEN = 1_000;
const MAX_OURS = 20;
const MAX_OFFERED = 100;
/** Phases in which what is seen of a pull request is about the work as it is. */
const ABOUT_WORK: ReadonlySet<TaskState['phase']> = new Set(['committed', 'pr_created', 'queued']);

/** Applies one fact of a task's pull request. */
export function evolvePull(state: RunState, ts: TaskState, event: PullEvent, ms: RunMs): void {
  endForgeTrouble(state);
  switch (event.type) {
    case 'pull.opened':
      return open(ts, event, ms);
    case 'pull.noted':
      if (ts.pull === null) return;
      if (ABOUT_WORK.has(ts.phase)) note(ts, ts.pull, event);
      // that it is over is so whatever is made of the work
      else if ((ts.phase === 'waiting' || ts.phase === 'failed') && event.note.state !== 'open')
        ts.pull.note = event.note;
      return;
    case 'pull.shelved':
      if (ts.pull !== null) ts.pull.isDraft = true;
      return;
    case 'pull.enqueued':
      if (ts.pull === null || !isMeant(ts.pull, event.head)) return;
      if (ts.phase !== 'pr_created' && ts.phase !== 'queued') return;
      ts.pull.enqueued = true;
      // what was seen before says nothing of how it gets on there
      ts.pull.note = null;
      ts.pull.at = ms;
      ts.candidate = null;
      ts.phase = 'queued';
      ts.queuedAt ??= ms;
      return;
    default:
      unreachable(event);
  }
}

/** It is there whatever has become of the task since; whether that is to be looked at again depends on what it shows. */
function open(ts: TaskState, event: Extract<PullEvent, { readonly type: 'pull.opened' }>, ms: RunMs): void {
  const { number, url, head, answered } = event;
  const before = ts.pull;
  const isWork = head === ts.attempt?.inspected?.head;
  const isNew = ts.phase === 'committed' && isWork;
  // what was to land may have been put there by an engine that was killed over it, and another be built by now
  const isBack = ts.phase === 'queued' && (isWork || (before !== null && isMeant(before, head)));
  ts.pull = {
    ...{ number, url, head, at: ms },
    ours: [],
    isDraft: false,
    note: null,
    isFresh: false,
    excerpt: null,
    pending: before?.pending ?? [],
    told: (before?.told ?? []).filter(({ id }) => !answered.includes(id)),
    seen: before?.seen ?? [],
    enqueued: false,
  };
  if (isNew || isBack) ts.phase = 'pr_created';
  if (isBack) ts.candidate = null;
}

function note(
  ts: TaskState,
  pull: PullRecord,
  event: Extract<PullEvent, { readonly type: 'pull.noted' }>,
): void {
  const { remarks, excerpt, conflict } = event;
  const fresh = remarks.filter(({ id }) => !pull.seen.includes(id));
  if (event.note.head !== pull.note?.head) pull.excerpt = null;
  pull.note = event.note;
  pull.isFresh = true;
  pull.excerpt = excerpt ?? pull.excerpt;
  pull.pending = [...pull.pending, ...fresh];
  pull.seen = [...pull.seen, ...fresh.map(({ id }) => id)].slice(-MAX_SEEN);
  if (ts.phase === 'pr_created') ts.conflict = conflict ?? null;
}

/** Verified work may be put there before it is known that it was. */
export function noteOffer(state: RunState, ts: TaskState): void {
  const head = ts.attempt?.inspected?.head;
  if (head !== undefined && becomesPull(state, ts)) keepOffer(ts, head);
}

function keepOffer(ts: TaskState, commit: Oid): void {
  if (!ts.offered.includes(commit)) ts.offered = [...ts.offered, commit].slice(-MAX_OFFERED);
}

/** A commit that may be put there to land is no stranger's. */
export function claimCandidate(ts: TaskState, commit: Oid): void {
  const { pull } = ts;
  if (pull === null) return;
  keepOffer(ts, commit);
  // what is there stays known, however many come after it
  const there = pull.ours.filter((each) => each === pull.note?.head && each !== commit);
  const others = pull.ours.filter((each) => !there.includes(each) && each !== commit);
  pull.ours = [...there, ...others.slice(-MAX_OURS), commit];
}

/** Its agent was told these remarks. */
export function tellRemarks({ pull }: TaskState, ids: readonly number[]): void {
  if (pull === null) return;
  const told = pull.pending.filter(({ id }) => ids.includes(id));
  pull.pending = pull.pending.filter(({ id }) => !ids.includes(id));
  pull.told = [...pull.told, ...told];
}

/** What is over stays with the forge: should the task begin anew, it gets another. */
export function dropPull(ts: TaskState): void {
  if (ts.pull === null) return;
  ts.pull = null;
  ts.pulls += 1;
}
