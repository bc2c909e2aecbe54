// The scenes in which engines are struck: built once for each script, and copied for each run. Their agents act by what they
// find, so that the same work comes out however often they are started. Knows no engine.
import { copyFile, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTempRepo } from '../temp-repo.ts';
import type { Beyond, Script } from './script.ts';

/** One copy of a scene. */
export interface Scene {
  /** Everything of the copy lies in it; also the value of `ACTOR_DIR`. */
  readonly dir: string;
  readonly repo: string;
}

/** What copies are made of. */
export interface Template extends Scene {
  readonly script: Script;
}

/** A copy that a run can begin in. */
export interface Stage extends Template {
  readonly beyond: Beyond;
  /** Text of the repository's own configuration before the run. */
  readonly config: string;
}

/** What a person answers when an agent asks. */
export const ANSWER = 'blue';

/**
 * What all agents begin with. Each start is written down. Descriptor 9 is a lock that lives as long as anything the agent
 * started: who finds it taken has met another agent in the same worktree.
 */
const PRELUDE = `set -eu
me=$WEFT_TASK/$WEFT_ATTEMPT
echo "$me" >>"$ACTOR_DIR/starts"
exec 9>>"$ACTOR_DIR/locks/$WEFT_TASK"
flock -n 9 || echo "I2: $me met another agent in its worktree" >>"$ACTOR_DIR/met"
as() { git -c user.name=Actor -c user.email=actor@weft.invalid "$@"; }
save() {
  git add -A
  git diff --cached --quiet || as commit -qm "$WEFT_TASK: $1"
  git rev-parse HEAD >>"$ACTOR_DIR/commits"
}
told() { grep -q 'conflicts with' "$WEFT_PROMPT_FILE"; }
take() { as merge -q --no-edit "$WEFT_TARGET" || true; }
`;

/** Builds the scene of a script once, for copies to be made of it. */
export async function buildScene(root: string, script: Script): Promise<Template> {
  const made = await createTempRepo({ root });
  for (const [path, text] of Object.entries(script.files)) await made.write(path, text);
  await made.commit('the scene');
  const dir = join(root, 'scenes', script.name);
  await mkdir(join(dir, 'locks'), { recursive: true });
  await mkdir(join(dir, 'tmp'));
  await writeFile(join(dir, 'agent.sh'), PRELUDE + script.agent);
  await cp(made.path, join(dir, 'repo'), { recursive: true });
  await made.remove();
  return { dir, repo: join(dir, 'repo'), script };
}

/** Makes a fresh copy, and opens what is beyond it: that is to be closed. */
export async function copyScene({ dir: from, script }: Template, dir: string): Promise<Stage> {
  await rm(dir, { recursive: true, force: true });
  await cp(from, dir, { recursive: true, preserveTimestamps: true });
  // a hard copy, not a link: agents run it while other copies are removed
  await copyFile(join(from, 'agent.sh'), join(dir, 'agent.sh'));
  const repo = join(dir, 'repo');
  const beyond = await script.open({ dir, repo });
  return { dir, repo, script, beyond, config: await readFile(join(repo, '.git', 'config'), 'utf8') };
}
