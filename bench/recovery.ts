// How soon an engine goes on that was killed: from its start to the first agent it starts. And what finding nothing to do costs.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { evolve, type Fact } from '../src/core/evolve/evolve.ts';
import { encodeRecord } from '../src/core/journal-codec.ts';
import { DEFAULT_LIMITS } from '../src/core/limits.ts';
import { oid } from '../src/core/model.ts';
import type { TempRepo } from '../src/testing/temp-repo.ts';
import { beginState, driveToEnd, makeTask, startFact } from './drive.ts';
import { interleave, least, median } from './measure.ts';
import type { Figure, Report, Row } from './report.ts';
import { type Bench, makeRepo, type Scene } from './scene.ts';
import { benchEnv, run, type Sample } from './stopwatch.ts';

const RUN = '20260101-000000-0000';
/** Tasks that are left to start when the engine is killed. */
const LEFT = 50;
const WAIT_MS = 60_000;

/** See the file's first line. */
export const recovery: Bench = {
  name: 'recovery',
  about: 'kill -9 → first next agent with 100 and 10,000 tasks; resuming a run that is over',
  run: async (scene): Promise<Report> => {
    const rows: Row[] = [];
    const figures: Figure[] = [];
    for (const tasks of scene.quick ? [100, 1_000] : [100, 10_000]) {
      figures.push(...(await measureRecovery(scene, tasks, rows)));
    }
    for (const tasks of scene.quick ? [1_000] : [1_000, 10_000])
      figures.push(...(await measureNothing(scene, tasks, rows)));
    return { rows, figures };
  },
};

async function measureRecovery(scene: Scene, tasks: number, rows: Row[]): Promise<readonly Figure[]> {
  const starts = join(scene.dir, `starts-${tasks}`);
  mkdirSync(starts);
  const scenario = await makeRun(scene, { tasks, left: LEFT, starts });
  const snapshot = join(scenario.runDir, 'snapshot.json');
  let victim = await startEngine(scene, scenario, starts);
  const peaks: number[] = [];
  const floorPeaks: number[] = [];
  const recover = async (withSnapshot: boolean): Promise<number> => {
    if (withSnapshot) await waitUntil(() => existsSync(snapshot));
    await kill(victim, starts);
    if (!withSnapshot) rmSync(snapshot, { force: true });
    const began = performance.now();
    victim = await startEngine(scene, scenario, starts);
    if (victim.peakMb !== null) peaks.push(victim.peakMb);
    return victim.startedAt - began;
  };
  // an engine that has read so many facts leaves a snapshot soon; small runs are read whole
  const large = tasks > 1_000;
  const sides: Record<string, () => Promise<number>> = {
    floor: async () => {
      const { wallMs, peakMb } = await scene.time({ argv: [process.execPath, '-e', '0'], cwd: scene.dir });
      if (peakMb !== null) floorPeaks.push(peakMb);
      return wallMs;
    },
    'without snapshot': () => recover(false),
    ...(large && { 'with snapshot': () => recover(true) }),
  };
  const rounds = await interleave(sides, { rounds: 3, budget: scene.budget });
  await kill(victim, starts);
  const lost = countWrong(scenario, starts);
  const floor = least(rounds['floor'] ?? []);
  const figures: Figure[] = [];
  for (const name of Object.keys(sides)) {
    const ms = least(rounds[name] ?? []);
    const what = name === 'floor' ? `node -e 0 (${tasks} tasks)` : `${tasks} tasks, ${name}`;
    rows.push({ what, 'wall ms': ms, 'median ms': median(rounds[name] ?? []), '× node -e 0': ms / floor });
    if (name === 'floor') continue;
    const atMost = name === 'with snapshot' ? 3.5 : 5;
    figures.push({
      aim: 'P8',
      what: `kill → next agent, ${what}`,
      value: ms / floor,
      unit: '×',
      limit: { atMost },
    });
  }
  figures.push({
    aim: 'P8',
    what: `${tasks} tasks: lost or doubled`,
    value: lost,
    unit: '',
    limit: { atMost: 0 },
  });
  await scenario.repo.remove();
  const memory = least(peaks) / least(floorPeaks);
  if (large && !Number.isNaN(memory))
    figures.push({
      aim: 'P5',
      what: `peak memory of an engine with ${tasks} tasks beside node -e 0`,
      value: memory,
      unit: '×',
      limit: { atMost: 1.9 },
    });
  return figures;
}

async function measureNothing(scene: Scene, tasks: number, rows: Row[]): Promise<readonly Figure[]> {
  const { repo } = await makeRun(scene, { tasks, left: 0, starts: scene.dir });
  const again = async (): Promise<Sample> => {
    const sample = await scene.time({ argv: [...scene.weft, 'resume', RUN], cwd: repo.path });
    if (sample.code !== 0)
      throw new Error(`weft resume ended with ${sample.code}: ${sample.stdout.slice(-500)}`);
    return sample;
  };
  // the first one writes the files of the end
  await again();
  const floor = (): Promise<Sample> => scene.time({ argv: [process.execPath, '-e', '0'], cwd: scene.dir });
  const rounds = await interleave({ floor, again }, { rounds: 3, budget: scene.budget });
  const cpu = (samples: readonly Sample[]): number => least(samples.map(({ cpuMs }) => cpuMs));
  const peak = (samples: readonly Sample[]): number =>
    least(samples.map(({ peakMb }) => peakMb ?? Number.NaN));
  const ratio = cpu(rounds.again) / cpu(rounds.floor);
  rows.push({
    what: `nothing to do, ${tasks} tasks`,
    'wall ms': least(rounds.again.map(({ wallMs }) => wallMs)),
    'CPU ms': cpu(rounds.again),
    '× node -e 0': ratio,
    'peak MB': peak(rounds.again),
  });
  await repo.remove();
  const figures: Figure[] = [
    {
      aim: 'P10',
      what: `nothing to do, ${tasks} tasks, CPU`,
      value: ratio,
      unit: '×',
      limit: { atMost: tasks > 1_000 ? 4 : 2 },
    },
  ];
  return figures;
}

interface Scenario {
  readonly repo: TempRepo;
  readonly runDir: string;
}

/** A run with a journal as of an engine that finished all tasks but the last ones: ten facts for each. */
async function makeRun(
  scene: Scene,
  of: { readonly tasks: number; readonly left: number; readonly starts: string },
): Promise<Scenario> {
  const repo = await makeRepo(scene, { tracks: [], files: 1 });
  const [commit, tree] = [
    oid(await repo.git('rev-parse', 'HEAD')),
    oid(await repo.git('rev-parse', 'HEAD^{tree}')),
  ];
  const agent = `echo $$ >'${of.starts}/'$WEFT_TASK.$WEFT_ATTEMPT; exec sleep 600`;
  const tasks = Array.from({ length: of.tasks }, (_, at) =>
    makeTask(`t${at}`, { run: agent, owns: [`src/m${at}/**`] }),
  );
  const limits = { ...DEFAULT_LIMITS, backoffMs: 300_000 };
  const { event, ...clocks } = startFact(tasks, { maxAgents: 1, limits });
  if (event.type !== 'run.started') throw new Error('the first fact begins the run');
  const first = { ...clocks, event: { ...event, repository: repo.path, targetOid: commit } };
  const facts: Fact[] = [first];
  const state = beginState(first);
  const tell = (fact: Fact): void => {
    facts.push(fact);
    evolve(state, fact);
  };
  let unstarted = of.tasks;
  const apply = (_: unknown, fact: Fact): void => {
    tell(fact);
    if (fact.event.type !== 'attempt.spawned') return;
    unstarted -= 1;
    // what has begun comes to its end
    if (unstarted === of.left) tell({ ...fact, event: { type: 'run.paused' } });
  };
  driveToEnd(state, { named: { commit, tree }, apply });
  const ended = facts.at(-1) ?? first;
  tell({
    ...ended,
    event: of.left > 0 ? { type: 'run.unpaused' } : { type: 'run.rested', outcome: 'complete' },
  });
  const runDir = join(repo.path, '.weft/runs', RUN);
  mkdirSync(runDir, { recursive: true, mode: 0o700 });
  // the clocks of the drive are small; those of a machine go on from now
  const at = Date.now();
  const lines = facts.map((fact, seq) => encodeRecord({ ...fact, at, seq: seq + 1, epoch: 1 }));
  writeFileSync(join(runDir, 'journal.jsonl'), lines.join(''), { mode: 0o600 });
  return { repo, runDir };
}

interface Engine {
  readonly process: ChildProcess;
  readonly startedAt: number;
  /** Most memory it had until then; null: the system does not say. */
  readonly peakMb: number | null;
}

/** Starts an engine and resolves when it has started one more agent. */
async function startEngine(scene: Scene, { repo }: Scenario, starts: string): Promise<Engine> {
  const known = readdirSync(starts).length;
  const seen = new Promise<number>((settle, reject) => {
    const timer = setTimeout(() => {
      watcher.close();
      reject(new Error('no agent was started'));
    }, WAIT_MS);
    const watcher = watch(starts, () => {
      if (readdirSync(starts).length === known) return;
      clearTimeout(timer);
      watcher.close();
      settle(performance.now());
    });
  });
  const [node, entry] = scene.weft;
  const engine = spawn(node, [entry, 'resume', RUN], { cwd: repo.path, env: benchEnv(), stdio: 'ignore' });
  return { process: engine, startedAt: await seen, peakMb: readPeak(engine.pid) };
}

function readPeak(pid: number | undefined): number | null {
  const path = `/proc/${pid}/status`;
  const kilobytes = existsSync(path)
    ? /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(path, 'utf8'))?.[1]
    : undefined;
  return kilobytes === undefined ? null : Number(kilobytes) / 1024;
}

/** Ends the engine without a word, and its agent with it, as when a machine goes down. */
async function kill(engine: Engine, starts: string): Promise<void> {
  const gone = new Promise((settle) => engine.process.once('exit', settle));
  engine.process.kill('SIGKILL');
  await gone;
  for (const name of readdirSync(starts)) {
    const pid = readFileSync(join(starts, name), 'utf8').trim();
    if (pid !== '' && existsSync(`/proc/${pid}`)) await run({ argv: ['kill', '-9', pid], cwd: starts });
  }
}

async function waitUntil(isSo: () => boolean): Promise<void> {
  const end = performance.now() + WAIT_MS;
  while (!isSo() && performance.now() < end) await sleep(20);
}

/** Attempts that the journal has twice, or that were started without being in it. */
function countWrong({ runDir }: Scenario, starts: string): number {
  const lines = readFileSync(join(runDir, 'journal.jsonl'), 'utf8').trimEnd().split('\n');
  const spawned = lines.flatMap((line) => {
    const { event } = JSON.parse(line) as {
      readonly event: { type: string; task?: string; attempt?: number };
    };
    return event.type === 'attempt.spawned' ? [`${event.task}.${event.attempt}`] : [];
  });
  const known = new Set(spawned);
  const unknown = readdirSync(starts).filter((name) => !known.has(name));
  return spawned.length - known.size + unknown.length;
}
