// Journals on a real disk: modes, torn tails, rot, short writes, refusals, failed syncs.
import { appendFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { type FileHandle, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createJournalStore } from '../../../src/adapters/journal/file-journal.ts';
import { FILE_OPS, type FileOps } from '../../../src/adapters/journal/file-ops.ts';
import { draftsOf, leadershipOf, mustOpen, mustRead, textsOf } from './contract.ts';

async function makeRoot(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'weft-journal-'));
}

async function newRunDir(): Promise<string> {
  const root = await makeRoot();
  onTestFinished(() => rm(root, { recursive: true }));
  return join(root, 'runs', 'r1');
}

/** File operations that fail as the test says, beside counts of the real ones. */
interface Faults {
  readonly ops: FileOps;
  readonly calls: { writes: number; syncs: number; truncates: number };
  /** Called before each write; returns the number of bytes to take, or throws. */
  write: (bytes: Uint8Array) => number;
  sync: () => void;
  truncate: () => void;
}

function createFaults(): Faults {
  const calls = { writes: 0, syncs: 0, truncates: 0 };
  const faults: Faults = {
    calls,
    write: (bytes) => bytes.length,
    sync: () => {},
    truncate: () => {},
    ops: {
      write: async (file: FileHandle, bytes: Uint8Array) => {
        calls.writes += 1;
        const taken = faults.write(bytes);
        return FILE_OPS.write(file, bytes.subarray(0, taken));
      },
      datasync: async (file: FileHandle) => {
        calls.syncs += 1;
        faults.sync();
        await FILE_OPS.datasync(file);
      },
      truncate: async (file: FileHandle, length: number) => {
        calls.truncates += 1;
        faults.truncate();
        await FILE_OPS.truncate(file, length);
      },
    },
  };
  return faults;
}

function diskError(code: string): Error {
  return Object.assign(new Error(`${code}: the disk says no`), { code });
}

async function seed(runDir: string, ...texts: readonly string[]): Promise<Buffer> {
  const { journal } = await mustOpen(createJournalStore(), runDir, leadershipOf(1));
  await journal.append(draftsOf(...texts));
  await journal.close();
  return readFileSync(join(runDir, 'journal.jsonl'));
}

describe('files', () => {
  test('folder and file are private', async () => {
    const runDir = await newRunDir();
    await seed(runDir, 'a');
    expect(statSync(runDir).mode & 0o777).toBe(0o700);
    expect(statSync(join(runDir, 'journal.jsonl')).mode & 0o777).toBe(0o600);
    expect(readdirSync(runDir).sort()).toEqual(['ballast', 'journal.jsonl']);
    expect(statSync(join(runDir, 'ballast')).size).toBe(1024 * 1024);
  });

  test('a torn tail is left alone by a reader and cut off by the leader [F3]', async () => {
    const runDir = await newRunDir();
    const whole = await seed(runDir, 'a', 'b');
    const path = join(runDir, 'journal.jsonl');
    appendFileSync(path, '{"v":1,"seq":3');
    expect(await mustRead(createJournalStore(), runDir)).toMatchObject({ tornBytes: 14 });
    expect(statSync(path).size).toBe(whole.length + 14);
    const { journal, opened } = await mustOpen(createJournalStore(), runDir, leadershipOf(1));
    expect(opened.tornBytes).toBe(14);
    expect(textsOf(opened.records)).toEqual(['a', 'b']);
    expect(statSync(path).size).toBe(whole.length);
    await journal.append(draftsOf('c'));
    await journal.close();
    expect(textsOf((await mustRead(createJournalStore(), runDir)).records)).toEqual(['a', 'b', 'c']);
  });

  test('a journal cut at any byte opens as a prefix of what was written [F3]', async () => {
    const runDir = await newRunDir();
    const whole = await seed(runDir, 'a', 'b', 'c');
    const path = join(runDir, 'journal.jsonl');
    const seen = new Set<number>();
    for (let cut = 0; cut <= whole.length; cut += 1) {
      writeFileSync(path, whole.subarray(0, cut));
      const { records } = await mustRead(createJournalStore(), runDir);
      expect(textsOf(records)).toEqual(['a', 'b', 'c'].slice(0, records.length));
      seen.add(records.length);
    }
    expect([...seen]).toEqual([0, 1, 2, 3]);
  });

  test('rot names file and line and changes nothing [F4]', async () => {
    const runDir = await newRunDir();
    const bytes = await seed(runDir, 'a', 'b', 'c');
    const path = join(runDir, 'journal.jsonl');
    const at = bytes.indexOf(10) + 20;
    bytes[at] = (bytes[at] as number) ^ 1;
    writeFileSync(path, bytes);
    const refusal = {
      ok: false,
      failure: { kind: 'corrupt', sentence: expect.stringContaining(`${path}: line 2 `) },
    };
    expect(await createJournalStore().read(runDir)).toMatchObject(refusal);
    expect(await createJournalStore().open(runDir, leadershipOf(1))).toMatchObject(refusal);
    expect(readFileSync(path)).toEqual(bytes);
  });
});

describe('group commit', () => {
  test('batches that arrive during a write share the next one', async () => {
    const runDir = await newRunDir();
    const faults = createFaults();
    const { journal } = await mustOpen(createJournalStore(faults.ops), runDir, leadershipOf(1));
    const later: Promise<unknown>[] = [];
    faults.sync = () => {
      faults.sync = () => {};
      for (let index = 0; index < 20; index += 1) later.push(journal.append(draftsOf(`late ${index}`)));
    };
    await journal.append(draftsOf('first'));
    await Promise.all(later);
    await journal.close();
    expect(faults.calls).toMatchObject({ writes: 2, syncs: 2 });
    expect((await mustRead(createJournalStore(), runDir)).records).toHaveLength(21);
  });

  test('nothing is acknowledged before the sync has returned', async () => {
    const runDir = await newRunDir();
    const faults = createFaults();
    let acknowledged = false;
    let early = false;
    const { journal } = await mustOpen(createJournalStore(faults.ops), runDir, leadershipOf(1));
    faults.sync = () => {
      early = acknowledged;
    };
    await journal.append(draftsOf('a')).then(() => {
      acknowledged = true;
    });
    expect(early).toBe(false);
    expect(faults.calls.syncs).toBe(1);
    await journal.close();
  });

  test('leadership is asked before every write [F21]', async () => {
    const runDir = await newRunDir();
    const leadership = leadershipOf(1);
    const faults = createFaults();
    const { journal } = await mustOpen(createJournalStore(faults.ops), runDir, leadership);
    faults.sync = () => leadership.lose();
    const first = journal.append(draftsOf('a'));
    await first;
    const second = journal.append(draftsOf('b'));
    await expect(second).rejects.toMatchObject({ cause: { kind: 'leader' } });
    expect(faults.calls.writes).toBe(1);
    await journal.close();
  });

  test('one batch that cannot be encoded does not harm the others', async () => {
    const runDir = await newRunDir();
    const { journal } = await mustOpen(createJournalStore(), runDir, leadershipOf(1));
    const broken = draftsOf('x').map((draft) => ({ ...draft, at: Number.NaN }));
    const all = await Promise.allSettled([
      journal.append(draftsOf('a')),
      journal.append(broken),
      journal.append(draftsOf('b')),
    ]);
    expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    await journal.close();
    expect(textsOf((await mustRead(createJournalStore(), runDir)).records)).toEqual(['a', 'b']);
  });
});

describe('a disk that refuses', () => {
  test('short writes are finished [F15]', async () => {
    const runDir = await newRunDir();
    const faults = createFaults();
    faults.write = (bytes) => Math.min(7, bytes.length);
    const { journal } = await mustOpen(createJournalStore(faults.ops), runDir, leadershipOf(1));
    await journal.append(draftsOf('a', 'b'));
    await journal.close();
    expect(faults.calls.writes).toBeGreaterThan(20);
    expect(textsOf((await mustRead(createJournalStore(), runDir)).records)).toEqual(['a', 'b']);
  });

  test('a full disk at any write, after a short one, loses nothing acknowledged and can be tried again [F15]', async () => {
    for (let failing = 1; failing <= 12; failing += 1) {
      const runDir = await newRunDir();
      const faults = createFaults();
      faults.write = (bytes) => {
        if (faults.calls.writes === failing) throw diskError('ENOSPC');
        return Math.ceil(bytes.length / 2);
      };
      const { journal } = await mustOpen(createJournalStore(faults.ops), runDir, leadershipOf(1));
      let refusals = 0;
      for (const text of ['a', 'b', 'c']) {
        for (let acknowledged = false; !acknowledged; ) {
          try {
            await journal.append(draftsOf(text));
            acknowledged = true;
          } catch (error) {
            refusals += 1;
            expect(error).toMatchObject({
              retryable: true,
              cause: { kind: 'environment', hint: 'Free some disk space.' },
            });
            const { records, tornBytes } = await mustRead(createJournalStore(), runDir);
            expect(tornBytes).toBe(0);
            expect(textsOf(records)).toEqual(['a', 'b', 'c'].slice(0, records.length));
          }
        }
      }
      await journal.close();
      expect(refusals).toBe(1);
      expect(existsSync(join(runDir, 'ballast'))).toBe(false);
      expect(textsOf((await mustRead(createJournalStore(), runDir)).records)).toEqual(['a', 'b', 'c']);
    }
  });

  test('batches behind a failed one are refused with it, so that the order stays', async () => {
    const runDir = await newRunDir();
    const faults = createFaults();
    const { journal } = await mustOpen(createJournalStore(faults.ops), runDir, leadershipOf(1));
    let behind: Promise<unknown> = Promise.resolve();
    faults.write = () => {
      faults.write = (bytes) => bytes.length;
      behind = journal.append(draftsOf('b'));
      behind.catch(() => {});
      throw diskError('ENOSPC');
    };
    await expect(journal.append(draftsOf('a'))).rejects.toMatchObject({ retryable: true });
    await expect(behind).rejects.toMatchObject({ retryable: true });
    await journal.append(draftsOf('a'));
    await journal.append(draftsOf('b'));
    await journal.close();
    expect(textsOf((await mustRead(createJournalStore(), runDir)).records)).toEqual(['a', 'b']);
  });

  test.each(['EIO', 'EROFS', 'EMFILE', 'EACCES'])(
    '%s may be tried once more, then the journal is closed [F17]',
    async (code) => {
      const runDir = await newRunDir();
      const faults = createFaults();
      const { journal } = await mustOpen(createJournalStore(faults.ops), runDir, leadershipOf(1));
      faults.write = () => {
        throw diskError(code);
      };
      await expect(journal.append(draftsOf('a'))).rejects.toMatchObject({ retryable: true });
      await expect(journal.append(draftsOf('a'))).rejects.toMatchObject({ retryable: false });
      faults.write = (bytes) => bytes.length;
      await expect(journal.append(draftsOf('a'))).rejects.toMatchObject({ retryable: false });
      await journal.close();
      expect((await mustRead(createJournalStore(), runDir)).records).toEqual([]);
    },
  );

  test('a failed sync closes the journal at once [F17]', async () => {
    const runDir = await newRunDir();
    const faults = createFaults();
    const { journal } = await mustOpen(createJournalStore(faults.ops), runDir, leadershipOf(1));
    await journal.append(draftsOf('a'));
    faults.sync = () => {
      faults.sync = () => {};
      throw diskError('EIO');
    };
    await expect(journal.append(draftsOf('b'))).rejects.toMatchObject({ retryable: false });
    await expect(journal.append(draftsOf('c'))).rejects.toMatchObject({ retryable: false });
    expect(faults.calls.writes).toBe(2);
    await journal.close();
    expect(textsOf((await mustRead(createJournalStore(), runDir)).records).at(0)).toBe('a');
  });

  test('a file that cannot be cut back closes the journal; the tail is dropped at the next opening', async () => {
    const runDir = await newRunDir();
    const faults = createFaults();
    const { journal } = await mustOpen(createJournalStore(faults.ops), runDir, leadershipOf(1));
    await journal.append(draftsOf('a'));
    faults.write = (bytes) => {
      if (faults.calls.writes > 2) throw diskError('ENOSPC');
      return Math.ceil(bytes.length / 2);
    };
    faults.truncate = () => {
      throw diskError('EIO');
    };
    await expect(journal.append(draftsOf('b'))).rejects.toMatchObject({ retryable: false });
    await journal.close();
    const second = await mustOpen(createJournalStore(), runDir, leadershipOf(2));
    expect(textsOf(second.opened.records)).toEqual(['a']);
    expect(second.opened.tornBytes).toBeGreaterThan(0);
    await second.journal.close();
  });
});
