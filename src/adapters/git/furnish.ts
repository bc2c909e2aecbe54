// Gives a worktree what git does not: local files named by `.worktreeinclude`, and dependency folders that still fit.
// Copies, never links: a linked node_modules makes tests run against the main checkout's sources.
import { constants, type Stats } from 'node:fs';
import {
  chmod,
  copyFile,
  lstat,
  mkdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  symlink,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import { git, gitFields, giveUp, type Place, runBeside, splitFields } from './exec.ts';
import { exists, placeOf } from './metadata.ts';
import { isWithin } from './processes.ts';
import { canonical, type Repository, stampOf } from './repository.ts';

const INCLUDE = '.worktreeinclude';
const MAX_FILES = 10_000;
const MAX_BYTES = 1024 * 1024 * 1024;
const COPY_MS = 900_000;
const FRESH_MS = 10_000;
const DEPENDENCIES = 'node_modules';

/** Files that pin what a dependency folder holds. */
export const LOCKFILES: readonly string[] = [
  'package-lock.json',
  'npm-shrinkwrap.json',
  'pnpm-lock.yaml',
  'yarn.lock',
  'bun.lock',
  'bun.lockb',
];

/** Copies local files and dependency folders from the main checkout into a worktree that lacks them. */
export async function furnish(repo: Repository, worktree: string): Promise<void> {
  const path = await canonical(worktree);
  const place = await placeOf(repo, path);
  if (path === repo.root) throw new Error('Internal error: the main checkout is not to be furnished');
  await copyIncluded(repo, path);
  await copyDependencies(repo, place);
}

/** Copies what `.worktreeinclude` (gitignore syntax, judged by git) names and git ignores; existing files stay. */
async function copyIncluded(repo: Repository, worktree: string): Promise<void> {
  const list = join(repo.root, INCLUDE);
  if (!(await exists(list))) return;
  const named = await gitFields(repo.main, {
    args: ['ls-files', '-o', '-i', '-z', `--exclude-from=${list}`],
  });
  const ignored = await findIgnored(repo.main, named);
  if (ignored.length > MAX_FILES) {
    giveUp(`${INCLUDE} names ${ignored.length} files; the limit is ${MAX_FILES}.`, 'Name fewer files in it.');
  }
  let bytes = 0;
  for (const file of ignored) {
    const from = join(repo.root, file);
    const stats = await lstat(from).catch(() => null);
    bytes += stats?.size ?? 0;
    if (bytes > MAX_BYTES)
      giveUp(`${INCLUDE} names more than ${MAX_BYTES} bytes.`, 'Name fewer files in it.');
    if (stats !== null) await copyFileOver({ from, to: join(worktree, file), stats, within: worktree });
  }
}

async function findIgnored(place: Place, paths: readonly string[]): Promise<readonly string[]> {
  if (paths.length === 0) return [];
  const call = { args: ['check-ignore', '-z', '--stdin'], input: paths.join('\0'), codes: [0, 1] };
  return splitFields((await git(place, call)).stdout);
}

async function copyFileOver(what: {
  readonly from: string;
  readonly to: string;
  readonly stats: Stats;
  readonly within: string;
}): Promise<void> {
  const { from, to, stats } = what;
  if (await exists(to)) return;
  await mkdir(dirname(to), { recursive: true });
  // an agent's link in place of a folder must not lead the copy out of the worktree
  if (!isWithin(what.within, await realpath(dirname(to)))) return;
  if (stats.isSymbolicLink()) return symlink(await readlink(from), to);
  if (!stats.isFile()) return;
  await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  await chmod(to, stats.mode);
}

/** Copies each `node_modules` of the main checkout whose lockfiles are the same in the worktree. */
async function copyDependencies(repo: Repository, place: Place): Promise<void> {
  const folders: string[] = [];
  for (const folder of (await listManifests(repo)).map((file) => dirname(file))) {
    if (await isWanted(repo, place, folder)) folders.push(folder);
  }
  if (folders.length === 0) return;
  const probe = folders.map((folder) => join(folder, DEPENDENCIES, 'probe'));
  const ignored = new Set(await findIgnored(place, probe));
  for (const folder of folders) {
    // what git would not ignore would be committed with the agent's work
    if (ignored.has(join(folder, DEPENDENCIES, 'probe')))
      await copyTree(repo, place, join(folder, DEPENDENCIES));
  }
}

/** The manifests that the main checkout has, listed again only when its index is another, and not at every landing. */
async function listManifests(repo: Repository): Promise<readonly string[]> {
  const stamp = await stampOf(join(repo.commonDir, 'index'));
  const known = manifests.get(repo);
  const now = performance.now();
  // dependencies of a manifest that landed just now are not installed in the main checkout yet
  if (known !== undefined && (known.stamp === stamp || now - known.at < FRESH_MS)) return known.files;
  const files = await gitFields(repo.main, { args: ['ls-files', '-z', '--', ':(glob)**/package.json'] });
  manifests.set(repo, { stamp, files, at: now });
  return files;
}

/** `at` is monotonic, in milliseconds. */
const manifests = new WeakMap<
  Repository,
  { readonly stamp: string; readonly files: readonly string[]; readonly at: number }
>();

async function isWanted(repo: Repository, place: Place, folder: string): Promise<boolean> {
  const source = await lstat(join(repo.root, folder, DEPENDENCIES)).catch(() => null);
  if (source?.isDirectory() !== true) return false;
  if (!(await exists(join(place.cwd, folder)))) return false;
  if (await exists(join(place.cwd, folder, DEPENDENCIES))) return false;
  if (!isWithin(place.cwd, await realpath(join(place.cwd, folder)))) return false;
  return haveSameLockfiles({ main: repo.root, worktree: place.cwd, folder });
}

/** Compares the lockfiles of a folder and of all folders above it; without any, nothing vouches for a copy. */
async function haveSameLockfiles(of: {
  readonly main: string;
  readonly worktree: string;
  readonly folder: string;
}): Promise<boolean> {
  let found = false;
  for (let folder = of.folder; ; folder = dirname(folder)) {
    for (const name of LOCKFILES) {
      const [ours, theirs] = await Promise.all([
        readFile(join(of.main, folder, name)).catch(() => null),
        readFile(join(of.worktree, folder, name)).catch(() => null),
      ]);
      if (ours === null && theirs === null) continue;
      if (ours === null || theirs === null || !ours.equals(theirs)) return false;
      found = true;
    }
    if (folder === '.') return found;
  }
}

/** Copies beside the worktree first and renames, so that a copy killed half-way never looks complete. */
async function copyTree(repo: Repository, place: Place, folder: string): Promise<void> {
  const half = join(dirname(place.cwd), `.${basename(place.cwd)}.weft-copy`);
  await rm(half, { recursive: true, force: true });
  const clone = process.platform === 'darwin' ? ['-R', '-p', '-c'] : ['-a', '--reflink=auto'];
  const call = { cwd: place.cwd, timeoutMs: COPY_MS };
  const end = await runBeside(place, 'cp', [...clone, '--', join(repo.root, folder), half], call);
  if (end.code !== 0) {
    await repo.trash.discard(half);
    giveUp(`${folder} could not be copied: ${end.trouble ?? end.stderr.trim().slice(0, 300)}.`);
  }
  await rename(half, join(place.cwd, folder));
}
