// What `weft init` writes beside the sample, and that Claude Code and a shell take it.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../../src/adapters/config/load-config.ts';
import { findUsual, PRESET_NAMES, PRESETS, type PresetName } from '../../../src/adapters/config/presets.ts';
import { type Extras, type WrittenExtras, writeExtras } from '../../../src/adapters/config/write-extras.ts';
import { writeSample } from '../../../src/adapters/config/write-sample.ts';
import type { Policy } from '../../../src/core/model.ts';
import { claudeBinary } from '../../agents/binaries.ts';
import { withFiles } from '../source/scene.ts';

const CLAUDE = claudeBinary();
const NOTHING: Extras = { just: false, claude: false, preset: null };

function extras(root: string, wish: Partial<Extras>, version = '1.2.3'): WrittenExtras {
  const written = writeExtras(root, { ...NOTHING, ...wish }, { isNewConfig: false, version });
  if (!written.ok) throw new Error(written.failure.sentence);
  return written.value;
}

describe('files for Claude Code', () => {
  const FILES = [
    '.claude/commands/orchestrate.md',
    '.claude-plugin/marketplace.json',
    '.claude/plugins/weft/.claude-plugin/plugin.json',
    '.claude/plugins/weft/commands/orchestrate.md',
    '.claude/plugins/weft/skills/orchestration/SKILL.md',
    'watch-status',
  ];

  test('are written once, and follow the version', () =>
    withFiles({}, (root) => {
      expect(extras(root, { claude: true }).written).toEqual(FILES);
      expect(extras(root, { claude: true }).written).toEqual([]);
      expect(extras(root, { claude: true }, '1.3.0').written).toEqual([FILES[2]]);
      expect(statSync(join(root, 'watch-status')).mode & 0o111).toBe(0o111);
    }));

  test('of others, or changed by them, stay; older ones of weft do not', () =>
    withFiles(
      { 'watch-status': '#!/bin/sh\n', '.claude-plugin/marketplace.json': '{"name": "mine"}' },
      (root) => {
        const first = extras(root, { claude: true });
        expect(first.notes.slice(0, 2)).toEqual([
          ".claude-plugin/marketplace.json is there and not weft's, so it stays as it is.",
          "watch-status is there and not weft's, so it stays as it is.",
        ]);
        const command = join(root, '.claude/commands/orchestrate.md');
        writeFileSync(command, readFileSync(command, 'utf8').replace('The person', 'My person'));
        expect(extras(root, { claude: true }).written).toEqual([]);
        expect(readFileSync(command, 'utf8')).toContain('My person');
      },
    ));

  test.skipIf(CLAUDE === null)(
    'are what the real Claude Code accepts (needs test/agents installed)',
    { timeout: 60_000 },
    () =>
      withFiles({}, (root) => {
        extras(root, { claude: true });
        const env = { PATH: process.env['PATH'], HOME: root, CLAUDE_CONFIG_DIR: join(root, 'home') };
        for (const path of ['.', '.claude/plugins/weft']) {
          const said = execFileSync(CLAUDE ?? '', ['plugin', 'validate', '--strict', path], {
            cwd: root,
            env,
            encoding: 'utf8',
          });
          expect(said).toMatch(/passed/i);
        }
      }),
  );

  test('./watch-status hands its words over', () =>
    withFiles({}, (root) => {
      extras(root, { claude: true });
      const script = join(root, 'watch-status');
      execFileSync('sh', ['-n', script]);
      writeFileSync(join(root, 'weft'), '#!/bin/sh\necho "$@"\n', { mode: 0o755 });
      const env = { PATH: `${root}:${process.env['PATH'] ?? ''}` };
      expect(execFileSync(script, [], { env, encoding: 'utf8' })).toBe('watch-status\n');
      expect(execFileSync(script, ['1; id'], { env, encoding: 'utf8' })).toBe('watch-status 1; id\n');
    }));
});

describe('presets', () => {
  const policyOf = (root: string, preset: PresetName | null): Policy => {
    writeSample(root, '', { preset: preset === null ? null : PRESETS[preset], withPlan: false });
    const loaded = loadConfig({ repository: root });
    if (!loaded.ok) throw new Error(loaded.failure.diagnostics.map(({ sentence }) => sentence).join(' '));
    return loaded.value;
  };

  test.each<[PresetName, object]>([
    [
      'tracks',
      {
        ...{
          maxAgents: 16,
          integrate: 'human',
          collisionPolicy: 'serialize',
          isolation: 'worktree',
          fast: false,
        },
        phases: { plan: true, review: true },
        worktrees: { path: '.runr-worktrees/{run}/{id}', branch: 'runr/{run}/{id}' },
      },
    ],
    [
      'beads',
      {
        ...{ maxAgents: 4, integrate: 'auto', phases: { plan: false, review: true } },
        ...{ merge: { strategy: 'squash' }, budget: { minutes: null } },
        worktrees: { path: '../worktrees/{id}', branch: 'agent/{id}' },
      },
    ],
    [
      'issues',
      {
        ...{
          maxAgents: 3,
          integrate: 'human',
          phases: { plan: false, review: false },
          budget: { minutes: null },
        },
        worktrees: { path: '../{repo}-issue-{id}', branch: 'issue-{id}' },
      },
    ],
    [
      'streams',
      {
        ...{ maxAgents: 16, integrate: 'auto', limits: { attempts: 10 }, budget: { minutes: null } },
        worktrees: { path: '.claude/worktrees/{id}', branch: 'stream/{id}' },
      },
    ],
  ])('%s', (name, wanted) =>
    withFiles({}, (root) => {
      const policy = policyOf(root, name);
      expect(policy).toMatchObject(wanted);
      expect(policy.pullRequests !== undefined).toBe(name === 'beads' || name === 'issues');
      expect(existsSync(join(root, 'tracks.yaml'))).toBe(false);
    }),
  );

  test('that are in force are not told of again', () =>
    withFiles({}, (root) => {
      policyOf(root, 'streams');
      expect(extras(root, { preset: 'streams' }).notes).toEqual([
        'To begin: `weft run task-copilot`, with `--dry-run` to look first.',
      ]);
    }));

  test.each([...PRESET_NAMES, null])('%s is known again by its places', (name) =>
    withFiles({}, (root) => {
      policyOf(root, name);
      const text = readFileSync(join(root, '.weft/config.yaml'), 'utf8');
      expect(findUsual(text)).toBe(name === null || name === 'tracks' ? null : PRESETS[name].next);
    }),
  );

  test('set each key once', () =>
    withFiles({}, (root) => {
      policyOf(root, 'beads');
      const text = readFileSync(join(root, '.weft/config.yaml'), 'utf8');
      for (const key of Object.keys(PRESETS.beads.settings))
        expect(text.match(new RegExp(`^(?:# )?${key}:`, 'gm')), key).toHaveLength(1);
      expect(text).toMatch(/^maxAgents: 4 +# agents that work at once$/m);
      expect(text).toMatch(/^phases: \{ review: true \} +# agents with a part in every task.*\ngates:/m);
    }));

  test.each(PRESET_NAMES)('%s leaves a configuration as it is and says what would be in it', (name) =>
    withFiles({ '.weft/config.yaml': 'maxAgents: 2\n' }, (root) => {
      const { notes } = extras(root, { preset: name });
      expect(readFileSync(join(root, '.weft/config.yaml'), 'utf8')).toBe('maxAgents: 2\n');
      expect(notes[0]).toContain(`worktrees: ${PRESETS[name].settings['worktrees']}`);
      expect(extras(root, { preset: name }).written).toEqual([]);
    }),
  );
});
