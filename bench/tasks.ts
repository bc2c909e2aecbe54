// A thousand tasks that do nothing, eight at once: what ninja and make do, with durable facts and kept output beside it.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openAttempts } from './attempts.ts';
import { clock, interleave, least } from './measure.ts';
import type { Figure, Report } from './report.ts';
import { installRival } from './rivals.ts';
import type { Bench, Scene } from './scene.ts';
import { hasProgram } from './stopwatch.ts';

const SLOTS = 8;
/** Tasks for wireit, which takes milliseconds for each. */
const FEW = 100;

/** Most that a target may take of a peer. */
const LIMITS: Readonly<Record<string, number>> = { ninja: 0.85, make: 1.9, wireit: 1 / 6 };

/** See the file's first line. */
export const tasks: Bench = {
  name: 'tasks',
  about: '1,000 times `true`, eight at once, start and end durable, output kept (no worktrees)',
  run: async (scene): Promise<Report> => {
    const count = scene.quick ? 200 : 1_000;
    const { peers, skipped } = await choosePeers(scene, count);
    const sides = { weft: () => runHere(scene, count), ...peers };
    const rounds: Record<string, number[]> = await interleave(sides, { rounds: 3, budget: scene.budget });
    const cost = (name: string): number => least(rounds[name] ?? []);
    const rows = Object.keys(rounds).map((name) => ({
      who: name,
      'µs/task': cost(name),
      'weft ×': cost('weft') / cost(name),
    }));
    const figures = Object.keys(peers).map(
      (name): Figure => ({
        aim: 'P1',
        what: `wall time beside ${name}`,
        value: cost('weft') / cost(name),
        unit: '×',
        limit: { atMost: LIMITS[name] ?? 1 },
      }),
    );
    return { rows, figures, skipped };
  },
};

/** µs per task, with the start of the program. */
async function runHere(scene: Scene, count: number): Promise<number> {
  const { wallMs: startMs } = await scene.time({ argv: [process.execPath, '-e', '0'], cwd: scene.dir });
  const attempts = await openAttempts(scene);
  let left = count;
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await attempts.runOne(['true']);
    }
  };
  const ms = await clock(() => Promise.all(Array.from({ length: SLOTS }, lane)));
  await attempts.close();
  const facts = readFileSync(join(attempts.dir, 'journal.jsonl'), 'utf8').split('\n').length - 1;
  if (facts !== 2 * count) throw new Error(`${facts} facts of ${count} tasks`);
  return ((ms + startMs) * 1_000) / count;
}

type Peers = Record<string, () => Promise<number>>;

async function choosePeers(
  scene: Scene,
  count: number,
): Promise<{ readonly peers: Peers; readonly skipped: readonly string[] }> {
  const peers: Peers = {};
  const skipped: string[] = [];
  const names = Array.from({ length: count }, (_, at) => `n${at}`);
  const time =
    (argv: readonly [string, ...string[]], tasks: number, cwd: string) => async (): Promise<number> => {
      const { wallMs, code, stdout } = await scene.time({ argv, cwd, env: { WIREIT_PARALLEL: `${SLOTS}` } });
      if (code !== 0) throw new Error(`${argv[0]} ended with ${code}: ${stdout.slice(-500)}`);
      return (wallMs * 1_000) / tasks;
    };
  if (hasProgram('ninja')) {
    const builds = names.map((name) => `build ${name}: nothing\n`).join('');
    writeFileSync(join(scene.dir, 'build.ninja'), `rule nothing\n  command = true\n${builds}`);
    peers['ninja'] = time(['ninja', '--quiet', `-j${SLOTS}`], count, scene.dir);
  } else skipped.push('ninja: not installed');
  if (hasProgram('make')) {
    const rules = names.map((name) => `${name}:\n\t@true\n`).join('');
    writeFileSync(join(scene.dir, 'Makefile'), `all: ${names.join(' ')}\n${rules}`);
    peers['make'] = time(['make', '-s', `-j${SLOTS}`, 'all'], count, scene.dir);
  } else skipped.push('make: not installed');
  const wireit = await installRival('wireit');
  if (wireit.ok) {
    const few = names.slice(0, FEW);
    const scripts = Object.fromEntries([...few, 'all'].map((name) => [name, 'wireit']));
    const commands = few.map((name) => [name, { command: 'true' }]);
    const plan = { scripts, wireit: { ...Object.fromEntries(commands), all: { dependencies: few } } };
    writeFileSync(join(wireit.value, 'package.json'), JSON.stringify(plan));
    peers['wireit'] = time(['npm', 'run', '-s', 'all'], few.length, wireit.value);
  } else skipped.push(`wireit: ${wireit.failure}`);
  return { peers, skipped };
}
