// Runs short commands to their end and keeps the end of what they print. Knows nothing of gates or git.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import type { Readable } from 'node:stream';
import type { Exit } from '../../core/model.ts';
import type { CommandEnd, CommandSpec } from '../../ports/process.ts';
import { UNKNOWN_EXIT } from './attempt-files.ts';
import { createHunt } from './hunt.ts';
import { identify } from './identity.ts';
import { killTree } from './kill-tree.ts';
import { createOutput, type Output } from './output.ts';
import type { Moment, ProcessTable } from './process-table.ts';
import { TAG_VARIABLE } from './start.ts';

/** Environment variable that tells one command's processes from others with the same tag. */
const COMMAND_VARIABLE = 'WEFT_COMMAND';
const GRACE_MS = 2_000;
/** How long a background process may keep the output open after the command itself has ended. */
const LINGER_MS = 250;
/** Exit codes of a shell for a program that is missing, or there but not to be run. */
const NOT_FOUND = 127;
const NOT_EXECUTABLE = 126;

/** Runs the command; whatever goes wrong is in the answer. */
export async function runCommand(table: ProcessTable, spec: CommandSpec): Promise<CommandEnd> {
  const startedAt = performance.now();
  const output = createOutput(spec);
  let exit: Exit = UNKNOWN_EXIT;
  let timedOut = false;
  if (spec.signal?.aborted !== true) {
    const entry = `${COMMAND_VARIABLE}=${randomUUID()}`;
    const since = table.mark();
    const child = launch(spec, entry, output);
    if (typeof child === 'number') {
      exit = { code: child, signal: null };
    } else {
      ({ exit, timedOut } = await supervise(table, { spec, child, entry, since, output }));
    }
  }
  const tail = await output.close();
  return { exit, timedOut, elapsedMs: performance.now() - startedAt, tail };
}

/** Starts the command in a group of its own; the exit code a shell would give when that cannot be. */
function launch(spec: CommandSpec, entry: string, output: Output): ChildProcess | number {
  const [program, ...args] = spec.argv;
  const [name, value] = entry.split('=') as [string, string];
  try {
    accessSync(spec.cwd, constants.X_OK);
    return spawn(program, args, {
      cwd: spec.cwd,
      env: { ...spec.env, [TAG_VARIABLE]: spec.tag, [name]: value },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    output.note(`${program}: ${String(error)}`);
    return NOT_EXECUTABLE;
  }
}

interface Supervised {
  readonly spec: CommandSpec;
  readonly child: ChildProcess;
  readonly entry: string;
  readonly since: Moment | null;
  readonly output: Output;
}

/** Waits for the end; a time-out or the signal brings it about. */
async function supervise(
  table: ProcessTable,
  { spec, child, entry, since, output }: Supervised,
): Promise<{ exit: Exit; timedOut: boolean }> {
  const leader = child.pid === undefined ? null : identify(table, child.pid);
  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null);
  for (const stream of streams) output.drain(stream);
  const ended = waitForEnd(child, output);
  const stop = waitForStop(spec);
  const first = await Promise.race([ended, stop.reason]);
  stop.cancel();
  if (typeof first !== 'string') {
    await lingering(child);
    destroy(streams);
    // what it left running would go on in a place that others are given next
    const left = { leader: null, entry, cwd: null, since };
    if (createHunt(table, left).look().length > 0) await killTree(table, { ...left, graceMs: GRACE_MS });
    return { exit: first, timedOut: false };
  }
  await killTree(table, { leader, entry, cwd: null, since, graceMs: GRACE_MS });
  const exit = await Promise.race([ended, after(LINGER_MS)]);
  await lingering(child);
  destroy(streams);
  child.unref();
  return { exit: exit ?? UNKNOWN_EXIT, timedOut: first === 'timeout' };
}

function waitForEnd(child: ChildProcess, output: Output): Promise<Exit> {
  return new Promise((settle) => {
    child.once('exit', (code, signal) => settle({ code, signal }));
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (child.pid !== undefined) return;
      output.note(error.message);
      settle({ code: error.code === 'ENOENT' ? NOT_FOUND : NOT_EXECUTABLE, signal: null });
    });
  });
}

function waitForStop(spec: CommandSpec): {
  readonly reason: Promise<'timeout' | 'aborted'>;
  readonly cancel: () => void;
} {
  let cancel = (): void => {};
  const reason = new Promise<'timeout' | 'aborted'>((settle) => {
    const timer = setTimeout(() => settle('timeout'), spec.timeoutMs);
    const abort = (): void => settle('aborted');
    spec.signal?.addEventListener('abort', abort);
    cancel = () => {
      clearTimeout(timer);
      spec.signal?.removeEventListener('abort', abort);
    };
  });
  return { reason, cancel };
}

/** Resolves when all output is read, or soon: something left in the background may hold it open for ever. */
async function lingering(child: ChildProcess): Promise<void> {
  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null && !stream.closed);
  const closed = Promise.all(streams.map((stream) => new Promise((settle) => stream?.once('close', settle))));
  await Promise.race([closed, after(LINGER_MS)]);
}

function destroy(streams: readonly Readable[]): void {
  for (const stream of streams) stream.destroy();
}

function after(ms: number): Promise<null> {
  return new Promise((settle) => setTimeout(settle, ms, null).unref());
}
