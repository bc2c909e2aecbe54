// The file `.beads/orchestrator/state.json`: process, worktree and pull request of what is under way, for scripts.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fail, ok, type Result } from '../../../core/failure.ts';
import type { TaskReport } from '../../../core/source.ts';
import { replaceFile } from '../../journal/atomic-file.ts';
import { codeOf, makeDirs } from '../../system/make-dirs.ts';
import { isFields, parseJson } from './issue.ts';

const FOLDER = 'orchestrator';

/** Notes what the reports say, and takes out what is not under way any more. Written only when it differs. */
export async function writeRuntimeState(
  beadsDir: string,
  reports: readonly TaskReport[],
): Promise<Result<void>> {
  const path = join(beadsDir, FOLDER, 'state.json');
  try {
    const before = await readText(path);
    const present = parseJson(before ?? '{}');
    const state = new Map(isFields(present) ? Object.entries(present) : []);
    for (const report of reports) {
      const entry = describe(report);
      if (entry === null) state.delete(report.task);
      else state.set(report.task, entry);
    }
    const after = `${JSON.stringify(Object.fromEntries([...state].sort(([a], [b]) => (a < b ? -1 : 1))), null, 2)}\n`;
    if (after === before || (before === null && state.size === 0)) return ok(undefined);
    await makeDirs(join(beadsDir, FOLDER));
    await ignoreFolder(join(beadsDir, FOLDER));
    await replaceFile(path, after);
    return ok(undefined);
  } catch (error) {
    return fail({
      kind: 'environment',
      sentence: `${path} could not be written (${codeOf(error)}).`,
      hint: `ls -ld ${beadsDir}`,
    });
  }
}

/** Values are texts, as scripts have always found them. */
function describe({ phase, pid, worktree, pull }: TaskReport): Readonly<Record<string, string>> | null {
  const isOver = phase === 'merged' || phase === 'cancelled' || phase === 'failed';
  const parts = {
    ...(pid === null ? {} : { pid: String(pid) }),
    ...(worktree === null ? {} : { worktree }),
    ...(pull === null || isOver ? {} : { pr_number: String(pull.number) }),
  };
  return Object.keys(parts).length === 0 ? null : parts;
}

/** From inside: the `.gitignore` of Beads is tracked, and what changes that is in the way of who works in the checkout. */
async function ignoreFolder(folder: string): Promise<void> {
  const path = join(folder, '.gitignore');
  if ((await readText(path)) === null) await replaceFile(path, '*\n');
}

async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}
