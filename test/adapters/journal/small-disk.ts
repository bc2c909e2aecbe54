// A real file system that is soon full: a tmpfs in a namespace of its own, for which nobody needs to be root.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished, type TestContext } from 'vitest';

const MAY_MOUNT = spawnSync('unshare', ['-Urm', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0;

/** Mounts a file system of that size and gives its folder; where that is not allowed the test is skipped, with the reason. */
export async function mountSmallDisk(context: TestContext, size: string): Promise<string> {
  if (!MAY_MOUNT) context.skip('this machine allows no tmpfs in a user namespace');
  const script = 'mount -t tmpfs -o size="$0" tmpfs /mnt && echo there && exec sleep 1000';
  const holder = spawn('unshare', ['-Urm', 'sh', '-c', script, size], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // the file system lives as long as the process that has it mounted
  onTestFinished(async () => {
    const gone = once(holder, 'exit');
    holder.kill('SIGKILL');
    await gone;
  });
  await once(holder.stdout, 'data');
  return `/proc/${holder.pid}/root/mnt`;
}

/** Fills the rest of the disk to the last page with a file, and gives the file. */
export function fillDisk(disk: string): string {
  const path = join(disk, 'filler');
  const file = openSync(path, 'w');
  const page = Buffer.alloc(4_096);
  try {
    while (writeSync(file, page) === page.length);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
  } finally {
    closeSync(file);
  }
  return path;
}
