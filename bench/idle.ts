// What 200 agents cost that do nothing: the engine's CPU and its memory for each.
import { setTimeout as sleep } from 'node:timers/promises';
import { gatherCrowd } from './crowd.ts';
import { least } from './measure.ts';
import type { Figure, Report, Row } from './report.ts';
import type { Bench, Scene } from './scene.ts';
import { hasProgram, type Program, run } from './stopwatch.ts';

/** Node with a child for each argument's worth of agents, three pipes each; prints how much it grew by each, in kB. */
const THREE_PIPES = `
const { spawn } = require('node:child_process');
const count = Number(process.argv[1]);
const before = process.memoryUsage.rss();
const children = Array.from({ length: count }, () => spawn('sleep', ['60'], { stdio: 'pipe' }));
setTimeout(() => {
  console.log((process.memoryUsage.rss() - before) / 1024 / count);
  for (const child of children) child.kill();
}, 1000);
`;

/** See the file's first line. */
export const idle: Bench = {
  name: 'idle',
  about: 'an engine with 200 agents that do nothing for 10 s',
  run: async (scene): Promise<Report> => {
    if (!hasProgram('flock'))
      return { rows: [], figures: [], skipped: ['everything: flock is not installed'] };
    const agents = scene.quick ? 20 : 200;
    const few = await watchIdle(scene, { tasks: agents, agents: 2 });
    const many = await watchIdle(scene, { tasks: agents, agents });
    const growthKb = ((many.rssMb - few.rssMb) * 1_024) / (agents - 2);
    const pipes = await run({ argv: [process.execPath, '-e', THREE_PIPES, `${agents}`], cwd: scene.dir });
    const pipesKb = Number(pipes.stdout);
    const rows: Row[] = [
      { who: 'weft, 2 agents', 'CPU %': few.cpu, 'RSS MB': few.rssMb },
      { who: `weft, ${agents} agents`, 'CPU %': many.cpu, 'RSS MB': many.rssMb, 'kB/agent': growthKb },
      { who: 'Node, a child with three pipes', 'kB/agent': pipesKb },
    ];
    const figures: Figure[] = [
      {
        aim: 'P12',
        what: `CPU of an engine with ${agents} idle agents`,
        value: many.cpu,
        unit: '%',
        limit: { atMost: 0.2 },
      },
      {
        aim: 'P12',
        what: 'memory for an agent beside a child with three pipes',
        value: growthKb / pipesKb,
        unit: '×',
        limit: { atMost: 0.5 },
      },
    ];
    const screens = await costOfScreens(scene, agents);
    if (screens === null) return { rows, figures, skipped: ['tmux: not installed'] };
    rows.push({ who: `tmux capture-pane of ${agents} agents, twice a second`, 'CPU %': screens });
    figures.push({
      aim: 'P12',
      what: 'CPU beside reading screens',
      value: many.cpu / screens,
      unit: '×',
      limit: { atMost: 1 / 400 },
    });
    return { rows, figures };
  },
};

async function watchIdle(
  scene: Scene,
  of: { readonly tasks: number; readonly agents: number },
): Promise<{ readonly cpu: number; readonly rssMb: number }> {
  const crowd = await gatherCrowd(scene, { ...of, work: '', probed: false });
  try {
    // what starting them left to do is not idleness
    await sleep(2_000);
    const before = crowd.usage();
    await sleep(scene.quick ? 3_000 : 10_000);
    const after = crowd.usage();
    return { cpu: ((after.cpuMs - before.cpuMs) / (after.at - before.at)) * 100, rssMb: after.rssMb };
  } finally {
    await crowd.end();
  }
}

/** CPU in per cent of a core for reading that many screens at 2 Hz, from single reads; without tmux's own server. */
async function costOfScreens(scene: Scene, agents: number): Promise<number | null> {
  if (!hasProgram('tmux')) return null;
  const server = `weft-bench-${process.pid}`;
  const tmux = (...words: readonly string[]): Program => ({
    argv: ['tmux', '-L', server, ...words],
    cwd: scene.dir,
  });
  await run(tmux('-f', '/dev/null', 'new-session', '-d', 'sleep 60'));
  const reads: number[] = [];
  for (let at = 0; at < 20; at += 1) reads.push((await scene.time(tmux('capture-pane', '-p'))).cpuMs);
  await run(tmux('kill-server'));
  return (least(reads) * 2 * agents * 100) / 1_000;
}
