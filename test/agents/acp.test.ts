// Real agents of the Agent Client Protocol, where they are installed beside the others: Copilot and Gemini.
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAcp } from '../../src/adapters/agent/session/acp.ts';
import type { Opening } from '../../src/adapters/agent/session/conversation.ts';
import { type Model, startModel } from '../../src/testing/model/server.ts';
import { createTempRepo, type TempRepo, testGitEnv } from '../../src/testing/temp-repo.ts';
import { type Pump, startPump } from '../adapters/agent/session/fixtures/pump.ts';

const FOLDER = fileURLToPath(new URL('node_modules/', import.meta.url));

interface Installed {
  readonly name: string;
  readonly file: string;
  readonly argv: readonly [string, ...string[]];
  readonly model: string | null;
}

const AGENTS: readonly Installed[] = [
  {
    name: '@github/copilot@1.0.102',
    file: '@github/copilot-linux-x64/copilot',
    argv: ['--acp'],
    model: null,
  },
  {
    name: '@google/gemini-cli@0.61.0',
    file: '@google/gemini-cli/bundle/gemini.js',
    argv: ['--acp'],
    model: 'gemini-2.5-flash',
  },
];

let model: Model;
let repo: TempRepo;
let env: Readonly<Record<string, string>>;
let pumps: Pump[] = [];

beforeEach(async () => {
  [model, repo] = await Promise.all([startModel(), createTempRepo()]);
  const home = join(repo.around, 'home');
  await mkdir(join(home, '.gemini'), { recursive: true });
  const auth = { security: { auth: { selectedType: 'gemini-api-key' } } };
  await writeFile(join(home, '.gemini', 'settings.json'), JSON.stringify(auth));
  env = {
    ...testGitEnv(),
    HOME: home,
    COPILOT_PROVIDER_BASE_URL: `${model.url}/v1`,
    COPILOT_PROVIDER_TYPE: 'openai',
    COPILOT_PROVIDER_API_KEY: 'no-key-is-needed',
    COPILOT_MODEL: 'scripted',
    COPILOT_OFFLINE: 'true',
    COPILOT_AUTO_UPDATE: 'false',
    GEMINI_API_KEY: 'no-key-is-needed',
    GOOGLE_GEMINI_BASE_URL: model.url,
    GEMINI_CLI_TRUST_WORKSPACE: 'true',
  };
});

afterEach(async () => {
  await Promise.all(pumps.map((pump) => pump.close()));
  pumps = [];
  await model.close();
  await repo.remove();
});

for (const agent of AGENTS) {
  const path = join(FOLDER, agent.file);
  const isThere = existsSync(path);
  if (!isThere) console.warn(`${agent.name}: skipped, it is not installed below test/agents`);

  describe.skipIf(!isThere)(agent.name, () => {
    const start = (prompt: string, opening: Partial<Opening> = {}): Pump => {
      const [command, ...first] = path.endsWith('.js') ? [process.execPath, path] : [path];
      const protocol = createAcp({ command: command ?? path, args: [...first, ...agent.argv] });
      const pump = startPump(protocol, { worktree: repo.path, prompt, model: agent.model, ...opening }, env);
      pumps.push(pump);
      return pump;
    };

    it('writes, commits and hears what is said next', async () => {
      const pump = start('@write made.txt|It is made.\n@bash git add -A && git commit -qm Made\n@say Made.');
      expect(await pump.next('turn-over')).toEqual({ kind: 'turn-over', fault: null, text: 'Made.' });
      expect(await repo.git('show', 'HEAD:made.txt')).toBe('It is made.');
      expect(pump.news).toContainEqual(
        expect.objectContaining({
          kind: 'doing',
          files: expect.arrayContaining([join(repo.path, 'made.txt')]),
        }),
      );
      pump.conversation.say({ number: 1, text: '@say Once more.' });
      expect((await pump.next('turn-over')).text).toBe('Once more.');
      expect(pump.news.some(({ kind }) => kind === 'spent')).toBe(true);
    });

    it('is kept from a file before it is written', async () => {
      const guard = (file: string): string | null =>
        file.endsWith('no.txt') ? 'no.txt is not yours.' : null;
      const pump = start('@write no.txt|x\n@say Over.', { guard });
      expect((await pump.next('turn-over')).fault).toBe(null);
      expect(existsSync(join(repo.path, 'no.txt'))).toBe(false);
      expect(model.requests.at(-1)?.userTexts.join('\n')).toContain('no.txt is not yours.');
    });

    it('is asked for, and stopped', async () => {
      const pump = start('@bash touch a.txt\n@bash sleep 20\n@say Never said.', { approvals: 'ask' });
      const { ask } = await pump.next('asks');
      expect(existsSync(join(repo.path, 'a.txt'))).toBe(false);
      pump.conversation.reply(ask.id, { choice: 0, text: '' });
      await pump.next('asks');
      expect(existsSync(join(repo.path, 'a.txt'))).toBe(true);
      pump.conversation.interrupt();
      expect((await pump.next('turn-over')).fault).toBe('interrupted');
    });
  });
}
