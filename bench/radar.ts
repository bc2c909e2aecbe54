// What the radar costs when one of 50 live branches has changed: a look at its worktree, and whether it merges with all others.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createGitPort } from '../src/adapters/git/git-port.ts';
import { type Oid, oid } from '../src/core/model.ts';
import { runTestGit } from '../src/testing/temp-repo.ts';
import { clock, interleave, least } from './measure.ts';
import type { Report } from './report.ts';
import { type Bench, makeRepo } from './scene.ts';

/** See the file's first line. */
export const radar: Bench = {
  name: 'radar',
  about: 'one changed branch among 50 live ones, beside merging it with each',
  run: async (scene): Promise<Report> => {
    const count = scene.quick ? 10 : 50;
    const repo = await makeRepo(scene, { tracks: [], files: scene.quick ? 200 : 2_000 });
    const opened = await createGitPort(repo.path);
    if (!opened.ok) throw new Error(opened.failure.sentence);
    const git = opened.value;
    const base = oid(await repo.git('rev-parse', 'HEAD'));
    const paths = Array.from({ length: count }, (_, at) => join(repo.around, 'trees', `t${at}`));
    const known: Oid[] = [];
    const look = async (at: number): Promise<Oid> => {
      const ref = `refs/weft/radar/run/t${at}`;
      const worktree = paths[at] ?? '';
      const seen = await git.snapshot({ worktree, base, ref, known: known[at] ?? null });
      if (!seen.ok || seen.value === null) throw new Error('a worktree could not be looked at');
      known[at] = seen.value;
      return seen.value;
    };
    const write = (at: number, file: number, text: string): void =>
      writeFileSync(join(paths[at] ?? '', `src/f${file}.txt`), text);
    for (const [at, path] of paths.entries()) {
      await repo.git('worktree', 'add', '-q', '--detach', path, base);
      write(at, at, `changed by ${at}\n`);
      await look(at);
    }
    /** Whether one merges with all others; gives how many it does not merge with. */
    const tryAll = async (): Promise<number> => {
      let conflicts = 0;
      for (const head of known.slice(1)) {
        const work = { head: known[0] ?? base, base };
        const tried = await git.tryMerge({ work, onto: { head, base } });
        if (!tried.ok) throw new Error(tried.failure.sentence);
        if (tried.value.length > 0) conflicts += 1;
      }
      return conflicts;
    };
    let text = 0;
    const change = async (file: number, conflicts: number): Promise<number> => {
      text += 1;
      write(0, 0, `own ${text}\n`);
      write(0, 1, file === 1 ? `met ${text}\n` : '1\n');
      const ms = await clock(async () => {
        await look(0);
        if ((await tryAll()) !== conflicts) throw new Error('a conflict was not seen');
      });
      return ms;
    };
    const mergeEach = async (): Promise<number> => {
      const cwd = paths[0] ?? '';
      text += 1;
      write(0, 0, `own ${text}\n`);
      return clock(async () => {
        await runTestGit(cwd, ['add', '-A']);
        const tree = await runTestGit(cwd, ['write-tree']);
        const head = await runTestGit(cwd, ['commit-tree', '-p', base, '-m', 'x', tree]);
        for (const other of known.slice(1))
          await runTestGit(cwd, ['merge-tree', '--write-tree', head, other]).catch(() => '');
      });
    };
    const sides = {
      'a look, nothing changed': () => clock(() => look(0)),
      'a change that meets nobody': () => change(0, 0),
      'a change that meets one': () => change(1, 1),
      'a merge with each': mergeEach,
    };
    await tryAll();
    const rounds = await interleave(sides, { rounds: scene.quick ? 3 : 7, budget: scene.budget });
    const ms = (name: keyof typeof sides): number => least(rounds[name]);
    await git.close();
    return {
      rows: (Object.keys(sides) as (keyof typeof sides)[]).map((name) => ({
        what: `${name}, ${count} branches`,
        ms: ms(name),
      })),
      figures: [
        {
          aim: 'P17',
          what: 'a changed branch beside a merge with each',
          value: ms('a change that meets nobody') / ms('a merge with each'),
          unit: '×',
          limit: { atMost: 0.25 },
        },
        {
          aim: 'P17',
          what: 'a changed branch that meets one',
          value: ms('a change that meets one'),
          unit: 'ms',
          limit: { atMost: 100 },
        },
      ],
    };
  },
};
