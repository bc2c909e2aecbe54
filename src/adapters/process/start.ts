// Starts an attempt's process once per folder and finds it again. Knows nothing of how processes end.
import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Failure, fail, ok, type Result } from '../../core/failure.ts';
import type { ProcessState, StartSpec } from '../../ports/process.ts';
import { FILES, readEarlyExit, readExit, readPidFile, UNKNOWN_EXIT } from './attempt-files.ts';
import { identityOf, isLocal, isRunning } from './identity.ts';
import type { Launcher } from './launcher.ts';
import { type ProcessRow, type ProcessTable, runs } from './process-table.ts';
import { isPartOfShim, isShimOf, shimArguments } from './shim.ts';

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

/** Starts the process unless the folder already has one, and resolves once its identity is written down. */
export async function startProcess(
  table: ProcessTable,
  launcher: Launcher,
  given: StartSpec,
): Promise<Result<ProcessState>> {
  const spec = { ...given, dir: resolve(given.dir) };
  const found = inspectProcess(table, spec);
  if (found.kind !== 'none') return ok(found);
  const obstacle = findObstacle(spec);
  if (obstacle !== null) return fail(obstacle);
  const trouble = await launchShim(table, launcher, spec);
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

async function launchShim(table: ProcessTable, launcher: Launcher, spec: StartSpec): Promise<string | null> {
  const stdin = spec.stdin.kind === 'file' ? { ...spec.stdin, path: resolve(spec.stdin.path) } : spec.stdin;
  const errorsFile = join(spec.dir, FILES.shimErrors);
  try {
    mkdirSync(spec.dir, { recursive: true, mode: 0o700 });
    if (stdin.kind === 'fifo') mkdirSync(join(spec.dir, FILES.messages), { recursive: true, mode: 0o700 });
    // Who looks for a shim without a pid file looks for this first.
    closeSync(openSync(errorsFile, 'a', 0o600));
    return await launcher({
      argv: (name) => shimArguments(table, { ...spec, stdin, name }),
      cwd: spec.cwd,
      env: { ...spec.env, [TAG_VARIABLE]: spec.tag },
      errorsFile,
    });
  } catch (error) {
    return String(error);
  }
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
