// A long-lived sh that starts other programs when told to, in sessions of their own. Knows nothing of what they are.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Socket } from 'node:net';
import { createInterface } from 'node:readline';

/** What to start: a program that tells of itself through descriptor 3, in lines of its name and a word. */
export interface Launch {
  /** The command line, given the name. */
  readonly argv: (name: string) => readonly [string, ...string[]];
  readonly cwd: string;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** File that takes stderr, appended. */
  readonly errorsFile: string;
}

/** Makes the session. With -f it forks, so that the sh need not start it in the background, where INT would be ignored. */
const SETSID = '/usr/bin/setsid';

/** Names that sh takes as variables; others are not for its `export`. */
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** How a start went: the program said something or ended · it did not in time · nothing was started here. */
export type Started = 'answered' | 'late' | 'unable';

/** See the file's first line. */
export interface ForkServer {
  start(launch: Launch): Promise<Started>;
}

interface Running {
  readonly input: Socket;
  /** What is waited for, by name. */
  readonly waiting: Map<string, (how: Started) => void>;
}

/**
 * Creates a server. Its sh begins with the first program, and anew when it has died; when it was unable once, it is not
 * asked again. Words that come more than `limitMs` after the start are late.
 */
export function createForkServer({ limitMs }: { readonly limitMs: number }): ForkServer {
  let running: Running | null = null;
  let count = 0;
  // As the first process, which is everybody's last parent, this one would have to collect what setsid -f leaves.
  let isAble = existsSync(SETSID) && process.pid !== 1;

  const begin = (): Running | null => {
    const fresh = startShell({
      onEnd: () => {
        if (running === fresh) running = null;
      },
      onUnable: () => {
        isAble = false;
      },
    });
    return fresh;
  };
  return {
    start: async (launch) => {
      count += 1;
      const name = String(count);
      const order = isAble ? writeOrder(launch, name) : null;
      if (order === null) return 'unable';
      running ??= begin();
      const asked = running;
      if (asked === null) return 'unable';
      const how = await giveOrder(asked, { name, order, limitMs });
      if (how === 'late') {
        asked.input.destroy();
        if (running === asked) running = null;
      }
      return how;
    },
  };
}

/** Starts the sh; null when the machine has no room for it. */
function startShell(told: { readonly onEnd: () => void; readonly onUnable: () => void }): Running | null {
  const waiting: Running['waiting'] = new Map();
  // No environment, no folder of the engine's, and a session that no terminal reaches.
  const child: ChildProcess = spawn('/bin/sh', [], {
    cwd: '/',
    env: {},
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const finish = (): void => {
    told.onEnd();
    for (const settle of waiting.values()) settle('unable');
  };
  child.once('exit', finish);
  child.once('error', finish);
  const { stdin, stdout } = child;
  if (!(stdin instanceof Socket) || !(stdout instanceof Socket)) return null;
  stdin.on('error', finish);
  createInterface({ input: stdout }).on('line', (line) => {
    const [name = '', word] = line.split(' ');
    if (word === 'unable') told.onUnable();
    waiting.get(name)?.(word === 'unable' ? 'unable' : 'answered');
  });
  // It does not keep the engine from ending, and ends with its input, that is with the engine.
  child.unref();
  stdin.unref();
  stdout.unref();
  return { input: stdin, waiting };
}

function giveOrder(
  { input, waiting }: Running,
  { name, order, limitMs }: { readonly name: string; readonly order: string; readonly limitMs: number },
): Promise<Started> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => settle('late'), limitMs);
    const settle = (how: Started): void => {
      clearTimeout(timer);
      waiting.delete(name);
      resolve(how);
    };
    waiting.set(name, settle);
    input.write(order);
  });
}

/** One command of sh that starts the program; null when sh cannot be told. */
function writeOrder(launch: Launch, name: string): string | null {
  const variables = Object.entries(launch.env);
  if (!variables.every(([variable]) => VARIABLE.test(variable))) return null;
  const words = [SETSID, '-f', ...launch.argv(name)];
  const order = [
    '(',
    ...variables.map(([variable, value]) => `export ${variable}=${quote(value)}`),
    `cd ${quote(launch.cwd)} && exec ${words.map(quote).join(' ')} 3>&1 </dev/null >/dev/null 2>>${quote(launch.errorsFile)}`,
    `) || echo '${name} unable'\n`,
  ].join('\n');
  return order.includes('\0') ? null : order;
}

/** Quotes a word for sh: between single quotes everything but a single quote stands for itself. */
function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
