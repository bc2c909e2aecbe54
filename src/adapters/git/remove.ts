// Removes a worktree and its branch, once what they hold is safe. Never touches a worktree that weft did not make.
import { dirname, join } from 'node:path';
import type { Oid } from '../../core/model.ts';
import { gitText, giveUp, type Place, runGit } from './exec.ts';
import { findHolders } from './listing.ts';
import {
  dropEntry,
  exists,
  findEntry,
  isOurs,
  keepDetachedHead,
  mendCommonDirs,
  type PlacedEntry,
  placeOfEntry,
} from './metadata.ts';
import { findProcessesIn } from './processes.ts';
import { canonical, deleteRefs, findCommit, type Repository } from './repository.ts';
import { rescueWork } from './rescue.ts';
import { firstIndexOf } from './reuse.ts';
import { type Change, listChanges, listGitlinks, revealEntries } from './status.ts';
import { isBare, startRefOf } from './worktree.ts';

/** What is to be removed. */
export interface Removal {
  readonly path: string;
  readonly branch: string;
  readonly landed: Oid | null;
  readonly rescue: string;
  /** Lock reason of who may be removed; absent: whoever it is of ours. */
  readonly reason?: string;
  readonly isFirst?: boolean;
}

/** The ref that holds what was rescued, and why the worktree was left in place; null where there is nothing to say. */
export interface Removed {
  readonly rescue: string | null;
  readonly kept: string | null;
}

/** Removes the worktree, its branch and the ref of its start; may be repeated. */
export async function removeWorktree(repo: Repository, what: Removal): Promise<Removed> {
  await mendCommonDirs(repo);
  const path = await canonical(what.path);
  const entry = await findEntry(repo, path);
  if (await isAnothers(repo, { ...what, path, entry })) return { rescue: null, kept: null };
  const why = await findObstacle(repo, { ...what, path, entry });
  if (why !== null) return { rescue: null, kept: why };
  const present = entry !== null && (await exists(path));
  const place = present ? placeOfEntry(repo, entry) : null;
  if (place !== null) await revealEntries(place);
  const changes = place === null ? [] : await listChanges(place);
  const inner = place === null ? null : await findUnsavedRepository(place, changes);
  if (inner !== null) {
    return { rescue: null, kept: `The repository ${inner} inside it has work that is nowhere else.` };
  }
  const branchHead = await findCommit(repo.main, `refs/heads/${what.branch}`);
  const start = await findCommit(repo.main, startRefOf(what.branch));
  const rescue = await rescueWork(repo, {
    place,
    changes,
    branchHead,
    safe: [what.landed, start].filter((commit) => commit !== null),
    under: what.rescue,
  });
  if (rescue.kind === 'impossible') return { rescue: null, kept: rescue.why };
  await repo.exclusive(() => clear(repo, { ...what, path, entry, present, branchHead, start }));
  if (rescue.kind === 'kept') return { rescue: rescue.ref, kept: null };
  const isRepeat = entry === null && branchHead === null;
  return { rescue: isRepeat ? await findRescued(repo, what.rescue) : null, kept: null };
}

/** Tells whether what is there was never of who asks: then nothing is left to remove. */
async function isAnothers(
  repo: Repository,
  of: Removal & { readonly entry: PlacedEntry | null },
): Promise<boolean> {
  const { path, branch, reason, entry } = of;
  if (reason === undefined) return false;
  if (entry !== null) return entry.reason !== reason;
  if (of.isFirst !== true) return false;
  if (await exists(path)) return true;
  const head = await findCommit(repo.main, `refs/heads/${branch}`);
  return head !== null && !(await isBare(repo, { branch, head, base: null }));
}

/** Says in a sentence why the worktree has to stay, or null. */
async function findObstacle(
  repo: Repository,
  of: { readonly path: string; readonly branch: string; readonly entry: PlacedEntry | null },
): Promise<string | null> {
  const { path, entry } = of;
  if (path === repo.root) return 'It is the main checkout.';
  if (entry === null && (await exists(path))) return `${path} is not a worktree of weft's.`;
  if (entry !== null && !isOurs(entry)) return 'weft did not make this worktree.';
  const others = (await findHolders(repo, of.branch)).filter(
    (holder) => holder.path !== path && !holder.prunable,
  );
  if (others[0] !== undefined) return `Its branch ${of.branch} is checked out at ${others[0].path}.`;
  if (entry === null || !(await exists(path))) return null;
  const [process] = findProcessesIn(path);
  return process === undefined ? null : `A process still works in it: ${process.name} (${process.pid}).`;
}

/** Finds a submodule or a repository made by the agent that has changes, or commits that none of its remotes has. */
async function findUnsavedRepository(place: Place, changes: readonly Change[]): Promise<string | null> {
  const untracked = changes.filter((change) => change.repository).map((change) => change.path);
  for (const path of [...untracked, ...(await listGitlinks(place))]) {
    const cwd = join(place.cwd, path);
    if ((await exists(join(cwd, '.git'))) && !(await isSaved(cwd))) return path;
  }
  return null;
}

async function isSaved(cwd: string): Promise<boolean> {
  const inner: Place = { cwd, env: { GIT_CEILING_DIRECTORIES: dirname(cwd) } };
  const status = await runGit(inner, { args: ['status', '--porcelain', '--untracked-files=all'] });
  if (status.code !== 0 || status.stdout !== '') return false;
  const beyond = await runGit(inner, {
    args: ['rev-list', '-n', '1', '--all', 'HEAD', '--not', '--remotes'],
  });
  return beyond.code === 0 && beyond.stdout === '';
}

/** The folder goes first and by a rename, the names after it: killed in between, a repeat finds and ends it. */
async function clear(
  repo: Repository,
  of: Removal & {
    readonly entry: PlacedEntry | null;
    readonly present: boolean;
    readonly branchHead: Oid | null;
    readonly start: Oid | null;
  },
): Promise<void> {
  const { entry } = of;
  const fits = entry !== null && of.present && !(await exists(join(of.path, '.gitmodules')));
  const isPooled = fits && (await repo.pool.put({ tree: of.path, index: firstIndexOf(entry) }));
  if (!isPooled) await repo.trash.discard(of.path);
  if (of.entry !== null) {
    if (!of.present) await keepDetachedHead(repo, of.entry);
    await dropEntry(repo, of.entry);
  }
  const refs = [
    { ref: `refs/heads/${of.branch}`, at: of.branchHead },
    { ref: startRefOf(of.branch), at: of.start },
  ];
  await deleteRefs(repo, refs);
  for (const { ref, at } of refs) {
    if (at === null || (await findCommit(repo.main, ref)) !== at) continue;
    giveUp(`git said it had deleted ${ref}, but it is still there.`);
  }
}

/** Ref that an earlier, interrupted removal rescued the work to, or null. */
async function findRescued(repo: Repository, under: string): Promise<string | null> {
  const refs = await gitText(
    repo.main,
    'for-each-ref',
    '--format=%(refname)',
    '--sort=-creatordate',
    `${under}/`,
  );
  return refs.split('\n')[0] || null;
}
