// How long it takes to have weft: the packed package into an empty folder with an empty cache, without install scripts.
import { mkdtempSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { interleave, least } from './measure.ts';
import type { Report } from './report.ts';
import { RIVALS } from './rivals.ts';
import type { Bench, Scene } from './scene.ts';
import { npmEnv, run, runWell, type Sample } from './stopwatch.ts';

const LIMIT_S = 60;

/** See the file's first line. */
export const install: Bench = {
  name: 'install',
  about: 'cold npm install of the packed package, without scripts, beside wireit',
  run: async (scene): Promise<Report> => {
    const pack = ['npm', 'pack', '--ignore-scripts', '--silent', '--pack-destination', scene.dir] as const;
    const tarball = join(scene.dir, (await runWell({ argv: [...pack], cwd: resolve('.') })).trim());
    const rival = `wireit@${RIVALS.wireit}`;
    const online = await run({ argv: ['npm', 'view', rival, 'version'], cwd: scene.dir, env: npmEnv() });
    if (online.code !== 0) return { rows: [], figures: [], skipped: [`everything: npm cannot see ${rival}`] };
    const sides = { weft: () => installCold(scene, tarball), wireit: () => installCold(scene, rival) };
    const rounds = await interleave(sides, { rounds: scene.quick ? 1 : 3, budget: scene.budget });
    const wall = (name: keyof typeof sides): number => least(rounds[name].map((sample) => sample.wallMs));
    return {
      rows: (['weft', 'wireit'] as const).map((name) => ({
        what: name,
        'wall s': wall(name) / 1_000,
        'CPU s': least(rounds[name].map((sample) => sample.cpuMs)) / 1_000,
        rounds: rounds[name].length,
      })),
      figures: [
        {
          aim: 'P16',
          what: 'install beside wireit, wall',
          value: wall('weft') / wall('wireit'),
          unit: '×',
          limit: { atMost: 1.5 },
        },
      ],
      skipped: ['better-sqlite3: it compiles for more than a minute, once measured at 76 s'],
    };
  },
};

/** Installs into a fresh folder and shows that what came works. */
async function installCold(scene: Scene, what: string): Promise<Sample> {
  const folder = mkdtempSync(join(scene.dir, 'install-'));
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--silent', '--cache', join(folder, 'cache')];
  const argv = ['timeout', `${LIMIT_S}`, 'npm', 'install', '--prefix', folder, ...flags, what] as const;
  const sample = await scene.time({ argv: [...argv], cwd: folder, env: npmEnv() });
  if (sample.code !== 0) throw new Error(`npm install ${what} ended with ${sample.code}`);
  if (what.endsWith('.tgz')) {
    const weft = join(folder, 'node_modules/.bin/weft');
    await runWell({ argv: [weft, '--version'], cwd: folder });
    await runWell({ argv: [weft, 'demo', '--help'], cwd: folder });
  }
  return sample;
}
