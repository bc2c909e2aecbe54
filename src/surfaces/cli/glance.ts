// The latest run's view straight from its file, for the quick start. Gives up whenever anything is not plain.
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from '../../core/decide/command.ts';
import { HEARD_FILES, isAtWork, SAID_FILE, STATUS_FILE, sayHeard } from '../../core/heard.ts';
import { taskId } from '../../core/model.ts';
import { addPending, parseCommand } from '../../core/pending.ts';
import type { RunView, TaskView } from '../../core/view.ts';
import { attemptFolder } from '../../engine/places.ts';

/** The state folder of the repository around `cwd`, or null when it takes git to tell. */
export function findStateDir(cwd: string): string | null {
  for (let folder = cwd; ; folder = dirname(folder)) {
    const git = statSync(join(folder, '.git'), { throwIfNoEntry: false });
    if (git !== undefined) return git.isDirectory() ? join(folder, '.weft') : null;
    if (dirname(folder) === folder) return null;
  }
}

/** A run as the engine last wrote it, with the commands that wait for an engine. */
export interface Glance {
  readonly view: RunView;
  /** The latest run before it that is not finished, or null. */
  readonly earlier: string | null;
}

/** The latest run, or null when the file alone cannot be trusted. */
export function glance(cwd: string): Glance | null {
  try {
    const stateDir = findStateDir(cwd);
    if (stateDir === null) return null;
    const run = latestRun(join(stateDir, 'runs'));
    if (run === null) return null;
    const folder = join(stateDir, 'runs', run);
    const written = JSON.parse(readFileSync(join(folder, 'view.json'), 'utf8')) as RunView & Beside;
    const { epoch: _epoch, quietAfterMs, ...view } = written;
    if (view.schemaVersion !== 1 || view.run !== run) return null;
    if (view.state === 'running' && !isLed(stateDir)) return null;
    // only git knows whether somebody has merged it meanwhile
    if (view.aside !== undefined) return null;
    const mail = view.state === 'running' ? [] : readMail(stateDir, run);
    const heard = view.state === 'running' ? noteHeard(view, folder, quietAfterMs) : view;
    // what an agent wrote itself is cleaned elsewhere, and whether who is silent computes takes a longer look
    if (heard === null || heard.tasks.some(({ quietMs }) => quietMs !== undefined)) return null;
    return { view: addPending(heard, mail), earlier: findUnfinished(stateDir, run) };
  } catch {
    return null;
  }
}

/** What an engine writes beside the picture. */
interface Beside {
  readonly epoch: number;
  readonly quietAfterMs: number;
}

/** Null: agents wrote more than can be shown as it is. */
function noteHeard(view: RunView, folder: string, afterMs: number): RunView | null {
  const at = Date.now();
  const dirOf = (task: TaskView): string => attemptFolder(folder, taskId(task.id), task.attempts);
  if (view.tasks.some((task) => isAtWork(task) && existsSync(join(dirOf(task), STATUS_FILE)))) return null;
  const tasks = view.tasks.map((task) => {
    if (!isAtWork(task)) return task;
    const dir = dirOf(task);
    const written = HEARD_FILES.map(
      (name) => statSync(join(dir, name), { throwIfNoEntry: false })?.mtimeMs ?? null,
    );
    const said = readStart(join(dir, SAID_FILE.name), SAID_FILE.bytes);
    return sayHeard(task, { written, said, claimed: null, at, afterMs });
  });
  return { ...view, tasks };
}

/** Text of a file that an agent may have made: a pipe is not waited for. Null: there is none that can be read. */
function readStart(path: string, maxBytes: number): string | null {
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const buffer = Buffer.alloc(Math.min(fstatSync(file).size, maxBytes));
      return buffer.toString('utf8', 0, readSync(file, buffer));
    } finally {
      closeSync(file);
    }
  } catch {
    return null;
  }
}

/** Ids of the runs, the latest first. */
export function glanceAtRuns(cwd: string): readonly string[] {
  const stateDir = findStateDir(cwd);
  return stateDir === null ? [] : listRuns(join(stateDir, 'runs'));
}

/** Ids of the latest run's tasks as the engine last wrote them. */
export function glanceAtTasks(cwd: string): readonly string[] {
  const stateDir = findStateDir(cwd);
  const [run] = glanceAtRuns(cwd);
  if (stateDir === null || run === undefined) return [];
  try {
    const text = readFileSync(join(stateDir, 'runs', run, 'view.json'), 'utf8');
    return (JSON.parse(text) as RunView).tasks.map(({ id }) => id);
  } catch {
    return [];
  }
}

/** Run ids begin with the time they were made at. */
function listRuns(folder: string): readonly string[] {
  return existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => /^\d{8}/.test(name))
        .sort()
        .reverse()
    : [];
}

function latestRun(folder: string): string | null {
  return listRuns(folder)[0] ?? null;
}

function readMail(stateDir: string, run: string): readonly Command[] {
  const inbox = join(stateDir, 'runs', run, 'inbox');
  if (!existsSync(inbox)) return [];
  const names = readdirSync(inbox).filter((name) => name.endsWith('.json'));
  return names.sort().flatMap((name) => parseCommand(readFileSync(join(inbox, name), 'utf8')) ?? []);
}

/** Runs looked at to find one that is not finished. */
const MOST_RUNS = 20;

/** The latest run before the one named that was interrupted, was stopped or waits for a human; null: there is none. */
export function findUnfinished(stateDir: string, run: string): string | null {
  const folder = join(stateDir, 'runs');
  const before = listRuns(folder).filter((name) => name < run);
  return before.slice(0, MOST_RUNS).find((name) => isUnfinished(join(folder, name))) ?? null;
}

/** By what the engine left: nothing, or its last word. */
function isUnfinished(runDir: string): boolean {
  if (!existsSync(join(runDir, 'journal.jsonl'))) return false;
  if (existsSync(join(runDir, 'handoffs', 'complete.json'))) return false;
  try {
    const text = readFileSync(join(runDir, 'handoffs', 'stop.json'), 'utf8');
    const { outcome } = JSON.parse(text) as { readonly outcome?: unknown };
    return outcome === 'blocked' || outcome === 'stopped';
  } catch {
    return true;
  }
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
