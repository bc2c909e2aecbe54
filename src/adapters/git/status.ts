// What differs from HEAD in a place, and putting it into an index. Knows nothing of commits or why it is asked.
import { lstat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { git, gitFields, type Place } from './exec.ts';
import { type IndexEntries, readIndex } from './index-file.ts';
import { exists } from './metadata.ts';

const STATUS_MS = 1_800_000;
/** Folders that a link stands in for in some set-ups; an ignore rule `node_modules/` does not cover such a link. */
const LINKED_FOLDERS = new Set(['node_modules']);

/** One path that differs from HEAD. */
export interface Change {
  readonly path: string;
  /** The path's bytes, one letter each: a name need not be text. */
  readonly bytes: string;
  readonly untracked: boolean;
  /** The working tree has more than the index. */
  readonly unstaged: boolean;
  /** The index has it, the working tree does not. */
  readonly deleted: boolean;
  /** An untracked repository of its own. */
  readonly repository: boolean;
}

/** Lists what differs from HEAD: staged, changed and untracked, not ignored; moved submodules count, dirty ones do not. */
export async function listChanges(place: Place, timeoutMs: number = STATUS_MS): Promise<readonly Change[]> {
  const flags = ['--untracked-files=all', '--no-renames', '--ignore-submodules=dirty'];
  const args = ['status', '--porcelain=v1', '-z', ...flags];
  const fields = await gitFields(place, { args, encoding: 'latin1', timeoutMs });
  return fields.map((field) => {
    const bytes = field.slice(3);
    const path = Buffer.from(bytes, 'latin1').toString('utf8');
    const untracked = field.startsWith('??');
    const repository = untracked && path.endsWith('/');
    return { path, bytes, untracked, unstaged: field[1] !== ' ', deleted: field[1] === 'D', repository };
  });
}

/** Keeps the changes that are work: neither repositories within the worktree nor links in place of dependency folders. */
export async function keepWork(place: Place, changes: readonly Change[]): Promise<readonly Change[]> {
  const kept: Change[] = [];
  for (const change of changes) {
    if (change.repository) continue;
    if (change.untracked && LINKED_FOLDERS.has(basename(change.path))) {
      const found = await lstat(join(place.cwd, change.path)).catch(() => null);
      if (found?.isSymbolicLink() === true) continue;
    }
    kept.push(change);
  }
  return kept;
}

/**
 * Puts the changes chosen by `choose` into the place's index and returns all chosen ones. Path by path: pathspecs cost the
 * square of their number, stop at names that are not text, and are held to the user's sparse checkout.
 */
export async function stageChanges(
  place: Place,
  choose: (change: Change) => boolean,
): Promise<readonly Change[]> {
  const changes = (await keepWork(place, await listChanges(place))).filter(choose);
  await stage(place, changes);
  return changes;
}

/** Puts those of the changes into the place's index that it does not have yet. */
export async function stage(
  place: Place,
  changes: readonly Change[],
  timeoutMs: number = STATUS_MS,
): Promise<void> {
  const open = changes.filter((change) => change.unstaged);
  // first what is gone: a link may have taken the place of its folder, which git would not look through
  const bytesOf = (deleted: boolean): readonly string[] =>
    open.filter((change) => change.deleted === deleted).map((change) => change.bytes);
  await updateIndex(place, ['--force-remove'], bytesOf(true), timeoutMs);
  await updateIndex(place, ['--add', '--remove', '--replace'], bytesOf(false), timeoutMs);
}

/** Tells git's `update-index` about paths, given as their bytes. */
async function updateIndex(
  place: Place,
  how: readonly string[],
  paths: readonly string[],
  timeoutMs: number = STATUS_MS,
): Promise<void> {
  if (paths.length === 0) return;
  const input = paths.map((path) => `${path}\0`).join('');
  const args = ['update-index', ...how, '-z', '--stdin'];
  await git(place, { args, input, encoding: 'latin1', timeoutMs });
}

/** Takes marks away by which git would not look at files that are there: what is behind them is work like any other. */
export async function revealEntries(place: Place): Promise<void> {
  const hidden: string[] = [];
  for (const { mark, bytes } of await listMarked(place)) {
    // a file that a sparse checkout leaves out is not there
    const file = join(place.cwd, Buffer.from(bytes, 'latin1').toString());
    if (mark === 'h' || (await exists(file))) hidden.push(bytes);
  }
  for (const how of ['--no-assume-unchanged', '--no-skip-worktree']) await updateIndex(place, [how], hidden);
}

/** Tells whether entries of the index are marked so that git does not look at their files. */
export async function hasHiddenEntries(place: Place): Promise<boolean> {
  return (await listMarked(place)).length > 0;
}

async function listMarked(place: Place): Promise<IndexEntries['marked']> {
  const read = await readIndexOf(place);
  if (read !== null) return read.marked;
  const fields = await gitFields(place, { args: ['ls-files', '-v', '-z'], encoding: 'latin1' });
  return fields
    .filter((field) => /^[a-zS]/.test(field))
    .map((field) => ({ mark: field.slice(0, 1), bytes: field.slice(2) }));
}

/** Lists the paths at which the index has a commit of another repository. */
export async function listGitlinks(place: Place): Promise<readonly string[]> {
  const read = await readIndexOf(place);
  if (read !== null) return read.gitlinks.map((bytes) => Buffer.from(bytes, 'latin1').toString());
  const fields = await gitFields(place, { args: ['ls-files', '-s', '-z'] });
  return fields.filter((field) => field.startsWith('160000 ')).map((field) => field.split('\t')[1] ?? '');
}

function readIndexOf({ env, shared }: Place): Promise<IndexEntries | null> {
  const gitDir = env['GIT_DIR'] ?? shared?.commonDir;
  const file = env['GIT_INDEX_FILE'] ?? (gitDir === undefined ? null : join(gitDir, 'index'));
  return file === null ? Promise.resolve(null) : readIndex(file);
}
