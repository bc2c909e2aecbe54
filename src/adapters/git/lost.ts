// What of two sides is not in what somebody made of them by hand. Reads the files; what counts as gone is the core's.
import { type Disputed, findDropped, hasNewLines, listAdded } from '../../core/dropped.ts';
import { readMarks } from '../../core/marks.ts';
import type { Merging } from '../../core/merging.ts';
import { type Oid, oid } from '../../core/model.ts';
import { findRenames, isRenamed, type Renames } from '../../core/renames.ts';
import { type Change, findUndone, type Undone } from '../../core/undone.ts';
import { countLines, findLost } from '../../core/vanish.ts';
import { atBench, mergeTrees, nameBeside } from './bench.ts';
import { listChanges } from './changes.ts';
import { git, type Place } from './exec.ts';
import { type FileRead, LINE_CHARS, listEach, MAX_FILES, MAX_LINES, readFile, tell } from './gone.ts';
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
  readonly beside: readonly Change[];
  /** A file of a commit or tree; read once, however often it is asked for. */
  readonly read: (from: Oid, path: string) => Promise<FileRead | null>;
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
  const merged = await atBench(repo, { target: ours, marks: true }, (bench) =>
    mergeTrees(bench, { ours, theirs }),
  );
  const { tree } = merged;
  const inConflict = merged.kind === 'conflict' ? merged.files : [];
  const beside = await listChanges(repo.main, { from: tree, to: result });
  const read = createReads(repo.main);
  const what: Joining = { start, ours, theirs, result, tree, inConflict, beside, read };
  // who was not told to merge may as well have gone another way with its own
  const isTold = of.files.length > 0;
  const rows = [
    ...(await listMarks(what, [...new Set([...of.files, ...inConflict, ...beside.map(({ path }) => path)])])),
    ...(await listUndone(repo.main, what, 'ours')),
    ...(of.sides === 'neither' ? [] : await listDropped(what, of.sides)),
    ...(of.sides === 'both'
      ? await listUndone(repo.main, isTold ? what : withoutOthers(what), 'theirs')
      : []),
  ];
  return [...new Set(rows)].slice(0, MAX_LINES);
}

function createReads(place: Place): Joining['read'] {
  const known = new Map<string, Promise<FileRead | null>>();
  return (from, path) => {
    const name = `${from}:${path}`;
    const read = known.get(name) ?? readFile(place, from, path);
    known.set(name, read);
    return read;
  };
}

const MARK = /^(?:<{7,}|>{7,}) .*$/m;
const MIDDLE = /^(?:={7}|\|{7}(?: .*)?)\r?$/gm;

/** Marks of conflicts that were taken for text. */
async function listMarks(
  { ours, theirs, result, inConflict, read }: Joining,
  files: readonly string[],
): Promise<readonly string[]> {
  return listEach(files.slice(0, MAX_FILES), async (path) => {
    const made = (await read(result, path))?.text ?? '';
    const [mark] = MARK.exec(made) ?? [];
    const middles = inConflict.includes(path) ? listMiddles(made) : [];
    if (mark === undefined && middles.length === 0) return [];
    const sides = await Promise.all([ours, theirs].map(async (from) => (await read(from, path))?.text ?? ''));
    const [middle] = middles.length > sides.flatMap(listMiddles).length ? middles : [];
    const left = mark !== undefined && sides.every((text) => !MARK.test(text)) ? mark : middle;
    return left === undefined
      ? []
      : [`${path}: a mark of the conflict is left: ${left.slice(0, LINE_CHARS)}`];
  });
}

function listMiddles(text: string): readonly string[] {
  return [...text.matchAll(MIDDLE)].map(([line]) => line.trim());
}

/** As if nothing had been in the way of anything but what conflicts. */
function withoutOthers(what: Joining): Joining {
  return { ...what, beside: what.beside.filter(({ path }) => what.inConflict.includes(path)) };
}

/** What a side changed where nothing was in its way, and is gone all the same. */
async function listUndone(place: Place, what: Joining, side: 'ours' | 'theirs'): Promise<readonly string[]> {
  const done = await listChanges(place, { from: what.start, to: what[side] });
  const groups = groupUndone(what, done);
  if (groups.flat().length > MAX_FILES) return [`${groups.flat().length} files: too many to look into`];
  const asWholes = findUndone({ side: done, beside: what.beside });
  const whose = side === 'theirs' ? OWN : '';
  let renames: Promise<Renames> | null = null;
  return listEach(groups, async (paths) => {
    const group = await readGroup(what, paths);
    const made = listAdded({ before: readMarks(group.merged).clean.join('\n'), after: group.result });
    const lost = findLost({ ...group, ours: group[side] }, MAX_LINES);
    if (lost.length > 0) {
      // its own lines are its own to write anew, where nothing else was to be merged
      const isOpen = paths.some((path) => what.inConflict.includes(path));
      if (side === 'theirs' && !isOpen && hasNewLines(made, [group.base, group.ours, group.theirs]))
        return [];
      renames ??= readRenames(place, what, side === 'ours' ? 'theirs' : 'ours');
      const known = await renames;
      const gone = lost.filter(
        ({ what: how, line }) => how !== 'added line' || !isRenamed(line, made, known),
      );
      return gone.map((each) => tell(paths.join(', '), each, whose));
    }
    const put = asWholes.filter(({ path }) => paths.includes(path));
    return listEach(put, (each) => tellUndone(what, { each, side, whose }));
  });
}

const UNDONE: Readonly<Record<Undone['what'], string>> = {
  content: 'is as it was before',
  mode: 'has the mode that it had before',
  gone: 'is gone',
  back: 'is back',
};

async function tellUndone(
  what: Joining,
  of: { readonly each: Undone; readonly side: 'ours' | 'theirs'; readonly whose: string },
): Promise<readonly string[]> {
  const { path, what: how } = of.each;
  // lines that are elsewhere are not gone: only of a file without any nothing else is known
  const isKnown = how === 'gone' && countLines((await what.read(what[of.side], path))?.text ?? '').size > 0;
  return isKnown ? [] : [`${path}: ${UNDONE[how]}${of.whose}`];
}

/** The texts of some files, one below the other, in each tree. */
interface Group {
  readonly base: string;
  readonly ours: string;
  readonly theirs: string;
  readonly merged: string;
  readonly result: string;
}

async function readGroup(what: Joining, paths: readonly string[]): Promise<Group> {
  const open = new Set(what.inConflict);
  const read = async (from: Oid): Promise<string> => {
    const texts = await Promise.all(
      paths.map(async (path) => {
        const file = await (from === what.tree ? readMerged(what, path) : what.read(from, path));
        // of a file without lines that both changed, something is gone in any case
        return file === null ? '' : (file.text ?? (open.has(path) ? '' : file.standIn));
      }),
    );
    return texts.join('\n');
  };
  const [base, ours, theirs] = await Promise.all([what.start, what.ours, what.theirs].map(read));
  const [merged, result] = await Promise.all([what.tree, what.result].map(read));
  return {
    base: base ?? '',
    ours: ours ?? '',
    theirs: theirs ?? '',
    merged: merged ?? '',
    result: result ?? '',
  };
}

/** The names that a side gave up and brought. */
async function readRenames(place: Place, what: Joining, side: 'ours' | 'theirs'): Promise<Renames> {
  const changes = await listChanges(place, { from: what.start, to: what[side] });
  const texts = changes.slice(0, MAX_FILES).map(async ({ path }) => {
    const [before, after] = await Promise.all(
      [what.start, what[side]].map(async (from) => (await what.read(from, path))?.text ?? ''),
    );
    return { before: before ?? '', after: after ?? '' };
  });
  return findRenames(await Promise.all(texts));
}

/**
 * Files of a side that are not as the merge alone would have them: those in conflict, and others that somebody changed beside;
 * where one may have been moved, all among which that may be, together.
 */
function groupUndone(
  { inConflict, beside }: Joining,
  done: readonly Change[],
): readonly (readonly string[])[] {
  const changed = new Set(beside.map(({ path }) => path));
  const undone = new Set([
    ...inConflict,
    ...done.map(({ path }) => path).filter((path) => changed.has(path)),
  ]);
  const moves = new Set(
    beside.filter(({ before, after }) => before === null || after === null).map(({ path }) => path),
  );
  const still = [...undone].filter((path) => !moves.has(path)).map((path) => [path]);
  return [...undone].some((path) => moves.has(path)) ? [[...moves], ...still] : still;
}

/** What was chosen between two sides in conflict: the other one is gone. */
async function listDropped(what: Joining, sides: 'ours' | 'both'): Promise<readonly string[]> {
  const { start, ours, theirs, result, inConflict } = what;
  if (inConflict.length === 0) return [];
  if (inConflict.length > MAX_FILES) return [`${inConflict.length} files in conflict: too many to look into`];
  const moved = await listMovedLines(what);
  return listEach(inConflict, async (path) => {
    const read = async (from: Oid): Promise<string | null> => linesOf(await what.read(from, path));
    const [base, one, other, made] = await Promise.all([read(start), read(ours), read(theirs), read(result)]);
    const merged = linesOf(await readMerged(what, path));
    const elsewhere = moved.flatMap(({ path: there, lines }) => (there === path ? [] : lines));
    const file: Disputed = { base, ours: one, theirs: other, merged, result: made, elsewhere };
    const dropped = findDropped(file).filter(({ side }) => sides === 'both' || side === 'ours');
    return dropped.slice(0, MAX_LINES).map((each) => tell(path, each, each.side === 'theirs' ? OWN : ''));
  });
}

const OWN = ' (its own)';

/** So many lines are looked at, as to whether they were moved. */
const MAX_MOVED = 50_000;

/** Lines that were put into files beside what git made of the two sides. */
async function listMovedLines({
  tree,
  result,
  beside,
  read,
}: Joining): Promise<readonly { readonly path: string; readonly lines: readonly string[] }[]> {
  const all: { readonly path: string; readonly lines: readonly string[] }[] = [];
  let room = MAX_MOVED;
  for (const { path } of beside.slice(0, MAX_FILES)) {
    const [before, after] = await Promise.all([tree, result].map((from) => read(from, path)));
    const lines = listAdded({ before: before?.text ?? '', after: after?.text ?? '' }).slice(0, room);
    room -= lines.length;
    all.push({ path, lines });
  }
  return all;
}

function linesOf(file: FileRead | null): string | null {
  return file === null ? null : (file.text ?? file.standIn);
}

async function readMerged({ tree, ours, theirs, read }: Joining, path: string): Promise<FileRead | null> {
  const names = [path, nameBeside(path, ours), nameBeside(path, theirs)];
  for (const name of names) {
    const file = await read(tree, name);
    if (file !== null) return file;
  }
  return null;
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
