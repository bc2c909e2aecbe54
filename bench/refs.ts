// Reading and writing the refs of 200 agents: one long-lived git for all of them, beside a git for each.
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createGitPort } from '../src/adapters/git/git-port.ts';
import { oid } from '../src/core/model.ts';
import { clock, interleave, least } from './measure.ts';
import type { Report } from './report.ts';
import { type Bench, makeRepo } from './scene.ts';
import { runWell } from './stopwatch.ts';

/** See the file's first line. */
export const refs: Bench = {
  name: 'refs',
  about: 'refreshing 200 agent branches and pinning 200 starts, beside one git call and 200',
  run: async (scene): Promise<Report> => {
    const count = scene.quick ? 50 : 200;
    const repo = await makeRepo(scene, { tracks: [], files: 10 });
    const head = oid(await repo.git('rev-parse', 'HEAD'));
    const names = Array.from({ length: count }, (_, at) => `refs/heads/weft/run/t${at}/work`);
    await writeRefs(
      repo.path,
      names.map((name) => `create ${name} ${head}`),
    );
    const opened = await createGitPort(repo.path);
    if (!opened.ok) throw new Error(opened.failure.sentence);
    const git = opened.value;
    const pinned = (round: number, at: number): string => `refs/weft/start/r${round}/t${at}`;
    const refresh = async (): Promise<void> => {
      const found = await Promise.all(names.map((name) => git.resolve(name)));
      if (found.some((commit) => commit !== head)) throw new Error('a branch was not found');
    };
    const sides = {
      'read: one for-each-ref': () =>
        clock(() => repo.git('for-each-ref', '--format=%(objectname)', 'refs/heads/weft')),
      'read: weft': () => clock(refresh),
      'read: a rev-parse each': () => clock(() => oneByOne(names, (name) => repo.git('rev-parse', name))),
      'write: one update-ref --stdin': (round: number) =>
        clock(() =>
          writeRefs(
            repo.path,
            names.map((_, at) => `create refs/weft/batch/r${round}/t${at} ${head}`),
          ),
        ),
      'write: weft': (round: number) =>
        clock(() => Promise.all(names.map((_, at) => git.pin(pinned(round, at), head)))),
      'write: an update-ref each': (round: number) =>
        clock(() =>
          oneByOne(names.keys(), (at) => repo.git('update-ref', `refs/weft/each/r${round}/t${at}`, head)),
        ),
    };
    const rounds = await interleave(sides, { rounds: 5, budget: scene.budget });
    const ms = (name: keyof typeof sides): number => least(rounds[name]);
    const processes = await countProcesses(scene.dir, refresh);
    await git.close();
    return {
      rows: (Object.keys(sides) as (keyof typeof sides)[]).map((name) => ({
        what: `${name}, ${count} refs`,
        ms: ms(name),
      })),
      figures: [
        {
          aim: 'P15',
          what: 'refresh beside one for-each-ref',
          value: ms('read: weft') / ms('read: one for-each-ref'),
          unit: '×',
          limit: { atMost: 2 },
        },
        {
          aim: 'P15',
          what: 'a git each beside refresh',
          value: ms('read: a rev-parse each') / ms('read: weft'),
          unit: '×',
          limit: { atLeast: 60 },
        },
        {
          aim: 'P15',
          what: 'a git each beside pinning',
          value: ms('write: an update-ref each') / ms('write: weft'),
          unit: '×',
          limit: { atLeast: 25 },
        },
        { aim: 'P15', what: 'git processes of a refresh', value: processes, unit: '', limit: { atMost: 2 } },
      ],
    };
  },
};

async function writeRefs(cwd: string, lines: readonly string[]): Promise<void> {
  const file = join(cwd, '.git/bench-refs');
  writeFileSync(file, `${lines.join('\n')}\n`);
  await runWell({ argv: ['sh', '-c', 'git update-ref --stdin <.git/bench-refs'], cwd });
}

async function oneByOne<T>(items: Iterable<T>, act: (item: T) => Promise<unknown>): Promise<void> {
  for (const item of items) await act(item);
}

/** Counts how often git is started, by standing in its way. */
async function countProcesses(dir: string, work: () => Promise<void>): Promise<number> {
  const [bin, calls] = [join(dir, 'counting'), join(dir, 'calls')];
  mkdirSync(bin);
  const git = (await runWell({ argv: ['sh', '-c', 'command -v git'], cwd: dir })).trim();
  writeFileSync(join(bin, 'git'), `#!/bin/sh\necho "$*" >>'${calls}'\nexec '${git}' "$@"\n`);
  chmodSync(join(bin, 'git'), 0o755);
  writeFileSync(calls, '');
  const path = process.env['PATH'];
  process.env['PATH'] = `${bin}:${path}`;
  try {
    // a reader that is still there from before would not be counted
    await new Promise((settle) => setTimeout(settle, 2_500));
    await work();
  } finally {
    process.env['PATH'] = path;
  }
  return readFileSync(calls, 'utf8').split('\n').length - 1;
}
