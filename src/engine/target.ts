// The branch that work lands on: here, or at the forge where work becomes pull requests. Decides nothing.
import { isForgeResting } from '../core/backoff.ts';
import { fail, ok, type Result } from '../core/failure.ts';
import type { Oid, Policy } from '../core/model.ts';
import { targetRefOf } from '../core/names.ts';
import type { RunState } from '../core/state.ts';
import type { LandingTip } from '../ports/git.ts';
import { failureOf } from './forge-failure.ts';
import type { Parts } from './parts.ts';

/** Finds the tip that something new is built on, as it is this moment; at the forge, that is brought here first. */
export async function findTargetTip(
  { git, forge }: Pick<Parts, 'git' | 'forge'>,
  policy: Policy,
): Promise<Result<LandingTip>> {
  const { target } = policy;
  if (forge === null) return git.landingTip(target);
  const fetched = await forge.fetch({ branch: target, into: targetRefOf(policy) });
  if (!fetched.ok) return fail(failureOf(fetched.failure));
  if (fetched.value === null)
    return fail({ kind: 'environment', sentence: `${forge.name} has no branch ${target}.` });
  return ok({ ref: target, oid: fetched.value, diverged: null });
}

/** The same, or as it was last known when the forge does not answer: whoever builds on that is brought up to date when it lands. */
export async function findStartingTip(
  parts: Pick<Parts, 'git' | 'forge'>,
  state: RunState,
): Promise<Result<LandingTip>> {
  const { policy } = state;
  if (parts.forge === null) return findTargetTip(parts, policy);
  const known = await knownTargetTip(parts, policy);
  const before = known === null ? null : ok({ ref: policy.target, oid: known, diverged: null });
  if (before !== null && isForgeResting(state, state.index.now)) return before;
  const tip = await findTargetTip(parts, policy);
  return tip.ok ? tip : (before ?? tip);
}

/** Where the target was when it was last looked at; asks nobody else. */
export async function knownTargetTip(
  { git, forge }: Pick<Parts, 'git' | 'forge'>,
  policy: Policy,
): Promise<Oid | null> {
  if (forge !== null) return git.resolve(targetRefOf(policy));
  const tip = await git.landingTip(policy.target);
  return tip.ok ? tip.value.oid : null;
}
