// Whether all that two commits did to some files is in a third. Reads the files; what counts as gone is the core's.
import { createHash } from 'node:crypto';
import type { Oid } from '../../core/model.ts';
import { findLost, findVanished, type Vanished } from '../../core/vanish.ts';
import { atBench, mergeTrees, nameBeside } from './bench.ts';
import { git, type Place } from './exec.ts';
import { ABSENT, listSteps } from './interrupted.ts';
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
 * Lines of either side that are gone from the result, `path: what: line`, at most twenty. Looks at `files` and wherever the
 * result is not what the one side that changed a file made of it. A file without lines counts as one line.
 */
export async function listVanished(place: Place, what: Joining): Promise<readonly string[]> {
  const groups = await listMade(place, what);
  const count = groups.flat().length;
  if (count > MAX_FILES) return [`${count} files: too many to look into`];
  return listEach(groups, async (paths) => {
    const [base = null, ours = null, theirs = null, result = null] = await Promise.all(
      [what.base, what.ours, what.theirs, what.result].map(async (commit) => {
        const files = await Promise.all(paths.map((path) => readFile(place, commit, path)));
        return files.map((file) => file?.text ?? file?.standIn ?? '').join('\n');
      }),
    );
    const vanished = findVanished({ base, ours, theirs, result }, MAX_LINES);
    return vanished.map((each) => tell(paths.join(', '), each));
  });
}

/** Files that the result may have wrong, each by itself; those among which one may have been moved, together. */
async function listMade(
  place: Place,
  { base, ours, theirs, result, files }: Joining,
): Promise<readonly (readonly string[])[]> {
  const changes = await Promise.all(
    [ours, theirs, result].map(async (to) => {
      const steps = await listSteps(place, { from: base, to });
      return new Map(steps.map((step) => [step.path, step]));
    }),
  );
  const all = [...new Set(changes.flatMap((steps) => [...steps.keys()]))];
  const made = all.filter((path) => {
    const [one, other, is] = changes.map((steps) => steps.get(path)?.after);
    const isAsChanged = (one === undefined || other === undefined || one === other) && is === (one ?? other);
    return files.includes(path) || !isAsChanged;
  });
  const moves = new Set(
    all.filter((path) =>
      changes.some((steps) => [steps.get(path)?.before, steps.get(path)?.after].includes(ABSENT)),
    ),
  );
  const still = made.filter((path) => !moves.has(path)).map((path) => [path]);
  // what one side changed is to be found where the other has moved it
  return made.some((path) => moves.has(path)) ? [[...moves], ...still] : still;
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
  const inConflict = new Set(files);
  const groups = await listUndone(repo.main, { start, ours, tree, result, inConflict });
  if (groups.flat().length > MAX_FILES) return [`${groups.flat().length} files: too many to look into`];
  const marks = await listMarks(repo.main, { ours, theirs, result, files });
  const lines = await listEach(groups, async (paths) => {
    const [base, side, merged, made] = await Promise.all(
      [start, ours, tree, result].map(async (from) => {
        const texts = await Promise.all(
          paths.map(async (path) => {
            const file =
              (await readFile(repo.main, from, path)) ??
              (from === tree ? await readFile(repo.main, from, nameBeside(path, ours)) : null);
            // of a file without lines that both changed, one may go
            return file === null ? '' : (file.text ?? (inConflict.has(path) ? '' : file.standIn));
          }),
        );
        return texts.join('\n');
      }),
    );
    if (base === undefined || side === undefined || merged === undefined || made === undefined) return [];
    const lost = findLost({ base, ours: side, merged, result: made }, MAX_LINES);
    return lost.map((each) => tell(paths.join(', '), each));
  });
  return [...marks, ...lines].slice(0, MAX_LINES);
}

const MARK = /^(?:<{7,}|>{7,}) .*$/m;

/** Marks of conflicts that were taken for text. */
async function listMarks(
  place: Place,
  { ours, theirs, result, files }: Omit<Joining, 'base'>,
): Promise<readonly string[]> {
  return listEach(
    files.slice(0, MAX_FILES).map((path) => [path]),
    async ([path = '']) => {
      const sides = await Promise.all([result, ours, theirs].map((from) => readFile(place, from, path)));
      const [mark, ...known] = sides.map((file) => MARK.exec(file?.text ?? '')?.[0]);
      const isTheirs = mark === undefined || known.some((each) => each !== undefined);
      return isTheirs ? [] : [`${path}: a mark of the conflict is left: ${mark.slice(0, LINE_CHARS)}`];
    },
  );
}

/**
 * Files of the change up to `ours` that are not as the merge alone would have them: those in conflict, and others that
 * somebody changed beside; where one may have been moved, all among which that may be, together.
 */
async function listUndone(
  place: Place,
  of: {
    readonly start: Oid;
    readonly ours: Oid;
    readonly tree: Oid;
    readonly result: Oid;
    readonly inConflict: ReadonlySet<string>;
  },
): Promise<readonly (readonly string[])[]> {
  const [landed, beside] = await Promise.all([
    listSteps(place, { from: of.start, to: of.ours }),
    listSteps(place, { from: of.tree, to: of.result }),
  ]);
  const changed = new Set(beside.map(({ path }) => path));
  const undone = new Set([
    ...of.inConflict,
    ...landed.map(({ path }) => path).filter((path) => changed.has(path)),
  ]);
  const moves = new Set(
    beside.filter(({ before, after }) => before === ABSENT || after === ABSENT).map(({ path }) => path),
  );
  const still = [...undone].filter((path) => !moves.has(path)).map((path) => [path]);
  return [...undone].some((path) => moves.has(path)) ? [[...moves], ...still] : still;
}

async function listEach<T>(
  all: readonly T[],
  find: (each: T) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const gone: string[] = [];
  for (const each of all) {
    gone.push(...(await find(each)));
    if (gone.length >= MAX_LINES) break;
  }
  return gone.slice(0, MAX_LINES);
}

const WORDS: Readonly<Record<Vanished['what'], string>> = {
  'added line': 'is gone',
  'kept line': 'is gone',
  'removed line': 'is back',
  'doubled line': 'is there twice',
};

function tell(path: string, { what, line }: Vanished): string {
  return `${path}: ${WORDS[what]}: ${line.slice(0, LINE_CHARS)}`;
}

/** A file's text, or a line that stands for one that is binary or too long; null: it is not there. */
async function readFile(
  place: Place,
  from: Oid,
  path: string,
): Promise<{ readonly text: string | null; readonly standIn: string } | null> {
  const args = ['cat-file', 'blob', `${from}:${path}`];
  const { code, stdout } = await git(place, { args, codes: [0, 128], encoding: 'latin1' });
  if (code !== 0) return null;
  const bytes = Buffer.from(stdout, 'latin1');
  const isText = bytes.length <= MAX_BYTES && !bytes.includes(0);
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
  return { text: isText ? bytes.toString('utf8') : null, standIn: `the file without lines ${hash}` };
}
