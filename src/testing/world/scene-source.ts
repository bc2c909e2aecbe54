// The source of tasks of a scene, where they come from one: what people add to it, and its weather. Knows no world.
import { type Task, taskId } from '../../core/model.ts';
import type { Tape } from './tape.ts';

/** See the file's first line. */
export interface SourcePlan {
  /** Tasks that people add later, in this order. */
  readonly later: readonly Task[];
  /** Of 256 calls, how many something befalls. */
  readonly share: number;
  /** How many storms there are at most. */
  readonly storms: number;
}

/** Name of the source, as its tasks have it. */
export const SOURCE = 'beads';

/** Draws a source beside tasks; the zero tape gives one to which nobody adds anything and that can always be reached. */
export function drawSource(tape: Tape, tasks: readonly Task[]): SourcePlan {
  const later: Task[] = [];
  const [plain] = tasks;
  for (let more = tape.pick(4); more > 0 && plain !== undefined; more -= 1) {
    const known = [...tasks, ...later];
    const id = `t${known.length}`;
    const below = tape.chance(100) ? known[tape.pick(known.length)] : undefined;
    const owns = [null, ['src/a/**'], [`own/${id}/**`]][tape.pick(3)] ?? null;
    later.push({
      ...plain,
      ...{ id: taskId(id), title: `Task ${known.length}`, ref: id, source: SOURCE, type: 'automated' },
      owns: tasks.every((task) => task.owns !== null) ? (owns ?? [`own/${id}/**`]) : owns,
      edges: below === undefined ? [] : [{ task: below.id, on: 'merged', base: 'target' }],
    });
  }
  return { later, share: [0, 20, 60][tape.pick(3)] ?? 0, storms: 2 + tape.pick(10) };
}
