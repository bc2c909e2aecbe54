// Builds the commit that would land, in the object store alone: no checkout is touched. Knows nothing of queues or gates.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Oid, oid } from '../../core/model.ts';
import type { Candidate, CandidateSpec, Person } from '../../ports/git.ts';
import { listAttributeFiles } from './attributes.ts';
import { parseCommit } from './commit-text.ts';
import { git, gitFields, gitText, type Place, splitFields } from './exec.ts';
import {
  findCommitter,
  findMergeBase,
  findTree,
  foldsCase,
  isAncestor,
  listMergeBases,
  moveRef,
  noteAncestor,
  type Repository,
} from './repository.ts';
import { listVanished } from './vanished.ts';

const MAX_REPLAYED = 500;
const CANDIDATES = 'refs/weft/cand/';
/** Identity of commits that nobody sees. */
export const NOBODY: Person = { name: 'weft', email: 'weft@localhost' };

/** The commit built, or the paths in conflict. */
type Built = { readonly kind: 'built'; readonly commit: Oid; readonly note?: string } | Conflict;

type Conflict = Extract<Candidate, { readonly kind: 'conflict' }>;

/** A workshop for one candidate. */
export interface Bench {
  readonly repo: Repository;
  /** Shared git directory with a work tree that holds nothing but the target's `.gitattributes` files. */
  readonly place: Place;
  readonly committer: Person;
  /** Arguments before the command of each merge. */
  readonly settings: readonly string[];
}

/** Builds the candidate and pins it; the same question always gets the same commit. */
export async function buildCandidate(repo: Repository, spec: CandidateSpec): Promise<Candidate> {
  return atBench(repo, { target: spec.target }, async (bench) => {
    const built = await build(bench, spec);
    return judge(bench, spec, built.kind === 'conflict' ? await resolve(bench, spec, built) : built);
  });
}

/**
 * Tries what may help where git as it is does not: the commits one by one, then the merge driver. Nothing of either side may
 * be gone from what a driver makes.
 */
async function resolve(bench: Bench, spec: CandidateSpec, conflict: Conflict): Promise<Built> {
  const change = await findChangeBase(bench, spec);
  const isReplayed = spec.strategy === 'rebase' || spec.strategy === 'fast-forward';
  const replayed = isReplayed ? conflict : await replay(bench, spec, change);
  const { driver } = spec;
  if (replayed.kind === 'built') return replayed;
  if (driver === undefined) return conflict;
  return atBench(bench.repo, { target: spec.target, driver }, async (other) => {
    const built = await build(other, spec);
    const noted = built.kind === 'conflict' ? built : { ...built, note: DRIVEN };
    return accept(other, spec, { conflict, change, built: noted });
  });
}

const DRIVEN = 'The merge driver resolved a conflict.';

/** The commits one by one, then as the strategy has it. */
async function replay(bench: Bench, spec: CandidateSpec, change: Oid): Promise<Built> {
  const replayed = await rebase(bench, spec, change);
  if (replayed.kind === 'conflict') return replayed;
  const { author, date } = await describe(bench, spec.head);
  const parents = spec.strategy === 'merge' ? [spec.target, spec.head] : [spec.target];
  const tree = await findTree(bench.place, replayed.commit);
  const commit = await commitTree(bench, { tree, parents, message: spec.message, author, date });
  return { kind: 'built', commit, note: 'Its commits went on one by one where all at once conflicted.' };
}

async function accept(
  bench: Bench,
  spec: CandidateSpec,
  of: { readonly conflict: Conflict; readonly change: Oid; readonly built: Built },
): Promise<Built> {
  const { conflict, change, built } = of;
  if (built.kind === 'conflict') return conflict;
  const sides = { base: change, ours: spec.target, theirs: spec.head, result: built.commit };
  const vanished = await listVanished(bench.place, { ...sides, files: conflict.files });
  return vanished.length === 0 ? built : { ...conflict, vanished };
}

/** Works at a bench for one target; `env` are variables for each git there. */
export async function atBench<T>(
  repo: Repository,
  of: {
    readonly target: Oid;
    readonly env?: Readonly<Record<string, string>>;
    /** Command line of a merge driver for all files that have none of their own. */
    readonly driver?: string;
  },
  work: (bench: Bench) => Promise<T>,
): Promise<T> {
  const { target, driver } = of;
  const { shared } = repo.main;
  if (shared === undefined) throw new Error('Internal error: a candidate outside an opened repository');
  const committer = await findCommitter(repo);
  const open = (folder: string, settings: readonly string[] = []): Bench => {
    const env = { ...of.env, GIT_DIR: repo.commonDir, GIT_WORK_TREE: folder };
    return { repo, place: { ...repo.main, cwd: folder, env }, committer, settings };
  };
  const files = await listAttributeFiles(shared, await findTree(repo.main, target));
  // without such files any folder will do that has none either
  if (files.length === 0 && driver === undefined) return work(open(repo.commonDir));
  const folder = await mkdtemp(join(tmpdir(), 'weft-merge-'));
  try {
    await layOut(repo.main, { folder, files, target });
    return await work(open(folder, driver === undefined ? [] : await setDriver(folder, driver)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Arguments by which git merges through a driver where attributes name none. What it prints is not git's answer. */
async function setDriver(folder: string, driver: string): Promise<readonly string[]> {
  const attributes = join(folder, '.git-weft-attributes');
  await writeFile(attributes, '* merge=weft\n');
  const settings = [`core.attributesFile=${attributes}`, `merge.weft.driver={ ${driver}\n} >&2`];
  return settings.flatMap((setting) => ['-c', setting]);
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

async function build(bench: Bench, spec: CandidateSpec): Promise<Built> {
  const change = await findChangeBase(bench, spec);
  switch (spec.strategy) {
    case 'merge':
      return merge(bench, spec);
    case 'squash':
      return squash(bench, spec, change);
    case 'rebase':
      return rebase(bench, spec, change);
    case 'fast-forward':
      // what stands on the target as it is lands as it is, merges and all
      return (await isAncestor(bench.place, { ancestor: spec.target, of: spec.head }))
        ? { kind: 'built', commit: spec.head }
        : rebase(bench, spec, change);
    default:
      throw new Error(`Internal error: unknown strategy ${String(spec.strategy satisfies never)}`);
  }
}

async function judge(bench: Bench, spec: CandidateSpec, built: Built): Promise<Candidate> {
  if (built.kind === 'conflict') return built;
  const { commit, note } = built;
  const [tree, before] = await Promise.all([
    findTree(bench.place, commit),
    findTree(bench.place, spec.target),
  ]);
  const twins = tree === before ? [] : await findCaseTwins(bench, { tree, before });
  if (twins.length > 0) return { kind: 'conflict', files: twins };
  const ref = spec.pin.startsWith('refs/weft/') ? spec.pin : `${CANDIDATES}${spec.pin}`;
  const empty = tree === before;
  const landing = empty ? spec.target : commit;
  await moveRef(bench.repo, { ref, to: landing, note: 'weft: candidate' });
  return { kind: 'built', commit: landing, tree, empty, ...(note === undefined ? {} : { note }) };
}

async function findChangeBase({ place }: Bench, { base, head, target }: CandidateSpec): Promise<Oid> {
  return chooseBase(place, { base, head, natural: await findMergeBase(place, target, head) });
}

/**
 * Where the change starts. `base` when the branch stands on work the target lacks in that form (its base landed squashed);
 * git's own merge base when that is newer (the target was merged in) or the branch no longer contains `base`.
 */
export async function chooseBase(
  place: Place,
  of: { readonly base: Oid; readonly head: Oid; readonly natural: Oid | null },
): Promise<Oid> {
  const { base, head, natural } = of;
  if (natural === null || natural === base) return base;
  const contains = await isAncestor(place, { ancestor: base, of: head });
  return contains && (await isAncestor(place, { ancestor: natural, of: base })) ? base : natural;
}

async function merge(bench: Bench, spec: CandidateSpec): Promise<Built> {
  const { target, head, message } = spec;
  const merged = await mergeTrees(bench, target, head);
  if (merged.kind === 'conflict') return merged;
  const { author, date } = await describe(bench, head);
  const parents = [target, head];
  return {
    kind: 'built',
    commit: await commitTree(bench, { tree: merged.tree, parents, message, author, date }),
  };
}

async function squash(bench: Bench, spec: CandidateSpec, change: Oid): Promise<Built> {
  const { target, head, message } = spec;
  const merged = await applyChange(bench, { from: change, to: head, onto: target });
  if (merged.kind === 'conflict') return merged;
  const { author, date } = await describe(bench, head);
  const parents = [target];
  return {
    kind: 'built',
    commit: await commitTree(bench, { tree: merged.tree, parents, message, author, date }),
  };
}

/** Replays each commit of the change; a change with merges in it, or an overlong one, is squashed instead. */
async function rebase(bench: Bench, spec: CandidateSpec, change: Oid): Promise<Built> {
  const range = `${change}..${spec.head}`;
  const commits = (await gitText(bench.place, 'rev-list', '--reverse', '--parents', range))
    .split('\n')
    .filter(Boolean);
  const why = findObstacle(commits);
  if (why !== null) {
    const built = await squash(bench, spec, change);
    return built.kind === 'conflict' ? built : { ...built, note: `Squashed, not rebased: ${why}.` };
  }
  let tip = spec.target;
  for (const line of commits) {
    const [commit, parent] = line.split(' ').map(oid);
    if (commit === undefined || parent === undefined)
      throw new Error('Internal error: a commit without a parent');
    if (parent === tip) {
      tip = commit;
      continue;
    }
    const merged = await applyChange(bench, { from: parent, to: commit, onto: tip });
    if (merged.kind === 'conflict') return merged;
    if (merged.tree === (await findTree(bench.place, tip))) continue;
    const { author, date, message } = await describe(bench, commit);
    tip = await commitTree(bench, { tree: merged.tree, parents: [tip], message, author, date });
  }
  return { kind: 'built', commit: tip };
}

function findObstacle(commits: readonly string[]): string | null {
  if (commits.length > MAX_REPLAYED) return `the branch has more than ${MAX_REPLAYED} commits`;
  if (commits.some((line) => line.split(' ').length > 2)) return 'the branch has merges in it';
  if (commits.some((line) => line.split(' ').length < 2)) return 'the branch has a history of its own';
  return null;
}

/** A merged tree, or the paths in conflict. */
export type Merged =
  | { readonly kind: 'merged'; readonly tree: Oid }
  | { readonly kind: 'conflict'; readonly files: readonly string[] };

async function mergeTrees(bench: Bench, ours: Oid, theirs: Oid): Promise<Merged> {
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
  return { kind: 'conflict', files: [...new Set(files)].sort() };
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
  if (bases.length === 1 && bases[0] === what.from) return mergeTrees(bench, what.onto, what.to);
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
  return mergeTrees(bench, left, right);
}

interface CommitSpec {
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

async function commitTree(bench: Bench, spec: CommitSpec): Promise<Oid> {
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

async function describe(bench: Bench, commit: Oid): Promise<Pick<CommitSpec, 'message' | 'author' | 'date'>> {
  const read = await bench.repo.main.shared?.objects.read(`${commit}^{commit}`);
  const plain = read === undefined || read === null ? null : parseCommit(read);
  if (plain !== null) return plain;
  const format = '--format=%an%x00%ae%x00%ad%x00%cd%x00%B';
  const shown = await gitText(bench.place, 'log', '-1', '--no-show-signature', '--date=raw', format, commit);
  const [name = '', email = '', authored = '', committed = '', ...body] = shown.split('\0');
  return {
    author: { name: name === '' ? 'unknown' : name, email },
    date: { author: `@${authored}`, committer: `@${committed}` },
    message: body.join('\0'),
  };
}

/** Paths that differ only in case, new with the candidate; on a file system that folds case they cannot both exist. */
export async function findCaseTwins(
  bench: Bench,
  of: { readonly tree: Oid; readonly before: Oid },
): Promise<readonly string[]> {
  if (!(await foldsCase(bench.repo))) return [];
  const list = (tree: Oid): Promise<string[]> =>
    gitFields(bench.place, { args: ['ls-tree', '-r', '-z', '--name-only', tree] });
  const known = new Set(twinsAmong(await list(of.before)));
  return twinsAmong(await list(of.tree)).filter((path) => !known.has(path));
}

/** Finds paths, and folders of paths, of which another spelling is there too. */
function twinsAmong(paths: readonly string[]): readonly string[] {
  const spelling = new Map<string, string>();
  const twins = new Set<string>();
  for (const path of paths) {
    for (let end = path.indexOf('/'); ; end = path.indexOf('/', end + 1)) {
      const part = end < 0 ? path : path.slice(0, end);
      const folded = part.normalize('NFC').toLowerCase();
      const first = spelling.get(folded) ?? part;
      spelling.set(folded, first);
      if (first !== part) twins.add(first).add(part);
      if (end < 0) break;
    }
  }
  return [...twins].sort();
}
