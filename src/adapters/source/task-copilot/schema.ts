// Which generation of Task Copilot a database is of, by its tables. Reads no tasks and changes nothing.
import { fail, ok, type Result } from '../../../core/failure.ts';
import { quote, quoteList } from '../../../core/plan/quote.ts';
import type { Database } from './database.ts';

/** What is known of a database's shape. */
export interface Schema {
  /** 1: the MCP server's, streams are in the metadata of tasks · 2: that of `tc`, streams are a table. */
  readonly generation: 1 | 2;
  /** Has `tasks.archived`. */
  readonly archives: boolean;
  /** Has the table of what agents do now (1) or did (2). */
  readonly logs: boolean;
}

/** Bounds the names of tables that are looked at. */
const MAX_TABLES = 500;

const COLUMNS: Readonly<Record<1 | 2, readonly string[]>> = {
  1: [
    'id',
    'title',
    'description',
    'assigned_agent',
    'status',
    'blocked_reason',
    'notes',
    'metadata',
    'created_at',
    'updated_at',
  ],
  2: [
    'id',
    'stream_id',
    'title',
    'description',
    'status',
    'claimed_by',
    'claimed_at',
    'priority',
    'metadata',
    'created_at',
    'updated_at',
  ],
};

/** Tells the generation; fails for what is not a Task Copilot database, and for one that lacks what weft needs. */
export function readSchema(database: Database, path: string): Result<Schema> {
  const tables = database
    .all(`SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name LIMIT ${MAX_TABLES}`)
    .map(({ name }) => String(name));
  const has = (table: string): boolean => tables.includes(table);
  const generation = has('streams') ? 2 : has('migrations') ? 1 : null;
  if (generation === null || !has('tasks')) {
    const found = tables.length === 0 ? 'It has no tables.' : `Its tables: ${quoteList(tables)}.`;
    return fail({
      kind: 'usage',
      sentence: `${quote(path)} is not a Task Copilot database that weft knows. ${found}`,
      hint: 'Name the right one with `--db PATH`.',
    });
  }
  const columns = database.all('PRAGMA table_info(tasks)').map(({ name }) => String(name));
  const missing = COLUMNS[generation].filter((column) => !columns.includes(column));
  if (missing.length > 0 || (generation === 2 && !has('task_dependencies'))) {
    const lacks = [
      ...missing.map((column) => `tasks.${column}`),
      ...(missing.length > 0 ? [] : ['task_dependencies']),
    ];
    return fail({
      kind: 'usage',
      sentence: `${quote(path)} is of a Task Copilot that weft does not know: it lacks ${quoteList(lacks)}. Its tables: ${quoteList(tables)}.`,
      hint: 'Let the newest Task Copilot open it once, then run this again.',
    });
  }
  return ok({
    generation,
    archives: columns.includes('archived'),
    logs: has(generation === 1 ? 'agent_activity' : 'agent_log'),
  });
}
