// A binary heap over any items. Knows nothing of tasks.

/** Smallest item first, by `before`. */
export interface Heap<T> {
  readonly items: T[];
  readonly before: (a: T, b: T) => boolean;
}

/** An empty heap. */
export function createHeap<T>(before: (a: T, b: T) => boolean): Heap<T> {
  return { items: [], before };
}

/** Adds an item; O(log n). */
export function pushHeap<T>(heap: Heap<T>, item: T): void {
  const { items, before } = heap;
  let at = items.length;
  items.push(item);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = items[parent] as T;
    if (!before(item, above)) break;
    items[at] = above;
    at = parent;
  }
  items[at] = item;
}

/** The smallest item, left in place. */
export function peekHeap<T>(heap: Heap<T>): T | undefined {
  return heap.items[0];
}

/** Takes the smallest item out; O(log n). */
export function popHeap<T>(heap: Heap<T>): T | undefined {
  const { items, before } = heap;
  const top = items[0];
  const last = items.pop();
  if (top === undefined || last === undefined || items.length === 0) return top;
  let at = 0;
  for (;;) {
    const left = 2 * at + 1;
    if (left >= items.length) break;
    const right = left + 1;
    const child = right < items.length && before(items[right] as T, items[left] as T) ? right : left;
    const below = items[child] as T;
    if (!before(below, last)) break;
    items[at] = below;
    at = child;
  }
  items[at] = last;
  return top;
}

/** The items in order, left in place; O(log n) for each that is asked for. The heap must not change meanwhile. */
export function* walkHeap<T>({ items, before }: Heap<T>): Generator<T> {
  const next = createHeap<number>((a, b) => before(items[a] as T, items[b] as T));
  if (items.length > 0) pushHeap(next, 0);
  for (let at = popHeap(next); at !== undefined; at = popHeap(next)) {
    yield items[at] as T;
    for (const child of [2 * at + 1, 2 * at + 2]) if (child < items.length) pushHeap(next, child);
  }
}
