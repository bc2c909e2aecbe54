// Whether all that two sides did to a file is in what was made of both. Compares lines as often as they occur: where they stand
// is the merge's business.
import { readMarks } from './marks.ts';

/** One file as it was before both, on each side, and as it was made; null: it is not there. */
export interface Joined {
  readonly base: string | null;
  readonly ours: string | null;
  readonly theirs: string | null;
  readonly result: string | null;
}

/** A line that is not in the result as one side has it, or more often there than both sides account for. */
export interface Vanished {
  readonly side: 'ours' | 'theirs';
  readonly what: 'added line' | 'kept line' | 'removed line' | 'doubled line' | 'removed file' | 'order';
  /** Empty when it is no single line. */
  readonly line: string;
}

/** How often each of some texts occurs. */
export type Counts = ReadonlyMap<string, number>;

/**
 * Lists what of the two sides' changes is not in the result, and what is in it that neither wrote, at most `most`. A line that
 * both sides added is owed once, and may be there twice.
 */
export function findVanished(
  { base, ours, theirs, result }: Joined,
  most: number = Number.POSITIVE_INFINITY,
): readonly Vanished[] {
  const counts = { base: countLines(base), ours: countLines(ours), theirs: countLines(theirs) };
  const found = compareCounts({ ...counts, result: countLines(result) }, most);
  return [...found, ...findReordered({ base, ours, theirs, result })].slice(0, most);
}

/** A side that changed nothing but order, white space or signs, where the result is the other side to the letter. */
export function findReordered({ base, ours, theirs, result }: Joined): readonly Vanished[] {
  const sides = [
    ['ours', ours, theirs],
    ['theirs', theirs, ours],
  ] as const;
  return sides.flatMap(([side, own, other]): Vanished[] => {
    if (own === null || own === base || own === other || result !== other) return [];
    return isSame(countLines(own), countLines(base)) ? [{ side, what: 'order', line: '' }] : [];
  });
}

function isSame(one: Counts, other: Counts): boolean {
  return one.size === other.size && [...one].every(([line, count]) => other.get(line) === count);
}

/** The same of anything that can be counted. */
export function compareCounts(
  { base, ours, theirs, result }: Readonly<Record<'base' | 'ours' | 'theirs' | 'result', Counts>>,
  most: number = Number.POSITIVE_INFINITY,
): readonly Vanished[] {
  const found: Vanished[] = [];
  for (const line of new Set([...base.keys(), ...ours.keys(), ...theirs.keys()])) {
    if (found.length >= most) break;
    const of = (counts: Counts): number => counts.get(line) ?? 0;
    const [before, one, other, is] = [of(base), of(ours), of(theirs), of(result)];
    // what one side took away is not owed by the other
    const owed = Math.max(one - Math.max(0, before - other), other - Math.max(0, before - one), 0);
    const side = Math.abs(one - before) >= Math.abs(other - before) ? 'ours' : 'theirs';
    if (is < owed)
      found.push({ side, what: Math.max(one, other) > before ? 'added line' : 'kept line', line });
    if (Math.max(one, other) <= before && Math.min(one, other) < before && is > owed)
      found.push({ side, what: 'removed line', line });
    else if (is > before + Math.max(0, one - before) + Math.max(0, other - before))
      found.push({ side, what: 'doubled line', line });
  }
  return found;
}

/** What somebody made of a merge that git began: the file on one side, as git left it with its marks, and as it is. */
export interface Resolved {
  readonly base: string | null;
  readonly ours: string | null;
  /** With the marks of the conflicts. */
  readonly merged: string | null;
  readonly result: string | null;
}

/** Lists what of one side's change is gone although nothing was in its way. */
export function findLost(
  { base, ours, merged, result }: Resolved,
  most: number = Number.POSITIVE_INFINITY,
): readonly Vanished[] {
  const { clean, hunks } = readMarks(merged ?? '');
  const inConflict = hunks.flatMap((hunk) => [...hunk.ours, ...hunk.theirs]);
  const [was, side, is] = [base, ours, result].map(countLines);
  const [owed, open] = [clean, inConflict].map((lines) => countLines(lines.join('\n')));
  const found: Vanished[] = [];
  for (const line of new Set([...(was?.keys() ?? []), ...(side?.keys() ?? [])])) {
    if (found.length >= most) break;
    const of = (counts: Counts | undefined): number => counts?.get(line) ?? 0;
    const [before, then, now] = [of(was), of(side), of(is)];
    if (then > before && now < of(owed)) found.push({ side: 'ours', what: 'added line', line });
    if (then < before && now > of(owed) + of(open)) found.push({ side: 'ours', what: 'removed line', line });
  }
  return found;
}

/** Lines without a letter or a digit are no sign of anything: there is always one more bracket. */
export function countLines(text: string | null): Counts {
  const counts = new Map<string, number>();
  for (const line of (text ?? '').split('\n')) {
    const plain = line.trim();
    if (/[\p{L}\p{N}]/u.test(plain)) counts.set(plain, (counts.get(plain) ?? 0) + 1);
  }
  return counts;
}
