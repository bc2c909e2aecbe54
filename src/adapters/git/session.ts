// One long-lived git that answers questions: one to it costs microseconds, a git of its own milliseconds. Knows nothing of
// what is asked.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { type Place, safeGitEnv } from './exec.ts';

/** An unused git ends after this time. */
const IDLE_MS = 2_000;
/** One that is silent for this long after a question is broken. */
const ANSWER_MS = 20_000;
const MAX_BYTES = 64 * 1024 * 1024;

/** Length of the answer that some bytes begin with; null: there is more to come. */
export type Measure = (bytes: Buffer) => number | null;

/** See the file's first line. */
export interface Session {
  /** What is answered, or null when git ends without an answer. Questions may be asked before the last one is answered. */
  ask(question: string, measure: Measure): Promise<Buffer | null>;
  /** Resolves when no process of the session is left; the next question starts one. */
  close(): Promise<void>;
}

/** Makes a session; its process is started with the first question, and anew when it has ended. */
export function createSession(place: Place, args: readonly string[]): Session {
  let live: Live | null = null;
  let idle: NodeJS.Timeout | null = null;
  const end = (): void => {
    live?.end();
    live = null;
  };
  return {
    ask: (question, measure) => {
      if (idle !== null) clearTimeout(idle);
      idle = setTimeout(end, IDLE_MS).unref();
      if (live === null || live.isOver()) live = start(place, args);
      return live.ask(question, measure);
    },
    close: async () => {
      if (idle !== null) clearTimeout(idle);
      const last = live;
      end();
      // nothing else may keep our process up until then
      const up = setTimeout(() => undefined, ANSWER_MS);
      await last?.gone;
      clearTimeout(up);
    },
  };
}

/** One process, and the questions it has not answered yet. */
interface Live {
  readonly ask: Session['ask'];
  isOver(): boolean;
  end(): void;
  readonly gone: Promise<void>;
}

interface Waiting {
  readonly measure: Measure;
  readonly settle: (answer: Buffer | null) => void;
}

function start(place: Place, args: readonly string[]): Live {
  const env = { ...safeGitEnv(), ...place.env };
  const child = spawn('git', [...args], { cwd: place.cwd, env, detached: true });
  const waiting: Waiting[] = [];
  let over = false;
  let rest: Buffer = Buffer.alloc(0);
  child.stdout.on('data', (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let [first] = waiting; first !== undefined; [first] = waiting) {
      const length = first.measure(rest);
      if (length === null) break;
      waiting.shift();
      first.settle(rest.subarray(0, length));
      rest = rest.subarray(length);
    }
    if (rest.length > MAX_BYTES) child.kill('SIGKILL');
  });
  child.stderr.resume();
  child.stdin.on('error', () => undefined);
  const gone = new Promise<void>((resolve) => {
    const finish = (): void => {
      over = true;
      for (const { settle } of waiting.splice(0)) settle(null);
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
    ask: (question, measure) =>
      new Promise((resolve) => {
        // it is also what keeps our process up while an answer is outstanding
        const timer = setTimeout(() => child.kill('SIGKILL'), ANSWER_MS);
        const settle = (answer: Buffer | null): void => {
          clearTimeout(timer);
          resolve(answer);
        };
        waiting.push({ measure, settle });
        child.stdin.write(question);
      }),
  };
}

/** An idle session does not keep our process up; when that ends, so does the git's input, and with it the git. */
function letGo(child: ChildProcessWithoutNullStreams): void {
  child.unref();
  for (const stream of [child.stdin, child.stdout, child.stderr]) {
    if ('unref' in stream && typeof stream.unref === 'function') stream.unref();
  }
}
