// What the oracle knows of the forge, beside its ledger. Knows no world.
import type { Oid } from '../../core/model.ts';

/** How far the ledger of the forge was looked at, and what was known then. */
export interface ForgeSeen {
  pushed: number;
  merged: number;
  opened: number;
  said: number;
  early: number;
  /** Where the target was. */
  tip: Oid | null;
  /** Commits that landed where somebody else had moved the target in that moment: nobody verified them. */
  readonly unverified: Set<Oid>;
  /** Until when the engine that was told so leaves the forge alone, and how many calls it may still make that were under way. */
  rest: { readonly epoch: number; readonly until: number; left: number } | null;
  /** When there was something new last: how many records there were, and looks at the forge. */
  quiet: { readonly records: number; readonly looks: number };
  /** How pull requests stood when the engine began, and how many storms there were by then. */
  atStart: { readonly pulls: ReadonlyMap<number, string>; readonly storms: number };
}

/** Nothing was looked at yet. */
export function createForgeSeen(): ForgeSeen {
  return {
    ...{ pushed: 0, merged: 0, opened: 0, said: 0, early: 0 },
    tip: null,
    unverified: new Set(),
    rest: null,
    quiet: { records: 0, looks: 0 },
    atStart: { pulls: new Map(), storms: 0 },
  };
}
