// A long-lived sh that starts other programs when told to, in sessions of their own. Knows nothing of what they are.
import { existsSync } from 'node:fs';
import { quote, type Shell, startShell, writeVariables } from '../system/shell.ts';

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

const UNABLE = 'unable';
/** Makes the session. With -f it forks, so that the sh need not start it in the background, where INT would be ignored. */
const SETSID = '/usr/bin/setsid';

/** How a start went: the program said something or ended · it did not in time · nothing was started here. */
export type Started = 'answered' | 'late' | 'unable';

/** See the file's first line. */
export interface ForkServer {
  start(launch: Launch): Promise<Started>;
}

/**
 * Creates a server. Its sh begins with the first program, and anew when it has died; when it was unable once, it is not
 * asked again. Words that come more than `limitMs` after the start are late.
 */
export function createForkServer({ limitMs }: { readonly limitMs: number }): ForkServer {
  let running: Shell | null = null;
  let count = 0;
  // As the first process, which is everybody's last parent, this one would have to collect what setsid -f leaves.
  let isAble = existsSync(SETSID) && process.pid !== 1;

  return {
    start: async (launch) => {
      count += 1;
      const name = String(count);
      const order = isAble ? writeOrder(launch, name) : null;
      if (order === null) return 'unable';
      // it is given no environment of the engine's
      if (running === null || running.isOver()) running = startShell({});
      const asked = running;
      if (asked === null) return 'unable';
      const how = await giveOrder(asked, { name, order, limitMs });
      if (how === 'unable') isAble = false;
      if (how === 'late') {
        asked.end();
        if (running === asked) running = null;
      }
      return how === 'ended' ? 'unable' : how;
    },
  };
}

/** The shell itself may also have ended. */
function giveOrder(
  shell: Shell,
  { name, order, limitMs }: { readonly name: string; readonly order: string; readonly limitMs: number },
): Promise<Started | 'ended'> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => settle('late'), limitMs);
    const settle = (how: Started | 'ended'): void => {
      clearTimeout(timer);
      shell.ignore(name);
      resolve(how);
    };
    shell.listen(name, (word) => {
      if (word === null) settle('ended');
      else settle(word === UNABLE ? 'unable' : 'answered');
    });
    shell.give(order);
  });
}

/** One command of sh that starts the program; null when sh cannot be told. */
function writeOrder(launch: Launch, name: string): string | null {
  const variables = writeVariables(launch.env, '\n');
  if (variables === null) return null;
  const words = [SETSID, '-f', ...launch.argv(name)];
  const order = [
    '(',
    'set -a',
    variables,
    `cd ${quote(launch.cwd)} && exec ${words.map(quote).join(' ')} 3>&1 </dev/null >/dev/null 2>>${quote(launch.errorsFile)}`,
    `) || echo '${name} ${UNABLE}'\n`,
  ].join('\n');
  return order.includes('\0') ? null : order;
}
