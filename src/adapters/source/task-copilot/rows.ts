// The rows of a Task Copilot database as plain data, one shape for both generations. Judges nothing and writes nothing.
import { type Failure, fail, ok, type Result } from '../../../core/failure.ts';
import { quote } from '../../../core/plan/quote.ts';
import type { Database, Row, Store } from './database.ts';
import { readSchema, type Schema } from './schema.ts';

/** How a task stands there. */
export type Status = 'pending' | 'in_progress' | 'blocked' | 'completed' | 'cancelled';

/** A task there: an item of a stream. */
export interface Item {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly status: Status;
  readonly blockedReason: string | null;
  /** Only the first generation has them. */
  readonly notes: string | null;
  /** Only the second generation has it. */
  readonly claimedBy: string | null;
  readonly agent: string | null;
  /** 0 is the most urgent, 3 the least; null: not said. */
  readonly priority: number | null;
  readonly isArchived: boolean;
  /** Of its last change, ms since 1970; 0: not said. */
  readonly updatedAt: number;
  /** As written; null: it is in no stream. */
  readonly stream: string | null;
  readonly streamName: string | null;
  /** What it needs: names of streams, or ids of tasks. */
  readonly needs: readonly string[];
  /** Ids of tasks that it needs. */
  readonly needsItems: readonly string[];
  /** Paths and patterns. */
  readonly files: readonly string[];
  readonly criteria: readonly string[];
  /** It is to be looked at by people before it counts as completed, by a rule of Task Copilot's own. */
  readonly asksForQa: boolean;
}

/** A row of the table of streams. */
export interface StreamRow {
  readonly number: number;
  readonly name: string;
  readonly status: string;
}

/** All that is there, at one moment. */
export interface Picture {
  readonly path: string;
  readonly schema: Schema;
  /** In the order they were made, the urgent ones first. */
  readonly items: readonly Item[];
  /** Empty in the first generation. */
  readonly streams: readonly StreamRow[];
  /** Ids of tasks whose metadata is not JSON. */
  readonly unreadable: readonly string[];
}

/** Bounds the tasks of one database. */
export const MAX_ITEMS = 20_000;
const MAX_STREAMS = 5_000;
const MAX_EDGES = 100_000;
const MAX_METADATA = 256 * 1024;
const MAX_TEXT = 64 * 1024;
const MAX_NAME = 500;
const MAX_LIST = 1_000;
const STATUSES: readonly string[] = ['pending', 'in_progress', 'blocked', 'completed', 'cancelled'];

/** Reads the whole database in one look. */
export async function readPicture(store: Store, path: string): Promise<Result<Picture>> {
  const read = await store.read(path, (database) => collect(database, path));
  return read.ok ? read.value : read;
}

function collect(database: Database, path: string): Result<Picture> {
  const known = readSchema(database, path);
  if (!known.ok) return known;
  const schema = known.value;
  const rows = database.all(
    schema.generation === 1
      ? `SELECT ${columnsOf(schema)} FROM tasks ORDER BY created_at, rowid LIMIT ${MAX_ITEMS + 1}`
      : `SELECT ${columnsOf(schema)} FROM tasks ORDER BY priority, id LIMIT ${MAX_ITEMS + 1}`,
  );
  if (rows.length > MAX_ITEMS) return fail(tooMany(path));
  const streams = schema.generation === 1 ? [] : readStreamRows(database);
  const needs = schema.generation === 1 ? new Map<string, string[]>() : readEdges(database);
  const names = new Map(streams.map(({ number, name }) => [number, name]));
  const unreadable: string[] = [];
  const items = rows.map((row): Item => {
    const id = String(row['id']);
    const metadata = readMetadata(row['metadata']);
    if (metadata === null) unreadable.push(id);
    return readItem({ row, id, metadata: metadata ?? {}, needsItems: needs.get(id) ?? [], names });
  });
  return ok({ path, schema, items, streams, unreadable });
}

function columnsOf({ generation, archives }: Schema): string {
  const own =
    generation === 1
      ? `assigned_agent AS agent, blocked_reason, notes, ${archives ? 'archived' : '0 AS archived'}`
      : 'agent, claimed_by, priority, stream_id';
  return `id, title, description, status, metadata, updated_at, ${own}`;
}

function tooMany(path: string): Failure {
  return {
    kind: 'usage',
    sentence: `The database ${quote(path)} has more than ${MAX_ITEMS} tasks.`,
    hint: 'Archive what is finished.',
  };
}

function readStreamRows(database: Database): readonly StreamRow[] {
  return database
    .all(`SELECT id, name, status FROM streams ORDER BY id LIMIT ${MAX_STREAMS}`)
    .map(({ id, name, status }) => ({ number: Number(id), name: String(name), status: String(status) }));
}

function readEdges(database: Database): ReadonlyMap<string, string[]> {
  const needs = new Map<string, string[]>();
  for (const row of database.all(`SELECT task_id, depends_on FROM task_dependencies LIMIT ${MAX_EDGES}`)) {
    const id = String(row['task_id']);
    needs.set(id, [...(needs.get(id) ?? []), String(row['depends_on'])]);
  }
  return needs;
}

function readItem(of: {
  readonly row: Row;
  readonly id: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly needsItems: readonly string[];
  readonly names: ReadonlyMap<number, string>;
}): Item {
  const { row, metadata } = of;
  const stream = of.names.get(Number(row['stream_id'] ?? Number.NaN)) ?? readName(metadata['streamId']);
  return {
    id: of.id,
    title: readName(row['title']) ?? of.id,
    description: textOf(row['description'])?.slice(0, MAX_TEXT) ?? '',
    status: (STATUSES.includes(String(row['status'])) ? row['status'] : 'pending') as Status,
    blockedReason: textOf(row['blocked_reason']),
    notes: textOf(row['notes']),
    claimedBy: textOf(row['claimed_by']),
    agent: readName(row['agent']),
    priority: typeof row['priority'] === 'number' ? row['priority'] : null,
    isArchived: Number(row['archived'] ?? 0) === 1,
    updatedAt: readTime(row['updated_at']),
    stream,
    streamName: readName(metadata['streamName']),
    needs: [...readList(metadata['dependencies']), ...readList(metadata['streamDependencies'])],
    needsItems: of.needsItems,
    files: [...readList(metadata['files']), ...readList(metadata['streamPaths'])],
    criteria: readList(metadata['acceptanceCriteria']),
    asksForQa: metadata['requiresQa'] === true,
  };
}

/** Null: it is not a JSON object. */
function readMetadata(value: unknown): Readonly<Record<string, unknown>> | null {
  const text = textOf(value);
  if (text === null || text === '') return {};
  if (text.length > MAX_METADATA) return null;
  try {
    const parsed: unknown = JSON.parse(text);
    const isRecord = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
    return isRecord ? (parsed as Readonly<Record<string, unknown>>) : null;
  } catch {
    return null;
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** One line. */
function readName(value: unknown): string | null {
  const name = textOf(value)?.replace(/\s+/g, ' ').trim().slice(0, MAX_NAME);
  return name === undefined || name === '' ? null : name;
}

/** Texts of a list; one text alone counts as a list of one. */
function readList(value: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value.slice(0, MAX_LIST) : [value];
  return list.flatMap((each) => readName(typeof each === 'number' ? String(each) : each) ?? []);
}

/** Both ways of writing a time: with `T` and `Z`, and SQLite's own, which is UTC as well. */
function readTime(value: unknown): number {
  const text = textOf(value) ?? '';
  const at = Date.parse(/[zZ]$|[+-]\d\d:\d\d$/.test(text) ? text : `${text.replace(' ', 'T')}Z`);
  return Number.isNaN(at) ? 0 : at;
}
