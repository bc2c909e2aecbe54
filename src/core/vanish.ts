// Whether all that two sides did to a file is in what was made of both. Compares lines as often as they occur: where they stand
// is the merge's business.

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
  readonly what: 'added line' | 'kept line' | 'removed line' | 'doubled line';
  readonly line: string;
}

/**
 * Lists what of the two sides' changes is not in the result, and what is in it that neither wrote, at most `most`. A line that
 * both sides added is owed once, and may be there twice.
 */
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
    if (of(is) < owed)
      found.push({ side, what: Math.max(one, other) > before ? 'added line' : 'kept line', line });
    if (Math.max(one, other) <= before && Math.min(one, other) < before && of(is) > owed)
      found.push({ side, what: 'removed line', line });
    else if (of(is) > before + Math.max(0, one - before) + Math.max(0, other - before))
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

/** Lists what of one side's change is gone although nothing was in its way: where both sides conflict, one of them may go. */
export function findLost(
  { base, ours, merged, result }: Resolved,
  most: number = Number.POSITIVE_INFINITY,
): readonly Vanished[] {
  const { clean, inConflict } = partConflicts(merged ?? '');
  const [was, side, owed, open, is] = [base, ours, clean, inConflict, result].map(countLines);
  const found: Vanished[] = [];
  for (const line of new Set([...(was?.keys() ?? []), ...(side?.keys() ?? [])])) {
    if (found.length >= most) break;
    const of = (counts: ReadonlyMap<string, number> | undefined): number => counts?.get(line) ?? 0;
    const [before, then, now] = [of(was), of(side), of(is)];
    if (then > before && now < of(owed)) found.push({ side: 'ours', what: 'added line', line });
    if (then < before && now > of(owed) + of(open)) found.push({ side: 'ours', what: 'removed line', line });
  }
  return found;
}

/** Parts what merged from what is between the marks, which are longer where one conflict lies in another. */
function partConflicts(text: string): { readonly clean: string; readonly inConflict: string } {
  const clean: string[] = [];
  const inConflict: string[] = [];
  let end: string | null = null;
  for (const line of text.split('\n')) {
    const mark = /^(<{7,}|>{7,})(?: |$)/.exec(line)?.[1];
    if (end === null && mark?.startsWith('<') === true) end = '>'.repeat(mark.length);
    else if (end !== null && mark === end) end = null;
    else (end === null ? clean : inConflict).push(line);
  }
  return { clean: clean.join('\n'), inConflict: inConflict.join('\n') };
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
