// Looks at a worktree after an attempt: commits what was left, reads the diff, names what is odd. Moves no branch.
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isInsideClaims } from '../../core/claim/match.ts';
import { compilePattern } from '../../core/claim/pattern.ts';
import type { ChangedFile, Oid } from '../../core/model.ts';
import type { Inspection, Person } from '../../ports/git.ts';
import { git, gitFields, giveUp, type Place } from './exec.ts';
import { findBranch } from './listing.ts';
import { exists, findEntry, gitDirOf, isLinked, placeOf } from './metadata.ts';
import { findCommit, findTree, isAncestor, moveRef, type Repository } from './repository.ts';
import { findChangedSettings } from './shared-settings.ts';
import { revealEntries, stageChanges } from './status.ts';
import { findUnpublished } from './submodules.ts';

const GITLINK = '160000';

/** What git leaves in its directory while something is half done. */
const OPEN_WORK: readonly (readonly [string, string])[] = [
  ['MERGE_HEAD', 'a merge'],
  ['CHERRY_PICK_HEAD', 'a cherry-pick'],
  ['REVERT_HEAD', 'a revert'],
  ['rebase-merge', 'a rebase'],
  ['rebase-apply', 'a rebase'],
  ['BISECT_LOG', 'a bisection'],
];

/** Names the operation that was left open in a git directory, or null. */
export async function findOpenWork(gitDir: string): Promise<string | null> {
  for (const [file, name] of OPEN_WORK) {
    if (await exists(join(gitDir, file))) return name;
  }
  return null;
}

/** What is to be committed, and as whom. */
export interface Leftovers {
  readonly worktree: string;
  readonly message: string;
  readonly author: Person;
  readonly paths?: readonly string[];
}

/**
 * Commits what is left uncommitted. Null: nothing was left, or the worktree is in the middle of a merge or off its branch,
 * where a commit of ours would make things worse; `inspectWorktree` says so.
 */
export async function commitLeftovers(repo: Repository, what: Leftovers): Promise<Oid | null> {
  const place = await placeOf(repo, what.worktree);
  const odd = await findOpenWork(gitDirOf(repo, place));
  if (odd !== null || (await findBranch(repo, what.worktree)) === null) return null;
  const before = await findCommit(place, 'HEAD');
  // the branch was deleted: a commit of ours would begin it anew, with no history
  if (before === null) return null;
  const patterns = what.paths?.map((text) => compilePattern(text)) ?? null;
  const isWanted = (path: string): boolean => patterns === null || isInsideClaims(patterns, path);
  await revealEntries(place);
  const stage = (): ReturnType<typeof stageChanges> => stageChanges(place, (change) => isWanted(change.path));
  const staged = await stage();
  if (staged.length === 0) return null;
  const only = patterns === null ? [] : ['--only', '--pathspec-from-file=-', '--pathspec-file-nul'];
  const { name, email } = what.author;
  const end = await git(place, {
    args: ['commit', '--quiet', '--no-verify', '--cleanup=verbatim', '-m', what.message, ...only],
    env: {
      GIT_AUTHOR_NAME: name,
      GIT_AUTHOR_EMAIL: email,
      GIT_COMMITTER_NAME: name,
      GIT_COMMITTER_EMAIL: email,
      GIT_LITERAL_PATHSPECS: '1',
    },
    ...(patterns === null
      ? {}
      : { input: staged.map((change) => change.bytes).join('\0'), encoding: 'latin1' as const }),
    codes: [0, 1],
  });
  const after = await findCommit(place, 'HEAD');
  if (end.code === 0 && after !== null && after !== before) return after;
  // changes that come to nothing once staged (line endings, a mode set and reset) leave nothing to commit
  const left = await git(place, { args: ['diff', '--cached', '--quiet'], codes: [0, 1] });
  if (left.code === 0 && (await stage()).length === 0) return null;
  giveUp(`What was left in ${what.worktree} could not be committed.`, end.stderr.trim().slice(0, 500));
}

/** Reads head, tree and the diff against `base`. */
export async function inspectWorktree(
  repo: Repository,
  what: { readonly worktree: string; readonly branch: string; readonly base: Oid },
): Promise<Inspection> {
  const place = await placeOf(repo, what.worktree);
  const head = (await findCommit(place, 'HEAD')) ?? (await keepLastHead(repo, place)) ?? what.base;
  const tree = await findTree(place, head);
  const { files, gitlinks } = await readDiff(place, { from: what.base, to: head });
  return { head, tree, files, odd: await findOddity(repo, { ...what, place, head, gitlinks }) };
}

/** Lists the files that differ between two commits, renames as a deletion and an addition. */
export async function listChangedFiles(
  place: Place,
  between: { readonly from: Oid; readonly to: Oid },
): Promise<readonly ChangedFile[]> {
  return (await readDiff(place, between)).files;
}

interface Gitlink {
  readonly path: string;
  readonly commit: string;
  /** There was none at this path before. */
  readonly isNew: boolean;
}

interface Diff {
  readonly files: readonly ChangedFile[];
  /** Paths at which a commit of another repository was put. */
  readonly gitlinks: readonly Gitlink[];
}

async function readDiff(place: Place, between: { readonly from: Oid; readonly to: Oid }): Promise<Diff> {
  if (between.from === between.to) return { files: [], gitlinks: [] };
  const flags = ['-r', '-z', '--raw', '--numstat', '--no-renames', '--no-ext-diff'];
  const fields = await gitFields(place, { args: ['diff-tree', ...flags, between.from, between.to] });
  const gitlinks: Gitlink[] = [];
  const files: ChangedFile[] = [];
  for (let at = 0; at < fields.length; at += 1) {
    const field = fields[at] ?? '';
    if (field.startsWith(':')) {
      // :old-mode new-mode old-id new-id status, and the path in the next field
      const [oldMode, newMode, , commit = ''] = field.slice(1).split(' ');
      at += 1;
      const path = fields[at] ?? '';
      if (newMode === GITLINK) gitlinks.push({ path, commit, isNew: oldMode !== GITLINK });
      continue;
    }
    const [added = '0', deleted = '0', ...path] = field.split('\t');
    files.push({ path: path.join('\t'), added: Number(added) || 0, deleted: Number(deleted) || 0 });
  }
  return { files, gitlinks };
}

/** Last commit that HEAD led to before its branch was deleted, from HEAD's log; under a ref of ours from now on. */
async function keepLastHead(repo: Repository, place: Place): Promise<Oid | null> {
  const gitDir = gitDirOf(repo, place);
  const log = await readFile(join(gitDir, 'logs/HEAD'), 'utf8').catch(() => '');
  // before and after the last move; a deletion from within the worktree leads to nothing
  const [before = '', after = ''] = log.trimEnd().split('\n').at(-1)?.split(' ') ?? [];
  const last = /^0*$/.test(after) ? before : after;
  const commit = /^0*$/.test(last) ? null : await findCommit(place, last);
  if (commit === null) return null;
  const ref = `refs/weft/rescue/${basename(gitDir)}-${commit.slice(0, 12)}`;
  await moveRef(repo, { ref, to: commit, note: 'weft: its branch is gone' });
  return commit;
}

async function findOddity(
  repo: Repository,
  of: {
    readonly worktree: string;
    readonly branch: string;
    readonly base: Oid;
    readonly place: Place;
    readonly head: Oid;
    readonly gitlinks: readonly Gitlink[];
  },
): Promise<string | null> {
  const { worktree, branch, place, head } = of;
  const entry = await findEntry(repo, worktree);
  if (entry !== null && !(await isLinked(entry))) return 'Its .git file was replaced.';
  const settings = await findChangedSettings(repo, gitDirOf(repo, place));
  if (settings.length > 0) {
    return `Settings of the whole repository were changed while it worked, by it or beside it: ${settings.join(', ')}.`;
  }
  const open = await findOpenWork(gitDirOf(repo, place));
  if (open !== null) return `${open.replace(/^a/, 'A')} was left open.`;
  const tip = await findCommit(repo.main, `refs/heads/${branch}`);
  if (tip === null) return `Its branch ${branch} was deleted.`;
  const checkedOut = await findBranch(repo, worktree);
  if (checkedOut === null) return `HEAD is detached, not on ${branch}.`;
  if (checkedOut !== branch) return `HEAD is on ${checkedOut}, not on ${branch}.`;
  if (!(await isAncestor(place, { ancestor: of.base, of: head }))) {
    return `Its branch no longer contains the commit it started from (${of.base.slice(0, 12)}).`;
  }
  const added = of.gitlinks.filter(({ isNew }) => isNew).map(({ path }) => path);
  const strays = await findStrayRepositories(place, { added, head });
  if (strays.length > 0)
    return `It commits repositories that .gitmodules does not name: ${strays.join(', ')}.`;
  const unpublished = await findUnpublished(place, of.gitlinks);
  return unpublished === null
    ? null
    : `Its submodule ${unpublished} is at a commit that none of the submodule's remotes has.`;
}

/** Finds repositories committed inside the repository without being submodules; nobody else could check them out. */
async function findStrayRepositories(
  place: Place,
  of: { readonly added: readonly string[]; readonly head: Oid },
): Promise<readonly string[]> {
  const { added } = of;
  if (added.length === 0) return [];
  const blob = `${of.head}:.gitmodules`;
  const known = await git(place, {
    args: ['config', '--blob', blob, '-z', '--get-regexp', String.raw`^submodule\..*\.path$`],
    codes: [0, 1, 128],
  });
  const paths = new Set(known.stdout.split('\0').map((line) => line.slice(line.indexOf('\n') + 1)));
  return added.filter((path) => !paths.has(path)).slice(0, 5);
}
