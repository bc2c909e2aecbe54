// Looks whether what landed is still where it landed. Changes nothing.
import { findAside, type LandedGone, type LandedTask, type LandedWork, listLanded } from '../core/landed.ts';
import type { Oid, TaskId } from '../core/model.ts';
import { targetRefOf } from '../core/names.ts';
import type { RunState } from '../core/state.ts';
import type { GitPort } from '../ports/git.ts';

type Git = Pick<GitPort, 'resolve' | 'isAncestor'>;

/** Questions put to git at most; what is left is believed to be where it landed. */
const MAX_LOOKS = 200;

/** Finds landed work that the target lacks, and landed work that is gone. Believes the facts when git gives no answer. */
export async function lookAtLanded(git: Git, state: RunState): Promise<LandedWork> {
  const believed: LandedWork = { aside: findAside(state), gone: [] };
  return compareWithGit(git, state).catch(() => believed);
}

async function compareWithGit(git: Git, state: RunState): Promise<LandedWork> {
  const { target } = state.policy;
  const holds = createHolder(git, (branch) =>
    branch === target ? targetRefOf(state.policy) : `refs/heads/${branch}`,
  );
  const aside: TaskId[] = [];
  const gone: LandedGone[] = [];
  let ref: string | null = null;
  for (const each of listLanded(state)) {
    const { commit, ref: on } = each.landed;
    if (await holds(target, each)) continue;
    if (on !== target && (await holds(on, each))) {
      ref ??= on;
      aside.push(each.ts.task.id);
    } else gone.push({ task: each.ts.task.id, commit, ref: on });
  }
  return { aside: ref === null ? null : { ref, tasks: aside.reverse() }, gone: gone.reverse() };
}

/** Tells whether a branch holds what landed. A landing holds what it was built on: a chain of them costs one question. */
function createHolder(
  git: Git,
  refOf: (branch: string) => string,
): (branch: string, of: LandedTask) => Promise<boolean> {
  const held = new Map<string, { readonly tip: Oid | null; readonly commits: Set<Oid> }>();
  let looks = 0;
  return async (branch, { ts, landed }) => {
    const known = held.get(branch) ?? {
      tip: await git.resolve(refOf(branch)),
      commits: new Set<Oid>(),
    };
    held.set(branch, known);
    const { tip, commits } = known;
    if (tip === null) return false;
    if (!commits.has(landed.commit)) {
      looks += 1;
      if (looks <= MAX_LOOKS && !(await git.isAncestor({ ancestor: landed.commit, of: tip }))) return false;
    }
    if (ts.candidate?.commit === landed.commit) commits.add(ts.candidate.base);
    return true;
  };
}
