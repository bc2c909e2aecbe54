// The processes of the machine: agents, gates, strays and bystanders. They outlive the engine, and end with a reboot.
import type { Exit, Identity, TaskId } from '../../core/model.ts';
import { checkSignal, checkStart } from './promises.ts';
import { count, note, notify } from './scheduler.ts';
import type { Life, World } from './world.ts';

/** One process. */
export interface Proc {
  readonly identity: Identity;
  readonly kind: 'agent' | 'gate' | 'stray' | 'bystander';
  readonly tag: string;
  /** Folder of the attempt; null: not an agent. */
  readonly dir: string | null;
  readonly cwd: string;
  readonly task: TaskId | null;
  readonly attempt: number;
  readonly startedMs: number;
  /** Epoch of the engine that started it. */
  readonly epoch: number;
  alive: boolean;
  ignoresTerm: boolean;
  exit: Exit | null;
  /** Its exit code was written down before it was gone. */
  exitWritten: boolean;
  /** Its identity was written down after it was started. */
  recorded: boolean;
  /** It waits for a human. */
  asking: boolean;
  /** What it was told, prompt first. */
  readonly heard: string[];
  /** Number of the last message of its input; -1: none yet. */
  lastInput: number;
  /** It was started with an input that may bring messages. */
  readonly opened: boolean;
  /** That input has not ended. */
  listens: boolean;
  /** What it printed, as far as there was room. */
  printed: string;
  /** Characters of output that are kept; all of it is ASCII. */
  readonly outputBytes: number;
  /** Called once when it is gone. */
  readonly onEnd: ((exit: Exit) => void)[];
}

interface Waiter {
  readonly life: Life;
  readonly proc: Proc;
  readonly tell: (exit: Exit) => void;
}

/** See the file's first line. */
export interface ProcessWorld {
  boot: number;
  nextPid: number;
  ticks: number;
  /** Everything that ever ran, newest last. */
  readonly all: Proc[];
  readonly waiters: Waiter[];
}

/** The exit of a process that is gone without a word. */
export const UNKNOWN_EXIT: Exit = { code: null, signal: null };

/** A machine that was just booted. */
export function createProcessWorld(): ProcessWorld {
  return { boot: 1, nextPid: 100, ticks: 0, all: [], waiters: [] };
}

/** Starts a process. */
export function spawnProc(
  world: World,
  of: Pick<Proc, 'kind' | 'tag' | 'dir' | 'cwd'> & {
    readonly task?: TaskId | null;
    readonly attempt?: number;
    readonly pid?: number;
    readonly listens?: boolean;
    readonly outputBytes?: number;
  },
): Proc {
  const { processes } = world;
  processes.ticks += 1;
  if (of.pid === undefined) processes.nextPid += 1;
  const proc: Proc = {
    identity: {
      bootId: `boot-${processes.boot}`,
      pidNs: 'pid:[1]',
      pid: of.pid ?? processes.nextPid,
      startTicks: processes.ticks,
    },
    kind: of.kind,
    tag: of.tag,
    dir: of.dir,
    cwd: of.cwd,
    task: of.task ?? null,
    attempt: of.attempt ?? 0,
    startedMs: world.monoMs,
    epoch: world.epoch,
    alive: true,
    ignoresTerm: false,
    exit: null,
    exitWritten: false,
    recorded: true,
    asking: false,
    heard: [],
    lastInput: -1,
    opened: of.listens ?? false,
    listens: of.listens ?? false,
    printed: '',
    outputBytes: of.outputBytes ?? Number.POSITIVE_INFINITY,
    onEnd: [],
  };
  checkStart(world, proc);
  processes.all.push(proc);
  note(world, () => `${proc.kind} ${proc.identity.pid} starts: ${proc.tag} in ${proc.cwd}`);
  return proc;
}

/** A process prints; what there is no room for is dropped, and a last line says so. */
export function print(proc: Proc, text: string): void {
  if (proc.printed.length > proc.outputBytes) return;
  const room = proc.outputBytes - proc.printed.length;
  proc.printed += text.length <= room ? text : `${text.slice(0, room)}\nweft: the rest was dropped.\n`;
}

/** A process ends; `exit` is written down unless it vanished. */
export function endProc(world: World, proc: Proc, exit: Exit, how: 'written' | 'vanished' = 'written'): void {
  if (!proc.alive) return;
  proc.alive = false;
  proc.exit = exit;
  proc.exitWritten = how === 'written' && proc.dir !== null;
  note(world, () => `${proc.kind} ${proc.identity.pid} ends: ${JSON.stringify(exit)} ${how}`);
  for (const ended of proc.onEnd.splice(0)) ended(exit);
  const { waiters } = world.processes;
  for (const waiter of [...waiters]) {
    if (waiter.proc !== proc) continue;
    waiters.splice(waiters.indexOf(waiter), 1);
    const seen = proc.exitWritten ? exit : UNKNOWN_EXIT;
    notify(world, waiter.life, 'process.exited', () => waiter.tell(seen));
  }
}

/** Sends a signal, as the one who asked for it meant the process. */
export function signalProc(
  world: World,
  proc: Proc,
  of: {
    readonly signal: 'SIGTERM' | 'SIGKILL';
    readonly meant: { readonly tag: string; readonly cwd: string | null };
  },
): void {
  if (!proc.alive) return;
  checkSignal(world, proc, of.meant);
  if (of.signal === 'SIGTERM' && proc.ignoresTerm) return;
  endProc(world, proc, { code: null, signal: of.signal });
}

/** The latest process of a folder whose identity was written down, or that runs unrecorded. */
export function findByDir(world: World, dir: string, tag: string): Proc | null {
  const inDir = world.processes.all.filter((proc) => proc.dir === dir && proc.kind === 'agent');
  const unrecorded = inDir.find((proc) => !proc.recorded && proc.alive && proc.tag === tag);
  return unrecorded ?? inDir.findLast((proc) => proc.recorded || proc.exitWritten) ?? null;
}

/** Tells whether exactly that process runs. */
export function isAliveIn(world: World, identity: Identity): boolean {
  return world.processes.all.some((proc) => proc.alive && sameIdentity(proc.identity, identity));
}

/** Tells whether two identities are one. */
export function sameIdentity(one: Identity, other: Identity): boolean {
  return (
    one.pid === other.pid &&
    one.startTicks === other.startTicks &&
    one.bootId === other.bootId &&
    one.pidNs === other.pidNs
  );
}

/** All processes die, pids begin anew, and other programs get the ones that ours had. */
export function reboot(world: World): void {
  const { processes } = world;
  const had = processes.all.filter((proc) => proc.alive && proc.kind !== 'bystander');
  for (const proc of processes.all) endProc(world, proc, UNKNOWN_EXIT, 'vanished');
  processes.boot += 1;
  processes.nextPid = 100;
  processes.ticks = 0;
  for (const proc of had.slice(0, 3)) {
    count(world, 'fault: a pid was used again');
    spawnProc(world, { kind: 'bystander', tag: '', dir: null, cwd: '/home', pid: proc.identity.pid });
  }
}
