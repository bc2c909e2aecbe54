// Pushes to the forge of the world: a lease that must match, rules of branches, and what a push took away.
import { fail, ok } from '../../core/failure.ts';
import type { Oid } from '../../core/model.ts';
import type { Forged } from '../../ports/forge.ts';
import { moveBranch } from './forge-branches.ts';
import type { Pushing } from './forge-ledger.ts';
import { listChecks } from './forge-standing.ts';
import { type ForgeWorld, isHere, protectionOf, WEFT_LOGIN } from './forge-store.ts';
import { ancestorsOf, isAncestorOf } from './git-store.ts';

/** A move that weft asks for; `to` null: the branch is to go. */
interface Push {
  readonly branch: string;
  readonly to: Oid | null;
  readonly expected: Oid | null;
}

/** Moves a branch for weft, if it stands where weft thinks. */
export function pushBranch(forge: ForgeWorld, push: Push): Forged<void> {
  const { branch, to, expected } = push;
  const actual = forge.branches.get(branch) ?? null;
  const note = (result: Pushing['result'], lost: readonly Oid[] = []): void => {
    forge.ledger.pushed.push({ ...push, actual, result, lost });
  };
  if (to !== null && !isHere(forge, to))
    return fail({ kind: 'environment', sentence: `git push failed: there is no commit ${to}` });
  if (actual === to) {
    note('same');
    return ok(undefined);
  }
  if (actual !== expected) {
    note('stale');
    const place = actual === null ? 'is not there' : `is at ${actual}`;
    return fail({ kind: 'refused', sentence: `Branch ${branch} ${place}, which is not where weft left it.` });
  }
  const block = findPushBlock(forge, push);
  if (block !== null) {
    note('forbidden');
    return fail({ kind: 'refused', sentence: `git push failed: ${block}` });
  }
  const before = actual === null ? [] : [...ancestorsOf(forge.world.git, [actual])];
  moveBranch(forge, { branch, to, by: WEFT_LOGIN });
  const held = ancestorsOf(forge.world.git, [
    ...forge.branches.values(),
    // what was merged is not lost with its branch
    ...[...forge.pulls.values()].filter(({ state }) => state === 'merged').map(({ head }) => head),
  ]);
  note(
    'moved',
    before.filter((each) => forge.world.git.commits.get(each)?.by === 'user' && !held.has(each)),
  );
  return ok(undefined);
}

/** Says what the rules of a branch have against a push; null: nothing. */
function findPushBlock(forge: ForgeWorld, { branch, to, expected }: Push): string | null {
  if (expected === null) return null;
  if (to === null && branch === forge.defaultBranch) return 'refusing to delete the current branch';
  const rules = protectionOf(forge, branch);
  if (to !== null && branch === forge.defaultBranch && forge.setup.queue !== null)
    return 'Changes must be made through the merge queue';
  if (rules === null) return null;
  if (to === null) return 'Cannot delete this protected branch';
  if (!isAncestorOf(forge.world.git, expected, to)) return 'Cannot force-push to this branch';
  if (rules.approvals !== null) return 'Changes must be made through a pull request.';
  const unmet = listChecks(forge, { commit: to, required: rules.requiredChecks }).find(
    ({ isRequired, state }) => isRequired && !['success', 'neutral', 'skipped'].includes(state),
  );
  return unmet === undefined ? null : `Required status check "${unmet.name}" is expected.`;
}
