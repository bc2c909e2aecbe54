// Holds the documents to the code they speak of: commands, options, environment, exit codes, the lifecycle.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { attemptEnvironment } from '../../src/adapters/agent/environment.ts';
import { renderSchemas } from '../../src/adapters/config/json-schema.ts';
import { drawLifecycle, MOVES } from '../../src/core/lifecycle.ts';
import { COMMANDS } from '../../src/surfaces/cli/command-table.ts';
import {
  EXIT_OF_BUG,
  EXIT_OF_FAILURE,
  EXIT_OF_OUTCOME,
  EXIT_OF_SIGNAL,
} from '../../src/surfaces/cli/exit-code.ts';
import { listPaths, ROOT, readFiles } from './repository.ts';

function read(path: string): string {
  return readFiles([path])[0]?.text ?? '';
}

/** Names of all keys that a JSON schema allows, at any depth. */
function listKeys(schema: unknown): ReadonlySet<string> {
  const keys = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [name, inner] of Object.entries(value)) {
      if (name === 'properties') for (const key of Object.keys(inner)) keys.add(key);
      visit(inner);
    }
  };
  visit(schema);
  keys.delete('$schema');
  return keys;
}

/** Every word inside code, dotted names cut into their parts. */
function codeWords(text: string): ReadonlySet<string> {
  const code = [...text.matchAll(/```[\s\S]*?```|`[^`\n]*`/g)].map((match) => match[0]);
  return new Set(code.join(' ').match(/[\w-]+/g));
}

function schema(name: string): unknown {
  return JSON.parse(new Map(Object.entries(renderSchemas())).get(name) ?? 'null');
}

describe('ARCHITECTURE.md', () => {
  it('lists the invariants that the simulation checks', () => {
    const world = readFiles(listPaths().filter((path) => /^src\/testing\/world\/.*\.ts$/.test(path)));
    const checked = world.flatMap(({ text }) => [...text.matchAll(/violate\(\s*world,\s*'([a-z-]+)'/g)]);
    const rows = [...read('ARCHITECTURE.md').matchAll(/^\| (`[a-z-]+`(?:, `[a-z-]+`)*) \|/gm)];
    const listed = rows.flatMap((row) => row[1]?.match(/[a-z-]+/g) ?? []);
    expect(checked.length).toBeGreaterThan(10);
    expect([...new Set(listed)].sort()).toEqual([...new Set(checked.map((match) => match[1]))].sort());
  });
});

describe('README', () => {
  const rows = [...read('README.md').matchAll(/^\| `weft ?([^`]*)` \|/gm)].map((match) => match[1] ?? '');
  const named = rows.map((row) => row.replace(/ ?\[?[A-Z].*$/, ''));

  it('lists every command and no other', () => {
    const names = COMMANDS.map(({ name }) => name).filter((name) => !/^orchestrate (?!run)/.test(name));
    expect([...named].sort()).toEqual([...names].sort());
  });

  it('names every exit code', () => {
    const tables = [EXIT_OF_FAILURE, EXIT_OF_OUTCOME, EXIT_OF_SIGNAL];
    const codes = new Set([EXIT_OF_BUG, ...tables.flatMap((table) => Object.values<number>(table))]);
    const line = /^Exit codes:[\s\S]*?\n\n/m.exec(read('README.md'))?.[0] ?? '';
    expect(new Set(line.match(/\d+/g)?.map(Number))).toEqual(codes);
  });
});

describe.each([
  ['docs/configuration.md', ['weft.config.schema.json']],
  ['docs/track-files.md', ['weft.tracks.schema.json', 'weft.task.schema.json']],
])('%s', (path, schemas) => {
  it('explains every key', () => {
    const keys = schemas.flatMap((name) => [...listKeys(schema(name))]);
    // gates are explained once, in the configuration
    const words = new Set([...codeWords(read(path)), ...codeWords(read('docs/configuration.md'))]);
    expect(keys.length).toBeGreaterThan(10);
    expect(keys.filter((key) => !words.has(key))).toEqual([]);
  });
});

describe('docs/writing-an-agent.md', () => {
  it('names every variable an agent gets', () => {
    const who = { run: '', task: '', attempt: 1, role: 'plan' as const };
    const facts = { ...who, base: '', worktree: '', promptFile: '', statusFile: '', resultFile: '' };
    const rest = { tempDir: '', portBase: 1, command: null, repository: '', target: '', dir: '', owns: null };
    const more = { model: null, effort: null, resume: null, told: [], token: null, checks: null };
    const limits = { retryMs: 1, outputBytes: 1 };
    const words = codeWords(read('docs/writing-an-agent.md'));
    const names = Object.keys(attemptEnvironment({ ...facts, ...rest, ...more, ...limits }));
    expect(names).toContain('WEFT_PROMPT_FILE');
    expect(names.filter((name) => !words.has(name))).toEqual([]);
  });
});

describe('docs/glossary.md', () => {
  // `vitest -u` draws it anew
  it('draws the lifecycle as the table has it', async () => {
    const text = read('docs/glossary.md');
    const drawn = text.replace(/```mermaid\n[\s\S]*?```/, () => `\`\`\`mermaid\n${drawLifecycle()}\`\`\``);
    expect(text).toContain('```mermaid\n');
    await expect(drawn).toMatchFileSnapshot(join(ROOT, 'docs/glossary.md'));
  });

  it('has every phase', () => {
    const words = codeWords(read('docs/glossary.md'));
    const phases = new Set(MOVES.flatMap(({ from, to }) => [from, to]));
    expect([...phases].filter((phase) => !words.has(phase))).toEqual([]);
  });
});
