// How soon a command answers, beside a Node that does nothing; and that `status` is not quick because it is old.
import { interleave, least, median } from './measure.ts';
import type { Figure, Report } from './report.ts';
import { type Bench, makeRepo, type Scene } from './scene.ts';
import { runWell } from './stopwatch.ts';

const TASKS = 200;
const FLOOR = 'node -e 0';
/** A change that is not shown by then is never shown. */
const MAX_AGE_MS = 10_000;

/** See the file's first line. */
export const start: Bench = {
  name: 'start',
  about: `--version, --help and status of a run of ${TASKS} tasks, beside node -e 0`,
  run: async (scene): Promise<Report> => {
    const tracks = Array.from({ length: TASKS }, (_, at) => [{ id: `t${at}` }]);
    const repo = await makeRepo(scene, { tracks, files: 1 });
    const freshness = await measureFreshness(scene, repo.path);
    const time = (...argv: [string, ...string[]]) => {
      return async () => {
        const sample = await scene.time({ argv, cwd: repo.path });
        if (sample.code !== 0) throw new Error(`${argv.join(' ')} ended with ${sample.code}`);
        return sample;
      };
    };
    const sides: Record<string, ReturnType<typeof time>> = { [FLOOR]: time(process.execPath, '-e', '0') };
    for (const words of ['--version', '--help', 'status', 'status --json'])
      sides[words] = time(...scene.weft, ...words.split(' '));
    const rounds = await interleave(sides, { rounds: scene.quick ? 10 : 60, budget: scene.budget });
    const cpu = (name: string): number => least((rounds[name] ?? []).map((sample) => sample.cpuMs));
    const wall = (name: string): number => least((rounds[name] ?? []).map((sample) => sample.wallMs));
    const names = Object.keys(sides);
    const rows = names.map((name) => ({
      command: name,
      'wall ms': wall(name),
      'wall ×': wall(name) / wall(FLOOR),
      'CPU ms': cpu(name),
      'CPU ×': cpu(name) / cpu(FLOOR),
      'peak MB': least((rounds[name] ?? []).map((sample) => sample.peakMb ?? Number.NaN)),
    }));
    const figures = names
      .filter((name) => name !== FLOOR)
      .map((name): Figure => {
        const value = cpu(name) / cpu(FLOOR);
        return { aim: 'P9', what: `${name}, CPU beside ${FLOOR}`, value, unit: '×', limit: { atMost: 1.12 } };
      });
    const what = 'age of a change that status does not show yet';
    return {
      rows,
      figures: [...figures, { aim: 'P9', what, value: freshness, unit: 'ms', limit: { atMost: 100 } }],
    };
  },
};

/** How old a change is, at most, that `status` does not show yet, in ms: middle of several. The engine is stopped after. */
async function measureFreshness(scene: Scene, cwd: string): Promise<number> {
  const weft = (...words: readonly string[]): Promise<string> =>
    runWell({ argv: [...scene.weft, ...words], cwd });
  await weft('run', 'tracks.json', '--stay', '--detach');
  const ages: number[] = [];
  try {
    for (const id of ['t3', 't5', 't7', 't11', 't13']) {
      await weft('cancel', id);
      const began = performance.now();
      let asked = began;
      while (!(await shows(weft, id))) {
        if (asked - began > MAX_AGE_MS) throw new Error(`status does not show that ${id} was cancelled`);
        asked = performance.now();
      }
      ages.push(asked - began);
    }
  } finally {
    await weft('stop');
  }
  return median(ages);
}

async function shows(weft: (...words: readonly string[]) => Promise<string>, id: string): Promise<boolean> {
  const view = JSON.parse(await weft('status', '--json')) as {
    readonly tasks: readonly { readonly id: string; readonly phase: string }[];
  };
  if (view.tasks.length !== TASKS) throw new Error(`status shows ${view.tasks.length} tasks`);
  return view.tasks.find((task) => task.id === id)?.phase === 'cancelled';
}
