// The scene in which engines are struck: six tasks with a collision, a stacked step, a question, a conflict for the agents
// and one for the merge driver, a failing gate and work that the radar sees. Its agents act by what they find, so that the same work comes out however often they are started.
import { copyFile, cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTempRepo } from '../temp-repo.ts';

/** One copy of the scene. */
export interface Scene {
  /** Everything of the copy lies in it; also the value of `ACTOR_DIR`. */
  readonly dir: string;
  readonly repo: string;
}

/** What a person answers when an agent asks. */
export const ANSWER = 'blue';

/**
 * `one` and `two` write the same file and claim nothing, so the second of them to land conflicts. `two` asks first.
 * `three` fails the gate once, `five` is stacked on it, and `four` claims the same files. `four` leaves its work
 * uncommitted. `six` adds a line where `one` does, which the merge driver resolves, and is not done before the radar has
 * looked at it. Descriptors 8 and 9 are locks that live as long as anything the agent started: who finds one taken has met
 * another agent on the same claim or in the same worktree. Each start is written down.
 */
const AGENT = `
set -eu
me=$WEFT_TASK/$WEFT_ATTEMPT
echo "$me" >>"$ACTOR_DIR/starts"
exec 9>>"$ACTOR_DIR/locks/$WEFT_TASK"
flock -n 9 || echo "I2: $me met another agent in its worktree" >>"$ACTOR_DIR/met"
case $WEFT_TASK in three | four | five)
  exec 8>>"$ACTOR_DIR/locks/claim"
  flock -n 8 || echo "I3: $me met another agent on its claim" >>"$ACTOR_DIR/met" ;;
esac
if [ -f "$ACTOR_DIR/pace" ]; then sleep "$(cat "$ACTOR_DIR/pace")"; fi
as() { git -c user.name=Actor -c user.email=actor@weft.invalid "$@"; }
save() {
  git add -A
  git diff --cached --quiet || as commit -qm "$WEFT_TASK: $1"
  git rev-parse HEAD >>"$ACTOR_DIR/commits"
}
both() { printf 'one\\ntwo\\n' >shared.txt; save both; }
list() { sed -i '/^[<=>]\\{7\\}/d' list.txt; echo "$1" >>list.txt; sort -u -o list.txt list.txt; }
told() { grep -q 'conflicts with' "$WEFT_PROMPT_FILE"; }
take() { as merge -q --no-edit "$WEFT_TARGET" || true; }
share() {
  if told; then
    take
    if [ "$WEFT_TASK" = one ]; then list one; fi
    both
    return
  fi
  if [ "$WEFT_TASK" = one ]; then list one; fi
  if grep -q "$2" shared.txt; then both; return; fi
  echo "$1" >shared.txt
  save "$1"
}
case $WEFT_TASK in
one) share one two ;;
two)
  if grep -q 'Answer: ${ANSWER}' "$WEFT_PROMPT_FILE"; then share two one; exit; fi
  printf '{"status":"stuck","stuckReason":"Which colour?"}' >"$WEFT_STATUS_FILE.new"
  mv "$WEFT_STATUS_FILE.new" "$WEFT_STATUS_FILE" ;;
three)
  mkdir -p three
  if grep -qs BROKEN three/a.txt; then echo mended >three/a.txt; fi
  [ -f three/a.txt ] || echo BROKEN >three/a.txt
  save a ;;
five) sed 's/^/on /' three/a.txt >three/b.txt; save b ;;
four) mkdir -p three; echo c >three/c.txt ;;
six)
  if told; then take; fi
  list six
  for look in $(seq 60); do
    if told || [ -n "$(git for-each-ref refs/weft/radar)" ]; then break; fi
    sleep 0.1
  done
  save six ;;
esac
`;

const FILES: Readonly<Record<string, string>> = {
  'shared.txt': 'start\n',
  'list.txt': 'start\n',
  'tasks/one.md': '# Share one\n\nWrite one.\n',
  'tasks/two.md': '# Share two\n\nAsk, then write two.\n',
  'tasks/three.md': '---\nowns: [three/**]\n---\n\n# The base\n\nWrite a.\n',
  'tasks/four.md': '---\nowns: [three/**]\n---\n\n# The rival\n\nWrite c.\n',
  'tasks/five.md': '---\nowns: [three/**]\n---\n\n# The top\n\nWrite b on a.\n',
  'tasks/six.md': '# List six\n\nAdd six to the list.\n',
  'tracks.yaml': `tracks:
  - { name: a, steps: [{ task: tasks/one.md }] }
  - { name: e, steps: [{ task: tasks/six.md }] }
  - { name: b, steps: [{ task: tasks/two.md }] }
  - { name: c, steps: [{ task: tasks/three.md }, { task: tasks/five.md }] }
  - { name: d, steps: [{ task: tasks/four.md }] }
`,
  '.weft/config.yaml': `integrate: auto
agent: actor
agents: { actor: { kind: command, run: 'sh "$ACTOR_DIR/agent.sh"', env: [ACTOR_DIR] } }
gates:
  tier0:
    # what three would land on takes its time, so that others queue behind it and go together
    - if grep -qs mended three/a.txt && [ ! -e three/b.txt ] && grep -qx one list.txt; then sleep 1.5; fi
    - '! grep -rqs BROKEN three'
limits: { backoffMs: 10, graceMs: 200, gateMs: 10000 }
merge: { driver: '[ %P = list.txt ] && git merge-file --union %A %O %B && sort -u -o %A %A' }
`,
};

/** Builds the scene once, for copies to be made of it. */
export async function buildScene(root: string): Promise<Scene> {
  const made = await createTempRepo({ root });
  for (const [path, text] of Object.entries(FILES)) await made.write(path, text);
  await made.commit('the scene');
  const dir = join(root, 'scene');
  await mkdir(join(dir, 'locks'), { recursive: true });
  await mkdir(join(dir, 'tmp'));
  await writeFile(join(dir, 'agent.sh'), AGENT);
  await cp(made.path, join(dir, 'repo'), { recursive: true });
  await made.remove();
  return { dir, repo: join(dir, 'repo') };
}

/** Makes a fresh copy. */
export async function copyScene(scene: Scene, dir: string): Promise<Scene> {
  await rm(dir, { recursive: true, force: true });
  await cp(scene.dir, dir, { recursive: true, preserveTimestamps: true });
  // a hard copy, not a link: agents run it while other copies are removed
  await copyFile(join(scene.dir, 'agent.sh'), join(dir, 'agent.sh'));
  return { dir, repo: join(dir, 'repo') };
}
