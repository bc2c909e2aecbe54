// Kills an engine: alone, with the programs under it, or with its agents too. Reads /proc; knows nothing of runs.
import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/**
 * What dies at once: the `engine` alone, and what it started goes on as orphans · the `group`, with every git and gate under
 * it, as when a terminal or a session is ended · the `machine`, with the agents too, as when the power goes.
 */
export type Way = 'engine' | 'group' | 'machine';

/** See `Way`. */
export const WAYS: readonly Way[] = ['engine', 'group', 'machine'];

/** Looks until nobody new is found, but not for ever. */
const MAX_LOOKS = 20;

/** Kills the engine that works in a scene; tells whether it was alive. */
export function kill(engine: ChildProcess, of: { readonly way: Way; readonly dir: string }): boolean {
  const { pid } = engine;
  if (pid === undefined || engine.exitCode !== null || engine.signalCode !== null) return false;
  if (of.way !== 'engine') {
    // an engine that stands still starts nobody, and hears of nobody's end
    signal(pid, 'SIGSTOP');
    killBelow(pid, of);
  }
  return signal(pid, 'SIGKILL');
}

function killBelow(engine: number, of: { readonly way: Way; readonly dir: string }): void {
  const doomed = new Set([engine]);
  for (let looks = 0; looks < MAX_LOOKS; looks += 1) {
    const found = findBelow(of).filter((pid) => !doomed.has(pid));
    if (found.length === 0) return;
    for (const pid of found) {
      doomed.add(pid);
      signal(pid, 'SIGKILL');
    }
  }
}

/** What a scene's engines started, by the environment; an agent has a tag of its own. */
function findBelow({ way, dir }: { readonly way: Way; readonly dir: string }): readonly number[] {
  return listPids().filter((pid) => {
    const variables = readEnvironment(pid);
    const isOurs = variables.some((each) => each === `ACTOR_DIR=${dir}` || each.startsWith(`TMPDIR=${dir}/`));
    const tag = variables.find((each) => each.startsWith('WEFT_TAG='));
    const isAgent = tag !== undefined && !tag.includes('/.gates/');
    return isOurs && (way === 'machine' || !isAgent);
  });
}

function listPids(): readonly number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

/** None for one that has ended meanwhile, or is somebody else's. */
function readEnvironment(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
