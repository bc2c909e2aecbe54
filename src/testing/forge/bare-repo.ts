// Git plumbing on a bare repository: references, commits, trees, differences. Knows nothing of pull requests.
import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { testGitEnv } from '../temp-repo.ts';

/** What a git process left behind. */
export interface GitOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Who wrote a commit, and when, in seconds since 1970. */
export interface Signature {
  readonly name: string;
  readonly email: string;
  readonly at: number;
}

/** A commit as git stores it. */
export interface Commit {
  readonly sha: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Signature;
  readonly committer: Signature;
  readonly message: string;
}

/** A file that differs between two commits. */
export interface FileChange {
  readonly path: string;
  readonly status: 'added' | 'modified' | 'removed';
  /** Object name of its new text, of the old one when it was removed. */
  readonly sha: string;
  readonly additions: number;
  readonly deletions: number;
  /** Its hunks; empty for binary files. */
  readonly patch: string;
}

/** One row of a folder in a commit. */
export interface TreeEntry {
  readonly type: 'blob' | 'tree' | 'commit';
  readonly sha: string;
  readonly size: number;
  readonly path: string;
}

const MAX_OUTPUT_BYTES = 32 * 1024 * 1024;
const MAX_COMMITS = 250;

/** Runs git in a repository; never rejects because git failed. */
export function runGit(
  dir: string,
  args: readonly string[],
  options: { readonly input?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<GitOutcome> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', args, { cwd: dir, env: { ...testGitEnv(), ...options.env } });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let bytes = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= MAX_OUTPUT_BYTES) out.push(chunk);
      else child.kill('SIGKILL');
    });
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.on('error', reject);
    child.on('close', (code) =>
      resolve({
        code: code ?? -1,
        stdout: Buffer.concat(out).toString(),
        stderr: Buffer.concat(err).toString(),
      }),
    );
    // git may end before it has read everything
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });
}

async function must(
  dir: string,
  args: readonly string[],
  options: { readonly input?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<string> {
  const { code, stdout, stderr } = await runGit(dir, args, options);
  if (code !== 0) throw new Error(`Internal error: git ${args.join(' ')} failed: ${stderr}`);
  return stdout;
}

const CONFIG = `[core]
\trepositoryformatversion = 0
\tfilemode = true
\tbare = true
[http]
\treceivepack = true
[uploadpack]
\tallowAnySHA1InWant = true
[transfer]
\thideRefs = refs/forge
[gc]
\tauto = 0
[receive]
\tautogc = false
[maintenance]
\tauto = false
`;

/** Makes an empty bare repository that may be read and pushed to over HTTP. */
export async function createBareRepo(dir: string, defaultBranch: string): Promise<void> {
  for (const folder of ['objects', 'refs/heads', 'hooks'])
    await mkdir(join(dir, folder), { recursive: true });
  await writeFile(join(dir, 'HEAD'), `ref: refs/heads/${defaultBranch}\n`);
  await writeFile(join(dir, 'config'), CONFIG);
}

/** Finds the commit that a revision names; null: there is none. */
export async function resolveCommit(dir: string, revision: string): Promise<string | null> {
  if (revision === '' || revision.startsWith('-')) return null;
  const { code, stdout } = await runGit(dir, ['rev-parse', '--verify', '-q', `${revision}^{commit}`]);
  return code === 0 ? stdout.trim() : null;
}

/** References below a prefix with their commits. */
export async function listRefs(dir: string, prefix: string): Promise<ReadonlyMap<string, string>> {
  const text = await must(dir, ['for-each-ref', '--format=%(refname) %(objectname)', prefix]);
  const rows = text.split('\n').filter((line) => line !== '');
  return new Map(rows.map((line) => [line.slice(0, -41), line.slice(-40)]));
}

/** Moves, creates or (`to` null) deletes a reference; false: git refused, for instance as it is not at `from`. */
export async function updateRef(
  dir: string,
  { ref, to, from }: { readonly ref: string; readonly to: string | null; readonly from?: string },
): Promise<boolean> {
  const old = from === undefined ? [] : [from];
  const args = to === null ? ['update-ref', '-d', ref, ...old] : ['update-ref', ref, to, ...old];
  return (await runGit(dir, args)).code === 0;
}

/** Tells whether everything in `older` is in `newer`. */
export async function isAncestor(
  dir: string,
  { older, newer }: { readonly older: string; readonly newer: string },
): Promise<boolean> {
  return (await runGit(dir, ['merge-base', '--is-ancestor', older, newer])).code === 0;
}

/** Finds the best common ancestor; null: the histories have nothing in common. */
export async function findMergeBase(
  dir: string,
  revisions: readonly [string, string],
): Promise<string | null> {
  const { code, stdout } = await runGit(dir, ['merge-base', ...revisions]);
  return code === 0 ? stdout.trim() : null;
}

/** Counts the commits that only `head` has, and those that only `base` has. */
export async function countApart(
  dir: string,
  { base, head }: { readonly base: string; readonly head: string },
): Promise<{ readonly ahead: number; readonly behind: number }> {
  const text = await must(dir, ['rev-list', '--left-right', '--count', `${base}...${head}`]);
  const [behind = 0, ahead = 0] = text.trim().split(/\s+/).map(Number);
  return { ahead, behind };
}

const FORMAT = '%H%x00%T%x00%P%x00%an%x00%ae%x00%at%x00%cn%x00%ce%x00%ct%x00%B%x00%x01';

/** Commits that `range` reaches, newest first, 250 at most. */
export async function listCommits(
  dir: string,
  range: readonly string[],
  limit: number = MAX_COMMITS,
): Promise<readonly Commit[]> {
  const text = await must(dir, [
    'log',
    `--max-count=${limit}`,
    '--topo-order',
    `--format=${FORMAT}`,
    ...range,
  ]);
  return text
    .split('\x01')
    .map((record) => record.replace(/^\n/, '').split('\0'))
    .flatMap((fields) => (fields.length < 10 ? [] : [readCommit(fields)]));
}

function readCommit(fields: readonly string[]): Commit {
  const [sha = '', tree = '', parents = '', an = '', ae = '', at = '', cn = '', ce = '', ct = '', text = ''] =
    fields;
  return {
    sha,
    tree,
    parents: parents.split(' ').filter((parent) => parent !== ''),
    author: { name: an, email: ae, at: Number(at) },
    committer: { name: cn, email: ce, at: Number(ct) },
    message: text.replace(/\n+$/, ''),
  };
}

/** Merges two commits without a checkout; null: they conflict or have nothing in common. */
export async function mergeTrees(dir: string, sides: readonly [string, string]): Promise<string | null> {
  const { code, stdout } = await runGit(dir, ['merge-tree', '--write-tree', ...sides]);
  return code === 0 ? stdout.trim() : null;
}

/** What a commit is made of. */
export interface NewCommit {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly message: string;
  readonly author: Signature;
  readonly committer: Signature;
}

/** Writes a commit; no reference moves. */
export async function writeCommit(dir: string, commit: NewCommit): Promise<string> {
  const args = ['commit-tree', commit.tree, ...commit.parents.flatMap((parent) => ['-p', parent])];
  const env = {
    GIT_AUTHOR_NAME: commit.author.name,
    GIT_AUTHOR_EMAIL: commit.author.email,
    GIT_AUTHOR_DATE: `@${commit.author.at} +0000`,
    GIT_COMMITTER_NAME: commit.committer.name,
    GIT_COMMITTER_EMAIL: commit.committer.email,
    GIT_COMMITTER_DATE: `@${commit.committer.at} +0000`,
  };
  return (await must(dir, args, { input: commit.message, env })).trim();
}

/** Writes a commit that changes whole files (null deletes one) on top of `parent`; no visible reference moves. */
export async function writeFiles(
  dir: string,
  change: {
    readonly parent: string | null;
    readonly files: Readonly<Record<string, string | null>>;
    readonly message: string;
    readonly author: Signature;
  },
): Promise<string> {
  const { author, message } = change;
  const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}\n`;
  const lines = [
    'commit refs/forge/scratch\nmark :1\n',
    `committer ${author.name} <${author.email}> ${author.at} +0000\n`,
    data(message),
    change.parent === null ? '' : `from ${change.parent}\n`,
    ...Object.entries(change.files).map(([path, text]) =>
      text === null ? `D ${path}\n` : `M 100644 inline ${path}\n${data(text)}`,
    ),
    `\nget-mark :1\nreset refs/forge/scratch\nfrom ${'0'.repeat(40)}\n\n`,
  ];
  const sha = await must(dir, ['fast-import', '--quiet', '--force'], { input: lines.join('') });
  return sha.trim();
}

/** Files that differ between two commits, by path; odd characters in names are as git quotes them. */
export async function listChanges(
  dir: string,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<readonly FileChange[]> {
  const flags = ['--no-renames', '--no-color', '--raw', '--abbrev=40', '--numstat', '--patch'];
  const text = await must(dir, ['-c', 'core.quotePath=false', 'diff', ...flags, from, to]);
  const [head = '', ...patches] = text.split(/^diff --git .*\n/m);
  const lines = head.split('\n');
  const rows = lines.flatMap((line) => {
    const match = /^:\d+ \d+ ([0-9a-f]+) ([0-9a-f]+) ([A-Z])\t/.exec(line);
    return match === null ? [] : [match];
  });
  const counts = lines.flatMap((line) => {
    const match = /^(\d+|-)\t(\d+|-)\t(.*)$/.exec(line);
    return match === null ? [] : [match];
  });
  return counts.map(([, additions, deletions, path = ''], at) => ({
    path,
    status: nameStatus(rows[at]?.[3] ?? 'M'),
    sha: (rows[at]?.[3] === 'D' ? rows[at]?.[1] : rows[at]?.[2]) ?? '',
    additions: Number(additions) || 0,
    deletions: Number(deletions) || 0,
    patch: (/^@@[\s\S]*/m.exec(patches[at] ?? '')?.[0] ?? '').replace(/\n$/, ''),
  }));
}

function nameStatus(letter: string): FileChange['status'] {
  if (letter === 'A') return 'added';
  return letter === 'D' ? 'removed' : 'modified';
}

/** Rows of a folder, or the one row of a file; empty: there is no such path. */
export async function listTree(
  dir: string,
  { revision, path }: { readonly revision: string; readonly path: string },
): Promise<readonly TreeEntry[]> {
  const { code, stdout } = await runGit(dir, [
    'ls-tree',
    '-l',
    '-z',
    revision,
    ...(path === '' ? [] : [path]),
  ]);
  if (code !== 0) return [];
  return stdout
    .split('\0')
    .map((row) => /^\d+ (blob|tree|commit) ([0-9a-f]{40}) +(\d+|-)\t(.*)$/s.exec(row))
    .flatMap((match) =>
      match === null
        ? []
        : [
            {
              type: match[1] as TreeEntry['type'],
              sha: match[2] ?? '',
              size: Number(match[3]) || 0,
              path: match[4] ?? '',
            },
          ],
    );
}

/** Reads a file by its object name. */
export function readBlob(dir: string, sha: string): Promise<string> {
  return must(dir, ['cat-file', 'blob', sha]);
}
