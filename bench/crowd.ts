// A real engine with many agents at once that wait for a word before they do anything. Needs flock. Measures nothing itself.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeRepo, type Scene } from './scene.ts';
import { benchEnv } from './stopwatch.ts';

/** What an engine has used by now. */
export interface Usage {
  /** Monotonic, in ms. */
  readonly at: number;
  readonly cpuMs: number;
  readonly rssMb: number;
}

/** See the file's first line. */
export interface Crowd {
  readonly repo: string;
  /** Folder of the run. */
  readonly runDir: string;
  /** Lets all agents begin, and resolves when all have said that they are done. */
  work(): Promise<void>;
  usage(): Usage;
  /** How late the engine's timers came since the last call, in ms, 99th percentile of the worst quarter of a second. */
  loopDelay(): number;
  /** Ends the engine, then the agents. */
  end(): Promise<void>;
}

const WAIT_MS = 120_000;

/** Starts the engine over `tasks` tasks and resolves when `agents` of them are at work and wait. */
export async function gatherCrowd(
  scene: Scene,
  of: { readonly tasks: number; readonly agents: number; readonly work: string; readonly probed: boolean },
): Promise<Crowd> {
  const dir = mkdtempSync(join(scene.dir, 'crowd-'));
  for (const folder of ['ready', 'done']) mkdirSync(join(dir, folder));
  const [begin, leave] = [holdLock(join(dir, 'begin')), holdLock(join(dir, 'leave'))];
  const agent = [
    `: >'${dir}/ready/'$WEFT_TASK`,
    `flock -s '${dir}/begin' true`,
    of.work,
    `: >'${dir}/done/'$WEFT_TASK`,
    `flock -s '${dir}/leave' true`,
  ].join('\n');
  const tracks = Array.from({ length: of.tasks }, (_, at) => [{ id: `t${at}`, run: agent }]);
  const repo = await makeRepo(scene, { tracks, config: { maxAgents: of.agents }, files: 3 });
  const probe = join(dir, 'probe.jsonl');
  writeFileSync(probe, '');
  // watching a loop closely is work for it
  const probing = of.probed ? ['--require', resolve('bench/probe.cjs')] : [];
  const argv = [...probing, scene.weft[1], 'run', 'tracks.json', '--json'];
  const engine = spawn(scene.weft[0], argv, {
    cwd: repo.path,
    env: benchEnv({ BENCH_PROBE: probe }),
    stdio: 'ignore',
  });
  const count = (folder: string): number => readdirSync(join(dir, folder)).length;
  const [run = ''] = await waitFor(engine, () => {
    const runs = count('ready') < of.agents ? [] : readdirSync(join(repo.path, '.weft/runs'));
    return runs.length === 0 ? null : runs;
  });
  return {
    repo: repo.path,
    runDir: join(repo.path, '.weft/runs', run),
    work: async () => {
      begin.kill();
      await waitFor(engine, () => (count('done') < of.agents ? null : true));
    },
    usage: () => readUsage(engine.pid ?? 0),
    loopDelay: () => {
      const delays = readFileSync(probe, 'utf8').split('\n').map(Number);
      writeFileSync(probe, '');
      return Math.max(...delays);
    },
    end: async () => {
      engine.kill('SIGKILL');
      begin.kill();
      leave.kill();
      await waitUntilGone(join(repo.path, '.weft/runs', run));
    },
  };
}

/** Holds a lock until it is killed; without a child of its own, which would go on holding it. */
function holdLock(file: string): ChildProcess {
  return spawn('flock', ['--no-fork', '-x', file, 'sleep', '600'], { stdio: 'ignore' });
}

async function waitFor<T>(engine: ChildProcess, look: () => T | null): Promise<T> {
  const end = performance.now() + WAIT_MS;
  for (;;) {
    const seen = look();
    if (seen !== null) return seen;
    if (engine.exitCode !== null || performance.now() > end)
      throw new Error('the agents did not come so far');
    await sleep(50);
  }
}

/** All agents have ended when each shim has written down how. */
async function waitUntilGone(runDir: string): Promise<void> {
  const attempts = join(runDir, 'attempts');
  const dirs = readdirSync(attempts).map((task) => join(attempts, task, '1'));
  const end = performance.now() + WAIT_MS;
  while (performance.now() < end) {
    const left = dirs.filter((dir) => {
      const names = readdirSync(dir);
      return names.includes('pid') && !names.includes('exit');
    });
    if (left.length === 0) return;
    await sleep(50);
  }
}

/** Ticks of a clock of 100 Hz, as in all builds of Linux that matter. */
const TICK_MS = 10;

function readUsage(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // the name in parentheses may hold anything, the numbers after it may not
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const rssKb = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  const ticks = (fields[11] ?? 0) + (fields[12] ?? 0);
  return { at: performance.now(), cpuMs: ticks * TICK_MS, rssMb: rssKb / 1_024 };
}
