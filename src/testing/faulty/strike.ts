// Counts what an engine does to the world and strikes it at the operation it was told, from inside its own process.
// Knows no port in particular.
import { AsyncLocalStorage } from 'node:async_hooks';
import childProcess from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { appendFileSync } from 'node:fs';
import { STARTING, type Starting } from '../../adapters/git/programs.ts';
import { isAtForge, type Lane, type Mode, type Point, parsePoint, type Seen } from './point.ts';

/** Environment variable with the point at which to strike; without it all operations are only counted. */
const POINT_VARIABLE = 'WEFT_FAULT';
/** Environment variable with the file that takes one line for each operation, or for the strike. */
const LOG_VARIABLE = 'WEFT_FAULT_LOG';

const point: Point | null = parsePoint(process.env[POINT_VARIABLE] ?? '');
const log: string | undefined = process.env[LOG_VARIABLE];

/** An operation under way. */
export interface Operation {
  readonly lane: Lane;
  readonly n: number;
  readonly kind: string;
  readonly to: string;
  /** How it is to be struck, or null. */
  readonly mode: Mode | null;
  children: number;
}

const counts = new Map<Lane, number>();
const underWay = new AsyncLocalStorage<Operation>();

/** Counts an operation. */
export function open(of: Pick<Seen, 'lane' | 'kind' | 'to'>): Operation {
  const n = (counts.get(of.lane) ?? 0) + 1;
  counts.set(of.lane, n);
  const isIt = point !== null && point.lane === of.lane && point.n === n;
  return { ...of, n, mode: isIt ? point.mode : null, children: 0 };
}

/** Notes an operation that went by. */
export function close(operation: Operation): void {
  if (point === null) write(operation);
}

/** Does an operation of a port, or strikes it. */
export async function operate<T>(of: Pick<Seen, 'lane' | 'kind' | 'to'>, act: () => Promise<T>): Promise<T> {
  const operation = open(of);
  const { mode } = operation;
  if (mode === 'before') die(operation);
  if (mode === 'EIO' || mode === 'ENOSPC') refuse(operation, mode);
  const acting = underWay.run(operation, act);
  // what has no child processes is torn in the middle of its own work
  if (mode === 'torn' && point?.child === 0) setImmediate(() => die(operation));
  const result = await acting;
  if (mode === 'after') die(operation);
  close(operation);
  return result;
}

/** Kills this process as the kernel would when memory runs out. */
export function die(operation: Operation): never {
  write(operation);
  process.kill(process.pid, 'SIGKILL');
  throw new Error('Internal error: this process lives on');
}

/** Throws what the system would say. */
export function refuse(operation: Operation, code: string): never {
  write(operation);
  const error = new Error(`${code}: struck, ${operation.kind} '${operation.to}'`);
  throw Object.assign(error, { code, errno: -1, syscall: operation.kind });
}

/** Notes an operation that is struck. */
export function write({ lane, n, kind, to, children }: Operation): void {
  if (log === undefined) return;
  const seen: Seen = { lane, n, kind, to, children };
  appendFileSync(log, `${JSON.stringify(seen)}\n`);
}

const spawnReally = childProcess.spawn;

/** Starts the program, or what has to go wrong in its place. */
function spawn(
  program: string,
  args: readonly string[],
  options: childProcess.SpawnOptions,
): childProcess.ChildProcess {
  const operation = underWay.getStore();
  if (operation === undefined) return spawnReally(program, args, options);
  operation.children += 1;
  if (operation.mode === null || operation.children !== point?.child)
    return spawnReally(program, args, options);
  switch (operation.mode) {
    case 'torn':
    case 'orphan': {
      const child = spawnReally(program, args, options);
      setTimeout(() => tear(operation, child.pid), pauseOf(operation));
      return child;
    }
    case 'exit128':
    case 'lost':
    case 'hang': {
      write(operation);
      const [other = '', ...rest] = replace(operation.mode, [program, ...args]);
      return spawnReally(other, rest, options);
    }
    case 'EAGAIN':
      return refuse(operation, 'EAGAIN');
    default:
      return spawnReally(program, args, options);
  }
}

/** What runs in the place of a program that goes wrong. */
function replace(mode: 'exit128' | 'lost' | 'hang', argv: readonly string[]): readonly string[] {
  switch (mode) {
    case 'exit128':
      return ['sh', '-c', 'echo "fatal: struck" >&2; exit 128'];
    case 'lost':
      return ['sh', '-c', '"$0" "$@"; exit 128', ...argv];
    case 'hang':
      return ['sleep', '600'];
  }
}

/** A program that is started through a shell, which many share. */
function startInShell(told: Starting): void {
  const operation = underWay.getStore();
  if (operation === undefined) return;
  operation.children += 1;
  const { mode } = operation;
  if (mode === null || operation.children !== point?.child) return;
  if (mode === 'torn' || mode === 'orphan') setTimeout(() => tear(operation, told.group), pauseOf(operation));
  if (mode !== 'exit128' && mode !== 'lost' && mode !== 'hang') return;
  write(operation);
  told.argv = replace(mode, told.argv);
}

/** A git may die with its engine, as when the machine goes down; agents and gates live on. */
function tear(operation: Operation, group: number | undefined): never {
  const isGit = operation.lane === 'git' || operation.lane === 'radar' || isAtForge(operation);
  if (isGit && operation.mode === 'torn' && group !== undefined) {
    try {
      process.kill(-group, 'SIGKILL');
    } catch {
      // it has ended already
    }
  }
  die(operation);
}

/** Milliseconds into the child's life: from its first moments to about its end, the same for the same point. */
function pauseOf({ n, children }: Operation): number {
  return (n * 7 + children * 3) % 6;
}

const waitReally = globalThis.setTimeout;
const LONG_MS = 5_000;
const SHORT_MS = 300;

/** Time-outs of the operation that hangs are short; all else takes its time. */
function wait(act: (...args: unknown[]) => void, ms?: number, ...args: unknown[]): NodeJS.Timeout {
  const hangs = underWay.getStore()?.mode === 'hang' && (ms ?? 0) >= LONG_MS;
  return waitReally(act, hangs ? SHORT_MS : ms, ...args);
}

Object.assign(childProcess, { spawn });
subscribe(STARTING, (told) => startInShell(told as Starting));
Object.assign(globalThis, { setTimeout: Object.assign(wait, waitReally) });
