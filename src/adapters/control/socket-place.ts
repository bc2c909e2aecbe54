// Where the control socket lies: in the state folder, or where that is too deep, in a short private folder. Binds nothing.
import { createHash } from 'node:crypto';
import { chmod, lstat, mkdir, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { type Failure, fail, ok, type Result } from '../../core/failure.ts';

/** Socket addresses hold 103 bytes on macOS and 107 on Linux. */
const MAX_PATH_BYTES = 100;
const SOCKET_NAME = 'control.sock';

/** The name of the socket as a claim holds it: relative to the state folder unless absolute. */
export async function chooseSocket(stateDir: string): Promise<Result<string>> {
  if (Buffer.byteLength(join(stateDir, SOCKET_NAME)) <= MAX_PATH_BYTES) return ok(SOCKET_NAME);
  const folder = shortFolder(stateDir);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const stats = await lstat(folder);
  // Anybody may have made it: the temporary folder is everybody's.
  if (!stats.isDirectory() || stats.uid !== ownUid() || (stats.mode & 0o077) !== 0)
    return fail(notPrivate(folder));
  return ok(join(folder, SOCKET_NAME));
}

/** The path that the name in a claim stands for. */
export function locateSocket(stateDir: string, socket: string): string {
  return isAbsolute(socket) ? socket : join(stateDir, socket);
}

/** Removes the socket; for its owner only. */
export async function removeSocket(stateDir: string, socket: string): Promise<void> {
  const path = locateSocket(stateDir, socket);
  await rm(path, { force: true });
  // Not empty: a later engine is about to listen there.
  if (isAbsolute(socket)) await rmdir(dirname(path)).catch(() => {});
}

/** Makes the state folder if need be, and closes it to other users. */
export async function makePrivate(stateDir: string): Promise<void> {
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  const stats = await lstat(stateDir);
  if (stats.isDirectory() && stats.uid === ownUid() && (stats.mode & 0o077) !== 0)
    await chmod(stateDir, 0o700);
}

function shortFolder(stateDir: string): string {
  const name = `weft-${createHash('sha256').update(stateDir).digest('hex').slice(0, 20)}`;
  const own = join(tmpdir(), name);
  return Buffer.byteLength(join(own, SOCKET_NAME)) <= MAX_PATH_BYTES ? own : join('/tmp', name);
}

function ownUid(): number {
  return process.getuid?.() ?? 0;
}

function notPrivate(folder: string): Failure {
  return {
    kind: 'environment',
    sentence: `${folder} is not a folder of this user's alone, so the control socket cannot lie there.`,
    hint: 'Remove it, or move the repository to a shorter path.',
  };
}
