// A client of the forge as tests need it: calls with a token, and git in a clone of its own.
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type GitOutcome, runGit } from '../../../src/testing/forge/bare-repo.ts';
import { type Forge, type ForgeOptions, startForge } from '../../../src/testing/forge/forge.ts';

/** The repository of these tests. */
export const REPO = 'acme/shop';

/** An answer with its body read. */
export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape
  readonly body: any;
  readonly headers: Headers;
}

/** Starts a forge with one repository, which ends with the test. */
export async function openForge(
  options: Omit<ForgeOptions, 'repositories'> &
    Partial<NonNullable<ForgeOptions['repositories']>[number]> = {},
): Promise<Forge> {
  const { files, settings, protection, permissions, mergeQueue, ...rest } = options;
  const given = { files, settings, protection, permissions, mergeQueue };
  const known = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const forge = await startForge({ ...rest, repositories: [{ name: REPO, ...known }] });
  onTestFinished(() => forge.close());
  return forge;
}

/** Calls the forge; the path is below the repository unless it begins with two slashes. */
export async function call(
  forge: Forge,
  method: string,
  path: string,
  options: {
    readonly body?: unknown;
    readonly token?: string | null;
    readonly headers?: Readonly<Record<string, string>>;
  } = {},
): Promise<Answer> {
  const { token = 'forge-token', body } = options;
  const place = path.startsWith('//') ? path.slice(1) : `/repos/${REPO}${path}`;
  const answer = await fetch(`${forge.url}${place}`, {
    method,
    redirect: 'manual',
    headers: { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...options.headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  const isJson = answer.headers.get('content-type')?.startsWith('application/json') ?? false;
  return { status: answer.status, body: isJson ? JSON.parse(text) : text, headers: answer.headers };
}

/** Asks in GraphQL. */
export async function ask(forge: Forge, query: string, variables: object = {}): Promise<Answer['body']> {
  return (await call(forge, 'POST', '//graphql', { body: { query, variables } })).body;
}

/** Opens a pull request of a branch with one changed file; returns what the forge answered. */
export async function openPull(
  forge: Forge,
  branch: string,
  options: {
    readonly files?: Readonly<Record<string, string>>;
    readonly draft?: boolean;
    readonly body?: string;
  } = {},
): Promise<Answer['body']> {
  const { files = { [`${branch}.txt`]: `${branch}\n` }, draft = false, body = '' } = options;
  await forge.human.push({ repo: REPO, branch, by: 'bot' }, files, `add ${branch}`);
  const made = await call(forge, 'POST', '/pulls', {
    body: { title: `Add ${branch}`, head: branch, base: 'main', draft, body },
  });
  if (made.status !== 201) throw new Error(JSON.stringify(made.body));
  return made.body;
}

/** A clone with a token in its remote. */
export interface Clone {
  readonly path: string;
  git(...args: readonly string[]): Promise<GitOutcome>;
  write(path: string, text: string): Promise<void>;
}

/** Clones the repository with real git; removed with the test. */
export async function clone(
  forge: Forge,
  options: { readonly url?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Clone> {
  const around = await realpath(await mkdtemp(join(tmpdir(), 'weft-forge-clone-')));
  onTestFinished(() => rm(around, { recursive: true, force: true, maxRetries: 5 }));
  const path = join(around, 'shop');
  const url = options.url ?? forge.gitUrl(REPO).replace('://', '://x-access-token:forge-token@');
  const env = options.env ?? {};
  const { code, stderr } = await runGit(around, ['clone', '-q', url, path], { env });
  if (code !== 0) throw new Error(stderr);
  return {
    path,
    git: (...args) => runGit(path, args, { env }),
    write: (file, text) => writeFile(join(path, file), text),
  };
}

/** Runs git in the bare repository and returns what it printed. */
export async function look(forge: Forge, ...args: readonly string[]): Promise<string> {
  return (await runGit(forge.gitDir(REPO), args)).stdout.trim();
}
