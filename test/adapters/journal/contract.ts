// What every journal store must do, on disk or in memory. Run with `describeJournalStore(name, make)`.
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Event, Recorded } from '../../../src/core/event.ts';
import { runMs, taskId } from '../../../src/core/model.ts';
import type {
  AllRecords,
  Draft,
  JournalPort,
  JournalStore,
  Leadership,
  Opened,
} from '../../../src/ports/journal.ts';

/** A store and a run folder in it that nothing was written to. */
export interface JournalSetting {
  readonly store: JournalStore;
  readonly runDir: string;
  /** Takes the last bytes off the journal, as a power cut in a write would. */
  readonly cut: (bytes: number) => Promise<void>;
  /** Changes a byte of the journal's first line. */
  readonly rot: () => Promise<void>;
  /** Leaves no room for further writes; returns how to make room again. */
  readonly fillDisk: () => () => void;
  readonly dispose: () => Promise<void>;
}

/** Leadership that a test can take away. */
export interface TestLeadership extends Leadership {
  lose(): void;
}

/** Leads under the epoch until told otherwise. */
export function leadershipOf(epoch: number): TestLeadership {
  let lost = false;
  return {
    epoch,
    lose: () => {
      lost = true;
    },
    assertStillLeading: () => {
      if (!lost) return;
      const sentence = 'Another engine leads this repository now.';
      throw new Error(sentence, { cause: { kind: 'leader', sentence } });
    },
  };
}

/** Drafts that differ from each other. */
export function draftsOf(...texts: readonly string[]): readonly Draft[] {
  return texts.map((text, index) => ({
    at: 1_790_000_000_000 + index,
    ms: runMs(index),
    event: { type: 'guidance.given', task: taskId('a'), text } satisfies Event,
  }));
}

/** The texts of such drafts, from records. */
export function textsOf(records: readonly Recorded[]): readonly string[] {
  return records.map(({ event }) => (event.type === 'guidance.given' ? event.text : event.type));
}

/** Opens or fails the test. */
export async function mustOpen(
  store: JournalStore,
  runDir: string,
  leadership: Leadership,
): Promise<{ readonly journal: JournalPort; readonly opened: Opened }> {
  const result = await store.open(runDir, leadership);
  if (!result.ok) throw new Error(result.failure.sentence);
  return result.value;
}

/** Reads or fails the test. */
export async function mustRead(store: JournalStore, runDir: string): Promise<AllRecords> {
  const result = await store.read(runDir);
  if (!result.ok) throw new Error(result.failure.sentence);
  return result.value;
}

/** Reads what leads to the latest state, or fails the test. */
export async function mustReadLatest(store: JournalStore, runDir: string): Promise<Opened> {
  const result = await store.readLatest(runDir);
  if (!result.ok) throw new Error(result.failure.sentence);
  return result.value;
}

/** The contract. */
export function describeJournalStore(name: string, make: () => Promise<JournalSetting>): void {
  const setUp = async (): Promise<JournalSetting> => {
    const setting = await make();
    onTestFinished(setting.dispose);
    return setting;
  };

  describe(`journal store: ${name}`, () => {
    test('reading a run that never was is a failure', async () => {
      const { store, runDir } = await setUp();
      expect(await store.read(runDir)).toMatchObject({ ok: false, failure: { kind: 'environment' } });
      expect(await store.readLatest(runDir)).toMatchObject({ ok: false, failure: { kind: 'environment' } });
    });

    test('a new journal is empty', async () => {
      const { store, runDir } = await setUp();
      const { journal, opened } = await mustOpen(store, runDir, leadershipOf(1));
      expect(opened).toEqual({ snapshot: null, records: [], last: null, tornBytes: 0 });
      expect(await mustReadLatest(store, runDir)).toEqual(opened);
      expect(await mustRead(store, runDir)).toEqual({ records: [], tornBytes: 0 });
      await journal.close();
    });

    test('what was appended is read and found again, numbered from 1, under its epoch', async () => {
      const { store, runDir } = await setUp();
      const first = await mustOpen(store, runDir, leadershipOf(3));
      const appended = [
        ...(await first.journal.append(draftsOf('a', 'b'))),
        ...(await first.journal.append(draftsOf('c'))),
      ];
      await first.journal.close();
      const second = await mustOpen(store, runDir, leadershipOf(4));
      expect(second.opened.records).toEqual(appended);
      appended.push(...(await second.journal.append(draftsOf('d'))));
      await second.journal.close();
      expect(appended.map(({ seq, epoch }) => [seq, epoch])).toEqual([
        [1, 3],
        [2, 3],
        [3, 3],
        [4, 4],
      ]);
      expect(await mustRead(store, runDir)).toEqual({ records: appended, tornBytes: 0 });
    });

    test('appends that do not wait for each other keep their order and are never mixed', async () => {
      const { store, runDir } = await setUp();
      const { journal } = await mustOpen(store, runDir, leadershipOf(1));
      const batches = Array.from({ length: 50 }, (_, index) => [`${index}.0`, `${index}.1`, `${index}.2`]);
      const answers = await Promise.all(batches.map((texts) => journal.append(draftsOf(...texts))));
      expect(answers.map(textsOf)).toEqual(batches);
      await journal.close();
      const { records } = await mustRead(store, runDir);
      expect(textsOf(records)).toEqual(batches.flat());
      expect(answers.flat()).toEqual(records);
    });

    test('appending nothing writes nothing', async () => {
      const { store, runDir } = await setUp();
      const { journal } = await mustOpen(store, runDir, leadershipOf(1));
      expect(await journal.append([])).toEqual([]);
      await journal.close();
      expect((await mustRead(store, runDir)).records).toEqual([]);
    });

    test('appends that came before the close are written, later ones are refused', async () => {
      const { store, runDir } = await setUp();
      const { journal } = await mustOpen(store, runDir, leadershipOf(1));
      const before = journal.append(draftsOf('a'));
      const closing = journal.close();
      await expect(journal.append(draftsOf('b'))).rejects.toThrow('closed');
      await closing;
      expect(textsOf(await before)).toEqual(['a']);
      expect(textsOf((await mustRead(store, runDir)).records)).toEqual(['a']);
    });

    test('an engine that lost the lead writes nothing more [F21]', async () => {
      const { store, runDir } = await setUp();
      const leadership = leadershipOf(1);
      const { journal } = await mustOpen(store, runDir, leadership);
      await journal.append(draftsOf('a'));
      leadership.lose();
      await expect(journal.append(draftsOf('b'))).rejects.toMatchObject({ cause: { kind: 'leader' } });
      await expect(journal.append(draftsOf('c'))).rejects.toMatchObject({ cause: { kind: 'leader' } });
      await journal.close();
      expect(textsOf((await mustRead(store, runDir)).records)).toEqual(['a']);
    });

    test('an engine that lost the lead opens nothing', async () => {
      const { store, runDir } = await setUp();
      const leadership = leadershipOf(1);
      leadership.lose();
      expect(await store.open(runDir, leadership)).toMatchObject({ ok: false, failure: { kind: 'leader' } });
    });

    test('a journal of a newer epoch is not opened by an older one', async () => {
      const { store, runDir } = await setUp();
      const { journal } = await mustOpen(store, runDir, leadershipOf(7));
      await journal.append(draftsOf('a'));
      await journal.close();
      expect(await store.open(runDir, leadershipOf(6))).toMatchObject({
        ok: false,
        failure: { kind: 'leader' },
      });
    });

    test('what follows a snapshot is read after it, by who opens and who only looks; all records stay', async () => {
      const { store, runDir } = await setUp();
      const first = await mustOpen(store, runDir, leadershipOf(3));
      await first.journal.append(draftsOf('a', 'b'));
      await first.journal.saveSnapshot('{"at":"b"}');
      await first.journal.append(draftsOf('c'));
      await first.journal.close();
      const latest = await mustReadLatest(store, runDir);
      expect(latest).toMatchObject({ snapshot: { at: 'b' }, last: { seq: 3, epoch: 3 }, tornBytes: 0 });
      expect(textsOf(latest.records)).toEqual(['c']);
      const second = await mustOpen(store, runDir, leadershipOf(4));
      expect(second.opened).toEqual(latest);
      await second.journal.saveSnapshot('{"at":"c"}');
      await second.journal.append(draftsOf('d'));
      await second.journal.saveSnapshot('{"at":"d"}');
      await second.journal.close();
      const end = await mustReadLatest(store, runDir);
      expect(end).toMatchObject({ snapshot: { at: 'd' }, records: [], last: { seq: 4, epoch: 4 } });
      expect(textsOf((await mustRead(store, runDir)).records)).toEqual(['a', 'b', 'c', 'd']);
    });

    test('there is no snapshot of nothing, nor while an append is under way, nor after the close', async () => {
      const { store, runDir } = await setUp();
      const { journal } = await mustOpen(store, runDir, leadershipOf(1));
      await expect(journal.saveSnapshot('{}')).rejects.toThrow('no record ends here');
      const appending = journal.append(draftsOf('a'));
      await expect(journal.saveSnapshot('{}')).rejects.toThrow('no record ends here');
      await appending;
      await journal.close();
      await expect(journal.saveSnapshot('{}')).rejects.toThrow('no record ends here');
      expect((await mustReadLatest(store, runDir)).snapshot).toBeNull();
    });

    test('a snapshot that came before the close is kept', async () => {
      const { store, runDir } = await setUp();
      const { journal } = await mustOpen(store, runDir, leadershipOf(1));
      await journal.append(draftsOf('a'));
      const saving = journal.saveSnapshot('{"at":"a"}');
      await journal.close();
      await saving;
      expect((await mustReadLatest(store, runDir)).snapshot).toEqual({ at: 'a' });
    });

    test('an engine that lost the lead leaves the snapshot of its successor alone', async () => {
      const { store, runDir } = await setUp();
      const leadership = leadershipOf(1);
      const first = await mustOpen(store, runDir, leadership);
      await first.journal.append(draftsOf('a'));
      leadership.lose();
      const second = await mustOpen(store, runDir, leadershipOf(2));
      await second.journal.append(draftsOf('b'));
      await second.journal.saveSnapshot('{"at":"b"}');
      await expect(first.journal.saveSnapshot('{"at":"a"}')).rejects.toMatchObject({
        cause: { kind: 'leader' },
      });
      await first.journal.close();
      await second.journal.close();
      expect((await mustReadLatest(store, runDir)).snapshot).toEqual({ at: 'b' });
    });
  });
}
