// What is said of work that does not merge: with what, whose work that is, and where both sides are. Decides nothing.
import type { RunState, TaskState } from '../state.ts';
import type { Trouble } from './judge.ts';

const MAX_OTHERS = 3;
const MAX_WORDS = 400;

/** Describes a conflict with the target for who has to resolve it. */
export function complainOfConflict(state: RunState, ts: TaskState): Trouble {
  const { conflict } = ts;
  if (conflict === null) throw new Error('Internal error: no conflict to speak of');
  const { target } = state.policy;
  const { files, base, vanished } = conflict;
  const others = findOthers(state, ts, new Set(files));
  const lost = vanished === undefined || vanished.length === 0 ? [] : [describeLost(vanished)];
  const sides = `Both sides: ${target} is at ${base.slice(0, 12)}, its own work at ${ts.attempt?.inspected?.head.slice(0, 12)}.`;
  const paragraphs = [`It conflicts with ${target} in ${files.join(', ')}.`, sides, ...lost, ...others];
  return { cause: 'conflict', detail: paragraphs.join('\n\n'), files };
}

function describeLost(vanished: readonly string[]): string {
  const list = vanished.map((line) => `- ${line}`).join('\n');
  return `It could be merged without anybody, but then something of one side would be lost:\n${list}`;
}

/** Others whose landed work touched the files, the latest first, with what they were to do. */
function findOthers(state: RunState, ts: TaskState, files: ReadonlySet<string>): readonly string[] {
  const landed = [...state.tasks.values()].filter(
    (other) =>
      other !== ts &&
      other.landed !== null &&
      other.attempt?.inspected?.files.some(({ path }) => files.has(path)) === true,
  );
  landed.sort((a, b) => (b.landed?.at ?? 0) - (a.landed?.at ?? 0) || a.order - b.order);
  return landed.slice(0, MAX_OTHERS).map(({ task, attempt }) => {
    const meets = (attempt?.inspected?.files ?? []).map(({ path }) => path).filter((path) => files.has(path));
    const intent = task.body.trim().slice(0, MAX_WORDS);
    return `${task.id} (${task.title}) has landed there and changed ${meets.slice(0, 5).join(', ')}. It was to do this:\n${intent}`;
  });
}
