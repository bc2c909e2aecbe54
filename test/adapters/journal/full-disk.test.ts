// A real disk that is full at each write in turn: what was acknowledged is there, and the run goes on when there is room.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeAtomically } from '../../../src/adapters/journal/atomic-file.ts';
import { createJournalStore } from '../../../src/adapters/journal/file-journal.ts';
import { createFiles } from '../../../src/adapters/system/files.ts';
import { draftsOf, leadershipOf, mustOpen, mustRead, mustReadLatest, textsOf } from './contract.ts';
import { fillDisk, mountSmallDisk } from './small-disk.ts';

const WRITES = 12;
const store = createJournalStore();
// more than a page each, so that no record fits into what is allocated already
const texts = Array.from({ length: WRITES }, (_, at) => `${at} ${'x'.repeat(5_000)}`);

test.for([
  ['with the ballast', '2m'],
  ['without it', '900k'],
] as const)('at each journal write in turn, %s [F15]', async ([ballast, size], context) => {
  const disk = await mountSmallDisk(context, size);
  for (let failing = 0; failing < WRITES; failing += 1) {
    const runDir = join(disk, 'runs', `full-at-${failing}`);
    const { journal } = await mustOpen(store, runDir, leadershipOf(1));
    for (const text of texts.slice(0, failing)) await journal.append(draftsOf(text));
    const filler = fillDisk(disk);
    await expect(journal.append(draftsOf(texts[failing] ?? ''))).rejects.toMatchObject({ retryable: true });
    const full = await mustRead(store, runDir);
    expect(full.tornBytes).toBe(0);
    expect(textsOf(full.records)).toEqual(texts.slice(0, failing));
    if (ballast === 'without it') await rm(filler);
    for (const text of texts.slice(failing)) await journal.append(draftsOf(text));
    await journal.close();
    expect(textsOf((await mustRead(store, runDir)).records)).toEqual(texts);
    await rm(filler, { force: true });
    await rm(runDir, { recursive: true });
  }
});

test('while records come and come: every acknowledged one is there, and writing goes on [F15]', async (context) => {
  const disk = await mountSmallDisk(context, '1m');
  const runDir = join(disk, 'runs', 'r1');
  // leaves no room for the ballast
  const filler = join(disk, 'filler');
  writeFileSync(filler, Buffer.alloc(400_000));
  const { journal } = await mustOpen(store, runDir, leadershipOf(1));
  expect(readdirSync(runDir)).toEqual(['journal.jsonl']);
  const acknowledged: string[] = [];
  let refused: unknown = null;
  for (let index = 0; index < 1_000 && refused === null; index += 1) {
    const text = `${index} ${'x'.repeat(5_000)}`;
    try {
      await journal.append(draftsOf(text));
      acknowledged.push(text);
    } catch (error) {
      refused = error;
    }
  }
  expect(refused).toMatchObject({ retryable: true });
  expect(acknowledged.length).toBeGreaterThan(10);
  const full = await mustRead(store, runDir);
  expect(full.tornBytes).toBe(0);
  expect(textsOf(full.records)).toEqual(acknowledged);
  await rm(filler);
  await journal.append(draftsOf('on'));
  await journal.close();
  expect(textsOf((await mustRead(store, runDir)).records)).toEqual([...acknowledged, 'on']);
});

test('when a file is replaced: the earlier one stays whole, and nothing is left beside it [F16]', async (context) => {
  const disk = await mountSmallDisk(context, '1m');
  const files = createFiles();
  const path = join(disk, 'view.json');
  for (const write of [writeAtomically, files.replace]) {
    await write(path, 'the earlier one');
    const filler = fillDisk(disk);
    await expect(write(path, 'x'.repeat(50_000))).rejects.toThrow('ENOSPC');
    expect(readFileSync(path, 'utf8')).toBe('the earlier one');
    expect(readdirSync(disk).sort()).toEqual(['filler', 'view.json']);
    await rm(filler);
    await write(path, 'x'.repeat(50_000));
    expect(readFileSync(path, 'utf8')).toHaveLength(50_000);
  }
});

test('when a snapshot is saved: the one before it still leads to the state [F16]', async (context) => {
  const disk = await mountSmallDisk(context, '3m');
  const runDir = join(disk, 'runs', 'r1');
  const { journal } = await mustOpen(store, runDir, leadershipOf(1));
  await journal.append(draftsOf('a'));
  await journal.saveSnapshot('{"after":"a"}');
  await journal.append(draftsOf('b'));
  const filler = fillDisk(disk);
  await expect(journal.saveSnapshot(JSON.stringify({ after: 'x'.repeat(50_000) }))).rejects.toThrow('ENOSPC');
  await rm(filler);
  await journal.close();
  const latest = await mustReadLatest(store, runDir);
  expect(textsOf(latest.records)).toEqual(['b']);
  expect(latest.snapshot).not.toBeNull();
  expect(readdirSync(runDir).sort()).toEqual(['ballast', 'journal.jsonl', 'snapshot.json']);
});
