// Starts processes that want to lead, and reads what they say. Knows nothing of the election.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** One process that wants to lead. */
export interface Elector {
  readonly pid: number;
  /** Asks it to try; resolves with what it says, or null when it died over it. */
  lead(): Promise<string | null>;
  kill(): Promise<void>;
  signal(name: NodeJS.Signals): void;
}

/** Bundles the program once into the folder. */
export async function buildElector(folder: string): Promise<string> {
  const outfile = join(folder, 'elector.mjs');
  const entry = fileURLToPath(new URL('./elector.ts', import.meta.url));
  await build({
    entryPoints: [entry],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
    logLevel: 'silent',
  });
  return outfile;
}

/** Starts one and waits until it is ready. */
export async function startElector(program: string, stateDir: string): Promise<Elector> {
  const child = spawn(process.execPath, [program, stateDir], { stdio: ['pipe', 'pipe', 'inherit'] });
  const said = listen(child);
  if ((await said()) !== 'ready') throw new Error('the elector did not start');
  const { pid } = child;
  if (pid === undefined) throw new Error('the elector has no pid');
  return {
    pid,
    lead: () => {
      child.stdin.write('lead\n');
      return said();
    },
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
    signal: (name) => {
      child.kill(name);
    },
  };
}

/** Gives the lines one by one, then null. */
function listen(child: ChildProcessByStdio<Writable, Readable, null>): () => Promise<string | null> {
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  child.stdin.on('error', () => {});
  return async () => {
    const next = await lines.next();
    return next.done === true ? null : next.value;
  };
}
