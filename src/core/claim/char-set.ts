// Sets of characters, as bracket classes of a pattern mean them. Knows nothing of patterns as a whole or of paths.

/** Holds inclusive code point ranges, flat (low, high, low, high …), ascending, disjoint, never with `/` in them. */
export type CharSet = readonly number[];

const SLASH = 0x2f;
const DOT = 0x2e;
const LETTER_A = 0x61;
const LAST = 0x10ffff;

/** Holds every character a file name may have. */
export const ANY_CHAR: CharSet = [1, SLASH - 1, SLASH + 1, LAST];

/** Holds no character. */
export const NO_CHAR: CharSet = [];

/** Gives the set of exactly one character. */
export function singleChar(glyph: string): CharSet {
  const code = codeOf(glyph);
  return [code, code];
}

/** Gives the set between two characters, whichever comes first. */
export function charRange(one: string, other: string): CharSet {
  const low = Math.min(codeOf(one), codeOf(other));
  const high = Math.max(codeOf(one), codeOf(other));
  return withoutSlash([[low, high]]);
}

/** Tells whether a code point is in a set. */
export function hasChar(set: CharSet, code: number): boolean {
  for (let at = 0; at < set.length; at += 2) {
    if (code < (set[at] as number)) return false;
    if (code <= (set[at + 1] as number)) return true;
  }
  return false;
}

/** Finds the most readable code point two sets share (a letter before a digit before the rest), or 0. */
export function findCommonChar(one: CharSet, other: CharSet): number {
  // Nearly all questions are about a literal or about two wildcards; the walk over ranges is for classes.
  const literal = one[0] as number;
  if (one.length === 2 && literal === one[1]) return hasChar(other, literal) ? literal : 0;
  if (one === ANY_CHAR && other === ANY_CHAR) return LETTER_A;
  let best = 0;
  let left = 0;
  let right = 0;
  while (left < one.length && right < other.length) {
    const low = Math.max(one[left] as number, other[right] as number);
    const high = Math.min(one[left + 1] as number, other[right + 1] as number);
    if (low <= high) {
      const code = pickReadable(low, high);
      if (best === 0 || rankOf(code) < rankOf(best)) best = code;
      if (rankOf(best) === 0) return best;
    }
    if ((one[left + 1] as number) < (other[right + 1] as number)) left += 2;
    else right += 2;
  }
  return best;
}

/**
 * Reads the bracket class that opens at `start`; gives its set and the place behind it, or null when no class opens
 * there (unclosed, empty, or with a `/` inside: then `[` is an ordinary character).
 */
export function readClass(
  glyphs: readonly string[],
  { start, end }: { start: number; end: number },
): { readonly chars: CharSet; readonly next: number; readonly negated: boolean } | null {
  const negated = glyphs[start + 1] === '!' || glyphs[start + 1] === '^';
  const first = start + (negated ? 2 : 1);
  let close = first + 1; // a `]` in the first place is a member
  while (close < end && glyphs[close] !== ']' && glyphs[close] !== '/') close += 1;
  if (close >= end || glyphs[close] === '/' || glyphs[first] === '/') return null;
  const members = glyphs.slice(first, close);
  // Named classes such as [[:alpha:]] are widened to any character.
  if (members[0] === '[' && members[1] === ':' && glyphs[close + 1] === ']') {
    return { chars: ANY_CHAR, next: close + 2, negated };
  }
  const ranges = readRanges(members);
  return {
    chars: negated ? complement([...ranges, [SLASH, SLASH]]) : withoutSlash(ranges),
    next: close + 1,
    negated,
  };
}

type Range = readonly [low: number, high: number];

function readRanges(members: readonly string[]): Range[] {
  const ranges: Range[] = [];
  for (let at = 0; at < members.length; at += 1) {
    const low = codeOf(members[at] as string);
    const ahead = members[at + 1] === '-' ? members[at + 2] : undefined;
    if (ahead !== undefined && codeOf(ahead) >= low) {
      ranges.push([low, codeOf(ahead)]);
      at += 2;
    } else {
      ranges.push([low, low]);
    }
  }
  return ranges;
}

function complement(ranges: readonly Range[]): number[] {
  const rest: number[] = [];
  let from = 1;
  for (const [low, high] of ranges.toSorted((one, other) => one[0] - other[0])) {
    if (low > from) rest.push(from, low - 1);
    from = Math.max(from, high + 1);
  }
  if (from <= LAST) rest.push(from, LAST);
  return rest;
}

function withoutSlash(ranges: readonly Range[]): CharSet {
  const others = complement(ranges);
  const excluded: Range[] = [[SLASH, SLASH]];
  for (let at = 0; at < others.length; at += 2) {
    excluded.push([others[at] as number, others[at + 1] as number]);
  }
  return complement(excluded);
}

function pickReadable(low: number, high: number): number {
  for (const [from, to] of READABLE) {
    if (low <= to && high >= from) return Math.max(low, from);
  }
  return low === DOT && high > DOT ? high : low;
}

function rankOf(code: number): number {
  const rank = READABLE.findIndex(([from, to]) => code >= from && code <= to);
  if (rank >= 0) return rank;
  return code === DOT ? READABLE.length + 1 : READABLE.length;
}

// a–z, 0–9, A–Z, then printable letters beyond ASCII and `_`, then printable signs; a dot comes last of all.
const READABLE: readonly Range[] = [
  [0x61, 0x7a],
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x00c0, 0x02ff],
  [0x0021, 0x002d],
  [0x003a, 0x007e],
  [0x0300, 0xd7ff],
];

function codeOf(glyph: string): number {
  return glyph.codePointAt(0) as number;
}
