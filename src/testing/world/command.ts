// Short commands of the world: run to their end, or ended at a time limit or a signal.

import type { Exit } from '../../core/model.ts';
import type { CommandEnd, CommandSpec } from '../../ports/process.ts';
import { writeFile } from './disk.ts';
import { endProc, type Proc, print, spawnProc, UNKNOWN_EXIT } from './process-world.ts';
import { answer, count, notify, sleep } from './scheduler.ts';
import type { Life, World } from './world.ts';

/** Time between asking a command to end and ending it. */
const GRACE_MS = 2_000;
/** Exit code for what cannot be started. */
const NOT_EXECUTABLE = 126;

/** Runs the command; whatever goes wrong is in the answer. */
export async function runCommand(
  world: World,
  life: Life,
  of: {
    readonly spec: CommandSpec;
    readonly begin: (world: World, proc: Proc, argv: readonly string[]) => void;
  },
): Promise<CommandEnd> {
  const { spec } = of;
  const began = world.monoMs;
  const end = (exit: Exit, timedOut: boolean, printed: string): CommandEnd => {
    if (spec.outputFile !== undefined) writeFile(world, spec.outputFile, printed.slice(0, spec.outputBytes));
    return { exit, timedOut, elapsedMs: world.monoMs - began, tail: printed.slice(-spec.outputBytes) };
  };
  if (spec.signal?.aborted === true) return end(UNKNOWN_EXIT, false, '');
  const proc = await answer(world, life, {
    name: `process.run ${spec.tag}`,
    act: () => {
      const made = spawnProc(world, { kind: 'gate', tag: spec.tag, dir: null, cwd: spec.cwd });
      if (world.git.worktrees.get(spec.cwd)?.folder === true) {
        of.begin(world, made, spec.argv);
      } else {
        print(made, `the folder ${spec.cwd} cannot be entered`);
        endProc(world, made, { code: NOT_EXECUTABLE, signal: null });
      }
      return made;
    },
  });
  const how = await waitForEnd(world, life, { spec, proc });
  if (how !== 'ended') {
    if (how === 'timeout') count(world, 'fault: a gate took too long');
    await stop(world, life, proc);
  }
  return end(proc.exit ?? UNKNOWN_EXIT, how === 'timeout', proc.printed);
}

async function waitForEnd(
  world: World,
  life: Life,
  { spec, proc }: { readonly spec: CommandSpec; readonly proc: Proc },
): Promise<'ended' | 'aborted' | 'timeout'> {
  const timer = new AbortController();
  const ended = new Promise<'ended'>((resolve) => {
    if (!proc.alive) return resolve('ended');
    proc.onEnd.push(() => notify(world, life, 'process.ended', () => resolve('ended')));
  });
  const aborted = new Promise<'aborted'>((resolve) => {
    if (spec.signal?.aborted === true) resolve('aborted');
    else spec.signal?.addEventListener('abort', () => resolve('aborted'));
  });
  const late = sleep(world, life, spec.timeoutMs, timer.signal).then(() =>
    timer.signal.aborted ? ended : ('timeout' as const),
  );
  const how = await Promise.race([ended, aborted, late]);
  timer.abort();
  return how;
}

/** Asks it to end, and ends it when it does not hear. */
async function stop(world: World, life: Life, proc: Proc): Promise<void> {
  if (!proc.ignoresTerm) return endProc(world, proc, { code: null, signal: 'SIGTERM' });
  await sleep(world, life, GRACE_MS);
  endProc(world, proc, { code: null, signal: 'SIGKILL' });
}
