// SQLite, by whichever driver is there, for short looks and short writes in a database that others use too. Knows no tables.
import { statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { type Failure, fail, ok, type Result } from '../../../core/failure.ts';
import { quote } from '../../../core/plan/quote.ts';

/** What is stored in a column and can be bound to a `?`. */
export type SqlValue = string | number | null;
/** One row, by the names of its columns. */
export type Row = Readonly<Record<string, unknown>>;

/** A database within one transaction. */
export interface Database {
  all(sql: string, ...values: readonly SqlValue[]): readonly Row[];
  /** Gives the number of rows that changed. */
  run(sql: string, ...values: readonly SqlValue[]): number;
}

/** What both drivers have. */
export interface Connection {
  exec(sql: string): unknown;
  prepare(sql: string): Statement;
  close(): unknown;
}

interface Statement {
  all(...values: readonly SqlValue[]): readonly unknown[];
  run(...values: readonly SqlValue[]): { readonly changes: number | bigint };
}

type Mode = 'read' | 'write';

/** Opens a database that is there. */
export type Open = (path: string, mode: Mode) => Connection;

const DRIVERS: Readonly<Record<string, (module: Readonly<Record<string, unknown>>) => Open>> = {
  'node:sqlite': ({ DatabaseSync }) => {
    const Opened = DatabaseSync as new (path: string, options: object) => Connection;
    return (path, mode) => new Opened(path, { readOnly: mode === 'read' });
  },
  libsql: (module) => {
    const Opened = module['default'] as new (path: string) => Connection;
    // its option `readonly` does not hold writes off; the address does
    return (path, mode) => new Opened(`${pathToFileURL(path).href}?mode=${mode === 'read' ? 'ro' : 'rw'}`);
  },
};

// A call stands still at most so long, for the loop that waits for it stands still as well; patience is between the calls.
const BUSY_MS = 50;
const WAITS_MS: readonly number[] = [20, 50, 100, 200, 400, 800, 1_600, 2_000, 2_000];
const BUSY = 5;
const LOCKED = 6;

const WORDS: ReadonlyMap<number, string> = new Map([
  [3, 'may not be read by you'],
  [8, 'may not be written by you'],
  [10, 'cannot be read from the disk'],
  [11, 'is damaged'],
  [13, 'cannot grow: the disk is full'],
  [14, 'cannot be opened'],
  [26, 'is not a SQLite database'],
]);

/** Finds the first driver that is there; the module's names are for tests. */
export async function findDriver(modules: readonly string[] = Object.keys(DRIVERS)): Promise<Result<Open>> {
  for (const module of modules) {
    try {
      // a name that is only known here is left to the runtime by bundlers
      const loaded = (await import(/* @vite-ignore */ module)) as Readonly<Record<string, unknown>>;
      const open = DRIVERS[module]?.(loaded);
      if (open !== undefined) return ok(open);
    } catch {
      // not there: the next one
    }
  }
  return fail({
    kind: 'environment',
    sentence:
      'A Task Copilot database cannot be read here: this Node.js has no node:sqlite, and the package libsql is not installed.',
    hint: 'Use Node.js 22.13 or newer, or type `npm install libsql` (with `--global` if weft is installed so).',
  });
}

/** What was opened, kept for the next look: not every driver closes a connection whose statements are not collected yet. */
export interface Store {
  /** Reads one consistent state; nothing is written, and nobody who writes has to wait. */
  read<T>(path: string, read: (database: Database) => T): Promise<Result<T>>;
  /** Writes all that `write` does, or nothing if it says false; others who write wait until it returns. */
  write(path: string, write: (database: Database) => boolean): Promise<Result<boolean>>;
  close(): void;
}

interface Kept {
  readonly connection: Connection;
  readonly database: Database;
  /** Of the file: another one may be in its place by now. */
  readonly inode: number;
}

/** Makes a store with nothing open; `waitsMs` are the pauses, in ms, before it is tried again while somebody else writes. */
export function createStore(waitsMs: readonly number[] = WAITS_MS): Store {
  const kept = new Map<string, Kept>();
  let finding: Promise<Result<Open>> | null = null;
  const access = async <T>(path: string, mode: Mode, act: (database: Database) => T): Promise<Result<T>> => {
    finding ??= findDriver();
    const driver = await finding;
    if (!driver.ok) return driver;
    for (const waitMs of [...waitsMs, null]) {
      const done = transact({ kept, open: driver.value, path, mode }, act);
      if (done !== 'busy') return done;
      if (waitMs !== null) await sleep(waitMs);
    }
    return fail({
      kind: 'environment',
      sentence: `The database ${quote(path)} is kept locked by somebody else.`,
      hint: `See who has it open: \`fuser -v ${path}\`.`,
    });
  };
  return {
    read: (path, read) => access(path, 'read', read),
    write: (path, write) => access(path, 'write', write),
    close: () => {
      for (const { connection } of kept.values()) connection.close();
      kept.clear();
    },
  };
}

interface Access {
  readonly kept: Map<string, Kept>;
  readonly open: Open;
  readonly path: string;
  readonly mode: Mode;
}

function transact<T>(access: Access, act: (database: Database) => T): Result<T> | 'busy' {
  const { kept, path, mode } = access;
  const inode = statSync(path, { throwIfNoEntry: false })?.ino;
  // opening for writing would make one
  if (inode === undefined) return fail({ kind: 'usage', sentence: `There is no database ${quote(path)}.` });
  let found: Kept | null = null;
  try {
    found = open(access, inode);
    const { connection, database } = found;
    connection.exec(mode === 'read' ? 'BEGIN' : 'BEGIN IMMEDIATE');
    const value = act(database);
    connection.exec(value === false ? 'ROLLBACK' : 'COMMIT');
    return ok(value);
  } catch (error) {
    if (found !== null) giveUp(found.connection);
    kept.delete(`${mode} ${path}`);
    const number = numberOf(error);
    if (number === null && found !== null) throw error;
    if (number === BUSY || number === LOCKED) return 'busy';
    return fail(describe(path, number, error));
  }
}

function open({ kept, open: connect, path, mode }: Access, inode: number): Kept {
  const key = `${mode} ${path}`;
  const known = kept.get(key);
  if (known?.inode === inode) return known;
  known?.connection.close();
  const connection = connect(path, mode);
  connection.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
  const made = { connection, database: over(connection), inode };
  kept.set(key, made);
  return made;
}

/** A connection that is only closed would keep its lock until its statements are collected. */
function giveUp(connection: Connection): void {
  try {
    connection.exec('ROLLBACK');
  } catch {
    // nothing was begun, or it is taken back already
  }
  connection.close();
}

function over(connection: Connection): Database {
  const statements = new Map<string, Statement>();
  const prepare = (sql: string): Statement => {
    const statement = statements.get(sql) ?? connection.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  return {
    all: (sql, ...values) => prepare(sql).all(...values) as readonly Row[],
    run: (sql, ...values) => Number(prepare(sql).run(...values).changes),
  };
}

/** SQLite's own number of an error, without its refinements; null: it is not SQLite's. */
function numberOf(error: unknown): number | null {
  const { errcode, rawCode } = error as { readonly errcode?: unknown; readonly rawCode?: unknown };
  const number = errcode ?? rawCode;
  return typeof number === 'number' ? number & 0xff : null;
}

function describe(path: string, number: number | null, error: unknown): Failure {
  const words = WORDS.get(number ?? 14);
  return {
    kind: 'environment',
    sentence:
      words === undefined
        ? `The database ${quote(path)} refused: ${(error as Error).message}.`
        : `The database ${quote(path)} ${words}.`,
  };
}
