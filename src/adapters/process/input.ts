// Writes guidance into the FIFO of a live process. Knows nothing of what the text says.
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { fail, ok, type Result } from '../../core/failure.ts';
import { FILES, readExit } from './attempt-files.ts';

/** How long the reader may take nothing at all before a write is given up. */
const STALL_LIMIT_MS = 60_000;

/** Longest text that is accepted for one write. */
const MAX_INPUT_BYTES = 64 * 1024 * 1024;

/** Writes texts one after another, so that two of them never mix. */
export type InputWriter = (dir: string, text: string) => Promise<Result<void>>;

/** Creates a writer; it keeps a queue for each folder that is being written to. */
export function createInputWriter(): InputWriter {
  const tails = new Map<string, Promise<unknown>>();
  return (given, text) => {
    const dir = resolve(given);
    const done = (tails.get(dir) ?? Promise.resolve()).then(() => writeOnce(dir, text));
    tails.set(dir, done);
    void done.then(() => {
      if (tails.get(dir) === done) tails.delete(dir);
    });
    return done;
  };
}

async function writeOnce(dir: string, text: string): Promise<Result<void>> {
  if (readExit(dir) !== null) return refused('The agent has ended; nobody reads what is written to it.');
  if (Buffer.byteLength(text) > MAX_INPUT_BYTES) return refused('The text is longer than 64 MiB.');
  const descriptor = openFifo(join(dir, FILES.input));
  if (descriptor === null) return refused('Nobody reads the input of this attempt.');
  return pour(descriptor, text);
}

/** Opens the FIFO for writing without waiting; null when there is none or nobody has it open. */
function openFifo(path: string): number | null {
  try {
    const flags = constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;
    const descriptor = openSync(path, flags);
    if (fstatSync(descriptor).isFIFO()) return descriptor;
    closeSync(descriptor);
    return null;
  } catch {
    return null;
  }
}

/** Writes through the event loop: a slow reader blocks no thread. */
function pour(descriptor: number, text: string): Promise<Result<void>> {
  return new Promise((resolveResult) => {
    const pipe = new Socket({ fd: descriptor, readable: false, writable: true });
    const finish = (result: Result<void>): void => {
      pipe.destroy();
      resolveResult(result);
    };
    pipe.setTimeout(STALL_LIMIT_MS, () => finish(refused('The agent did not read its input for a minute.')));
    pipe.once('error', (error) => finish(refused(`The agent stopped reading its input (${error.message}).`)));
    pipe.write(text, () => finish(ok(undefined)));
  });
}

function refused(sentence: string): Result<void> {
  return fail({ kind: 'failed', sentence });
}
