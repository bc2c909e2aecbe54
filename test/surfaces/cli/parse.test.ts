// Command lines: what is understood and what is said about the rest.
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../src/surfaces/cli/command-table.ts';
import { findCommand, parseWords } from '../../../src/surfaces/cli/parse.ts';

function parse(argv: readonly string[]): unknown {
  const found = findCommand(COMMANDS, argv);
  const parsed = found.ok ? parseWords(found.value.command, found.value.rest) : found;
  if (!parsed.ok) return `${parsed.failure.sentence} | ${parsed.failure.hint}`;
  const { command, options } = parsed.value;
  return [command.name, Object.fromEntries(parsed.value.arguments), Object.fromEntries(options)];
}

describe('understood', () => {
  const check = (argv: readonly string[], expected: unknown): void => {
    it(`weft ${argv.join(' ')}`, () => expect(parse(argv)).toEqual(expected));
  };
  check([], ['', {}, {}]);
  check(['--json'], ['', {}, { json: true }]);
  check(['run', 'a.yaml'], ['run', { SOURCE: 'a.yaml' }, {}]);
  check(['run', '--time', '5', 'a.yaml', '--fast'], ['run', { SOURCE: 'a.yaml' }, { time: '5', fast: true }]);
  check(['run', 'a.yaml', '--time=5'], ['run', { SOURCE: 'a.yaml' }, { time: '5' }]);
  check(
    ['orchestrate', 'wait', 'latest', '--for', 'stop'],
    ['orchestrate wait', { RUN: 'latest' }, { for: 'stop' }],
  );
  check(
    ['run', 'a.yaml', '--merge-strategy', 'rebase', '--budget-minutes=5'],
    ['run', { SOURCE: 'a.yaml' }, { strategy: 'rebase', time: '5' }],
  );
  check(
    ['run', 'a.yaml', '--gate', 'make test', '--gate=make lint'],
    ['run', { SOURCE: 'a.yaml' }, { gate: ['make test', 'make lint'] }],
  );
  check(['worktree', 'list'], ['worktree list', {}, {}]);
  check(['logs', '-f', 'api', '-n', '5'], ['logs', { TASK: 'api' }, { follow: true, lines: '5' }]);
  check(
    ['guide', 'api', 'use', 'this', '--json'],
    ['guide', { TASK: 'api', TEXT: 'use this' }, { json: true }],
  );
  check(['guide', 'api', '- a list'], ['guide', { TASK: 'api', TEXT: '- a list' }, {}]);
  check(['guide', 'api', '-'], ['guide', { TASK: 'api', TEXT: '-' }, {}]);
  check(['guide', 'api', '--', '--json'], ['guide', { TASK: 'api', TEXT: '--json' }, {}]);
  check(
    ['run', 'a.yaml', '--setup', 'npm ci --silent'],
    ['run', { SOURCE: 'a.yaml' }, { setup: 'npm ci --silent' }],
  );
});

describe('refused', () => {
  const check = (line: string, expected: string): void => {
    it(`weft ${line}`, () => expect(parse(line.split(' '))).toBe(expected));
  };
  check('stauts', 'There is no command "stauts". | Did you mean `weft status`?');
  check('xyzzy', 'There is no command "xyzzy". | `weft --help` lists the commands.');
  check(
    'orchestrate',
    'weft orchestrate needs to know what to do: run, resume, wait, receipt. | `weft --help` lists the commands.',
  );
  check(
    'orchestrate wiat',
    'weft orchestrate has no command "wiat". | Did you mean `weft orchestrate wait`?',
  );
  check('status --jsn', 'weft status has no option --jsn. | Did you mean --json?');
  check('status -x', 'weft status has no option -x. | `weft status --help` says more.');
  check('status --json=1', '--json takes no value. | `weft status --help` says more.');
  check('run a.yaml --time', '--time needs a value. | For example --time 1.');
  check('run a.yaml --time --fast', '--time needs a value. | For example --time 1.');
  check('run a.yaml --agent', '--agent needs a value. | For example --agent NAME.');
  check(
    'run a.yaml --time soon',
    '--time is a whole number from 1 to 10080, not "soon". | `weft run --help` says more.',
  );
  check(
    'run a.yaml --max-agents 0',
    '--max-agents is a whole number from 1 to 1000, not "0". | `weft run --help` says more.',
  );
  check(
    'run a.yaml --collision-policy maybe',
    '--collision-policy is serialize, force or fail, not "maybe". | `weft run --help` says more.',
  );
  check(
    'run',
    'weft run needs SOURCE (where the tasks are from). | For example `weft run tracks.yaml --dry-run`.',
  );
  check(
    'completion tcsh',
    'SHELL is bash, zsh, fish, tasks or runs, not "tcsh". | `weft completion --help` says more.',
  );

  it('shows no control characters of a mistyped word', () => {
    expect(parse(['\u001b[31mrun'])).toContain('no command "run"');
  });
});
