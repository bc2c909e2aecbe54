// Counts what a worktree has that its branch did not start from, while somebody works there. Changes and locks nothing.
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChangeCount } from '../../ports/git.ts';
import { gitFields } from './exec.ts';
import { placeOf } from './metadata.ts';
import type { Repository } from './repository.ts';
import { keepWork, listChanges } from './status.ts';
import { startRefOf } from './worktree.ts';

/** Time for each git. */
const LOOK_MS = 10_000;
/** Files that git does not know yet are read for their lines, up to so many of such a size. */
const MAX_FILES = 500;
const MAX_BYTES = 1024 * 1024;

/** Counts files and lines, committed or not; ignored ones do not count. Fails where the branch was not started by weft. */
export async function countChanges(
  repo: Repository,
  what: { readonly worktree: string; readonly branch: string },
): Promise<ChangeCount> {
  const place = await placeOf(repo, what.worktree);
  const flags = ['--numstat', '-z', '--no-renames', '--no-ext-diff', '--no-textconv'];
  const args = ['diff', ...flags, '--ignore-submodules=dirty', startRefOf(what.branch), '--'];
  const fields = await gitFields(place, { args, timeoutMs: LOOK_MS });
  let [added, deleted] = [0, 0];
  for (const field of fields) {
    const [more = '', less = ''] = field.split('\t');
    added += Number(more) || 0;
    deleted += Number(less) || 0;
  }
  const changes = (await listChanges(place, LOOK_MS)).filter(({ untracked }) => untracked);
  const fresh = await keepWork(place, changes);
  for (const { path } of fresh.slice(0, MAX_FILES)) added += await countLines(join(what.worktree, path));
  return { files: fields.length + fresh.length, added, deleted };
}

/** None of what is no text, or not to be read. */
async function countLines(path: string): Promise<number> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    try {
      const found = await file.stat();
      if (!found.isFile() || found.size > MAX_BYTES) return 0;
      const bytes = await file.readFile();
      if (bytes.includes(0)) return 0;
      const text = bytes.toString('latin1');
      return text.split('\n').length - (text === '' || text.endsWith('\n') ? 1 : 0);
    } finally {
      await file.close();
    }
  } catch {
    return 0;
  }
}
