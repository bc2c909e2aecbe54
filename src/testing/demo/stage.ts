// The stage on which a real agent plays the demo: its program, a model that follows a script, and surroundings without
// anything of the user's. Knows nothing of what is played.
import { execFile } from 'node:child_process';
import { access, constants, mkdir, stat, writeFile } from 'node:fs/promises';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { chooseProgram } from '../../adapters/agent/programs.ts';
import { buildEnvironment, type ParentEnvironment } from '../../adapters/process/env.ts';
import { fail, ok, type Result } from '../../core/failure.ts';
import { startModel } from '../model/server.ts';
import type { DemoProgram } from './repository.ts';
import { type DemoAgent, MODEL_RETRIES } from './script.ts';

const runFile = promisify(execFile);

/** A stage that is set. */
export interface Stage {
  readonly program: DemoProgram;
  /** The whole environment in which weft runs the demo. */
  readonly env: Readonly<Record<string, string>>;
  /** Who plays, in one sentence. */
  readonly sentence: string;
  /** Ends the model. */
  close(): Promise<void>;
}

/** How long a program may take to say its version. */
const VERSION_MS = 20_000;

/** A proxy where nothing listens: what an agent asks of anybody but the model goes nowhere. */
const DEAD_END = 'http://127.0.0.1:9';

/**
 * Sets the stage in a folder of the demo's own; `node` is what `node` means there. Failure `environment`: the agent's program
 * is not on PATH, or does not start.
 */
export async function setStage(
  kind: DemoAgent,
  of: { readonly folder: string; readonly node: string; readonly env: ParentEnvironment },
): Promise<Result<Stage>> {
  const chosen = chooseProgram({ kind });
  if (!chosen.ok) return chosen;
  const { program, known } = chosen.value;
  const title = known?.title ?? kind;
  const path = await findProgram(program, of.env['PATH'] ?? '');
  if (path === null) {
    const sentence = `The demo cannot be played by ${title}: \`${program}\` is not on PATH.`;
    return fail({ kind: 'environment', sentence, hint: `Install it: ${known?.install}` });
  }
  const home = join(of.folder, 'home');
  await mkdir(home);
  const bare = surround(of, home);
  const version = await askVersion(path, bare);
  if (!version.ok) {
    const sentence = `${title} does not start in a home of the demo's own: ${version.failure.sentence}`;
    return fail({ ...version.failure, sentence });
  }
  const model = await startModel();
  const own = await SETTINGS[kind](home, model.url);
  return ok({
    program: { kind, path },
    env: { ...bare, ...own },
    sentence: `${title} ${version.value}, with a script for a model (${model.url}): its dollars are not real.`,
    close: () => model.close(),
  });
}

/** Where a shell would find the program. */
async function findProgram(name: string, path: string): Promise<string | null> {
  for (const folder of path.split(delimiter).filter(isAbsolute)) {
    const candidate = join(folder, name);
    try {
      await access(candidate, constants.X_OK);
      if ((await stat(candidate)).isFile()) return candidate;
    } catch {
      // not here
    }
  }
  return null;
}

/** What is left of the user's environment: no keys, no addresses, no settings, and another home. */
function surround(
  { env, node }: { readonly env: ParentEnvironment; readonly node: string },
  home: string,
): Record<string, string> {
  const ordinary = buildEnvironment(env, { pass: [], set: {} });
  const kept = Object.entries(ordinary).filter(([name]) => !/^XDG_|_proxy$/i.test(name));
  return {
    ...Object.fromEntries(kept),
    HOME: home,
    // where `node` comes from a version manager, it would look for its settings in the home
    PATH: [dirname(node), env['PATH'] ?? ''].join(delimiter),
    HTTP_PROXY: DEAD_END,
    HTTPS_PROXY: DEAD_END,
    ALL_PROXY: DEAD_END,
    NO_PROXY: '127.0.0.1',
  };
}

async function askVersion(path: string, env: Record<string, string>): Promise<Result<string>> {
  try {
    const { stdout } = await runFile(path, ['--version'], { env, timeout: VERSION_MS });
    return ok(/\d+\.\d+[\w.-]*/.exec(stdout)?.[0] ?? '');
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    return fail({ kind: 'environment', sentence: words.split('\n').slice(0, 5).join(' ') });
  }
}

/** Writes what a program needs to reach the model, and gives its variables. */
const SETTINGS: Readonly<
  Record<DemoAgent, (home: string, url: string) => Promise<Readonly<Record<string, string>>>>
> = {
  claude: async (home, url) => ({
    CLAUDE_CONFIG_DIR: join(home, '.claude'),
    ANTHROPIC_BASE_URL: url,
    ANTHROPIC_API_KEY: 'not-a-key',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    CLAUDE_CODE_MAX_RETRIES: String(MODEL_RETRIES),
  }),
  codex: async (home, url) => {
    const folder = join(home, '.codex');
    await mkdir(folder);
    await writeFile(join(folder, 'config.toml'), writeCodexConfig(url));
    return { CODEX_HOME: folder };
  },
};

function writeCodexConfig(url: string): string {
  return `model = "gpt-5.5"
model_provider = "script"
check_for_update_on_startup = false

[analytics]
enabled = false

[model_providers.script]
name = "script"
base_url = "${url}/v1"
wire_api = "responses"
request_max_retries = ${MODEL_RETRIES}
stream_max_retries = 0
`;
}
