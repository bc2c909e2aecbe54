// Temporary git repositories for tests, and a fingerprint of what weft must never change in one. Knows nothing of weft.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFile, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';

const runFile = promisify(execFile);

/** A git repository that lives as long as a test. */
export interface TempRepo {
  /** Absolute real path of the checkout. */
  readonly path: string;
  /** Folder around the checkout, removed with it; room for worktrees beside the repository. */
  readonly around: string;
  /** Runs git in the checkout and returns what it printed, without the last line end; rejects when git fails. */
  git(...args: readonly string[]): Promise<string>;
  /** Writes a file below the checkout, with the folders it needs. */
  write(path: string, text: string): Promise<void>;
  /** Commits everything in the checkout and returns the commit. */
  commit(message: string): Promise<string>;
  /** Deletes the repository and everything around it. */
  remove(): Promise<void>;
}

/** Environment in which test repositories are driven: nobody's own configuration, nobody's hooks, fixed identity. */
export function testGitEnv(): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && !name.startsWith('GIT_')) env[name] = value;
  }
  return {
    ...env,
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_AUTHOR_NAME: 'Uma User',
    GIT_AUTHOR_EMAIL: 'uma@example.org',
    GIT_COMMITTER_NAME: 'Uma User',
    GIT_COMMITTER_EMAIL: 'uma@example.org',
  };
}

/** Runs git in any folder under the test environment; rejects with git's own words when it fails. */
export async function runTestGit(cwd: string, args: readonly string[]): Promise<string> {
  const { stdout } = await runFile('git', [...args], { cwd, env: testGitEnv(), maxBuffer: 64 * 1024 * 1024 });
  return stdout.replace(/\n$/, '');
}

/** Makes a repository with one commit on `main`; `name` is its folder's name and `root` where it is made. */
export async function createTempRepo(
  options: { readonly name?: string; readonly root?: string } = {},
): Promise<TempRepo> {
  const around = await realpath(await mkdtemp(join(options.root ?? tmpdir(), 'weft-test-')));
  const path = join(around, options.name ?? 'repo');
  await mkdir(path);
  const git = (...args: readonly string[]): Promise<string> => runTestGit(path, args);
  const write = async (file: string, text: string): Promise<void> => {
    await mkdir(dirname(join(path, file)), { recursive: true });
    await writeFile(join(path, file), text);
  };
  const commit = async (message: string): Promise<string> => {
    await git('add', '-A');
    await git('commit', '-q', '--allow-empty', '-m', message);
    return git('rev-parse', 'HEAD');
  };
  await git('init', '-q', '-b', 'main', '--template=');
  for (const folder of ['hooks', 'info']) await mkdir(join(path, '.git', folder));
  await appendFile(join(path, '.git/config'), '[user]\n\tname = Uma User\n\temail = uma@example.org\n');
  await write('README.md', 'start\n');
  await commit('start');
  const remove = (): Promise<void> => rm(around, { recursive: true, force: true, maxRetries: 5 });
  return { path, around, git, write, commit, remove };
}

/** Hashes all that weft must leave alone in a checkout: HEAD, index, configuration, stash, tracked and untracked files. */
export async function fingerprintCheckout(path: string): Promise<string> {
  const git = (...args: readonly string[]): Promise<string> => runTestGit(path, args);
  const gitDir = await git('rev-parse', '--absolute-git-dir');
  const hash = createHash('sha256');
  for (const file of ['HEAD', 'index', 'config', 'refs/stash', 'info/exclude', 'info/attributes']) {
    hash.update(`${file}\0`).update(await readFile(join(gitDir, file)).catch(() => 'absent'));
  }
  const status = [
    '--no-optional-locks',
    'status',
    '--porcelain=v2',
    '-z',
    '--untracked-files=all',
    '--ignored',
  ];
  hash.update(await git(...status));
  const names = await git('ls-files', '-z', '--cached', '--others', '--deduplicate');
  for (const name of names.split('\0')) {
    hash.update(`${name}\0`).update(await readFile(join(path, name)).catch(() => 'absent'));
  }
  return hash.digest('hex');
}
