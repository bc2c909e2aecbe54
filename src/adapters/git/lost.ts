// What of two sides is not in what somebody made of them by hand. Reads the files; what counts as gone is the core's.
import { type Disputed, findDropped, listAdded } from '../../core/dropped.ts';
import type { Merging } from '../../core/merging.ts';
import { type Oid, oid } from '../../core/model.ts';
import { findLost } from '../../core/vanish.ts';
import { atBench, mergeTrees, nameBeside } from './bench.ts';
import { git, type Place } from './exec.ts';
import { type FileRead, LINE_CHARS, listEach, MAX_FILES, MAX_LINES, readFile, tell } from './gone.ts';
import { ABSENT, listSteps, type Step } from './interrupted.ts';
import { findMergeBase, isAncestor, type Repository } from './repository.ts';

/** Two sides and what was made of them. */
interface Joining {
  /** Where the sides part. */
  readonly start: Oid;
  /** What has landed. */
  readonly ours: Oid;
  /** The work that was to be merged with it. */
  readonly theirs: Oid;
  readonly result: Oid;
  /** What git makes of the two sides, with marks. */
  readonly tree: Oid;
  /** Files with marks, and those that cannot have any. */
  readonly inConflict: readonly string[];
  /** What was done beside: from the tree to the result. */
  readonly beside: readonly Step[];
}

/** Lists what of the sides is gone from `result`, which contains `ours`; at most twenty lines. */
export async function listLost(
  repo: Repository,
  of: {
    readonly ours: Oid;
    readonly theirs: Oid;
    readonly result: Oid;
    readonly files: readonly string[];
    readonly sides: Exclude<Merging['sides'], 'none'>;
  },
): Promise<readonly string[]> {
  const { ours, theirs, result } = of;
  const start = await findMergeBase(repo.main, ours, theirs);
  // who did not merge it yet has lost nothing: it is merged when this lands
  if (!(await isAncestor(repo.main, { ancestor: ours, of: result }))) return [];
  if (start === null)
    return ['what was merged has no commit in common with the work: nothing can be compared'];
  const merged = await atBench(repo, { target: ours }, (bench) =>
    mergeTrees(
      { ...bench, settings: [...bench.settings, '-c', 'merge.conflictStyle=diff3'] },
      { ours, theirs },
    ),
  );
  const { tree } = merged;
  const inConflict = merged.kind === 'conflict' ? merged.files : [];
  const beside = await listSteps(repo.main, { from: tree, to: result });
  const what: Joining = { start, ours, theirs, result, tree, inConflict, beside };
  const rows = [
    ...(await listMarks(repo.main, what, [
      ...new Set([...of.files, ...inConflict, ...beside.map(({ path }) => path)]),
    ])),
    ...(await listUndone(repo.main, what)),
    ...(of.sides === 'neither' ? [] : await listDropped(repo.main, what, of.sides)),
    // who was not told to merge may as well have gone another way with its own
    ...(of.sides === 'both' && of.files.length > 0 ? await listGivenUp(repo.main, what) : []),
  ];
  return [...new Set(rows)].slice(0, MAX_LINES);
}

const MARK = /^(?:<{7,}|>{7,}) .*$/m;

/** Marks of conflicts that were taken for text. */
async function listMarks(
  place: Place,
  { ours, theirs, result }: Joining,
  files: readonly string[],
): Promise<readonly string[]> {
  return listEach(files.slice(0, MAX_FILES), async (path) => {
    const sides = await Promise.all([result, ours, theirs].map((from) => readFile(place, from, path)));
    const [mark, ...known] = sides.map((file) => MARK.exec(file?.text ?? '')?.[0]);
    const isTheirs = mark === undefined || known.some((each) => each !== undefined);
    return isTheirs ? [] : [`${path}: a mark of the conflict is left: ${mark.slice(0, LINE_CHARS)}`];
  });
}

/** What landed where nothing was in its way, and is gone all the same. */
async function listUndone(place: Place, what: Joining): Promise<readonly string[]> {
  const { start, ours, tree, result, inConflict } = what;
  const groups = await groupUndone(place, what);
  if (groups.flat().length > MAX_FILES) return [`${groups.flat().length} files: too many to look into`];
  const open = new Set(inConflict);
  return listEach(groups, async (paths) => {
    const [base, side, merged, made] = await Promise.all(
      [start, ours, tree, result].map(async (from) => {
        const texts = await Promise.all(
          paths.map(async (path) => {
            const file = await (from === tree ? readMerged(place, what, path) : readFile(place, from, path));
            // of a file without lines that both changed, something is gone in any case
            return file === null ? '' : (file.text ?? (open.has(path) ? '' : file.standIn));
          }),
        );
        return texts.join('\n');
      }),
    );
    if (base === undefined || side === undefined || merged === undefined || made === undefined) return [];
    const lost = findLost({ base, ours: side, merged, result: made }, MAX_LINES);
    return lost.map((each) => tell(paths.join(', '), each));
  });
}

/**
 * Files of what landed that are not as the merge alone would have them: those in conflict, and others that somebody changed
 * beside; where one may have been moved, all among which that may be, together.
 */
async function groupUndone(
  place: Place,
  { start, ours, inConflict, beside }: Joining,
): Promise<readonly (readonly string[])[]> {
  const landed = await listSteps(place, { from: start, to: ours });
  const changed = new Set(beside.map(({ path }) => path));
  const undone = new Set([
    ...inConflict,
    ...landed.map(({ path }) => path).filter((path) => changed.has(path)),
  ]);
  const moves = new Set(
    beside.filter(({ before, after }) => before === ABSENT || after === ABSENT).map(({ path }) => path),
  );
  const still = [...undone].filter((path) => !moves.has(path)).map((path) => [path]);
  return [...undone].some((path) => moves.has(path)) ? [[...moves], ...still] : still;
}

/** What was chosen between two sides in conflict: the other one is gone. */
async function listDropped(place: Place, what: Joining, sides: 'ours' | 'both'): Promise<readonly string[]> {
  const { start, ours, theirs, result, inConflict } = what;
  if (inConflict.length > MAX_FILES) return [`${inConflict.length} files in conflict: too many to look into`];
  const moved = await listMovedLines(place, what);
  return listEach(inConflict, async (path) => {
    const read = async (from: Oid): Promise<string | null> => linesOf(await readFile(place, from, path));
    const [base, one, other, made] = await Promise.all([read(start), read(ours), read(theirs), read(result)]);
    const merged = linesOf(await readMerged(place, what, path));
    const elsewhere = moved.flatMap(({ path: there, lines }) => (there === path ? [] : lines));
    const file: Disputed = { base, ours: one, theirs: other, merged, result: made, elsewhere };
    const dropped = findDropped(file).filter(({ side }) => sides === 'both' || side === 'ours');
    // who took the other side's file as a whole has lost more than the lines in conflict
    const own = sides === 'both' ? findLost({ base, ours: other, merged, result: made }, MAX_LINES) : [];
    return [
      ...dropped.slice(0, MAX_LINES).map((each) => tell(path, each, each.side === 'theirs' ? OWN : '')),
      ...own.map((each) => tell(path, each, OWN)),
    ];
  });
}

const OWN = ' (its own)';

/** So many lines are looked at, as to whether they were moved. */
const MAX_MOVED = 50_000;

/** Lines that were put into files beside what git made of the two sides. */
async function listMovedLines(
  place: Place,
  { tree, result, beside }: Joining,
): Promise<readonly { readonly path: string; readonly lines: readonly string[] }[]> {
  const all: { readonly path: string; readonly lines: readonly string[] }[] = [];
  let room = MAX_MOVED;
  for (const { path } of beside.slice(0, MAX_FILES)) {
    const [before, after] = await Promise.all([tree, result].map((from) => readFile(place, from, path)));
    const lines = listAdded({ before: before?.text ?? '', after: after?.text ?? '' }).slice(0, room);
    room -= lines.length;
    all.push({ path, lines });
  }
  return all;
}

function linesOf(file: FileRead | null): string | null {
  return file === null ? null : (file.text ?? file.standIn);
}

async function readMerged(
  place: Place,
  { tree, ours, theirs }: Joining,
  path: string,
): Promise<FileRead | null> {
  const names = [path, nameBeside(path, ours), nameBeside(path, theirs)];
  for (const name of names) {
    const file = await readFile(place, tree, name);
    if (file !== null) return file;
  }
  return null;
}

/** Files beside the conflicts that the work changed and that are again as they landed, or as they were. */
async function listGivenUp(
  place: Place,
  { start, ours, theirs, result, inConflict }: Joining,
): Promise<readonly string[]> {
  const [own, landed, made] = await Promise.all(
    [theirs, ours, result].map((to) => listSteps(place, { from: start, to })),
  );
  const blobs = (steps: readonly Step[] = []): ReadonlyMap<string, string> =>
    new Map(steps.map(({ path, after }) => [path, after]));
  const [there, here] = [blobs(landed), blobs(made)];
  const kept = new Set(here.values());
  const gone = (own ?? []).filter(({ path, before, after }) => {
    if (inConflict.includes(path)) return false;
    const [target, is] = [there.get(path) ?? before, here.get(path) ?? before];
    return is === target && is !== after && (after === ABSENT || !kept.has(after));
  });
  return gone.slice(0, MAX_LINES).map(({ path }) => `${path}: its own change is gone`);
}

/** As many commits are looked at. */
const MAX_COMMITS = 200;

/**
 * The last commit that a branch was at before it contained `commit`, with work that is not in that, by git's own log of it or
 * else by its history; rather one that had taken in nothing of the target since `since`.
 */
export async function findLastWithout(
  repo: Repository,
  { branch, commit, since }: { readonly branch: string; readonly commit: Oid; readonly since: Oid },
): Promise<Oid | null> {
  const ref = `refs/heads/${branch}`;
  const moves = ['reflog', 'show', '--format=%H', `--max-count=${MAX_COMMITS}`, ref];
  const commits = ['rev-list', '--topo-order', `--max-count=${MAX_COMMITS}`, ref, `^${commit}`];
  const listed = await Promise.all([moves, commits].map((args) => git(repo.main, { args, codes: [0, 128] })));
  const all = new Set(listed.flatMap(({ stdout }) => stdout.split('\n').filter((line) => line !== '')));
  let found: Oid | null = null;
  for (const each of [...all].map(oid)) {
    if (await isAncestor(repo.main, { ancestor: commit, of: each })) continue;
    if (await isAncestor(repo.main, { ancestor: each, of: commit })) continue;
    if ((await findMergeBase(repo.main, each, commit)) === since) return each;
    found ??= each;
  }
  return found;
}
