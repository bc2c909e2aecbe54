// Ends an attempt's processes: politely, then by force, then until nothing is left. Decides nobody's membership itself.
import { realpathSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Identity } from '../../core/model.ts';
import { createHunt, type Hunt, type Quarry } from './hunt.ts';
import { isLocal } from './identity.ts';
import { type ProcessRow, type ProcessTable, runs } from './process-table.ts';

/** How long the sweep after the grace time may take. */
const SWEEP_LIMIT_MS = 2_000;
const EMPTY_LOOKS = 2;
const PAUSE_MS = 10;
/** Time for the leader to write down the exit of the process that it waits for. */
const LEADER_MS = 200;
const KILL_MS = 500;

/**
 * Ends everything that belongs to the quarry: SIGTERM, `graceMs`, SIGKILL, and again until two looks in a row
 * find nobody or the sweep has taken two seconds. Resolves with the pids that still run.
 */
export async function killTree(
  table: ProcessTable,
  what: Quarry & { readonly graceMs: number },
): Promise<readonly number[]> {
  const hunt = createHunt(table, { ...what, cwd: what.cwd === null ? null : resolveFolder(what.cwd) });
  const first = hunt.look();
  if (first.length > 0) {
    signalGroups(table, hunt, first, 'SIGTERM');
    await untilGone(table, first, what.graceMs);
  }
  return sweep(table, hunt, { leader: what.leader, empty: first.length === 0 ? 1 : 0 });
}

/** `empty` looks have already found nobody. */
async function sweep(
  table: ProcessTable,
  hunt: Hunt,
  { leader, empty: before }: { readonly leader: Identity | null; readonly empty: number },
): Promise<readonly number[]> {
  const deadline = performance.now() + SWEEP_LIMIT_MS;
  let spared = leader !== null && isLocal(table, leader) ? leader.pid : null;
  for (let empty = before; ; ) {
    if (empty > 0) await sleep(PAUSE_MS);
    const found = hunt.look();
    empty = found.length === 0 ? empty + 1 : 0;
    if (empty === EMPTY_LOOKS) return [];
    if (performance.now() > deadline) return found.map((row) => row.pid);
    if (found.length === 0) continue;
    if (spared !== null) {
      // The leader last: with everyone else gone it writes down how they ended, and ends by itself.
      for (const row of found) if (row.pid !== spared) signalOne(table, row, 'SIGKILL');
      spared = null;
      await untilGone(table, found, LEADER_MS);
    } else {
      signalGroups(table, hunt, found, 'SIGKILL');
      await untilGone(table, found, KILL_MS);
    }
  }
}

/**
 * Signals whole groups where it can, because a group gets a signal at once and nobody can fork away from it;
 * each process gets it once.
 */
function signalGroups(
  table: ProcessTable,
  hunt: Hunt,
  rows: readonly ProcessRow[],
  signal: NodeJS.Signals,
): void {
  for (const group of new Set(rows.map((row) => row.group))) {
    const members = rows.filter((row) => row.group === group);
    if (hunt.ownsGroup(group)) {
      if (members.some((row) => stillIs(table, row))) send(-group, signal);
    } else {
      for (const row of members) signalOne(table, row, signal);
    }
  }
  // A stopped process takes SIGTERM only when it goes on.
  for (const row of rows) if (row.state === 'T') signalOne(table, row, 'SIGCONT');
}

function signalOne(table: ProcessTable, row: ProcessRow, signal: NodeJS.Signals): void {
  if (stillIs(table, row)) send(row.pid, signal);
}

/** Looks once more, right before the signal: same start time, same group, still running. */
function stillIs(table: ProcessTable, row: ProcessRow): boolean {
  const now = table.look(row.pid);
  return now !== null && runs(now) && now.startTicks === row.startTicks && now.group === row.group;
}

function send(target: number, signal: NodeJS.Signals): void {
  try {
    process.kill(target, signal);
  } catch {
    // Gone meanwhile, or another user's: the next look tells.
  }
}

async function untilGone(table: ProcessTable, rows: readonly ProcessRow[], limitMs: number): Promise<void> {
  const deadline = performance.now() + limitMs;
  let left = rows;
  while (performance.now() < deadline) {
    left = left.filter((row) => {
      const now = table.look(row.pid);
      return now !== null && runs(now) && now.startTicks === row.startTicks;
    });
    if (left.length === 0) return;
    await sleep(PAUSE_MS);
  }
}

function resolveFolder(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
}
