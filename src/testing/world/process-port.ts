// The process port of the world: the same promises as the real one, with processes that are only entries in a table.
import { fail, ok, type Result } from '../../core/failure.ts';
import type { Exit, Identity } from '../../core/model.ts';
import type { InputMessage, ProcessPort, ProcessState, StartSpec } from '../../ports/process.ts';
import { runCommand } from './command.ts';
import { addFolder } from './disk.ts';
import {
  findByDir,
  isAliveIn,
  type Proc,
  sameIdentity,
  signalProc,
  spawnProc,
  UNKNOWN_EXIT,
} from './process-world.ts';
import { PROGRAMS, type Programs } from './programs.ts';
import { answer, count, sleep } from './scheduler.ts';
import { checkClaimed } from './source-promises.ts';
import type { Life, World } from './world.ts';

/** Processes of the world, as one engine reaches them. */
export function createWorldProcesses(world: World, life: Life, programs: Programs = PROGRAMS): ProcessPort {
  const self: Identity = {
    bootId: `boot-${world.processes.boot}`,
    pidNs: 'pid:[1]',
    pid: 10 + life.epoch,
    startTicks: 0,
  };
  return {
    start: (spec) => startIn(world, life, { spec, programs }),
    inspect: ({ dir, tag }) =>
      answer(world, life, { name: 'process.inspect', act: () => lookAt(findByDir(world, dir, tag)) }),
    waitForExit: (where, signal) => waitForExit(world, life, { ...where, signal }),
    killTree: (what) => killTree(world, life, what),
    writeInput: (dir, message) =>
      answer(world, life, {
        name: 'process.writeInput',
        act: () => writeInput(world, programs, { dir, message }),
      }),
    closeInput: (dir) =>
      answer(world, life, { name: 'process.closeInput', act: () => closeInput(world, programs, dir) }),
    run: (spec) => runCommand(world, life, { spec, begin: programs.gate }),
    self: () => self,
    cpuMs: async () => null,
    isAlive: (identity) => sameIdentity(identity, self) || isAliveIn(world, identity),
  };
}

function lookAt(proc: Proc | null): ProcessState {
  if (proc === null) return { kind: 'none' };
  if (proc.alive) return { kind: 'alive', identity: proc.identity };
  return { kind: 'ended', exit: proc.exitWritten && proc.exit !== null ? proc.exit : UNKNOWN_EXIT };
}

function writeInput(
  world: World,
  programs: Programs,
  of: { readonly dir: string; readonly message: InputMessage },
): Result<void> {
  const { dir, message } = of;
  const { number, text } = message;
  const proc = findByDir(world, dir, '');
  if (proc === null) return fail({ kind: 'failed', sentence: 'Nobody reads.' });
  if (number <= proc.lastInput) {
    count(world, 'recovery: a message was handed over again');
    return ok(undefined);
  }
  if (!proc.alive || !proc.listens) return fail({ kind: 'failed', sentence: 'Nobody reads.' });
  proc.lastInput = number;
  programs.hear(world, proc, text);
  return ok(undefined);
}

function closeInput(world: World, programs: Programs, dir: string): Result<void> {
  const proc = findByDir(world, dir, '');
  if (proc === null || !proc.opened) return fail({ kind: 'failed', sentence: 'There is no input to close.' });
  if (proc.alive && proc.listens) programs.hearEnd(world, proc);
  proc.listens = false;
  return ok(undefined);
}

function startIn(
  world: World,
  life: Life,
  { spec, programs }: { readonly spec: StartSpec; readonly programs: Programs },
): ReturnType<ProcessPort['start']> {
  const spawn = (): Proc => {
    const { tag, dir, cwd, outputBytes } = spec;
    const listens = spec.stdin.kind === 'fifo';
    const proc = spawnProc(world, { kind: 'agent', tag, dir, cwd, outputBytes, listens, ...named(spec) });
    addFolder(world.disk, dir);
    if (spec.stdin.kind === 'file') proc.heard.push(world.disk.files.get(spec.stdin.path) ?? '');
    if (spec.stdin.kind === 'fifo') proc.heard.push(world.disk.files.get(`${spec.dir}/prompt.md`) ?? '');
    checkClaimed(world, life, proc.task);
    programs.agent(world, proc, spec.argv);
    return proc;
  };
  return answer(world, life, {
    name: `process.start ${spec.tag}`,
    act: () => {
      const found = findByDir(world, spec.dir, spec.tag);
      if (found !== null) {
        count(world, 'recovery: a start found its process');
        return ok(lookAt(found));
      }
      const why = findObstacle(world, spec);
      return why === null ? ok(lookAt(spawn())) : fail({ kind: 'environment', sentence: why });
    },
    half: () => {
      if (findByDir(world, spec.dir, spec.tag) !== null || findObstacle(world, spec) !== null) return;
      count(world, 'fault: killed between a start and its record');
      spawn().recorded = false;
    },
    refused: () => fail({ kind: 'environment', sentence: 'fork: resource temporarily unavailable' }),
  });
}

function findObstacle({ git, disk }: World, { cwd, stdin }: StartSpec): string | null {
  if (git.worktrees.get(cwd)?.folder !== true) return `the folder ${cwd} cannot be entered`;
  if (stdin.kind !== 'file' || disk.files.has(stdin.path)) return null;
  return `the prompt file ${stdin.path} cannot be read`;
}

/** The command line of the world's agents names task and attempt. */
function named(spec: StartSpec): Pick<Proc, 'task' | 'attempt'> {
  const [, task, attempt] = spec.argv;
  return { task: task as Proc['task'], attempt: Number(attempt) };
}

async function waitForExit(
  world: World,
  life: Life,
  of: { readonly dir: string; readonly identity: Identity; readonly signal: AbortSignal },
): Promise<Exit | null> {
  if (of.signal.aborted) return null;
  const { waiters, all } = world.processes;
  const proc = all.find((each) => each.dir === of.dir && sameIdentity(each.identity, of.identity));
  if (proc === undefined || !proc.alive) {
    return answer(world, life, {
      name: 'process.waitForExit',
      act: () => {
        const state = lookAt(findByDir(world, of.dir, ''));
        return state.kind === 'ended' ? state.exit : UNKNOWN_EXIT;
      },
    });
  }
  return new Promise((resolve) => {
    const waiter = { life, proc, tell: (exit: Exit) => resolve(exit) };
    waiters.push(waiter);
    of.signal.addEventListener('abort', () => {
      const at = waiters.indexOf(waiter);
      if (at !== -1) waiters.splice(at, 1);
      resolve(null);
    });
  });
}

async function killTree(
  world: World,
  life: Life,
  what: Parameters<ProcessPort['killTree']>[0],
): Promise<readonly number[]> {
  const { identity, tag, cwd } = what;
  const look = (): Proc[] =>
    world.processes.all.filter(
      (proc) =>
        proc.alive &&
        (proc.tag === tag ||
          // what another program does in the worktree is none of ours
          (proc.cwd === cwd && proc.kind !== 'bystander') ||
          (identity !== null && sameIdentity(proc.identity, identity))),
    );
  const send = (signal: 'SIGTERM' | 'SIGKILL'): Promise<number> =>
    answer(world, life, {
      name: `process.kill ${signal} ${tag}`,
      act: () => {
        for (const proc of look()) signalProc(world, proc, { signal, meant: what });
        return look().length;
      },
    });
  if ((await send('SIGTERM')) === 0) return [];
  await sleep(world, life, what.graceMs);
  count(world, 'recovery: SIGKILL after the grace time');
  await send('SIGKILL');
  return look().map((proc) => proc.identity.pid);
}
