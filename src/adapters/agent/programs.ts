// What weft knows of the programs of agents that converse: how they are started, which variables are theirs, how they are
// let in. Starts nothing.
import { fail, ok, type Result } from '../../core/failure.ts';
import type { AgentConfig } from '../../core/model.ts';
import { ACP_PRESETS } from './session/acp.ts';
import type { SessionPlan } from './session/plan.ts';

/** Where a program keeps its login: a file below the folder that a variable names, or else below the user's home. */
export interface LoginFile {
  readonly variable: string;
  readonly folder: string;
  readonly file: string;
}

/** A program that weft knows by name. */
export interface KnownProgram {
  readonly title: string;
  /** How it is installed. */
  readonly install: string;
  /** Variables of its own that it gets when weft has them. */
  readonly pass: readonly string[];
  /** Those of them that let it in; one is enough. */
  readonly keys: readonly string[];
  /** Null: it is not known where it keeps its login, or that is no file. */
  readonly login: LoginFile | null;
  /** How it is let in by hand. */
  readonly enter: string;
  /** Variables that make it give up early, for a trial. */
  readonly hurry?: Readonly<Record<string, string>>;
}

/** What to start for an agent, and how it is talked to. */
export interface ChosenProgram {
  readonly kind: SessionPlan['kind'];
  readonly program: string;
  readonly args: readonly string[];
  /** The mode that suits work without anybody watching; null: the one that it begins with. */
  readonly mode: string | null;
  /** Variables that make it ask before it acts, beside those that it gets. */
  readonly env: Readonly<Record<string, string>>;
  /** Null: a command line of the user's own. */
  readonly known: KnownProgram | null;
}

const CLAUDE: KnownProgram = {
  title: 'Claude Code',
  install: 'npm install -g @anthropic-ai/claude-code',
  pass: [
    'ANTHROPIC_API_KEY',
    'ANTHROPIC_AUTH_TOKEN',
    'ANTHROPIC_BASE_URL',
    'ANTHROPIC_MODEL',
    'CLAUDE_CODE_OAUTH_TOKEN',
    'CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC',
    'CLAUDE_CODE_MAX_RETRIES',
    'CLAUDE_CODE_USE_BEDROCK',
    'CLAUDE_CODE_USE_VERTEX',
    'CLAUDE_CONFIG_DIR',
    'IS_SANDBOX',
  ],
  keys: ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN', 'CLAUDE_CODE_OAUTH_TOKEN'],
  login: { variable: 'CLAUDE_CONFIG_DIR', folder: '.claude', file: '.credentials.json' },
  enter: 'start `claude` and type /login, or set ANTHROPIC_API_KEY',
  hurry: { CLAUDE_CODE_MAX_RETRIES: '1' },
};

const CODEX: KnownProgram = {
  title: 'Codex',
  install: 'npm install -g @openai/codex',
  pass: ['CODEX_API_KEY', 'CODEX_HOME', 'OPENAI_API_KEY', 'OPENAI_BASE_URL'],
  keys: ['CODEX_API_KEY', 'OPENAI_API_KEY'],
  login: { variable: 'CODEX_HOME', folder: '.codex', file: 'auth.json' },
  enter: '`codex login`, with a key: `printenv OPENAI_API_KEY | codex login --with-api-key`',
};

/** By the names of the presets. */
const OF_PRESET: Readonly<Record<string, KnownProgram>> = {
  gemini: {
    title: 'Gemini CLI',
    install: 'npm install -g @google/gemini-cli',
    pass: [
      'GEMINI_API_KEY',
      'GEMINI_CLI_HOME',
      'GEMINI_CLI_TRUST_WORKSPACE',
      'GEMINI_MODEL',
      'GOOGLE_API_KEY',
      'GOOGLE_APPLICATION_CREDENTIALS',
      'GOOGLE_CLOUD_LOCATION',
      'GOOGLE_CLOUD_PROJECT',
      'GOOGLE_GEMINI_BASE_URL',
      'GOOGLE_GENAI_USE_VERTEXAI',
    ],
    keys: ['GEMINI_API_KEY', 'GOOGLE_API_KEY', 'GOOGLE_APPLICATION_CREDENTIALS'],
    login: { variable: 'GEMINI_CLI_HOME', folder: '', file: '.gemini/oauth_creds.json' },
    enter: 'start `gemini` once, or set GEMINI_API_KEY',
  },
  qwen: {
    title: 'Qwen Code',
    install: 'npm install -g @qwen-code/qwen-code',
    pass: ['DASHSCOPE_API_KEY', 'OPENAI_API_KEY', 'OPENAI_BASE_URL', 'OPENAI_MODEL'],
    keys: ['DASHSCOPE_API_KEY', 'OPENAI_API_KEY'],
    login: { variable: 'HOME', folder: '', file: '.qwen/oauth_creds.json' },
    enter: 'start `qwen` once, or set OPENAI_API_KEY',
  },
  opencode: {
    title: 'opencode',
    install: 'npm install -g opencode-ai',
    pass: ['OPENCODE_API_KEY', 'OPENCODE_CONFIG', 'OPENCODE_CONFIG_CONTENT', 'OPENCODE_CONFIG_DIR'],
    keys: ['OPENCODE_API_KEY'],
    login: { variable: 'XDG_DATA_HOME', folder: '.local/share', file: 'opencode/auth.json' },
    enter: '`opencode auth login`, or name the key of its provider under `env` of the agent',
  },
  copilot: {
    title: 'Copilot CLI',
    install: 'npm install -g @github/copilot',
    pass: [
      'COPILOT_AUTO_UPDATE',
      'COPILOT_GITHUB_TOKEN',
      'COPILOT_HOME',
      'COPILOT_MODEL',
      'COPILOT_OFFLINE',
      'COPILOT_PROVIDER_API_KEY',
      'COPILOT_PROVIDER_BASE_URL',
      'COPILOT_PROVIDER_TYPE',
    ],
    keys: ['COPILOT_GITHUB_TOKEN', 'COPILOT_PROVIDER_API_KEY'],
    login: null,
    enter: 'start `copilot` and type /login, or set COPILOT_GITHUB_TOKEN',
  },
  'claude-agent-acp': {
    ...CLAUDE,
    title: 'claude-agent-acp',
    install: 'npm install -g @agentclientprotocol/claude-agent-acp',
    pass: [...CLAUDE.pass, 'CLAUDE_CODE_EXECUTABLE'],
  },
  'codex-acp': {
    ...CODEX,
    title: 'codex-acp',
    install: 'npm install -g @agentclientprotocol/codex-acp',
    pass: [...CODEX.pass, 'CODEX_PATH'],
  },
};

const FIX =
  'Set `preset` of the agent in .weft/config.yaml to one of ' +
  `${Object.keys(ACP_PRESETS).join(', ')}, or \`command\` to a program and its arguments.`;

/** Says what a configuration means; failure `usage`: it does not say what to start. */
export function chooseProgram(config: AgentConfig): Result<ChosenProgram> {
  const mode = config.mode ?? null;
  switch (config.kind) {
    case 'claude':
      return ok({
        kind: 'claude',
        program: config.program ?? 'claude',
        args: [],
        mode,
        env: {},
        known: CLAUDE,
      });
    case 'codex':
      return ok({ kind: 'codex', program: config.program ?? 'codex', args: [], mode, env: {}, known: CODEX });
    default: {
      const preset = ACP_PRESETS[config.preset ?? ''];
      if (preset !== undefined) {
        const { command, args } = preset;
        const known = OF_PRESET[config.preset ?? ''] ?? null;
        const program = config.program ?? command;
        const env = preset.env?.[config.approvals ?? 'auto'] ?? {};
        return ok({ kind: 'acp', program, args, mode: mode ?? preset.mode ?? null, env, known });
      }
      const [program, ...args] = config.command ?? [];
      if (program !== undefined) return ok({ kind: 'acp', program, args, mode, env: {}, known: null });
      return fail({ kind: 'usage', sentence: 'The agent does not say what to start.', hint: FIX });
    }
  }
}
