// Puts the process adapter together. Knows nothing of tasks, agents or git.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Identity } from '../../core/model.ts';
import type { ProcessPort } from '../../ports/process.ts';
import { FILES } from './attempt-files.ts';
import { createHunt, type Hunt } from './hunt.ts';
import { identify, isRunning } from './identity.ts';
import { closeInput, createInputWriter } from './input.ts';
import { killTree } from './kill-tree.ts';
import { createLauncher } from './launcher.ts';
import { type Moment, openProcessTable } from './process-table.ts';
import { runCommand } from './run-command.ts';
import { inspectProcess, startProcess, TAG_VARIABLE } from './start.ts';
import { createExitWatch } from './watch.ts';

const MAX_BEGINS = 10_000;

/** Creates the port for this machine; throws on a platform other than Linux and macOS. */
export function createProcessPort(): ProcessPort {
  const table = openProcessTable();
  const watch = createExitWatch(table);
  const launcher = createLauncher();
  const writeInput = createInputWriter();
  /** Starts under way, by folder: a second call joins the first instead of racing it. */
  const starting = new Map<string, ReturnType<ProcessPort['start']>>();
  /** Moments before the starts of this engine's attempts, by tag. */
  const begins = new Map<string, Moment | null>();
  let self: Identity | null = null;

  return {
    start: (spec) => {
      const running = starting.get(spec.dir);
      if (running !== undefined) return running;
      if (begins.size >= MAX_BEGINS) begins.clear();
      // one that runs already was started earlier, by who knows whom
      begins.set(
        spec.tag,
        begins.has(spec.tag) || existsSync(join(spec.dir, FILES.shimErrors)) ? null : table.mark(),
      );
      const started = startProcess(table, launcher, spec).finally(() => starting.delete(spec.dir));
      starting.set(spec.dir, started);
      return started;
    },
    inspect: async (where) => inspectProcess(table, where),
    waitForExit: watch.wait,
    killTree: async ({ identity, tag, ...rest }) => {
      const survivors = await killTree(table, {
        ...rest,
        leader: identity,
        entry: `${TAG_VARIABLE}=${tag}`,
        since: begins.get(tag) ?? null,
      });
      watch.recheck();
      return survivors;
    },
    writeInput,
    closeInput: async (dir) => closeInput(dir),
    run: (spec) => runCommand(table, spec),
    cpuMs: async (tag) =>
      cpuMsOf(createHunt(table, { leader: null, entry: `${TAG_VARIABLE}=${tag}`, cwd: null })),
    self: () => {
      self ??= identify(table, process.pid);
      if (self === null) throw new Error('Internal error: this process is not in the process table');
      return self;
    },
    isAlive: (identity) => isRunning(table, identity),
  };
}

function cpuMsOf(hunt: Hunt): number | null {
  const used = hunt.look().map((row) => row.cpuMs);
  return used.includes(undefined) ? null : used.reduce<number>((sum, each) => sum + (each ?? 0), 0);
}
