// Starts an attempt's process once per folder and finds it again. Knows nothing of how processes end.
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { type Failure, fail, ok, type Result } from '../../core/failure.ts';
import type { ProcessState, StartSpec } from '../../ports/process.ts';
import { FILES, readEarlyExit, readExit, readPidFile, UNKNOWN_EXIT } from './attempt-files.ts';
import { identityOf, isLocal, isRunning } from './identity.ts';
import { type ProcessRow, type ProcessTable, runs } from './process-table.ts';
import { isPartOfShim, isShimOf, shimArguments } from './shim.ts';

const START_LIMIT_MS = 10_000;

/** Environment variable by which an attempt's processes are found. */
export const TAG_VARIABLE = 'WEFT_TAG';

/**
 * Looks for what is left of the folder's process, in this order: the exit file, the process of the pid file,
 * a tagged member of its session (the shim itself was killed), a shim that has not written its pid file yet.
 */
export function inspectProcess(
  table: ProcessTable,
  where: { readonly dir: string; readonly tag: string },
): ProcessState {
  const dir = resolve(where.dir);
  const written = readPidFile(dir);
  if (typeof written === 'object' && isRunning(table, written)) {
    const exit = readExit(dir);
    return exit === null ? { kind: 'alive', identity: written } : { kind: 'ended', exit };
  }
  const exit = readExit(dir) ?? readEarlyExit(dir);
  if (exit !== null) return { kind: 'ended', exit };
  // The shim's log is older than any shim: without it there is nothing to search for.
  if (!existsSync(join(dir, FILES.shimErrors))) return { kind: 'none' };
  const stray = findTagged(table, where.tag, (row) =>
    typeof written === 'object'
      ? isLocal(table, written) &&
        row.session === written.pid &&
        !isPartOfShim(table.commandLine(row.pid), dir)
      : isShimOf(table.commandLine(row.pid), dir),
  );
  if (stray !== null) return { kind: 'alive', identity: identityOf(table, stray) };
  return written === 'absent' ? { kind: 'none' } : { kind: 'ended', exit: UNKNOWN_EXIT };
}

/**
 * Starts the process unless the folder already has one, and resolves once its identity is written down.
 * `onEnd` is called when the shim ends while this process still runs.
 */
export async function startProcess(
  table: ProcessTable,
  given: StartSpec,
  onEnd: (dir: string) => void,
): Promise<Result<ProcessState>> {
  const spec = { ...given, dir: resolve(given.dir) };
  const found = inspectProcess(table, spec);
  if (found.kind !== 'none') return ok(found);
  const obstacle = findObstacle(spec);
  if (obstacle !== null) return fail(obstacle);
  let child: ChildProcess;
  try {
    child = spawnShim(table, spec);
  } catch (error) {
    return fail(cannotStart(spec, String(error)));
  }
  child.once('exit', () => onEnd(spec.dir));
  const trouble = await waitForShim(child);
  child.unref();
  if (trouble !== null) return fail(cannotStart(spec, trouble));
  const state = inspectProcess(table, spec);
  return state.kind === 'none' ? fail(cannotStart(spec, lastWords(spec.dir))) : ok(state);
}

function findTagged(table: ProcessTable, tag: string, fits: (row: ProcessRow) => boolean): ProcessRow | null {
  const rows = table.list().filter(runs);
  const tagged = table.withEntry(rows, `${TAG_VARIABLE}=${tag}`);
  const fitting = rows.filter((row) => tagged.has(row.pid) && fits(row));
  return fitting.sort((a, b) => a.startTicks - b.startTicks || a.pid - b.pid)[0] ?? null;
}

function findObstacle(spec: StartSpec): Failure | null {
  try {
    accessSync(spec.cwd, constants.X_OK);
  } catch {
    return cannotStart(spec, `the folder ${spec.cwd} cannot be entered`);
  }
  if (spec.stdin.kind !== 'file') return null;
  try {
    accessSync(spec.stdin.path, constants.R_OK);
    return null;
  } catch {
    return cannotStart(spec, `the prompt file ${spec.stdin.path} cannot be read`);
  }
}

function spawnShim(table: ProcessTable, spec: StartSpec): ChildProcess {
  mkdirSync(spec.dir, { recursive: true, mode: 0o700 });
  if (spec.stdin.kind === 'fifo') mkdirSync(join(spec.dir, FILES.messages), { recursive: true, mode: 0o700 });
  const errors = openSync(join(spec.dir, FILES.shimErrors), 'a', 0o600);
  const stdin = spec.stdin.kind === 'file' ? { ...spec.stdin, path: resolve(spec.stdin.path) } : spec.stdin;
  const [shell, ...args] = shimArguments(table, { ...spec, stdin });
  try {
    return spawn(shell, args, {
      cwd: spec.cwd,
      env: { ...spec.env, [TAG_VARIABLE]: spec.tag },
      // A session of its own: no terminal, no signals meant for the engine's group.
      detached: true,
      stdio: ['ignore', 'ignore', errors, 'pipe'],
    });
  } finally {
    closeSync(errors);
  }
}

/** Resolves with null once the shim has started the command or has ended, or with what went wrong. */
function waitForShim(child: ChildProcess): Promise<string | null> {
  return new Promise((settle) => {
    const pipe = child.stdio[3] as Readable | null | undefined;
    const timer = setTimeout(() => finish('the shell did not answer in time'), START_LIMIT_MS);
    const finish = (trouble: string | null) => {
      clearTimeout(timer);
      pipe?.destroy();
      settle(trouble);
    };
    child.once('error', (error) => finish(error.message));
    pipe?.once('error', (error) => finish(error.message));
    pipe?.once('end', () => finish(null));
    pipe?.once('data', () => finish(null));
  });
}

function cannotStart(spec: StartSpec, reason: string): Failure {
  return {
    kind: 'environment',
    sentence: `${spec.argv[0]} could not be started: ${reason}.`,
    hint: `Look into ${join(spec.dir, FILES.shimErrors)} and at the limits on processes and disk space.`,
  };
}

function lastWords(dir: string): string {
  try {
    const text = readFileSync(join(dir, FILES.shimErrors), 'utf8').trim();
    return text.split('\n').at(-1) || 'the shell ended without a word';
  } catch {
    return 'the shell ended without a word';
  }
}
