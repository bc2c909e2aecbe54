// Facts as they become durable: each must be in its place, legal, and true to what the world saw.
import type { Event, Recorded } from '../../core/event.ts';
import { evolve } from '../../core/evolve/evolve.ts';
import { isAllowed, isTerminal } from '../../core/lifecycle.ts';
import type { Cause, TaskId } from '../../core/model.ts';
import { type TaskState, taskOf } from '../../core/state.ts';
import { isLandedAtForge, noteRest } from './forge-promises.ts';
import { checkDropped } from './git-merge.ts';
import { filesOf, isAncestorOf, mergeTrees } from './git-store.ts';
import { findAsking, isAhead, isInTheWay, isRunning, isSatisfied, slotsOf } from './oracle.ts';
import { count, note, violate } from './scheduler.ts';
import {
  checkClosing,
  checkGrowth,
  checkSourceRest,
  checkWithheld,
  noteSourceDone,
} from './source-promises.ts';
import type { World } from './world.ts';

/** Takes records that became durable: each must be in its place, legal, and true to the world. */
export function admitRecords(world: World, records: readonly Recorded[]): void {
  const { oracle } = world;
  for (const record of records) {
    const last = oracle.records.at(-1);
    if (record.epoch < world.epoch) {
      violate(world, 'stale-epoch', `epoch ${record.epoch} wrote after epoch ${world.epoch} took over`);
    }
    if (record.seq !== (last?.seq ?? 0) + 1)
      violate(world, 'journal-keeps', `record ${record.seq} after ${last?.seq}`);
    if (record.ms < (last?.ms ?? 0)) violate(world, 'run-clock', `${record.ms} ms after ${last?.ms} ms`);
    note(world, () => `journal ${record.seq} ${JSON.stringify(record.event).slice(0, 300)}`);
    oracle.records.push(record);
    noteRest(world, record);
    admit(world, record);
  }
}

function admit(world: World, record: Recorded): void {
  const { oracle } = world;
  const { event } = record;
  if (event.type === 'plan.changed') checkGrowth(world, event);
  if (event.type === 'run.rested') checkSourceRest(world, event);
  if (!('task' in event)) {
    evolve(oracle.shadow, record);
    return;
  }
  if (!oracle.shadow.tasks.has(event.task)) {
    violate(world, 'journal-keeps', `${event.type} is about ${event.task}, which the plan does not have`);
    return;
  }
  const ts = taskOf(oracle.shadow, event.task);
  const before = ts.phase;
  const stopped = ts.attempt?.stop ?? null;
  if (event.type === 'attempt.spawned') checkSpawn(world, ts, { ...event, ms: record.ms });
  if (event.type === 'guidance.given' || event.type === 'question.answered') checkSaid(world, event);
  if (event.type === 'task.landed') checkLanded(world, ts, event);
  if (event.type === 'attempt.verified' || event.type === 'attempt.rejected') checkDropped(world, ts);
  // what is done at its source is done, with whatever its agent began
  if (event.type === 'task.settled') oracle.merged.add(event.task);
  if (event.type === 'task.settled' || event.type === 'task.cancelled') checkClosing(world, ts, event);
  if (event.type === 'attempt.timed-out') checkTime(world, { ...event, epoch: record.epoch });
  if (event.type === 'attempt.overspent') checkRunTime(world, record);
  if (ONCE.has(event.type) && 'attempt' in event) {
    checkOnce(world, { ...event, epoch: record.epoch, why: stopped });
  }
  evolve(oracle.shadow, record);
  const { phase } = ts;
  if (phase !== before) {
    // what the source itself said is nothing that it does not know
    if (isTerminal(phase) && !isSaidBySource(event)) noteSourceDone(world);
    const isAdopted = before === 'failed' && event.type === 'task.landed' && event.by === 'human';
    if (isTerminal(before) && event.type !== 'task.restarted' && !isAdopted) {
      violate(world, 'terminal-final', `${event.task} left ${before} by ${event.type}`);
    }
    if (!isAllowed({ from: before, to: phase, on: event.type })) {
      violate(world, 'legal-moves', `${event.task}: ${before} → ${phase} by ${event.type}`);
    }
  }
  if (isTerminal(phase) && ts.holdsClaim)
    violate(world, 'claim-leak', `${event.task} is ${phase} and holds its claim`);
  keepBooks(world, ts, { event, ms: record.ms, stopped, moved: phase !== before });
}

/** Ends of effects that one engine brings about once for an attempt. */
const ONCE = new Set(['attempt.started', 'attempt.exited', 'attempt.stopped']);

function checkOnce(
  world: World,
  event: {
    readonly type: string;
    readonly task: TaskId;
    readonly attempt: number;
    readonly epoch: number;
    readonly why: string | null;
  },
): void {
  const key = `${event.epoch} ${event.type} ${event.task}/${event.attempt} ${event.why}`;
  if (world.oracle.done.has(key)) violate(world, 'performed-once', `${key} twice`);
  world.oracle.done.add(key);
}

function isSaidBySource(event: Event): boolean {
  return event.type === 'task.settled' || (event.type === 'task.cancelled' && event.why !== undefined);
}

/** What a task was told once is not taken for told twice. */
function checkSaid(world: World, { task, text }: { readonly task: TaskId; readonly text: string }): void {
  const key = `${task}: ${text}`;
  if (world.oracle.said.has(key)) violate(world, 'said-once', `"${key}" was taken twice`);
  world.oracle.said.add(key);
}

/** An attempt's time is up only when it had that time, by the clock that stands still while the machine sleeps. */
function checkTime(
  world: World,
  of: { readonly task: TaskId; readonly attempt: number; readonly epoch: number },
): void {
  const proc = world.processes.all.findLast((each) => each.task === of.task && each.attempt === of.attempt);
  // what passed before a restart is known from the wall clock only
  if (proc?.epoch !== of.epoch) return;
  const had = world.monoMs - proc.startedMs;
  const due = (world.scene.policy.budget.minutes ?? 0) * 60_000;
  if (had < due - 1) violate(world, 'fair-time', `${of.task} was ended after ${had} of ${due} ms`);
}

/** When the run has used up what people gave it so far. */
function endOfRun({ oracle, scene }: World): number {
  const minutes = scene.policy.budget.run?.minutes;
  if (minutes == null) return Number.POSITIVE_INFINITY;
  const { startedMs, idleMs } = oracle.shadow;
  return startedMs + idleMs + minutes * 60_000 * (1 + oracle.allowances);
}

function checkRunTime(world: World, { ms }: Recorded): void {
  count(world, 'recovery: the budget of the run was used up');
  if (ms < endOfRun(world)) violate(world, 'run-budget', `used up at ${ms}, not before ${endOfRun(world)}`);
}

const AT_ONCE = new Set([
  'conflict',
  'work-vanished',
  'no-changes',
  'outside-claim',
  'worktree-odd',
  'gate-failed',
  'plan-scope',
  'changes-requested',
  'asked',
  'ci-failed',
  'stopped',
  'run-budget',
]);

function keepBooks(
  world: World,
  ts: TaskState,
  of: {
    readonly event: Event;
    readonly ms: number;
    readonly stopped: string | null;
    readonly moved: boolean;
  },
): void {
  const { oracle, scene } = world;
  const { event } = of;
  const { id } = ts.task;
  const addTry = (by: number): void => {
    oracle.tries.set(id, (oracle.tries.get(id) ?? 0) + by);
  };
  switch (event.type) {
    case 'attempt.spawned':
      return addTry(1);
    case 'attempt.stopped':
      if (of.stopped !== null && of.stopped !== 'time-budget') addTry(-1);
      return;
    case 'attempt.planned':
    case 'attempt.verified':
      // it did its part and handed on
      if (of.moved && ts.phase === 'waiting') addTry(-1);
      return;
    case 'attempt.exited':
      if (ts.phase === 'waiting') addTry(-1);
      return;
    case 'attempt.failed': {
      if (event.cause === 'asked' || event.cause === 'changes-requested') addTry(-1);
      if (event.then.kind !== 'retry') return;
      const least = AT_ONCE.has(event.cause) ? 0 : scene.policy.limits.backoffMs / 2;
      if (event.then.at < of.ms + least) {
        violate(world, 'back-off', `${id} starts again ${event.then.at - of.ms} ms after ${event.cause}`);
      }
      oracle.notBefore.set(id, event.then.at);
      return;
    }
    case 'task.withheld':
      // nobody began it
      if (of.moved) addTry(-1);
      return;
    case 'attempt.inspected':
      oracle.moved.delete(id);
      return;
    case 'task.done':
      // whoever did it by hand needs not be told
      oracle.promised.splice(0, oracle.promised.length, ...oracle.promised.filter(({ task }) => task !== id));
      return;
    case 'question.answered':
      if (event.then === 'retry' && causeOf(world, event.id) === 'run-budget') oracle.allowances += 1;
      if (event.then === 'accept') oracle.accepted.add(`${id}/${ts.attempts}`);
      if (event.then === 'accept' && causeOf(world, event.id) === 'target-rewritten') oracle.holds = null;
      oracle.notBefore.delete(id);
      return addTry(-1);
    case 'task.restarted':
    case 'guidance.given':
      oracle.notBefore.delete(id);
      // a human's word allows one more attempt
      if (event.type === 'task.restarted') oracle.tries.set(id, 0);
      else addTry(-1);
      return;
    default:
      return;
  }
}

type Spawned = Extract<Event, { readonly type: 'attempt.spawned' }> & Pick<Recorded, 'ms'>;

function checkSpawn(world: World, ts: TaskState, record: Spawned): void {
  const { oracle, scene } = world;
  const { id } = ts.task;
  const { policy } = scene;
  checkWithheld(world, ts);
  if (record.ms < (oracle.notBefore.get(id) ?? 0)) {
    violate(world, 'back-off', `${id} starts at ${record.ms}, not before ${oracle.notBefore.get(id)}`);
  }
  if ((oracle.tries.get(id) ?? 0) >= policy.limits.attempts) {
    violate(world, 'attempt-limit', `${id} starts once more after ${oracle.tries.get(id)} tries`);
  }
  const running = [...oracle.shadow.tasks.values()].filter(isRunning);
  if (running.length >= slotsOf(world)) {
    violate(world, 'slots', `${id} starts beside ${running.map((each) => each.task.id).join(', ')}`);
  }
  const asking = findAsking(world);
  if (asking !== null && record.ms >= endOfRun(world))
    violate(world, 'run-budget', `${id} starts while ${asking.task.id} asks for more`);
  for (const edge of ts.task.edges) {
    if (!isSatisfied(world, edge))
      violate(world, 'edges-first', `${id} starts before ${edge.task} is ${edge.on}`);
  }
  if (policy.collisionPolicy === 'force') return;
  for (const other of oracle.shadow.tasks.values()) {
    if (other !== ts && isInTheWay(world, ts, other)) {
      violate(world, 'disjoint-claims', `${id} starts while ${other.task.id} is ${other.phase}`);
    }
    if ((record.role ?? 'implement') === 'implement') checkApart(world, ts, other);
  }
}

/** Nobody goes on with work that is known to conflict with other work, as urgent, that was about to land when it came to wait. */
function checkApart(world: World, ts: TaskState, other: TaskState): void {
  if (ts.attempt === null || other.attempt === null || other.task.priority > ts.task.priority) return;
  if (other.attempt.spawnedAt > ts.phaseAt || !isAhead(world, ts, other)) return;
  violate(world, 'known-conflicts', `${ts.task.id} starts while ${other.task.id} is ${other.phase}`);
}

/** What the question with that id was asked for. */
function causeOf({ oracle }: World, id: string): Cause | null {
  for (const { event } of oracle.records) {
    if (event.type === 'attempt.failed' && event.then.kind === 'ask' && event.then.question.id === id)
      return event.cause;
  }
  return null;
}

function checkLanded(
  world: World,
  ts: TaskState,
  event: Extract<Event, { readonly type: 'task.landed' }>,
): void {
  const { oracle, git } = world;
  const { id } = ts.task;
  const seen = ts.attempt?.inspected;
  if (event.by === 'weft' && event.ref === world.scene.policy.target) oracle.holds = event.commit;
  if (isLandedAtForge(world, event)) {
    if (event.by === 'human') count(world, 'recovery: work merged by hand was adopted');
    return;
  }
  if (event.by === 'weft' && event.commit !== event.base) {
    if (oracle.landed.get(id) === event.commit) return;
    // a candidate that is the agent's own commit may be on the target before weft moves it: a person merged it
    const tips = ['main', 'weft/integration'].flatMap((name) => git.refs.get(`refs/heads/${name}`) ?? []);
    if (tips.some((tip) => isAncestorOf(git, event.commit, tip))) {
      oracle.merged.add(id);
      return;
    }
    violate(world, 'landed-is-true', `${id} is said to have landed as ${event.commit}, which nobody saw`);
    return;
  }
  if (seen == null) return;
  const sides = {
    base: filesOf(git, seen.base),
    ours: filesOf(git, event.base),
    theirs: filesOf(git, seen.head),
  };
  const { files, conflicts } = mergeTrees(sides);
  const present = conflicts.length === 0 && [...files].every(([path, text]) => sides.ours.get(path) === text);
  if (!present && !isAncestorOf(git, seen.head, event.base)) {
    violate(world, 'landed-is-true', `${id} is said to be on the target already, and is not`);
  }
  if (event.by !== 'human') return;
  oracle.merged.add(id);
  count(world, 'recovery: work merged by hand was adopted');
}
