// What an effect says when the forge did not do something: whether the forge is to be left alone, or the effect is at fault.

import type { Failure } from '../core/failure.ts';
import type { ForgeTrouble } from '../core/pull.ts';
import type { ForgeFailure } from '../ports/forge.ts';

/** A failure that may be the forge's. */
export interface EffectFailure extends Failure {
  /** It is nothing that the effect could do better; absent: it was refused. */
  readonly forge?: { readonly kind: ForgeTrouble['kind']; readonly waitMs: number };
}

/** Turns what the forge said into what an effect says. */
export function failureOf(failure: ForgeFailure): EffectFailure {
  const { sentence, hint } = failure;
  const said: Failure = { kind: 'environment', sentence, ...(hint === undefined ? {} : { hint }) };
  switch (failure.kind) {
    case 'refused':
      return said;
    case 'rate-limited':
      return { ...said, forge: { kind: failure.kind, waitMs: failure.waitMs } };
    case 'unauthorized':
    case 'gone':
    case 'environment':
      return { ...said, forge: { kind: failure.kind, waitMs: 0 } };
  }
}
