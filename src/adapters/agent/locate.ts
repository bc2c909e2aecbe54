// Looks where a program is, as a shell would find it. Runs nothing of what it finds.
import { execFile } from 'node:child_process';
import { isAbsolute } from 'node:path';
import { promisify } from 'node:util';

const runFile = promisify(execFile);
const PROBE_MS = 5_000;

/** Where a word does not lead to a program. */
export function describeAbsence(word: string): string {
  if (isAbsolute(word)) return `\`${word}\` is no executable file.`;
  return word.includes('/')
    ? `\`${word}\` is no executable file of the repository.`
    : `\`${word}\` is not on PATH.`;
}

/** Where the shell that will run the word finds it, as what it `is`; null: nowhere. */
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
    if (found !== word) return `found at ${found}`;
    return word.includes('/') ? 'there' : 'built into the shell';
  } catch {
    return null;
  }
}
