// The files that `weft init` writes: a configuration with every choice explained, and a first plan. Knows no disk.

/** Where the schemas are put for editors, relative to the checkout; git ignores it. */
export const SCHEMA_FOLDER = '.weft/schemas';

/** Name of the track file that is written. */
export const PLAN_FILE = 'tracks.yaml';

/** Settings of agents that converse, for those who want to change them. */
const SETTINGS = [
  '# model: …               # as it calls them; also effort and mode',
  '# approvals: ask         # ask: you are asked before it acts · auto (default): inside its claim it may act',
  '# checks: true           # the gates of tier 0 run when it ends its turn, and it mends what fails',
  '# env: [MY_VARIABLE]     # variables it gets beside the usual ones and its own',
];

/** An agent for a first configuration. */
export interface SampleAgent {
  /** Its name in the configuration. */
  readonly name: string;
  /** Program that has to be on PATH. */
  readonly program: string;
  /** Lines of its entry under `agents`. */
  readonly lines: readonly string[];
}

/** Agents that are looked for, the first one found is taken. */
export const KNOWN_AGENTS: readonly SampleAgent[] = [
  { name: 'claude', program: 'claude', lines: ['kind: claude             # Claude Code', ...SETTINGS] },
  { name: 'codex', program: 'codex', lines: ['kind: codex              # Codex', ...SETTINGS] },
  ...['gemini', 'copilot', 'opencode', 'qwen'].map((name) => ({
    name,
    program: name,
    lines: ['kind: acp                # speaks the Agent Client Protocol', `preset: ${name}`, ...SETTINGS],
  })),
];

/** Stands in when none of them is there. */
export const STAND_IN: SampleAgent = {
  name: 'mine',
  program: 'cp',
  lines: [
    'kind: command            # any program, started by a shell; claude, codex and acp are the other kinds',
    '# It works in a worktree of its own and reads its prompt from standard input or from $WEFT_PROMPT_FILE.',
    '# This one stands in for yours: all it does is to write down what it was asked.',
    'run: mkdir -p notes && cp "$WEFT_PROMPT_FILE" "notes/$WEFT_TASK.md"',
  ],
};

/** A file to write, by its path relative to the repository. */
export interface SampleFile {
  readonly path: string;
  readonly text: string;
}

/** Gives the text of a first `.weft/config.yaml`, with an agent and the commands that prepare and check this repository. */
export function sampleConfig(of: {
  readonly agent: SampleAgent;
  readonly setup?: string;
  readonly check?: string;
}): string {
  const { name, lines } = of.agent;
  const check = of.check === undefined ? '' : JSON.stringify(of.check);
  const setup = of.setup === undefined ? '# setup: npm ci' : `setup: ${JSON.stringify(of.setup)}`;
  return `# yaml-language-server: $schema=schemas/weft.config.schema.json
# Every key may be left out; flags of \`weft run\` win over this file (maxAgents is --max-agents).

# target: main               # branch that work lands on; the one checked out when a run starts
integrate: human             # human: lands after \`weft approve\` · auto: lands when green
isolation: worktree          # worktree: a directory per task · shared: one for all, every task must own its files
collisionPolicy: serialize   # when two tasks claim one file: serialize · force · fail
outside: fail                # when a task changes files it does not own: fail · ask
maxAgents: 4                 # agents that work at once
${`agent: ${name}`.padEnd(28)} # agent of tasks that name none: a key of agents
agents:
  ${name}:
${lines.map((line) => `    ${line}`).join('\n')}
# phases:                    # agents with a part in every task; true: the task's own
${`#   plan: ${name}`.padEnd(28)} # plans it before it is done
${`#   review: ${name}`.padEnd(28)} # reviews it before it may land
gates:                       # commands that must pass before work lands
${`  tier0: [${check}]`.padEnd(28)} # always, such as "npm test"
  tier1: []                  # when a trigger or a task asks for more
  tier2: []
  triggers: []               # - { name: api, patterns: ["src/api/**"], tier: 1 }
merge: { strategy: squash }  # merge · squash · rebase
budget: { minutes: 120 }     # of one attempt
${setup.padEnd(28)} # prepares a fresh worktree
# worktrees: { root: "../{repo}.weft", path: "{root}/{run}/{task}", branch: "weft/{run}/{task}/work" }
`;
}

/** Gives a first track file and the task files it names. */
export function samplePlan(): readonly SampleFile[] {
  return [
    {
      path: PLAN_FILE,
      text: `# yaml-language-server: $schema=${SCHEMA_FOLDER}/weft.tracks.schema.json
# Tracks run at the same time; the steps of a track follow one another, each on the work of the one before.
tracks:
  - name: project
    steps:
      - task: tasks/project.md
        allowlist: [notes/project.md]   # files this step may change

  - name: history
    steps:
      - task: tasks/history.md
`,
    },
    {
      path: 'tasks/project.md',
      text: `---
type: automated   # manual: you do it and say \`weft done project\` · hybrid: an agent does it, you approve it
---

# Say what this project is

Write notes/project.md: one paragraph on what the project does, for whom, and how to start it.
`,
    },
    {
      path: 'tasks/history.md',
      text: `---
owns: [notes/history.md]
# depends_on: [project]   # waits until that task has landed
---

# Say what happened lately

Write notes/history.md: a list of what the last ten commits changed.
`,
    },
  ];
}
