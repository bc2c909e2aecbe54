// The process table of Linux, read from procfs without starting anything. Knows nothing of attempts or signals.
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import type { ProcessRow, ProcessTable } from './process-table.ts';

/** How long an exec is waited for, at most: tries times pause. */
const EXEC_TRIES = 20;
const EXEC_PAUSE_MS = 1;
/** Nobody ever wakes who waits on this: a pause without giving up the thread. */
const NOBODY = new Int32Array(new SharedArrayBuffer(4));

/** Opens procfs; throws when it is not mounted. */
export function createProcfsTable(): ProcessTable {
  return {
    bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    pidNs: readlinkSync('/proc/self/ns/pid'),
    look: readRow,
    list: listRows,
    withEntry: (rows, entry) =>
      new Set(rows.filter((row) => holdsEntry(readEnvironment(row.pid), entry)).map((row) => row.pid)),
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
    name: line.slice(open + 1, close),
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

function listRows(): readonly ProcessRow[] {
  const rows: ProcessRow[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
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

function read(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return null;
  }
}
