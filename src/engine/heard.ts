// Looks what was last heard of the agents in a picture. Changes nothing.
import { join } from 'node:path';
import { HEARD_FILES, isAtWork, SAID_FILE, sayHeard } from '../core/heard.ts';
import { taskId } from '../core/model.ts';
import type { RunView, TaskView } from '../core/view.ts';
import type { Tools } from './parts.ts';
import { attemptFolder } from './places.ts';

/** A picture with the files that agents are at, in which those are called quiet that were silent for `afterMs`. */
export async function noteHeard(
  { files, clock }: Pick<Tools, 'files' | 'clock'>,
  of: { readonly view: RunView; readonly runDir: string; readonly afterMs: number },
): Promise<RunView> {
  const note = async (task: TaskView): Promise<TaskView> => {
    if (!isAtWork(task)) return task;
    const dir = attemptFolder(of.runDir, taskId(task.id), task.attempts);
    const written = await Promise.all(HEARD_FILES.map((name) => files.writtenAt(join(dir, name))));
    // an agent may have put anything there
    const said = await files.readText(join(dir, SAID_FILE.name), SAID_FILE.bytes).catch(() => null);
    return sayHeard(task, { written, said, at: clock.wallMs(), afterMs: of.afterMs });
  };
  return { ...of.view, tasks: await Promise.all(of.view.tasks.map(note)) };
}
