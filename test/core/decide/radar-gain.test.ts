// What it saves to heed the radar: a plan whose tasks get in each other's way, played to its end with it and without.
import { expect, test } from 'vitest';
import type { WorkEffect } from '../../../src/core/effect.ts';
import type { Event } from '../../../src/core/event.ts';
import { DEFAULT_POLICY, runMs, type TaskId } from '../../../src/core/model.ts';
import { judgePair, pairsOf } from '../../../src/core/radar.ts';
import type { RunState } from '../../../src/core/state.ts';
import { buildState, buildTask, changed, facts, find, hash, play, settle } from '../build.ts';
import { createTape } from '../world.ts';

/** What a task changes, and how long each of its attempts takes. */
interface Job {
  readonly places: readonly string[];
  readonly ticks: number;
}

/** Unfinished work: the landed tasks that it contains. */
type Work = ReadonlySet<TaskId>;

interface World {
  readonly state: RunState;
  readonly jobs: ReadonlyMap<string, Job>;
  readonly landed: Set<TaskId>;
  readonly works: Map<TaskId, Work>;
  /** Effects under way, and the tick at which they are done. */
  readonly due: Map<string, number>;
}

interface Cost {
  /** How often work was sent back since it conflicted with what had landed. */
  conflicts: number;
  ticks: number;
}

const GATES = 2;

function drawJobs(seed: number): ReadonlyMap<string, Job> {
  const tape = createTape(seed, 1_000);
  const count = 12;
  return new Map(
    Array.from({ length: count }, (_, at): [string, Job] => {
      // few places are where everybody has something to do
      const places = Array.from({ length: 1 + tape(3) }, () => `src/${Math.min(tape(12), tape(12))}.ts`);
      return [`t${at}`, { places: [...new Set(places)], ticks: 2 + tape(6) }];
    }),
  );
}

function meet({ jobs }: World, one: string, other: string): readonly string[] {
  const there = jobs.get(other)?.places ?? [];
  return (jobs.get(one)?.places ?? []).filter((place) => there.includes(place));
}

/** Where work conflicts with what has landed since. */
function meetLanded(world: World, id: TaskId): readonly string[] {
  const contained = world.works.get(id);
  return [...world.landed].flatMap((other) => (contained?.has(other) === true ? [] : meet(world, id, other)));
}

/** All that the radar finds out. */
function look(world: World): void {
  const { state, works } = world;
  for (const task of works.keys()) {
    for (const pair of pairsOf(state, { changed: task, works: works.keys() })) {
      const files = pair.other === null ? meetLanded(world, pair.task) : meet(world, pair.task, pair.other);
      const event = judgePair(state, pair, files);
      if (event !== null) play(state, [event]);
    }
  }
}

function finish(world: World, effect: WorkEffect): readonly Event[] {
  const { state, landed, works, jobs } = world;
  const id = effect.task;
  switch (effect.kind) {
    case 'start-attempt':
      // it begins with what has landed, or merges it first
      works.set(id, new Set(landed));
      return [facts.started(state, id)];
    case 'watch-attempt':
      return [facts.exited(state, id)];
    case 'inspect-attempt': {
      const tree = hash(`${id} tree ${effect.attempt}`);
      return [facts.inspected(state, id, { tree, files: (jobs.get(id)?.places ?? []).map(changed) })];
    }
    case 'verify-attempt':
      return [facts.verified(state, id)];
    case 'build-candidate': {
      const { behind } = effect;
      const files = meetLanded(world, id);
      const onto = behind === null ? {} : { behind: behind.task };
      const base = behind?.commit ?? hash('target');
      if (behind === null && files.length > 0)
        return [{ type: 'candidate.conflicted', task: id, base, files }];
      const clashes = state.index.line.batch.some(({ task }) => meet(world, id, task.id).length > 0);
      if (files.length > 0 || clashes)
        return [{ type: 'candidate.conflicted', task: id, base, files: ['x'], ...onto }];
      return [facts.built(id, { base, ...onto })];
    }
    case 'verify-candidate':
      return [facts.candidateVerified(id)];
    case 'land-candidate':
      for (const task of effect.tasks) {
        landed.add(task);
        works.delete(task);
      }
      return effect.tasks.map(facts.landed);
    case 'sweep-task':
      return [facts.swept(id)];
    default:
      throw new Error(`nobody answers ${effect.kind}`);
  }
}

function ticksOf({ jobs }: World, effect: WorkEffect): number {
  switch (effect.kind) {
    case 'watch-attempt':
      return jobs.get(effect.task)?.ticks ?? 1;
    case 'verify-attempt':
    case 'verify-candidate':
      return GATES;
    default:
      return 0;
  }
}

function playPlan(seed: number, enabled: boolean): Cost {
  const jobs = drawJobs(seed);
  const state = buildState(
    [...jobs.keys()].map((id) => buildTask(id)),
    { maxAgents: 4, merge: { ...DEFAULT_POLICY.merge, conflicts: 'agent' } },
  );
  const world: World = { state, jobs, landed: new Set(), works: new Map(), due: new Map() };
  const cost: Cost = { conflicts: 0, ticks: 0 };
  for (; world.landed.size < jobs.size; cost.ticks += 1) {
    if (cost.ticks > 2_000) throw new Error('the plan does not come to its end');
    takeTick(world, cost);
    if (enabled) look(world);
    answerAll(state);
    state.ms = runMs(state.ms + 60_000);
  }
  cost.conflicts = [...jobs.keys()].reduce(
    (sum, id) => sum + find(state, id).history.filter(({ cause }) => cause === 'conflict').length,
    0,
  );
  return cost;
}

/** People let agents resolve what agents gave up on. */
function answerAll(state: RunState): void {
  for (const { task, question } of state.tasks.values()) {
    if (question === null) continue;
    const answer = { id: question.id, text: 'go on', then: 'retry' as const };
    play(state, [{ type: 'question.answered', task: task.id, ...answer }]);
  }
}

function takeTick(world: World, { ticks }: Cost): void {
  for (let steps = 0; steps < 10_000; steps += 1) {
    const wanted = settle(world.state).filter((effect): effect is WorkEffect => effect.kind !== 'record');
    for (const key of world.due.keys()) if (wanted.every((each) => each.key !== key)) world.due.delete(key);
    for (const effect of wanted)
      if (!world.due.has(effect.key)) world.due.set(effect.key, ticks + ticksOf(world, effect));
    const done = wanted.find(({ key }) => (world.due.get(key) ?? 0) <= ticks);
    if (done === undefined) return;
    world.due.delete(done.key);
    play(world.state, finish(world, done));
  }
  throw new Error('the tick does not come to an end');
}

test('who heeds the radar does less work twice, and is no later', () => {
  const sum = (enabled: boolean): Cost => {
    const all: Cost = { conflicts: 0, ticks: 0 };
    for (let seed = 1; seed <= 40; seed += 1) {
      const { conflicts, ticks } = playPlan(seed, enabled);
      all.conflicts += conflicts;
      all.ticks += ticks;
    }
    return all;
  };
  const [without, heeded] = [sum(false), sum(true)];
  expect(without.conflicts).toBeGreaterThan(400);
  expect(heeded.conflicts).toBeLessThan(0.7 * without.conflicts);
  expect(heeded.ticks).toBeLessThan(without.ticks);
});
