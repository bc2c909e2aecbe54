// Whether all that two commits did to some files is in a third. Reads the files; what counts as gone is the core's.
import type { Oid } from '../../core/model.ts';
import { findLost, findVanished, type Vanished } from '../../core/vanish.ts';
import { atBench, mergeTrees } from './bench.ts';
import { git, type Place } from './exec.ts';
import { listSteps } from './interrupted.ts';
import { findMergeBase, isAncestor, type Repository } from './repository.ts';

const MAX_FILES = 100;
/** A longer file is a file that nobody merges line by line. */
const MAX_BYTES = 2 * 1024 * 1024;
const MAX_LINES = 20;
const LINE_CHARS = 160;

/** Three commits and what was made of them. */
interface Joining {
  /** Where the sides part. */
  readonly base: Oid;
  readonly ours: Oid;
  readonly theirs: Oid;
  readonly result: Oid;
  readonly files: readonly string[];
}

/**
 * Lines of either side that are gone from the result, `path: what: line`, at most twenty. Looks at `files` and at all that
 * both sides changed, and names what it cannot look into.
 */
export async function listVanished(place: Place, what: Joining): Promise<readonly string[]> {
  const files = [...new Set([...what.files, ...(await listMet(place, what))])];
  if (files.length > MAX_FILES) return [`${files.length} files: too many to look into`];
  return listEach(files, async (path) => {
    const { base, ours, theirs, result } = what;
    const texts = await readFiles(place, { path, commits: [base, ours, theirs, result] });
    if (texts === null) return [`${path}: cannot be looked into line by line`];
    const [was = null, left = null, right = null, is = null] = texts;
    const vanished = findVanished({ base: was, ours: left, theirs: right, result: is }, MAX_LINES);
    return vanished.map((each) => tell(path, each));
  });
}

/** Files that both sides changed, each in its way. */
async function listMet(
  place: Place,
  { base, ours, theirs }: Pick<Joining, 'base' | 'ours' | 'theirs'>,
): Promise<readonly string[]> {
  const steps = await listSteps(place, { from: base, to: ours });
  const others = new Map(
    (await listSteps(place, { from: base, to: theirs })).map(({ path, after }) => [path, after]),
  );
  return steps.flatMap(({ path, after }) => {
    const other = others.get(path);
    return other === undefined || other === after ? [] : [path];
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
  const { tree } = await atBench(repo, { target: ours }, (bench) => mergeTrees(bench, { ours, theirs }));
  return listEach(files.slice(0, MAX_FILES), async (path) => {
    const texts = await readFiles(repo.main, { path, commits: [start, ours, tree, result] });
    const [base = null, side = null, merged = null, made = null] = texts ?? [];
    return findLost({ base, ours: side, merged, result: made }, MAX_LINES).map((each) => tell(path, each));
  });
}

async function listEach(
  files: readonly string[],
  find: (path: string) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const gone: string[] = [];
  for (const path of files) {
    gone.push(...(await find(path)));
    if (gone.length >= MAX_LINES) break;
  }
  return gone.slice(0, MAX_LINES);
}

function tell(path: string, { what, line }: Vanished): string {
  return `${path}: ${what === 'added line' ? 'is gone' : 'is back'}: ${line.slice(0, LINE_CHARS)}`;
}

/** A file as several commits have it, null where it is not; null instead of all: it is binary or too long in one of them. */
async function readFiles(
  place: Place,
  { path, commits }: { readonly path: string; readonly commits: readonly Oid[] },
): Promise<readonly (string | null)[] | null> {
  const ends = await Promise.all(
    commits.map((from) => git(place, { args: ['cat-file', 'blob', `${from}:${path}`], codes: [0, 128] })),
  );
  const texts = ends.map(({ code, stdout }) => (code === 0 ? stdout : null));
  const isText = texts.every((text) => text === null || (text.length <= MAX_BYTES && !text.includes('\0')));
  return isText ? texts : null;
}
