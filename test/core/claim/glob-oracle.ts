// A second, slow and plain reading of patterns, against which the real one is checked.
import * as fc from 'fast-check';

/** Tells by expanding braces and trying every way whether a pattern matches a path. */
export function oracleMatches(pattern: string, path: string): boolean {
  const names = path.split('/');
  if (names.some((name) => name === '' || name === '.' || name === '..')) return false;
  // Stars are read before braces are expanded, so that none of them join.
  const marked = pattern.replace(/\*+/g, (run, at: number) =>
    run.length > 1 && isEdge(pattern[at - 1]) && isEdge(pattern[at + run.length]) ? DEEP : STAR,
  );
  return expandBraces(marked).some((text) => {
    const segments = text.split('/').filter((segment) => segment !== '');
    return matchSegments(segments, names);
  });
}

const DEEP = '\u0001';
const STAR = '\u0002';

function isEdge(glyph: string | undefined): boolean {
  return glyph === undefined || '/{,}'.includes(glyph);
}

function expandBraces(text: string): string[] {
  const found = /^([^{]*)\{([^{}]*,[^{}]*)\}(.*)$/s.exec(text);
  if (!found) return [text];
  const [, before = '', inner = '', after = ''] = found;
  return inner.split(',').flatMap((piece) => expandBraces(before + piece + after));
}

function matchSegments(segments: readonly string[], names: readonly string[]): boolean {
  const [segment, ...rest] = segments;
  if (segment === undefined) return names.length === 0;
  if (segment === DEEP) {
    return matchSegments(rest, names) || (names.length > 0 && matchSegments(segments, names.slice(1)));
  }
  const [name, ...others] = names;
  return name !== undefined && segmentExpression(segment).test(name) && matchSegments(rest, others);
}

function segmentExpression(segment: string): RegExp {
  const parts = segment.match(/\?|\[[!^]?[^\]]+\]|./gsu) ?? [];
  const source = parts.map((part) => {
    if (part === STAR) return '.*';
    if (part === '?') return '.';
    if (part.startsWith('[') && part.length > 1) {
      const negated = /^\[[!^]/.test(part);
      const members = part.slice(negated ? 2 : 1, -1);
      return negated ? `[^${members}]` : `(?:[${members}]|\\[${members}\\])`;
    }
    return part.replace(/[.[\]\\^$+(){}|]/g, '\\$&');
  });
  return new RegExp(`^(?:${source.join('')})$`, 'su');
}

const token: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'b', '.') },
  { weight: 2, arbitrary: fc.constant('*') },
  { weight: 1, arbitrary: fc.constantFrom('?', '[ab]', '[!a]', '[^.b]', '[a-c]') },
  { weight: 1, arbitrary: fc.constantFrom('{a,b}', '{a,}', '{*,b}', '{b*,?}', '{ab,[!b]}') },
);

// Beside a brace `**` is read more widely than by expanding; that is not what the oracle is for.
function joinTokens(tokens: readonly string[]): string {
  return tokens.join('').replace(/\*\*+(?=\{)|(?<=\})\*\*+/g, '*');
}

const segment: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.array(token, { minLength: 1, maxLength: 3 }).map(joinTokens) },
  { weight: 2, arbitrary: fc.constant('**') },
  { weight: 1, arbitrary: fc.constantFrom('{a,**}', '{**,b}', '{,a}', '{a/b,b}', '{a/*,**/b}', '{*,**/a}') },
);

/** Makes small patterns over the characters `a`, `b` and `.`, with everything a pattern may have. */
export const somePattern: fc.Arbitrary<string> = fc
  .array(segment, { minLength: 1, maxLength: 4 })
  .map((segments) => segments.join('/'));

/** Holds every path over `a`, `b` and `.` with at most three segments of at most two characters. */
export const smallPaths: readonly string[] = listSmallPaths();

/** Makes paths over the same characters, some of them not well formed. */
export const somePath: fc.Arbitrary<string> = fc
  .array(fc.string({ unit: fc.constantFrom('a', 'b', '.', '['), minLength: 0, maxLength: 4 }), {
    minLength: 1,
    maxLength: 4,
  })
  .map((names) => names.join('/'));

function listSmallPaths(): string[] {
  const names = ['a', 'b', 'aa', 'ab', 'ba', 'bb', '.a', 'a.', '.b', 'b.'];
  const pairs = names.flatMap((one) => names.map((other) => `${one}/${other}`));
  return [...names, ...pairs, ...pairs.flatMap((pair) => names.map((name) => `${pair}/${name}`))];
}
