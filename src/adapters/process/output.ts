// Takes what a command prints: the beginning into a file, the end into memory, the rest nowhere. Knows no process.
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import type { CommandSpec } from '../../ports/process.ts';

/** Most that is kept in memory of an output that also goes to a file. */
const FILE_TAIL_BYTES = 64 * 1024;

/** A sink with a cap. */
export interface Output {
  /** Reads the stream to its end, whether or not there is room for it. */
  drain(stream: Readable): void;
  /** Adds a line of weft's own. */
  note(text: string): void;
  /** Ends the file and resolves with the last bytes as text, and a line on why the file is not complete. */
  close(): Promise<string>;
}

/** Creates the sink of a command. */
export function createOutput(spec: Pick<CommandSpec, 'outputFile' | 'outputBytes'>): Output {
  const hasFile = spec.outputFile !== undefined;
  const tail = createTail(hasFile ? Math.min(spec.outputBytes, FILE_TAIL_BYTES) : spec.outputBytes);
  const file = hasFile ? openFile(spec.outputFile) : null;
  const sources = new Set<Readable>();
  let room = spec.outputBytes;

  const write = (chunk: Buffer): void => {
    tail.push(chunk);
    if (file === null || room === 0 || file.destroyed) return;
    const part = chunk.subarray(0, room);
    room -= part.length;
    if (file.write(part)) return;
    for (const source of sources) source.pause();
    file.once('drain', resume);
  };
  const resume = (): void => {
    for (const source of sources) source.resume();
  };
  // A full disk must not stop the command: it goes on unrecorded.
  file?.once('close', resume);
  let trouble = '';
  file?.once('error', (error) => {
    trouble = `weft: the output could not be written: ${error.message}\n`;
  });
  return {
    drain: (stream) => {
      sources.add(stream);
      stream.on('data', write);
      stream.once('error', () => stream.destroy());
      stream.once('close', () => sources.delete(stream));
    },
    note: (text) => write(Buffer.from(`weft: ${text}\n`)),
    close: async () => {
      if (file !== null) await endFile(file);
      return tail.text() + trouble;
    },
  };
}

function openFile(path: string): WriteStream {
  try {
    mkdirSync(dirname(path), { recursive: true });
  } catch {
    // Opening the file below says what is wrong.
  }
  return createWriteStream(path, { mode: 0o600 });
}

function endFile(file: WriteStream): Promise<void> {
  return new Promise((settle) => {
    if (file.closed) return settle();
    file.once('close', () => settle());
    file.end();
  });
}

interface Tail {
  push(chunk: Buffer): void;
  text(): string;
}

/** Keeps the last bytes, dropping whole chunks from the front and never holding more than twice the limit. */
function createTail(limit: number): Tail {
  let chunks: Buffer[] = [];
  let bytes = 0;
  const cut = (): void => {
    const all = Buffer.concat(chunks);
    chunks = [Buffer.from(all.subarray(Math.max(0, all.length - limit)))];
    bytes = Math.min(bytes, limit);
  };
  return {
    push: (chunk) => {
      const last = chunk.subarray(Math.max(0, chunk.length - limit));
      chunks.push(last);
      bytes += last.length;
      if (bytes > 2 * limit) cut();
    },
    text: () => {
      const isWhole = bytes <= limit;
      cut();
      const [all = Buffer.alloc(0)] = chunks;
      return all.subarray(isWhole ? 0 : firstCharacter(all)).toString('utf8');
    },
  };
}

/** Skips the rest of a UTF-8 character that was cut through. */
function firstCharacter(bytes: Buffer): number {
  let at = 0;
  while (at < 3 && at < bytes.length && ((bytes[at] ?? 0) & 0xc0) === 0x80) at += 1;
  return at;
}
