// One long-lived `git cat-file` that says what names lead to: a question to it costs microseconds, a git of its own
// milliseconds. Knows nothing of worktrees or of what is asked for.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { giveUp, type Place, safeGitEnv } from './exec.ts';

/** An unused reader ends after this time. */
const IDLE_MS = 2_000;
/** A reader that is silent for this long after a question is broken. */
const ANSWER_MS = 120_000;
const MAX_LINE = 64 * 1024;

/** Says what full ref names and object ids, with or without `^{…}`, lead to. */
export interface ObjectReader {
  /** Id of the object, or null when there is none. Gives up when git cannot be run. */
  find(name: string): Promise<string | null>;
  /** Resolves when no process of the reader is left. */
  close(): Promise<void>;
}

/** Makes a reader; its process is started with the first question. */
export function createObjectReader(place: Place): ObjectReader {
  let session: Session | null = null;
  let idle: NodeJS.Timeout | null = null;

  const end = (): void => {
    session?.end();
    session = null;
  };
  const ask = (name: string): Promise<string | null> => {
    if (idle !== null) clearTimeout(idle);
    idle = setTimeout(end, IDLE_MS).unref();
    if (session === null || session.isOver()) session = startSession(place);
    return session.ask(name);
  };

  return {
    find: async (name) => {
      if (/[\n\0]/.test(name)) return null;
      // one that was killed between two questions is started anew, once
      const line = (await ask(name)) ?? (await ask(name));
      if (line === null) giveUp('git cat-file ended without an answer.');
      return /^[0-9a-f]{40,64}$/.test(line) ? line : null;
    },
    close: async () => {
      if (idle !== null) clearTimeout(idle);
      const last = session;
      end();
      // nothing else may keep our process up until then
      const up = setTimeout(() => undefined, ANSWER_MS);
      await last?.gone;
      clearTimeout(up);
    },
  };
}

/** One process, and the questions it has not answered yet. */
interface Session {
  /** The line that answers, or null when the process ends without one. */
  ask(name: string): Promise<string | null>;
  isOver(): boolean;
  end(): void;
  readonly gone: Promise<void>;
}

function startSession(place: Place): Session {
  const env = { ...safeGitEnv(), ...place.env };
  const args = ['cat-file', '--batch-check=%(objectname)'];
  const child = spawn('git', args, { cwd: place.cwd, env, detached: true });
  const waiting: ((line: string | null) => void)[] = [];
  let over = false;
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = (lines.pop() ?? '').slice(0, MAX_LINE);
    for (const line of lines) waiting.shift()?.(line);
  });
  child.stderr.resume();
  child.stdin.on('error', () => undefined);
  const gone = new Promise<void>((resolve) => {
    const finish = (): void => {
      over = true;
      for (const answer of waiting.splice(0)) answer(null);
      resolve();
    };
    child.on('error', finish);
    child.on('close', finish);
  });
  letGo(child);
  return {
    gone,
    isOver: () => over,
    end: () => child.stdin.end(),
    ask: (name) =>
      new Promise((resolve) => {
        // it is also what keeps our process up while an answer is outstanding
        const timer = setTimeout(() => child.kill('SIGKILL'), ANSWER_MS);
        waiting.push((line) => {
          clearTimeout(timer);
          resolve(line);
        });
        child.stdin.write(`${name}\n`);
      }),
  };
}

/** An idle reader does not keep our process up; when that ends, so does the reader's input, and with it the reader. */
function letGo(child: ChildProcessWithoutNullStreams): void {
  child.unref();
  for (const stream of [child.stdin, child.stdout, child.stderr]) {
    if ('unref' in stream && typeof stream.unref === 'function') stream.unref();
  }
}
