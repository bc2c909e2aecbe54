// Work that becomes pull requests, in the three ways in which a forge takes it: weft pushes to the target, the forge merges
// under rules, and a merge queue of the forge's does.
import type { CheckInput } from '../forge/hub.ts';
import { QUEUE_REFS } from '../forge/merge-queue.ts';
import { type Looked, openForge, type Plot } from './at-forge.ts';
import type { Script } from './script.ts';

interface Pulls {
  readonly name: string;
  /** Tasks of each track. */
  readonly tracks: readonly (readonly string[])[];
  /** Tasks that claim nothing; each other one claims the files of its name. */
  readonly unclaimed: readonly string[];
  /** Time that checks have to show up. */
  readonly settleMs: number;
  readonly agent: string;
  readonly plot: Plot;
}

function script({ name, tracks, unclaimed, settleMs, agent, plot }: Pulls): Script {
  const lands = tracks.flat().filter((task) => !plot.closed.includes(task));
  const tasks = tracks.flat().map((task) => {
    const head = unclaimed.includes(task) ? '' : `---\nowns: ['${task}*.txt']\n---\n\n`;
    return [`tasks/${task}.md`, `${head}# Task ${task}\n\nDo ${task}.\n`] as const;
  });
  const plan = {
    tracks: tracks.map((steps, at) => ({
      name: `track-${at + 1}`,
      steps: steps.map((task) => ({ task: `tasks/${task}.md` })),
    })),
  };
  return {
    name,
    lands,
    agent,
    files: {
      ...Object.fromEntries(tasks),
      'shared.txt': 'start\n',
      'tracks.yaml': JSON.stringify(plan),
      '.weft/config.yaml': JSON.stringify({ ...CONFIG, pullRequests: { pollMs: 500, settleMs } }),
    },
    open: (copy) => openForge(copy, { plot, lands }),
  };
}

const CONFIG = {
  integrate: 'auto',
  agent: 'actor',
  agents: { actor: { kind: 'command', run: 'sh "$ACTOR_DIR/agent.sh"', env: ['ACTOR_DIR'] } },
  gates: { tier0: ['test ! -e broken'] },
  limits: { backoffMs: 10, graceMs: 200, gateMs: 10_000 },
};

const GREEN: CheckInput = { name: 'test', conclusion: 'success' };

function red(log: string): CheckInput {
  return { name: 'test', conclusion: 'failure', log };
}

/** Says something below it, once. */
async function remark({ forge, pull, at }: Looked, words: string): Promise<void> {
  if (pull.comments.every(({ user }) => user.login !== 'human')) await forge.human.comment(at, words);
}

async function approve({ forge, pull, at }: Looked): Promise<void> {
  if (pull.pull.reviews.some(({ state }) => state === 'APPROVED')) return;
  await forge.human.review(at, { state: 'APPROVED', body: '' });
}

/**
 * `one` fails its checks there first. `two` is remarked upon, and not checked before it was changed. `four` and `six` write
 * the same file, so the second of them to land conflicts. `three` is stacked on `four`.
 */
const PUSHED: Pulls = {
  name: 'pushed',
  tracks: [['one'], ['two'], ['four', 'three'], ['six']],
  unclaimed: ['four', 'six'],
  settleMs: 60_000,
  agent: `
case $WEFT_TASK in
one)
  if grep -qs RED one.txt; then echo green >one.txt; fi
  [ -f one.txt ] || echo RED >one.txt ;;
two)
  [ -f two.txt ] || echo b >two.txt
  if grep -q 'c, not b' "$WEFT_PROMPT_FILE"; then echo c >two.txt; fi ;;
four | six)
  if told; then take; fi
  if told || ! grep -q start shared.txt; then printf 'four\\nsix\\n' >shared.txt; else echo "$WEFT_TASK" >shared.txt; fi ;;
*) echo "$WEFT_TASK" >"$WEFT_TASK.txt" ;;
esac
save "$WEFT_TASK"
`,
  plot: {
    rules: {},
    ci: async ({ read }) => {
      if ((await read('one.txt')) === 'RED') return [red('one.txt:1: it must be green')];
      return (await read('two.txt')) === 'b' ? [{ name: 'test', status: 'in_progress' }] : [GREEN];
    },
    deeds: { two: (looked) => remark(looked, 'It has to be c, not b.') },
    closed: [],
  },
};

/**
 * Nothing lands without a review. `two` is to be changed in a line first, `three` is closed, `four` is merged by a person, and
 * to `five`, which is stacked on it, a person adds something.
 */
const GUARDED: Pulls = {
  name: 'guarded',
  tracks: [['two'], ['three'], ['four', 'five']],
  unclaimed: [],
  settleMs: 500,
  agent: `
[ -f "$WEFT_TASK.txt" ] || echo b >"$WEFT_TASK.txt"
if grep -q 'c, not b' "$WEFT_PROMPT_FILE"; then echo c >"$WEFT_TASK.txt"; fi
save "$WEFT_TASK"
`,
  plot: {
    rules: { protection: { main: { contexts: ['test'], strict: true, approvals: 1, enforceAdmins: true } } },
    ci: async () => [GREEN],
    deeds: {
      two: async (looked) => {
        const { forge, pull, at, read } = looked;
        if ((await read('two.txt')) === 'c') return approve(looked);
        if (pull.pull.reviews.length > 0) return;
        const comments = [{ path: 'two.txt', line: 1, body: 'c, not b' }];
        await forge.human.review(at, { state: 'CHANGES_REQUESTED', body: '', comments });
      },
      three: ({ forge, at }) => forge.human.close(at),
      four: async (looked) => {
        await approve(looked);
        // it may not be up to date, and weft brings it there
        await looked.forge.human.merge(looked.at, 'squash').catch(() => undefined);
      },
      five: async (looked) => {
        const { forge, pull, at, read } = looked;
        if ((await read('five-more.txt')) !== '') return approve(looked);
        const branch = { repo: at.repo, branch: pull.pull.headRef };
        await forge.human.push(branch, { 'five-more.txt': 'more\n' });
      },
    },
    closed: ['three'],
  },
};

/** `one` does not pass in the queue at first, so that it is let go of there. */
const QUEUED: Pulls = {
  name: 'queued',
  tracks: [['one'], ['two', 'three']],
  unclaimed: [],
  settleMs: 500,
  agent: `
if grep -qs RED one.txt; then echo green >one.txt; fi
[ -f "$WEFT_TASK.txt" ] || echo RED >"$WEFT_TASK.txt"
if [ "$WEFT_TASK" != one ]; then echo green >"$WEFT_TASK.txt"; fi
save "$WEFT_TASK"
`,
  plot: {
    rules: { protection: { main: { contexts: ['test'] } }, mergeQueue: { method: 'squash' } },
    ci: async ({ ref, read }) => {
      const isRed = ref.startsWith(QUEUE_REFS) && (await read('one.txt')) === 'RED';
      return isRed ? [red('one.txt:1: it must be green')] : [GREEN];
    },
    deeds: {},
    closed: [],
  },
};

/** The scripts whose work lands at a forge. */
export const AT_FORGE: readonly Script[] = [PUSHED, GUARDED, QUEUED].map(script);
