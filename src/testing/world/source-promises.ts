// What must hold between a run and the source of its tasks. Knows no engine.
import type { Event, Outcome } from '../../core/event.ts';
import { isTerminal } from '../../core/lifecycle.ts';
import { type TaskId, taskId } from '../../core/model.ts';
import { isUntouched, type TaskState } from '../../core/state.ts';
import { SOURCE } from './scene-source.ts';
import { count, violate } from './scheduler.ts';
import { isClosedByAgent, isForWeft, type SourceWorld } from './source-store.ts';
import type { Life, World } from './world.ts';

/** An engine that can reach its source has seen what happened there after so long, in ms. */
const SEEN_AFTER_MS = 2_000;

/** How much went wrong so far. */
function countTroubles({ faults, source, scene }: World): number {
  return faults + (scene.source?.storms ?? 0) - (source?.stormsLeft ?? 0);
}

/** Takes down what had gone wrong before an engine that begins now. */
export function noteSourceStart(world: World): void {
  if (world.source === null) return;
  const isAway = world.source.closedUntil > world.monoMs;
  world.source.atStart = isAway ? -1 : countTroubles(world);
}

/** Nothing went wrong since the engine began, which could reach the source all the time. */
function isCalm({ source, atStart }: { readonly source: SourceWorld; readonly atStart: number }): boolean {
  return countTroubles(source.world) === atStart && source.closedUntil <= source.world.monoMs;
}

/** Nobody starts an agent for a task that this engine did not take at its source first. */
export function checkClaimed(world: World, life: Life, task: TaskId | null): void {
  const { source } = world;
  if (source === null || task === null) return;
  const epoch = source.granted.get(task);
  source.granted.delete(task);
  if (epoch !== life.epoch)
    violate(world, 'claimed-first', `${task} starts, and engine ${life.epoch} has not taken it`);
}

/** Nobody begins what somebody else is known to have. */
export function checkWithheld(world: World, { task, withheld }: TaskState): void {
  if (withheld !== null) violate(world, 'withheld-waits', `${task.id} starts, and it is ${withheld}`);
}

/** A plan only grows, by what its source has, and nothing comes twice. */
export function checkGrowth(world: World, event: Extract<Event, { readonly type: 'plan.changed' }>): void {
  const { tasks } = world.oracle.shadow;
  const ids = event.added.map(({ id }) => id);
  count(world, `recovery: a plan ${ids.length > 0 ? 'grew' : 'was revised'} while it ran`);
  for (const [at, id] of ids.entries()) {
    if (tasks.has(id) || ids.indexOf(id) !== at) violate(world, 'plan-grows', `${id} is added twice`);
    if (world.source?.items.has(id) !== true) violate(world, 'plan-grows', `${id} is added from nowhere`);
  }
  for (const { id } of event.revised)
    if (!tasks.has(id)) violate(world, 'plan-grows', `${id} is revised, and the plan does not have it`);
}

/** Takes down when the run was through with a task. */
export function noteSourceDone({ source, monoMs }: World): void {
  if (source !== null) source.doneMs = monoMs;
}

/** A run that rests has asked its source since it did the last of its work. */
export function checkSourceRest(world: World, { outcome }: { readonly outcome: Outcome }): void {
  const { source, monoMs } = world;
  if (source === null) return;
  source.restedMs = monoMs;
  if (outcome === 'stopped' || outcome === 'timeout') return;
  count(world, 'recovery: a source was asked once more before the end');
  if (source.askedMs < source.doneMs)
    violate(world, 'asks-once-more', `asked at ${source.askedMs}, and worked until ${source.doneMs}`);
}

/** Work is not given up because its own agent closed the task. */
export function checkClosing(
  world: World,
  { task, attempt, phase }: TaskState,
  event: Extract<Event, { readonly type: 'task.settled' | 'task.cancelled' }>,
): void {
  const item = world.source?.items.get(task.id);
  if (item === undefined || !isClosedByAgent(item) || isTerminal(phase)) return;
  if (event.type === 'task.cancelled' && event.why === undefined) return;
  const isEmpty = attempt?.inspected?.fileCount === 0;
  if (attempt?.startedAt != null && !isEmpty)
    violate(world, 'closed-is-judged', `${task.id} has work and is given up: ${event.type}`);
}

/** At rest everything that people want from weft is part of the plan and may be begun. */
export function checkGrown(world: World): void {
  const { source, oracle } = world;
  if (source === null || oracle.shadow.stopping !== null || !isCalm({ source, atStart: source.atStart }))
    return;
  const isOver = oracle.shadow.rested !== null;
  const until = Math.max(
    (isOver ? source.restedMs : world.monoMs) - SEEN_AFTER_MS,
    isOver ? source.askedMs - 1 : 0,
  );
  for (const [id, item] of source.items) {
    if (!isForWeft(item) || item.since > until) continue;
    const ts = oracle.shadow.tasks.get(taskId(id));
    if (ts === undefined) violate(world, 'grown-is-done', `${id} was added and is no part of the plan`);
    else if (isUntouched(ts) && ts.withheld !== null)
      violate(world, 'grown-is-done', `${id} is free, and is not begun: ${ts.withheld}`);
  }
}

/** Whoever rests has told the source how its tasks ended, once. */
export function checkReported(world: World): void {
  const { source, oracle, life } = world;
  if (source === null) return;
  for (const [id, { landings }] of source.items)
    if (landings > 1) violate(world, 'reported-in-the-end', `${id} is told ${landings} times to have landed`);
  if (life === null || life.outcome === null || life.outcome === 'lost' || life.leaving) return;
  if (!isCalm({ source, atStart: source.atStart })) return;
  for (const { task, phase, landed } of oracle.shadow.tasks.values()) {
    const item = source.items.get(task.id);
    if (phase === 'failed' && item !== undefined && isClosedByAgent(item))
      violate(world, 'closed-is-judged', `${task.id} failed, and is as its agent closed it`);
    if (task.source !== SOURCE || phase !== 'merged' || landed?.by !== 'weft') continue;
    count(world, 'recovery: a source was told what landed');
    const told = item?.told ?? null;
    if (told?.phase !== 'merged')
      violate(
        world,
        'reported-in-the-end',
        `${task.id} landed, and its source believes it is ${told?.phase}`,
      );
  }
}
