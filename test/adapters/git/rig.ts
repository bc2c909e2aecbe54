// A repository, a port on it and the shortest ways to say what a test of either needs.
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { createGitPort, type LocalGit } from '../../../src/adapters/git/git-port.ts';
import type { Result } from '../../../src/core/failure.ts';
import { type Oid, oid } from '../../../src/core/model.ts';
import type { Candidate } from '../../../src/ports/git.ts';
import { createTempRepo, runTestGit, type TempRepo, testGitEnv } from '../../../src/testing/temp-repo.ts';

const runFile = promisify(execFile);

process.env['GIT_CONFIG_NOSYSTEM'] = '1';
process.env['GIT_CONFIG_GLOBAL'] = '/dev/null';

/** Who the tests' agents are. */
export const ADA = { name: 'Ada Agent', email: 'ada@example.org' };

/** One repository with a port on it. */
export interface Rig {
  readonly repo: TempRepo;
  readonly port: LocalGit;
  /** Folder of the worktrees. */
  readonly worktrees: string;
  /** Makes the worktree of a task, from the head of the main checkout unless a base is given. */
  start(task: string, base?: Oid): Promise<Worktree>;
  head(): Promise<Oid>;
  /** Commits files (null: deleted) on top of the parents without touching any checkout; the first parent gives the rest. */
  commitOn(parents: Oid | readonly Oid[], files: Files, options?: CommitOptions): Promise<Oid>;
  remove(): Promise<void>;
}

/** Texts by path; null: deleted. */
export type Files = Readonly<Record<string, string | null>>;

/** What a commit made by `commitOn` says of itself. */
export interface CommitOptions {
  readonly author?: string;
  readonly date?: string;
  readonly message?: string;
  /** Modes in octal by path, where they are not those of a text; of another repository (160000) the text is its commit. */
  readonly modes?: Readonly<Record<string, string>>;
}

/** The worktree of one task. */
export interface Worktree {
  readonly path: string;
  readonly branch: string;
  readonly base: Oid;
  git(...args: readonly string[]): Promise<string>;
  write(path: string, text: string): Promise<void>;
  /** Writes files and commits them as the agent would; returns the commit. */
  commit(files: Readonly<Record<string, string>>): Promise<Oid>;
}

/** Unwraps a success; a failure fails the test with its sentence. */
export function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.failure.sentence} ${result.failure.hint ?? ''}`);
  return result.value;
}

/** Unwraps the sentence of a failure. */
export function sentence(result: Result<unknown>): string {
  expect(result.ok).toBe(false);
  return result.ok ? '' : `${result.failure.sentence} ${result.failure.hint ?? ''}`.trim();
}

/** Unwraps a candidate that was built. */
export function built(result: Result<Candidate>): Extract<Candidate, { kind: 'built' }> {
  const candidate = value(result);
  if (candidate.kind !== 'built') throw new Error(`in conflict: ${candidate.files.join(', ')}`);
  return candidate;
}

/** Makes a repository and opens a port on it. */
export async function createRig(
  options: { readonly name?: string; readonly root?: string } = {},
): Promise<Rig> {
  const repo = await createTempRepo(options);
  const port = value(await createGitPort(repo.path));
  const worktrees = join(repo.around, 'work trees', 'run-1');
  const head = async (): Promise<Oid> => oid(await repo.git('rev-parse', 'HEAD'));
  return {
    repo,
    port,
    worktrees,
    head,
    start: async (task, base) => {
      const spec = specOf({ worktrees, task, base: base ?? (await head()) });
      return worktreeAt(spec, value(await port.ensureWorktree(spec)).path);
    },
    commitOn: (parents, files, options = {}) =>
      importCommit(repo, { parents: typeof parents === 'string' ? [parents] : parents, files, ...options }),
    remove: async () => {
      await port.close();
      await repo.remove();
    },
  };
}

/** What is asked of the port for a task's worktree. */
export function specOf(of: { readonly worktrees: string; readonly task: string; readonly base: Oid }): {
  readonly path: string;
  readonly branch: string;
  readonly base: Oid;
  readonly reason: string;
} {
  return {
    path: join(of.worktrees, of.task),
    branch: `weft/run-1/${of.task}/work`,
    base: of.base,
    reason: `weft run=run-1 task=${of.task}`,
  };
}

/** One process instead of a checkout, an add and a commit. */
async function importCommit(
  repo: TempRepo,
  what: CommitOptions & { readonly parents: readonly Oid[]; readonly files: Files },
): Promise<Oid> {
  const ref = `refs/test/${randomUUID()}`;
  const sized = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}\n`;
  const [first, ...others] = what.parents;
  const lines = [
    `commit ${ref}\n`,
    `author ${what.author ?? 'Ada Agent <ada@example.org>'} ${what.date ?? '1700000000 +0000'}\n`,
    'committer Uma User <uma@example.org> 1700000000 +0000\n',
    sized(what.message ?? `change ${Object.keys(what.files).join(' ')}`),
    ...(first === undefined ? [] : [`from ${first}\n`]),
    ...others.map((parent) => `merge ${parent}\n`),
    ...Object.entries(what.files).map(([path, text]) => {
      const mode = what.modes?.[path] ?? '100644';
      if (text === null) return `D ${path}\n`;
      return mode === '160000' ? `M ${mode} ${text} ${path}\n` : `M ${mode} inline ${path}\n${sized(text)}`;
    }),
  ];
  const stream = join(repo.around, ref.replaceAll('/', '-'));
  await writeFile(stream, lines.join(''));
  const script = 'git fast-import --quiet < "$1" && git rev-parse "$2" && git update-ref -d "$2"';
  const { stdout } = await runFile('sh', ['-c', script, 'sh', stream, ref], {
    cwd: repo.path,
    env: testGitEnv(),
  });
  return oid(stdout.trim());
}

function worktreeAt(spec: { readonly branch: string; readonly base: Oid }, path: string): Worktree {
  const git = (...args: readonly string[]): Promise<string> => runTestGit(path, args);
  const write = (file: string, text: string): Promise<void> => writeDeep(join(path, file), text);
  return {
    path,
    branch: spec.branch,
    base: spec.base,
    git,
    write,
    commit: async (files) => {
      for (const [file, text] of Object.entries(files)) await write(file, text);
      await git('add', '-A');
      await git('commit', '-q', '-m', `change ${Object.keys(files).join(' ')}`);
      return oid(await git('rev-parse', 'HEAD'));
    },
  };
}

/** Writes a file and the folders above it. */
export async function writeDeep(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}
