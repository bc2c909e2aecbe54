// Whether all that two sides did to a file is in what was made of both. Compares lines as often as they occur: where they stand
// is the merge's business.

/** One file as it was before both, on each side, and as it was made; null: it is not there. */
export interface Joined {
  readonly base: string | null;
  readonly ours: string | null;
  readonly theirs: string | null;
  readonly result: string | null;
}

/** A line of one side's that is not in the result as that side has it. */
export interface Vanished {
  readonly side: 'ours' | 'theirs';
  readonly what: 'added line' | 'removed line';
  readonly line: string;
}

/** Lists what of the two sides' changes is not in the result, at most `most`. A line that both sides added is owed once. */
export function findVanished(
  { base, ours, theirs, result }: Joined,
  most: number = Number.POSITIVE_INFINITY,
): readonly Vanished[] {
  const [was, left, right, is] = [base, ours, theirs, result].map(countLines);
  if (was === undefined || left === undefined || right === undefined || is === undefined) return [];
  const found: Vanished[] = [];
  for (const line of new Set([...was.keys(), ...left.keys(), ...right.keys()])) {
    if (found.length >= most) break;
    const of = (counts: ReadonlyMap<string, number>): number => counts.get(line) ?? 0;
    const [before, one, other] = [of(was), of(left), of(right)];
    // what one side took away is not owed by the other
    const owed = Math.max(one - Math.max(0, before - other), other - Math.max(0, before - one), 0);
    const side = Math.abs(one - before) >= Math.abs(other - before) ? 'ours' : 'theirs';
    if (Math.max(one, other) > before && of(is) < owed) found.push({ side, what: 'added line', line });
    if (Math.max(one, other) <= before && Math.min(one, other) < before && of(is) > owed)
      found.push({ side, what: 'removed line', line });
  }
  return found;
}

/** Lines without a letter or a digit are no sign of anything: there is always one more bracket. */
function countLines(text: string | null): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const line of (text ?? '').split('\n')) {
    const plain = line.trim();
    if (/[\p{L}\p{N}]/u.test(plain)) counts.set(plain, (counts.get(plain) ?? 0) + 1);
  }
  return counts;
}
