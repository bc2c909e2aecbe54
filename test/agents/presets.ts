// What each preset of the Agent Client Protocol finds around it in tests: a home of its own and the scripted model. Asserts
// nothing.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { claudeBinary, codexBinary, wideBinary } from './binaries.ts';
import { bareEnv, claudeEnv, codexConfig } from './surroundings.ts';

/** One preset. */
export interface Preset {
  readonly name: string;
  /** The package it is of, with the version. */
  readonly from: string;
  /** Path of its program; null where it, or what it starts, is not installed. */
  readonly program: string | null;
  /** By its own name; null: the one that its surroundings name. */
  readonly model: string | null;
  /** Whether it asks before it writes a file or runs a command. */
  readonly asks: boolean;
  /** Whether it finds a conversation again in another process; a new one begins where it does not. */
  readonly remembers: boolean;
  /** Requests, of four in two turns, whose tokens it tells. */
  readonly counts: number;
  /** Variables beside those that all have, and files below its home. */
  surround(place: { readonly home: string; readonly url: string }): Surroundings;
}

interface Surroundings {
  readonly env: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
}

const KEY = 'sk-not-a-key-at-all';

/** For who asks the proxy for what is on this machine, too. */
const NO_PROXIES = { HTTP_PROXY: '', HTTPS_PROXY: '', ALL_PROXY: '' };

/** All presets. */
export const PRESETS: readonly Preset[] = [
  {
    name: 'gemini',
    from: '@google/gemini-cli@0.61.0',
    program: wideBinary('.bin/gemini'),
    model: 'gemini-2.5-flash',
    asks: true,
    remembers: false,
    counts: 4,
    surround: ({ url }) => ({
      env: { GEMINI_API_KEY: KEY, GOOGLE_GEMINI_BASE_URL: url, GEMINI_CLI_TRUST_WORKSPACE: 'true' },
      files: {
        '.gemini/settings.json': JSON.stringify({ security: { auth: { selectedType: 'gemini-api-key' } } }),
      },
    }),
  },
  {
    name: 'qwen',
    from: '@qwen-code/qwen-code@0.15.10',
    program: wideBinary('.bin/qwen'),
    model: null,
    asks: true,
    remembers: true,
    counts: 0,
    surround: ({ url }) => ({
      env: { ...NO_PROXIES, OPENAI_API_KEY: KEY, OPENAI_BASE_URL: `${url}/v1`, OPENAI_MODEL: 'scripted' },
    }),
  },
  {
    name: 'opencode',
    from: 'opencode-linux-x64@1.18.33',
    program: wideBinary('opencode-linux-x64/bin/opencode'),
    model: null,
    asks: true,
    remembers: true,
    counts: 2,
    surround: ({ url }) => ({ env: { OPENCODE_CONFIG_CONTENT: JSON.stringify(opencodeAt(url)) } }),
  },
  {
    name: 'copilot',
    from: '@github/copilot-linux-x64@1.0.102',
    program: wideBinary('@github/copilot-linux-x64/copilot'),
    model: null,
    asks: true,
    remembers: true,
    counts: 4,
    surround: ({ url }) => ({
      env: {
        COPILOT_PROVIDER_BASE_URL: `${url}/v1`,
        COPILOT_PROVIDER_TYPE: 'openai',
        COPILOT_PROVIDER_API_KEY: KEY,
        COPILOT_MODEL: 'scripted',
        COPILOT_OFFLINE: 'true',
        COPILOT_AUTO_UPDATE: 'false',
      },
    }),
  },
  {
    name: 'claude-agent-acp',
    from: '@agentclientprotocol/claude-agent-acp@0.49.0',
    program: claudeBinary() && wideBinary('.bin/claude-agent-acp'),
    model: null,
    asks: true,
    remembers: true,
    counts: 4,
    surround: ({ home, url }) => ({
      env: { ...claudeEnv(dirname(home), url), CLAUDE_CODE_EXECUTABLE: claudeBinary() ?? '' },
    }),
  },
  {
    name: 'codex-acp',
    from: '@agentclientprotocol/codex-acp@2.6.0',
    program: codexBinary() && wideBinary('.bin/codex-acp'),
    model: null,
    asks: false,
    remembers: true,
    counts: 4,
    surround: ({ home, url }) => ({
      env: { CODEX_HOME: join(home, '.codex'), CODEX_PATH: codexBinary() ?? '', OPENAI_API_KEY: KEY },
      files: { '.codex/config.toml': codexConfig({ url, key: 'OPENAI_API_KEY' }) },
    }),
  },
];

/** Makes a preset's home in a folder and gives the whole environment. */
export function presetEnv(preset: Preset, around: string, url: string): Readonly<Record<string, string>> {
  const base = bareEnv(around);
  const { env, files = {} } = preset.surround({ home: base.HOME, url });
  for (const [path, text] of Object.entries(files)) {
    const file = join(base.HOME, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return { ...base, ...env };
}

function opencodeAt(url: string): object {
  const models = { scripted: { name: 'scripted', tool_call: true } };
  const options = { baseURL: `${url}/v1`, apiKey: KEY };
  const script = { npm: '@ai-sdk/openai-compatible', name: 'script', options, models };
  const model = 'script/scripted';
  return { model, small_model: model, autoupdate: false, share: 'disabled', provider: { script } };
}
