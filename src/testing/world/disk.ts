// The disk that survives every crash: journals byte by byte, and files by path. Writes are whole, torn or lost.
import type { Recorded } from '../../core/event.ts';
import { type Failure, fail, ok, type Result } from '../../core/failure.ts';
import {
  type Decoded,
  decodeJournal,
  describeFault,
  encodeRecord,
  type Mark,
} from '../../core/journal-codec.ts';
import { decodeSnapshot, encodeSnapshot, type Snapshot } from '../../core/state-codec.ts';
import type { Draft, JournalPort, JournalStore, Leadership, Opened } from '../../ports/journal.ts';
import { admitRecords } from './admission.ts';
import { answer, count, notify } from './scheduler.ts';
import type { Life, World } from './world.ts';

/** See the file's first line. */
export interface Disk {
  /** Durable text of each journal, by its run's folder. All of it is ASCII: a character is a byte. */
  readonly journals: Map<string, string>;
  /** Text of the journal after the last write that ended with a whole record. */
  whole: string;
  /** Each run's latest snapshot, whole or not. */
  readonly snapshots: Map<string, string>;
  readonly files: Map<string, string>;
  readonly folders: Set<string>;
  readonly watchers: { readonly dir: string; readonly life: Life; readonly changed: () => void }[];
}

/** An empty disk. */
export function createDisk(): Disk {
  return {
    journals: new Map(),
    whole: '',
    snapshots: new Map(),
    files: new Map(),
    folders: new Set(),
    watchers: [],
  };
}

/** What a refused write rejects with; retryable: nothing of it is in the file, and the same batch may be tried again. */
function diskError(sentence: string, retryable: boolean): Error {
  return Object.assign(new Error(sentence, { cause: { kind: 'environment', sentence } }), { retryable });
}

/** Who may write the journal: the engine with the newest epoch. */
export function leadershipOf(world: World, life: Life): Leadership {
  return {
    epoch: life.epoch,
    assertStillLeading: () => {
      if (world.epoch === life.epoch) return;
      count(world, 'recovery: a stale engine was fenced off');
      const sentence = 'Another engine leads this repository now.';
      throw new Error(sentence, { cause: { kind: 'leader', sentence } });
    },
  };
}

/** Journals of the world's disk. */
export function createWorldJournals(world: World, life: Life): JournalStore {
  const encoder = new TextEncoder();
  const look = (
    runDir: string,
    mark: Snapshot | null,
  ): Result<{ readonly opened: Opened; readonly wholeBytes: number }> => {
    const text = world.disk.journals.get(runDir) ?? '';
    // reading all of it takes most of a short life: two in three read only when the end may be torn
    const isKnown = life.epoch % 3 !== 2 && text === world.disk.whole;
    const decoded = isKnown
      ? ok(readKnown(world.oracle.records, { mark, wholeBytes: text.length }))
      : decodeJournal(encoder.encode(text), { mark });
    if (!decoded.ok) return fail(describeFault('journal', decoded.failure));
    const { since, records, last, wholeBytes, tornBytes } = decoded.value;
    const snapshot = since === null || mark === null ? null : mark.state;
    return ok({ opened: { snapshot, records, last, tornBytes }, wholeBytes });
  };
  const findSnapshot = (runDir: string): Snapshot | null =>
    decodeSnapshot(encoder.encode(world.disk.snapshots.get(runDir) ?? ''));
  const read = async (runDir: string, mark: Snapshot | null): Promise<Result<Opened>> => {
    if (!world.disk.journals.has(runDir)) {
      return fail({ kind: 'environment', sentence: `${runDir} does not exist.` });
    }
    const looked = look(runDir, mark);
    return looked.ok ? ok(looked.value.opened) : looked;
  };
  return {
    open: async (runDir, leadership) => {
      try {
        leadership.assertStillLeading();
      } catch (error) {
        return fail((error as Error).cause as Failure);
      }
      const looked = look(runDir, findSnapshot(runDir));
      if (!looked.ok) return looked;
      const { opened, wholeBytes } = looked.value;
      const { last, tornBytes } = opened;
      if ((last?.epoch ?? 0) > leadership.epoch) {
        return fail({ kind: 'leader', sentence: 'Another engine has taken over.' });
      }
      if (tornBytes > 0) count(world, 'recovery: a torn tail was dropped');
      if (opened.snapshot !== null) count(world, 'recovery: a life began with a snapshot');
      addFolder(world.disk, runDir);
      world.disk.journals.set(runDir, (world.disk.journals.get(runDir) ?? '').slice(0, wholeBytes));
      return ok({ journal: openJournal(world, { life, runDir, leadership, last }), opened });
    },
    readLatest: (runDir) => read(runDir, findSnapshot(runDir)),
    read: async (runDir) => {
      const whole = await read(runDir, null);
      if (!whole.ok) return whole;
      const { records, tornBytes } = whole.value;
      return ok({ records, tornBytes });
    },
  };
}

/** What decoding a journal gives of which all records are known. */
function readKnown(
  all: readonly Recorded[],
  of: { readonly mark: Mark | null; readonly wholeBytes: number },
): Decoded {
  const { mark, wholeBytes } = of;
  const since = mark !== null && all[mark.seq - 1]?.epoch === mark.epoch ? mark : null;
  return { since, records: all.slice(since?.seq ?? 0), last: all.at(-1) ?? null, wholeBytes, tornBytes: 0 };
}

function openJournal(
  world: World,
  of: {
    readonly life: Life;
    readonly runDir: string;
    readonly leadership: Leadership;
    readonly last: Mark | null;
  },
): JournalPort {
  let { last } = of;
  let writing: Promise<unknown> = Promise.resolve();
  let underWay = 0;
  let closed = false;
  let ended: Error | null = null;
  const append = (drafts: readonly Draft[]): Promise<readonly Recorded[]> => {
    if (ended !== null) return Promise.reject(ended);
    if (closed) return Promise.reject(new Error('the journal is closed'));
    if (drafts.length === 0) return Promise.resolve([]);
    underWay += 1;
    const written = write(drafts).finally(() => {
      underWay -= 1;
    });
    writing = written.catch(() => undefined);
    return written;
  };
  const write = (drafts: readonly Draft[]): Promise<readonly Recorded[]> => {
    const encode = (): Encoded => encodeDrafts(drafts, { seq: last?.seq ?? 0, epoch: of.leadership.epoch });
    return answer(world, of.life, {
      name: 'journal.append',
      act: () => {
        of.leadership.assertStillLeading();
        const { records, text } = encode();
        writeJournal(world, { runDir: of.runDir, text, records });
        last = records.at(-1) ?? last;
        world.refused = false;
        return records;
      },
      half: () => {
        const { records, text } = encode();
        const cut = text.slice(0, (world.tape.byte() * 256 + world.tape.byte()) % (text.length + 1));
        const whole = cut.split('\n').length - 1;
        writeJournal(world, { runDir: of.runDir, text: cut, records: records.slice(0, whole) });
      },
      refused: () => {
        world.refused = true;
        if (world.tape.pick(4) === 3) {
          count(world, 'fault: the journal could not be synced');
          // what is on the disk then is unknown: nothing is written any more
          ended = diskError('EIO: fdatasync failed', false);
          throw ended;
        }
        count(world, 'fault: the disk was full');
        throw diskError('no space left on device', true);
      },
    });
  };
  const close = async (): Promise<void> => {
    closed = true;
    await writing;
  };
  const saveSnapshot = (state: string): Promise<void> => {
    const between = new Error('Internal error: no record ends here');
    if (closed || ended !== null || last === null || underWay > 0) return Promise.reject(between);
    return keepSnapshot(world, { ...of, text: encodeSnapshot(last, state) });
  };
  return { append, saveSnapshot, close };
}

interface Encoded {
  readonly records: readonly Recorded[];
  readonly text: string;
}

function encodeDrafts(drafts: readonly Draft[], { seq, epoch }: Mark): Encoded {
  const records = drafts.map((draft, at) => ({ seq: seq + 1 + at, epoch, ...draft }));
  return { records, text: records.map(encodeRecord).join('') };
}

function keepSnapshot(
  world: World,
  of: {
    readonly life: Life;
    readonly runDir: string;
    readonly leadership: Leadership;
    readonly text: string;
  },
): Promise<void> {
  return answer(world, of.life, {
    name: 'journal.saveSnapshot',
    act: () => {
      of.leadership.assertStillLeading();
      world.disk.snapshots.set(of.runDir, of.text);
    },
    half: () => spoilSnapshot(world, of.runDir, of.text),
    refused: () => {
      throw new Error('EIO: the disk refused');
    },
  });
}

/** What the machine's end may leave: a beginning, with a byte changed, nothing, or the earlier one. */
function spoilSnapshot(world: World, runDir: string, text: string): void {
  const { snapshots } = world.disk;
  const at = (world.tape.byte() * 256 + world.tape.byte()) % text.length;
  switch (world.tape.pick(4)) {
    case 0:
      snapshots.set(runDir, text.slice(0, at));
      break;
    case 1:
      snapshots.set(runDir, `${text.slice(0, at)}~${text.slice(at + 1)}`);
      break;
    case 2:
      snapshots.delete(runDir);
      break;
    default:
  }
  count(world, 'fault: a snapshot was lost or spoilt');
}

/** Makes bytes durable, and tells the oracle which records are among them. */
export function writeJournal(
  world: World,
  of: { readonly runDir: string; readonly text: string; readonly records: readonly Recorded[] },
): void {
  const { journals } = world.disk;
  journals.set(of.runDir, (journals.get(of.runDir) ?? '') + of.text);
  if (of.text.endsWith('\n')) world.disk.whole = journals.get(of.runDir) ?? '';
  admitRecords(world, of.records);
}

/** Changes a file as anybody may, and tells the watchers of its folder. */
export function writeFile(world: World, path: string, text: string): void {
  const dir = path.slice(0, path.lastIndexOf('/'));
  addFolder(world.disk, dir);
  world.disk.files.set(path, text);
  tellWatchers(world, dir);
}

/** Something in the folder changed. */
export function tellWatchers(world: World, dir: string): void {
  for (const watcher of world.disk.watchers) {
    if (watcher.dir === dir) notify(world, watcher.life, 'files.changed', watcher.changed);
  }
}

/** Makes a folder and those above it. */
export function addFolder(disk: Disk, path: string): void {
  for (let at = path; at !== '' && !disk.folders.has(at); at = at.slice(0, at.lastIndexOf('/')))
    disk.folders.add(at);
}

/** Tells whether a folder is there. */
export function isFolder(disk: Disk, path: string): boolean {
  return disk.folders.has(path);
}

/** Names of what is in a folder, sorted. */
export function listNames(disk: Disk, dir: string): readonly string[] {
  const inside = [...disk.files.keys(), ...disk.folders].filter((name) => name.startsWith(`${dir}/`));
  return [...new Set(inside.map((name) => name.slice(dir.length + 1).split('/')[0] ?? ''))].sort();
}
