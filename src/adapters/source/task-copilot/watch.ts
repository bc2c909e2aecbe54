// Tells when a database may have changed, by its file and its log of writes. Opens no database.
import { type FSWatcher, statSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';

/** Many writes in a row are one change. */
const SETTLE_MS = 200;
/** Where the system tells nothing of files, as on some network disks. */
const POLL_MS = 5_000;

/** Calls `changed` after a change by whoever, and resolves after the signal. */
export function watchDatabase(path: string, changed: () => void, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    let seen = printOf(path);
    let settling: NodeJS.Timeout | null = null;
    const look = (): void => {
      settling = null;
      const now = printOf(path);
      if (now === seen) return;
      seen = now;
      changed();
    };
    const settle = (): void => {
      settling ??= setTimeout(look, SETTLE_MS);
    };
    const watcher = watchFolder(path, settle);
    const poll = setInterval(settle, POLL_MS);
    poll.unref();
    signal.addEventListener(
      'abort',
      () => {
        watcher?.close();
        clearInterval(poll);
        if (settling !== null) clearTimeout(settling);
        resolve();
      },
      { once: true },
    );
  });
}

function watchFolder(path: string, settle: () => void): FSWatcher | null {
  const names = [basename(path), `${basename(path)}-wal`];
  try {
    const watcher = watch(dirname(path), { persistent: false }, (_, name) => {
      // readers write to the third file, the index of the log
      if (name === null || names.includes(name)) settle();
    });
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    return null;
  }
}

/** An empty log is as good as none: readers make one. */
function printOf(path: string): string {
  const print = (file: string): string => {
    const stat = statSync(file, { throwIfNoEntry: false });
    return stat === undefined || (stat.size === 0 && file !== path)
      ? ''
      : `${stat.ino}:${stat.size}:${stat.mtimeMs}`;
  };
  try {
    return `${print(path)} ${print(`${path}-wal`)}`;
  } catch {
    return '';
  }
}
