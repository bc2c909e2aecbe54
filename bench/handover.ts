// How long it takes from the end of one task to the first instruction of the next, stamped by the tasks themselves.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openAttempts } from './attempts.ts';
import { interleave, least, median, percentile } from './measure.ts';
import type { Figure, Report, Row } from './report.ts';
import { type Bench, makeRepo, type Scene } from './scene.ts';
import { hasProgram, runWell } from './stopwatch.ts';

/** See the file's first line. */
export const handover: Bench = {
  name: 'handover',
  about: 'end of a task → main() of the next one, in a chain',
  run: async (scene): Promise<Report> => {
    const { floor } = scene;
    if (floor === null)
      return { rows: [], figures: [], skipped: ['everything: there is no C compiler for the stamps'] };
    const count = scene.quick ? 40 : 200;
    const { sides, skipped } = chooseSides(scene, floor, count);
    const rounds = await interleave(sides, { rounds: 3, budget: scene.budget });
    const cost = (name: string, share: number): number =>
      least((rounds[name] ?? []).map((gaps) => percentile(gaps, share)));
    const rows: Row[] = Object.keys(rounds).map((name) => ({
      who: name,
      'p50 ms': cost(name, 0.5),
      'p99 ms': cost(name, 0.99),
      '× floor': cost(name, 0.5) / cost('C vfork', 0.5),
    }));
    const whole = await chainOfTasks(scene, floor, scene.quick ? 5 : 20);
    rows.push({
      who: 'weft, whole tasks: worktree, commit, verdict',
      'p50 ms': median(whole),
      'p99 ms': percentile(whole, 0.99),
    });
    const figures: Figure[] = [
      ratio('p50 beside C vfork + wait', cost('weft', 0.5) / cost('C vfork', 0.5), 1.8),
      ratio('p99 beside C vfork + wait', cost('weft', 0.99) / cost('C vfork', 0.99), 3),
      { ...ratio('a poll every 2 s beside p50', 2_000 / cost('weft', 0.5), 0), limit: { atLeast: 1_000 } },
    ];
    if (rounds['ninja'] !== undefined)
      figures.push(ratio('p50 beside ninja', cost('weft', 0.5) / cost('ninja', 0.5), 0.75));
    return { rows, figures, skipped };
  },
};

function ratio(what: string, value: number, atMost: number): Figure {
  return { aim: 'P2', what, value, unit: '×', limit: { atMost } };
}

type Side = () => Promise<readonly number[]>;

function chooseSides(
  scene: Scene,
  floor: string,
  count: number,
): { readonly sides: Readonly<Record<string, Side>>; readonly skipped: string[] } {
  const stamps = join(scene.dir, 'stamps');
  const viaProgram = (argv: readonly [string, ...string[]]) => async (): Promise<readonly number[]> => {
    await runWell({ argv, cwd: scene.dir });
    return readGaps(stamps);
  };
  const sides: Record<string, Side> = {
    weft: () => chainOfProcesses(scene, { floor, stamps, count }),
    'C vfork': viaProgram([floor, 'chain', `${count}`, floor, stamps]),
  };
  const skipped: string[] = [];
  const names = Array.from({ length: count }, (_, at) => at);
  const before = (at: number): string => (at === 0 ? '' : ` n${at - 1}`);
  if (hasProgram('ninja')) {
    const builds = names.map((at) => `build n${at}: stamp${before(at)}`);
    const rule = `rule stamp\n  command = ${floor} stamp ${stamps}\n`;
    writeFileSync(join(scene.dir, 'build.ninja'), `${rule}${builds.join('\n')}\n`);
    sides['ninja'] = viaProgram(['ninja', '--quiet', `n${count - 1}`]);
  } else skipped.push('ninja: not installed');
  if (hasProgram('make')) {
    const rules = names.map((at) => `n${at}:${before(at)}\n\t@${floor} stamp ${stamps}\n`);
    writeFileSync(join(scene.dir, 'Makefile'), rules.join(''));
    sides['make'] = viaProgram(['make', '-s', `n${count - 1}`]);
  } else skipped.push('make: not installed');
  return { sides, skipped };
}

/** What ninja and make do, too, with what weft does beside it: both facts durable, output kept, the next one started. */
async function chainOfProcesses(
  scene: Scene,
  of: { readonly floor: string; readonly stamps: string; readonly count: number },
): Promise<readonly number[]> {
  const attempts = await openAttempts(scene);
  for (let at = 0; at < of.count; at += 1) await attempts.runOne([of.floor, 'stamp', of.stamps]);
  await attempts.close();
  return readGaps(of.stamps);
}

/** Whole tasks of the built weft, each on the work of the one before. */
async function chainOfTasks(scene: Scene, floor: string, count: number): Promise<readonly number[]> {
  const stamps = join(scene.dir, 'stamps');
  const stamp = `${floor} stamp ${stamps}`;
  const track = Array.from({ length: count }, (_, at) => {
    const id = `t${at}`;
    return { id, run: `${stamp}; echo work >${id}.txt; git add -A; git commit -qm ${id}; ${stamp}` };
  });
  const repo = await makeRepo(scene, { tracks: [track], config: { gates: { tier0: ['true'] } } });
  await runWell({ argv: [...scene.weft, 'run', 'tracks.json'], cwd: repo.path });
  // every second gap is the work itself
  return readGaps(stamps).filter((_, at) => at % 2 === 1);
}

/** From the end of each stamp to the beginning of the next, in ms. */
function readGaps(stamps: string): readonly number[] {
  const lines = readFileSync(stamps, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(' ').map(Number));
  rmSync(stamps);
  return lines.slice(1).map(([began = Number.NaN], at) => began - (lines[at]?.[1] ?? Number.NaN));
}
