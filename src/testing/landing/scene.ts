// The repository of a round of the landing proof, with its gate: a check that computes from the tree alone, under a cover
// that fails by accident. Knows nothing of how the round goes.
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Scene } from '../faulty/scene.ts';
import { createTempRepo, runTestGit } from '../temp-repo.ts';
import type { Part, Plot } from './plot.ts';

/** The check: nothing says that it is broken, no unit is claimed twice, and no conflict is left in a file. */
const CHECK = `
set -eu
for broken in broken/*; do
  if [ -e "$broken" ]; then echo "$broken is there"; exit 1; fi
done
twice=$(ls units 2>/dev/null | sed 's/\\..*//' | sort | uniq -d)
if [ -n "$twice" ]; then echo "claimed twice: $twice"; exit 1; fi
if grep -n '^<<<<<<<' shared/*; then exit 1; fi
`;

/** Each run takes the next number; which numbers fail by accident was settled before. */
const GATE = `
set -eu
dir=$1
exec 9>>"$dir/runs.lock"
flock 9
n=$(($(wc -l <"$dir/runs") + 1))
echo "$n $(git rev-parse 'HEAD^{tree}')" >>"$dir/runs"
exec 9>&-
if grep -qx "$n" "$dir/shaky"; then echo "$n" >>"$dir/shook"; echo 'the line went dead'; exit 1; fi
exec sh "$dir/check.sh"
`;

/** What of the configuration is not settled by the plot. */
export interface Wishes {
  /** Most tasks of a batch, or null: as many as do well. */
  readonly batch: number | null;
  readonly agents: number;
}

/** Copies, so that a build meanwhile does not change what runs. */
const PROGRAMS = ['weft.cjs', 'app.cjs', 'landing-actor.mjs'];

/** Builds the scene below a folder; the programs were `built` in another. */
export async function buildScene(
  root: string,
  of: { readonly plot: Plot; readonly built: string; readonly wishes: Wishes },
): Promise<Scene> {
  const { plot, built, wishes } = of;
  const made = await createTempRepo({ root });
  const dir = made.around;
  await mkdir(join(dir, 'tmp'));
  for (const name of PROGRAMS) await cp(join(built, name), join(dir, name));
  const beside = { 'check.sh': CHECK, 'gate.sh': GATE, runs: '', shook: '', diary: '' };
  for (const [name, text] of Object.entries(beside)) await writeFile(join(dir, name), text);
  await writeFile(join(dir, 'shaky'), plot.shaky.map((n) => `${n}\n`).join(''));
  await writeFile(join(dir, 'plot.json'), JSON.stringify(plot));
  for (const [path, lines] of Object.entries(plot.files)) await made.write(path, `${lines.join('\n')}\n`);
  for (const part of plot.parts) await made.write(`tasks/${part.task}.md`, describe(part));
  await made.write('tracks.yaml', `${JSON.stringify({ tracks: plot.tracks.map(trackOf) }, null, 1)}\n`);
  await made.write('.weft/config.yaml', configOf({ plot, wishes, dir }));
  await made.commit('the scene');
  // the target is nobody's checkout, so that a stranger can move it
  await runTestGit(made.path, ['switch', '-q', '-c', 'desk']);
  return { dir, repo: made.path };
}

/** Who changes no shared file says which files it owns. */
function describe({ task, edits }: Part): string {
  const owns = `---\nowns: ["own/${task}.txt", "units/*.${task}", "broken/${task}"]\n---\n\n`;
  return `${edits.length === 0 ? owns : ''}# Do ${task}\n\nPlay the part.\n`;
}

function trackOf(tasks: readonly string[]): object {
  return { name: `track-${tasks[0]}`, steps: tasks.map((task) => ({ task: `tasks/${task}.md` })) };
}

function configOf(of: { readonly plot: Plot; readonly wishes: Wishes; readonly dir: string }): string {
  const { plot, wishes, dir } = of;
  const batch = wishes.batch === null ? '' : `, batch: ${wishes.batch}`;
  return `target: main
integrate: auto
maxAgents: ${wishes.agents}
agent: actor
agents: { actor: { kind: command, run: 'node "$ACTOR_DIR/landing-actor.mjs"', env: [ACTOR_DIR] } }
gates: { tier0: ['sh "${dir}/gate.sh" "${dir}"'] }
merge: { strategy: ${plot.strategy}${batch} }
limits: { backoffMs: 10, graceMs: 500, attempts: 3, landingSlots: ${plot.landingSlots} }
radar: { enabled: false }
`;
}
