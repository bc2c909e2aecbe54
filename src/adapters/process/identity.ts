// Who a process is: boot, namespace, pid and start time together. Knows nothing of attempts or signals.
import type { Identity } from '../../core/model.ts';
import { type ProcessRow, type ProcessTable, runs } from './process-table.ts';

/** Identity of the process that has the pid now, or null when none runs. */
export function identify(table: ProcessTable, pid: number): Identity | null {
  const row = table.look(pid);
  return row === null || !runs(row) ? null : identityOf(table, row);
}

/** Identity of the process in the row. */
export function identityOf(table: ProcessTable, row: ProcessRow): Identity {
  return { bootId: table.bootId, pidNs: table.pidNs, pid: row.pid, startTicks: row.startTicks };
}

/** Tells whether the identity was taken where this table can see it: same boot, same pid namespace. */
export function isLocal(table: ProcessTable, identity: Identity): boolean {
  return identity.bootId === table.bootId && identity.pidNs === table.pidNs;
}

/** Tells whether exactly that process still runs; a later one with its pid does not count. */
export function isRunning(table: ProcessTable, identity: Identity): boolean {
  if (!isLocal(table, identity)) return false;
  const row = table.look(identity.pid);
  return row !== null && runs(row) && row.startTicks === identity.startTicks;
}
