// Finds what somebody probably meant. Knows nothing of tasks or keys.

const MAX_LENGTH = 200;

/** Finds the candidate with the fewest typing mistakes from the text, or null when none is near enough to be meant. */
export function findNearest(text: string, candidates: Iterable<string>): string | null {
  const wanted = text.slice(0, MAX_LENGTH).toLowerCase();
  let best: string | null = null;
  let limit = Math.min(3, Math.max(1, Math.floor(wanted.length / 3))) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - wanted.length) >= limit) continue;
    const distance = measureDistance(wanted, candidate.toLowerCase(), limit);
    if (distance >= limit) continue;
    best = candidate;
    limit = distance;
    if (distance === 0) break;
  }
  return best;
}

/**
 * Counts the insertions, deletions, replacements and swaps of neighbours between two texts (Damerau–Levenshtein, no
 * place edited twice); gives up at `limit` and returns it.
 */
export function measureDistance(a: string, b: string, limit: number): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    let least = row;
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(
        (above[column] as number) + 1,
        (current[column - 1] as number) + 1,
        (above[column - 1] as number) + (same ? 0 : 1),
      );
      if (a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        cost = Math.min(cost, (before[column - 2] as number) + 1);
      }
      current.push(cost);
      least = Math.min(least, cost);
    }
    if (least >= limit) return limit;
    before = above;
    above = current;
  }
  return Math.min(limit, above[b.length] as number);
}
