// Decides whether some path matches two patterns, and names one. Knows nothing of owners, disks or git.
import { findCommonChar } from './char-set.ts';
import { type Pattern, programOf } from './pattern.ts';
import {
  assembleProgram,
  freeTargets,
  type Program,
  readsSlash,
  type Step,
  threadAfterReading,
  threadAt,
} from './program.ts';

/** Names a meeting of two claims and a path that both of them cover. */
export interface Overlap {
  readonly left: string;
  readonly right: string;
  readonly witness: string;
}

/** Finds a path, short and readable, that matches both patterns; null when there is none. */
export function findOverlap(a: Pattern, b: Pattern): string | null {
  const { path, steps } = searchCommonPath(programOf(a), programOf(b));
  // A nicer example is not worth a second long search.
  if (path === null || steps > MAX_STEPS_FOR_READABLE) return path;
  return searchCommonPath(fillProgram(a), fillProgram(b)).path ?? path;
}

/** Tells whether some path matches both patterns. */
export function overlaps(a: Pattern, b: Pattern): boolean {
  if (!sharesHead(a, b)) return false;
  if (a.shape !== 'glob' && b.shape !== 'glob') return reaches(a, b) && reaches(b, a);
  return searchCommonPath(programOf(a), programOf(b)).path !== null;
}

/** Finds the first pair of patterns, in the order of both lists, that some path matches both of. */
export function overlapClaims(a: readonly Pattern[], b: readonly Pattern[]): Overlap | null {
  for (const left of a) {
    for (const right of b) {
      if (!overlaps(left, right)) continue;
      return nameOverlap(left, right);
    }
  }
  return null;
}

/** Describes the meeting of two patterns that are known to overlap. */
export function nameOverlap(left: Pattern, right: Pattern): Overlap {
  const witness = findOverlap(left, right);
  if (witness === null) throw new Error('Internal error: named an overlap that is none');
  return { left: left.text, right: right.text, witness };
}

/**
 * Walks two programs side by side, breadth first, over everything both can read. `steps` counts the pairs of threads
 * looked at: at most a constant times the product of the programs' lengths.
 */
export function searchCommonPath(
  a: Program,
  b: Program,
): { readonly path: string | null; readonly steps: number } {
  const search: Search = {
    a,
    b,
    width: b.length * 2,
    seen: new Uint8Array(a.length * 2 * b.length * 2),
    nodes: new Int32Array(FIRST_NODES * NODE_SIZE),
    count: 0,
  };
  visit(search, { state: ORIGIN, parent: -1, code: 0 });
  // The nodes are their own queue: what a node leads to is appended to them.
  for (let node = 0; node < search.count; node += 1) {
    if (walkOn(search, node)) return { path: spell(search, node), steps: search.count };
  }
  return { path: null, steps: search.count };
}

const MAX_STEPS_FOR_READABLE = 20_000;
const SLASH = 0x2f;
const DOT = 0x2e;

// Where in a path the walk stands. Real paths have no empty, `.` or `..` segment, so those must be told apart.
const ORIGIN = 0;
const OPENING = 1;
const INSIDE = 2;
const ONE_DOT = 3;
const TWO_DOTS = 4;

// A state is a pair of threads and a place as one number; a node is a state, the node it was reached from, and the
// character read on the way (0: none).
const NODE_SIZE = 3;
const FIRST_NODES = 64;

interface Search {
  readonly a: Program;
  readonly b: Program;
  readonly width: number;
  /** Holds, for each pair of threads, one bit per place. */
  readonly seen: Uint8Array;
  nodes: Int32Array;
  count: number;
}

/** Adds a node for a state unless the state is known. */
function visit(
  search: Search,
  { state, parent, code }: { state: number; parent: number; code: number },
): void {
  const known = search.seen[state >> 3] as number;
  const bit = 1 << (state & 7);
  if ((known & bit) !== 0) return;
  search.seen[state >> 3] = known | bit;
  const at = search.count * NODE_SIZE;
  if (at === search.nodes.length) {
    const larger = new Int32Array(at * 2);
    larger.set(search.nodes);
    search.nodes = larger;
  }
  search.nodes[at] = state;
  search.nodes[at + 1] = parent;
  search.nodes[at + 2] = code;
  search.count += 1;
}

/** Visits all that a node leads to, without reading and by reading; returns whether both programs have matched. */
function walkOn(search: Search, node: number): boolean {
  const { a, b, width } = search;
  const state = search.nodes[node * NODE_SIZE] as number;
  const place = state & 7;
  const right = (state >> 3) % width;
  const left = ((state >> 3) - right) / width;
  const one = a[left >> 1] as Step;
  const other = b[right >> 1] as Step;
  if (place === OPENING && one.kind === 'done' && other.kind === 'done') return true;

  const opening = place <= OPENING;
  for (const target of freeTargets(one, left, opening)) {
    const cell = threadAt(target, one, left) * width + right;
    visit(search, { state: cell * 8 + place, parent: node, code: 0 });
  }
  // A fork reads nothing, so the other side need not move before it is resolved.
  if (one.kind === 'fork') return false;
  for (const target of freeTargets(other, right, opening)) {
    const cell = left * width + threadAt(target, other, right);
    visit(search, { state: cell * 8 + place, parent: node, code: 0 });
  }

  const cell = threadAfterReading(one, left) * width + threadAfterReading(other, right);
  if (place === INSIDE && readsSlash(one) && readsSlash(other)) {
    visit(search, { state: cell * 8 + OPENING, parent: node, code: SLASH });
  }
  // Which of the common characters is read makes no difference but for a dot, which is picked last.
  const code = findCommonChar(one.chars, other.chars);
  if (code !== 0) visit(search, { state: cell * 8 + placeAfter(place, code), parent: node, code });
  return false;
}

function placeAfter(place: number, code: number): number {
  if (code !== DOT) return INSIDE;
  if (place <= OPENING) return ONE_DOT;
  return place === ONE_DOT ? TWO_DOTS : INSIDE;
}

/** Spells the path that led to a node, without the closing slash. */
function spell({ nodes }: Search, node: number): string {
  const glyphs: string[] = [];
  for (let at = node; at >= 0; at = nodes[at * NODE_SIZE + 1] as number) {
    const code = nodes[at * NODE_SIZE + 2] as number;
    if (code !== 0) glyphs.push(String.fromCodePoint(code));
  }
  return glyphs.reverse().join('').slice(0, -1);
}

function fillProgram(pattern: Pattern): Program {
  return assembleProgram(pattern.foldCase ? pattern.text.toLowerCase() : pattern.text, { filled: true });
}

/** Tells whether a path or tree goes as far down as another one with the same beginning. */
function reaches(a: Pattern, b: Pattern): boolean {
  return a.shape === 'tree' || a.head.length >= b.head.length;
}

/** Tells cheaply that the literal beginnings of two patterns do not exclude each other. */
function sharesHead(a: Pattern, b: Pattern): boolean {
  const shared = Math.min(a.head.length, b.head.length);
  for (let at = 0; at < shared; at += 1) {
    if (a.head[at] !== b.head[at]) return false;
  }
  return true;
}
