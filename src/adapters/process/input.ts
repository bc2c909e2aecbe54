// Hands messages to a live process, each once: a file per message, and a bell for the shim's feeder, who copies it.
// Knows nothing of what the text says.
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  linkSync,
  openSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fail, ok, type Result } from '../../core/failure.ts';
import type { InputMessage, ProcessPort } from '../../ports/process.ts';
import { FILES, readEarlyExit, readExit, readFed } from './attempt-files.ts';

/** How long one call waits for the process to take the message. */
const PATIENCE_MS = 5_000;

/** Longest pause between two looks for the receipt; the first is a hundredth of it. */
const MAX_PAUSE_MS = 100;

/** Longest text that is accepted as one message. */
const MAX_INPUT_BYTES = 64 * 1024 * 1024;

/** Creates a writer; it hands a folder's messages over one after another. */
export function createInputWriter(): ProcessPort['writeInput'] {
  const tails = new Map<string, Promise<unknown>>();
  return (given, message) => {
    const dir = resolve(given);
    const done = (tails.get(dir) ?? Promise.resolve()).then(() => handOver(dir, message));
    tails.set(dir, done);
    const forget = (): void => {
      if (tails.get(dir) === done) tails.delete(dir);
    };
    void done.then(forget, forget);
    return done;
  };
}

/** Asks the feeder to let go of the input once it has passed on what came before. */
export function closeInput(given: string): Result<void> {
  const dir = resolve(given);
  if (!existsSync(join(dir, FILES.messages)))
    return refused('This attempt was started without an open input.');
  return ring(dir, 'end') === 'full' ? refused('The agent does not read its input.') : ok(undefined);
}

async function handOver(dir: string, message: InputMessage): Promise<Result<void>> {
  if (!Number.isSafeInteger(message.number) || message.number < 0) {
    throw new Error(`Internal error: ${message.number} is no number of a message`);
  }
  if (Buffer.byteLength(message.text) > MAX_INPUT_BYTES) return refused('The text is longer than 64 MiB.');
  if (readFed(dir) < message.number && !hasEnded(dir) && hasFeeder(dir)) {
    const stored = store(dir, message);
    if (!stored.ok) return stored;
    if (ring(dir, String(message.number)) === 'full') return refused('The agent does not read its input.');
  }
  return untilFed(dir, message.number);
}

function hasEnded(dir: string): boolean {
  return (readExit(dir) ?? readEarlyExit(dir)) !== null;
}

/** Puts the message into its file, whole, unless an earlier call did. */
function store(dir: string, { number, text }: InputMessage): Result<void> {
  const path = join(dir, FILES.messages, String(number));
  const draft = `${path}.${randomUUID()}`;
  try {
    writeFileSync(draft, text, { mode: 0o600 });
    linkSync(draft, path);
    return ok(undefined);
  } catch (error) {
    if (existsSync(path)) return ok(undefined);
    return fail({ kind: 'environment', sentence: `The message could not be stored: ${String(error)}.` });
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Writes a word into the bell without waiting; it is so short that the FIFO takes all of it or nothing. */
function ring(dir: string, word: string): 'rung' | 'nobody' | 'full' {
  const bell = openBell(dir);
  if (bell === null) return 'nobody';
  try {
    writeSync(bell, `${word}\n`);
    return 'rung';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EAGAIN' ? 'full' : 'nobody';
  } finally {
    closeSync(bell);
  }
}

function hasFeeder(dir: string): boolean {
  const bell = openBell(dir);
  if (bell !== null) closeSync(bell);
  return bell !== null;
}

/** Opens the bell for writing; null when there is none or nobody listens. */
function openBell(dir: string): number | null {
  try {
    const flags = constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;
    const descriptor = openSync(join(dir, FILES.bell), flags);
    if (fstatSync(descriptor).isFIFO()) return descriptor;
    closeSync(descriptor);
    return null;
  } catch {
    return null;
  }
}

/** Waits for the feeder's receipt. The feeder soon goes when the agent has ended; without one there will be no receipt. */
async function untilFed(dir: string, number: number): Promise<Result<void>> {
  const deadline = performance.now() + PATIENCE_MS;
  for (let pause = MAX_PAUSE_MS / 100; ; pause = Math.min(2 * pause, MAX_PAUSE_MS)) {
    const isOver = !hasFeeder(dir);
    // Looked for last: the receipt may have been the feeder's last act.
    if (readFed(dir) >= number) return ok(undefined);
    if (isOver) return refused('Nobody reads the input of this attempt.');
    if (performance.now() > deadline) return refused('The agent has not read its input for some seconds.');
    await sleep(pause);
  }
}

function refused(sentence: string): Result<void> {
  return fail({ kind: 'failed', sentence });
}
