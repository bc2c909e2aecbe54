// The latest run's view straight from its file, for the quick start. Gives up whenever anything is not plain.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RunView } from '../../core/view.ts';

/** The state folder of the repository around `cwd`, or null when it takes git to tell. */
export function findStateDir(cwd: string): string | null {
  for (let folder = cwd; ; folder = dirname(folder)) {
    const git = statSync(join(folder, '.git'), { throwIfNoEntry: false });
    if (git !== undefined) return git.isDirectory() ? join(folder, '.weft') : null;
    if (dirname(folder) === folder) return null;
  }
}

/** A run as the engine last wrote it. */
export interface Glance {
  readonly view: RunView;
  /** Commands that wait for an engine. */
  readonly mail: number;
}

/** The latest run, or null when the file alone cannot be trusted. */
export function glance(cwd: string): Glance | null {
  try {
    const stateDir = findStateDir(cwd);
    if (stateDir === null) return null;
    const run = latestRun(join(stateDir, 'runs'));
    if (run === null) return null;
    const view = JSON.parse(readFileSync(join(stateDir, 'runs', run, 'view.json'), 'utf8')) as RunView;
    if (view.schemaVersion !== 1 || view.run !== run) return null;
    if (view.state === 'running' && !isLed(stateDir)) return null;
    return { view, mail: countMail(stateDir, run) };
  } catch {
    return null;
  }
}

/** Run ids begin with the time they were made at. */
function latestRun(folder: string): string | null {
  const names = readdirSync(folder).filter((name) => /^\d{8}/.test(name));
  return names.sort().at(-1) ?? null;
}

/** Counts the commands that wait in the run's inbox for an engine. */
export function countMail(stateDir: string, run: string): number {
  const inbox = join(stateDir, 'runs', run, 'inbox');
  return existsSync(inbox) ? readdirSync(inbox).filter((name) => name.endsWith('.json')).length : 0;
}

/** Tells whether the process that claimed to lead last is still the one that did; false when that is not plain. */
function isLed(stateDir: string): boolean {
  const epochs = readdirSync(join(stateDir, 'leader'))
    .map((name) => Number(/^(\d+)\.json$/.exec(name)?.[1] ?? 0))
    .sort((one, other) => one - other);
  const text = readFileSync(join(stateDir, 'leader', `${epochs.at(-1)}.json`), 'utf8');
  const { identity } = JSON.parse(text) as {
    identity: { readonly bootId: string; readonly pid: number; readonly startTicks: number };
  };
  if (readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() !== identity.bootId) return false;
  const stat = readFileSync(`/proc/${identity.pid}/stat`, 'utf8');
  // the name in parentheses may hold anything, the numbers after it may not
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[19]) === identity.startTicks;
}
