// When an agent at work is called quiet: nothing was heard of it for long. That is no verdict, a long build is quiet too. Looks
// at nothing itself.
import { ago } from './explain.ts';
import type { TaskView } from './view.ts';

/** Files in an attempt's folder that are written when its agent is heard of. */
export const HEARD_FILES = ['out.jsonl', 'err.log', 'status.json', 'session.json', 'pid'] as const;

/** Tells whether it makes sense to ask when something of a task was heard: it works, and does not wait for an answer. */
export function mayBeQuiet({ phase, question }: TaskView): boolean {
  return phase === 'working' && question === undefined;
}

/** A task whose files were written at these times, ms since 1970 (null: there is none), seen `at` that moment. */
export function sayQuiet(
  task: TaskView,
  of: { readonly written: readonly (number | null)[]; readonly at: number; readonly afterMs: number },
): TaskView {
  const heard = Math.max(0, ...of.written.map((time) => time ?? 0));
  const quietMs = Math.round(of.at - heard);
  if (!mayBeQuiet(task) || heard === 0 || !(quietMs >= of.afterMs)) return task;
  return { ...task, quietMs, reason: `${task.reason}; quiet for ${ago(quietMs)}` };
}
