// The stranger of the landing proof: commits on the target at random moments, whoever is about to land there. What he leaves
// always passes the gate. Knows nothing of weft.
import { spawn } from 'node:child_process';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Scene } from '../faulty/scene.ts';
import { runTestGit, testGitEnv } from '../temp-repo.ts';
import { seedTape, type Tape } from '../world/tape.ts';
import type { Entry } from './diary.ts';
import { applyEdit, type Plot, plotEdit } from './plot.ts';

/** The name under which he is in the diary. */
export const STRANGER = 'stranger';

const SHORTEST_MS = 100;
const LONGEST_MS = 2_500;
/** One commit for this many tasks, at most. */
const TASKS_PER_COMMIT = 5;

/** Begins; `stop` gives the commits that he made. */
export function startStranger(
  scene: Scene,
  of: { readonly plot: Plot; readonly seed: number },
): { stop(): Promise<readonly string[]> } {
  const tape = seedTape(of.seed + 99);
  const commits: string[] = [];
  let isOver = false;
  const work = async (): Promise<void> => {
    const most = Math.ceil(of.plot.parts.length / TASKS_PER_COMMIT);
    while (!isOver && commits.length < most) {
      await sleep(SHORTEST_MS + (tape.byte() / 256) * LONGEST_MS);
      if (isOver) return;
      const commit = await commitOnce(scene, { plot: of.plot, tape, n: commits.length + 1 });
      if (commit !== null) commits.push(commit);
    }
  };
  const done = work();
  done.catch(() => undefined);
  return {
    stop: async () => {
      isOver = true;
      await done;
      return commits;
    },
  };
}

/** Changes a line of a shared file and claims a unit that nobody has yet; null: the target moved meanwhile. */
async function commitOnce(
  { dir, repo }: Scene,
  of: { readonly plot: Plot; readonly tape: Tape; readonly n: number },
): Promise<string | null> {
  const { plot, tape, n } = of;
  const edit = plotEdit(tape, { names: Object.keys(plot.files), text: `${STRANGER} wrote line ${n}` });
  const rival = plot.parts[tape.pick(plot.parts.length)]?.unit ?? 'none';
  const tip = await runTestGit(repo, ['rev-parse', 'main']);
  const text = await runTestGit(repo, ['show', `${tip}:${edit.file}`]);
  const { lines, gone } = applyEdit(text.split('\n'), edit);
  const claims = await runTestGit(repo, ['ls-tree', '--name-only', tip, 'units/']);
  const isTaken = claims.split('\n').some((claim) => claim.startsWith(`units/${rival}.`));
  const unit = isTaken ? `${STRANGER}-${n}` : rival;
  const said = await pipe(lines.map((line) => `${line}\n`).join(''), {
    cwd: repo,
    args: [PLUMBING, 'sh', join(dir, 'tmp', 'index'), tip, edit.file, `units/${unit}.${STRANGER}`],
  });
  if (said === null) return null;
  const entry: Entry = { who: STRANGER, file: edit.file, kind: 'edit', edit, gone };
  await appendFile(join(dir, 'diary'), `${JSON.stringify(entry)}\n`);
  return said;
}

/** Commits onto a tip without a checkout: a file from standard input, and an empty one. */
const PLUMBING = `
set -eu
export GIT_INDEX_FILE=$1
git read-tree "$2"
git update-index --add --cacheinfo "100644,$(git hash-object -w --stdin),$3"
git update-index --add --cacheinfo "100644,$(git hash-object -w --stdin </dev/null),$4"
commit=$(git commit-tree -p "$2" -m "stranger: $4" "$(git write-tree)")
git update-ref -m stranger refs/heads/main "$commit" "$2"
echo "$commit"
`;

/** Runs a shell script with a text on its standard input; null: it failed. */
async function pipe(
  text: string,
  of: { readonly cwd: string; readonly args: readonly string[] },
): Promise<string | null> {
  const child = spawn('sh', ['-c', ...of.args], {
    cwd: of.cwd,
    env: testGitEnv(),
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  let said = '';
  child.stdout.on('data', (chunk) => {
    said += String(chunk);
  });
  child.stdin.end(text);
  const code = await new Promise((done) => child.once('close', done));
  return code === 0 ? said.trim() : null;
}
