// Completion scripts, tried in a real shell where there is one.
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../src/surfaces/cli/command-table.ts';
import { drawCompletion, drawNames, quoteWord } from '../../../src/surfaces/cli/completion.ts';

/** What bash would offer for the words; the last one is being typed. */
function complete(...words: readonly string[]): readonly string[] {
  const script = `${drawCompletion('bash', COMMANDS)}
weft() { printf '%s\\n' "$2-one" "$2-two"; }
git() { echo main; }
COMP_WORDS=(weft ${words.map((word) => quoteWord(word) || "''").join(' ')})
COMP_CWORD=${words.length}
_weft weft
printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', script], { cwd: '/', encoding: 'utf8' }).trim().split('\n');
}

describe('bash', () => {
  it('completes commands', () =>
    expect(complete('re')).toEqual(['resume', 'receipt', 'review', 'reject', 'restart']));
  it('completes second words', () => expect(complete('orchestrate', 'w')).toEqual(['wait']));
  it('completes options', () => expect(complete('run', '--is')).toEqual(['--isolation']));
  it('completes options of two words', () => {
    expect(complete('orchestrate', 'run', '--con')).toEqual(['--config']);
  });
  it('completes values', () => {
    expect(complete('run', '--collision-policy', '')).toEqual(['serialize', 'force', 'fail']);
  });
  it('completes values after an equals sign', () => {
    expect(complete('run', '--integrate', '=', 'h')).toEqual(['human']);
    expect(complete('run', '--integrate', '=')).toEqual(['human', 'auto']);
  });
  it('completes tasks, never files', () => {
    expect(complete('explain', 'tasks-t')).toEqual(['tasks-two']);
    expect(complete('resume', 'tasks-o')).toEqual(['tasks-one']);
    expect(complete('explain', 'tm')).toEqual(['']);
  });
  it('completes runs, branches and files where they are asked for', () => {
    expect(complete('status', 'runs-o')).toEqual(['runs-one']);
    expect(complete('explain', 'a', '--run', '')).toEqual(['runs-one', 'runs-two']);
    expect(complete('run', '--target', '')).toEqual(['main']);
    expect(complete('orchestrate', 'run', '--config', 'tm')).toEqual(['tmp']);
    expect(complete('run', 'tm')).toEqual(['tmp']);
  });
  it('completes nothing where only a person knows', () => {
    expect(complete('run', '--max-agents', '')).toEqual(['']);
    expect(complete('logs', '-n', '')).toEqual(['']);
  });
  it('completes fixed arguments', () => expect(complete('completion', 'b')).toContain('bash'));
});

it('zsh uses the same function', () => {
  expect(drawCompletion('zsh', COMMANDS)).toBe(
    `#compdef weft
autoload -U +X bashcompinit && bashcompinit
${drawCompletion('bash', COMMANDS)}`,
  );
});

it('fish has a line per option', () => {
  const lines = drawCompletion('fish', COMMANDS).split('\n');
  expect(lines).toContain(
    "complete -c weft -n '__fish_seen_subcommand_from orchestrate; and __fish_seen_subcommand_from wait' -l timeout -r -d 'Give up after so long, with exit code 124'",
  );
  expect(new Set(lines).size).toBe(lines.length);
});

describe('quoting a word', () => {
  const check = (word: string, quoted: string): void => {
    it(word, () => expect(quoteWord(word)).toBe(quoted));
  };
  check('plain-word_1.2', 'plain-word_1.2');
  check('#12', "'#12'");
  check("it's", "'it'\\''s'");
});

it('names that need quotes are left out', () => {
  expect(drawNames(['api-auth', 'two words', '$(x)'])).toBe('api-auth\n');
});
