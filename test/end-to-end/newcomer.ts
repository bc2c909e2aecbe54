// A fresh repository of somebody who comes from elsewhere, the real programs they have, and a shell in which each line is
// typed as a page has it. Asserts nothing.
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Forge, startForge } from '../../src/testing/forge/forge.ts';
import { createTempRepo, type TempRepo, testGitEnv } from '../../src/testing/temp-repo.ts';
import { type Ended, endStrays, type Running, startProgram } from './cli.ts';
import { findOnPath, JUST } from './just.ts';
import { REPO } from './shop.ts';

/** Somebody at work. */
export interface Newcomer {
  readonly repo: TempRepo;
  /** Their home; nobody else's is read. */
  readonly home: string;
  /** All that their programs find in the environment. */
  readonly env: Readonly<Record<string, string>>;
  /** The stand-in for GitHub, where there is one. */
  readonly forge: Forge | null;
  /** Types a line in the root of the repository; gives how it ended. */
  type(line: string): Promise<Ended>;
  /** Types a line and does not wait; with a pipe, more can be typed. */
  start(line: string, stdin?: 'ignore' | 'pipe'): Running;
}

/** What somebody has. */
export interface Belongings {
  /** Name of the repository's folder. */
  readonly name?: string;
  /** Programs on PATH beside `weft`, `git`, `node`, `bd` and `just`, by name. */
  readonly programs?: Readonly<Record<string, string>>;
  readonly env?: (around: string) => Readonly<Record<string, string>>;
  /** Whether the repository is at a forge. */
  readonly atForge?: true;
}

/** Sets somebody up; all goes with the test. */
export async function welcome(of: Belongings = {}): Promise<Newcomer> {
  const repo = await createTempRepo(of.name === undefined ? {} : { name: of.name });
  onTestFinished(async () => {
    endStrays(repo.around);
    await repo.remove();
  });
  const forge = of.atForge === true ? await startForge({ repositories: [{ name: REPO }] }) : null;
  if (forge !== null) {
    onTestFinished(() => forge.close());
    await repo.git('remote', 'add', 'origin', forge.gitUrl(REPO));
    await repo.git('fetch', '-q', forge.gitDir(REPO), 'main');
    await repo.git('reset', '-q', '--hard', 'FETCH_HEAD');
  }
  const home = join(repo.around, 'home');
  const bin = join(repo.around, 'bin');
  await mkdir(home, { recursive: true });
  await mkdir(bin);
  const programs = { git: findOnPath('git'), bd: findOnPath('bd'), just: JUST, ...of.programs };
  for (const [name, path] of Object.entries({ ...programs, node: process.execPath })) {
    if (path !== undefined) await symlink(path, join(bin, name));
  }
  const entry = resolve('dist/weft.cjs');
  await writeFile(join(bin, 'weft'), `#!/bin/sh\nexec '${process.execPath}' '${entry}' "$@"\n`, {
    mode: 0o755,
  });
  const env = {
    ...testGitEnv(),
    NO_COLOR: '1',
    ...(forge === null ? {} : { GH_ENTERPRISE_TOKEN: 'forge-token', WEFT_GITHUB_API: forge.url }),
    ...of.env?.(repo.around),
    HOME: home,
    // nothing else that happens to be on this machine
    PATH: [bin, '/usr/bin', '/bin'].join(delimiter),
  };
  const start = (line: string, stdin: 'ignore' | 'pipe' = 'ignore'): Running =>
    startProgram(['/bin/sh', '-c', line], { cwd: repo.path, env, stdin });
  return { repo, home, env, forge, start, type: (line) => start(line).ended };
}
