// How near the schedule comes to the best there could be: random plans in simulated time, by the real decisions.
import { decide } from '../src/core/decide/decide.ts';
import type { WorkEffect } from '../src/core/effect.ts';
import { evolve } from '../src/core/evolve/evolve.ts';
import { runMs, type Task } from '../src/core/model.ts';
import { createChance } from './chance.ts';
import { answer, beginState, makeTask, needs, startFact } from './drive.ts';
import { median, percentile } from './measure.ts';
import type { Report, Row } from './report.ts';
import type { Bench } from './scene.ts';

interface RandomPlan {
  readonly tasks: readonly Task[];
  readonly durations: ReadonlyMap<string, number>;
  readonly slots: number;
}

/** What the plan is told about how long its tasks take. */
type Knowledge = 'exact' | 'rough' | 'none';

/** See the file's first line. */
export const makespan: Bench = {
  name: 'makespan',
  about: 'length of the schedule beside max(critical path, work / slots) on random plans',
  run: async (scene): Promise<Report> => {
    const plans = scene.quick ? 200 : 1_000;
    const rows: Row[] = [];
    const medians = new Map<Knowledge, number>();
    for (const knowledge of ['exact', 'rough', 'none'] as const) {
      const ratios: number[] = [];
      for (let seed = 1; seed <= plans; seed += 1) {
        const plan = makePlan(seed, knowledge);
        ratios.push(play(plan) / leastSpan(plan));
      }
      medians.set(knowledge, median(ratios));
      rows.push({
        estimates: knowledge,
        plans,
        'median ×': median(ratios),
        'p95 ×': percentile(ratios, 0.95),
        'worst ×': Math.max(...ratios),
      });
    }
    const figure = (knowledge: Knowledge, what: string) => ({
      aim: 'O3',
      what: `makespan beside the lower bound, ${what}, median`,
      value: medians.get(knowledge) ?? Number.NaN,
      unit: '×' as const,
      limit: { atMost: 1.05 },
    });
    return { rows, figures: [figure('exact', 'durations known'), figure('none', 'durations unknown')] };
  },
};

/** 10 to 100 tasks of 1 to 60 minutes, up to three dependencies each, 2 to 16 slots. */
function makePlan(seed: number, knowledge: Knowledge): RandomPlan {
  const chance = createChance(seed);
  const count = 10 + chance(91);
  const durations = new Map<string, number>();
  const tasks = Array.from({ length: count }, (_, at) => {
    const id = `t${at}`;
    const ms = (1 + chance(60)) * 60_000;
    // three quarters to five quarters of the truth
    const rough = Math.round((ms * (75 + chance(51))) / 100);
    durations.set(id, ms);
    const before = new Set<number>();
    for (let left = at === 0 ? 0 : chance(4); left > 0; left -= 1) before.add(chance(at));
    const edges = [...before].map((other) => needs(`t${other}`));
    return makeTask(id, { edges, estimateMs: { exact: ms, rough, none: null }[knowledge] });
  });
  return { tasks, durations, slots: 2 + chance(15) };
}

/** No schedule is shorter than the longest path, or than all work shared evenly. */
function leastSpan({ tasks, durations, slots }: RandomPlan): number {
  const ends = new Map<string, number>();
  let work = 0;
  for (const { id, edges } of tasks) {
    const length = durations.get(id) ?? 0;
    work += length;
    ends.set(id, length + Math.max(0, ...edges.map((edge) => ends.get(edge.task) ?? 0)));
  }
  return Math.max(work / slots, ...ends.values());
}

/** Plays the plan with agents that take their time and a world that takes none; gives the end of the last one. */
function play({ tasks, durations, slots }: RandomPlan): number {
  const state = beginState(startFact(tasks, { maxAgents: slots }));
  const began = state.ms as number;
  const ends = new Map<string, { readonly effect: WorkEffect; readonly at: number }>();
  let now = began;
  for (;;) {
    const effects = decide(state, runMs(now));
    const quick = effects.find((effect) => effect.kind !== 'watch-attempt');
    if (quick !== undefined) {
      const event = quick.kind === 'record' ? quick.event : answer(state, quick);
      evolve(state, { at: now, ms: runMs(now), event });
      continue;
    }
    for (const effect of effects) {
      if (effect.kind !== 'watch-attempt' || ends.has(effect.key)) continue;
      ends.set(effect.key, { effect, at: now + (durations.get(effect.task) ?? 0) });
    }
    const [next] = [...ends.values()].sort((one, other) => one.at - other.at);
    if (next === undefined) return now - began;
    ends.delete(next.effect.key);
    now = next.at;
    evolve(state, { at: now, ms: runMs(now), event: answer(state, next.effect) });
  }
}
