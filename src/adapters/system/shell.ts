// A long-lived sh that is told in lines what to start, and answers in lines. Node forks its whole self for each program,
// which blocks it for 1 ms at 50 MB, 3 at 90 and 8 at 210; a sh takes a tenth. Knows nothing of what is started.
import { type ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { createInterface } from 'node:readline';

/** Names that sh takes as variables; others are not for its `export`. */
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** See the file's first line. Its lines are a name and a word: whoever gave the name hears the word. */
export interface Shell {
  /** Process id, which is also that of its group. */
  readonly pid: number;
  /** Hears what is said under a name until it is ignored; null, perhaps at once: the shell has ended. */
  listen(name: string, hear: (word: string | null) => void): void;
  ignore(name: string): void;
  /** Gives an order, in the shell's own language. */
  give(order: string): void;
  /** Ends it; orders that it has not read yet are lost. */
  end(): void;
  /** Ends it at once: for one that does not answer. What it started goes on. */
  kill(): void;
  isOver(): boolean;
  /** Resolves when it has ended. */
  readonly gone: Promise<void>;
}

/** Starts a shell in a session of its own that no terminal reaches; null when the machine has no room for it. */
export function startShell(env: Readonly<Record<string, string>>): Shell | null {
  const hearers = new Map<string, (word: string | null) => void>();
  const child: ChildProcess = spawn('/bin/sh', [], {
    cwd: '/',
    env,
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  let over = false;
  const gone = new Promise<void>((resolve) => {
    const finish = (): void => {
      over = true;
      for (const hear of [...hearers.values()]) hear(null);
      resolve();
    };
    child.once('exit', finish);
    child.once('error', finish);
    child.stdin?.on('error', finish);
  });
  const { stdin, stdout, pid } = child;
  if (pid === undefined || !(stdin instanceof Socket) || !(stdout instanceof Socket)) return null;
  createInterface({ input: stdout }).on('line', (line) => {
    const [name = '', word = ''] = line.split(' ');
    hearers.get(name)?.(word);
  });
  // It does not keep our process from ending, and ends with its input, that is with our process.
  child.unref();
  stdin.unref();
  stdout.unref();
  return {
    pid,
    gone,
    isOver: () => over,
    listen: (name, hear) => {
      if (over) return hear(null);
      hearers.set(name, hear);
    },
    ignore: (name) => {
      hearers.delete(name);
    },
    give: (order) => {
      stdin.write(order);
    },
    end: () => {
      stdin.destroy();
    },
    kill: () => {
      child.kill('SIGKILL');
    },
  };
}

/** Quotes a word for sh: between single quotes everything but a single quote stands for itself. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** Assignments for sh, each before `end`; null when one of the names is none that sh takes. */
export function writeVariables(env: Readonly<Record<string, string>>, end: string): string | null {
  const variables = Object.entries(env);
  if (!variables.every(([name]) => VARIABLE.test(name))) return null;
  return variables.map(([name, value]) => `${name}=${quote(value)}${end}`).join('');
}
