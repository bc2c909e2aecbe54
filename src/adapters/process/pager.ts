// A pager of the user's on their terminal: takes text as fast as it is read. Knows nothing of what is shown.
import { spawn } from 'node:child_process';

/** A pager that is open. */
export interface Pager {
  /** Resolves when the text is taken; false: the user has closed it. */
  write(text: string): Promise<boolean>;
  /** Resolves when the user has read it and closed the pager. */
  close(): Promise<void>;
}

/** What git gives its pager where the user says nothing: leave when all fits, pass colours on, keep the screen. */
const DEFAULTS = { LESS: 'FRX', LV: '-c' } as const;

/** Opens the pager, a command line. Where it cannot be started, nothing is shown and `write` says so. */
export function openPager(
  command: string,
  of: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Pager {
  const child = spawn('sh', ['-c', command], {
    cwd: of.cwd,
    env: { ...DEFAULTS, ...of.env },
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  let open = true;
  const closed = new Promise<void>((resolve) => {
    const end = (): void => {
      open = false;
      resolve();
    };
    child.on('error', end);
    child.on('close', end);
  });
  // the user may leave before everything is written
  child.stdin.on('error', () => {
    open = false;
  });
  return {
    write: async (text) => {
      if (!open) return false;
      await Promise.race([new Promise<void>((taken) => child.stdin.write(text, () => taken())), closed]);
      return open;
    },
    close: async () => {
      child.stdin.end();
      await closed;
    },
  };
}
