// Weft as a program of its own that can be killed: for tests of what it leaves behind.
import { join } from 'node:path';
import process from 'node:process';
import { build } from 'esbuild';
import { findProcessesIn, listProcesses } from '../../../src/adapters/git/processes.ts';

/** Bundles a program that imports from the project's root; gives its file, in `folder`. */
export async function bundleProgram(folder: string, contents: string): Promise<string> {
  const outfile = join(folder, 'program.mjs');
  await build({
    stdin: { contents, resolveDir: process.cwd(), loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
  });
  return outfile;
}

/** Lists the gits that work below a folder. */
export function gitsOf(folder: string): readonly number[] {
  const gits = (listProcesses() ?? []).filter(
    ({ name, command }) => name.startsWith('git') && command !== '',
  );
  const inside = new Set(findProcessesIn(folder).map(({ pid }) => pid));
  return gits.filter(({ pid }) => inside.has(pid)).map(({ pid }) => pid);
}

/** Kills a process, or a group by its negative number; one that ended by itself just now is none to kill. */
export function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // gone already
  }
}
