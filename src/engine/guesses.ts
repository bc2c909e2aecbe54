// What tasks of earlier runs changed, so that it can be guessed where others like them will work. Guesses only order work.
import { join } from 'node:path';
import { createGuesser, type Touched } from '../core/guess.ts';
import type { Plan } from '../core/model.ts';
import type { RunState } from '../core/state.ts';
import type { Tools } from './parts.ts';

const MAX_BYTES = 8 * 1024 * 1024;
const MAX_KNOWN = 500;
const MAX_FILES = 50;
const MAX_TITLE = 200;

/** Guesses for each task that claims nothing; `files` are those that the repository tracks. */
export async function guessOwnership(
  tools: Pick<Tools, 'files' | 'stateDir'>,
  plan: Plan,
  files: readonly string[],
): Promise<Plan> {
  if (plan.tasks.every(({ owns }) => owns !== null)) return plan;
  const guess = createGuesser({ files, past: await readTouched(tools) });
  const tasks = plan.tasks.map((task) => {
    if (task.owns !== null || task.type === 'manual') return task;
    const guessed = guess(task);
    return guessed.length === 0 ? task : { ...task, guess: guessed };
  });
  return { tasks };
}

/** Remembers what the tasks of a run changed that landed. */
export async function rememberTouched(
  tools: Pick<Tools, 'files' | 'stateDir'>,
  state: RunState,
): Promise<void> {
  const known = new Map((await readTouched(tools)).map((each) => [each.task, each]));
  for (const { task, phase, attempt } of state.tasks.values()) {
    const files = attempt?.inspected?.files.map(({ path }) => path).slice(0, MAX_FILES) ?? [];
    if (phase !== 'merged' || files.length === 0) continue;
    known.delete(task.id);
    known.set(task.id, { task: task.id, title: task.title.slice(0, MAX_TITLE), track: task.track, files });
  }
  await tools.files.replace(fileOf(tools), `${JSON.stringify([...known.values()].slice(-MAX_KNOWN))}\n`);
}

function fileOf(tools: Pick<Tools, 'stateDir'>): string {
  return join(tools.stateDir, 'touched.json');
}

async function readTouched(tools: Pick<Tools, 'files' | 'stateDir'>): Promise<readonly Touched[]> {
  const text = await tools.files.readText(fileOf(tools), MAX_BYTES);
  if (text === null) return [];
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.filter(isTouched) : [];
  } catch {
    return [];
  }
}

function isTouched(value: unknown): value is Touched {
  if (typeof value !== 'object' || value === null) return false;
  const { task, title, track, files } = value as Partial<Record<keyof Touched, unknown>>;
  const isNamed = typeof task === 'string' && typeof title === 'string';
  const isOfTrack = track === null || typeof track === 'string';
  return isNamed && isOfTrack && Array.isArray(files) && files.every((file) => typeof file === 'string');
}
