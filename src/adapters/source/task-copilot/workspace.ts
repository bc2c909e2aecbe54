// Where a repository's Task Copilot database is. Looks at paths and, where there are several, at how new their tasks are.
import { createHash } from 'node:crypto';
import { realpathSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { type Failure, fail, ok, type Result } from '../../../core/failure.ts';
import { quote, quoteList } from '../../../core/plan/quote.ts';
import type { Store } from './database.ts';
import { type Picture, readPicture } from './rows.ts';

/** Where to look. */
export interface WorkspacePlace {
  /** Root of the repository, absolute. */
  readonly repository: string;
  /** The user's home folder, absolute. */
  readonly home: string;
  /** Null: the name of the repository's folder, and whatever else Task Copilot calls it. */
  readonly workspace: string | null;
  /** Null: the workspace's. */
  readonly db: string | null;
}

/** The database, and what people should know of the choice. */
export interface Found {
  readonly path: string;
  readonly note: string | null;
}

/**
 * Finds it: the one that is named, or of the repository's own (`.copilot/tasks.db`, which `tc` keeps) and those in the
 * home folder under the folder's name and under the hash of its path (what the MCP server calls it when nobody gave it a
 * name) the one whose tasks of streams changed last.
 */
export async function findDatabase(store: Store, place: WorkspacePlace): Promise<Result<Found>> {
  const { repository, db, workspace } = place;
  if (db !== null) return findNamed([resolve(repository, db)]);
  if (workspace !== null) {
    if (workspace === '' || workspace.startsWith('.') || /[\\/\0]/.test(workspace)) {
      return fail({
        kind: 'usage',
        sentence: `${quote(workspace)} is not the name of a workspace.`,
        hint: 'A workspace is the name of a folder below ~/.claude/tasks; a path goes with `--db PATH`.',
      });
    }
    return findNamed([pathOf(place, workspace)]);
  }
  const paths = listCandidates(place);
  const there = paths.filter(isFile);
  return there.length < 2 ? findNamed(there.length === 1 ? there : paths) : chooseNewest(store, there);
}

function listCandidates(place: WorkspacePlace): readonly string[] {
  const { repository } = place;
  const roots = new Set([repository, realPath(repository)]);
  const hashes = [...roots].map((root) => createHash('md5').update(root).digest('hex').slice(0, 12));
  return [
    join(repository, '.copilot', 'tasks.db'),
    ...[basename(repository), ...hashes].map((workspace) => pathOf(place, workspace)),
  ];
}

function pathOf({ home }: WorkspacePlace, workspace: string): string {
  return join(home, '.claude', 'tasks', workspace, 'tasks.db');
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function findNamed(paths: readonly string[]): Result<Found> {
  const [path] = paths;
  if (paths.length === 1 && path !== undefined && isFile(path)) return ok({ path, note: null });
  return fail({
    kind: 'usage',
    sentence: `There is no Task Copilot database${paths.length === 1 ? ' at' : '; looked at'} ${quoteList(paths)}.`,
    hint: 'Name it with `--workspace NAME` or `--db PATH`, or make one with `tc init`.',
  });
}

async function chooseNewest(store: Store, paths: readonly string[]): Promise<Result<Found>> {
  const looked: { readonly path: string; readonly changedAt: number }[] = [];
  let failure: Failure | null = null;
  for (const path of paths) {
    const picture = await readPicture(store, path);
    if (picture.ok) looked.push({ path, changedAt: findLastChange(picture.value) });
    else failure ??= picture.failure;
  }
  const path = looked.toSorted((a, b) => b.changedAt - a.changedAt)[0]?.path;
  if (path === undefined) return fail(failure as Failure);
  const others = quoteList(paths.filter((other) => other !== path));
  return ok({
    path,
    note: `Of several Task Copilot databases ${quote(path)} is used, whose streams changed last, and not ${others}; \`--db PATH\` takes another.`,
  });
}

/** Ms since 1970; -1: it has no streams. */
function findLastChange({ items }: Picture): number {
  return items.reduce(
    (last, { stream, updatedAt }) => (stream === null ? last : Math.max(last, updatedAt)),
    -1,
  );
}
