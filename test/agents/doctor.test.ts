// `weft doctor` and the real agents: what it says of them, and one turn with each, which leaves nothing behind.
import { readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createHostedAgents } from '../../src/adapters/agent/hosted.ts';
import { createProcessPort } from '../../src/adapters/process/process-port.ts';
import { compose } from '../../src/compose.ts';
import type { ProbeMeans } from '../../src/ports/agent.ts';
import type { Check } from '../../src/surfaces/app.ts';
import { type Model, startModel } from '../../src/testing/model/server.ts';
import { createTempRepo, type TempRepo, testGitEnv } from '../../src/testing/temp-repo.ts';
import { describeWithAgents } from './binaries.ts';

let model: Model;
let repo: TempRepo;
let home: string;
let temp: string;

beforeEach(async () => {
  [model, repo] = await Promise.all([startModel(), createTempRepo()]);
  home = join(repo.around, 'home');
  temp = join(repo.around, 'temp');
  for (const folder of [home, temp, join(repo.path, '.weft')]) await mkdir(folder, { recursive: true });
  vi.stubEnv('TMPDIR', temp);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await model.close();
  await repo.remove();
});

/** What is said of the agent `mine`, which is configured like this. */
async function examine(
  agent: Readonly<Record<string, unknown>>,
  of: { readonly env?: Readonly<Record<string, string>>; readonly tryAgents: boolean },
): Promise<Check> {
  const config = { agent: 'mine', agents: { mine: agent } };
  await writeFile(join(repo.path, '.weft/config.yaml'), JSON.stringify(config));
  const host = {
    node: process.execPath,
    entry: resolve('dist/session.cjs'),
    tools: resolve('dist/weft.cjs'),
  };
  const opened = await compose({
    env: { ...testGitEnv(), HOME: home, ...of.env },
    scriptAgent: host,
    sessionHost: host,
  })(repo.path);
  if (!opened.ok) throw new Error(opened.failure.sentence);
  const checks = await opened.value.check(null, of);
  const found = checks.find(({ name }) => name === 'agent mine');
  if (found === undefined) throw new Error(JSON.stringify(checks));
  return found;
}

/** Command lines of processes that have the home of the test. */
function listLeft(): readonly string[] {
  const read = (pid: string, name: string): string => {
    try {
      return readFileSync(`/proc/${pid}/${name}`, 'latin1');
    } catch {
      return '';
    }
  };
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && read(pid, 'environ').includes(`HOME=${home}`))
    .map((pid) => read(pid, 'cmdline').replaceAll('\0', ' '))
    .filter((line) => line !== '');
}

async function expectNothingLeft(): Promise<void> {
  expect(listLeft()).toEqual([]);
  // what agents put there on their own account is theirs
  expect((await readdir(temp)).filter((name) => name.startsWith('weft-'))).toEqual([]);
}

/** A model that refuses everybody. */
async function refuseAll(): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(401, { 'content-type': 'application/json' });
    response.end('{"error":{"type":"authentication_error","message":"invalid key"}}');
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function writeCodexHome(url: string): Promise<void> {
  const provider = [
    'model = "gpt-5.5"',
    'model_provider = "script"',
    '[model_providers.script]',
    'name = "script"',
    `base_url = "${url}/v1"`,
    'env_key = "OPENAI_API_KEY"',
    'wire_api = "responses"',
    'request_max_retries = 1',
    'stream_max_retries = 1',
  ];
  await writeFile(join(home, 'config.toml'), `${provider.join('\n')}\n`);
}

describeWithAgents('weft doctor and real agents', (agents) => {
  const claude = { kind: 'claude', program: agents.claude };
  const codex = { kind: 'codex', program: agents.codex };
  const claudeEnv = (url: string): Readonly<Record<string, string>> => ({
    ANTHROPIC_BASE_URL: url,
    ANTHROPIC_API_KEY: 'sk-not-a-key',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  });

  it('asks for the version, and sees what would let it in', async () => {
    const nobody = await examine(claude, { tryAgents: false });
    expect(nobody.agent).toEqual({ protocol: 'stream-json', version: '2.1.329', login: null, trial: null });
    expect(nobody.sentence).toContain('Version 2.1.329, stream-json, login unknown.');
    await mkdir(join(home, '.codex'));
    await writeFile(join(home, '.codex/auth.json'), '{}');
    expect((await examine(codex, { tryAgents: false })).agent).toEqual({
      protocol: 'app-server',
      version: '0.169.0',
      login: join(home, '.codex/auth.json'),
      trial: null,
    });
    expect(model.requests).toEqual([]);
    await expectNothingLeft();
  });

  it('gives Claude Code a turn', async () => {
    // what its user always tells it, and the model hears
    await mkdir(join(home, '.claude'));
    await writeFile(join(home, '.claude/CLAUDE.md'), '@say OK.\n');
    const found = await examine(claude, { env: claudeEnv(model.url), tryAgents: true });
    expect(found).toMatchObject({
      state: 'ok',
      agent: { login: 'ANTHROPIC_API_KEY', trial: { fault: null, text: 'OK.', isAsAsked: true } },
    });
    expect(found.sentence).toMatch(/It answered in \d+\.\d s\.$/);
    expect(model.requests.at(-1)?.userTexts.join('\n')).toContain('Answer with OK.');
    await expectNothingLeft();
  });

  it('gives Codex a turn', async () => {
    await writeCodexHome(model.url);
    await writeFile(join(home, 'AGENTS.md'), '@say OK.\n');
    const env = { CODEX_HOME: home, OPENAI_API_KEY: 'sk-not-a-key' };
    const found = await examine(codex, { env, tryAgents: true });
    expect(found).toMatchObject({ state: 'ok', agent: { login: 'OPENAI_API_KEY', trial: { text: 'OK.' } } });
    await expectNothingLeft();
  });

  it('is wary of another answer', async () => {
    expect(await examine(claude, { env: claudeEnv(model.url), tryAgents: true })).toMatchObject({
      state: 'warning',
      sentence: expect.stringContaining('but not what it was asked to: Done.'),
      hint: expect.stringContaining('can be reached'),
    });
    await expectNothingLeft();
  });

  it('says when nobody is logged in, and what to do', async () => {
    const { server, url } = await refuseAll();
    try {
      const found = await examine(claude, { env: claudeEnv(url), tryAgents: true });
      expect(found).toMatchObject({ state: 'failed', agent: { trial: { fault: 'login' } } });
      expect(found.sentence).toMatch(/A turn with it failed after \d+\.\d s \(login\): ./);
      expect(found.hint).toContain('type /login, or set ANTHROPIC_API_KEY');
      await writeCodexHome(url);
      const env = { CODEX_HOME: home, OPENAI_API_KEY: 'sk-not-a-key' };
      expect(await examine(codex, { env, tryAgents: true })).toMatchObject({
        state: 'failed',
        hint: expect.stringContaining('codex login'),
        agent: { trial: { fault: 'login' } },
      });
    } finally {
      server.closeAllConnections();
      server.close();
    }
    await expectNothingLeft();
  });
});

describe('weft doctor and programs that are not as they should be', () => {
  async function writeProgram(text: string): Promise<string> {
    const path = join(repo.around, 'agent');
    await writeFile(path, `#!/bin/sh\n${text}\n`);
    await chmod(path, 0o755);
    return path;
  }

  it('is not there', async () => {
    const found = await examine({ kind: 'claude', program: 'no-such-agent' }, { tryAgents: true });
    expect(found).toMatchObject({ state: 'failed', hint: expect.stringMatching(/^Install Claude Code/) });
    expect(found).not.toHaveProperty('agent');
  });

  it('ends at once', async () => {
    const program = await writeProgram('echo "1.2.3-beta.4 (own)"; echo "cannot start: no disk" >&2; exit 3');
    const found = await examine({ kind: 'codex', program }, { tryAgents: true });
    expect(found).toMatchObject({ state: 'failed', agent: { version: null, trial: { fault: 'protocol' } } });
    await expectNothingLeft();
  });

  it('says something else than a version', async () => {
    const program = await writeProgram(
      'printf "\\033[31mAgent\\033[0m v10.20.30-rc.1 \\033]0;x\\007of 2026\\n"',
    );
    const { agent } = await examine({ kind: 'acp', preset: 'qwen', program }, { tryAgents: false });
    expect(agent).toMatchObject({ protocol: 'ACP', version: '10.20.30-rc.1' });
  });

  it('hangs, whatever it is asked, with a child of its own', async () => {
    const program = await writeProgram('sleep 1000 & wait');
    const host = {
      node: process.execPath,
      entry: resolve('dist/session.cjs'),
      tools: resolve('dist/weft.cjs'),
    };
    const limits: number[] = [];
    const { run } = createProcessPort();
    const means: ProbeMeans = {
      trial: true,
      environment: ({ set }) => ({ PATH: process.env['PATH'] ?? '', HOME: home, ...set }),
      run: (spec) => {
        limits.push(spec.timeoutMs);
        return run({ ...spec, timeoutMs: 500 });
      },
    };
    const acp = createHostedAgents(host).find(({ kind }) => kind === 'acp');
    const found = await acp?.probe({ kind: 'acp', preset: 'gemini', program }, repo.path, means);
    expect(found).toMatchObject({
      found: true,
      hint: expect.stringContaining('can be reached'),
      details: { version: null, trial: { fault: 'late' } },
    });
    expect(limits).toEqual([15_000, 60_000]);
    await expectNothingLeft();
  });
});
