// Single acts of the world's agents that need no files: to speak, to wait, to end. Scripts are made of them elsewhere.
import type { Exit } from '../../core/model.ts';
import { writeFile } from './disk.ts';
import { endProc, type Proc } from './process-world.ts';
import type { World } from './world.ts';

/** One step of a script; false: the script ends here. */
export type Act = (world: World, proc: Proc) => boolean;

/** Ends with an exit code. */
export function leave(code: number): Act {
  return (world, proc) => {
    endProc(world, proc, { code, signal: null });
    return false;
  };
}

/** Is gone without a word. */
export function vanish(exit: Exit): Act {
  return (world, proc) => {
    endProc(world, proc, exit, 'vanished');
    return false;
  };
}

/** Writes a status file. */
export function say(status: Record<string, unknown>): Act {
  return (world, proc) => {
    if (status['status'] === 'stuck') proc.asking = true;
    writeFile(world, `${proc.dir}/status.json`, JSON.stringify(status));
    return true;
  };
}

/** Asks a question that is its own. */
export const ask: Act = (world, proc) =>
  say({
    status: 'stuck',
    stuckReason: `which way, ${proc.task} ${proc.attempt}?`,
    options: [{ label: 'this way', then: 'retry' }],
    reason: null,
  })(world, proc);

/** Waits for its input to bring an answer, if it can hear; else it ends its turn. */
export const waitForAnswer: Act = (world, proc) => {
  if (world.scene.steerable.has(proc.task ?? '')) return false;
  endProc(world, proc, { code: 0, signal: null });
  return false;
};

/** Never ends by itself. */
export const hang: Act = () => false;
