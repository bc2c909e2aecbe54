// Looks what was last heard of the agents in a picture. Changes nothing.
import { join } from 'node:path';
import { HEARD_FILES, isAtWork, SAID_FILE, STATUS_FILE, sayBusy, sayHeard } from '../core/heard.ts';
import { taskId } from '../core/model.ts';
import { tagOf } from '../core/names.ts';
import type { RunView, TaskView } from '../core/view.ts';
import type { Tools } from './parts.ts';
import { attemptFolder } from './places.ts';

/** A picture with the files that agents are at, in which those are called quiet that were silent for `afterMs`. */
export async function noteHeard(
  tools: Pick<Tools, 'files' | 'clock' | 'process' | 'readStatus'>,
  of: { readonly view: RunView; readonly runDir: string; readonly afterMs: number },
): Promise<RunView> {
  const { files, clock } = tools;
  const note = async (task: TaskView): Promise<TaskView> => {
    if (!isAtWork(task)) return task;
    const dir = attemptFolder(of.runDir, taskId(task.id), task.attempts);
    const written = await Promise.all(HEARD_FILES.map((name) => files.writtenAt(join(dir, name))));
    // an agent may have put anything there
    const said = await files.readText(join(dir, SAID_FILE.name), SAID_FILE.bytes).catch(() => null);
    const claimed = await tools.readStatus(join(dir, STATUS_FILE));
    const seen = sayHeard(task, { written, said, claimed, at: clock.wallMs(), afterMs: of.afterMs });
    if (seen.quietMs === undefined) return seen;
    // who changes files is not quiet
    const changed = await findChanges(tools, seen);
    const again = sayHeard(task, {
      written: [...written, ...changed],
      said,
      claimed,
      at: clock.wallMs(),
      afterMs: of.afterMs,
    });
    if (again.quietMs === undefined) return again;
    return (await isComputing(tools, tagOf(of.view, taskId(task.id), task.attempts)))
      ? sayBusy(again)
      : again;
  };
  return { ...of.view, tasks: await Promise.all(of.view.tasks.map(note)) };
}

/** Things in a worktree that are looked at. */
const MOST_ENTRIES = 200;

/** When the things at the top of a worktree, and the files it is said to be at, were written; ms since 1970. */
async function findChanges(
  { files }: Pick<Tools, 'files'>,
  { worktree, touching = [] }: TaskView,
): Promise<readonly (number | null)[]> {
  if (worktree === null) return [];
  const names = (await files.list(worktree).catch(() => [])).filter((name) => name !== '.git');
  const paths = [...touching, ...names.slice(0, MOST_ENTRIES)].map((name) => join(worktree, name));
  return Promise.all(paths.map((path) => files.writtenAt(path).catch(() => null)));
}

/** For so long, in ms, who is silent is looked at; from that share of a core on it is at work, not idling. */
const LOOK_MS = 300;
const SHARE = 0.1;

async function isComputing(
  { process, clock }: Pick<Tools, 'process' | 'clock'>,
  tag: string,
): Promise<boolean> {
  const before = await process.cpuMs(tag);
  if (before === null) return false;
  await clock.sleep(LOOK_MS);
  return ((await process.cpuMs(tag)) ?? 0) - before >= SHARE * LOOK_MS;
}
