// The schemas in the repository are those of the code, and the samples pass them.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { renderSchemas } from '../../../src/adapters/config/json-schema.ts';
import { CONFIG_FILE, loadConfig } from '../../../src/adapters/config/load-config.ts';
import { KNOWN_AGENTS, STAND_IN, sampleConfig, samplePlan } from '../../../src/adapters/config/sample.ts';
import { DEFAULT_POLICY } from '../../../src/core/model.ts';
import { reportFiles, withFiles } from '../source/scene.ts';

const FOLDER = join(import.meta.dirname, '../../../schemas');

test('schemas/ is what scripts/generate-schemas.mjs writes', () => {
  const schemas = renderSchemas();
  expect(readdirSync(FOLDER).sort()).toEqual(Object.keys(schemas).sort());
  for (const [name, text] of Object.entries(schemas)) {
    expect(readFileSync(join(FOLDER, name), 'utf8'), `${name}: run node scripts/generate-schemas.mjs`).toBe(
      text,
    );
  }
});

test('every key of every schema says what it is for', () => {
  for (const text of Object.values(renderSchemas())) {
    const bare: string[] = [];
    const visit = (schema: unknown, path: string): void => {
      if (typeof schema !== 'object' || schema === null) return;
      for (const [key, child] of Object.entries(schema)) {
        if (key === 'properties') {
          for (const [name, property] of Object.entries(child as object)) {
            if (!('description' in property)) bare.push(`${path}/${name}`);
          }
        }
        visit(child, `${path}/${key}`);
      }
    };
    visit(JSON.parse(text), '');
    expect(bare).toEqual([]);
  }
});

test('the sample configuration changes nothing but what it was given', async () => {
  const commands = { setup: 'npm ci', check: 'npm test' };
  await withFiles({ [CONFIG_FILE]: sampleConfig({ agent: STAND_IN, ...commands }) }, (repository) => {
    const value = { ...DEFAULT_POLICY, agent: 'mine', setup: 'npm ci', gates: { tier0: ['npm test'] } };
    expect(loadConfig({ repository })).toMatchObject({ ok: true, value });
  });
});

test('each agent that is looked for becomes one that the configuration knows', async () => {
  const expected = {
    mine: { kind: 'command', run: expect.stringMatching(/^\S+ \S.*\S$/) },
    claude: { kind: 'claude' },
    codex: { kind: 'codex' },
    gemini: { kind: 'acp', preset: 'gemini' },
    copilot: { kind: 'acp', preset: 'copilot' },
    opencode: { kind: 'acp', preset: 'opencode' },
    qwen: { kind: 'acp', preset: 'qwen' },
  };
  const samples = [STAND_IN, ...KNOWN_AGENTS];
  expect(samples.map(({ name }) => name)).toEqual(Object.keys(expected));
  for (const agent of samples) {
    await withFiles({ [CONFIG_FILE]: sampleConfig({ agent }) }, (repository) => {
      const loaded = loadConfig({ repository });
      if (!loaded.ok) throw new Error(loaded.failure.diagnostics.map(({ sentence }) => sentence).join(' '));
      const { agent: chosen, agents, ...rest } = loaded.value;
      expect([chosen, agents[agent.name]]).toEqual([agent.name, expected[agent.name as 'mine']]);
      expect({ ...rest, agent: DEFAULT_POLICY.agent, agents: {} }).toEqual({ ...DEFAULT_POLICY, agents: {} });
    });
  }
});

test('the sample plan compiles', async () => {
  const files = Object.fromEntries(samplePlan().map(({ path, text }) => [path, text]));
  expect(await reportFiles(files)).toBe(
    'project [project] (notes/project.md)\nhistory [history] (notes/history.md)',
  );
});
