// Where the tools of one attempt find its files, by the environment they were started with. Reads no file.
import { isAbsolute } from 'node:path';
import { fail, ok, type Result } from '../../core/failure.ts';
import { unpackSecrets } from './session/secrets.ts';

/** One attempt's files, as its own tools know them. Absolute paths. */
export interface WorkerPlace extends Omit<WorkerPass, 'secret'> {
  readonly token: string;
  /** `.weft` of the repository, where the engine is reached; null: not told. */
  readonly stateDir: string | null;
  readonly promptFile: string;
  readonly statusFile: string;
  /** The attempt's folder, where somebody hands answers to a waiting tool; null: nobody does. */
  readonly sessionDir: string | null;
  /** What must not be written down. */
  readonly secrets: readonly string[];
}

/** An attempt, and what only its agent and the engine know. */
export interface WorkerPass {
  readonly run: string;
  readonly task: string;
  readonly attempt: number;
  /** 16 to 128 letters, digits, `-` and `_`. */
  readonly secret: string;
}

/** Names the variable with the secrets of an attempt. */
export const SECRETS = 'WEFT_SECRETS';

const SECRET = /^[\w-]{16,128}$/;
const HINT = 'weft starts the agents of a run with these variables; by hand there is nothing to start.';

/** `WEFT_TOKEN` of an attempt: whose it is, and the secret. */
export function spellToken({ run, task, attempt, secret }: WorkerPass): string {
  return `${run}/${task}/${attempt}:${secret}`;
}

/** Reads `WEFT_…` of the attempt; failure `usage` names the variable that is missing or does not fit. */
export function readWorkerPlace(env: Readonly<Record<string, string | undefined>>): Result<WorkerPlace> {
  const names = ['WEFT_RUN', 'WEFT_TASK', 'WEFT_ATTEMPT', 'WEFT_TOKEN'] as const;
  const paths = ['WEFT_PROMPT_FILE', 'WEFT_STATUS_FILE'] as const;
  const missing = [...names, ...paths].find((name) => (env[name] ?? '') === '');
  if (missing !== undefined)
    return refuse(`weft mcp --worker needs ${missing} in its environment, and it is not set.`);
  const [run, task, attempt, token] = names.map((name) => env[name] ?? '');
  const owner = `${run}/${task}/${attempt}:`;
  if (token?.startsWith(owner) !== true || !SECRET.test(token.slice(owner.length)))
    return refuseToken({ run: run ?? '', task: task ?? '', attempt: Number(attempt) });
  const sessionDir = env['WEFT_SESSION_DIR'] ?? '';
  const given = [...paths.map((name) => [name, env[name] ?? ''] as const), ['WEFT_SESSION_DIR', sessionDir]];
  const relative = given.find(([, path]) => path !== '' && !isAbsolute(path ?? ''));
  if (relative !== undefined) return refuse(`${relative[0]} has to be an absolute path.`);
  const stateDir = env['WEFT_STATE_DIR'] ?? '';
  return ok({
    run: run ?? '',
    task: task ?? '',
    attempt: Number(attempt),
    token: token ?? '',
    stateDir: stateDir === '' ? null : stateDir,
    promptFile: env['WEFT_PROMPT_FILE'] ?? '',
    statusFile: env['WEFT_STATUS_FILE'] ?? '',
    sessionDir: sessionDir === '' ? null : sessionDir,
    secrets: unpackSecrets(env[SECRETS] ?? ''),
  });
}

/** The failure of a token that is another attempt's, or nobody's. */
export function refuseToken({ run, task, attempt }: Omit<WorkerPass, 'secret'>): Result<never> {
  return refuse(`WEFT_TOKEN is not that of attempt ${attempt} of task ${task} of run ${run}.`);
}

function refuse(sentence: string): Result<never> {
  return fail({ kind: 'usage', sentence, hint: HINT });
}
