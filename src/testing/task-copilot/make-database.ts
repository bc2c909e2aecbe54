// Makes Task Copilot databases of both generations, as their own programs leave them: in WAL, with the rows a test wants.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  type Connection,
  findDriver,
  type Row,
  type SqlValue,
} from '../../adapters/source/task-copilot/database.ts';

/** A task to be made; what is left out is as the programs leave it. */
export interface MadeTask {
  /** Text in the first generation, a number in the second. */
  readonly id: string | number;
  readonly title?: string;
  readonly description?: string;
  readonly status?: string;
  readonly agent?: string;
  /** Name of its stream in the second generation's table. */
  readonly stream?: string;
  readonly claimedBy?: string;
  readonly priority?: number;
  readonly notes?: string;
  readonly blockedReason?: string;
  readonly archived?: boolean;
  /** A text is stored as it is. */
  readonly metadata?: Readonly<Record<string, unknown>> | string;
  readonly updatedAt?: string;
  /** Ids of tasks, second generation. */
  readonly needs?: readonly number[];
}

/** A database under the maker's hands. */
export interface MadeDatabase {
  readonly path: string;
  readonly add: (...tasks: readonly MadeTask[]) => void;
  readonly exec: (sql: string) => void;
  readonly all: (sql: string, ...values: readonly SqlValue[]) => readonly Row[];
  readonly close: () => void;
}

const TIME = '2026-01-01T00:00:00.000Z';

const FIRST = `
CREATE TABLE migrations (version INTEGER PRIMARY KEY, applied_at TEXT NOT NULL);
INSERT INTO migrations VALUES (10, '${TIME}');
CREATE TABLE initiatives (id TEXT PRIMARY KEY, title TEXT NOT NULL, description TEXT, created_at TEXT NOT NULL, updated_at TEXT NOT NULL);
CREATE TABLE prds (id TEXT PRIMARY KEY, initiative_id TEXT, title TEXT NOT NULL, content TEXT, status TEXT DEFAULT 'active', created_at TEXT, updated_at TEXT);
CREATE TABLE tasks (
  id TEXT PRIMARY KEY, prd_id TEXT REFERENCES prds(id), parent_id TEXT REFERENCES tasks(id), title TEXT NOT NULL, description TEXT,
  assigned_agent TEXT,
  status TEXT DEFAULT 'pending' CHECK (status IN ('pending', 'in_progress', 'blocked', 'completed', 'cancelled')),
  blocked_reason TEXT, notes TEXT, metadata TEXT DEFAULT '{}', created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
  archived INTEGER DEFAULT 0, archived_at TEXT, archived_by_initiative_id TEXT);
CREATE TABLE work_products (id TEXT PRIMARY KEY, task_id TEXT NOT NULL REFERENCES tasks(id), type TEXT NOT NULL, title TEXT NOT NULL, content TEXT NOT NULL, created_at TEXT NOT NULL);
CREATE TABLE agent_activity (
  id TEXT PRIMARY KEY, stream_id TEXT NOT NULL, agent_id TEXT NOT NULL, task_id TEXT NOT NULL REFERENCES tasks(id),
  activity_description TEXT NOT NULL, phase TEXT, started_at TEXT NOT NULL, last_heartbeat TEXT NOT NULL, completed_at TEXT);
CREATE TABLE checkpoints (id TEXT PRIMARY KEY, task_id TEXT NOT NULL REFERENCES tasks(id), sequence INTEGER NOT NULL);
`;

const SECOND = `
CREATE TABLE schema_version (version INTEGER PRIMARY KEY, applied_at TEXT DEFAULT (datetime('now')));
INSERT INTO schema_version (version) VALUES (1);
CREATE TABLE prds (id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT NOT NULL, status TEXT NOT NULL DEFAULT 'active');
CREATE TABLE streams (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, prd_id INTEGER REFERENCES prds(id),
  status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'paused', 'completed', 'archived')),
  worktree_path TEXT, created_at TEXT NOT NULL DEFAULT (datetime('now')), updated_at TEXT NOT NULL DEFAULT (datetime('now')));
CREATE TABLE tasks (
  id INTEGER PRIMARY KEY AUTOINCREMENT, prd_id INTEGER REFERENCES prds(id), stream_id INTEGER REFERENCES streams(id),
  title TEXT NOT NULL, description TEXT,
  status TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'in_progress', 'completed', 'blocked', 'cancelled')),
  agent TEXT, claimed_by TEXT, claimed_at TEXT, priority INTEGER NOT NULL DEFAULT 2 CHECK (priority BETWEEN 0 AND 3),
  parent_task_id INTEGER REFERENCES tasks(id), metadata TEXT, guard TEXT,
  created_at TEXT NOT NULL DEFAULT (datetime('now')), updated_at TEXT NOT NULL DEFAULT (datetime('now')));
CREATE TABLE task_dependencies (
  task_id INTEGER NOT NULL REFERENCES tasks(id), depends_on INTEGER NOT NULL REFERENCES tasks(id),
  PRIMARY KEY (task_id, depends_on), CHECK (task_id != depends_on));
CREATE TABLE work_products (id INTEGER PRIMARY KEY AUTOINCREMENT, task_id INTEGER REFERENCES tasks(id), type TEXT NOT NULL, title TEXT NOT NULL);
CREATE TABLE agent_log (
  id INTEGER PRIMARY KEY AUTOINCREMENT, agent TEXT NOT NULL, stream_id INTEGER REFERENCES streams(id),
  task_id INTEGER REFERENCES tasks(id), action TEXT NOT NULL, details TEXT, created_at TEXT NOT NULL DEFAULT (datetime('now')));
`;

/** Says why no database can be made here; null: it can. */
export async function findDriverProblem(): Promise<string | null> {
  const driver = await findDriver();
  return driver.ok ? null : driver.failure.sentence;
}

/** Makes a database with its folders and keeps it open, as its program does. */
export async function makeDatabase(path: string, generation: 1 | 2): Promise<MadeDatabase> {
  const driver = await findDriver();
  if (!driver.ok) throw new Error(driver.failure.sentence);
  mkdirSync(dirname(path), { recursive: true });
  // an empty file is an empty database
  writeFileSync(path, '', { flag: 'wx' });
  const connection = driver.value(path, 'write');
  connection.exec('PRAGMA journal_mode = WAL');
  connection.exec('PRAGMA busy_timeout = 5000');
  connection.exec(generation === 1 ? FIRST : SECOND);
  const insert = generation === 1 ? insertFirst : insertSecond;
  let made = 0;
  return {
    path,
    add: (...tasks) => {
      for (const task of tasks) {
        made += 1;
        insert(connection, task, made);
      }
      for (const { id, needs = [] } of tasks) {
        for (const need of needs) {
          connection.prepare('INSERT INTO task_dependencies VALUES (?, ?)').run(Number(id), need);
        }
      }
    },
    exec: (sql) => connection.exec(sql),
    all: (sql, ...values) => connection.prepare(sql).all(...values) as readonly Row[],
    close: () => connection.close(),
  };
}

function insertFirst(connection: Connection, task: MadeTask, made: number): void {
  connection
    .prepare(
      `INSERT INTO tasks (id, title, description, assigned_agent, status, blocked_reason, notes, metadata, created_at, updated_at, archived)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(
      String(task.id),
      task.title ?? `Task ${task.id}`,
      task.description ?? null,
      task.agent ?? null,
      task.status ?? 'pending',
      task.blockedReason ?? null,
      task.notes ?? null,
      writeMetadata(task) ?? '{}',
      TIME.replace('000Z', `${String(made).padStart(3, '0')}Z`),
      task.updatedAt ?? TIME,
      task.archived === true ? 1 : 0,
    );
}

function insertSecond(connection: Connection, task: MadeTask): void {
  const { stream = null } = task;
  if (stream !== null) connection.prepare('INSERT OR IGNORE INTO streams (name) VALUES (?)').run(stream);
  connection
    .prepare(
      `INSERT INTO tasks (id, stream_id, title, description, status, agent, claimed_by, priority, metadata, updated_at)
       VALUES (?, (SELECT id FROM streams WHERE name = ?), ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(
      Number(task.id),
      stream,
      task.title ?? `Task ${task.id}`,
      task.description ?? null,
      task.status ?? 'pending',
      task.agent ?? null,
      task.claimedBy ?? null,
      task.priority ?? 2,
      writeMetadata(task),
      task.updatedAt ?? '2026-01-01 00:00:00',
    );
}

function writeMetadata({ metadata }: MadeTask): string | null {
  if (metadata === undefined) return null;
  return typeof metadata === 'string' ? metadata : JSON.stringify(metadata);
}
