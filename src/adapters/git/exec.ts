// Runs git (and the few system programs beside it) as short children. Knows nothing of worktrees, branches or tasks.
import { spawn, spawnSync } from 'node:child_process';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Failure, fail, ok, type Result } from '../../core/failure.ts';
import type { ObjectReader } from './object-reader.ts';
import type { Programs } from './programs.ts';

/** Limits of one call, unless it names its own. */
export const TIMEOUT_MS: number = 120_000;
export const KILL_AFTER_MS: number = 3_000;
export const OUTPUT_BYTES: number = 128 * 1024 * 1024;
export const STDERR_BYTES: number = 64 * 1024;
/** How long what a program printed last is waited for after its end. */
const LINGER_MS = 1_000;
const RETRIES = 6;
const RETRY_BASE_MS = 15;

/** One call of a program. */
export interface ProgramCall {
  readonly cwd: string;
  /** Variables beside, or in place of, those of `safeGitEnv`. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** How bytes become letters and back: utf8, or latin1, which loses none of them. */
  readonly encoding?: 'utf8' | 'latin1';
  readonly timeoutMs?: number;
}

/** How a program ended; `code` is null when it was killed or could not be started. */
export interface ProgramEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Why it did not run to its end, or null when it did. */
  readonly trouble: string | null;
}

/** Where git runs: the folder, and the variables that nail git to one worktree's metadata. */
export interface Place {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** What all places of an opened repository share. */
  readonly shared?: Shared;
}

/** What can be asked of a repository without running a git for it. */
export interface Shared {
  /** Real path of the git directory that all worktrees share. */
  readonly commonDir: string;
  readonly objects: ObjectReader;
  readonly programs: Programs;
  /** Answers about the history between commits, which never change; bounded. */
  readonly ancestry: Map<string, string | null>;
}

/** One git command: arguments, and what differs from the safe defaults. */
export interface GitCall {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** latin1 for names that are to come back as the bytes they are. */
  readonly encoding?: 'utf8' | 'latin1';
  readonly timeoutMs?: number;
  /** How often what passes by itself is tried again, when not a few times. */
  readonly retries?: number;
}

/** Carries a failure up to the port, where `attempt` makes a value of it. */
export class GitError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.sentence);
    this.name = 'GitError';
    this.failure = failure;
  }
}

/** Ends the work in hand with an expected failure of kind `environment`. */
export function giveUp(sentence: string, hint?: string): never {
  throw new GitError({ kind: 'environment', sentence, ...(hint === undefined ? {} : { hint }) });
}

/** Turns what `giveUp` and failing git commands throw, and errors of the file system, into a failure. */
export async function attempt<T>(work: () => Promise<T>): Promise<Result<T>> {
  try {
    return ok(await work());
  } catch (error) {
    if (error instanceof GitError) return fail(error.failure);
    if (error instanceof Error && 'syscall' in error) {
      return fail({ kind: 'environment', sentence: `The file system refused: ${error.message}.` });
    }
    throw error;
  }
}

/** What git must never do on its own behind our backs, whatever the user's configuration says. */
const SAFE_CONFIG: Readonly<Record<string, string>> = {
  'gc.auto': '0',
  'maintenance.auto': 'false',
  'core.hooksPath': '/dev/null',
  'core.fsmonitor': 'false',
  'core.askPass': '',
  // git waits for these locks itself: a slow disk may keep the one who holds them for a second
  'core.filesRefLockTimeout': '2000',
  'core.packedRefsTimeout': '5000',
  'core.safecrlf': 'false',
  'credential.helper': '',
  'commit.gpgSign': 'false',
  'i18n.commitEncoding': 'UTF-8',
  'i18n.logOutputEncoding': 'UTF-8',
  'log.showSignature': 'false',
  'protocol.ext.allow': 'never',
  'rerere.enabled': 'false',
  'submodule.recurse': 'false',
};

const KEPT_VARIABLES = new Set([
  'GIT_COMMITTER_NAME',
  'GIT_COMMITTER_EMAIL',
  'GIT_CONFIG_GLOBAL',
  'GIT_CONFIG_SYSTEM',
  'GIT_CONFIG_NOSYSTEM',
  'GIT_EXEC_PATH',
]);

/** Environment for git: inherited variables that would point it elsewhere or let it ask are gone. */
export function safeGitEnv(): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    const steers = name.startsWith('GIT_') && !KEPT_VARIABLES.has(name);
    if (value !== undefined && !steers && name !== 'SSH_ASKPASS') env[name] = value;
  }
  const settings = Object.entries(SAFE_CONFIG);
  for (const [at, [key, value]] of settings.entries()) {
    env[`GIT_CONFIG_KEY_${at}`] = key;
    env[`GIT_CONFIG_VALUE_${at}`] = value;
  }
  return {
    ...env,
    GIT_CONFIG_COUNT: String(settings.length),
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_EDITOR: 'true',
    GIT_SEQUENCE_EDITOR: 'true',
    GIT_PAGER: 'cat',
    LC_ALL: 'C',
  };
}

/** Runs a program to its end in a process group of its own; on time-out or too much output the group is ended. */
export function runProgram(program: string, args: readonly string[], call: ProgramCall): Promise<ProgramEnd> {
  return new Promise((resolve) => {
    const env = { ...safeGitEnv(), ...call.env };
    const child = spawn(program, [...args], { cwd: call.cwd, env, detached: true });
    const encoding = call.encoding ?? 'utf8';
    const stdout: Buffer[] = [];
    let bytes = 0;
    let stderr = '';
    let trouble: string | null = null;
    const stop = (why: string): void => {
      if (trouble !== null) return;
      trouble = why;
      signalGroup(child.pid, 'SIGTERM');
      setTimeout(() => signalGroup(child.pid, 'SIGKILL'), KILL_AFTER_MS).unref();
    };
    const timeoutMs = call.timeoutMs ?? TIMEOUT_MS;
    const timer = setTimeout(() => stop(`took longer than ${timeoutMs} ms`), timeoutMs);
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > OUTPUT_BYTES) stop(`printed more than ${OUTPUT_BYTES} bytes`);
      else stdout.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr = (stderr + chunk.toString('utf8')).slice(-STDERR_BYTES);
    });
    child.on('error', (error) => {
      trouble ??= `could not be started (${error.message})`;
      finish(null);
    });
    child.on('close', (code) => finish(code));
    // what it left behind in a session of its own may hold its output open for ever
    child.on('exit', (code) => {
      linger = setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
        finish(code);
      }, LINGER_MS);
    });
    // a child that ends before it has read everything breaks the pipe; its exit code says why
    child.stdin.on('error', () => undefined);
    child.stdin.end(call.input ?? '', encoding);
    let linger: NodeJS.Timeout | undefined;
    const finish = (code: number | null): void => {
      clearTimeout(timer);
      clearTimeout(linger);
      const end = trouble === null && code === null ? 'was killed' : trouble;
      resolve({
        code: end === null ? code : null,
        stdout: Buffer.concat(stdout).toString(encoding),
        stderr,
        trouble: end,
      });
    };
  });
}

function signalGroup(pid: number | undefined, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // the group is gone already
  }
}

const LOCKED = /unable to create (?:'[^']*\.lock'|file \S*packed-refs\.new): file exists/i;

/** Tells whether git gave up because a lock was there and stayed. */
export function isLockFailure(failure: Failure): boolean {
  return LOCKED.test(`${failure.sentence} ${failure.hint ?? ''}`);
}

/** Complaints of git that pass by themselves: another git holds a lock or is half-way through making a worktree. */
const PASSING = [
  /could not lock config file/i,
  /unable to create temporary file/i,
  /bad object (refs\/)?worktrees\//i,
  /commondir/i,
  LOCKED,
];

/** Runs a program in the way of a place's repository. */
export function runBeside(
  { shared }: Pick<Place, 'shared'>,
  program: string,
  args: readonly string[],
  call: ProgramCall,
): Promise<ProgramEnd> {
  return (shared?.programs.run ?? runProgram)(program, args, call);
}

/** Runs git and retries, a few times and with jitter, what passes by itself. Never rejects. */
export async function runGit(place: Place, call: GitCall): Promise<ProgramEnd> {
  const env = { ...place.env, ...call.env };
  const { args, retries = RETRIES, ...rest } = call;
  for (let retry = 0; ; retry += 1) {
    const end = await runBeside(place, 'git', args, { ...rest, cwd: place.cwd, env });
    const passing =
      end.code !== 0 && end.trouble === null && PASSING.some((complaint) => complaint.test(end.stderr));
    if (!passing || retry >= retries) return end;
    await sleep(RETRY_BASE_MS * 2 ** retry * (0.5 + Math.random()));
  }
}

/** Runs git and waits for it without letting anything else happen; null when it fails. For one short question at a start. */
export function askGitNow(place: Place, args: readonly string[]): string | null {
  const env = { ...safeGitEnv(), ...place.env };
  const end = spawnSync('git', [...args], { cwd: place.cwd, env, encoding: 'utf8', timeout: TIMEOUT_MS });
  return end.status === 0 ? end.stdout.trim() : null;
}

/** Runs git and gives up unless it ends with one of the codes (0 when none are named). */
export async function git(
  place: Place,
  call: GitCall & { readonly codes?: readonly number[] },
): Promise<ProgramEnd> {
  const { codes, ...rest } = call;
  return accept({ args: rest.args, ...(codes === undefined ? {} : { codes }) }, await runGit(place, rest));
}

/** Gives up unless a git command ended with one of the codes (0 when none are named). */
export function accept(
  call: { readonly args: readonly string[]; readonly codes?: readonly number[] },
  end: ProgramEnd,
): ProgramEnd {
  if (end.code !== null && (call.codes ?? [0]).includes(end.code)) return end;
  return refuse(call.args, end);
}

/** Runs git and returns what it printed, without the last line end. */
export async function gitText(place: Place, ...args: readonly string[]): Promise<string> {
  return (await git(place, { args })).stdout.replace(/\n$/, '');
}

/** Runs git and splits what it printed at its NULs. */
export async function gitFields(place: Place, call: GitCall): Promise<string[]> {
  return splitFields((await git(place, call)).stdout);
}

/** Splits NUL-terminated fields. */
export function splitFields(text: string): string[] {
  const fields = text.split('\0');
  if (fields.at(-1) === '') fields.pop();
  return fields;
}

function refuse(args: readonly string[], end: ProgramEnd): never {
  const verb = args.find((word) => /^[a-z]/.test(word)) ?? 'git';
  const lines = end.stderr.split('\n').filter((line) => /^(fatal|error):/.test(line));
  const notHints = end.stderr.split('\n').filter((line) => line !== '' && !line.startsWith('hint:'));
  const said = (lines.at(-1) ?? notHints.at(-1) ?? '').replace(/^(fatal|error): /, '').slice(0, 500);
  if (end.trouble !== null) giveUp(`git ${verb} ${end.trouble}.`, said === '' ? undefined : said);
  giveUp(`git ${verb} failed: ${said === '' ? `exit code ${end.code}` : said}`);
}
