// A snapshot comes back only when it is whole and fits the journal.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadSnapshot, saveSnapshot } from '../../../src/adapters/journal/snapshot.ts';
import type { Recorded } from '../../../src/core/event.ts';
import { runMs } from '../../../src/core/model.ts';

const records: readonly Recorded[] = [1, 1, 2].map((epoch, index) => ({
  seq: index + 1,
  epoch,
  at: 1,
  ms: runMs(1),
  event: { type: 'run.paused' },
}));
const snapshot = { seq: 3, epoch: 2, state: { tasks: ['ä', 1, null], on: true } };

let runDir: string;
beforeEach(() => {
  runDir = mkdtempSync(join(tmpdir(), 'weft-snapshot-'));
});
afterEach(() => rmSync(runDir, { recursive: true }));

test('what was saved is loaded; the later one wins', async () => {
  await saveSnapshot(runDir, { ...snapshot, seq: 2, epoch: 1 });
  expect(await loadSnapshot(runDir, records)).toEqual({ ...snapshot, seq: 2, epoch: 1 });
  await saveSnapshot(runDir, snapshot);
  expect(await loadSnapshot(runDir, records)).toEqual(snapshot);
});

test('none is none', async () => {
  expect(await loadSnapshot(runDir, records)).toBeNull();
});

test.each([
  ['is beyond the journal', { seq: 4 }],
  ['has another epoch than its record', { epoch: 1 }],
  ['is of no record', { seq: 0 }],
])('one that %s is ignored', async (_name, change) => {
  await saveSnapshot(runDir, { ...snapshot, ...change });
  expect(await loadSnapshot(runDir, records)).toBeNull();
});

test('one with any flipped byte, or cut anywhere, is ignored', async () => {
  await saveSnapshot(runDir, snapshot);
  const path = join(runDir, 'snapshot.json');
  const bytes = readFileSync(path);
  for (let at = 0; at < bytes.length - 1; at += 1) {
    const rotten = Buffer.from(bytes);
    rotten[at] = (rotten[at] as number) ^ 4;
    writeFileSync(path, rotten);
    expect(await loadSnapshot(runDir, records)).toBeNull();
    writeFileSync(path, bytes.subarray(0, at));
    expect(await loadSnapshot(runDir, records)).toBeNull();
  }
});
