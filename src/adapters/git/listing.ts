// Which worktrees there are and what they have checked out, as git lists them. Changes nothing.
import { join } from 'node:path';
import { oid } from '../../core/model.ts';
import type { ListedWorktree } from '../../ports/git.ts';
import { git, gitText } from './exec.ts';
import { exists, gitDirOf, listCheckouts, placeOf, readLine } from './metadata.ts';
import { findHeadRef, type Repository } from './repository.ts';

const BRANCH = 'refs/heads/';

/** Lists the main checkout and all linked worktrees. */
async function listAll(repo: Repository): Promise<readonly ListedWorktree[]> {
  const { stdout } = await git(repo.main, { args: ['worktree', 'list', '--porcelain', '-z'] });
  const records = stdout.split('\0\0').filter((record) => record !== '');
  return Promise.all(records.map(parseRecord));
}

async function parseRecord(record: string): Promise<ListedWorktree> {
  const fields = new Map<string, string>();
  for (const field of record.split('\0')) {
    const space = field.indexOf(' ');
    fields.set(space < 0 ? field : field.slice(0, space), space < 0 ? '' : field.slice(space + 1));
  }
  const path = fields.get('worktree') ?? '';
  const head = fields.get('HEAD') ?? '';
  const branch = fields.get('branch');
  return {
    path,
    branch: branch?.startsWith(BRANCH) ? branch.slice(BRANCH.length) : null,
    head: head === '' || /^0+$/.test(head) ? null : oid(head),
    lockReason: fields.get('locked') ?? null,
    // git itself calls a locked worktree never prunable, and ours are all locked
    prunable: !(await exists(join(path, '.git'))),
  };
}

/** Lists the linked worktrees. */
export async function listLinked(repo: Repository): Promise<readonly ListedWorktree[]> {
  return (await listAll(repo)).slice(1);
}

/** A checkout that has a branch: checked out, or in the middle of being rebased there. */
export interface Holder {
  readonly path: string;
  readonly rebasing: boolean;
  /** Its folder is gone. */
  readonly prunable: boolean;
}

/** Finds the checkouts that have a branch; reads git's own files, which costs no process. */
export async function findHolders(repo: Repository, branch: string): Promise<readonly Holder[]> {
  const holders: Holder[] = [];
  for (const place of await listCheckouts(repo)) {
    const path = place.cwd;
    const prunable = !(await exists(join(path, '.git')));
    // one that is being made, or goes away, has nothing checked out
    const checkedOut = await findHeadRef(place).catch(() => null);
    if (checkedOut === `${BRANCH}${branch}`) holders.push({ path, rebasing: false, prunable });
    else if (checkedOut === null && !prunable && (await isRebasing(gitDirOf(repo, place), branch)))
      holders.push({ path, rebasing: true, prunable });
  }
  return holders;
}

async function isRebasing(gitDir: string, branch: string): Promise<boolean> {
  for (const folder of ['rebase-merge', 'rebase-apply']) {
    if ((await readLine(join(gitDir, folder, 'head-name'))) === `${BRANCH}${branch}`) return true;
  }
  return false;
}

/** Branch that a place has checked out; null: detached. */
export async function findBranch(repo: Repository, path: string): Promise<string | null> {
  const ref = await findHeadRef(await placeOf(repo, path));
  return ref?.startsWith(BRANCH) ? ref.slice(BRANCH.length) : null;
}

/** Names that git takes for sure: plain words between slashes. */
const PLAIN_NAME = /^[a-z0-9][a-z0-9_-]*(?:\/[a-z0-9][a-z0-9_-]*)*$/i;

/** Gives up unless the text can be a branch's name. */
export async function checkBranchName(repo: Repository, branch: string): Promise<void> {
  if (PLAIN_NAME.test(branch)) return;
  await gitText(repo.main, 'check-ref-format', '--branch', branch);
}
