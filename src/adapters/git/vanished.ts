// Whether all that two commits did to some files is in a third. Reads the files; what counts as gone is the core's.
import type { Oid } from '../../core/model.ts';
import { findVanished } from '../../core/vanish.ts';
import { git, type Place } from './exec.ts';
import { findMergeBase, isAncestor, type Repository } from './repository.ts';

const MAX_FILES = 100;
/** A longer file is a file that nobody merges line by line. */
const MAX_BYTES = 2 * 1024 * 1024;
const MAX_LINES = 20;
const LINE_CHARS = 160;

/** Three commits and what was made of them. */
export interface Joining {
  /** Where the sides part. */
  readonly base: Oid;
  readonly ours: Oid;
  readonly theirs: Oid;
  readonly result: Oid;
  readonly files: readonly string[];
}

/** Lines of either side that are gone from the result, `path: what "line"`, at most twenty; `sides` says whose count. */
export async function listVanished(
  place: Place,
  what: Joining,
  sides: ReadonlySet<'ours' | 'theirs'> = new Set(['ours', 'theirs']),
): Promise<readonly string[]> {
  const gone: string[] = [];
  for (const path of what.files.slice(0, MAX_FILES)) {
    const [base, ours, theirs, result] = await Promise.all(
      [what.base, what.ours, what.theirs, what.result].map((commit) => readFile(place, commit, path)),
    );
    const joined = { base: base ?? null, ours: ours ?? null, theirs: theirs ?? null, result: result ?? null };
    for (const { side, what: kind, line } of findVanished(joined, MAX_LINES)) {
      if (!sides.has(side)) continue;
      const of = kind === 'added line' ? 'is gone' : 'is back';
      gone.push(`${path}: ${of}: ${line.slice(0, LINE_CHARS)}`);
      if (gone.length >= MAX_LINES) return gone;
    }
  }
  return gone;
}

async function readFile(place: Place, commit: Oid, path: string): Promise<string | null> {
  const end = await git(place, { args: ['cat-file', 'blob', `${commit}:${path}`], codes: [0, 128] });
  return end.code !== 0 || end.stdout.length > MAX_BYTES || end.stdout.includes('\0') ? null : end.stdout;
}

/** What the change up to `ours` did to the files and `result`, which contains it, does not have. */
export async function findLost(
  repo: Repository,
  { ours, theirs, result, files }: Omit<Joining, 'base'>,
): Promise<readonly string[]> {
  const base = await findMergeBase(repo.main, ours, theirs);
  const isIn = base !== null && (await isAncestor(repo.main, { ancestor: ours, of: result }));
  // who did not merge it yet has lost nothing: it is merged when this lands
  return isIn ? listVanished(repo.main, { base, ours, theirs, result, files }, new Set(['ours'])) : [];
}
