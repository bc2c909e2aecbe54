// Whose a task is by what its row says, and the words weft leaves there. Knows nothing of SQL and of other tasks.
import type { Item } from './rows.ts';

/** What weft writes into notes, one line each. */
export type NoteWord = 'taken' | 'given back' | 'landed' | 'pull request';

/** Whose runs count as this repository's. */
export interface Ours {
  readonly run: string;
  /** A run of this repository: as one engine leads it, none but the present one is at work. */
  readonly isKnown: (run: string) => boolean;
}

const LINE = /^\[weft ([^\]\n]+)\] (taken|given back|landed)/gm;
const CLAIM = /^weft\/(.+)$/;

/** The name under which a run claims. */
export function claimantOf(run: string): string {
  return `weft/${run}`;
}

/** A line for notes. */
export function writeNote(run: string, word: NoteWord, rest = ''): string {
  return `[weft ${run}] ${word}${rest === '' ? '' : ` ${rest}`}`;
}

/** Which run of weft holds the task; null: none. */
export function holderOf({ notes, claimedBy }: Item): string | null {
  const claim = CLAIM.exec(claimedBy ?? '')?.[1];
  if (claim !== undefined) return claim;
  const last = [...(notes ?? '').matchAll(LINE)].at(-1);
  return last === undefined || last[2] === 'given back' ? null : (last[1] ?? null);
}

/** Tells whether the run has taken it. */
export function isTakenBy(run: string, item: Item): boolean {
  return holderOf(item) === run;
}

/** Tells whether it is over, one way or the other. */
export function isEnded({ status }: Item): boolean {
  return status === 'completed' || status === 'cancelled';
}

/** Names somebody else who is at work on it; null: nobody is. */
export function findOther(item: Item, { run, isKnown }: Ours): string | null {
  if (isEnded(item)) return null;
  const holder = holderOf(item);
  if (holder !== null) return holder === run || isKnown(holder) ? null : `run ${holder} of weft`;
  if (item.claimedBy !== null) return item.claimedBy;
  return item.status === 'in_progress' ? (item.agent ?? 'somebody') : null;
}
