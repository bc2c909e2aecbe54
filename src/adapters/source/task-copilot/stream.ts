// Tasks put together to streams: their order, what they need, what they own. Pure; knows nothing of weft's tasks.
import { createHash } from 'node:crypto';
import type { Diagnostic } from '../../../core/plan/diagnostic.ts';
import { findNearest } from '../../../core/plan/nearest.ts';
import { quote, quoteList } from '../../../core/plan/quote.ts';
import { findIdProblem } from '../../../core/plan/slug.ts';
import { isEnded } from './owner.ts';
import type { Item, Picture } from './rows.ts';

/** One stream. */
export interface Stream {
  /** Id of weft's task. */
  readonly id: string;
  /** As it is written there. */
  readonly key: string;
  readonly name: string;
  /** In the order they are to be done. */
  readonly items: readonly Item[];
  /** Its row's; null: it has none. */
  readonly status: string | null;
  readonly number: number | null;
  /** Ids of the streams it needs, as weft's tasks. */
  readonly needs: readonly string[];
  /** Tasks in no stream that it needs and that are not over. */
  readonly needsLoose: readonly Item[];
  /** What it needs and is not there. */
  readonly diagnostics: readonly Diagnostic[];
}

/** All streams, and what is odd about them. */
export interface Gathered {
  readonly streams: readonly Stream[];
  /** Tasks in no stream. */
  readonly loose: readonly Item[];
  readonly archived: number;
  readonly notes: readonly string[];
}

const MAX_STEM = 80;

/** Gives the stream's own name where it can be a task's id; else a likeness of it with a hash, the same each time. */
export function nameStream(key: string): string {
  if (findIdProblem(key) === null) return key;
  const stem = key
    .normalize('NFC')
    .replace(/[^\p{L}\p{M}\p{N}._#@+-]+/gu, '-')
    .replace(/^[^\p{L}\p{N}#_]+/u, '')
    .slice(0, MAX_STEM);
  return `${stem === '' ? 'stream' : stem}-${createHash('sha256').update(key).digest('hex').slice(0, 8)}`;
}

/** Finds what a name means: the very name, then whatever its letters' case. */
export function findStream<T extends { readonly key: string; readonly name: string }>(
  name: string,
  streams: readonly T[],
): T | null {
  const folded = name.toLowerCase();
  const ways: readonly ((stream: T) => boolean)[] = [
    ({ key }) => key === name,
    ({ key }) => key.toLowerCase() === folded,
    (stream) => stream.name.toLowerCase() === folded,
  ];
  for (const way of ways) {
    const found = streams.filter(way);
    if (found.length === 1) return found[0] as T;
  }
  return null;
}

interface Group {
  readonly key: string;
  readonly id: string;
  readonly name: string;
  readonly items: readonly Item[];
}

/** Puts the tasks of a database together. */
export function gatherStreams(picture: Picture): Gathered {
  const hidden = new Set(
    picture.streams.filter(({ status }) => status === 'archived').map(({ name }) => name),
  );
  const isHidden = (item: Item): boolean =>
    item.isArchived || (item.stream !== null && hidden.has(item.stream));
  const shown = picture.items.filter((item) => !isHidden(item));
  const groups = group(shown);
  const archived = group(picture.items.filter(isHidden));
  const rows = new Map(picture.streams.map((row) => [row.name, row]));
  const resolver = createResolver({ picture, groups, archived });
  const streams = groups.map((each): Stream => {
    const found = resolver.resolve(each);
    const row = rows.get(each.key);
    return {
      ...each,
      items: order(each.items, found.inside),
      status: row?.status ?? null,
      number: row?.number ?? null,
      needs: found.needs,
      needsLoose: found.loose,
      diagnostics: found.diagnostics,
    };
  });
  return {
    streams,
    loose: shown.filter(({ stream }) => stream === null),
    archived: archived.length,
    notes: resolver.notes,
  };
}

function group(items: readonly Item[]): readonly Group[] {
  const byKey = new Map<string, Item[]>();
  for (const item of items) {
    if (item.stream === null) continue;
    const known = byKey.get(item.stream);
    if (known === undefined) byKey.set(item.stream, [item]);
    else known.push(item);
  }
  return [...byKey].map(([key, own]) => ({
    key,
    id: nameStream(key),
    name: own.find(({ streamName }) => streamName !== null)?.streamName ?? key,
    items: own,
  }));
}

interface Resolved {
  readonly needs: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
  readonly loose: readonly Item[];
  /** Ids of tasks of the same stream that a task needs, by its id. */
  readonly inside: ReadonlyMap<string, readonly string[]>;
}

function createResolver(of: {
  readonly picture: Picture;
  readonly groups: readonly Group[];
  readonly archived: readonly Group[];
}): {
  readonly notes: readonly string[];
  readonly resolve: (own: Group) => Resolved;
} {
  const { picture, groups, archived } = of;
  const items = new Map(picture.items.map((item) => [item.id, item]));
  const notes: string[] = [];
  const live = new Set(groups.map(({ key }) => key));
  const resolve = (own: Group): Resolved => {
    const diagnostics: Diagnostic[] = [];
    const needs = new Set<string>();
    const loose = new Map<string, Item>();
    const inside = new Map<string, readonly string[]>();
    const needItem = (item: Item, other: Item): void => {
      if (other.stream === own.key) inside.set(item.id, [...(inside.get(item.id) ?? []), other.id]);
      else if (isEnded(other) || other.isArchived) return;
      else if (other.stream === null) loose.set(other.id, other);
      else if (live.has(other.stream)) needs.add(nameStream(other.stream));
    };
    const needName = (item: Item, name: string): void => {
      const stream = findStream(name, groups);
      const task = items.get(name);
      if (stream !== null) needs.add(stream.id);
      else if (task !== undefined) needItem(item, task);
      else if (findStream(name, archived) !== null) {
        notes.push(
          `Stream ${quote(own.key)} needs ${quote(name)}, which is archived and counts as complete.`,
        );
      } else diagnostics.push(describeUnknown({ own, item, name, groups }));
    };
    for (const item of own.items) {
      for (const name of item.needs) needName(item, name);
      for (const id of item.needsItems) {
        const other = items.get(id);
        if (other !== undefined) needItem(item, other);
      }
    }
    return { needs: [...needs], loose: [...loose.values()], inside, diagnostics };
  };
  return { notes, resolve };
}

function describeUnknown(of: {
  readonly own: Group;
  readonly item: Item;
  readonly name: string;
  readonly groups: readonly Group[];
}): Diagnostic {
  const keys = of.groups.map(({ key }) => key);
  const nearest = findNearest(of.name, keys);
  return {
    position: null,
    sentence: `Stream ${quote(of.own.key)} depends on ${quote(of.name)} (says task ${of.item.id}), which is no stream of this database.`,
    fix: nearest === null ? `Its streams: ${quoteList(keys)}.` : `Did you mean ${quote(nearest)}?`,
  };
}

/** Keeps the order of making, but what a task needs comes before it. A circle is cut where it is met first. */
function order(items: readonly Item[], inside: ReadonlyMap<string, readonly string[]>): readonly Item[] {
  if (inside.size === 0) return items;
  const byId = new Map(items.map((item) => [item.id, item]));
  const done = new Set<Item>();
  for (const item of items) {
    const path = new Set([item]);
    while (path.size > 0) {
      const last = [...path].at(-1) as Item;
      const next = (inside.get(last.id) ?? [])
        .map((id) => byId.get(id))
        .find((need) => need !== undefined && !done.has(need) && !path.has(need));
      if (next === undefined) {
        done.add(last);
        path.delete(last);
      } else path.add(next);
    }
  }
  return [...done];
}
