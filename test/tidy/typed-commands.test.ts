// Holds every command line that people are told to type, in pages for newcomers and files that weft writes, to the table.
import { describe, expect, it } from 'vitest';
import { claudeFiles } from '../../src/adapters/config/claude-plugin.ts';
import { PRESETS } from '../../src/adapters/config/presets.ts';
import { COMMANDS } from '../../src/surfaces/cli/command-table.ts';
import { findCommand, parseWords } from '../../src/surfaces/cli/parse.ts';
import { readFiles } from './repository.ts';

const PAGES = ['tracks', 'beads', 'issues', 'streams'].map((name) => `docs/from-${name}.md`);

/** Commands in code, whole ones only: dots stand for words that are left out. */
function listCommands(text: string): readonly string[] {
  return [...text.matchAll(/`(weft(?: [^`\n]*)?)`/g)]
    .map((match) => match[1] ?? '')
    .filter((line) => !line.includes('…'));
}

/** What is wrong with a command line; null: nothing. */
function findMistake(line: string): string | null {
  const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? '').slice(1);
  const found = findCommand(COMMANDS, words);
  if (!found.ok) return found.failure.sentence;
  const parsed = parseWords(found.value.command, found.value.rest);
  return parsed.ok ? null : parsed.failure.sentence;
}

const texts = [
  ...readFiles(PAGES),
  ...claudeFiles('1.0.0').map(({ path, text }) => ({ path, text })),
  {
    path: 'presets',
    text: Object.values(PRESETS)
      .map(({ next }) => `\`${next}\``)
      .join('\n'),
  },
];

describe('command lines that people are told to type', () => {
  it('are found', () => {
    expect(PAGES.map((page) => texts.filter(({ path }) => path === page).length)).toEqual([1, 1, 1, 1]);
    expect(texts.flatMap(({ text }) => listCommands(text)).length).toBeGreaterThan(60);
  });

  it.each(texts)('of $path are in the table', ({ text }) => {
    const wrong = listCommands(text)
      .map((line) => [line, findMistake(line)])
      .filter(([, mistake]) => mistake !== null);
    expect(wrong).toEqual([]);
  });

  it.each(['weft stauts', 'weft run tracks.yaml --max-agent 2', 'weft worktree', 'weft init --preset other'])(
    '%s would be noticed',
    (line) => expect(findMistake(line)).not.toBeNull(),
  );
});
