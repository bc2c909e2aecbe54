// Finds the offsets of keys and values in a YAML or JSON text. Knows nothing of lines, files or meanings.
import { EVENT_ID, parseEvents, SCALAR_STYLE, YAMLException } from 'js-yaml';

/** A value and where it is; offsets count from the start of the text. */
export interface Tree {
  readonly start: number;
  readonly end: number;
  /** Of a mapping or a list: what is in it. */
  readonly entries: readonly Entry[];
  /** Of an alias: what it stands for. */
  readonly target: Tree | null;
}

interface Entry {
  /** The key as text, or the number in the list. */
  readonly name: string | number;
  readonly key: Tree | null;
  readonly value: Tree;
}

type Event = ReturnType<typeof parseEvents>[number];

interface Reader {
  readonly text: string;
  readonly events: readonly Event[];
  readonly anchors: Map<string, Tree>;
  at: number;
}

/** Builds the tree of a text that is known to be right; of any other it is empty. */
export function buildTree(text: string, maxDepth: number): Tree {
  const nothing = { start: 0, end: 0, entries: [], target: null };
  try {
    const reader = { text, events: parseEvents(text, { maxDepth }), anchors: new Map(), at: 1 };
    return reader.events.length < 2 ? nothing : readTree(reader, 0);
  } catch (error) {
    if (error instanceof YAMLException) return nothing;
    throw error;
  }
}

/** Finds a value or its key; of what is not there, the nearest thing around it. */
export function findNode(
  tree: Tree,
  path: readonly (string | number)[],
  what: 'value' | 'key',
): { readonly start: number; readonly end: number } {
  let node = tree;
  for (const [depth, name] of path.entries()) {
    const found = resolveTree(node).entries.find((entry) => entry.name === name);
    if (found === undefined) break;
    if (depth === path.length - 1 && what === 'key' && found.key !== null) return found.key;
    // A value that is not written, as in `steps:`, is shown by its key.
    node = found.value.start < 0 ? (found.key ?? node) : found.value;
  }
  return node;
}

function resolveTree(node: Tree): Tree {
  return node.target ?? node;
}

function readTree(reader: Reader, parentStart: number): Tree {
  const event = reader.events[reader.at] as Event;
  reader.at += 1;
  switch (event.type) {
    case EVENT_ID.SCALAR: {
      const quoted = event.style === SCALAR_STYLE.DOUBLE_QUOTED || event.style === SCALAR_STYLE.SINGLE_QUOTED;
      const widen = quoted ? 1 : 0;
      const node = {
        start: event.valueStart - widen,
        end: event.valueEnd + widen,
        entries: [],
        target: null,
      };
      keepAnchor(reader, event, node);
      return node;
    }
    case EVENT_ID.ALIAS: {
      const target = reader.anchors.get(reader.text.slice(event.anchorStart, event.anchorEnd)) ?? null;
      return { start: event.anchorStart - 1, end: event.anchorEnd, entries: [], target };
    }
    case EVENT_ID.SEQUENCE:
    case EVENT_ID.MAPPING: {
      const start = event.start < 0 ? parentStart : event.start;
      const entries: Entry[] = [];
      const node = { start, end: start + 1, entries, target: null };
      keepAnchor(reader, event, node);
      while (reader.events[reader.at]?.type !== EVENT_ID.POP) {
        const key = event.type === EVENT_ID.MAPPING ? readTree(reader, start) : null;
        const value = readTree(reader, start);
        entries.push({ name: key === null ? entries.length : readKey(reader.text, key), key, value });
      }
      reader.at += 1;
      return node;
    }
    case EVENT_ID.DOCUMENT:
    case EVENT_ID.POP:
      throw new Error(`Internal error: event ${event.type} starts no value`);
  }
}

function keepAnchor(
  reader: Reader,
  { anchorStart, anchorEnd }: { anchorStart: number; anchorEnd: number },
  node: Tree,
): void {
  if (anchorStart >= 0) reader.anchors.set(reader.text.slice(anchorStart, anchorEnd), node);
}

function readKey(text: string, { start, end }: Tree): string {
  if (start < 0) return 'null';
  const written = text.slice(start, end);
  if (written.startsWith("'")) return written.slice(1, -1).replaceAll("''", "'");
  if (!written.startsWith('"')) return written;
  try {
    return String(JSON.parse(written));
  } catch {
    return written.slice(1, -1);
  }
}
