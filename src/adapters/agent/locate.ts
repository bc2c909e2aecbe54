// Looks where a program is, as a shell would find it. Runs nothing of what it finds.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const runFile = promisify(execFile);
const PROBE_MS = 5_000;

/** Where the shell that will run the word finds it, or null. */
export async function locateProgram(word: string, repository: string): Promise<string | null> {
  // The word is an argument and not part of the script: looking for a program must never run one.
  const script = `case $1 in */*) [ -f "$1" ] && [ -x "$1" ] && echo "$1" ;; *) command -v -- "$1" ;; esac`;
  try {
    const { stdout } = await runFile('sh', ['-c', script, 'sh', word], {
      cwd: repository,
      timeout: PROBE_MS,
      maxBuffer: 65_536,
    });
    const found = stdout.trim();
    return found === word && !word.includes('/') ? 'built into the shell' : `found at ${found}`;
  } catch {
    return null;
  }
}
