// What differs from HEAD in a place, and putting it into an index. Knows nothing of commits or why it is asked.
import { lstat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { git, gitFields, type Place } from './exec.ts';

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
export async function listChanges(place: Place): Promise<readonly Change[]> {
  const flags = ['--untracked-files=all', '--no-renames', '--ignore-submodules=dirty'];
  const args = ['status', '--porcelain=v1', '-z', ...flags];
  const fields = await gitFields(place, { args, encoding: 'latin1', timeoutMs: STATUS_MS });
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
  const open = changes.filter((change) => change.unstaged);
  // first what is gone: a link may have taken the place of its folder, which git would not look through
  await updateIndex(
    place,
    ['--force-remove'],
    open.filter((change) => change.deleted),
  );
  await updateIndex(
    place,
    ['--add', '--remove', '--replace'],
    open.filter((change) => !change.deleted),
  );
  return changes;
}

async function updateIndex(place: Place, how: readonly string[], changes: readonly Change[]): Promise<void> {
  if (changes.length === 0) return;
  const input = changes.map((change) => `${change.bytes}\0`).join('');
  const args = ['update-index', ...how, '-z', '--stdin'];
  await git(place, { args, input, encoding: 'latin1', timeoutMs: STATUS_MS });
}

/** Takes marks away by which git would not look at files that are there: what is behind them is work like any other. */
export async function revealEntries(place: Place): Promise<void> {
  const fields = await gitFields(place, { args: ['ls-files', '-v', '-z'], encoding: 'latin1' });
  const marked = fields.filter((field) => /^[a-zS] /.test(field));
  const hidden: string[] = [];
  for (const field of marked) {
    const bytes = field.slice(2);
    const file = join(place.cwd, Buffer.from(bytes, 'latin1').toString());
    // a file that a sparse checkout leaves out is not there
    const isThere = await lstat(file).then(
      () => true,
      () => false,
    );
    if (isThere || field.startsWith('h')) hidden.push(`${bytes}\0`);
  }
  if (hidden.length === 0) return;
  for (const how of ['--no-assume-unchanged', '--no-skip-worktree']) {
    await git(place, {
      args: ['update-index', how, '-z', '--stdin'],
      input: hidden.join(''),
      encoding: 'latin1',
    });
  }
}

/** Tells whether entries of the index are marked so that git does not look at their files. */
export async function hasHiddenEntries(place: Place): Promise<boolean> {
  const fields = await gitFields(place, { args: ['ls-files', '-v', '-z'] });
  return fields.some((field) => /^[a-zS]/.test(field));
}
