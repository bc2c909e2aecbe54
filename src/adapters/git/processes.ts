// Tells which live processes stand in the way: those working in a folder, gits in a repository, holders of a file.
// Reads /proc; where there is none it says so. Knows nothing of worktrees or locks, and never signals anybody.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

const WAIT_STEP_MS = 50;
/** A git that holds no lock and makes nothing, however long it lives. */
const READS_ONLY = '\0cat-file\0';

/** A live process as far as this user may see it. */
export interface LiveProcess {
  readonly pid: number;
  readonly name: string;
  readonly cwd: string | null;
  /** Command line, its words separated by NULs. */
  readonly command: string;
}

/** Lists live processes other than this one; null on systems without /proc. */
export function listProcesses(): readonly LiveProcess[] | null {
  return (
    readPids()?.flatMap((pid) => {
      const found = readProcess(pid);
      return found === null ? [] : [found];
    }) ?? null
  );
}

/** Null: it is this one, or gone. */
function readProcess(pid: number): LiveProcess | null {
  const name = tryRead(() => readFileSync(`/proc/${pid}/comm`, 'utf8').trim());
  if (name === null || pid === process.pid) return null;
  const command = tryRead(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')) ?? '';
  return { pid, name, cwd: readFolder(pid), command };
}

function readFolder(pid: number): string | null {
  return tryRead(() => readlinkSync(`/proc/${pid}/cwd`));
}

/** Finds the processes whose working folder lies in `folder`; none on systems without /proc. */
export function findProcessesIn(folder: string): readonly LiveProcess[] {
  return (readPids() ?? []).flatMap((pid) => {
    const cwd = readFolder(pid);
    const found = cwd !== null && isWithin(folder, cwd) ? readProcess(pid) : null;
    return found === null ? [] : [found];
  });
}

/** Lists the gits that run in, or were told of, one of the folders; null when that cannot be known. */
export function listGitsIn(folders: readonly string[]): readonly LiveProcess[] | null {
  const all = listProcesses();
  if (all === null) return null;
  // no command line: it has ended and only its parent does not know; no folder: not ours to look at, so it may be here
  const gits = all.filter(
    ({ name, command }) => name.startsWith('git') && command !== '' && !command.includes(READS_ONLY),
  );
  return gits.filter(
    ({ cwd, command }) =>
      cwd === null || folders.some((folder) => isWithin(folder, cwd) || command.includes(folder)),
  );
}

/** Tells whether processes that were seen have all ended, waiting for them for `timeoutMs` at most. */
export async function haveEnded(seen: readonly LiveProcess[], timeoutMs: number): Promise<boolean> {
  const isAlive = ({ pid }: LiveProcess): boolean => (readProcess(pid)?.command ?? '') !== '';
  for (let waited = 0; seen.some(isAlive); waited += WAIT_STEP_MS) {
    if (waited >= timeoutMs) return false;
    await sleep(WAIT_STEP_MS);
  }
  return true;
}

/** Waits until no git runs in the folder any more, at most `timeoutMs`. */
export async function waitForGit(folder: string, timeoutMs: number): Promise<void> {
  for (
    let waited = 0;
    waited < timeoutMs && (listGitsIn([folder]) ?? []).length > 0;
    waited += WAIT_STEP_MS
  ) {
    await sleep(WAIT_STEP_MS);
  }
}

/** Lists the files that processes of this user hold open; null on systems without /proc. */
export function listOpenFiles(): ReadonlySet<string> | null {
  const pids = readPids();
  if (pids === null) return null;
  const open = new Set<string>();
  for (const pid of pids) {
    for (const descriptor of tryRead(() => readdirSync(`/proc/${pid}/fd`)) ?? []) {
      const file = tryRead(() => readlinkSync(`/proc/${pid}/fd/${descriptor}`));
      if (file?.startsWith('/')) open.add(file);
    }
  }
  return open;
}

/** Tells whether a path is the folder or lies below it. */
export function isWithin(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}

function readPids(): readonly number[] | null {
  const names = tryRead(() => readdirSync('/proc'));
  const pids = names?.map(Number).filter((pid) => Number.isInteger(pid) && pid > 0) ?? [];
  return pids.length === 0 ? null : pids;
}

/** Processes end while they are being read, and other users' are closed to us: both count as not there. */
function tryRead<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
