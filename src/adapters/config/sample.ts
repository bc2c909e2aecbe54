// The files that `weft init` writes: a configuration with every choice explained, and a first plan. Knows no disk.

/** Where a repository that has installed weft finds its schemas. */
const SCHEMAS = 'node_modules/weft/schemas';

/** A file to write, by its path relative to the repository. */
export interface SampleFile {
  readonly path: string;
  readonly text: string;
}

/** Gives the text of a first `.weft/config.yaml`, with the commands that prepare and check this repository. */
export function sampleConfig(commands: { readonly setup?: string; readonly check?: string } = {}): string {
  const check = commands.check === undefined ? '' : JSON.stringify(commands.check);
  const setup = commands.setup === undefined ? '# setup: npm ci' : `setup: ${JSON.stringify(commands.setup)}`;
  return `# yaml-language-server: $schema=../${SCHEMAS}/weft.config.schema.json
# Every key may be left out; flags of \`weft run\` win over this file (maxAgents is --max-agents).

# target: main               # branch that work lands on; the one checked out when a run starts
integrate: human             # human: lands after \`weft approve\` · auto: lands when green
isolation: worktree          # worktree: a directory per task · shared: one for all, every task must own its files
collisionPolicy: serialize   # when two tasks claim one file: serialize · force · fail
outside: fail                # when a task changes files it does not own: fail · ask
maxAgents: 4                 # agents that work at once
agent: claude                # agent of tasks that name none: claude, codex, or one of yours
# agents:
#   mine: { kind: command, run: 'my-agent --prompt-file "$WEFT_PROMPT_FILE"' }
# phases:                    # agents with a part in every task; true: the task's own
#   plan: claude             # plans it before it is done
#   review: claude           # reviews it before it may land
gates:                       # commands that must pass before work lands
${`  tier0: [${check}]`.padEnd(28)} # always, such as "npm test"
  tier1: []                  # when a trigger or a task asks for more
  tier2: []
  triggers: []               # - { name: api, patterns: ["src/api/**"], tier: 1 }
merge: { strategy: squash }  # merge · squash · rebase
budget: { minutes: 120 }     # of one attempt
${setup.padEnd(28)} # prepares a fresh worktree
# worktrees: { root: "../{repo}.weft", branch: "weft/{run}/{task}/work" }
`;
}

/** Gives a first track file and the task files it names. */
export function samplePlan(): readonly SampleFile[] {
  return [
    {
      path: 'tracks.yaml',
      text: `# yaml-language-server: $schema=${SCHEMAS}/weft.tracks.schema.json
# Tracks run at the same time; the steps of a track follow one another, each on the work of the one before.
tracks:
  - name: readme
    steps:
      - task: tasks/readme.md
        allowlist: [README.md]   # files this step may change

  - name: changelog
    steps:
      - task: tasks/changelog.md
        allowlist: [CHANGELOG.md]
`,
    },
    {
      path: 'tasks/readme.md',
      text: `---
type: automated   # manual: you do it and say \`weft done readme\` · hybrid: an agent does it, you approve it
---

# Say in the README what this project is

Add one paragraph at the top of README.md: what the project does, for whom, and how to start it.
`,
    },
    {
      path: 'tasks/changelog.md',
      text: `---
owns: [CHANGELOG.md]
# depends_on: [readme]   # waits until that task has landed
---

# Start a changelog

Create CHANGELOG.md with a section "Unreleased" that lists what the last ten commits changed.
`,
    },
  ];
}
