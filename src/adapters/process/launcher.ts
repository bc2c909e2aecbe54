// Starts programs in sessions of their own, through a long-lived sh where it can: Node forks its whole self for each, which
// blocks the engine for 1 ms at 50 MB, 3 at 90 and 8 at 210; the sh takes 0.1 ms of it, and a start half the time at 90 MB.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { createForkServer, type Launch } from './fork-server.ts';

/** Resolves with null once the program has said something or has ended, or with what went wrong. */
export type Launcher = (launch: Launch) => Promise<string | null>;

const LIMIT_MS = 10_000;
const LATE = 'the shell did not answer in time';

/** Creates a launcher; its sh begins with the first launch and ends with this process. */
export function createLauncher(): Launcher {
  const server = createForkServer({ limitMs: LIMIT_MS });
  return async (launch) => {
    switch (await server.start(launch)) {
      case 'answered':
        return null;
      case 'late':
        return LATE;
      case 'unable':
        return spawnAlone(launch);
    }
  };
}

function spawnAlone(launch: Launch): Promise<string | null> {
  const [program, ...args] = launch.argv('alone');
  const errors = openSync(launch.errorsFile, 'a', 0o600);
  try {
    const child = spawn(program, args, {
      cwd: launch.cwd,
      env: launch.env,
      detached: true,
      stdio: ['ignore', 'ignore', errors, 'pipe'],
    });
    return waitForWord(child).finally(() => child.unref());
  } catch (error) {
    return Promise.resolve(String(error));
  } finally {
    closeSync(errors);
  }
}

function waitForWord(child: ChildProcess): Promise<string | null> {
  return new Promise((settle) => {
    const pipe = child.stdio[3] as Readable | null | undefined;
    const timer = setTimeout(() => finish(LATE), LIMIT_MS);
    const finish = (trouble: string | null) => {
      clearTimeout(timer);
      pipe?.destroy();
      settle(trouble);
    };
    child.once('error', (error) => finish(error.message));
    pipe?.once('error', (error) => finish(error.message));
    pipe?.once('end', () => finish(null));
    pipe?.once('data', () => finish(null));
  });
}
