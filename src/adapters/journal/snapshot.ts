// A run's state at one record, kept so that a restart need not start from nothing. Knows nothing of the state's shape.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Recorded } from '../../core/event.ts';
import { sealJson, unsealJson } from '../../core/journal-codec.ts';
import type { Json } from '../../ports/control.ts';
import { writeAtomically } from './atomic-file.ts';

/** To be raised with every change to the shape of the state; snapshots of another version are ignored. */
export const SNAPSHOT_VERSION = 1;

/** The state after the record `seq`. */
export interface Snapshot {
  readonly seq: number;
  /** Epoch of that record. */
  readonly epoch: number;
  readonly state: Json;
}

/** Keeps the snapshot in place of the run's earlier one. Throws what the disk says; the earlier one stays then. */
export async function saveSnapshot(runDir: string, snapshot: Snapshot): Promise<void> {
  const { seq, epoch, state } = snapshot;
  const json = JSON.stringify({ v: SNAPSHOT_VERSION, seq, epoch, state });
  await writeAtomically(snapshotPath(runDir), `${sealJson(json)}\n`);
}

/** The run's snapshot, or null when there is none that is whole and fits the journal's records. Never throws. */
export async function loadSnapshot(runDir: string, records: readonly Recorded[]): Promise<Snapshot | null> {
  const frame = unsealJson(await readOrEmpty(snapshotPath(runDir)));
  if (frame === null || frame['v'] !== SNAPSHOT_VERSION) return null;
  const { seq, epoch, state } = frame;
  const last = typeof seq === 'number' ? records[seq - 1] : undefined;
  if (last === undefined || last.epoch !== epoch) return null;
  return { seq: last.seq, epoch: last.epoch, state: state as Json };
}

function snapshotPath(runDir: string): string {
  return join(runDir, 'snapshot.json');
}

async function readOrEmpty(path: string): Promise<Uint8Array> {
  try {
    const bytes = await readFile(path);
    return bytes.subarray(0, -1);
  } catch {
    return new Uint8Array();
  }
}
