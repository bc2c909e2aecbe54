// Holds the claims of working attempts and finds whom a new claim would meet. Knows nothing of tasks, git or disks.
import { readSegments } from './match.ts';
import { nameOverlap, type Overlap, overlaps } from './overlap.ts';
import { type Pattern, programOf } from './pattern.ts';

/** Holds claims by their literal beginnings; changed in place, so it belongs to one owner. */
export interface ClaimIndex {
  readonly root: ClaimNode;
  readonly holdings: Map<string, readonly HeldPattern[]>;
  /** Is the rank of the pattern held next; lower ranks were held earlier. */
  nextRank: number;
}

/** Names the holder a claim meets, where `left` is the asking pattern and `right` the held one. */
export interface Collision extends Overlap {
  readonly owner: string;
}

/** Names two claim sets that meet, the earlier one first; `left` is a pattern of `first`, `right` of `second`. */
export interface CollidingPair extends Overlap {
  readonly first: string;
  readonly second: string;
}

/** Bounds how many pairs `collidePairs` names. */
export const MAX_PAIRS = 10_000;

interface ClaimNode {
  /** Is null until something is held below. */
  children: Map<string, ClaimNode> | null;
  /** Holds the patterns whose literal beginning ends here, in no meaningful order. */
  readonly held: HeldPattern[];
}

interface HeldPattern {
  readonly owner: string;
  readonly rank: number;
  readonly pattern: Pattern;
}

/** Makes an index that holds nothing. */
export function createClaimIndex(): ClaimIndex {
  return { root: createNode(), holdings: new Map(), nextRank: 0 };
}

/** Holds patterns for an owner, who must not hold any yet. */
export function holdClaim(index: ClaimIndex, owner: string, patterns: readonly Pattern[]): void {
  if (index.holdings.has(owner)) throw new Error(`Internal error: ${owner} already holds a claim`);
  const holding = patterns.map((pattern) => ({ owner, rank: index.nextRank++, pattern }));
  index.holdings.set(owner, holding);
  for (const held of holding) {
    let node = index.root;
    for (const segment of held.pattern.head) {
      node.children ??= new Map();
      let child = node.children.get(segment);
      if (child === undefined) {
        child = createNode();
        node.children.set(segment, child);
      }
      node = child;
    }
    node.held.push(held);
  }
}

/** Releases all an owner holds; of one who holds nothing there is nothing to release. */
export function releaseClaim(index: ClaimIndex, owner: string): void {
  for (const held of index.holdings.get(owner) ?? []) {
    const path = [index.root];
    for (const segment of held.pattern.head) path.push(path.at(-1)?.children?.get(segment) as ClaimNode);
    const beside = path.at(-1)?.held ?? [];
    beside.splice(beside.indexOf(held), 1);
    for (let depth = path.length - 1; depth > 0 && isEmpty(path[depth] as ClaimNode); depth -= 1) {
      dropChild(path[depth - 1] as ClaimNode, held.pattern.head[depth - 1] as string);
    }
  }
  index.holdings.delete(owner);
}

/** Finds the earliest held pattern that meets any of the patterns, but for owners that `ignore` names. */
export function findCollision(
  index: ClaimIndex,
  patterns: readonly Pattern[],
  ignore: (owner: string) => boolean = () => false,
): Collision | null {
  const first = findMeeting(index, patterns, ignore);
  return first && { owner: first.held.owner, ...nameOverlap(first.left, first.held.pattern) };
}

/** Finds the owner that `findCollision` names; cheaper, as nobody wants to know where the claims meet. */
export function findHolder(
  index: ClaimIndex,
  patterns: readonly Pattern[],
  ignore: (owner: string) => boolean,
): string | null {
  return findMeeting(index, patterns, ignore)?.held.owner ?? null;
}

interface Meeting {
  readonly left: Pattern;
  readonly held: HeldPattern;
}

function findMeeting(
  index: ClaimIndex,
  patterns: readonly Pattern[],
  ignore: (owner: string) => boolean,
): Meeting | null {
  let first: Meeting | null = null;
  for (const left of patterns) {
    for (const held of findCandidates(index, left).sort(byRank)) {
      if (first !== null && held.rank >= first.held.rank) break;
      if (!ignore(held.owner) && overlaps(left, held.pattern)) first = { left, held };
    }
  }
  return first;
}

/** Finds which claim sets meet, in order, each pair once, `MAX_PAIRS` at most; ids must differ. */
export function collidePairs(
  tasks: readonly { readonly id: string; readonly patterns: readonly Pattern[] }[],
): CollidingPair[] {
  const pairs: CollidingPair[] = [];
  const index = createClaimIndex();
  for (const { id, patterns } of tasks) {
    const met = new Map<string, Meeting>();
    for (const left of patterns) {
      for (const held of findCandidates(index, left)) {
        const known = met.get(held.owner);
        if (known !== undefined && held.rank >= known.held.rank) continue;
        if (overlaps(left, held.pattern)) met.set(held.owner, { left, held });
      }
    }
    for (const { left, held } of [...met.values()].sort((one, other) => byRank(one.held, other.held))) {
      if (pairs.length === MAX_PAIRS) return pairs;
      pairs.push({ first: held.owner, second: id, ...nameOverlap(held.pattern, left) });
    }
    holdClaim(index, id, patterns);
  }
  return pairs;
}

/** Gathers the held patterns whose literal beginning fits the asking pattern, in no meaningful order. */
function findCandidates(index: ClaimIndex, asking: Pattern): HeldPattern[] {
  const candidates = [...index.root.held];
  let node: ClaimNode | undefined = index.root;
  for (const segment of asking.head) {
    node = node.children?.get(segment);
    if (node === undefined) return candidates;
    for (const held of node.held) candidates.push(held);
  }
  if (asking.shape === 'tree') collectBelow(node, candidates);
  else if (asking.shape === 'glob' && node.children !== null) collectBeyond(node, asking, candidates);
  return candidates;
}

/** Adds all that is held below a node. */
function collectBelow(start: ClaimNode, candidates: HeldPattern[]): void {
  for (const node of start.children?.values() ?? []) {
    for (const held of node.held) candidates.push(held);
    collectBelow(node, candidates);
  }
}

/** Adds what is held below a node, leaving out the branches whose names the asking pattern cannot read. */
function collectBeyond(start: ClaimNode, asking: Pattern, candidates: HeldPattern[]): void {
  const { head } = asking;
  const program = programOf(asking);
  const ways = [
    { node: start, threads: readSegments(program, [0], head.map((segment) => `${segment}/`).join('')) },
  ];
  for (let way = ways.pop(); way !== undefined; way = ways.pop()) {
    for (const [segment, node] of way.node.children ?? []) {
      const threads = readSegments(program, way.threads, `${segment}/`);
      if (threads.length === 0) continue;
      for (const held of node.held) candidates.push(held);
      ways.push({ node, threads });
    }
  }
}

function byRank(one: HeldPattern, other: HeldPattern): number {
  return one.rank - other.rank;
}

function createNode(): ClaimNode {
  return { children: null, held: [] };
}

function isEmpty(node: ClaimNode): boolean {
  return node.held.length === 0 && node.children === null;
}

function dropChild(node: ClaimNode, segment: string): void {
  node.children?.delete(segment);
  if (node.children?.size === 0) node.children = null;
}
