// Which waiting task starts next, and what keeps the others: one set of checks for the decision and its explanation.
import { findBar } from '../bars.ts';
import { type Collision, findCollision, findHolder } from '../claim/claim-index.ts';
import type { RecordEffect } from '../effect.ts';
import { walkHeap } from '../heap.ts';
import { type Oid, type TaskId, taskId } from '../model.ts';
import { branchOf } from '../names.ts';
import {
  headOf,
  holdBack,
  parkBehind,
  parkInLane,
  peekGroup,
  type ReadyGroup,
  returnGroup,
  sendScouts,
  setAside,
} from '../ready-groups.ts';
import { agentFor, nextRole } from '../role.ts';
import { guessOf, patternsOf } from '../schedule-index.ts';
import { isLive, type RunState, type TaskState, taskOf } from '../state.ts';
import { findAhead } from './hold.ts';

/** The next start as a fact to record, or null when nothing can start now. */
export function startReady(state: RunState): RecordEffect | null {
  if (state.stopping !== null || state.paused || isFull(state)) return null;
  const later: Start[] = [];
  const start = findStart(state, later);
  // all stay ready until a start is a fact, so that asking twice gives the same answer
  for (const { group } of later) returnGroup(state, group);
  return start === null ? null : { kind: 'record', event: spawn(state, start) };
}

/** A task that may start, and the holder of a claim that it would pass over. */
interface Start {
  readonly group: ReadyGroup;
  readonly ts: TaskState;
  readonly forced: TaskId | null;
}

/** The next to start. Who clashes with work that lands first is held back, or, where claims are passed over, only put off. */
function findStart(state: RunState, later: Start[]): Start | null {
  const isForced = state.policy.collisionPolicy === 'force';
  for (;;) {
    sendScouts(state, (lane) => hasRoom(state, lane));
    const group = peekGroup(state);
    const ts = group === null ? null : headOf(state, group);
    const [put = null] = later;
    if (group === null || ts === null) return put;
    if (put !== null && put.ts.task.priority !== ts.task.priority) return put;
    const lane = findFullLane(state, ts);
    if (lane !== null) {
      parkInLane(state, ts, lane.name);
      continue;
    }
    const forced = findHolderInTheWay(state, ts);
    if (forced !== null && !isForced) {
      parkBehind(state, group, forced);
      continue;
    }
    const ahead = findAhead(state, ts);
    if (ahead === null) return { group, ts: findApart(state, group, ts), forced };
    if (!isForced) {
      holdBack(state, group, ahead.ts.task.id);
    } else {
      setAside(group);
      later.push({ group, ts, forced });
    }
  }
}

/** How many are looked at for one that will probably not meet work under way. */
const MAX_LOOKS = 32;

/** The best of a group that will probably not meet work that has not landed, as urgent as its first; else that one. */
function findApart(state: RunState, group: ReadyGroup, first: TaskState): TaskState {
  if (findNear(state, first) === null) return first;
  let looks = 0;
  for (const ts of walkHeap(group.tasks)) {
    looks += 1;
    if (looks > MAX_LOOKS || ts.task.priority !== first.task.priority) break;
    const mayStart = state.index.grouped[ts.order] === group && findFullLane(state, ts) === null;
    if (mayStart && findNear(state, ts) === null) return ts;
  }
  return first;
}

/** Whose work that has not landed a task will probably meet, by what is guessed of it; null: nobody's. */
function findNear(state: RunState, ts: TaskState): TaskId | null {
  const patterns = guessOf(state, ts);
  const ignore = (owner: string): boolean => mayPass(state, ts, owner);
  const { claims, guesses } = state.index;
  return (findHolder(claims, patterns, ignore) ?? findHolder(guesses, patterns, ignore)) as TaskId | null;
}

function spawn(state: RunState, { ts, forced }: Start): RecordEffect['event'] {
  const role = nextRole(state, ts);
  return {
    type: 'attempt.spawned',
    task: ts.task.id,
    attempt: ts.attempts + 1,
    agent: agentFor(state, ts, role),
    role,
    branch: branchOf(state, ts.task.id),
    stackedOn: findStackBase(state, ts),
    forced: forced === null ? [] : [forced],
  };
}

/** Commit of the unlanded dependency the task is built on; null: it starts from the target. */
function findStackBase(state: RunState, ts: TaskState): { task: TaskId; commit: Oid } | null {
  for (const edge of ts.task.edges) {
    if (edge.base !== 'stacked') continue;
    const below = taskOf(state, edge.task);
    const commit = below.attempt?.inspected?.head;
    if (below.phase !== 'merged' && commit !== undefined) return { task: edge.task, commit };
  }
  return null;
}

/** Tells whether all slots are taken. */
export function isFull(state: RunState): boolean {
  return state.index.slots.size >= countSlots(state);
}

/** Attempts at once: one less than usual, but one, while an agent that ran out of memory has not got over it. */
export function countSlots({ index, policy }: RunState): number {
  return index.starved.size === 0 ? policy.maxAgents : Math.max(1, policy.maxAgents - 1);
}

/** A lane of the task's next attempt (its track, its agent) that has no room, or null. */
export function findFullLane(state: RunState, ts: TaskState): { name: string; limit: number } | null {
  const { track } = ts.task;
  const agent = agentFor(state, ts, nextRole(state, ts));
  for (const name of track === null ? [`agent:${agent}`] : [`track:${track}`, `agent:${agent}`]) {
    const limit = limitOf(state, name);
    if (limit !== null && !hasRoom(state, name)) return { name, limit };
  }
  return null;
}

function hasRoom(state: RunState, lane: string): boolean {
  return (state.index.slotsByLane.get(lane) ?? 0) < (limitOf(state, lane) ?? Number.POSITIVE_INFINITY);
}

/** Attempts at once in a lane; null: as many as there are slots. */
function limitOf(state: RunState, lane: string): number | null {
  const { policy } = state;
  if (lane.startsWith('track:')) return policy.maxPerTrack;
  const agent = lane.slice('agent:'.length);
  return findBar(state, agent) === null ? (policy.agents[agent]?.max ?? null) : 0;
}

/** A held claim that meets the task's, or null. */
export function findClaimInTheWay(state: RunState, ts: TaskState): Collision | null {
  if (ts.task.owns === null) return null;
  return findCollision(state.index.claims, patternsOf(state, ts), (owner) => mayPass(state, ts, owner));
}

/** Whose claim is in the task's way, or null. */
function findHolderInTheWay(state: RunState, ts: TaskState): TaskId | null {
  if (ts.task.owns === null) return null;
  const ignore = (owner: string): boolean => mayPass(state, ts, owner);
  return findHolder(state.index.claims, patternsOf(state, ts), ignore) as TaskId | null;
}

/** Tells whether a task may start in spite of a holder: its own claim, or that of who it is stacked with while it is not at work. */
function mayPass(state: RunState, ts: TaskState, owner: string): boolean {
  if (owner === ts.task.id) return true;
  const holder = taskOf(state, taskId(owner));
  return !isLive(holder) && (isStackedOn(state, ts, holder) || isStackedOn(state, holder, ts));
}

/** Tells whether `upper` is built, directly or not, on unlanded work of `lower`: it contains that work and may go on with it. */
function isStackedOn(state: RunState, upper: TaskState, lower: TaskState): boolean {
  let at: TaskState | undefined = upper;
  // merged work holds no claim, so the walk ends at the first landed task
  while (at !== undefined && at.phase !== 'merged') {
    const edge: TaskState['task']['edges'][number] | undefined = at.task.edges.find(
      (e) => e.base === 'stacked',
    );
    if (edge === undefined) return false;
    if (edge.task === lower.task.id) return true;
    at = state.tasks.get(edge.task);
  }
  return false;
}
