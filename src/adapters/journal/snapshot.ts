// A run's snapshot as a file beside its journal, which can always be made again. Knows nothing of the state's shape.
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Mark } from '../../core/journal-codec.ts';
import { decodeSnapshot, encodeSnapshot, type Snapshot } from '../../core/state-codec.ts';
import type { Leadership } from '../../ports/journal.ts';
import { writeAtomically } from './atomic-file.ts';
import { checksum } from './checksum.ts';

const MAX_SNAPSHOT_BYTES = 256 * 1024 * 1024;

/** Keeps a state (as JSON) in place of the run's earlier snapshot. Throws what the disk says, and when another engine leads. */
export async function saveSnapshot(
  runDir: string,
  of: { readonly mark: Mark; readonly state: string; readonly leadership: Leadership },
): Promise<void> {
  const { mark, state, leadership } = of;
  leadership.assertStillLeading();
  // a later engine may have written its own while this one waited for the disk
  await writeAtomically(snapshotPath(runDir), encodeSnapshot(mark, state), () =>
    leadership.assertStillLeading(),
  );
}

/** The run's snapshot, or null when there is none that is whole. Never throws. */
export async function loadSnapshot(runDir: string): Promise<Snapshot | null> {
  const path = snapshotPath(runDir);
  try {
    const { size } = await stat(path);
    return size > MAX_SNAPSHOT_BYTES ? null : decodeSnapshot(await readFile(path), checksum);
  } catch {
    return null;
  }
}

function snapshotPath(runDir: string): string {
  return join(runDir, 'snapshot.json');
}
