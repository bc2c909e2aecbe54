// What orchestration adds to the work itself: weft against a shell loop that does the same with plain git.
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { interleave, least } from './measure.ts';
import type { Figure, Report, Row } from './report.ts';
import { type Bench, makeRepo, type Scene } from './scene.ts';
import type { Sample } from './stopwatch.ts';

/** The agent: one new file, committed. */
const WORK = (id: string): string => `echo work >${id}.txt; git add -A; git commit -qm ${id}`;

/**
 * What a patient user would write: worktrees and agents side by side, then one merge after the other. Making worktrees
 * side by side fails now and then, because git meets one that is half made.
 */
const LOOP = `
set -e
work() {
  tries=0
  until git worktree add --no-track -q -B "$1" "../wt/$1" main; do
    tries=$((tries + 1))
    [ $tries -lt 5 ]
  done
  cd "../wt/$1"
  ${WORK('$1')}
}
[ "$1" = work ] && { work "$2"; exit; }
seq -f 't%g' "$1" | xargs -P "$2" -n1 sh "$0" work
for id in $(seq -f 't%g' "$1"); do
  git merge -q --no-edit "$id"
  git worktree remove "../wt/$id"
  git branch -q -D "$id"
done
`;

const SIZES = [
  { tasks: 8, agents: 4 },
  { tasks: 32, agents: 4 },
  { tasks: 32, agents: 16 },
  { tasks: 100, agents: 16 },
] as const;

/** See the file's first line. */
export const overhead: Bench = {
  name: 'overhead',
  about: 'time per task beside a shell loop of git worktree add, agent, commit, merge',
  run: async (scene): Promise<Report> => {
    const rows: Row[] = [];
    const figures: Figure[] = [];
    const skipped: string[] = [];
    for (const size of scene.quick ? SIZES.slice(0, 2) : SIZES) {
      const name = `${size.tasks} tasks, ${size.agents} at once`;
      if (scene.budget.isOver()) {
        skipped.push(`${name}: no time left`);
        continue;
      }
      const sides = { shell: () => runLoop(scene, size), weft: () => runWeft(scene, size) };
      const { shell, weft } = await interleave(sides, {
        rounds: size.tasks > 32 ? 2 : 3,
        budget: scene.budget,
      });
      const own = (least(weft.map(wall)) - least(shell.map(wall))) / size.tasks;
      const ratio = least(weft.map(wall)) / least(shell.map(wall));
      rows.push({
        case: name,
        'shell ms/task': least(shell.map(wall)) / size.tasks,
        'weft ms/task': least(weft.map(wall)) / size.tasks,
        'own ms/task': own,
        'wall ×': ratio,
        'CPU ×': least(weft.map(cpu)) / least(shell.map(cpu)),
        rounds: weft.length,
      });
      figures.push({ aim: 'O1', what: `${name}, wall`, value: ratio, unit: '×', limit: { atMost: 1.5 } });
      figures.push({
        aim: 'O2',
        what: `${name}, own time a task`,
        value: own,
        unit: 'ms',
        limit: { atMost: 50 },
      });
    }
    return { rows, figures, skipped };
  },
};

const wall = (sample: Sample): number => sample.wallMs;
const cpu = (sample: Sample): number => sample.cpuMs;

interface Size {
  readonly tasks: number;
  readonly agents: number;
}

async function runLoop(scene: Scene, { tasks, agents }: Size): Promise<Sample> {
  const repo = await makeRepo(scene, { tracks: [] });
  const script = join(repo.around, 'loop.sh');
  await writeFile(script, LOOP);
  const sample = await scene.time({ argv: ['sh', script, `${tasks}`, `${agents}`], cwd: repo.path });
  await checkLanded(repo.path, tasks, sample);
  await repo.remove();
  return sample;
}

async function runWeft(scene: Scene, { tasks, agents }: Size): Promise<Sample> {
  const tracks = Array.from({ length: tasks }, (_, at) => {
    const id = `t${at + 1}`;
    return [{ id, run: WORK(id), owns: `${id}.txt` }];
  });
  const config = { maxAgents: agents, gates: { tier0: ['true'] } };
  const repo = await makeRepo(scene, { tracks, config });
  const sample = await scene.time({ argv: [...scene.weft, 'run', 'tracks.json'], cwd: repo.path });
  await checkLanded(repo.path, tasks, sample);
  await repo.remove();
  return sample;
}

/** A side that left work out has not been measured. */
async function checkLanded(path: string, tasks: number, { code, stdout }: Sample): Promise<void> {
  const landed = (await readdir(path)).filter((name) => /^t\d+\.txt$/.test(name)).length;
  if (code === 0 && landed === tasks) return;
  throw new Error(`${landed} of ${tasks} tasks landed, exit code ${code}:\n${stdout.slice(-2_000)}`);
}
