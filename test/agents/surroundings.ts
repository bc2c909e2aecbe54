// What agents find around them in tests: a home of their own, the scripted model, and no network. Asserts nothing.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { testGitEnv } from '../../src/testing/temp-repo.ts';

/** A proxy where nothing listens: agents reach this machine and nothing else. */
const DEAD_END = 'http://127.0.0.1:9';

/** Makes a home in a folder and gives the environment that is common to all agents. */
export function bareEnv(around: string): Readonly<Record<string, string>> & { readonly HOME: string } {
  const home = join(around, 'home');
  mkdirSync(home, { recursive: true });
  return {
    ...testGitEnv(),
    HOME: home,
    HTTP_PROXY: DEAD_END,
    HTTPS_PROXY: DEAD_END,
    ALL_PROXY: DEAD_END,
    NO_PROXY: '127.0.0.1',
  };
}

/** The whole environment of Claude Code. */
export function claudeEnv(around: string, modelUrl: string): Readonly<Record<string, string>> {
  const bare = bareEnv(around);
  return {
    ...bare,
    CLAUDE_CONFIG_DIR: join(bare.HOME, 'claude'),
    ANTHROPIC_BASE_URL: modelUrl,
    ANTHROPIC_API_KEY: 'sk-not-a-key',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    CLAUDE_CODE_MAX_RETRIES: '2',
    IS_SANDBOX: '1',
  };
}

/** The whole environment of Codex, whose home names the scripted model. */
export function codexEnv(around: string, modelUrl: string): Readonly<Record<string, string>> {
  const bare = bareEnv(around);
  const home = join(bare.HOME, 'codex');
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'config.toml'), codexConfig({ url: modelUrl, key: 'SCRIPT_KEY' }));
  return { ...bare, CODEX_HOME: home, SCRIPT_KEY: 'no-key-is-needed' };
}

/** What a `config.toml` of Codex says that names the scripted model; `key`: the variable that has the key. */
export function codexConfig({ url, key }: { readonly url: string; readonly key: string }): string {
  return `model = "gpt-5.5"
model_provider = "script"
[model_providers.script]
name = "script"
base_url = "${url}/v1"
env_key = "${key}"
wire_api = "responses"
request_max_retries = 1
stream_max_retries = 1
`;
}
