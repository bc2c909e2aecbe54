// Calls back when a file, or anything in a folder, changes on disk. Knows nothing of what is in them.
import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';

const DEBOUNCE_MS = 50;
/** Pace of calls where the system gives no file events. */
const BLIND_MS = 5_000;

/** Calls `changed` a moment after something changed at the path, and resolves after the signal. */
export function watchPath(
  { path, isFolder }: { readonly path: string; readonly isFolder: boolean },
  changed: () => void,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  let timer: NodeJS.Timeout | null = null;
  let blind: NodeJS.Timeout | null = null;
  const soon = (): void => {
    timer ??= setTimeout(() => {
      timer = null;
      changed();
    }, DEBOUNCE_MS).unref();
  };
  const goBlind = (): void => {
    blind ??= setInterval(soon, BLIND_MS).unref();
  };
  // editors put a new file in the place of the old one, so it is the folder around it that is watched
  const watcher = open(isFolder ? path : dirname(path), isFolder, (name) => {
    if (isFolder || name === null || name === basename(path)) soon();
  });
  if (watcher === null) goBlind();
  watcher?.on('error', () => {
    watcher.close();
    goBlind();
  });
  return new Promise((done) => {
    signal.addEventListener(
      'abort',
      () => {
        watcher?.close();
        if (timer !== null) clearTimeout(timer);
        if (blind !== null) clearInterval(blind);
        done();
      },
      { once: true },
    );
  });
}

function open(folder: string, recursive: boolean, seen: (name: string | null) => void): FSWatcher | null {
  try {
    return watch(folder, { persistent: false, recursive }, (_, name) => seen(name));
  } catch {
    return null;
  }
}
