// What the facts of a task's pull request do to the task. Knows no calls.

import { endForgeTrouble } from '../backoff.ts';
import type { Event } from '../event.ts';
import { unreachable } from '../failure.ts';
import type { RunMs } from '../model.ts';
import type { PullRecord } from '../pull.ts';
import type { RunState, TaskState } from '../state.ts';

type PullEvent = Extract<
  Event,
  { readonly type: 'pull.opened' | 'pull.noted' | 'pull.shelved' | 'pull.enqueued' }
>;

const MAX_SEEN = 1_000;
const MAX_OURS = 20;

/** Applies one fact of a task's pull request. */
export function evolvePull(state: RunState, ts: TaskState, event: PullEvent, ms: RunMs): void {
  endForgeTrouble(state);
  switch (event.type) {
    case 'pull.opened':
      return open(ts, event, ms);
    case 'pull.noted':
      if (ts.pull !== null) note(ts, ts.pull, event);
      return;
    case 'pull.shelved':
      if (ts.pull !== null) ts.pull.isDraft = true;
      return;
    case 'pull.enqueued':
      if (ts.pull === null || ts.phase !== 'pr_created' || ts.pull.head !== event.head) return;
      ts.pull.enqueued = true;
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
  const isCandidate = ts.phase === 'queued' && head === ts.candidate?.commit;
  const isWork = ts.phase === 'committed' && head === ts.attempt?.inspected?.head;
  ts.pull = {
    ...{ number, url, head, at: ms },
    ours: before === null ? [] : [...before.ours, before.head].slice(-MAX_OURS),
    isDraft: false,
    note: null,
    excerpt: null,
    pending: before?.pending ?? [],
    told: (before?.told ?? []).filter(({ id }) => !answered.includes(id)),
    seen: before?.seen ?? [],
    enqueued: false,
    left: null,
  };
  if (isWork || isCandidate) ts.phase = 'pr_created';
  if (isCandidate) ts.candidate = null;
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
  pull.excerpt = excerpt ?? pull.excerpt;
  pull.pending = [...pull.pending, ...fresh];
  pull.seen = [...pull.seen, ...fresh.map(({ id }) => id)].slice(-MAX_SEEN);
  if (ts.phase === 'pr_created')
    ts.conflict = conflict ?? (event.note.isMergeable === false ? ts.conflict : null);
  const hasLeft = pull.enqueued && event.note.state === 'open' && event.note.queue === null;
  if (!hasLeft || ts.phase !== 'queued') return;
  pull.enqueued = false;
  pull.left = event.note.dequeued ?? 'for a reason that it does not say';
  ts.phase = 'pr_created';
}

/** A commit that may be put there to land is no stranger's. */
export function claimCandidate({ pull }: TaskState, commit: PullRecord['head']): void {
  if (pull !== null) pull.ours = [...pull.ours, commit].slice(-MAX_OURS);
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
