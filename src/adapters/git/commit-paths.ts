// Takes the files of one claim out of a worktree that several tasks share, as a commit of its own. Touches no index, no branch.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isInsideClaims } from '../../core/claim/match.ts';
import { compilePattern } from '../../core/claim/pattern.ts';
import { type Oid, oid } from '../../core/model.ts';
import type { Inspection, PathsToCommit } from '../../ports/git.ts';
import { git, gitText, type Place } from './exec.ts';
import { listChangedFiles } from './inspect.ts';
import { placeOf } from './metadata.ts';
import { findCommitter, findTree, moveRef, type Repository } from './repository.ts';
import { stageChanges } from './status.ts';

/** Commits on `base` what matches the patterns, exactly as it lies in the worktree; everything else stays as in `base`. */
export async function commitPaths(repo: Repository, what: PathsToCommit): Promise<Inspection> {
  const place = await placeOf(repo, what.worktree);
  const folder = await mkdtemp(join(tmpdir(), 'weft-index-'));
  try {
    const own: Place = { cwd: place.cwd, env: { ...place.env, GIT_INDEX_FILE: join(folder, 'index') } };
    const tree = await writeTree(own, what);
    const head =
      tree === (await findTree(place, what.base)) ? what.base : await commitTree(repo, { place, what, tree });
    await moveRef(repo, { ref: what.pin, to: head, note: 'weft: work of a shared worktree' });
    const files = await listChangedFiles(place, { from: what.base, to: head });
    return { head, tree, files, odd: null };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** An index of `base` into which only what the claim covers is added. */
async function writeTree(own: Place, what: PathsToCommit): Promise<Oid> {
  const patterns = what.patterns.map((text) => compilePattern(text));
  await git(own, { args: ['read-tree', what.base] });
  await stageChanges(own, (change) => isInsideClaims(patterns, change.path));
  return oid(await gitText(own, 'write-tree'));
}

async function commitTree(
  repo: Repository,
  of: { readonly place: Place; readonly what: PathsToCommit; readonly tree: Oid },
): Promise<Oid> {
  const committer = await findCommitter(repo);
  const { author, base, message } = of.what;
  const end = await git(of.place, {
    args: ['commit-tree', of.tree, '-p', base],
    input: message,
    env: {
      GIT_AUTHOR_NAME: author.name,
      GIT_AUTHOR_EMAIL: author.email,
      GIT_COMMITTER_NAME: committer.name,
      GIT_COMMITTER_EMAIL: committer.email,
    },
  });
  return oid(end.stdout.trim());
}
