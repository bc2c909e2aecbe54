// Waits until no checkout of the user's is being changed. Reads the times of git's own files; knows nothing of branches.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isOurs, readEntries } from './metadata.ts';
import type { Repository } from './repository.ts';

/** After this time without a change of its index a checkout is still. */
const STILL_MS = 50;
const LIMIT_MS = 2_000;

/** Resolves when the index of every checkout that is not ours is unlocked and at rest, or after two seconds. */
export async function untilStill(repo: Repository): Promise<void> {
  const linked = (await readEntries(repo)).filter((entry) => !isOurs(entry));
  const gitDirs = [repo.commonDir, ...linked.map(({ dir }) => dir)];
  const deadline = performance.now() + LIMIT_MS;
  while (performance.now() < deadline) {
    const busy = await Promise.all(gitDirs.map(isBusy));
    if (!busy.includes(true)) return;
    await sleep(STILL_MS / 2);
  }
}

async function isBusy(gitDir: string): Promise<boolean> {
  const [lock, index] = await Promise.all(
    ['index.lock', 'index'].map((name) => stat(join(gitDir, name)).catch(() => null)),
  );
  // wall time, as that of the file: a clock that was set back makes us wait for nothing, and not for long
  return lock !== null || (index != null && Math.abs(Date.now() - index.ctimeMs) < STILL_MS);
}
