// Agents that print a lot: what it costs the engine, whether every line is kept, and what following the lines costs.
import { spawn } from 'node:child_process';
import { openSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { followLines } from '../src/adapters/process/tail.ts';
import { gatherCrowd } from './crowd.ts';
import { clockCpu, interleave, least } from './measure.ts';
import type { Figure, Report, Row } from './report.ts';
import type { Bench, Scene } from './scene.ts';
import { hasProgram, runWell } from './stopwatch.ts';

const LINE_BYTES = 500;
const PLANTED = '"phase":"verify"';
/** One line of so many is planted. */
const PLANTED_EVERY = 100;
const SECONDS = 4;
/** Time to start an agent, on a slow day. */
const MS_PER_AGENT = 150;

/** See the file's first line. */
export const output: Bench = {
  name: 'output',
  about: '50 and 200 agents that write 1 MB/s each; following the lines of 50 agents',
  run: async (scene): Promise<Report> => {
    const rows: Row[] = [];
    const figures: Figure[] = [];
    const skipped: string[] = [];
    figures.push(...(await compareReaders(scene, rows)));
    const sizes = scene.quick ? [10] : [50, 200];
    for (const agents of sizes) {
      if (!hasProgram('flock')) skipped.push(`${agents} agents: flock is not installed`);
      else if (scene.budget.left() < agents * MS_PER_AGENT) skipped.push(`${agents} agents: no time left`);
      else figures.push(...(await measureEngine(scene, agents, rows)));
    }
    return { rows, figures, skipped };
  },
};

/** A file of JSON lines with planted ones among them; gives their number. */
function writeLines(file: string, bytes: number): number {
  const count = Math.floor(bytes / LINE_BYTES);
  let planted = 0;
  const lines = Array.from({ length: count }, (_, at) => {
    const isPlanted = at % PLANTED_EVERY === PLANTED_EVERY - 1;
    if (isPlanted) planted += 1;
    const line = `{"at":${at},${isPlanted ? PLANTED : '"type":"text"'},"text":"`;
    return `${line}${'x'.repeat(LINE_BYTES - line.length - 3)}"}\n`;
  });
  writeFileSync(file, lines.join(''));
  return planted;
}

async function measureEngine(scene: Scene, agents: number, rows: Row[]): Promise<readonly Figure[]> {
  const chunk = join(scene.dir, 'chunk');
  const planted = writeLines(chunk, 1_000_000) * SECONDS;
  const work = `i=0; while [ $i -lt ${SECONDS} ]; do cat '${chunk}'; sleep 1; i=$((i+1)); done`;
  const crowd = await gatherCrowd(scene, { tasks: agents, agents, work, probed: true });
  try {
    await sleep(1_000);
    crowd.loopDelay();
    const before = crowd.usage();
    await crowd.work();
    const after = crowd.usage();
    const delay = crowd.loopDelay();
    // the last bytes are on their way through pipes of the agents', not of the engine's
    await sleep(500);
    await checkPlanted(scene, crowd, { agents, planted });
    const growth = after.rssMb - before.rssMb;
    rows.push({
      what: `engine, ${agents} agents at 1 MB/s`,
      'CPU ms/MB': (after.cpuMs - before.cpuMs) / (agents * SECONDS),
      'RSS growth MB': growth,
      'loop delay p99 ms': delay,
    });
    const of = `${agents} agents at 1 MB/s`;
    return [
      { aim: 'P11', what: `${of}: loop delay, p99`, value: delay, unit: 'ms', limit: { atMost: 20 } },
      {
        aim: 'P11',
        what: `${of}: memory growth of the engine`,
        value: growth,
        unit: 'MB',
        limit: { atMost: 16 },
      },
    ];
  } finally {
    await crowd.end();
  }
}

/** Every planted line is in what weft kept, and `weft logs` shows those of a task. */
async function checkPlanted(
  scene: Scene,
  crowd: { readonly repo: string; readonly runDir: string },
  of: { readonly agents: number; readonly planted: number },
): Promise<void> {
  const attempts = join(crowd.runDir, 'attempts');
  const files = readdirSync(attempts).map((task) => join(attempts, task, '1/out.jsonl'));
  let found = 0;
  for (const file of files) {
    const counted = await runWell({ argv: ['grep', '-c', PLANTED, file], cwd: crowd.repo });
    found += Number(counted);
  }
  if (found !== of.agents * of.planted)
    throw new Error(`${found} of ${of.agents * of.planted} planted lines are kept`);
  const lines = (SECONDS * 1_000_000) / LINE_BYTES;
  const logs = await runWell({ argv: [...scene.weft, 'logs', 't0', '--lines', `${lines}`], cwd: crowd.repo });
  const shown = logs.split(PLANTED).length - 1;
  if (shown !== of.planted) throw new Error(`weft logs shows ${shown} of ${of.planted} planted lines`);
}

/** Ways to find the planted lines of 50 programs at full speed, by what they cost this process. */
async function compareReaders(scene: Scene, rows: Row[]): Promise<readonly Figure[]> {
  const programs = 50;
  const megabytes = scene.quick ? 0.2 : 2;
  const source = join(scene.dir, 'source');
  const planted = writeLines(source, megabytes * 1_000_000) * programs;
  let files = 0;
  const readers: Record<string, () => Promise<number>> = {
    'redirect only': async () => {
      await Promise.all(each(programs, () => catToFile(source, join(scene.dir, `kept-${files++}`))));
      return planted;
    },
    'weft: file, followed': () =>
      sum(each(programs, () => follow(source, join(scene.dir, `kept-${files++}`)))),
    'readline + JSON.parse': () => sum(each(programs, () => readAndParse(source))),
  };
  const sides = Object.fromEntries(
    Object.entries(readers).map(([name, read]) => [name, () => measureReader(read, planted)]),
  );
  const rounds = await interleave(sides, { rounds: 3, budget: scene.budget });
  const cost = (name: string): number =>
    least((rounds[name] ?? []).map(({ cpuMs }) => cpuMs)) / (programs * megabytes);
  const delay = (name: string): number => least((rounds[name] ?? []).map(({ delayMs }) => delayMs));
  for (const name of Object.keys(sides)) {
    rows.push({ what: name, 'CPU ms/MB': cost(name), 'loop delay p99 ms': delay(name) });
  }
  const own = 'weft: file, followed';
  return [
    {
      aim: 'P11',
      what: 'following beside readline + JSON.parse, CPU',
      value: cost(own) / cost('readline + JSON.parse'),
      unit: '×',
      limit: { atMost: 0.25 },
    },
    {
      aim: 'P11',
      what: 'following beside redirecting, CPU',
      value: cost(own) / cost('redirect only'),
      unit: '×',
      limit: { atMost: 4 },
    },
    { aim: 'P11', what: 'following: loop delay, p99', value: delay(own), unit: 'ms', limit: { atMost: 20 } },
  ];
}

async function measureReader(
  read: () => Promise<number>,
  planted: number,
): Promise<{ readonly cpuMs: number; readonly delayMs: number }> {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  let found = 0;
  const cpuMs = await clockCpu(async () => {
    delays.enable();
    found = await read();
    delays.disable();
  });
  if (found !== planted) throw new Error(`${found} of ${planted} planted lines were found`);
  return { cpuMs, delayMs: Math.max(0, delays.percentile(99) / 1e6 - 1) };
}

function each<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}

async function sum(values: readonly Promise<number>[]): Promise<number> {
  return (await Promise.all(values)).reduce((total, value) => total + value, 0);
}

function catToFile(source: string, file: string): Promise<void> {
  const fd = openSync(file, 'w');
  const child = spawn('cat', [source], { stdio: ['ignore', fd, 'ignore'] });
  return new Promise((settle, reject) => {
    child.on('error', reject);
    child.on('close', () => settle());
  });
}

async function follow(source: string, file: string): Promise<number> {
  const ended = new AbortController();
  const written = catToFile(source, file).then(() => ended.abort());
  let found = 0;
  await followLines(file, {
    fromOffset: 0,
    onLine: ({ bytes }) => {
      if (bytes.includes(PLANTED)) found += 1;
    },
    signal: new AbortController().signal,
    ended: ended.signal,
  });
  await written;
  return found;
}

async function readAndParse(source: string): Promise<number> {
  const child = spawn('cat', [source], { stdio: ['ignore', 'pipe', 'ignore'] });
  let found = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    if ((JSON.parse(line) as { readonly phase?: string }).phase === 'verify') found += 1;
  }
  return found;
}
