// What differs from HEAD in a place, and putting it into an index. Knows nothing of commits or why it is asked.
import { lstat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { accept, git, gitFields, type Place, runGit } from './exec.ts';

const STAGE_TRIES = 3;
/** Folders that a link stands in for in some set-ups; an ignore rule `node_modules/` does not cover such a link. */
const LINKED_FOLDERS = new Set(['node_modules']);

/** One path that differs from HEAD. */
export interface Change {
  readonly path: string;
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
  const fields = await gitFields(place, { args: ['status', '--porcelain=v1', '-z', ...flags] });
  return fields.map((field) => {
    const path = field.slice(3);
    const untracked = field.startsWith('??');
    const repository = untracked && path.endsWith('/');
    return { path, untracked, unstaged: field[1] !== ' ', deleted: field[1] === 'D', repository };
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

/** Puts the changes chosen by `choose` into the place's index and returns all chosen ones. */
export async function stageChanges(
  place: Place,
  choose: (change: Change) => boolean,
): Promise<readonly Change[]> {
  for (let tries = 1; ; tries += 1) {
    const changes = (await keepWork(place, await listChanges(place))).filter(choose);
    const paths = changes.filter((change) => change.unstaged).map((change) => change.path);
    if (paths.length === 0) return changes;
    const call = {
      args: ['add', '--all', '--pathspec-from-file=-', '--pathspec-file-nul'],
      env: { GIT_LITERAL_PATHSPECS: '1' },
      input: paths.join('\0'),
    };
    const end = await runGit(place, call);
    // a file that a straggler deletes between the two commands makes git refuse them all
    if (end.stderr.includes('did not match any files') && tries < STAGE_TRIES) continue;
    if (end.stderr.includes('is beyond a symbolic link') && tries < STAGE_TRIES) {
      // a link took a folder's place: git does not add the deletion of what was in it
      const gone = changes.filter((change) => change.deleted).map((change) => change.path);
      const args = ['update-index', '--force-remove', '-z', '--stdin'];
      await git(place, { args, input: gone.join('\0') });
      continue;
    }
    accept(call, end);
    return changes;
  }
}

/** Tells whether entries of the index are marked so that git does not look at their files. */
export async function hasHiddenEntries(place: Place): Promise<boolean> {
  const fields = await gitFields(place, { args: ['ls-files', '-v', '-z'] });
  return fields.some((field) => /^[a-zS]/.test(field));
}
