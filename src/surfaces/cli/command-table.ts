// Every command of weft: one table that parsing, help, completion and the reference page are made from. Runs nothing.
import type { ArgumentSpec, CommandGroup, CommandSpec, OptionSpec } from './command-spec.ts';
import { JSON_OPTION, OF_RUN, TASK } from './common-words.ts';
import { DECIDE_GROUP } from './decide-table.ts';
import { NDJSON, RESUME, START } from './run-options.ts';
import { SOURCE_OPTIONS } from './source-words.ts';

/** Understood by every command. */
export const HELP: OptionSpec = { name: 'help', short: 'h', summary: 'Say how the command is used' };

const DRY_RUN: OptionSpec = { name: 'dry-run', summary: 'Say what would be removed and remove nothing' };

const FORCE: OptionSpec = { name: 'force', summary: 'Also remove what holds work; a rescue ref keeps that' };

const NEEDED_RUN: ArgumentSpec = { name: 'RUN', summary: 'A run, the beginning of its id, or latest' };
const RUN: ArgumentSpec = { ...NEEDED_RUN, optional: true };
const WAIT: readonly OptionSpec[] = [
  {
    name: 'for',
    choices: ['terminal', 'complete', 'stop'],
    summary: 'What to wait for: any end (default), everything landed, or the end of the engine',
  },
  {
    name: 'timeout',
    value: 'SECONDS',
    within: [0, 2_592_000],
    summary: 'Give up after so long, with exit code 124',
  },
  JSON_OPTION,
];
const RECEIPT: readonly OptionSpec[] = [
  JSON_OPTION,
  { name: 'write', summary: "Also write receipt.json and receipt.md into the run's folder" },
];

const WAIT_DETAIL = [
  'Ends with 0 when everything landed, 1 when the run ended otherwise or its engine is gone, 124 after the time-out.',
];

const STATUS: CommandSpec = {
  name: 'status',
  summary: 'Show the tasks of a run',
  detail: ['Reads what the engine last wrote, so it is quick and works without an engine.'],
  arguments: [RUN],
  options: [
    JSON_OPTION,
    { name: 'watch', short: 'w', summary: 'Go on showing changes until the run rests' },
    { name: 'report', summary: 'A line each for what is stuck, at work or ready, with its pull request' },
  ],
  examples: [
    { line: 'weft status', note: 'the latest run' },
    { line: 'weft status --json', note: 'for programs' },
    { line: 'weft status --watch', note: 'live' },
    { line: 'weft status --report', note: '[*] #123 - WORKING (45m) - Add export button' },
  ],
};

const WATCH_STATUS: CommandSpec = {
  name: 'watch-status',
  summary: 'Show how far the streams are, each in a line, again and again',
  detail: [
    'The streams are those of the Task Copilot database of this repository; without one, the tracks of the latest run.',
    'With `--porcelain`: `OVERALL done all working waiting percent`, then for each stream `STREAM id done all percent working waiting blocked name`.',
  ],
  arguments: [{ name: 'SECS', optional: true, summary: 'Seconds between two looks; 5' }],
  options: [
    { name: 'porcelain', summary: 'Print once, in lines for scripts that stay as they are' },
    ...SOURCE_OPTIONS.filter(({ name }) => name === 'workspace' || name === 'db').map((option) => ({
      ...option,
      summary: option.summary.replace('task-copilot: a', 'A'),
    })),
  ],
  examples: [
    { line: 'weft watch-status 10', note: 'every ten seconds' },
    { line: 'weft watch-status --porcelain', note: 'for scripts' },
  ],
};

const FRONT: CommandSpec = {
  name: '',
  summary: 'Show where the latest run stands and the one best next command',
  arguments: [],
  options: [JSON_OPTION, { name: 'version', short: 'V', summary: 'Print the version' }],
  examples: [{ line: 'weft', note: 'where things stand and what to do next' }],
};

const START_GROUP: CommandGroup = {
  title: 'Start',
  commands: [
    {
      name: 'init',
      summary: 'Write a sample configuration and a sample plan',
      detail: [
        "Takes an agent that is on PATH; without one, something stands in for it. Never overwrites a file that is not weft's.",
        'With one of the options there is no sample plan: you have tasks already.',
      ],
      arguments: [],
      options: [
        { name: 'just', summary: 'Put recipes for just into the justfile, or into a new one' },
        {
          name: 'claude',
          summary: 'Write the command /orchestrate, a plugin for Claude Code, and ./watch-status',
        },
        {
          name: 'preset',
          choices: ['tracks', 'beads', 'issues', 'streams'],
          summary: 'Set places, branches and limits as in that way of working',
        },
        JSON_OPTION,
      ],
      examples: [
        { line: 'weft init', note: 'in the repository' },
        { line: 'weft init --preset beads --just', note: 'for who comes from Beads and just' },
        { line: 'weft init --preset streams --claude', note: 'for who works in Claude Code' },
      ],
    },
    {
      name: 'migrate beads',
      summary: 'Make issues of Beads of the tasks of plan folders',
      detail: [
        'Without PATH the folder is .plan or .claude/plan. An epic per folder, an issue per open task, and what waits for what.',
        'Typed again, also after an interruption, it finds what is there and adds what is missing.',
      ],
      arguments: [{ name: 'PATH', optional: true, rest: true, summary: 'Plan folders, or epics in them' }],
      options: [{ name: 'dry-run', summary: 'Say what would be made and make nothing' }, JSON_OPTION],
      examples: [
        { line: 'weft migrate beads --dry-run', note: 'look first' },
        { line: 'weft migrate beads .plan/e2e_testing', note: 'one epic' },
      ],
    },
    {
      name: 'demo',
      summary: 'Run ten tasks with acting agents in a throw-away repository',
      detail: [
        'Needs no model and no account. The repository is removed afterwards.',
        'With --agent the agents are real: the program on PATH, in a home of its own, and its model is a script on this machine.',
        'With --crash weft is really killed, and another one goes on. Ends with 1 when that did not come out as it should.',
      ],
      arguments: [],
      options: [
        {
          name: 'agent',
          choices: ['claude', 'codex'],
          summary: 'Let Claude Code or Codex play, with a scripted model',
        },
        { name: 'crash', summary: 'Kill weft and agents at nine moments instead, and see what comes of it' },
        { name: 'keep', summary: 'Keep the repository and say where it is' },
        NDJSON,
      ],
      examples: [
        { line: 'weft demo', note: 'with actors' },
        { line: 'weft demo --agent claude', note: 'with Claude Code, without an account' },
        { line: 'weft demo --crash', note: 'does it go on after crashes, on this machine' },
      ],
    },
    {
      name: 'run',
      summary: 'Run tasks: of a track file, of Beads, GitHub, Task Copilot or a plan',
      detail: [
        'SOURCE is a track file, or one of these with what of it is meant; several make one plan:',
        '  beads [ISSUE…]            issues of the Beads database here, as they become ready',
        '  github NUMBER…            issues of the repository at GitHub',
        '  task-copilot [STREAM]     streams of a Task Copilot database',
        '  plan [PATH]               a plan folder, a checklist, or the list of ralphy or takt',
        'Files are looked for in this folder, then in the root of the checkout.',
        'Options win over .weft/config.yaml; what was in force is kept for `weft resume`.',
      ],
      arguments: [{ name: 'SOURCE', rest: true, summary: 'Where the tasks are from' }],
      options: [...START, ...SOURCE_OPTIONS],
      examples: [
        { line: 'weft run tracks.yaml --dry-run', note: 'what would run when, and what collides' },
        { line: 'weft run tracks.yaml --max-agents 8', note: 'eight agents at once' },
        {
          line: 'weft run tracks.yaml --integrate auto --detach',
          note: 'in the background, landing what is green',
        },
        {
          line: 'weft run beads --epic shop-a1b2',
          note: 'what is below that epic, also what is added later',
        },
        { line: 'weft run github 123 124', note: 'two issues' },
      ],
    },
    {
      name: 'resume',
      summary: 'Go on with a run, or let a paused task go on',
      detail: ['Everything the run was started with still holds; what an option changes is printed.'],
      arguments: [
        { name: 'RUN|TASK', optional: true, summary: 'A run or latest (default), or a paused task' },
      ],
      options: RESUME,
      examples: [
        { line: 'weft resume', note: 'the latest run' },
        { line: 'weft resume api-auth', note: 'the task api-auth, which was paused' },
      ],
    },
  ],
};

const WATCH_GROUP: CommandGroup = {
  title: 'Watch',
  commands: [
    STATUS,
    WATCH_STATUS,
    {
      name: 'explain',
      summary: 'Say why a task is where it is',
      arguments: [TASK],
      options: [OF_RUN, JSON_OPTION],
      examples: [{ line: 'weft explain api-auth', note: 'what it waits for, what it owns, what it asks' }],
    },
    {
      name: 'logs',
      summary: "Show the output of a task's agent",
      arguments: [TASK],
      options: [
        { name: 'follow', short: 'f', summary: 'Go on until the attempt ends' },
        {
          name: 'attempt',
          value: 'N',
          within: [1, 1000],
          summary: 'Number of the attempt; the latest by default',
        },
        {
          name: 'lines',
          short: 'n',
          value: 'N',
          within: [0, 1_000_000],
          summary: 'Last lines to begin with; 200',
        },
        OF_RUN,
        NDJSON,
      ],
      examples: [{ line: 'weft logs api-auth -f', note: 'as it is written' }],
    },
    {
      name: 'wait',
      summary: 'Wait until a run ends',
      detail: WAIT_DETAIL,
      arguments: [RUN],
      options: WAIT,
      examples: [{ line: 'weft wait --timeout 3600', note: 'at most an hour' }],
    },
    {
      name: 'receipt',
      summary: 'Show what a run did: attempts, checks, files, commits',
      arguments: [RUN],
      options: RECEIPT,
      examples: [{ line: 'weft receipt > receipt.md', note: 'as Markdown' }],
    },
  ],
};

const TIDY_GROUP: CommandGroup = {
  title: 'Keep tidy',
  commands: [
    {
      name: 'doctor',
      summary: 'Check git, the configuration, the agents and the disk',
      detail: [
        'Ends with 2 when something keeps a run from going well.',
        'With --probe each agent is asked for a few words, in a folder that is thrown away; its model is paid for them.',
      ],
      arguments: [],
      options: [
        { name: 'probe', summary: 'Give each agent a turn, to see whether it works' },
        { name: 'verify', value: 'RUN', summary: 'Check what became of a run instead' },
        JSON_OPTION,
      ],
      examples: [
        { line: 'weft doctor', note: 'every failure says how to mend it' },
        { line: 'weft doctor --probe', note: 'are the agents logged in, does a model answer' },
        { line: 'weft doctor --verify latest', note: 'does git agree with the journal' },
      ],
    },
    {
      name: 'worktree list',
      summary: 'List the worktrees that weft made',
      arguments: [],
      options: [JSON_OPTION],
      examples: [{ line: 'weft worktree list', note: 'with the reason to keep each' }],
    },
    {
      name: 'worktree clean',
      summary: 'Remove worktrees that nothing needs any more',
      detail: ['What holds uncommitted changes, or commits that did not land, stays, and is named.'],
      arguments: [],
      options: [FORCE, DRY_RUN, JSON_OPTION],
      examples: [{ line: 'weft worktree clean --dry-run', note: 'look first' }],
    },
    {
      name: 'worktree remove',
      summary: 'Remove the worktree of one task',
      detail: ['What holds uncommitted changes, or commits that did not land, stays, and is named.'],
      arguments: [TASK],
      options: [FORCE, DRY_RUN, JSON_OPTION],
      examples: [{ line: 'weft worktree remove api-auth', note: 'by task or by path' }],
    },
    {
      name: 'prune',
      summary: 'Drop stale locks and metadata, and worktrees of runs that are gone',
      detail: ['Worktrees of runs that are there stay: `weft worktree clean` is for those.'],
      arguments: [],
      options: [DRY_RUN, JSON_OPTION],
      examples: [{ line: 'weft prune --dry-run', note: 'look first' }],
    },
    {
      name: 'completion',
      summary: 'Print the completion script of a shell, or the names that it completes',
      arguments: [
        { name: 'SHELL', choices: ['bash', 'zsh', 'fish', 'tasks', 'runs'], summary: 'What to print' },
      ],
      options: [],
      examples: [
        { line: 'source <(weft completion bash)', note: 'in ~/.bashrc' },
        { line: 'weft completion fish > ~/.config/fish/completions/weft.fish', note: 'once' },
      ],
    },
  ],
};

const AGENTS_GROUP: CommandGroup = {
  title: 'For agents',
  commands: [
    {
      name: 'mcp',
      summary: 'Serve tools to an agent, over the Model Context Protocol',
      detail: [
        'Agents start it and talk to it over stdio. It tells them their task and passes on what they report, ask and submit.',
      ],
      arguments: [],
      options: [{ name: 'worker', summary: 'For the agent of one task, named by the environment; needed' }],
      examples: [{ line: 'weft mcp --worker', note: 'as an MCP server of the agent, over stdio' }],
    },
  ],
};

const ORCHESTRATE_GROUP: CommandGroup = {
  title: 'Compatible names',
  commands: [
    {
      name: 'orchestrate run',
      summary: 'Same as `weft run FILE`',
      arguments: [],
      options: [{ name: 'config', value: 'FILE', summary: 'The track file; needed' }, ...START],
      examples: [{ line: 'weft orchestrate run --config tracks.yaml --worktree', note: 'run the file' }],
    },
    {
      name: 'orchestrate resume',
      summary: 'Same as `weft resume RUN`',
      arguments: [NEEDED_RUN],
      options: RESUME,
      examples: [{ line: 'weft orchestrate resume latest', note: 'the latest run' }],
    },
    {
      name: 'orchestrate wait',
      summary: 'Same as `weft wait RUN`',
      detail: WAIT_DETAIL,
      arguments: [NEEDED_RUN],
      options: WAIT,
      examples: [
        { line: 'weft orchestrate wait latest --for complete --timeout 600', note: 'at most ten minutes' },
      ],
    },
    {
      name: 'orchestrate receipt',
      summary: 'Same as `weft receipt RUN`',
      arguments: [NEEDED_RUN],
      options: RECEIPT,
      examples: [{ line: 'weft orchestrate receipt latest --json', note: 'for programs' }],
    },
  ],
};

/** `weft` without a command. */
export const FRONT_COMMAND: CommandSpec = FRONT;

/** All named commands under the headings of the help. */
export const GROUPS: readonly CommandGroup[] = [
  START_GROUP,
  WATCH_GROUP,
  DECIDE_GROUP,
  TIDY_GROUP,
  AGENTS_GROUP,
  ORCHESTRATE_GROUP,
];

/** All commands, `weft` alone first. */
export const COMMANDS: readonly CommandSpec[] = [FRONT, ...GROUPS.flatMap((group) => group.commands)];
