// What it costs to make facts durable, beside the same bytes in a plain loop of append and fdatasync.
import { closeSync, fdatasyncSync, fsyncSync, mkdtempSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createClock } from '../src/adapters/system/clock.ts';
import { runMs, taskId } from '../src/core/model.ts';
import { serializeState } from '../src/core/state.ts';
import { createLedger } from '../src/engine/ledger.ts';
import { startRunClock } from '../src/engine/run-clock.ts';
import type { Draft } from '../src/ports/journal.ts';
import { openJournal } from './attempts.ts';
import { beginState, makeTask, startFact } from './drive.ts';
import { clock, interleave, least, percentile } from './measure.ts';
import type { Report } from './report.ts';
import type { Bench, Scene } from './scene.ts';

const LINE_BYTES = 512;
const LANES = 64;

const DRAFT: Draft = {
  at: 1_800_000_000_000,
  ms: runMs(1),
  event: { type: 'guidance.given', task: taskId('t1'), text: 'x'.repeat(LINE_BYTES - 130) },
};

/** See the file's first line. */
export const journal: Bench = {
  name: 'journal',
  about: 'durable facts: one after the other, 64 at once, in small and large runs',
  run: async (scene): Promise<Report> => {
    const count = scene.quick ? 100 : 500;
    const sides = {
      floor: () => floorTimes(scene, count),
      single: () => singleTimes(scene, count),
      together: () => togetherTimes(scene, count),
      '10 tasks': () => transitionTimes(scene, { tasks: 10, count }),
      '10,000 tasks': () => transitionTimes(scene, { tasks: 10_000, count }),
      rewrite: () => rewriteTimes(scene, 5),
    };
    const rounds = await interleave(sides, { rounds: scene.quick ? 3 : 10, budget: scene.budget });
    const at = (name: keyof typeof sides, share: number): number =>
      least(rounds[name].map((times) => percentile(times, share)));
    const rows = (Object.keys(sides) as (keyof typeof sides)[]).map((name) => ({
      what: LABELS[name],
      'p50 ms': at(name, 0.5),
      'p99 ms': at(name, 0.99),
      'per s': 1_000 / least(rounds[name].map(mean)),
    }));
    const rate = (name: keyof typeof sides): number => 1_000 / least(rounds[name].map(mean));
    return {
      rows,
      figures: [
        {
          aim: 'P6',
          what: 'one fact beside the floor, p50',
          value: at('single', 0.5) / at('floor', 0.5),
          unit: '×',
          limit: { atMost: 1.3 },
        },
        {
          aim: 'P6',
          what: 'one fact beside the floor, p99',
          value: at('single', 0.99) / at('floor', 0.99),
          unit: '×',
          limit: { atMost: 2.5 },
        },
        {
          aim: 'P6',
          what: 'facts a second, 64 at once, beside the floor',
          value: rate('together') / rate('floor'),
          unit: '×',
          limit: { atLeast: 10 },
        },
        {
          aim: 'P7',
          what: 'a change at 10,000 tasks beside at 10, p50',
          value: at('10,000 tasks', 0.5) / at('10 tasks', 0.5),
          unit: '×',
          limit: { atMost: 1.1 },
        },
        {
          aim: 'P7',
          what: 'rewriting the whole state of 10,000 tasks beside a change',
          value: at('rewrite', 0.5) / at('10,000 tasks', 0.5),
          unit: '×',
          limit: { atLeast: 150 },
        },
      ],
    };
  },
};

const LABELS = {
  floor: 'floor: append + fdatasync',
  single: 'weft, one after the other',
  together: 'weft, 64 at once',
  '10 tasks': 'weft, a change of a run of 10 tasks',
  '10,000 tasks': 'weft, a change of a run of 10,000 tasks',
  rewrite: 'whole state of 10,000 tasks written anew',
} as const;

function mean(times: readonly number[]): number {
  return times.reduce((sum, each) => sum + each, 0) / times.length;
}

/** In C where there is a compiler, else in Node. */
async function floorTimes(scene: Scene, count: number): Promise<readonly number[]> {
  const file = join(mkdtempSync(join(scene.dir, 'floor-')), 'file');
  if (scene.floor !== null) {
    const { stdout } = await scene.time({
      argv: [scene.floor, 'append', file, `${count}`, `${LINE_BYTES}`],
      cwd: scene.dir,
    });
    return stdout.trim().split('\n').map(Number);
  }
  const line = Buffer.alloc(LINE_BYTES, 'x');
  const fd = openSync(file, 'a');
  const times: number[] = [];
  for (let at = 0; at < count; at += 1) {
    times.push(
      await clock(() => {
        writeSync(fd, line);
        fdatasyncSync(fd);
      }),
    );
  }
  closeSync(fd);
  return times;
}

async function singleTimes(scene: Scene, count: number): Promise<readonly number[]> {
  const port = await openJournal(mkdtempSync(join(scene.dir, 'journal-')));
  const times: number[] = [];
  for (let at = 0; at < count; at += 1) times.push(await clock(() => port.append([DRAFT])));
  await port.close();
  return times;
}

/** Share of each fact when 64 are always under way. */
async function togetherTimes(scene: Scene, count: number): Promise<readonly number[]> {
  const port = await openJournal(mkdtempSync(join(scene.dir, 'journal-')));
  const each = Math.max(10, Math.round(count / 10));
  const lane = async (): Promise<void> => {
    for (let at = 0; at < each; at += 1) await port.append([DRAFT]);
  };
  const ms = await clock(() => Promise.all(Array.from({ length: LANES }, lane)));
  await port.close();
  return [ms / (each * LANES)];
}

/** From the decision to the durable fact and the changed state. */
async function transitionTimes(
  scene: Scene,
  of: { readonly tasks: number; readonly count: number },
): Promise<readonly number[]> {
  const port = await openJournal(mkdtempSync(join(scene.dir, 'journal-')));
  const time = createClock();
  const ledger = createLedger({
    state: stateOf(of.tasks),
    journal: port,
    clock: time,
    runClock: startRunClock(time, null),
    unsaved: 0,
    leaving: new AbortController().signal,
  });
  const times: number[] = [];
  for (let at = 0; at < of.count; at += 1) {
    const task = taskId(`t${(at * 7) % of.tasks}`);
    for (const event of [
      { type: 'task.paused', task, agent: 'finish' },
      { type: 'task.unpaused', task },
    ] as const) {
      times.push(
        await clock(() => {
          ledger.record([event]);
          return ledger.flush();
        }),
      );
    }
  }
  await port.close();
  return times;
}

/** What orchestrators without a journal do. */
async function rewriteTimes(scene: Scene, count: number): Promise<readonly number[]> {
  const state = stateOf(10_000);
  const file = join(mkdtempSync(join(scene.dir, 'state-')), 'state.json');
  const times: number[] = [];
  for (let at = 0; at < count; at += 1) {
    times.push(
      await clock(() => {
        const fd = openSync(`${file}.new`, 'w');
        writeSync(fd, serializeState(state));
        fsyncSync(fd);
        closeSync(fd);
        renameSync(`${file}.new`, file);
      }),
    );
  }
  return times;
}

function stateOf(count: number): ReturnType<typeof beginState> {
  return beginState(startFact(Array.from({ length: count }, (_, at) => makeTask(`t${at}`))));
}
