// Another process that has a database open and does with it what it is told: the program weft shares it with.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A process that runs SQL. */
export interface Neighbour {
  /** Runs statements; rejects with what SQLite says. */
  readonly exec: (sql: string) => Promise<void>;
  readonly stop: () => Promise<void>;
}

const PROGRAM = `
import { createInterface } from 'node:readline';
const driver = await import('node:sqlite').catch(() => import('libsql'));
const database = new (driver.DatabaseSync ?? driver.default)(process.argv[1]);
database.exec('PRAGMA busy_timeout = 5000');
for await (const line of createInterface({ input: process.stdin })) {
  try {
    database.exec(JSON.parse(line));
    console.log('');
  } catch (error) {
    console.log(error.message);
  }
}
`;

/** Starts one; it ends with its standard input. */
export function startNeighbour(path: string): Neighbour {
  const child = spawn(process.execPath, ['--no-warnings', '--input-type=module', '-e', PROGRAM, path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    exec: async (sql) => {
      child.stdin.write(`${JSON.stringify(sql)}\n`);
      const answer = await answers.next();
      if (answer.done === true || answer.value !== '') throw new Error(String(answer.value ?? 'it ended'));
    },
    stop: async () => {
      const ended = child.exitCode === null ? once(child, 'exit') : null;
      child.stdin.end();
      await ended;
    },
  };
}
