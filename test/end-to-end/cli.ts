// The built command line as a child process, for tests that kill it. Knows nothing of what it prints.
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readlinkSync, watch } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { testGitEnv } from '../../src/testing/temp-repo.ts';

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
}

/** A command under way. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** Starts `weft` in a folder; in a process group of its own, so that a test can kill all of it. */
export function startWeft(cwd: string, args: readonly string[], env: Record<string, string> = {}): Running {
  return startProgram([process.execPath, resolve('dist/weft.cjs'), ...args], {
    cwd,
    env: { ...testGitEnv(), NO_COLOR: '1', ...env },
  });
}

/** Starts a program with its arguments and exactly this environment, in a process group of its own. */
export function startProgram(
  [program = '', ...args]: readonly string[],
  {
    stdin = 'ignore',
    ...place
  }: {
    readonly cwd: string;
    readonly env: Readonly<Record<string, string>>;
    readonly stdin?: 'ignore' | 'pipe';
  },
): Running {
  const child = spawn(program, args, { ...place, stdio: [stdin, 'pipe', 'pipe'], detached: true });
  let [out, err] = ['', ''];
  child.stdout?.on('data', (chunk) => {
    out += String(chunk);
  });
  child.stderr?.on('data', (chunk) => {
    err += String(chunk);
  });
  const ended = new Promise<Ended>((done) => {
    child.on('close', (code, signal) => done({ code, signal, out, err }));
  });
  return { child, ended };
}

/** Runs `weft` to its end. */
export async function weft(cwd: string, ...args: readonly string[]): Promise<Ended> {
  return startWeft(cwd, args).ended;
}

/** Resolves when the journal of the latest run contains the text; rejects when the command ends without. */
export async function journalSays(
  repo: string,
  text: string,
  running: Pick<Running, 'ended'>,
): Promise<string> {
  const runs = join(repo, '.weft', 'runs');
  await mkdir(runs, { recursive: true });
  let ring: () => void = () => undefined;
  const watcher = watch(join(repo, '.weft'), { recursive: true }, () => ring());
  let over: Ended | null = null;
  void running.ended.then((end) => {
    over = end;
    ring();
  });
  try {
    for (;;) {
      const rung = new Promise<void>((done) => {
        ring = done;
      });
      const run = (await readdir(runs)).sort().at(-1);
      const journal = run === undefined ? '' : await readJournal(join(runs, run));
      if (journal.includes(text)) return run as string;
      if (over !== null) throw new Error(`weft ended before ${text}: ${JSON.stringify(over)}`);
      await rung;
    }
  } finally {
    watcher.close();
  }
}

/** Text of a run's journal; empty when there is none yet. */
export function readJournal(runDir: string): Promise<string> {
  return readFile(join(runDir, 'journal.jsonl'), 'utf8').catch(() => '');
}

/** Ends what a test that failed left behind: what works below the folder. */
export function endStrays(folder: string): void {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (readlinkSync(`/proc/${pid}/cwd`).startsWith(folder)) process.kill(Number(pid), 'SIGKILL');
    } catch {
      // gone, or nobody's business
    }
  }
}
