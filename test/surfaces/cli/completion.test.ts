// Completion scripts, tried in a real shell where there is one.
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../src/surfaces/cli/command-table.ts';
import { drawCompletion, quoteWord } from '../../../src/surfaces/cli/completion.ts';

/** What bash would offer for the words; the last one is being typed. */
function complete(...words: readonly string[]): readonly string[] {
  const script = `${drawCompletion('bash', COMMANDS)}
COMP_WORDS=(weft ${words.map((word) => quoteWord(word) || "''").join(' ')})
COMP_CWORD=${words.length}
_weft
printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', script], { cwd: '/', encoding: 'utf8' }).trim().split('\n');
}

describe('bash', () => {
  it('completes commands', () => expect(complete('re')).toEqual(['resume', 'receipt', 'restart']));
  it('completes second words', () => expect(complete('orchestrate', 'w')).toEqual(['wait']));
  it('completes options', () => expect(complete('run', '--is')).toEqual(['--isolation']));
  it('completes options of two words', () => {
    expect(complete('orchestrate', 'run', '--con')).toEqual(['--config']);
  });
  it('completes values', () => {
    expect(complete('run', '--collision-policy', '')).toEqual(['serialize', 'force', 'fail']);
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
