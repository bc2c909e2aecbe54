// What effects share that ask the forge: that there is one, and what it says as theirs. Knows no call.
import { fail, type Result } from '../../core/failure.ts';
import type { Forged, ForgePort } from '../../ports/forge.ts';
import { type EffectFailure, failureOf } from '../forge-failure.ts';
import type { EffectContext } from '../perform.ts';

/** The forge; work is offered only where there is one. */
export function forgeOf({ parts }: Pick<EffectContext, 'parts'>): ForgePort {
  if (parts.forge === null) throw new Error('Internal error: there is no forge');
  return parts.forge;
}

/** A result of the forge's as one of an effect's. */
export function asResult<T>(forged: Forged<T>): Result<T, EffectFailure> {
  return forged.ok ? forged : fail(failureOf(forged.failure));
}
