// Merges pull requests of the world's forge: makes the commit that lands, and refuses what a forge refuses.
import { fail, ok } from '../../core/failure.ts';
import type { Oid } from '../../core/model.ts';
import type { Forged, ForgePort, MergeMethod } from '../../ports/forge.ts';
import { landPull } from './forge-branches.ts';
import { findBlock, isBehind, mergeSides } from './forge-standing.ts';
import { addAway, type ForgePull, type ForgeWorld, WEFT_LOGIN } from './forge-store.ts';
import { ancestorsOf, type Commit, filesOf, mergeTrees } from './git-store.ts';

/** What somebody asks for; `by` is who. */
type Wish = Omit<Parameters<ForgePort['merge']>[0], 'number'> & { readonly by: string };

/** Merges a pull request if its head is as meant and the rules allow it; merged already is all right. */
export function mergePull(forge: ForgeWorld, pull: ForgePull, wish: Wish): Forged<Oid> {
  const { number, head, state, merged } = pull;
  if (head !== wish.head) return refuse(`The head of #${number} is ${head}, not ${wish.head}.`);
  if (state === 'closed') return refuse(`Pull request #${number} was closed.`);
  if (merged !== null) return ok(merged);
  const { method, by, title, message } = wish;
  const base = forge.branches.get(pull.base);
  const block = findMergeBlock(forge, pull, method);
  if (block !== null || base === undefined) return refuse(block ?? 'Pull Request is not mergeable');
  const commit = integrate(forge, { method, head, base, by: authorOf(by) });
  if (commit === null) return refuse('This branch cannot be rebased due to conflicts');
  landPull(forge, pull, { commit, how: method, by, title, message });
  return ok(commit);
}

function findMergeBlock(forge: ForgeWorld, pull: ForgePull, method: MergeMethod): string | null {
  const base = forge.branches.get(pull.base);
  if (pull.isDraft) return 'Pull Request is still a draft';
  if (!forge.setup.methods.includes(method)) return `${method} is not allowed on this repository.`;
  if (forge.setup.queue !== null && pull.base === forge.defaultBranch)
    return 'Changes must be made through the merge queue';
  if (base === undefined || mergeSides(forge, { head: pull.head, base }) === null)
    return 'Pull Request is not mergeable';
  const block = findBlock(forge, pull);
  if (block !== null) return block;
  return isBehind(forge, pull) ? 'Head branch is out of date with the base branch.' : null;
}

function refuse(sentence: string): Forged<never> {
  return fail({ kind: 'refused', sentence: `The forge refused: ${sentence}` });
}

function authorOf(login: string): Commit['by'] {
  return login === WEFT_LOGIN ? 'weft' : 'user';
}

/** What is to become one, and for whom. */
interface Integration {
  readonly method: MergeMethod;
  readonly head: Oid;
  readonly base: Oid;
  readonly by: Commit['by'];
}

/** Makes the commit with which a head would land on a base; null: they conflict. Moves nothing. */
export function integrate(forge: ForgeWorld, what: Integration): Oid | null {
  const { method, head, base, by } = what;
  switch (method) {
    case 'rebase':
      return replay(forge, what);
    case 'merge':
    case 'squash': {
      const files = mergeSides(forge, { head, base });
      if (files === null) return null;
      return addAway(forge, { files, parents: method === 'merge' ? [base, head] : [base], by });
    }
    default:
      throw new Error(`Internal error: unknown merge method ${String(method satisfies never)}`);
  }
}

/** Commit by commit; those that merge others are left out. */
function replay(forge: ForgeWorld, { head, base, by }: Integration): Oid | null {
  const { git } = forge.world;
  const below = ancestorsOf(git, [base]);
  const above = ancestorsOf(git, [head]);
  let tip = base;
  // commits are known in the order in which they were made: parents first
  for (const { oid, parents } of [...git.commits.values()]) {
    const [parent, ...more] = parents;
    if (!above.has(oid) || below.has(oid) || parent === undefined || more.length > 0) continue;
    const sides = { base: filesOf(git, parent), ours: filesOf(git, tip), theirs: filesOf(git, oid) };
    const { files, conflicts } = mergeTrees(sides);
    if (conflicts.length > 0) return null;
    tip = addAway(forge, { files, parents: [tip], by });
  }
  return tip;
}
