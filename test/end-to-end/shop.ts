// A repository whose remote is at a forge with real git, and the real command line in it.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { RunView } from '../../src/core/view.ts';
import { type Forge, startForge } from '../../src/testing/forge/forge.ts';
import { createTempRepo, type TempRepo } from '../../src/testing/temp-repo.ts';
import { type Ended, type Running, readJournal, startWeft } from './cli.ts';
import { type TestTask, writeScript } from './rig.ts';

/** The repository at the forge. */
export const REPO = 'acme/shop';

/** What a test works with. */
export interface Shop {
  readonly forge: Forge;
  readonly repo: TempRepo;
  run(...args: readonly string[]): Running;
  weft(...args: readonly string[]): Promise<Ended>;
  status(): Promise<RunView>;
  journal(): Promise<string>;
  /** What a branch of the forge holds, commit by commit of its first parents. */
  log(branch?: string): Promise<readonly string[]>;
}

/** Opens one with these tasks; it ends with the test. */
export async function openShop(
  tasks: readonly (readonly TestTask[])[],
  of: {
    readonly options?: Omit<NonNullable<Parameters<typeof startForge>[0]>, 'repositories'>;
    readonly rules?: object;
    readonly config?: Readonly<Record<string, unknown>>;
    /** How work becomes pull requests; false: it lands here. */
    readonly pulls?: Readonly<Record<string, unknown>> | false;
  } = {},
): Promise<Shop> {
  const forge = await startForge({ ...of.options, repositories: [{ name: REPO, ...of.rules }] });
  onTestFinished(() => forge.close());
  const repo = await createTempRepo();
  onTestFinished(() => repo.remove());
  await repo.git('remote', 'add', 'origin', forge.gitUrl(REPO));
  await repo.git('fetch', '-q', forge.gitDir(REPO), 'main');
  await repo.git('reset', '-q', '--hard', 'FETCH_HEAD');
  await writeScript(repo, tasks, {
    gates: { tier0: ['test ! -e broken'] },
    ...of.config,
    ...(of.pulls === false ? {} : { pullRequests: { settleMs: 0, pollMs: 250, ...of.pulls } }),
  });
  await repo.git('push', '-q', forge.gitDir(REPO), 'HEAD:main');
  const env = { GH_ENTERPRISE_TOKEN: 'forge-token', WEFT_GITHUB_API: forge.url };
  const run = (...args: readonly string[]): Running => startWeft(repo.path, args, env);
  const look = async (...args: readonly string[]): Promise<string> =>
    (await repo.git('--git-dir', forge.gitDir(REPO), ...args)).trim();
  return {
    forge,
    repo,
    run,
    weft: (...args) => run(...args).ended,
    status: async () => JSON.parse((await run('status', '--json').ended).out) as RunView,
    journal: async () => {
      const [run = ''] = await readdir(join(repo.path, '.weft', 'runs'));
      return readJournal(join(repo.path, '.weft', 'runs', run));
    },
    log: async (branch = 'main') => (await look('log', '--first-parent', '--format=%s', branch)).split('\n'),
  };
}

/** A task that writes a file of its own. */
export function task(id: string, text = `${id} text`): TestTask {
  return {
    id,
    owns: [`${id}.txt`],
    acts: [{ write: { path: `${id}.txt`, text } }, { commit: `work on ${id}` }],
  };
}

/** A step that waits until somebody lets it go by that name. */
export function waitFor(name: string): { readonly run: string } {
  return { run: `until [ -e "$(git rev-parse --git-common-dir)/${name}" ]; do sleep 0.05; done` };
}

/** Lets agents go on that wait for a name. */
export async function letGo({ repo }: Pick<Shop, 'repo'>, name: string): Promise<void> {
  await repo.write(`.git/${name}`, '');
}

/** Phases of the tasks of a run, by their ids. */
export function phases({ tasks }: RunView): Readonly<Record<string, string>> {
  return Object.fromEntries(tasks.map(({ id, phase }) => [id, phase]));
}
