// Finds the task that a dependency means, by id or by the path of its file. Knows nothing of edges or of disks.
import type { TaskDraft } from './draft.ts';
import { findNearest } from './nearest.ts';

/** Finds tasks by their ids and files; the slower ways are prepared when first asked for. */
export interface TaskDirectory {
  readonly drafts: readonly TaskDraft[];
  readonly byId: ReadonlyMap<string, number>;
  names: ReadonlyMap<string, readonly number[]> | null;
  /** Ids that may still be compared in search of a near one. */
  looksLeft: number;
}

/** Bounds the comparisons in search of near ids, over all misses. */
const MAX_LOOKS = 1_000_000;

/** What a reference leads to: one task, or none, with what may have been meant. */
export type Found =
  | { readonly kind: 'task'; readonly task: number }
  | { readonly kind: 'several'; readonly ids: readonly string[] }
  | { readonly kind: 'none'; readonly nearest: string | null };

/** Makes a directory of tasks by number; of two tasks with one id the first counts. */
export function createDirectory(drafts: readonly TaskDraft[]): TaskDirectory {
  const byId = new Map<string, number>();
  drafts.forEach(({ id }, task) => {
    if (!byId.has(id.value)) byId.set(id.value, task);
  });
  return { drafts, byId, names: null, looksLeft: MAX_LOOKS };
}

/**
 * Finds a task by its id, by its file's path, or by its file's name, so that `.runr/tasks/x.md`, `tasks/x.md`, `x.md`
 * and `x` all mean the task of `tasks/x.md`; a name that several files share means none of them.
 */
export function findTask(directory: TaskDirectory, text: string): Found {
  const exact = directory.byId.get(text);
  if (exact !== undefined) return { kind: 'task', task: exact };
  directory.names ??= collectNames(directory.drafts);
  const path = cleanPath(text);
  for (const key of [`path:${path}`, `name:${stripPath(path)}`]) {
    const tasks = directory.names.get(key) ?? [];
    if (tasks.length === 1) return { kind: 'task', task: tasks[0] as number };
    if (tasks.length > 1) {
      return { kind: 'several', ids: tasks.map((task) => directory.drafts[task]?.id.value as string) };
    }
  }
  return { kind: 'none', nearest: suggestId(directory, stripPath(path)) };
}

function suggestId(directory: TaskDirectory, name: string): string | null {
  if (directory.looksLeft <= 0) return null;
  directory.looksLeft -= directory.byId.size;
  return findNearest(name, directory.byId.keys());
}

function collectNames(drafts: readonly TaskDraft[]): ReadonlyMap<string, readonly number[]> {
  const names = new Map<string, number[]>();
  drafts.forEach(({ id, ref }, task) => {
    const path = cleanPath(ref);
    for (const key of new Set([`path:${path}`, `name:${stripPath(path)}`, `name:${id.value}`])) {
      const tasks = names.get(key);
      if (tasks === undefined) names.set(key, [task]);
      else tasks.push(task);
    }
  });
  return names;
}

function cleanPath(text: string): string {
  return text.replaceAll('\\', '/').replace(/^(?:\.\/)+/, '');
}

function stripPath(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/\.(?:md|markdown)$/i, '');
}
