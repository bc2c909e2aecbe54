// A repository, a scripted model and private homes, in which real agents are started headless. Asserts nothing.
import { spawn } from 'node:child_process';
import { type JsonObject, parseObject } from '../../src/testing/model/json.ts';
import type { Model } from '../../src/testing/model/server.ts';
import type { TempRepo } from '../../src/testing/temp-repo.ts';
import type { Agents } from './binaries.ts';
import { openScene } from './scene.ts';
import { claudeEnv, codexEnv } from './surroundings.ts';

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

/** Sets a stage for the programs. */
export async function setStage(agents: Agents): Promise<Stage> {
  const { model, repo, remove } = await openScene();
  const env = claudeEnv(repo.around, model.url);
  return {
    model,
    repo,
    remove,
    playClaude: (prompt, { args = [], pays, until } = {}) =>
      play(agents.claude, [...CLAUDE_ARGS, ...args, prompt], {
        cwd: repo.path,
        until,
        env: pays === 'subscription' ? subscribe(env) : env,
      }),
    playCodex: (prompt) =>
      play(agents.codex, [...CODEX_ARGS, prompt], {
        cwd: repo.path,
        env: codexEnv(repo.around, model.url),
      }),
  };
}

/** The environment of who pays by subscription, not by key. */
function subscribe({
  ANTHROPIC_API_KEY: key = '',
  ...env
}: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return { ...env, CLAUDE_CODE_OAUTH_TOKEN: key };
}

const CLAUDE_ARGS = ['-p', '--output-format', 'stream-json', '--verbose', '--dangerously-skip-permissions'];

const CODEX_ARGS = ['exec', '--json', '--dangerously-bypass-approvals-and-sandbox'];

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
