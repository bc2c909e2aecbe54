// What of two sides in conflict is not in what somebody made of them. Compares lines, and words where a new line has both.
import { type Hunk, type Marked, readMarks } from './marks.ts';
import {
  type Counts,
  compareCounts,
  countLines,
  findReordered,
  type Joined,
  type Vanished,
} from './vanish.ts';

/** A file in conflict; null: it is not there. */
export interface Disputed extends Joined {
  /** As git left it, with marks in the style `diff3`. */
  readonly merged: string | null;
  /** Lines that were put into other files: what is not here may have gone there. */
  readonly elsewhere: readonly string[];
}

/** Lists what of either side is not in the result, at most `most`: words of both that were put into a new line are there. */
export function findDropped(file: Disputed, most: number = Number.POSITIVE_INFINITY): readonly Vanished[] {
  const { clean, hunks } = readMarks(file.merged ?? '');
  const result = listLines(file.result);
  if (hunks.length === 0) return findOverruled(file).slice(0, most);
  const { regions, strays } = partResult({ clean, hunks }, result);
  const spare = countLines([...strays, ...file.elsewhere].join('\n'));
  return regions.flatMap((region) => findGone(region, spare)).slice(0, most);
}

/** Without marks one side has it as a whole, or neither: it is deleted, or it has no lines that could be merged. */
function findOverruled(file: Disputed): readonly Vanished[] {
  const { base, ours, theirs, result } = file;
  const hunk = { base: listLines(base), ours: listLines(ours), theirs: listLines(theirs) };
  if (result !== null && base !== null && (ours === null || theirs === null))
    return [{ side: ours === null ? 'ours' : 'theirs', what: 'removed file', line: '' }];
  const spare = countLines(file.elsewhere.join('\n'));
  const found = findGone({ ...hunk, made: listLines(result) }, spare);
  return result === null ? found.filter(({ what }) => what === 'added line') : found;
}

/** Lines that a file has more often after than before. */
export function listAdded(file: { readonly before: string; readonly after: string }): readonly string[] {
  return takeAway(listLines(file.after), listLines(file.before));
}

/** Whether there are lines among these that none of the texts has. */
export function hasNewLines(made: readonly string[], texts: readonly string[]): boolean {
  const known = countLines(texts.join('\n'));
  return [...countLines(made.join('\n')).keys()].some((line) => !known.has(line));
}

/** Conflicts between which nothing is clear, and the lines that are there in their place. */
interface Region extends Hunk {
  readonly made: readonly string[];
}

/** What of a conflict's sides is neither in its place nor among the spare lines, nor in a new line that has the words of both. */
function findGone(region: Region, spare: Counts): readonly Vanished[] {
  const lines = compareCounts(countEach(region, (all) => countLines(all.join('\n'))));
  const found = lines.filter(
    ({ what, line }) => what === 'removed line' || (what !== 'doubled line' && !spare.has(line)),
  );
  if (found.length === 0) return findReordered(countEach(region, (all) => all.join('\n')));
  const words = countEach(region, countWords);
  const unwanted = compareCounts(words).filter(({ what }) => what === 'removed line');
  const known = countLines([...region.base, ...region.ours, ...region.theirs].join('\n'));
  const written = countWords(region.made.filter((line) => !known.has(line.trim())));
  return found.filter(({ side, what, line }) => {
    const other = side === 'ours' ? words.theirs : words.ours;
    const isIn = [...countWords([line])].every(
      ([word, count]) => isLess(other, words.base, word) || count <= (written.get(word) ?? 0),
    );
    return what === 'removed line' || !isIn || unwanted.some((word) => word.side === side);
  });
}

function isLess(one: Counts, other: Counts, word: string): boolean {
  return (one.get(word) ?? 0) < (other.get(word) ?? 0);
}

function countEach<T>(
  { base, ours, theirs, made }: Region,
  count: (lines: readonly string[]) => T,
): Readonly<Record<'base' | 'ours' | 'theirs' | 'result', T>> {
  return { base: count(base), ours: count(ours), theirs: count(theirs), result: count(made) };
}

/** Signs count too: `>` is not `>=`. */
function countWords(lines: readonly string[]): Counts {
  const counts = new Map<string, number>();
  for (const [word] of lines.join('\n').matchAll(/[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]+/gu))
    counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

/** Finds what there is in the place of each conflict, and what of the result has no place at all. */
function partResult(
  { clean, hunks }: Marked,
  result: readonly string[],
): {
  readonly regions: readonly Region[];
  readonly strays: readonly string[];
} {
  const anchors = [
    { clean: -1, result: -1 },
    ...findAnchors(clean, result),
    { clean: clean.length, result: result.length },
  ];
  const groups = new Map<number, Hunk[]>();
  for (const hunk of hunks) {
    const next = countBelow(anchors, (anchor) => anchor.clean < hunk.at);
    const group = groups.get(next);
    if (group === undefined) groups.set(next, [hunk]);
    else group.push(hunk);
  }
  const regions = [...groups].map(([next, group]): Region => {
    const [from, to] = [anchors[next - 1], anchors[next]];
    if (from === undefined || to === undefined) throw new Error('Internal error: a conflict without a place');
    const [there, clear] = [result.slice(from.result + 1, to.result), clean.slice(from.clean + 1, to.clean)];
    return {
      base: group.flatMap(({ base }) => base),
      ours: group.flatMap(({ ours }) => ours),
      theirs: group.flatMap(({ theirs }) => theirs),
      made: takeAway(there, clear),
    };
  });
  return { regions, strays: takeAway(result, [...clean, ...regions.flatMap(({ made }) => made)]) };
}

/** A line that is there once in both texts: its index in each. */
interface Anchor {
  readonly clean: number;
  readonly result: number;
}

/** The longest sequence of lines that are there once in both and in the same order (patience diff). */
function findAnchors(clean: readonly string[], result: readonly string[]): readonly Anchor[] {
  const places = findUnique(result);
  const pairs = [...findUnique(clean)].flatMap(([line, at]) => {
    const there = places.get(line);
    return there === undefined ? [] : [{ clean: at, result: there }];
  });
  pairs.sort((a, b) => a.clean - b.clean);
  // by length, the sequence that ends earliest; each pair knows the one before it
  const ends: { readonly pair: Anchor; readonly before: number | null }[] = [];
  const piles: number[] = [];
  for (const pair of pairs) {
    const at = countBelow(piles, (end) => (ends[end]?.pair.result ?? 0) < pair.result);
    ends.push({ pair, before: piles[at - 1] ?? null });
    piles[at] = ends.length - 1;
  }
  const found: Anchor[] = [];
  for (let end = ends[piles.at(-1) ?? -1]; end !== undefined; end = ends[end.before ?? -1])
    found.push(end.pair);
  return found.reverse();
}

/** How many of the first ones pass; those that pass come first. */
function countBelow<T>(all: readonly T[], isBelow: (each: T) => boolean): number {
  let [low, high] = [0, all.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBelow(all[middle] as T)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function findUnique(lines: readonly string[]): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  const counts = countLines(lines.join('\n'));
  for (const [at, line] of lines.entries()) if (counts.get(line.trim()) === 1) places.set(line.trim(), at);
  return places;
}

/** The lines without the others, each as often as it is there. */
function takeAway(lines: readonly string[], others: readonly string[]): readonly string[] {
  const left = new Map<string, number>();
  for (const line of others) left.set(line.trim(), (left.get(line.trim()) ?? 0) + 1);
  return lines.filter((line) => {
    const count = left.get(line.trim()) ?? 0;
    left.set(line.trim(), count - 1);
    return count <= 0;
  });
}

function listLines(text: string | null): readonly string[] {
  return text === null ? [] : text.split('\n');
}
