// Nine crashes and what has to come of each: two small repositories with a plan for each, as texts by path. Kills nobody.
import { dump } from 'js-yaml';

/** One crash. */
export interface Crash {
  readonly title: string;
  readonly plan: string;
  readonly task: string;
  /** When weft is killed; null: it is not. */
  readonly at: 'working' | 'committed' | 'merged' | 'pushed' | 'pr_created' | null;
  readonly with?: 'agent';
  readonly attempts: number;
  readonly outcome: string;
}

/** Where agents that wait for `GO_FILE` write their process ids, relative to the repository. */
export const AGENT_FILE = '.git/demo-agent';

/** Agents that wait go on when this is there, relative to the repository. */
export const GO_FILE = '.git/demo-go';

type Steps = readonly Readonly<Record<string, unknown>>[];

interface Scene extends Omit<Crash, 'plan' | 'task'> {
  readonly first: Steps;
  /** What further attempts do; absent: as the first. */
  readonly again?: Steps;
  /** What another task of the same plan does. */
  readonly beside?: Steps;
}

// each task has files of its own
const HALF = { run: 'echo "half of it" > "half-$WEFT_TASK.txt"' };
const HAS_HALF = { run: 'test -e "half-$WEFT_TASK.txt"' };
const WHOLE: Steps = [{ run: 'echo "all of it" > "$WEFT_TASK.txt"' }, { commit: 'All of it' }];
const DIES = { crash: 'SIGKILL' };
/** Waits until it may go on, or until there is no repository any more. */
const WAITS = {
  run: [
    'dir=$(dirname "$(git rev-parse --path-format=absolute --git-common-dir)")',
    `echo $PPID > "$dir/${AGENT_FILE}"`,
    `while [ -d "$dir" ] && [ ! -e "$dir/${GO_FILE}" ]; do sleep 0.05; done`,
  ].join('; '),
};

const SCENES: readonly Scene[] = [
  {
    title: 'an agent dies before it has done anything',
    at: null,
    first: [DIES],
    again: WHOLE,
    attempts: 2,
    outcome: 'begun again',
  },
  {
    title: 'an agent dies in the middle of its work',
    at: null,
    first: [HALF, DIES],
    again: [HAS_HALF, ...WHOLE],
    attempts: 2,
    outcome: 'went on with what it had',
  },
  {
    title: 'an agent dies after it has committed',
    at: null,
    first: [HALF, { commit: 'Half of it' }, DIES],
    again: [{ run: 'git log --format=%s | grep -qx "Half of it"' }, ...WHOLE],
    attempts: 2,
    outcome: 'went on from its commit',
  },
  {
    title: 'weft is killed while an agent is at work',
    at: 'working',
    first: [HALF, WAITS, ...WHOLE],
    attempts: 1,
    outcome: 'the agent was taken up where it was',
  },
  {
    title: 'weft and its agent are killed at once',
    at: 'working',
    with: 'agent',
    first: [HALF, WAITS, DIES],
    again: [HAS_HALF, ...WHOLE],
    attempts: 2,
    outcome: 'went on with what the agent had',
  },
  {
    title: 'weft is killed when work waits for approval',
    at: 'committed',
    first: WHOLE,
    attempts: 1,
    outcome: 'verified once, and landed when it was approved',
  },
  {
    title: 'weft is killed when work has landed',
    at: 'merged',
    first: WHOLE,
    beside: [WAITS, HALF],
    attempts: 1,
    outcome: 'not done twice, and the rest of the plan went on',
  },
];

const FORGE_SCENES: readonly Scene[] = [
  {
    title: 'weft is killed when work is pushed, before its pull request',
    at: 'pushed',
    first: WHOLE,
    attempts: 1,
    outcome: 'one pull request was made of it',
  },
  {
    title: 'weft is killed when a pull request is open and being checked',
    at: 'pr_created',
    first: WHOLE,
    attempts: 1,
    outcome: 'the same pull request was watched on',
  },
];

/** The crashes, in the order in which they are played. */
export const CRASHES: readonly Crash[] = listCrashes(SCENES);

/** Those that happen on the way to a forge, in a repository of their own. */
export const FORGE_CRASHES: readonly Crash[] = listCrashes(FORGE_SCENES);

function listCrashes(scenes: readonly Scene[]): readonly Crash[] {
  return scenes.map(({ title, at, with: also, attempts, outcome }, index) => ({
    title,
    plan: `plans/crash-${index + 1}.yaml`,
    task: `crash-${index + 1}`,
    at,
    ...(also === undefined ? {} : { with: also }),
    attempts,
    outcome,
  }));
}

/** Files of the repository of `CRASHES`, ready to be committed. */
export function crashFiles(): ReadonlyMap<string, string> {
  return writeFiles(SCENES, CONFIG);
}

/** Files of the repository of `FORGE_CRASHES`, which is to have its remote at a forge. */
export function forgeCrashFiles(): ReadonlyMap<string, string> {
  return writeFiles(FORGE_SCENES, `${CONFIG}pullRequests: { pollMs: 250 }\n`);
}

function writeFiles(scenes: readonly Scene[], config: string): ReadonlyMap<string, string> {
  const files = new Map([['README.md', '# Crashes\n']]);
  const parts: Record<string, unknown> = {};
  for (const [index, { first, again = first, beside }] of scenes.entries()) {
    const task = `crash-${index + 1}`;
    const names = beside === undefined ? [task] : [task, `${task}-beside`];
    parts[task] = { 1: first, default: again };
    if (beside !== undefined) parts[`${task}-beside`] = { default: beside };
    for (const name of names) files.set(`tasks/${name}.md`, `# Crash ${index + 1}\n\nWrite a file.\n`);
    const tracks = names.map((name) => ({ name, steps: [{ task: `tasks/${name}.md` }] }));
    files.set(`plans/${task}.yaml`, dump({ tracks }));
  }
  files.set('.weft/config.yaml', config);
  files.set(SCENARIO_PATH, dump({ tasks: parts }, { lineWidth: -1, noRefs: true }));
  return files;
}

const SCENARIO_PATH = '.weft/demo-scenario.yaml';
const CONFIG = `agent: actor
agents:
  actor: { kind: script, scenario: ${SCENARIO_PATH} }
gates:
  tier0: ["ls *.txt"]
integrate: auto
limits: { backoffMs: 10 }
`;
