// The throw-away repository of a demo: made of texts, apart from what is the user's. Plays nothing.
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { fail, ok, type Result } from '../../../core/failure.ts';
import type { Call, DemoStage } from '../call.ts';

const runFile = promisify(execFile);

/** Makes it of files, with one commit. Failure `environment`: git refuses. */
export async function makeRepository(
  call: Call,
  { files }: Pick<DemoStage, 'files'>,
  repository: string,
): Promise<Result<void>> {
  for (const [path, text] of files) {
    await mkdir(dirname(join(repository, path)), { recursive: true });
    await writeFile(join(repository, path), text);
  }
  const steps = [
    ['init', '--quiet', '--initial-branch=main'],
    ['config', 'user.name', 'Demo'],
    ['config', 'user.email', 'demo@example.org'],
    ['config', 'commit.gpgsign', 'false'],
    ['add', '--all'],
    ['commit', '--quiet', '--no-verify', '--message', 'What is to be done'],
  ];
  for (const step of steps) {
    try {
      await runFile('git', step, { cwd: repository, env: withoutGit(call.io.env) });
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      return fail({
        kind: 'environment',
        sentence: `The demo's repository could not be made: ${words}`,
        hint: '`weft doctor` checks git.',
      });
    }
  }
  return ok(undefined);
}

/** The user's own repository, as git's variables may name it, is not the demo's. */
export function withoutGit(env: Call['io']['env']): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('GIT_')));
}
