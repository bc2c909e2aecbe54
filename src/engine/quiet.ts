// Looks when something was last heard of the agents in a picture. Changes nothing.
import { join } from 'node:path';
import { taskId } from '../core/model.ts';
import { HEARD_FILES, mayBeQuiet, sayQuiet } from '../core/quiet.ts';
import type { RunView, TaskView } from '../core/view.ts';
import type { Tools } from './parts.ts';
import { attemptFolder } from './places.ts';

/** A picture in which agents are called quiet that were silent for `afterMs`. */
export async function noteQuiet(
  { files, clock }: Pick<Tools, 'files' | 'clock'>,
  of: { readonly view: RunView; readonly runDir: string; readonly afterMs: number },
): Promise<RunView> {
  const note = async (task: TaskView): Promise<TaskView> => {
    if (!mayBeQuiet(task)) return task;
    const dir = attemptFolder(of.runDir, taskId(task.id), task.attempts);
    const written = await Promise.all(HEARD_FILES.map((name) => files.writtenAt(join(dir, name))));
    return sayQuiet(task, { written, at: clock.wallMs(), afterMs: of.afterMs });
  };
  return { ...of.view, tasks: await Promise.all(of.view.tasks.map(note)) };
}
