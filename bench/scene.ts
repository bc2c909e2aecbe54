// What benchmarks work in: a throw-away folder, repositories with plans in them, and the built weft. Measures nothing.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createTempRepo, type TempRepo } from '../src/testing/temp-repo.ts';
import type { Budget } from './measure.ts';
import type { Report } from './report.ts';
import { createStopwatch, type Stopwatch } from './stopwatch.ts';

/** One benchmark. */
export interface Bench {
  readonly name: string;
  /** What it measures, in one line. */
  readonly about: string;
  run(scene: Scene): Promise<Report>;
}

/** See the file's first line. */
export interface Scene extends Stopwatch {
  /** Folder that is removed at the end. */
  readonly dir: string;
  /** Command line of the built weft. */
  readonly weft: readonly [string, string];
  /** Small sizes only. */
  readonly quick: boolean;
  readonly budget: Budget;
}

/** Opens a scene for one benchmark and clears it away. */
export async function withScene<T>(
  of: Pick<Scene, 'quick' | 'budget'>,
  act: (scene: Scene) => Promise<T>,
): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'weft-bench-'));
  try {
    return await act({
      ...of,
      ...createStopwatch(dir),
      dir,
      weft: [process.execPath, resolve('dist/weft.cjs')],
    });
  } finally {
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A task of a plan to be written. */
export interface PlannedTask {
  readonly id: string;
  /** Command line of its agent; absent: a task for a person. */
  readonly run?: string;
  readonly owns?: string;
  readonly after?: readonly string[];
}

/** A repository with `files` small files and a plan `tracks.json` on it; each list of tasks is one track. */
export async function makeRepo(
  scene: Pick<Scene, 'dir'>,
  of: {
    readonly tracks: readonly (readonly PlannedTask[])[];
    readonly config?: Readonly<Record<string, unknown>>;
    readonly files?: number;
  },
): Promise<TempRepo> {
  const repo = await createTempRepo({ root: scene.dir });
  for (let file = 0; file < (of.files ?? 100); file += 1) await repo.write(`src/f${file}.txt`, `${file}\n`);
  for (const task of of.tracks.flat()) await repo.write(`tasks/${task.id}.md`, drawTask(task));
  const tracks = of.tracks.map((tasks, at) => ({
    name: `track-${at}`,
    steps: tasks.map(({ id, run }) => ({ task: `tasks/${id}.md`, ...(run === undefined ? {} : { run }) })),
  }));
  await repo.write('tracks.json', JSON.stringify({ tracks }));
  // JSON is YAML
  await repo.write('.weft/config.yaml', JSON.stringify({ integrate: 'auto', ...of.config }));
  await repo.commit('plan');
  return repo;
}

function drawTask({ id, run, owns, after }: PlannedTask): string {
  const head = {
    ...(owns && { owns }),
    ...(after && { depends_on: after }),
    ...(run ? {} : { type: 'manual' }),
  };
  const front = Object.entries(head).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  return `---\n${front.join('\n')}\n---\n\n# Task ${id}\n\nDo ${id}.\n`;
}
