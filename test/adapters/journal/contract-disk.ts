// What every journal store does on a disk that tears writes, rots or is full. Run with `describeJournalOnBadDisk(name, make)`.
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  draftsOf,
  type JournalSetting,
  leadershipOf,
  mustOpen,
  mustRead,
  mustReadLatest,
  textsOf,
} from './contract.ts';

/** The part of the contract about disks. */
export function describeJournalOnBadDisk(name: string, make: () => Promise<JournalSetting>): void {
  const setUp = async (): Promise<JournalSetting> => {
    const setting = await make();
    onTestFinished(setting.dispose);
    return setting;
  };
  describe(`journal store on a bad disk: ${name}`, () => {
    describe('torn', () => torn(setUp));
    describe('rotten', () => rotten(setUp));
    describe('full', () => full(setUp));
  });
}

type SetUp = () => Promise<JournalSetting>;

/** Writes one batch under epoch 1 and closes. */
async function seed({ store, runDir }: JournalSetting, ...texts: readonly string[]): Promise<void> {
  const { journal } = await mustOpen(store, runDir, leadershipOf(1));
  await journal.append(draftsOf(...texts));
  await journal.close();
}

function torn(setUp: SetUp): void {
  test('of a batch that was cut short what is whole stays, in order; the rest is told and left alone by readers', async () => {
    const setting = await setUp();
    const { store, runDir } = setting;
    await seed(setting, 'a', 'b', 'c');
    await setting.cut(1);
    for (const _ of [1, 2]) {
      const read = await mustRead(store, runDir);
      expect(textsOf(read.records)).toEqual(['a', 'b']);
      expect(read.tornBytes).toBeGreaterThan(0);
      expect(await mustReadLatest(store, runDir)).toMatchObject({ ...read, last: { seq: 2, epoch: 1 } });
    }
  });

  test('the next engine drops what is torn, once, and goes on after what is whole [F3]', async () => {
    const setting = await setUp();
    const { store, runDir } = setting;
    await seed(setting, 'a', 'b', 'c');
    await setting.cut(20);
    const { journal, opened } = await mustOpen(store, runDir, leadershipOf(2));
    expect(textsOf(opened.records)).toEqual(['a', 'b']);
    expect(opened.tornBytes).toBeGreaterThan(0);
    const [next] = await journal.append(draftsOf('d'));
    expect(next).toMatchObject({ seq: 3, epoch: 2 });
    await journal.close();
    const read = await mustRead(store, runDir);
    expect(read.tornBytes).toBe(0);
    expect(textsOf(read.records)).toEqual(['a', 'b', 'd']);
  });

  test('a snapshot of what is torn away does not bring it back', async () => {
    const setting = await setUp();
    const { store, runDir } = setting;
    const { journal } = await mustOpen(store, runDir, leadershipOf(1));
    await journal.append(draftsOf('a', 'b'));
    await journal.saveSnapshot('{"at":"b"}');
    await journal.close();
    await setting.cut(1);
    const latest = await mustReadLatest(store, runDir);
    expect(latest).toMatchObject({ snapshot: null, last: { seq: 1, epoch: 1 } });
    expect(textsOf(latest.records)).toEqual(['a']);
  });
}

function rotten(setUp: SetUp): void {
  test('rot before the end is refused by all, and nothing is written over it [F4]', async () => {
    const setting = await setUp();
    const { store, runDir } = setting;
    await seed(setting, 'a', 'b');
    await setting.rot();
    const refused = { ok: false, failure: { kind: 'corrupt' } };
    for (const _ of [1, 2]) {
      expect(await store.read(runDir)).toMatchObject(refused);
      expect(await store.readLatest(runDir)).toMatchObject(refused);
      expect(await store.open(runDir, leadershipOf(2))).toMatchObject(refused);
    }
  });
}

function full(setUp: SetUp): void {
  test('a refused batch says so and leaves nothing; it can be tried again when there is room', async () => {
    const setting = await setUp();
    const { store, runDir } = setting;
    const { journal } = await mustOpen(store, runDir, leadershipOf(1));
    await journal.append(draftsOf('a'));
    const makeRoom = setting.fillDisk();
    const refusal = { retryable: true, cause: { kind: 'environment', sentence: expect.any(String) } };
    for (const _ of [1, 2]) {
      await expect(journal.append(draftsOf('b', 'c'))).rejects.toMatchObject(refusal);
      expect(textsOf((await mustRead(store, runDir)).records)).toEqual(['a']);
    }
    makeRoom();
    const [first] = await journal.append(draftsOf('b', 'c'));
    expect(first).toMatchObject({ seq: 2 });
    await journal.close();
    expect(textsOf((await mustRead(store, runDir)).records)).toEqual(['a', 'b', 'c']);
  });
}
