// How long tasks took in earlier runs, so that the longest path is known before anything starts. Guesses only order work.
import { join } from 'node:path';
import type { Plan } from '../core/model.ts';
import type { RunState } from '../core/state.ts';
import type { Tools } from './parts.ts';

const MAX_BYTES = 8 * 1024 * 1024;
const MAX_KNOWN = 20_000;

type Durations = Readonly<Record<string, number>>;

/** Fills in what is known of the tasks' durations, in ms. */
export async function learnDurations(tools: Pick<Tools, 'files' | 'stateDir'>, plan: Plan): Promise<Plan> {
  const known = await readDurations(tools);
  return { tasks: plan.tasks.map((task) => ({ ...task, estimateMs: known[task.id] ?? task.estimateMs })) };
}

/** Remembers how long the finished attempts of a run took: half the old figure, half the new one. */
export async function rememberDurations(
  tools: Pick<Tools, 'files' | 'stateDir'>,
  state: RunState,
): Promise<void> {
  const known: Record<string, number> = { ...(await readDurations(tools)) };
  for (const ts of state.tasks.values()) {
    const last = ts.history.findLast((past) => past.role === 'implement');
    if (ts.phase !== 'merged' || last === undefined) continue;
    const took = last.endedAt - last.startedAt;
    const before = known[ts.task.id];
    delete known[ts.task.id];
    known[ts.task.id] = Math.round(before === undefined ? took : (before + took) / 2);
  }
  const kept = Object.fromEntries(Object.entries(known).slice(-MAX_KNOWN));
  await tools.files.replace(fileOf(tools), `${JSON.stringify(kept)}\n`);
}

function fileOf(tools: Pick<Tools, 'stateDir'>): string {
  return join(tools.stateDir, 'durations.json');
}

async function readDurations(tools: Pick<Tools, 'files' | 'stateDir'>): Promise<Durations> {
  const text = await tools.files.readText(fileOf(tools), MAX_BYTES);
  if (text === null) return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return {};
    const numbers = Object.entries(value).filter(([, ms]) => typeof ms === 'number' && ms >= 0);
    return Object.fromEntries(numbers) as Durations;
  } catch {
    return {};
  }
}
