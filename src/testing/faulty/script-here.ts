// Six tasks that land in the repository itself, with a collision, a stacked step, a question, a conflict for the agents and
// one for the merge driver, a failing gate and work that the radar sees.
import { ANSWER } from './scene.ts';
import type { Script } from './script.ts';

/**
 * `one` and `two` write the same file and claim nothing, so the second of them to land conflicts. `two` asks first.
 * `three` fails the gate once, `five` is stacked on it, and `four` claims the same files. `four` leaves its work
 * uncommitted. `six` adds a line where `one` does, which the merge driver resolves, and is not done before the radar has
 * looked at it. Descriptor 8 is a lock as 9 is: who finds it taken has met another agent on the same claim.
 */
const AGENT = `
case $WEFT_TASK in three | four | five)
  exec 8>>"$ACTOR_DIR/locks/claim"
  flock -n 8 || echo "I3: $me met another agent on its claim" >>"$ACTOR_DIR/met" ;;
esac
if [ -f "$ACTOR_DIR/pace" ]; then sleep "$(cat "$ACTOR_DIR/pace")"; fi
both() { printf 'one\\ntwo\\n' >shared.txt; save both; }
list() { sed -i '/^[<=>]\\{7\\}/d' list.txt; echo "$1" >>list.txt; sort -u -o list.txt list.txt; }
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
  'tasks/one.md': '# Task one\n\nWrite one.\n',
  'tasks/two.md': '# Task two\n\nAsk, then write two.\n',
  'tasks/three.md': '---\nowns: [three/**]\n---\n\n# Task three\n\nWrite a.\n',
  'tasks/four.md': '---\nowns: [three/**]\n---\n\n# Task four\n\nWrite c.\n',
  'tasks/five.md': '---\nowns: [three/**]\n---\n\n# Task five\n\nWrite b on a.\n',
  'tasks/six.md': '# Task six\n\nAdd six to the list.\n',
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

/** See the file's first lines. */
export const HERE: Script = {
  name: 'here',
  lands: ['one', 'two', 'three', 'four', 'five', 'six'],
  files: FILES,
  agent: AGENT,
  open: async ({ repo }) => ({
    target: repo,
    env: {},
    refs: [],
    heed: () => Promise.resolve(),
    judge: () => Promise.resolve([]),
    close: () => Promise.resolve(),
  }),
};
