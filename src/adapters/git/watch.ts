// Watches a branch by the files git keeps it in, and calls back when it has moved. Knows nothing of what then happens.
import { existsSync, type FSWatcher, mkdirSync, watch } from 'node:fs';
import { dirname, join } from 'node:path';
import { askGitNow } from './exec.ts';
import { findCommit, type Repository } from './repository.ts';

const DEBOUNCE_MS = 50;
/** Pace of looking where the system gives no file events (some network disks, too many watches). */
const BLIND_MS = 2_000;

/** Calls back after the branch moved, appeared or went away; returns how to stop. */
export function watchBranch(repo: Repository, branch: string, moved: () => void): () => void {
  const ref = `refs/heads/${branch}`;
  let stopped = false;
  let timer: NodeJS.Timeout | null = null;
  let looking: Promise<void> = Promise.resolve();

  const look = async (): Promise<void> => {
    const now = await findCommit(repo.main, ref).catch(() => last);
    if (stopped || now === last) return;
    last = now;
    moved();
  };
  const lookSoon = (): void => {
    if (timer !== null || stopped) return;
    timer = setTimeout(() => {
      timer = null;
      looking = looking.then(look);
    }, DEBOUNCE_MS);
    timer.unref();
  };

  const watchers = watchFolders(repo, ref, lookSoon);
  const blind = watchers === null ? setInterval(lookSoon, BLIND_MS).unref() : null;
  // before this call returns: a move right after it must not be taken for the start
  let last = askGitNow(repo.main, ['rev-parse', '--verify', '--quiet', `${ref}^{commit}`]);
  return () => {
    stopped = true;
    for (const watcher of watchers ?? []) watcher.close();
    if (timer !== null) clearTimeout(timer);
    if (blind !== null) clearInterval(blind);
  };
}

/** A branch lives in its own file, in `packed-refs` beside HEAD, or (reftable) in a table; null: no events to be had. */
function watchFolders(repo: Repository, ref: string, changed: () => void): readonly FSWatcher[] | null {
  const own = dirname(join(repo.commonDir, ref));
  const tables = join(repo.commonDir, 'reftable');
  const watchers: FSWatcher[] = [];
  try {
    mkdirSync(own, { recursive: true });
    for (const folder of existsSync(tables) ? [tables] : [own, repo.commonDir]) {
      const watcher = watch(folder, { persistent: false }, changed);
      watcher.on('error', () => watcher.close());
      watchers.push(watcher);
    }
    return watchers;
  } catch {
    for (const watcher of watchers) watcher.close();
    return null;
  }
}
