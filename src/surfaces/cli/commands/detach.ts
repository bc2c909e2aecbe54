// Leaves a second weft behind that leads the run, in a session of its own, and waits until it does.
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fail, ok, type Result } from '../../../core/failure.ts';
import type { App } from '../../app.ts';
import type { Call } from '../call.ts';
import { cleanText } from '../clean.ts';
import type { Io } from '../io.ts';
import { printJson, printLines } from '../report.ts';

const READY_FD = 3;
const READY_NAME = 'WEFT_READY_FD';
const START_MS = 60_000;
const MAX_LOG_CHARS = 65_536;

/** Tells the weft that left this one behind which run is led now; does nothing otherwise. */
export function announceRun(io: Io, run: string): void {
  if (io.env[READY_NAME] !== String(READY_FD)) return;
  try {
    writeSync(READY_FD, `${run}\n`);
    closeSync(READY_FD);
  } catch {
    // nobody waits any more, and the run goes on all the same
  }
}

/** Starts the same command again in the background; returns when that leads its run, or with its exit code. */
export async function leaveBehind(call: Call, app: App): Promise<Result<number>> {
  await mkdir(app.stateDir, { recursive: true, mode: 0o700 });
  const log = join(app.stateDir, `engine-${call.io.now()}.log`);
  const started = await startAgain(call.io, log);
  if (!started.ok) return started;
  const { run, code, pid } = started.value;
  if (run === null) {
    call.io.stderr.write(cleanText(readFileSync(log, 'utf8').slice(-MAX_LOG_CHARS)));
    rmSync(log, { force: true });
    return ok(code);
  }
  const kept = join(app.stateDir, 'runs', run, 'engine.log');
  renameSync(log, kept);
  if (call.json) printJson(call.io, { type: 'started', run, pid, log: kept });
  else printLines(call.io, [run, `The engine is process ${pid} and writes to ${kept}.`]);
  return ok(0);
}

interface Started {
  /** The run that it leads; null: it ended before. */
  readonly run: string | null;
  readonly code: number;
  readonly pid: number | undefined;
}

async function startAgain(io: Io, log: string): Promise<Result<Started>> {
  const words = io.argv.filter((word) => word !== '--detach' && word !== '--json');
  const output = openSync(log, 'ax', 0o600);
  const child = spawn(io.program.node, [io.program.entry, ...words], {
    cwd: io.cwd,
    env: { ...io.env, [READY_NAME]: String(READY_FD) },
    detached: true,
    stdio: ['ignore', output, output, 'pipe'],
  });
  closeSync(output);
  const ready = child.stdio[READY_FD] as Readable;
  const ended = new Promise<Result<Started>>((resolve) => {
    child.on('error', (error) => resolve(fail({ kind: 'environment', sentence: `${error.message}.` })));
    child.on('exit', (code) => resolve(ok({ run: null, code: code ?? 1, pid: child.pid })));
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Result<Started>>((resolve) => {
    const hint = `It goes on; ${log} has what it says.`;
    const failure = { kind: 'timeout', sentence: 'The engine does not lead yet after 60 s.', hint } as const;
    timer = setTimeout(() => resolve(fail(failure)), START_MS);
  });
  const leads = readLine(ready).then((run): Promise<Result<Started>> | Result<Started> =>
    run === null ? ended : ok({ run, code: 0, pid: child.pid }),
  );
  const first = await Promise.race([leads, late]);
  clearTimeout(timer);
  ready.destroy();
  child.unref();
  return first;
}

/** The first line of a stream, or null when it ends before. */
function readLine(stream: Readable): Promise<string | null> {
  return new Promise((resolve) => {
    let text = '';
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      text += chunk;
      const end = text.indexOf('\n');
      if (end >= 0) resolve(text.slice(0, end));
    });
    stream.on('close', () => resolve(null));
    stream.on('error', () => resolve(null));
  });
}
