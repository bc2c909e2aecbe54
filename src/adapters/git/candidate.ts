// Builds the commit that would land, in the object store alone: no checkout is touched. Knows nothing of queues or gates.
import { type Oid, oid } from '../../core/model.ts';
import type { Candidate, CandidateSpec } from '../../ports/git.ts';
import {
  applyChange,
  atBench,
  type Bench,
  type CommitSpec,
  commitTree,
  isRecords,
  type Merged,
  mergeTrees,
} from './bench.ts';
import { parseCommit } from './commit-text.ts';
import { gitFields, gitText, type Place } from './exec.ts';
import { findMergeBase, findTree, foldsCase, isAncestor, moveRef, type Repository } from './repository.ts';
import { listVanished } from './vanished.ts';

const MAX_REPLAYED = 500;
const CANDIDATES = 'refs/weft/cand/';

/** What is asked for, and where its change starts. */
interface Job extends CandidateSpec {
  readonly change: Oid;
}

/** The commit built, or the paths in conflict. */
type Built = { readonly kind: 'built'; readonly commit: Oid; readonly note?: string } | Conflict;

type Conflict = Extract<Candidate, { readonly kind: 'conflict' }>;

/** Builds the candidate and pins it; the same question always gets the same commit. */
export async function buildCandidate(repo: Repository, spec: CandidateSpec): Promise<Candidate> {
  return atBench(repo, { target: spec.target }, async (bench) => {
    const job = { ...spec, change: await findChangeBase(bench, spec) };
    const built = await easeRecords(bench, job, await build(bench, job));
    return judge(bench, spec, built.kind === 'conflict' ? await resolve(bench, job, built) : built);
  });
}

/** The records of an issue tracker that both sides add to are in nobody's way. */
async function easeRecords(bench: Bench, job: Job, built: Built): Promise<Built> {
  if (built.kind === 'built' || !built.files.some(isRecords)) return built;
  return atBench(bench.repo, { target: job.target, driver: null }, (other) => build(other, job));
}

/**
 * Tries what may help where git as it is does not: the commits one by one, then the merge driver. Nothing of either side may
 * be gone from what a driver makes.
 */
async function resolve(bench: Bench, job: Job, conflict: Conflict): Promise<Built> {
  const { strategy, target, driver } = job;
  const isReplayed = strategy === 'rebase' || strategy === 'fast-forward';
  const replayed = isReplayed ? conflict : await replay(bench, job);
  if (replayed.kind === 'built') return replayed;
  if (driver === undefined) return conflict;
  return atBench(bench.repo, { target, driver }, async (other) => {
    const built = await build(other, job);
    const noted = built.kind === 'conflict' ? built : { ...built, note: DRIVEN };
    return accept(other, job, { conflict, built: noted });
  });
}

const DRIVEN = 'The merge driver resolved a conflict.';

/** The commits one by one, then as the strategy has it. */
async function replay(bench: Bench, job: Job): Promise<Built> {
  const { strategy, target, head, message } = job;
  const replayed = await rebase(bench, job);
  if (replayed.kind === 'conflict') return replayed;
  const { author, date } = await describe(bench, head);
  const parents = strategy === 'merge' ? [target, head] : [target];
  const tree = await findTree(bench.place, replayed.commit);
  const commit = await commitTree(bench, { tree, parents, message, author, date });
  return { kind: 'built', commit, note: 'Its commits went on one by one where all at once conflicted.' };
}

async function accept(
  bench: Bench,
  { change, target, head }: Job,
  of: { readonly conflict: Conflict; readonly built: Built },
): Promise<Built> {
  const { conflict, built } = of;
  if (built.kind === 'conflict') return conflict;
  const sides = { base: change, ours: target, theirs: head, result: built.commit };
  const vanished = await listVanished(bench.place, { ...sides, files: conflict.files });
  return vanished.length === 0 ? built : { ...conflict, vanished };
}

async function build(bench: Bench, job: Job): Promise<Built> {
  switch (job.strategy) {
    case 'merge':
      return merge(bench, job);
    case 'squash':
      return squash(bench, job);
    case 'rebase':
      return rebase(bench, job);
    case 'fast-forward':
      // what stands on the target as it is lands as it is, merges and all
      return (await isAncestor(bench.place, { ancestor: job.target, of: job.head }))
        ? { kind: 'built', commit: job.head }
        : rebase(bench, job);
    default:
      throw new Error(`Internal error: unknown strategy ${String(job.strategy satisfies never)}`);
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

async function merge(bench: Bench, job: Job): Promise<Built> {
  const { target, head } = job;
  return commitMerged(bench, job, {
    merged: await mergeTrees(bench, { ours: target, theirs: head }),
    parents: [target, head],
  });
}

async function squash(bench: Bench, job: Job): Promise<Built> {
  const { change, target, head } = job;
  return commitMerged(bench, job, {
    merged: await applyChange(bench, { from: change, to: head, onto: target }),
    parents: [target],
  });
}

async function commitMerged(
  bench: Bench,
  { head, message }: Job,
  of: { readonly merged: Merged; readonly parents: readonly Oid[] },
): Promise<Built> {
  const { merged, parents } = of;
  if (merged.kind === 'conflict') return { kind: 'conflict', files: merged.files };
  const { author, date } = await describe(bench, head);
  return {
    kind: 'built',
    commit: await commitTree(bench, { tree: merged.tree, parents, message, author, date }),
  };
}

/** Replays each commit of the change; a change with merges in it, or an overlong one, is squashed instead. */
async function rebase(bench: Bench, job: Job): Promise<Built> {
  const range = `${job.change}..${job.head}`;
  const commits = (await gitText(bench.place, 'rev-list', '--reverse', '--parents', range))
    .split('\n')
    .filter(Boolean);
  const why = findObstacle(commits);
  if (why !== null) {
    const built = await squash(bench, job);
    return built.kind === 'conflict' ? built : { ...built, note: `Squashed, not rebased: ${why}.` };
  }
  let tip = job.target;
  for (const line of commits) {
    const [commit, parent] = line.split(' ').map(oid);
    if (commit === undefined || parent === undefined)
      throw new Error('Internal error: a commit without a parent');
    if (parent === tip) {
      tip = commit;
      continue;
    }
    const merged = await applyChange(bench, { from: parent, to: commit, onto: tip });
    if (merged.kind === 'conflict') return { kind: 'conflict', files: merged.files };
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
