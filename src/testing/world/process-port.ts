// The process port of the world: the same promises as the real one, with processes that are only entries in a table.
import { fail, ok, type Result } from '../../core/failure.ts';
import type { Exit, Identity } from '../../core/model.ts';
import type {
  CommandEnd,
  CommandSpec,
  InputMessage,
  ProcessPort,
  ProcessState,
  StartSpec,
} from '../../ports/process.ts';
import { beginAgent, hearInput } from './agents.ts';
import { beginGate } from './gates.ts';
import {
  endProc,
  findByDir,
  isAliveIn,
  type Proc,
  sameIdentity,
  signalProc,
  spawnProc,
  UNKNOWN_EXIT,
} from './process-world.ts';
import { answer, count, notify, sleep } from './scheduler.ts';
import type { Life, World } from './world.ts';

/** Processes of the world, as one engine reaches them. */
export function createWorldProcesses(world: World, life: Life): ProcessPort {
  const self: Identity = { bootId: 'boot', pidNs: 'pid:[1]', pid: 10 + life.epoch, startTicks: life.epoch };
  return {
    start: (spec) => startIn(world, life, spec),
    inspect: ({ dir, tag }) =>
      answer(world, life, { name: 'process.inspect', act: () => lookAt(findByDir(world, dir, tag)) }),
    waitForExit: (where, signal) => waitForExit(world, life, { ...where, signal }),
    killTree: (what) => killTree(world, life, what),
    writeInput: (dir, message) =>
      answer(world, life, { name: 'process.writeInput', act: () => writeInput(world, dir, message) }),
    closeInput: (dir) =>
      answer(world, life, { name: 'process.closeInput', act: () => closeInput(world, dir) }),
    run: (spec) => runIn(world, life, spec),
    self: () => self,
    isAlive: (identity) => isAliveIn(world, identity),
  };
}

function lookAt(proc: Proc | null): ProcessState {
  if (proc === null) return { kind: 'none' };
  if (proc.alive) return { kind: 'alive', identity: proc.identity };
  return { kind: 'ended', exit: proc.exitWritten && proc.exit !== null ? proc.exit : UNKNOWN_EXIT };
}

function writeInput(world: World, dir: string, { number, text }: InputMessage): Result<void> {
  const proc = findByDir(world, dir, '');
  if (proc === null) return fail({ kind: 'failed', sentence: 'Nobody reads.' });
  if (number <= proc.lastInput) {
    count(world, 'recovery: a message was handed over again');
    return ok(undefined);
  }
  if (!proc.alive || proc.inputEnded) return fail({ kind: 'failed', sentence: 'Nobody reads.' });
  proc.lastInput = number;
  hearInput(world, proc, text);
  return ok(undefined);
}

function closeInput(world: World, dir: string): Result<void> {
  const proc = findByDir(world, dir, '');
  if (proc === null) return fail({ kind: 'failed', sentence: 'There is no input to close.' });
  proc.inputEnded = true;
  return ok(undefined);
}

function startIn(world: World, life: Life, spec: StartSpec): ReturnType<ProcessPort['start']> {
  const spawn = (): Proc => {
    const proc = spawnProc(world, {
      kind: 'agent',
      tag: spec.tag,
      dir: spec.dir,
      cwd: spec.cwd,
      ...named(spec),
    });
    if (spec.stdin.kind === 'file') proc.heard.push(world.disk.files.get(spec.stdin.path) ?? '');
    if (spec.stdin.kind === 'fifo') proc.heard.push(world.disk.files.get(`${spec.dir}/prompt.md`) ?? '');
    beginAgent(world, proc);
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
      if (world.git.worktrees.get(spec.cwd)?.folder !== true) {
        return fail({ kind: 'environment', sentence: `the folder ${spec.cwd} cannot be entered` });
      }
      return ok(lookAt(spawn()));
    },
    half: () => {
      if (findByDir(world, spec.dir, spec.tag) !== null) return;
      if (world.git.worktrees.get(spec.cwd)?.folder !== true) return;
      count(world, 'fault: killed between a start and its record');
      spawn().recorded = false;
    },
    refused: () => fail({ kind: 'environment', sentence: 'fork: resource temporarily unavailable' }),
  });
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
          proc.cwd === cwd ||
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

async function runIn(world: World, life: Life, spec: CommandSpec): Promise<CommandEnd> {
  const began = world.monoMs;
  const proc = await answer(world, life, {
    name: `process.run ${spec.tag}`,
    act: () => {
      const made = spawnProc(world, { kind: 'gate', tag: spec.tag, dir: null, cwd: spec.cwd });
      beginGate(world, made, spec.argv.at(-1) ?? '');
      return made;
    },
  });
  const end = (exit: Exit, timedOut: boolean): CommandEnd => ({
    exit,
    timedOut,
    elapsedMs: world.monoMs - began,
    tail: exit.code === 0 ? 'fine' : `failed with ${exit.code}`,
  });
  const timer = new AbortController();
  const ended = new Promise<CommandEnd>((resolve) => {
    if (!proc.alive) return resolve(end(proc.exit ?? UNKNOWN_EXIT, false));
    proc.onEnd.push((exit) => notify(world, life, 'process.ended', () => resolve(end(exit, false))));
  });
  const aborted = new Promise<CommandEnd>((resolve) => {
    const stop = (): void => {
      endProc(world, proc, { code: null, signal: 'SIGTERM' });
      resolve(end({ code: null, signal: 'SIGTERM' }, false));
    };
    if (spec.signal?.aborted === true) stop();
    else spec.signal?.addEventListener('abort', stop);
  });
  const late = sleep(world, life, spec.timeoutMs, timer.signal).then(() => {
    if (timer.signal.aborted) return ended;
    count(world, 'fault: a gate took too long');
    endProc(world, proc, { code: null, signal: 'SIGTERM' });
    return end({ code: null, signal: 'SIGTERM' }, true);
  });
  const how = await Promise.race([ended, aborted, late]);
  timer.abort();
  return how;
}
