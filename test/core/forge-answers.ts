// What a forge may answer to the effects that ask it, good and bad, led by a tape of numbers.
import type { WorkEffect } from '../../src/core/effect.ts';
import type { Event } from '../../src/core/event.ts';
import { judgePull, type PullNote, type PullRecord, type PullRemark } from '../../src/core/pull.ts';
import type { RunState } from '../../src/core/state.ts';
import { facts, find, hash } from './build.ts';
import type { Tape } from './world.ts';

/** An effect that asks the forge. */
export type ForgeEffect = Extract<
  WorkEffect,
  { readonly kind: 'open-pull' | 'watch-pull' | 'adopt-push' | 'shelve-pull' | 'enqueue-pull' }
>;

/** Answers an effect; nothing: there is no news. */
export function answerAtForge(state: RunState, effect: ForgeEffect, tape: Tape): readonly Event[] {
  const { task } = effect;
  const { pull } = find(state, task);
  switch (effect.kind) {
    case 'open-pull': {
      const answered = (pull?.told ?? []).map(({ id }) => id);
      const number = pull?.number ?? state.ms;
      return [
        { type: 'pull.opened', task, number, url: `https://forge/${number}`, head: effect.head, answered },
      ];
    }
    case 'adopt-push':
      return pull?.note == null ? [] : [adopted(state, effect, pull.note, tape)];
    case 'shelve-pull':
      return [{ type: 'pull.shelved', task }];
    case 'enqueue-pull':
      return [{ type: 'pull.enqueued', task, head: effect.head }];
    case 'watch-pull':
      return pull === null ? [] : look(state, effect, tape);
  }
}

function look(state: RunState, { task }: ForgeEffect, tape: Tape): readonly Event[] {
  const { pull } = find(state, task);
  if (pull === null) return [];
  const note = (over: Partial<PullNote> = {}, more: Partial<Noted> = {}): Event =>
    facts.noted(state, task, over, more);
  switch (tape(24)) {
    case 1:
      return [note({ state: 'closed' })];
    case 2:
      return [landed(task, 'human')];
    case 3:
    case 4:
      return [note({ failing: ['test'] }, { excerpt: `red ${state.ms}` })];
    case 5:
      return [note({ waiting: ['test'] })];
    case 6:
      return [note({ reported: 0 })];
    case 7:
      return [note({ isMergeable: null })];
    case 8:
      return [note({ isMergeable: false }, { conflict: { base: hash('x'), files: ['a.ts'] } })];
    case 9:
      return [note({ decision: 'changes-requested' }, { remarks: [remark(state.ms)] })];
    case 10:
      return [note({ decision: 'review-required' })];
    case 11:
    case 12:
      return [note({ head: hash('strange') })];
    case 13:
      return [note({ dequeued: 'FAILED_CHECKS' })];
    default:
      if (pull.enqueued) return [landed(task, 'weft')];
      return isAllRight(pull) ? [] : [note()];
  }
}

/** What somebody pushed: on top of the work, instead of it, or gone by now. */
function adopted(state: RunState, { task }: ForgeEffect, seen: PullNote, tape: Tape): Event {
  const { pull, attempt } = find(state, task);
  const from = attempt?.inspected?.head ?? hash('unknown');
  const way = tape(3);
  if (way === 2) return facts.noted(state, task, { ...seen, head: pull?.head ?? from });
  return { type: 'branch.moved', task, from, to: seen.head, ahead: way === 0 };
}

function isAllRight({ note, head }: PullRecord): boolean {
  return note !== null && judgePull(note, { head, isSettled: true }).kind === 'merge';
}

type Noted = Extract<Event, { readonly type: 'pull.noted' }>;

function remark(id: number): PullRemark {
  return { id, path: 'a.ts', line: 3, author: 'ann', body: 'Why?' };
}

function landed(task: ForgeEffect['task'], by: 'weft' | 'human'): Event {
  const commit = hash(`${task} merged`);
  return { type: 'task.landed', task, commit, tree: hash('t'), base: commit, ref: 'main', detour: null, by };
}
