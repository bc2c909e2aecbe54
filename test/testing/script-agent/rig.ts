// A worktree with a remote-controlled agent in it: the real program, bundled, as a child process.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { stringify } from 'yaml';
import { parseStatus } from '../../../src/adapters/agent/status-file.ts';
import type { AgentStatus } from '../../../src/ports/agent.ts';
import { type LedgerLine, parseLedger } from '../../../src/testing/script-agent/ledger.ts';

/** A started agent. */
interface Played {
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  out(): string;
  err(): string;
  /** Resolves once the output contains the text; rejects when the agent ends without. */
  says(text: string): Promise<void>;
}

/** A repository in a temporary folder, and agents on it. */
export interface Rig {
  readonly dir: string;
  readonly repo: string;
  git(...args: readonly string[]): string;
  read(path: string): string;
  status(): AgentStatus | null;
  /** What it answered, as text. */
  result(): string;
  ledger(): readonly LedgerLine[];
  /** Starts the agent of task `api` on these steps, or on a whole scenario text. */
  play(steps: readonly unknown[] | string, more?: { env?: Record<string, string>; cwd?: string }): Played;
  remove(): void;
}

/** Bundles the program as the build does. */
export function bundleScriptAgent(dir: string): string {
  const outfile = join(dir, 'script-agent.cjs');
  buildSync({
    entryPoints: [resolve('src/testing/script-agent/main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    logLevel: 'error',
  });
  return outfile;
}

/** Makes a repository with one commit on `main` and a branch `work` checked out. */
export function openRig(entry: string): Rig {
  const dir = mkdtempSync(join(tmpdir(), 'weft-script-'));
  const repo = join(dir, 'repo');
  const git = (...args: readonly string[]): string =>
    execFileSync('git', ['-C', repo, '-c', 'user.name=T', '-c', 'user.email=t@example.org', ...args], {
      encoding: 'utf8',
    });
  execFileSync('git', ['init', '-q', '-b', 'main', repo]);
  writeFileSync(join(repo, 'shared.txt'), 'base\n');
  git('add', '-A');
  git('commit', '-q', '-m', 'base');
  git('switch', '-q', '-c', 'work');
  writeFileSync(join(dir, 'prompt.md'), 'Build the api.\n');
  const children: ChildProcess[] = [];
  return {
    dir,
    repo,
    git,
    read: (path) => readFileSync(join(repo, path), 'utf8'),
    result: () => readFileSync(join(dir, 'result.json'), 'utf8'),
    status: () => parseStatus(readFileSync(join(dir, 'status.json'), 'utf8')),
    ledger: () => parseLedger(readFileSync(join(dir, 'ledger'), 'utf8')),
    play: (steps, more = {}) => {
      const scenario = join(dir, `scenario-${children.length}.yaml`);
      writeFileSync(scenario, typeof steps === 'string' ? steps : stringify({ tasks: { api: steps } }));
      const child = spawn(process.execPath, [entry, scenario], {
        cwd: more.cwd ?? repo,
        env: {
          PATH: process.env['PATH'],
          HOME: dir,
          WEFT_TASK: 'api',
          WEFT_ATTEMPT: '1',
          WEFT_PROMPT_FILE: join(dir, 'prompt.md'),
          WEFT_STATUS_FILE: join(dir, 'status.json'),
          WEFT_RESULT_FILE: join(dir, 'result.json'),
          WEFT_PORT_BASE: '42000',
          WEFT_TARGET: 'main',
          WEFT_TEST_LEDGER: join(dir, 'ledger'),
          ...more.env,
        },
      });
      children.push(child);
      return watch(child);
    },
    remove: () => {
      for (const child of children) child.kill('SIGKILL');
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function watch(child: ChildProcess): Played {
  let out = '';
  let err = '';
  const waiting: { text: string; resolve: () => void; reject: (error: Error) => void }[] = [];
  const look = (): void => {
    for (const wait of waiting) if (out.includes(wait.text)) wait.resolve();
  };
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk;
    look();
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    err += chunk;
  });
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.on('close', (code, signal) => {
      resolve({ code, signal });
      for (const wait of waiting)
        wait.reject(new Error(`The agent ended and had not said ${wait.text}: ${err}`));
    });
  });
  return {
    child,
    ended,
    out: () => out,
    err: () => err,
    says: (text) =>
      new Promise((resolve, reject) => {
        waiting.push({ text, resolve, reject });
        look();
      }),
  };
}
