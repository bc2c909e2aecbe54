// A repository, a scripted model and private homes, in which real agents are started headless. Asserts nothing.
import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type JsonObject, parseObject } from '../../src/testing/model/json.ts';
import { type Model, startModel } from '../../src/testing/model/server.ts';
import { createTempRepo, type TempRepo, testGitEnv } from '../../src/testing/temp-repo.ts';
import type { Agents } from './binaries.ts';

/** What an agent did. */
export interface Played {
  readonly code: number | null;
  /** The lines of its output that are JSON. */
  readonly events: readonly JsonObject[];
  readonly err: string;
}

/** How Claude Code is started otherwise than by default. */
export interface ClaudeWish {
  /** By subscription, not by key. */
  readonly pays?: 'subscription';
  /** More arguments. */
  readonly args?: readonly string[];
  /** It is killed when this is fulfilled. */
  readonly until?: Promise<unknown>;
}

/** Where agents play. */
export interface Stage {
  readonly model: Model;
  readonly repo: TempRepo;
  /** Runs Claude Code on a prompt to its end. */
  playClaude(prompt: string, wish?: ClaudeWish): Promise<Played>;
  /** Runs Codex on a prompt to its end. */
  playCodex(prompt: string): Promise<Played>;
  remove(): Promise<void>;
}

/** Agents that take longer are killed. */
const LIMIT_MS = 50_000;

/** A proxy where nothing listens: agents reach this machine and nothing else. */
const DEAD_END = 'http://127.0.0.1:9';
const NO_NETWORK = {
  HTTP_PROXY: DEAD_END,
  HTTPS_PROXY: DEAD_END,
  ALL_PROXY: DEAD_END,
  NO_PROXY: '127.0.0.1',
};

/** Sets a stage for the programs. */
export async function setStage(agents: Agents): Promise<Stage> {
  const [model, repo] = await Promise.all([startModel(), createTempRepo()]);
  const home = join(repo.around, 'home');
  const codexHome = join(home, 'codex');
  await mkdir(codexHome, { recursive: true });
  const env = { ...testGitEnv(), HOME: home, ...NO_NETWORK };
  return {
    model,
    repo,
    playClaude: (prompt, wish = {}) =>
      play(agents.claude, [...CLAUDE_ARGS, ...(wish.args ?? []), prompt], {
        cwd: repo.path,
        until: wish.until,
        env: {
          ...env,
          CLAUDE_CONFIG_DIR: join(home, 'claude'),
          ANTHROPIC_BASE_URL: model.url,
          [wish.pays === 'subscription' ? 'CLAUDE_CODE_OAUTH_TOKEN' : 'ANTHROPIC_API_KEY']: 'sk-not-a-key',
          CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
          CLAUDE_CODE_MAX_RETRIES: '2',
          // without it, root may not pass over permissions
          IS_SANDBOX: '1',
        },
      }),
    playCodex: (prompt) =>
      play(agents.codex, ['exec', ...codexArgs(model.url), prompt], {
        cwd: repo.path,
        env: { ...env, CODEX_HOME: codexHome, SCRIPT_KEY: 'sk-not-a-key' },
      }),
    remove: async () => {
      await model.close();
      await repo.remove();
    },
  };
}

const CLAUDE_ARGS = ['-p', '--output-format', 'stream-json', '--verbose', '--dangerously-skip-permissions'];

function codexArgs(url: string): readonly string[] {
  const settings = [
    'model_provider=script',
    'model_providers.script.name=script',
    `model_providers.script.base_url=${url}/v1`,
    'model_providers.script.env_key=SCRIPT_KEY',
    'model_providers.script.wire_api=responses',
    'model_providers.script.request_max_retries=2',
    'model_providers.script.stream_max_retries=2',
  ];
  return [
    '--json',
    '--dangerously-bypass-approvals-and-sandbox',
    '--ignore-user-config',
    '-m',
    'gpt-5.5',
    ...settings.flatMap((setting) => ['-c', setting]),
  ];
}

interface Place {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly until?: Promise<unknown> | undefined;
}

async function play(program: string, args: readonly string[], place: Place): Promise<Played> {
  const child = spawn(program, [...args], {
    cwd: place.cwd,
    env: place.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  void place.until?.then(() => child.kill('SIGKILL'));
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => {
    out += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    err += String(chunk);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const events = out
    .split('\n')
    .map(parseObject)
    .filter((event) => event !== null);
  return { code, events, err };
}
