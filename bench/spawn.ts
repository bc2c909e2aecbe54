// Whether starting agents stays cheap when the engine grows: Node alone forks all of itself for each.
import { spawn as spawnByNode } from 'node:child_process';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { openAttempts } from './attempts.ts';
import { clock, interleave, least, percentile } from './measure.ts';
import type { Report } from './report.ts';
import type { Bench } from './scene.ts';

interface Cost {
  readonly p50: number;
  readonly blockedP99: number;
}

/** See the file's first line. */
export const spawn: Bench = {
  name: 'spawn',
  about: 'start → end of an agent with a padded heap beside an empty one',
  run: async (scene): Promise<Report> => {
    const count = scene.quick ? 20 : 100;
    const padMb = scene.quick ? 256 : 1_024;
    const attempts = await openAttempts(scene);
    const byWeft = (): Promise<Cost> => costOf(count, () => attempts.runOne(['true']));
    const byNode = (): Promise<Cost> => costOf(count, runByNode);
    await byWeft();
    const sides = {
      weft: () => withoutGarbage(byWeft),
      'weft, padded': () => padded(padMb, byWeft),
      Node: () => withoutGarbage(byNode),
      'Node, padded': () => padded(padMb, byNode),
    };
    const rounds = await interleave(sides, { rounds: 3, budget: scene.budget });
    await attempts.close();
    const p50 = (name: keyof typeof sides): number => least(rounds[name].map((cost) => cost.p50));
    const blocked = (name: keyof typeof sides): number => least(rounds[name].map((cost) => cost.blockedP99));
    const rows = (Object.keys(sides) as (keyof typeof sides)[]).map((name) => ({
      who: name,
      'padding MB': name.endsWith('padded') ? padMb : 0,
      'p50 ms': p50(name),
      'loop blocked p99 ms': blocked(name),
    }));
    return {
      rows,
      figures: [
        {
          aim: 'P3',
          what: `start → end with ${padMb} MB more beside without`,
          value: p50('weft, padded') / p50('weft'),
          unit: '×',
          limit: { atMost: 1.15 },
        },
        {
          aim: 'P3',
          what: 'loop blocked, p99',
          value: blocked('weft, padded'),
          unit: 'ms',
          limit: { atMost: 2 },
        },
      ],
    };
  },
};

async function costOf(count: number, runOne: () => Promise<void>): Promise<Cost> {
  const times: number[] = [];
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  for (let at = 0; at < count; at += 1) times.push(await clock(runOne));
  delays.disable();
  // the monitor itself sleeps a millisecond at a time
  return { p50: percentile(times, 0.5), blockedP99: Math.max(0, delays.percentile(99) / 1e6 - 1) };
}

async function padded(megabytes: number, work: () => Promise<Cost>): Promise<Cost> {
  const pad = Buffer.alloc(megabytes * 1_048_576, 1);
  const cost = await work();
  // still in use until here
  if (pad[pad.length - 1] !== 1) throw new Error('the padding is gone');
  return cost;
}

/** Buffers that nobody needs any more would make the next side pay. */
function withoutGarbage<T>(work: () => T): T {
  globalThis.gc?.();
  return work();
}

function runByNode(): Promise<void> {
  return new Promise((settle, reject) => {
    const child = spawnByNode('true', [], { stdio: 'ignore' });
    child.on('error', reject);
    child.on('exit', () => settle());
  });
}
