// How soon a command answers, beside a Node that does nothing; and that `status` is not quick because it is old.
import { interleave, least } from './measure.ts';
import type { Figure, Report } from './report.ts';
import { type Bench, makeRepo, type Scene } from './scene.ts';
import { runWell } from './stopwatch.ts';

const TASKS = 200;
const FLOOR = 'node -e 0';
/** A transition this old has to be in the answer. */
const FRESH_MS = 100;

/** See the file's first line. */
export const start: Bench = {
  name: 'start',
  about: `--version, --help and status of a run of ${TASKS} tasks, beside node -e 0`,
  run: async (scene): Promise<Report> => {
    const tracks = Array.from({ length: TASKS }, (_, at) => [{ id: `t${at}` }]);
    const repo = await makeRepo(scene, { tracks, files: 1 });
    await checkFresh(scene, repo.path);
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
    return { rows, figures };
  },
};

/** An engine that leads: what it did a moment ago is in what `status` says. Then it stops, and nobody leads. */
async function checkFresh(scene: Scene, cwd: string): Promise<void> {
  const weft = (...words: readonly string[]): Promise<string> =>
    runWell({ argv: [...scene.weft, ...words], cwd });
  await weft('run', 'tracks.json', '--stay', '--detach');
  await weft('cancel', 't7');
  await new Promise((settle) => setTimeout(settle, FRESH_MS));
  const view = JSON.parse(await weft('status', '--json')) as {
    readonly tasks: readonly { readonly id: string; readonly phase: string }[];
  };
  const phase = view.tasks.find(({ id }) => id === 't7')?.phase;
  if (phase !== 'cancelled' || view.tasks.length !== TASKS)
    throw new Error(`status shows ${phase} ${FRESH_MS} ms after the task was cancelled`);
  await weft('stop');
}
