// A snapshot on a real disk comes back only when it is whole and fits the journal, and never hides rot.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createJournalStore } from '../../../src/adapters/journal/file-journal.ts';
import { loadSnapshot, saveSnapshot } from '../../../src/adapters/journal/snapshot.ts';
import { sealJson } from '../../../src/core/journal-codec.ts';
import { SNAPSHOT_VERSION } from '../../../src/core/state-codec.ts';
import { draftsOf, leadershipOf, mustOpen, mustReadLatest, textsOf } from './contract.ts';

const STATE = '{"tasks":["ä",1,null],"on":true}';
const store = createJournalStore();

let runDir: string;
const snapshotPath = (): string => join(runDir, 'snapshot.json');
const journalPath = (): string => join(runDir, 'journal.jsonl');
beforeEach(() => {
  runDir = mkdtempSync(join(tmpdir(), 'weft-snapshot-'));
});
afterEach(() => rmSync(runDir, { recursive: true }));

/** Three records under epoch 1 and a fourth under epoch 2; the snapshot is of the third. */
async function makeRun(): Promise<void> {
  const first = await mustOpen(store, runDir, leadershipOf(1));
  await first.journal.append(draftsOf('a', 'b', 'c'));
  await first.journal.saveSnapshot(STATE);
  await first.journal.close();
  const second = await mustOpen(store, runDir, leadershipOf(2));
  await second.journal.append(draftsOf('d'));
  await second.journal.close();
}

async function whatIsRead(): Promise<readonly [snapshot: unknown, texts: readonly string[]]> {
  const { snapshot, records } = await mustReadLatest(store, runDir);
  return [snapshot, textsOf(records)];
}

const WITH = [JSON.parse(STATE), ['d']];
const WITHOUT = [null, ['a', 'b', 'c', 'd']];

test('one that fits is used', async () => {
  await makeRun();
  expect(await whatIsRead()).toEqual(WITH);
});

test('none is none', async () => {
  await makeRun();
  rmSync(snapshotPath());
  expect(await whatIsRead()).toEqual(WITHOUT);
});

test.each([
  ['of another version', { v: SNAPSHOT_VERSION + 1, seq: 3, epoch: 1 }],
  ['beyond the journal', { v: SNAPSHOT_VERSION, seq: 5, epoch: 2 }],
  ['of another epoch than its record', { v: SNAPSHOT_VERSION, seq: 3, epoch: 2 }],
])('one %s is ignored', async (_name, frame) => {
  await makeRun();
  writeFileSync(snapshotPath(), `${sealJson(JSON.stringify({ ...frame, state: {} }))}\n`);
  expect(await whatIsRead()).toEqual(WITHOUT);
});

test('one of records that a torn tail took is ignored, also when others came in their place', async () => {
  await makeRun();
  const bytes = readFileSync(journalPath());
  writeFileSync(journalPath(), bytes.subarray(0, bytes.indexOf(10, bytes.indexOf(10) + 1) + 5));
  expect(await whatIsRead()).toEqual([null, ['a', 'b']]);
  const { journal, opened } = await mustOpen(store, runDir, leadershipOf(3));
  expect(opened.snapshot).toBeNull();
  await journal.append(draftsOf('other'));
  await journal.close();
  expect(await whatIsRead()).toEqual([null, ['a', 'b', 'other']]);
});

test('one with any flipped byte, or cut anywhere, is ignored', async () => {
  await makeRun();
  const bytes = readFileSync(snapshotPath());
  for (let at = 0; at < bytes.length - 1; at += 1) {
    const rotten = Buffer.from(bytes);
    rotten[at] = (rotten[at] as number) ^ 4;
    writeFileSync(snapshotPath(), rotten);
    expect(await loadSnapshot(runDir)).toBeNull();
    writeFileSync(snapshotPath(), bytes.subarray(0, at));
    expect(await loadSnapshot(runDir)).toBeNull();
  }
});

test('rot in any line is refused and named, before the snapshot too', async () => {
  await makeRun();
  const bytes = readFileSync(journalPath());
  for (let at = 0; at < bytes.length - 1; at += 7) {
    const rotten = Buffer.from(bytes);
    rotten[at] = (rotten[at] as number) ^ 1;
    writeFileSync(journalPath(), rotten);
    const line = bytes.subarray(0, at).filter((byte) => byte === 10).length + 1;
    const refusal = {
      ok: false,
      failure: { kind: 'corrupt', sentence: expect.stringContaining(`${journalPath()}: line ${line} `) },
    };
    expect(await store.readLatest(runDir)).toMatchObject(refusal);
    expect(await store.open(runDir, leadershipOf(3))).toMatchObject(refusal);
  }
});

test('leadership lost while the file was written leaves the earlier one', async () => {
  await makeRun();
  let asked = 0;
  const leadership = {
    epoch: 2,
    assertStillLeading: () => {
      asked += 1;
      if (asked > 1) throw new Error('taken over');
    },
  };
  const late = { mark: { seq: 4, epoch: 2 }, state: '{}', leadership };
  await expect(saveSnapshot(runDir, late)).rejects.toThrow('taken over');
  expect(await whatIsRead()).toEqual(WITH);
  expect(readdirSync(runDir).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

test('it is private', async () => {
  await makeRun();
  expect(statSync(snapshotPath()).mode & 0o777).toBe(0o600);
});
