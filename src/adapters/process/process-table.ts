// What the operating system tells about processes, one face for Linux and macOS. Knows nothing of attempts or signals.
import { createProcfsTable } from './procfs-table.ts';
import { createPsTable } from './ps-table.ts';

/** One process at one moment. */
export interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** Session id; 0 where the platform does not tell. */
  readonly session: number;
  readonly startTicks: number;
  /** One letter: R, S, D, T, Z (ended, not yet collected), X (gone). */
  readonly state: string;
  readonly hasTerminal: boolean;
  /** CPU time in ms of it and of the children that it waited for; absent where the platform does not tell. */
  readonly cpuMs?: number;
  /** Short name of the program. */
  readonly name: string;
}

/** A moment in the life of a process table. */
export interface Moment {
  /** The pid that was given away last. */
  readonly lastPid: number;
  /** How many processes and threads had begun since the machine started. */
  readonly forks: number;
}

/** Reads the process table; every answer is true only for the moment it was given. */
export interface ProcessTable {
  readonly bootId: string;
  readonly pidNs: string;
  /** One process, or null when there is none. */
  look(pid: number): ProcessRow | null;
  /** Notes this moment, by which younger processes are known; null where the platform does not tell. */
  mark(): Moment | null;
  /** Every user-space process that can be seen; given a moment, only those that began after it, and perhaps others. */
  list(since?: Moment | null): readonly ProcessRow[];
  /** Those of the rows whose environment holds exactly the entry `NAME=value`. */
  withEntry(rows: readonly ProcessRow[], entry: string): ReadonlySet<number>;
  /** Names of the environment variables of a process of this user; null when unreadable or another user's. */
  variableNames(pid: number): ReadonlySet<string> | null;
  /** Working folder of a process, or null when unreadable. */
  workingFolder(pid: number): string | null;
  /** Whole command line of a process, its words separated by NUL or blanks; empty when unreadable. */
  commandLine(pid: number): string;
}

/** Tells whether a row is a process that still runs: one that ended and waits to be collected does not. */
export function runs(row: ProcessRow): boolean {
  return row.state !== 'Z' && row.state !== 'X';
}

/** The process table of this machine; throws on a platform that has neither procfs nor a BSD `ps`. */
export function openProcessTable(platform: NodeJS.Platform = process.platform): ProcessTable {
  if (platform === 'linux') return createProcfsTable();
  if (platform === 'darwin') return createPsTable();
  throw new Error(`weft runs on Linux and macOS; processes of ${platform} cannot be told apart safely.`);
}
