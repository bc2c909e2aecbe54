// Tells when issues may have changed: by the journal of newer versions, else by the files of the database. Reads no issue.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type FSWatcher, watch } from 'node:fs';
import { takeFingerprint } from './fingerprint.ts';

/** What is watched, and how. */
export interface WatchSetting {
  readonly beadsDir: string;
  /** Command that prints a line for each change and stays; null: this version has none. */
  readonly follow: readonly [program: string, ...args: string[]] | null;
  readonly cwd: string;
  /** Wall time in ms at which something becomes due by itself; null: nothing does. */
  readonly dueAt: () => number | null;
  /** Fingerprint at the last load, so that what happened between it and the watch is told; null: there was none. */
  readonly loaded: string | null;
  /** How long a load takes, in ms. */
  readonly loadMs: () => number;
}

/** How long a change is let settle. */
const SETTLE_MS = 200;
/** How often files are looked at, for changes that nobody told of. */
const LOOK_MS = 10_000;
/** Where nothing tells, a load is asked for this often at most, and takes at most a twentieth of the time. */
const BLIND_MS = 30_000;
const BLIND_SHARE = 20;

/** Calls `changed` until the signal, then resolves. */
export async function watchBeads(
  setting: WatchSetting,
  changed: () => void,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return;
  const child = setting.follow === null ? null : startFollowing(setting, setting.follow, changed);
  const watchers = new Map<string, FSWatcher>();
  const first = await takeFingerprint(setting.beadsDir);
  let last = { ...first, text: setting.loaded ?? first.text };
  let lastAt = Date.now();
  let settling: NodeJS.Timeout | undefined;
  let pending: Promise<void> | null = null;

  const look = async (): Promise<void> => {
    const now = await takeFingerprint(setting.beadsDir);
    const dueAt = setting.dueAt();
    const isDue = dueAt !== null && dueAt > lastAt && dueAt <= Date.now();
    const isBlind =
      now.text === null && Date.now() - lastAt >= Math.max(BLIND_MS, BLIND_SHARE * setting.loadMs());
    const isNews = now.text !== last.text || isDue || isBlind;
    last = now;
    attend();
    if (!isNews || signal.aborted) return;
    lastAt = Date.now();
    changed();
  };
  const lookInTurn = (): void => {
    pending ??= look().finally(() => {
      pending = null;
    });
  };
  const settle = (): void => {
    clearTimeout(settling);
    settling = setTimeout(lookInTurn, SETTLE_MS);
  };
  // new folders appear when a database is made anew
  const attend = (): void => {
    for (const folder of last.folders) {
      if (watchers.has(folder)) continue;
      try {
        const watcher = watch(folder, { persistent: false }, settle);
        watchers.set(folder, watcher);
        watcher.on('error', () => {
          watcher.close();
          watchers.delete(folder);
        });
      } catch {
        // the next look finds what it would have told
      }
    }
  };

  attend();
  lookInTurn();
  const timer = setInterval(lookInTurn, LOOK_MS);
  if (!signal.aborted) await once(signal, 'abort');
  clearInterval(timer);
  clearTimeout(settling);
  for (const watcher of watchers.values()) watcher.close();
  child?.();
  await pending;
}

/** The files are watched beside it: a follower that ends, or says nothing, loses no change. */
function startFollowing(
  { cwd, beadsDir }: WatchSetting,
  [program, ...args]: readonly [string, ...string[]],
  changed: () => void,
): () => void {
  const words = [`BEADS_DIR=${beadsDir}`, program, ...args];
  const child = spawn('env', words, { cwd, stdio: ['ignore', 'pipe', 'ignore'] });
  let settling: NodeJS.Timeout | undefined;
  child.on('error', () => undefined);
  child.stdout.on('data', () => {
    clearTimeout(settling);
    settling = setTimeout(changed, SETTLE_MS);
  });
  return () => {
    clearTimeout(settling);
    child.kill('SIGTERM');
  };
}
