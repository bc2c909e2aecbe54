// The process table of macOS, asked from `ps`, `lsof` and `sysctl`: start times are whole seconds. Knows nothing of attempts.
import { execFileSync } from 'node:child_process';
import type { ProcessRow, ProcessTable } from './process-table.ts';

const COLUMNS = 'pid=,ppid=,pgid=,stat=,tty=,lstart=,comm=';
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** Opens the table; throws when the boot session cannot be read. */
export function createPsTable(): ProcessTable {
  const bootId = ask('sysctl', ['-n', 'kern.bootsessionuuid']).trim();
  if (bootId === '') throw new Error('The boot session cannot be read with sysctl.');
  return {
    bootId,
    pidNs: 'none',
    look: (pid) => parsePs(ask('ps', ['-o', COLUMNS, '-p', String(pid)]))[0] ?? null,
    mark: () => null,
    list: () => parsePs(ask('ps', ['-axww', '-o', COLUMNS])),
    withEntry,
    variableNames: (pid) => namesIn(ask('ps', ['-Eww', '-o', 'command=', '-p', String(pid)])),
    workingFolder: (pid) =>
      /^n(.*)$/m.exec(ask('lsof', ['-a', '-d', 'cwd', '-Fn', '-p', String(pid)]))?.[1] ?? null,
    commandLine: (pid) => ask('ps', ['-ww', '-o', 'command=', '-p', String(pid)]),
  };
}

/** Parses the lines of `ps -o pid=,ppid=,pgid=,stat=,tty=,lstart=,comm=`; start times become seconds since 1970. */
export function parsePs(text: string): readonly ProcessRow[] {
  const rows: ProcessRow[] = [];
  for (const line of text.split('\n')) {
    const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\S+)\s+(\S+\s+\S+\s+\d+\s+[\d:]+\s+\d+)\s+(.*)$/.exec(
      line,
    );
    if (match === null) continue;
    const [, pid, parent, group, state, terminal, started, name] = match;
    rows.push({
      pid: Number(pid),
      parent: Number(parent),
      group: Number(group),
      session: 0,
      startTicks: parseStartTime(started ?? ''),
      state: (state ?? '?').charAt(0),
      hasTerminal: !(terminal ?? '?').startsWith('?'),
      name: name ?? '',
    });
  }
  return rows;
}

/** Turns the start time that `ps -o lstart=` prints in the C locale into seconds since 1970; NaN when it is none. */
export function parseStartTime(text: string): number {
  return Date.parse(text.trim().replace(/\s+/g, ' ')) / 1000;
}

function withEntry(rows: readonly ProcessRow[], entry: string): ReadonlySet<number> {
  const wanted = new Set(rows.map((row) => row.pid));
  const found = new Set<number>();
  for (const line of ask('ps', ['-axEww', '-o', 'pid=,command=']).split('\n')) {
    const pid = Number.parseInt(line, 10);
    if (wanted.has(pid) && `${line} `.includes(` ${entry} `)) found.add(pid);
  }
  return found;
}

function namesIn(command: string): ReadonlySet<string> | null {
  const names = [...command.matchAll(/(?:^|\s)([A-Za-z_]\w*)=/g)].map((match) => match[1] ?? '');
  // Other users' environments are not shown at all: a process without one is not known to be ours.
  return names.length === 0 ? null : new Set(names);
}

function ask(program: string, args: readonly string[]): string {
  try {
    return execFileSync(program, args, {
      encoding: 'utf8',
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
      maxBuffer: MAX_ANSWER_BYTES,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return '';
  }
}
