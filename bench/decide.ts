// What decisions cost: runs of 200, 10,000 and 100,000 tasks without a world, and the same beside less careful schedulers.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decide as decideNow } from '../src/core/decide/decide.ts';
import type { Task } from '../src/core/model.ts';
import { createIndex, indexPlan } from '../src/core/schedule-index.ts';
import { createChance } from './chance.ts';
import { beginState, driveToEnd, makeTask, needs, startFact } from './drive.ts';
import { clockCpu, percentile } from './measure.ts';
import { scheduleNaively } from './naive-scheduler.ts';
import type { Figure, Report, Row } from './report.ts';
import type { Bench, Scene } from './scene.ts';
import { hasProgram } from './stopwatch.ts';

const SLOTS = 64;

/** Plans by shape; each of these has its own claim per task unless the name says otherwise. */
const SHAPES: Readonly<Record<string, (count: number) => readonly Task[]>> = {
  'random, own claims': (count) => random(count, (at) => [`src/m${at}/**`]),
  'random, 50 claims': (count) => random(count, (at) => [`src/m${at % 50}/**`]),
  'random, no claims': (count) => random(count, () => null),
  chain: (count) => shape(count, (at) => (at === 0 ? [] : [at - 1])),
  'fan-out, fan-in': (count) =>
    shape(count, (at) => {
      if (at === 0) return [];
      return at === count - 1 ? Array.from({ length: count - 2 }, (_, other) => other + 1) : [0];
    }),
  diamonds: (count) => shape(count, (at) => diamond(at)),
};

/** A fan-in that takes longer has missed its aim by far. */
const FAN_IN_CAP_MS = 10_000;

/** What takes longer is measured as far as it came. */
const DRIVE_CAP_MS = 8_000;

const SIZES = [200, 10_000, 100_000] as const;

interface Cost {
  readonly cpuUs: number;
  readonly p99Us: number;
  /** Per task. */
  readonly decisions: number;
  readonly indexBytes: number;
  /** Share of the tasks that were merged before the cap. */
  readonly share: number;
}

/** See the file's first line. */
export const decide: Bench = {
  name: 'decide',
  about: 'CPU and memory of decisions at 200, 10,000 and 100,000 tasks',
  run: async (scene): Promise<Report> => {
    const rows: Row[] = [];
    const skipped: string[] = [];
    const costs = new Map<string, Cost>();
    const fanIn = await fanInFigure(scene, skipped);
    const naive = naiveCosts();
    await driveOnce(SHAPES['chain']?.(2_000) ?? []);
    const measure = async (name: string, tasks: readonly Task[], isLandingSlow: boolean): Promise<void> => {
      if (scene.budget.isOver()) {
        skipped.push(`${name}, ${tasks.length} tasks: no time left`);
        return;
      }
      const cost = await driveOnce(tasks, { isLandingSlow });
      costs.set(`${name} ${tasks.length}`, cost);
      rows.push(drawCost(name, tasks.length, cost));
    };
    for (const size of scene.quick ? SIZES.slice(0, 2) : SIZES) {
      for (const [name, make] of Object.entries(SHAPES)) await measure(name, make(size), false);
    }
    await measure('random, own claims, slow landing', SHAPES['random, own claims']?.(10_000) ?? [], true);
    for (const [name, cost] of naive)
      rows.push({ plan: `all looked at anew: ${name}`, tasks: 1_000, 'µs CPU/task': cost });
    return { rows, figures: [...fanIn, ...figuresOf(costs, naive)], skipped };
  },
};

function drawCost(plan: string, tasks: number, cost: Cost): Row {
  return {
    plan,
    tasks,
    'µs CPU/task': cost.cpuUs,
    'decisions/task': cost.decisions,
    'p99 µs/decision': cost.p99Us,
    'index B/task': cost.indexBytes,
    done: `${Math.round(cost.share * 100)} %`,
  };
}

function shape(count: number, before: (at: number) => readonly number[]): readonly Task[] {
  return Array.from({ length: count }, (_, at) => {
    const edges = before(at).map((other) => needs(`t${other}`));
    return makeTask(`t${at}`, { edges, owns: [`src/m${at}/**`] });
  });
}

function random(count: number, owns: (at: number) => readonly string[] | null): readonly Task[] {
  const chance = createChance(count);
  return Array.from({ length: count }, (_, at) => {
    const before = new Set<number>();
    for (let left = at === 0 ? 0 : chance(4); left > 0; left -= 1) before.add(chance(at));
    return makeTask(`t${at}`, { edges: [...before].map((other) => needs(`t${other}`)), owns: owns(at) });
  });
}

/** One, ten beside each other, one, … */
function diamond(at: number): readonly number[] {
  const layer = Math.floor(at / 11);
  if (at % 11 !== 0) return [layer * 11];
  return layer === 0 ? [] : Array.from({ length: 10 }, (_, other) => at - 10 + other);
}

async function driveOnce(
  tasks: readonly Task[],
  of: { readonly isLandingSlow?: boolean } = {},
): Promise<Cost> {
  const state = beginState(startFact(tasks, { maxAgents: SLOTS }));
  const withIndex = heapBytes();
  state.index = createIndex();
  const indexBytes = (withIndex - heapBytes()) / tasks.length;
  indexPlan(state);
  const times: number[] = [];
  const end = performance.now() + DRIVE_CAP_MS;
  const cpuMs = await clockCpu(() =>
    driveToEnd(state, {
      ...of,
      decide: (at, now) => {
        const began = performance.now();
        const effects = decideNow(at, now);
        times.push(performance.now() - began);
        return effects;
      },
      isOver: () => performance.now() > end,
    }),
  );
  const merged = state.index.phases.get('merged') ?? 0;
  return {
    cpuUs: (cpuMs * 1_000) / merged,
    p99Us: percentile(times, 0.99) * 1_000,
    decisions: times.length / merged,
    indexBytes,
    share: merged / tasks.length,
  };
}

function heapBytes(): number {
  // the first collection frees what the second one needs to free the rest
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

/** µs of CPU per task of a scheduler that looks at all tasks each time, at 1,000 tasks. */
function naiveCosts(): ReadonlyMap<string, number> {
  const capMs = 4_000;
  return new Map(
    ['random, own claims', 'random, 50 claims'].map((name) => {
      const { started, cpuMs } = scheduleNaively(SHAPES[name]?.(1_000) ?? [], { slots: SLOTS, capMs });
      return [name, (cpuMs * 1_000) / started];
    }),
  );
}

/** A wide fan-in is where ninja's counting is quadratic. */
async function fanInFigure(scene: Scene, skipped: string[]): Promise<readonly Figure[]> {
  if (!hasProgram('ninja')) {
    skipped.push('ninja -n: ninja is not installed');
    return [];
  }
  const count = scene.quick ? 10_000 : 30_000;
  const names = Array.from({ length: count }, (_, at) => `t${at}`);
  const builds = names.map((name) => `build ${name}: touch`);
  const lines = [
    'rule touch',
    '  command = touch $out',
    ...builds,
    `build all: phony ${names.join(' ')}`,
    'default all',
    '',
  ];
  writeFileSync(join(scene.dir, 'build.ninja'), lines.join('\n'));
  const rival = await scene.time({ argv: ['ninja', '-n', '--quiet', 'all'], cwd: scene.dir });
  const tasks = SHAPES['fan-out, fan-in']?.(count) ?? [];
  const end = performance.now() + FAN_IN_CAP_MS;
  let isCapped = false;
  const isOver = (): boolean => {
    isCapped ||= performance.now() > end;
    return isCapped;
  };
  const own = await clockCpu(() =>
    driveToEnd(beginState(startFact(tasks, { maxAgents: SLOTS })), { isOver }),
  );
  const what = `CPU of a fan-in of ${count}${isCapped ? ', not played to its end,' : ''} beside ninja -n`;
  return [{ aim: 'P4', what, value: own / rival.cpuMs, unit: '×', limit: { atMost: 0.25 } }];
}

function figuresOf(costs: ReadonlyMap<string, Cost>, naive: ReadonlyMap<string, number>): readonly Figure[] {
  const large = costs.has('random, 50 claims 100000') ? 100_000 : 10_000;
  const at = (name: string, size: number): Cost | undefined => costs.get(`${name} ${size}`);
  const figures: Figure[] = [];
  for (const [name, factor] of [
    ['random, own claims', 100],
    ['random, 50 claims', 50_000],
  ] as const) {
    const [own, other] = [at(name, large), naive.get(name)];
    if (own === undefined || other === undefined) continue;
    const what = `${name}: all looked at anew (1,000 tasks) ÷ weft (${large} tasks), CPU a task`;
    figures.push({ aim: 'P4', what, value: other / own.cpuUs, unit: '×', limit: { atLeast: factor } });
    const small = at(name, 10_000);
    if (large !== 10_000 && small !== undefined) {
      const growth = own.cpuUs / small.cpuUs;
      figures.push({
        aim: 'P4',
        what: `${name}: CPU a task at 100,000 ÷ at 10,000`,
        value: growth,
        unit: '×',
        limit: { atMost: 1.2 },
      });
    }
  }
  const measured = [...costs].filter(([name]) => name.endsWith(` ${large}`)).map(([, cost]) => cost);
  const p99 = Math.max(...measured.map((cost) => cost.p99Us));
  figures.push({
    aim: 'P4',
    what: `slowest shape at ${large}: p99 of one decision`,
    value: p99,
    unit: 'µs',
    limit: { atMost: 10 },
  });
  const bytes = Math.max(...measured.map((cost) => cost.indexBytes));
  figures.push({
    aim: 'P5',
    what: `largest index at ${large}, heap a task`,
    value: bytes,
    unit: 'B',
    limit: { atMost: 400 },
  });
  return figures;
}
