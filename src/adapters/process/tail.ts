// Follows a growing file line by line, woken by the file system. Knows nothing of what the lines mean.
import { type FSWatcher, watch } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { type Line, type LineSplitter, splitLines } from './line-splitter.ts';

/** Longest line that is delivered whole, unless the caller says otherwise. */
export const MAX_LINE_BYTES: number = 1024 * 1024;

const CHUNK_BYTES = 64 * 1024;
/** Safety net for file systems that send no events. */
const RECHECK_MS = 2_000;

/** What to follow and until when. */
export interface FollowOptions {
  /** Offset of the first line to deliver, in bytes; a file shorter than that is read from its beginning. */
  readonly fromOffset: number;
  readonly onLine: (line: Line) => void;
  readonly maxLineBytes?: number;
  /** Stops at once, between two lines. */
  readonly signal: AbortSignal;
  /** Says that the writer is gone: what is left is delivered, a last line without line feed too. */
  readonly ended?: AbortSignal;
}

/**
 * Delivers the lines of the file as they are written, across truncation, replacement and the file not being
 * there yet. Resolves after `signal` or `ended` with the offset at which to go on later.
 */
export async function followLines(path: string, options: FollowOptions): Promise<number> {
  const { signal, ended } = options;
  const splitter = splitLines({
    maxLineBytes: options.maxLineBytes ?? MAX_LINE_BYTES,
    offset: options.fromOffset,
    onLine: options.onLine,
  });
  const bell = createBell(resolve(path), [signal, ended]);
  const reader = createReader(resolve(path), splitter, options.fromOffset);
  try {
    while (!signal.aborted) {
      const isLast = ended?.aborted === true;
      await reader.readToEnd(signal);
      if (isLast) break;
      await bell.rung();
    }
  } finally {
    bell.close();
    await reader.close();
  }
  if (!signal.aborted) splitter.flush();
  return splitter.offset;
}

interface Bell {
  /** Resolves once something may have changed since the last call resolved. */
  rung(): Promise<void>;
  close(): void;
}

function createBell(path: string, signals: readonly (AbortSignal | undefined)[]): Bell {
  let hasRung = false;
  let wake = (): void => {};
  const ring = (): void => {
    hasRung = true;
    wake();
  };
  const watcher = watchName(path, ring);
  const timer = setInterval(ring, RECHECK_MS);
  for (const signal of signals) signal?.addEventListener('abort', ring);
  return {
    rung: async () => {
      if (!hasRung) await new Promise<void>((settle) => (wake = settle));
      hasRung = false;
    },
    close: () => {
      watcher?.close();
      clearInterval(timer);
      for (const signal of signals) signal?.removeEventListener('abort', ring);
    },
  };
}

/** Watches the folder rather than the file: the file may come later or be replaced. */
function watchName(path: string, onChange: () => void): FSWatcher | null {
  try {
    const name = basename(path);
    const watcher = watch(dirname(path), (_, changed) => {
      if (changed === null || changed === name) onChange();
    });
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    return null;
  }
}

interface Reader {
  readToEnd(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

function createReader(path: string, splitter: LineSplitter, fromOffset: number): Reader {
  const buffer = Buffer.alloc(CHUNK_BYTES);
  let file: FileHandle | null = null;
  let position = fromOffset;

  const startOver = (): void => {
    position = 0;
    splitter.restart(0);
  };
  const readChunks = async (handle: FileHandle, signal: AbortSignal): Promise<void> => {
    if ((await handle.stat()).size < position) startOver();
    while (!signal.aborted) {
      const { bytesRead } = await handle.read(buffer, 0, CHUNK_BYTES, position);
      if (bytesRead === 0) return;
      position += bytesRead;
      splitter.push(buffer.subarray(0, bytesRead));
    }
  };
  return {
    readToEnd: async (signal) => {
      file ??= await openIfThere(path);
      if (file === null) return;
      await readChunks(file, signal);
      while (!signal.aborted && (await isReplaced(path, file))) {
        // Once more: its writer may have gone on between the last read and the replacement.
        await readChunks(file, signal);
        await file.close();
        splitter.flush();
        startOver();
        file = await openIfThere(path);
        if (file === null) return;
        await readChunks(file, signal);
      }
    },
    close: async () => {
      await file?.close();
    },
  };
}

async function openIfThere(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r');
  } catch {
    return null;
  }
}

async function isReplaced(path: string, file: FileHandle): Promise<boolean> {
  try {
    const [now, opened] = await Promise.all([stat(path), file.stat()]);
    return now.ino !== opened.ino || now.dev !== opened.dev;
  } catch {
    return false;
  }
}
