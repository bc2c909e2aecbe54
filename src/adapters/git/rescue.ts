// Keeps what a worktree holds beyond what landed, as a commit under a ref of ours. Changes nothing in the worktree.
import { copyFile, lstat, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Oid, oid } from '../../core/model.ts';
import { git, gitText, type Place } from './exec.ts';
import { exists, gitDirOf } from './metadata.ts';
import { findCommit, findCommitter, findTree, isAncestor, moveRef, type Repository } from './repository.ts';
import { type Change, keepWork, stageChanges } from './status.ts';

const MAX_BYTES = 1024 * 1024 * 1024;
const MAX_FILES = 200_000;

/** What is to be kept, if there is anything. */
export interface RescueSpec {
  /** Where the worktree is; null when its folder is gone. */
  readonly place: Place | null;
  /** What is not committed there. */
  readonly changes: readonly Change[];
  /** Head of the task's branch; null when it is gone. */
  readonly branchHead: Oid | null;
  /** Commits up to here need no rescue. */
  readonly safe: readonly Oid[];
  /** Prefix of the ref. */
  readonly under: string;
}

/** What was kept, or why it could not be. */
export type Rescue =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'kept'; readonly ref: string }
  | { readonly kind: 'impossible'; readonly why: string };

/** Keeps uncommitted changes and commits beyond `safe` under one ref. */
export async function rescueWork(repo: Repository, spec: RescueSpec): Promise<Rescue> {
  const head = spec.place === null ? null : await findCommit(spec.place, 'HEAD');
  const changes = spec.place === null ? [] : await keepWork(spec.place, spec.changes);
  const loose = await findLoose(repo, spec, head);
  if (spec.place === null || changes.length === 0) {
    const [commit, ...others] = loose;
    if (commit === undefined) return { kind: 'nothing' };
    const kept =
      others.length === 0
        ? commit
        : await tie(repo, { tree: await findTree(repo.main, commit), parents: loose });
    return keep(repo, spec.under, kept);
  }
  const size = await measure(
    spec.place,
    changes.map((change) => change.path),
  );
  if (size > MAX_BYTES || changes.length > MAX_FILES) {
    return {
      kind: 'impossible',
      why: `It has ${changes.length} uncommitted files of ${size} bytes, too much to keep.`,
    };
  }
  const tree = await writeSnapshot(repo, spec.place);
  const parents = [...new Set([head, ...loose].filter((commit) => commit !== null))];
  return keep(repo, spec.under, await tie(repo, { tree, parents }));
}

/** Heads with commits that are nowhere safe. */
async function findLoose(repo: Repository, spec: RescueSpec, head: Oid | null): Promise<readonly Oid[]> {
  const loose: Oid[] = [];
  for (const commit of new Set([spec.branchHead, head])) {
    if (commit === null) continue;
    const safe = await Promise.all(
      [...spec.safe, ...loose].map((of) => isAncestor(repo.main, { ancestor: commit, of })),
    );
    if (!safe.includes(true)) loose.push(commit);
  }
  return loose;
}

async function measure(place: Place, paths: readonly string[]): Promise<number> {
  let bytes = 0;
  for (const path of paths.slice(0, MAX_FILES)) {
    bytes += (await lstat(join(place.cwd, path)).catch(() => null))?.size ?? 0;
  }
  return bytes;
}

/** Writes the working tree, ignored files apart, as a tree; through an index of its own, so the worktree's stays as it is. */
async function writeSnapshot(repo: Repository, place: Place): Promise<Oid> {
  const folder = await mkdtemp(join(tmpdir(), 'weft-rescue-'));
  try {
    const index = join(folder, 'index');
    const snapshot: Place = { ...place, env: { ...place.env, GIT_INDEX_FILE: index } };
    const own = join(gitDirOf(repo, place), 'index');
    if (await exists(own)) await copyFile(own, index);
    else await git(snapshot, { args: ['read-tree', 'HEAD'] });
    await stageChanges(snapshot, () => true);
    return oid(await gitText(snapshot, 'write-tree'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Makes one commit out of a tree and the heads it stands on; dated as the newest of them, so that a repeat makes no second one. */
async function tie(
  repo: Repository,
  what: { readonly tree: Oid; readonly parents: readonly Oid[] },
): Promise<Oid> {
  const { name, email } = await findCommitter(repo);
  const [first] = what.parents;
  const date =
    first === undefined
      ? '@0 +0000'
      : `@${await gitText(repo.main, 'log', '-1', '--format=%cd', '--date=raw', first)}`;
  const end = await git(repo.main, {
    args: ['commit-tree', ...what.parents.flatMap((parent) => ['-p', parent]), '-F', '-', what.tree],
    input: 'weft: kept before its worktree was removed\n',
    env: {
      GIT_AUTHOR_NAME: name,
      GIT_AUTHOR_EMAIL: email,
      GIT_AUTHOR_DATE: date,
      GIT_COMMITTER_NAME: name,
      GIT_COMMITTER_EMAIL: email,
      GIT_COMMITTER_DATE: date,
    },
  });
  return oid(end.stdout.trim());
}

async function keep(repo: Repository, under: string, commit: Oid): Promise<Rescue> {
  const ref = `${under}/${commit.slice(0, 12)}`;
  await moveRef(repo, { ref, to: commit, note: 'weft: rescue' });
  return { kind: 'kept', ref };
}
