// The three ways in which a forge brings one commit into another. Moves no reference, knows no pull request.
import { type Commit, listCommits, mergeTrees, type Signature, writeCommit } from './bare-repo.ts';

/** How a pull request is merged. */
export type MergeMethod = 'merge' | 'squash' | 'rebase';

/** One merge to be made. */
export interface Integration {
  readonly method: MergeMethod;
  readonly base: string;
  readonly head: string;
  /** Whole message; not used when rebasing. */
  readonly message: string;
  readonly author: Signature;
  readonly committer: Signature;
}

/** Makes the commit to which the base shall move; null: the sides conflict. */
export async function integrate(dir: string, how: Integration): Promise<string | null> {
  switch (how.method) {
    case 'rebase':
      return replay(dir, how);
    case 'merge':
    case 'squash': {
      const tree = await mergeTrees(dir, [how.base, how.head]);
      if (tree === null) return null;
      const parents = how.method === 'merge' ? [how.base, how.head] : [how.base];
      const { message, author, committer } = how;
      return writeCommit(dir, { tree, parents, message, author, committer });
    }
    default:
      throw new Error(`Internal error: unknown merge method ${JSON.stringify(how.method satisfies never)}`);
  }
}

async function replay(dir: string, how: Integration): Promise<string | null> {
  const commits = await listCommits(dir, ['--no-merges', '--reverse', `${how.base}..${how.head}`]);
  let tip = how.base;
  for (const commit of commits) {
    const tree = await pick(dir, { commit, tip, signature: how.committer });
    if (tree === null) return null;
    const { message, author } = commit;
    tip = await writeCommit(dir, { tree, parents: [tip], message, author, committer: how.committer });
  }
  return tip;
}

/** Tree of `tip` with the change of one commit; null: conflict. */
async function pick(
  dir: string,
  {
    commit,
    tip,
    signature,
  }: { readonly commit: Commit; readonly tip: string; readonly signature: Signature },
): Promise<string | null> {
  const [parent] = commit.parents;
  if (parent === undefined) return mergeTrees(dir, [tip, commit.sha]);
  // git 2.39 cannot be told a merge base, so the commits that are merged get the parent as their only ancestor
  const write = (revision: string, parents: readonly string[]): Promise<string> =>
    writeCommit(dir, {
      tree: `${revision}^{tree}`,
      parents,
      message: 'side',
      author: signature,
      committer: signature,
    });
  const base = await write(parent, []);
  const [ours, theirs] = await Promise.all([write(tip, [base]), write(commit.sha, [base])]);
  return mergeTrees(dir, [ours, theirs]);
}
