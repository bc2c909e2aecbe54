// Merges trees and makes commits in the object store alone, with the attributes of a target and, where one is wished, a merge
// driver. Knows nothing of candidates.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { MARK_SIZE } from '../../core/marks.ts';
import { type Oid, oid } from '../../core/model.ts';
import type { Person } from '../../ports/git.ts';
import { listAttributeFiles } from './attributes.ts';
import { git, type Place, splitFields } from './exec.ts';
import { findCommitter, findTree, listMergeBases, noteAncestor, type Repository } from './repository.ts';

/** Identity of commits that nobody sees. */
export const NOBODY: Person = { name: 'weft', email: 'weft@localhost' };

/** A workshop for merges into one target. */
export interface Bench {
  readonly repo: Repository;
  /** Shared git directory with a work tree that holds nothing but the target's `.gitattributes` files. */
  readonly place: Place;
  readonly committer: Person;
  /** Arguments before the command of each merge. */
  readonly settings: readonly string[];
}

/** Works at a bench for one target; `env` are variables for each git there. */
export async function atBench<T>(
  repo: Repository,
  of: {
    readonly target: Oid;
    readonly env?: Readonly<Record<string, string>>;
    /** Command line of a merge driver for all files that have none of their own; null: only for the records of Beads. */
    readonly driver?: string | null;
    /** Whether the marks of conflicts are to be long ones, with what was there before both sides. */
    readonly marks?: true;
  },
  work: (bench: Bench) => Promise<T>,
): Promise<T> {
  const { target, driver, marks } = of;
  const { shared } = repo.main;
  if (shared === undefined) throw new Error('Internal error: a candidate outside an opened repository');
  const committer = await findCommitter(repo);
  const open = (folder: string, settings: readonly string[] = []): Bench => {
    const env = { ...of.env, GIT_DIR: repo.commonDir, GIT_WORK_TREE: folder };
    return { repo, place: { ...repo.main, cwd: folder, env }, committer, settings };
  };
  const files = await listAttributeFiles(shared, await findTree(repo.main, target));
  // without such files any folder will do that has none either
  if (files.length === 0 && driver === undefined && marks === undefined) return work(open(repo.commonDir));
  const folder = await mkdtemp(join(tmpdir(), 'weft-merge-'));
  try {
    await layOut(repo.main, { folder, files, target });
    const settings = [
      ...(driver === undefined ? [] : await setDriver(folder, driver)),
      ...(marks === undefined ? [] : await setMarks(repo.main, folder)),
    ];
    return await work(open(folder, settings));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Records of Beads, a line each, that both sides add to: all of them count. */
const RECORDS = '.beads/*.jsonl';

/** Tells whether a file is one of the records. */
export function isRecords(path: string): boolean {
  return /^\.beads\/[^/]+\.jsonl$/.test(path);
}

/** Arguments by which git merges through a driver where attributes name none. What it prints is not git's answer. */
async function setDriver(folder: string, driver: string | null): Promise<readonly string[]> {
  const attributes = join(folder, '.git-weft-attributes');
  await writeFile(attributes, `${driver === null ? '' : '* merge=weft\n'}${RECORDS} merge=union\n`);
  const settings = [
    `core.attributesFile=${attributes}`,
    ...(driver === null ? [] : [`merge.weft.driver={ ${driver}\n} >&2`]),
  ];
  return settings.flatMap((setting) => ['-c', setting]);
}

/** Arguments by which git leaves long marks, where no attribute says how long; the user's own attributes count too. */
async function setMarks(place: Place, folder: string): Promise<readonly string[]> {
  const attributes = join(folder, '.git-weft-marks');
  const own = await readOwnAttributes(place);
  await writeFile(attributes, `* conflict-marker-size=${MARK_SIZE}\n${own}`);
  return ['-c', `core.attributesFile=${attributes}`, '-c', 'merge.conflictStyle=diff3'];
}

/** The attributes of all repositories of this user. */
async function readOwnAttributes(place: Place): Promise<string> {
  const args = ['config', '--path', '--get', 'core.attributesFile'];
  const named = (await git(place, { args, codes: [0, 1] })).stdout.trim();
  const { HOME = '', XDG_CONFIG_HOME = join(HOME, '.config') } = place.env;
  const path = named === '' ? join(XDG_CONFIG_HOME, 'git/attributes') : named;
  return readFile(path, 'utf8').catch(() => '');
}

/** Writes the attribute files of a commit: merge-tree reads merge drivers (`merge=union`) only from files of the work tree. */
async function layOut(
  place: Place,
  of: { readonly folder: string; readonly files: readonly string[]; readonly target: Oid },
): Promise<void> {
  for (const file of of.files) {
    const path = join(of.folder, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, (await git(place, { args: ['cat-file', 'blob', `${of.target}:${file}`] })).stdout);
  }
}

/** A merged tree, or the one with the marks of conflicts in it and their paths. */
export type Merged =
  | { readonly kind: 'merged'; readonly tree: Oid }
  | { readonly kind: 'conflict'; readonly tree: Oid; readonly files: readonly string[] };

/** Merges two commits as git does it, with the target's attributes. */
export async function mergeTrees(
  bench: Bench,
  { ours, theirs }: { readonly ours: Oid; readonly theirs: Oid },
): Promise<Merged> {
  const args = [
    ...bench.settings,
    'merge-tree',
    '--write-tree',
    '-z',
    '--name-only',
    '--no-messages',
    '--allow-unrelated-histories',
  ];
  const end = await git(bench.place, { args: [...args, ours, theirs], codes: [0, 1] });
  const [tree = '', ...files] = splitFields(end.stdout);
  if (end.code === 0) return { kind: 'merged', tree: oid(tree) };
  const named = files.map((file) => plainName(file, [ours, theirs]));
  return { kind: 'conflict', tree: oid(tree), files: [...new Set(named)].sort() };
}

/** Where a file is in the way of a folder, git puts it beside, under a name that no side knows: `a.txt~COMMIT`. */
export function nameBeside(path: string, side: Oid): string {
  return `${path}~${side}`;
}

function plainName(file: string, sides: readonly Oid[]): string {
  for (const side of sides) {
    const at = file.lastIndexOf(nameBeside('', side));
    if (at > 0 && /^(?:_\d+)?$/.test(file.slice(at + 1 + side.length))) return file.slice(0, at);
  }
  return file;
}

/**
 * Applies the difference between two commits to a third. Three commits without history make git take exactly `from` as the
 * merge base, which merge-tree of git 2.38 to 2.39 has no option for.
 */
export async function applyChange(
  bench: Bench,
  what: { readonly from: Oid; readonly to: Oid; readonly onto: Oid },
): Promise<Merged> {
  if (what.from === what.onto) return { kind: 'merged', tree: await findTree(bench.place, what.to) };
  const bases = await listMergeBases(bench.place, what.onto, what.to);
  if (bases.length === 1 && bases[0] === what.from)
    return mergeTrees(bench, { ours: what.onto, theirs: what.to });
  const [base, ours, theirs] = await Promise.all(
    [what.from, what.onto, what.to].map((at) => findTree(bench.place, at)),
  );
  if (base === undefined || ours === undefined || theirs === undefined)
    throw new Error('Internal error: no trees');
  const root = await commitTree(bench, { tree: base, parents: [], ...SYNTHETIC });
  const [left, right] = await Promise.all([
    commitTree(bench, { tree: ours, parents: [root], ...SYNTHETIC }),
    commitTree(bench, { tree: theirs, parents: [root], ...SYNTHETIC }),
  ]);
  return mergeTrees(bench, { ours: left, theirs: right });
}

/** What a commit says. */
export interface CommitSpec {
  readonly tree: Oid;
  readonly parents: readonly Oid[];
  readonly message: string;
  readonly author: Person;
  /** Dates of author and committer, `@seconds zone`; fixed, so that the same work makes the same commit. */
  readonly date: { readonly author: string; readonly committer: string };
}

const SYNTHETIC: Pick<CommitSpec, 'message' | 'author' | 'date'> = {
  message: '',
  author: NOBODY,
  date: { author: '@0 +0000', committer: '@0 +0000' },
};

/** Makes a commit of a tree, on behalf of the user unless nobody sees it. */
export async function commitTree(bench: Bench, spec: CommitSpec): Promise<Oid> {
  const { author, date } = spec;
  const committer = spec.parents.length === 0 ? NOBODY : bench.committer;
  const parents = spec.parents.flatMap((parent) => ['-p', parent]);
  const end = await git(bench.place, {
    args: ['commit-tree', ...parents, '-F', '-', spec.tree],
    input: spec.message,
    env: {
      GIT_AUTHOR_NAME: author.name,
      GIT_AUTHOR_EMAIL: author.email,
      GIT_AUTHOR_DATE: date.author,
      GIT_COMMITTER_NAME: committer.name,
      GIT_COMMITTER_EMAIL: committer.email,
      GIT_COMMITTER_DATE: date.committer,
    },
  });
  const commit = oid(end.stdout.trim());
  for (const ancestor of spec.parents) noteAncestor(bench.place, { ancestor, of: commit });
  return commit;
}
