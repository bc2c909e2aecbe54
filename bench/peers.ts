// What a user would pick instead, in the same run: ralphy and takt from npm, all with the same stand-in for an agent.
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TempRepo } from '../src/testing/temp-repo.ts';
import { interleave, least } from './measure.ts';
import type { Figure, Report } from './report.ts';
import { installRival, RIVALS } from './rivals.ts';
import { type Bench, makeRepo, type Scene } from './scene.ts';
import type { Sample } from './stopwatch.ts';

const TASKS = 8;
const AGENTS = 4;

/** Acts for `claude`: one new file, committed, and the one line that its callers wait for. */
const STAND_IN = `#!/bin/sh
id=$(printf '%s' "$*" | grep -o 'task-[0-9][0-9]*' | head -n 1)
echo work >"$id.txt"
git add "$id.txt"
git commit -qm "$id"
echo '{"type":"result","subtype":"success","is_error":false,"result":"done","session_id":"s","usage":{"input_tokens":1,"output_tokens":1}}'
`;

const NAMES: readonly string[] = Array.from({ length: TASKS }, (_, at) => `task-${at + 1}`);

/** Adds what the contender reads to the repository and gives its command line. */
type Prepare = (repo: TempRepo) => Promise<readonly [string, ...string[]]>;

interface Contender {
  readonly prepare: Prepare;
  /** Folders of its programs, before those of the user. */
  readonly path: readonly string[];
  /** Its work ends up on main; else it stays on branches. */
  readonly merges: boolean;
}

/** See the file's first line. */
export const peers: Bench = {
  name: 'peers',
  about: `${TASKS} tasks, ${AGENTS} at once, beside ralphy and takt with the same stand-in for claude`,
  run: async (scene): Promise<Report> => {
    const bin = join(scene.dir, 'bin');
    await mkdir(bin);
    await writeFile(join(bin, 'claude'), STAND_IN);
    await chmod(join(bin, 'claude'), 0o755);
    const { contenders, skipped } = await gather(scene);
    const sides = Object.fromEntries(
      Object.entries(contenders).map(([name, contender]) => [name, () => compete(scene, contender, bin)]),
    );
    const rounds = await interleave(sides, { rounds: 3, budget: scene.budget });
    const wall = (name: string): number => least((rounds[name] ?? []).map((sample) => sample.wallMs));
    const rows = Object.entries(contenders).map(([name, { merges }]) => ({
      who: name,
      'wall ms': wall(name),
      'ms/task': wall(name) / TASKS,
      'CPU ms': least((rounds[name] ?? []).map((sample) => sample.cpuMs)),
      'weft ×': wall('weft') / wall(name),
      merged: merges ? 'yes' : 'no',
      checked: name === 'weft' ? 'yes' : 'no',
    }));
    const figures = Object.keys(contenders).flatMap((name): readonly Figure[] =>
      name === 'weft'
        ? []
        : [
            {
              aim: 'O4',
              what: `wall beside ${name}`,
              value: wall('weft') / wall(name),
              unit: '×',
              limit: { atMost: 1 },
            },
          ],
    );
    return { rows, figures, skipped };
  },
};

async function gather(scene: Scene): Promise<{
  readonly contenders: Readonly<Record<string, Contender>>;
  readonly skipped: readonly string[];
}> {
  const contenders: Record<string, Contender> = {
    weft: { path: [], merges: true, prepare: async () => [...scene.weft, 'run', 'tracks.json'] },
  };
  const skipped: string[] = [];
  const rivals = {
    'ralphy-cli': { prepare: prepareRalphy, merges: true },
    takt: { prepare: prepareTakt, merges: false },
  };
  for (const name of ['ralphy-cli', 'takt'] as const) {
    const installed = await installRival(name);
    if (installed.ok) {
      const path = [join(installed.value, 'node_modules/.bin')];
      contenders[`${name} ${RIVALS[name]}`] = { ...rivals[name], path };
    } else skipped.push(`${name}: ${installed.failure}`);
  }
  return { contenders, skipped };
}

async function compete(scene: Scene, { prepare, path, merges }: Contender, bin: string): Promise<Sample> {
  const tracks = NAMES.map((id) => [
    { id, run: 'claude -p "$(cat "$WEFT_PROMPT_FILE")"', owns: `${id}.txt` },
  ]);
  const config = { maxAgents: AGENTS, gates: { tier0: ['true'] } };
  const repo = await makeRepo(scene, { tracks, config });
  const argv = await prepare(repo);
  const env = { HOME: repo.around, PATH: [bin, ...path, process.env['PATH']].join(':') };
  const sample = await scene.time({ argv, cwd: repo.path, env });
  const refs = merges
    ? ['main']
    : (await repo.git('for-each-ref', '--format=%(refname)', 'refs/heads')).split('\n');
  const files = await Promise.all(refs.map((ref) => repo.git('ls-tree', '--name-only', ref)));
  const done = NAMES.filter((name) => files.some((list) => list.split('\n').includes(`${name}.txt`))).length;
  if (done !== TASKS)
    throw new Error(`${argv.join(' ')}: ${done} of ${TASKS} tasks done\n${sample.stdout.slice(-2_000)}`);
  await repo.remove();
  return sample;
}

const prepareRalphy: Prepare = async (repo) => {
  const lines = NAMES.map((name) => `  - title: write the file of ${name}\n    completed: false`);
  await repo.write('tasks.yaml', `tasks:\n${lines.join('\n')}\n`);
  await repo.commit('tasks');
  return [
    'ralphy',
    '--claude',
    '--yaml',
    'tasks.yaml',
    '--parallel',
    '--max-parallel',
    `${AGENTS}`,
    '--fast',
  ];
};

const prepareTakt: Prepare = async (repo) => {
  const step = {
    name: 'work',
    edit: true,
    persona: 'coder',
    instruction: '{task}',
    required_permission_mode: 'full',
  };
  const steps = [{ ...step, rules: [{ condition: 'done', next: 'COMPLETE' }] }];
  const workflow = { name: 'one', description: 'One step', max_steps: 3, initial_step: 'work', steps };
  const times = { created_at: '2026-01-01T00:00:00.000Z', started_at: null, completed_at: null };
  const tasks = NAMES.map((name) => {
    const content = `write the file of ${name}`;
    return { name, status: 'pending', content, workflow: 'one', worktree: true, ...times };
  });
  // JSON is YAML
  await repo.write('.takt/workflows/one.yaml', JSON.stringify(workflow));
  await repo.write('.takt/tasks.yaml', JSON.stringify({ tasks }));
  await repo.write(
    '.takt/config.yaml',
    JSON.stringify({ provider: 'claude', language: 'en', concurrency: AGENTS }),
  );
  await repo.commit('tasks');
  return ['takt', 'run'];
};
