// Whether all that two commits did to some files is in a third. Reads the files; what counts as gone is the core's.
import { type Oid, oid } from '../../core/model.ts';
import { findLost, findVanished, type Vanished } from '../../core/vanish.ts';
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

/** Lines of either side that are gone from the result, `path: what: line`, at most twenty. */
export async function listVanished(place: Place, what: Joining): Promise<readonly string[]> {
  const commits = [what.base, what.ours, what.theirs, what.result];
  return listEach(what.files, async (path) => {
    const [base = null, ours = null, theirs = null, result = null] = await Promise.all(
      commits.map((commit) => readFile(place, commit, path)),
    );
    return findVanished({ base, ours, theirs, result }, MAX_LINES);
  });
}

/** What the change up to `ours` did to the files where nothing was in its way, and `result`, which contains it, does not have. */
export async function listLost(
  repo: Repository,
  { ours, theirs, result, files }: Omit<Joining, 'base'>,
): Promise<readonly string[]> {
  const start = await findMergeBase(repo.main, ours, theirs);
  const isIn = start !== null && (await isAncestor(repo.main, { ancestor: ours, of: result }));
  // who did not merge it yet has lost nothing: it is merged when this lands
  if (!isIn) return [];
  const tree = await mergeWithMarks(repo.main, { ours, theirs });
  return listEach(files, async (path) => {
    const [base = null, side = null, merged = null, made = null] = await Promise.all(
      [start, ours, tree, result].map((from) => readFile(repo.main, from, path)),
    );
    return findLost({ base, ours: side, merged, result: made }, MAX_LINES);
  });
}

/** The tree that git makes of two commits, conflicts and all. */
async function mergeWithMarks(
  place: Place,
  { ours, theirs }: { readonly ours: Oid; readonly theirs: Oid },
): Promise<Oid> {
  const args = ['merge-tree', '--write-tree', '-z', '--name-only', '--no-messages', ours, theirs];
  const { stdout } = await git(place, { args, codes: [0, 1] });
  return oid(stdout.slice(0, stdout.indexOf('\0')));
}

async function listEach(
  files: readonly string[],
  find: (path: string) => Promise<readonly Vanished[]>,
): Promise<readonly string[]> {
  const gone: string[] = [];
  for (const path of files.slice(0, MAX_FILES)) {
    for (const { what, line } of await find(path)) {
      const how = what === 'added line' ? 'is gone' : 'is back';
      gone.push(`${path}: ${how}: ${line.slice(0, LINE_CHARS)}`);
      if (gone.length >= MAX_LINES) return gone;
    }
  }
  return gone;
}

async function readFile(place: Place, from: Oid, path: string): Promise<string | null> {
  const end = await git(place, { args: ['cat-file', 'blob', `${from}:${path}`], codes: [0, 128] });
  return end.code !== 0 || end.stdout.length > MAX_BYTES || end.stdout.includes('\0') ? null : end.stdout;
}
