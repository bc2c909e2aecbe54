// Notices that an attempt's process is gone, its own child or an adopted one. Must not know why anybody waits.
import { existsSync, type FSWatcher, watch } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Exit, Identity } from '../../core/model.ts';
import { FILES, readEarlyExit, readExit, UNKNOWN_EXIT } from './attempt-files.ts';
import { isRunning } from './identity.ts';
import type { ProcessTable } from './process-table.ts';

/** Safety net under the file events: one timer for all waiters, which only glances at most of them. */
const RECHECK_MS = 1_000;

/** Most rounds without a thorough look at a process that seems to run: one that its parent has not buried yet does so, too. */
const MAX_ROUNDS = 16;

/** The shim ends right after it has written the exit. */
const ABOUT_TO_GO_MS = 2;

/** How long something that an ended command left behind may keep its output open. */
const LINGER_MS = 1_000;

interface Waiter {
  readonly dir: string;
  readonly identity: Identity;
  readonly settle: (exit: Exit | null) => void;
  /** Monotonic time at which the command was first seen to have ended, or null. */
  endedAt: number | null;
  /** Rounds until the next thorough look, and from that to the one after it: the longer it runs, the longer it will. */
  rounds: number;
  pause: number;
}

/** Waits for the ends of processes. */
export interface ExitWatch {
  /** Resolves with how the process ended, or with null when the signal fires first. */
  wait(
    where: { readonly dir: string; readonly identity: Identity },
    signal: AbortSignal,
  ): Promise<Exit | null>;
  /** Looks again, because something is known to have changed. */
  recheck(): void;
}

/** Creates a watch; it costs one inotify watch and one glance a second for each process waited for. */
export function createExitWatch(table: ProcessTable): ExitWatch {
  const waiters = new Set<Waiter>();
  let timer: NodeJS.Timeout | null = null;

  const check = (waiter: Waiter): void => {
    const runs = isRunning(table, waiter.identity);
    // Read after the look: a shim that is gone has written what it ever will.
    const exit = readExit(waiter.dir);
    const end = exit ?? readEarlyExit(waiter.dir);
    if (!runs) return waiter.settle(end ?? UNKNOWN_EXIT);
    if (end === null) return;
    waiter.endedAt ??= performance.now();
    if (performance.now() - waiter.endedAt >= LINGER_MS) return waiter.settle(end);
    if (exit !== null) setTimeout(check, ABOUT_TO_GO_MS, waiter);
  };
  const checkAll = (): void => {
    for (const waiter of waiters) check(waiter);
  };
  const glanceAtAll = (): void => {
    for (const waiter of waiters) {
      waiter.rounds -= 1;
      if (waiter.rounds > 0 && seemsToRun(waiter)) continue;
      waiter.pause = Math.min(waiter.pause * 4, MAX_ROUNDS);
      waiter.rounds = waiter.pause;
      check(waiter);
    }
  };

  return {
    wait: (where, signal) =>
      new Promise((resolveExit) => {
        if (signal.aborted) return resolveExit(null);
        const dir = resolve(where.dir);
        const settle = (exit: Exit | null): void => {
          if (!waiters.delete(waiter)) return;
          signal.removeEventListener('abort', abort);
          watcher?.close();
          if (waiters.size === 0 && timer !== null) {
            clearInterval(timer);
            timer = null;
          }
          resolveExit(exit);
        };
        const abort = (): void => settle(null);
        const waiter: Waiter = { dir, identity: where.identity, settle, endedAt: null, rounds: 1, pause: 1 };
        signal.addEventListener('abort', abort);
        waiters.add(waiter);
        const watcher = watchFile(join(dir, FILES.pid), () => check(waiter));
        timer ??= setInterval(glanceAtAll, RECHECK_MS);
        check(waiter);
      }),
    recheck: checkAll,
  };
}

/** Tells cheaply whether something has the pid and the command is not known to have ended: a twentieth of a thorough look. */
function seemsToRun({ dir, identity }: Waiter): boolean {
  if (existsSync(join(dir, FILES.earlyExit)) || existsSync(join(dir, FILES.exit))) return false;
  try {
    return process.kill(identity.pid, 0);
  } catch {
    return false;
  }
}

/** Watches the pid file, which only the shim's end touches; without it the timer has to do. */
function watchFile(path: string, onChange: () => void): FSWatcher | null {
  try {
    const watcher = watch(path, onChange);
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    return null;
  }
}
