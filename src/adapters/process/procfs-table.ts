// The process table of Linux, read from procfs without starting anything. Knows nothing of attempts or signals.
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, readSync, statSync } from 'node:fs';
import { uptime } from 'node:os';
import type { Moment, ProcessRow, ProcessTable } from './process-table.ts';

/** How long an exec is waited for, at most: tries times pause. */
const EXEC_TRIES = 20;
const EXEC_PAUSE_MS = 1;
/** Nobody ever wakes who waits on this: a pause without giving up the thread. */
const NOBODY = new Int32Array(new SharedArrayBuffer(4));
/** Fixed on Linux for what procfs tells. */
const TICKS_PER_SECOND = 100;
/** Nothing that weft starts takes this long from its fork to the exec that brings its environment. */
const GROWN_TICKS = 60 * TICKS_PER_SECOND;
/** What the names of all of weft's variables begin with. */
const OURS = 'WEFT_';
const CHUNK_BYTES = 16 * 1024;

/** Opens procfs; throws when it is not mounted. */
export function createProcfsTable(): ProcessTable {
  return {
    bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    pidNs: readlinkSync('/proc/self/ns/pid'),
    look: readRow,
    mark: readMoment,
    list: listRows,
    withEntry: createEntryFinder(),
    variableNames,
    workingFolder,
    commandLine: (pid) => read(`/proc/${pid}/cmdline`) ?? '',
  };
}

/**
 * Parses a line of `/proc/<pid>/stat`. The program's name may hold blanks and brackets, so the fields are
 * counted from the last bracket.
 */
export function parseStat(line: string): ProcessRow | null {
  const open = line.indexOf('(');
  const close = line.lastIndexOf(')');
  const fields = line.slice(close + 2).split(' ');
  const [state, parent, group, session, terminal] = fields;
  const startTicks = Number(fields[19]);
  const pid = Number.parseInt(line, 10);
  if (open < 0 || close < open || state === undefined || !Number.isSafeInteger(startTicks)) return null;
  return {
    pid,
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    startTicks,
    state,
    hasTerminal: terminal !== '0',
    // of itself in and out of the kernel, then of the children that it waited for
    cpuMs: (fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * 1_000) / TICKS_PER_SECOND,
    name: line.slice(open + 1, close),
  };
}

/**
 * A process gets its environment when it begins and hands it on. One of some age that has nothing of weft's in it is not
 * read again: it will not become a process of weft's any more.
 */
function createEntryFinder(): ProcessTable['withEntry'] {
  let strangers: ReadonlyMap<number, number> = new Map();
  return (rows, entry) => {
    const grown = uptime() * TICKS_PER_SECOND - GROWN_TICKS;
    const found = new Set<number>();
    const seen = new Map<number, number>();
    for (const { pid, startTicks } of rows) {
      let isStranger = strangers.get(pid) === startTicks;
      if (!isStranger) {
        const environment = readEnvironment(pid);
        if (holdsEntry(environment, entry)) found.add(pid);
        isStranger = startTicks < grown && !environment.includes(OURS);
      }
      if (isStranger) seen.set(pid, startTicks);
    }
    strangers = seen;
    return found;
  };
}

/** Tells whether a NUL-separated environment holds exactly the entry. */
export function holdsEntry(environment: string, entry: string): boolean {
  return `\0${environment}`.includes(`\0${entry}\0`);
}

function readRow(pid: number): ProcessRow | null {
  const line = read(`/proc/${pid}/stat`);
  return line === null ? null : parseStat(line);
}

function readMoment(): Moment | null {
  const lastPid = Number(read('/proc/loadavg')?.trim().split(' ').at(-1));
  const forks = Number(/^processes (\d+)$/m.exec(read('/proc/stat') ?? '')?.[1]);
  return Number.isSafeInteger(lastPid) && Number.isSafeInteger(forks) ? { lastPid, forks } : null;
}

/**
 * Tells by its pid whether a process may have begun since a moment. Pids are given away in turn: unless so many began that the
 * turn may have come round, these are the pids from the one that was last then to the one that is last now.
 */
export function createAgeTest(of: {
  readonly since: Moment | null;
  readonly now: Moment | null;
  /** Number of pids there are. */
  readonly pids: number;
}): (pid: number) => boolean {
  const { since, now, pids } = of;
  // some are given to processes that did not come about and are not counted
  if (since === null || now === null || !(now.forks - since.forks < pids / 2)) return () => true;
  const [from, to] = [since.lastPid, now.lastPid];
  return from <= to ? (pid) => pid > from && pid <= to : (pid) => pid > from || pid <= to;
}

function listRows(since: Moment | null = null): readonly ProcessRow[] {
  const names = readdirSync('/proc');
  // asked after the names were read: who began in between has no name among them
  const now = since === null ? null : readMoment();
  const isWanted = createAgeTest({ since, now, pids: Number(read('/proc/sys/kernel/pid_max')) });
  const rows: ProcessRow[] = [];
  for (const name of names) {
    if (!/^\d+$/.test(name) || !isWanted(Number(name))) continue;
    const row = readRow(Number(name));
    // Kernel threads are in group 0.
    if (row !== null && row.group !== 0) rows.push(row);
  }
  return rows;
}

/**
 * Reads a process's environment; empty when unreadable. In the midst of an exec a process shows neither
 * environment nor command line, which must not pass for an environment without the entry sought.
 */
function readEnvironment(pid: number): string {
  for (let tries = 0; tries < EXEC_TRIES; tries += 1) {
    const environment = read(`/proc/${pid}/environ`);
    if (environment !== '' || read(`/proc/${pid}/cmdline`) !== '') return environment ?? '';
    Atomics.wait(NOBODY, 0, 0, EXEC_PAUSE_MS);
  }
  return '';
}

function variableNames(pid: number): ReadonlySet<string> | null {
  const environment = read(`/proc/${pid}/environ`);
  if (environment === null || !belongsToUser(pid)) return null;
  return new Set(environment.split('\0').map((entry) => entry.slice(0, Math.max(0, entry.indexOf('=')))));
}

function belongsToUser(pid: number): boolean {
  try {
    return statSync(`/proc/${pid}`).uid === process.getuid?.();
  } catch {
    return false;
  }
}

function workingFolder(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/cwd`).replace(/ \(deleted\)$/, '');
  } catch {
    return null;
  }
}

/** Many such files are read at each look, into one buffer: a third of what `readFileSync` takes. */
const chunk = Buffer.alloc(CHUNK_BYTES);

function read(path: string): string | null {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return null;
  }
  try {
    let text = '';
    // procfs fills what it is given as long as there is more
    for (let bytes = CHUNK_BYTES; bytes === CHUNK_BYTES; ) {
      bytes = readSync(file, chunk, 0, CHUNK_BYTES, null);
      text += chunk.toString('latin1', 0, bytes);
    }
    return text;
  } catch {
    return null;
  } finally {
    closeSync(file);
  }
}
