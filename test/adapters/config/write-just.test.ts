// The recipes for just: what becomes of a justfile, and what the real just makes of them.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeJust } from '../../../src/adapters/config/write-just.ts';
import { JUST } from '../../end-to-end/just.ts';
import { withFiles } from '../source/scene.ts';

describe('justfile', () => {
  test('a new one has every recipe; a second time changes nothing', () =>
    withFiles({}, (root) => {
      expect(writeJust(root)).toEqual({ written: 'justfile', notes: [] });
      const text = readFileSync(join(root, 'justfile'), 'utf8');
      const names = [...text.matchAll(/^([a-z-]+)[^:\n]*:$/gm)].map((match) => match[1]);
      expect(names.sort()).toEqual(
        [
          ...[
            'orchestrate',
            'orchestrate-epic',
            'orchestrate-status',
            'orchestrate-preview',
            'orchestrate-help',
          ],
          ...[
            'worker',
            'merger',
            'worktree-clean',
            'worktree-remove',
            'test-crash-recovery',
            'migrate-to-beads',
          ],
        ].sort(),
      );
      expect(writeJust(root)).toEqual({ written: null, notes: [] });
      expect(readFileSync(join(root, 'justfile'), 'utf8')).toBe(text);
    }));

  test('recipes of others stay, clashes are told, and an older block is replaced', () =>
    withFiles(
      {
        Justfile:
          'alias w := test\nset shell := ["sh", "-c"]\n\ntest:\n    npm test\n\nworker id:\n    ./mine {{id}}',
      },
      (root) => {
        expect(writeJust(root)).toEqual({
          written: 'Justfile',
          notes: ["Justfile has a recipe worker of its own, which stays; weft's is `weft run beads`."],
        });
        expect(readdirSync(root)).toEqual(['Justfile']);
        const path = join(root, 'Justfile');
        const text = readFileSync(path, 'utf8');
        expect(text.match(/^worker\b/gm)).toHaveLength(1);
        writeFileSync(path, `${text.replace('weft merge', 'weft old')}\nlast:\n    true\n`);
        expect(writeJust(root).written).toBe('Justfile');
        expect(readFileSync(path, 'utf8')).toBe(`${text}\nlast:\n    true\n`);
      },
    ));

  test('a block without its end is left alone', () =>
    withFiles({}, (root) => {
      writeJust(root);
      const path = join(root, 'justfile');
      const broken = readFileSync(path, 'utf8').replace('# <<< weft', '');
      writeFileSync(path, broken);
      expect(writeJust(root)).toMatchObject({
        written: null,
        notes: [expect.stringContaining('nothing was changed')],
      });
      expect(readFileSync(path, 'utf8')).toBe(broken);
    }));
});

describe.skipIf(JUST === undefined)('with the real just (needs it on PATH or in WEFT_TEST_JUST)', () => {
  /** Runs recipes with a `weft` that prints its arguments, one a line. */
  const just = (root: string, ...args: readonly string[]): string => {
    writeFileSync(join(root, 'weft'), '#!/bin/sh\nprintf "<%s>" "$@"\n');
    chmodSync(join(root, 'weft'), 0o755);
    const env = { ...process.env, PATH: `${root}${delimiter}${process.env['PATH'] ?? ''}` };
    return execFileSync(JUST as string, [...args], { cwd: root, env, encoding: 'utf8' });
  };

  test.each<[readonly string[], string]>([
    [['orchestrate'], '<run><beads>'],
    [['orchestrate', '--epic', 'a b', '--max-agents', '2'], '<run><beads><--epic><a b><--max-agents><2>'],
    [['orchestrate-epic', 'gh-1', '--dry-run'], '<run><beads><--epic><gh-1><--dry-run>'],
    [['orchestrate-status'], '<status>'],
    [['orchestrate-preview', '--epic', 'x'], '<run><beads><--dry-run><--epic><x>'],
    [['worker', '$(touch pwned); `id`'], '<run><beads><$(touch pwned); `id`>'],
    [['worker', '"; touch pwned; "', "'{{x}}'"], `<run><beads><"; touch pwned; "><'{{x}}'>`],
    [['merger', '--dry-run'], '<merge><--dry-run>'],
    [['worktree-clean'], '<worktree><clean>'],
    [['worktree-remove', 'gh-1'], '<worktree><remove><gh-1>'],
    [['test-crash-recovery'], '<demo><--crash>'],
    [['migrate-to-beads', '--dry-run', '.plan/x'], '<migrate><beads><--dry-run><.plan/x>'],
  ])('%j', (args, wanted) =>
    withFiles({}, (root) => {
      writeJust(root);
      expect(just(root, ...args)).toBe(wanted);
      expect(existsSync(join(root, 'pwned'))).toBe(false);
    }),
  );

  test('help lists all, also beside recipes of others, and is what just does by itself', () =>
    withFiles({}, (root) => {
      writeJust(root);
      expect(just(root)).toMatch(/orchestrate-epic epic \*args +# Run the tasks of one epic/);
      writeFileSync(
        join(root, 'justfile'),
        `mine:\n    @echo mine\n\n${readFileSync(join(root, 'justfile'), 'utf8')}`,
      );
      expect(just(root)).toBe('mine\n');
    }));
});
