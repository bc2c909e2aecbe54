// The stage of the demo: it has nothing of the user's, its model answers until it is closed, and who is not there is missed.
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DemoAgent } from '../../../src/testing/demo/script.ts';
import { setStage } from '../../../src/testing/demo/stage.ts';

let root: string;
let folder: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'weft-stage-'));
  folder = join(root, 'demo');
  for (const path of [folder, join(root, 'bin')]) mkdirSync(path);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function writeProgram(name: DemoAgent, text: string): void {
  writeFileSync(join(root, 'bin', name), `#!/bin/sh\n${text}\n`);
  chmodSync(join(root, 'bin', name), 0o755);
}

const USER = {
  HOME: '/home/uma',
  LANG: 'C',
  XDG_CONFIG_HOME: '/home/uma/.config',
  https_proxy: 'http://proxy.example',
  ANTHROPIC_API_KEY: 'of-uma',
  ANTHROPIC_AUTH_TOKEN: 'of-uma',
  CLAUDE_CONFIG_DIR: '/home/uma/.claude',
  CLAUDE_CODE_USE_BEDROCK: '1',
  CODEX_HOME: '/home/uma/.codex',
  OPENAI_API_KEY: 'of-uma',
};

const set = (kind: DemoAgent): ReturnType<typeof setStage> =>
  setStage(kind, { folder, node: '/opt/node/bin/node', env: { ...USER, PATH: `relative:${root}/bin:/bin` } });

describe.each(['claude', 'codex'] as const)('for %s', (kind) => {
  it('has a model, and nothing of the user but the way to programs', async () => {
    writeProgram(kind, 'echo "of $HOME 9.8.7-rc.1 (Program)"');
    const staged = await set(kind);
    if (!staged.ok) throw new Error(staged.failure.sentence);
    const { program, env, sentence, close } = staged.value;
    const [url = ''] = /http:[\w.:/]+/.exec(sentence) ?? [];
    try {
      expect(program).toEqual({ kind, path: join(root, 'bin', kind) });
      expect(sentence).toContain(' 9.8.7-rc.1, ');
      expect(env['PATH']?.split(delimiter)[0]).toBe('/opt/node/bin');
      expect(env['LANG']).toBe('C');
      expect(JSON.stringify(env)).not.toMatch(/uma|BEDROCK|proxy\.example/);
      const home = env['HOME'] ?? '';
      expect(home.startsWith(folder)).toBe(true);
      expect((await fetch(`${url}/v1/models`)).status).toBe(200);
      if (kind === 'claude') {
        expect(env).toMatchObject({ ANTHROPIC_BASE_URL: url, CLAUDE_CONFIG_DIR: join(home, '.claude') });
      } else {
        expect(env['CODEX_HOME']).toBe(join(home, '.codex'));
        expect(readFileSync(join(home, '.codex/config.toml'), 'utf8')).toContain(`"${url}/v1"`);
      }
    } finally {
      await close();
    }
    await expect(fetch(`${url}/v1/models`)).rejects.toThrow();
  });

  it('says what is missing, and how it is installed', async () => {
    writeFileSync(join(root, 'bin', kind), 'no program');
    expect(await set(kind)).toMatchObject({
      ok: false,
      failure: {
        kind: 'environment',
        sentence: expect.stringContaining(`\`${kind}\` is not on PATH.`),
        hint: expect.stringMatching(/^Install it: npm install -g @/),
      },
    });
  });

  it('says why a program does not start', async () => {
    writeProgram(kind, 'echo "no settings in my home" >&2; exit 3');
    expect(await set(kind)).toMatchObject({
      ok: false,
      failure: { kind: 'environment', sentence: expect.stringContaining('no settings in my home') },
    });
  });
});
