// Changes of rows, written together or not at all, each only if its row is still as it was seen. Decides nothing.
import type { Database, SqlValue } from './database.ts';
import { claimantOf, type NoteWord, writeNote } from './owner.ts';
import type { Item, Status } from './rows.ts';
import type { Schema } from './schema.ts';

/** What is to become of a row; what is not named stays. */
export interface Change {
  /** The row as it was seen. */
  readonly item: Item;
  readonly status?: Status;
  /** With status `blocked`: why. */
  readonly reason?: string;
  readonly claim?: 'take' | 'release';
  readonly note?: { readonly word: NoteWord; readonly text: string };
}

/** Who changes, and when. */
export interface Author {
  readonly run: string;
  /** Name of the agent at work. */
  readonly agent: string;
  /** As the first generation writes it; the second has a clock of its own. */
  readonly now: string;
}

/** Writes; false: a row was not as it was seen, and what was written so far has to be taken back. */
export function writeChanges(
  database: Database,
  schema: Schema,
  of: { readonly author: Author; readonly changes: readonly Change[] },
): boolean {
  const write = schema.generation === 1 ? writeFirst : writeSecond;
  return of.changes.every((change) => write(database, { author: of.author, change, schema }));
}

interface Writing {
  readonly author: Author;
  readonly change: Change;
  readonly schema: Schema;
}

function writeFirst(database: Database, { author, change }: Writing): boolean {
  const { item, claim, note, status = item.status } = change;
  const said = note === undefined ? null : writeNote(author.run, note.word, note.text);
  const lines = [
    ...(item.notes === null || item.notes === '' ? [] : [item.notes]),
    ...(claim === undefined ? [] : [writeNote(author.run, claim === 'take' ? 'taken' : 'given back')]),
    ...(said === null || (item.notes ?? '').split('\n').includes(said) ? [] : [said]),
  ];
  const set: readonly Column[] = [
    ['status', status],
    ['blocked_reason', status === 'blocked' ? (change.reason ?? item.blockedReason) : null],
    ['notes', lines.length === 0 ? item.notes : lines.join('\n')],
  ];
  const seen: readonly SqlValue[] = [item.status, item.blockedReason, item.notes];
  if (set.every(([, value], at) => value === seen[at])) return true;
  return updateRow(database, { set, now: author.now, where: [['id', item.id], ...zip(set, seen)] });
}

function writeSecond(database: Database, { author, change, schema }: Writing): boolean {
  const { item, claim, note, status = item.status } = change;
  const id = Number(item.id);
  const claimant = claim === 'take' ? claimantOf(author.run) : claim === 'release' ? null : item.claimedBy;
  const set: readonly Column[] = [
    ['status', status],
    ['claimed_by', claimant],
  ];
  const seen: readonly SqlValue[] = [item.status, item.claimedBy];
  if (set.some(([, value], at) => value !== seen[at])) {
    if (!updateRow(database, { set, now: null, where: [['id', id], ...zip(set, seen)] })) return false;
  }
  if (claim !== undefined) {
    const at = claimant === null ? 'NULL' : "datetime('now')";
    database.run(`UPDATE tasks SET claimed_at = ${at} WHERE id = ?`, id);
  }
  if (!schema.logs) return true;
  const say = (action: string, details: string | null): void =>
    log(database, { author, id, action, details });
  if (claim !== undefined) say(claim === 'take' ? 'claimed' : 'released', null);
  if (status !== item.status) say(status, change.reason ?? null);
  else if (change.reason !== undefined && findDetails(database, id, status) !== change.reason) {
    say(status, change.reason);
  }
  const action = note?.word.replace(' ', '_') ?? '';
  if (note !== undefined && findDetails(database, id, action) !== note.text) say(action, note.text);
  return true;
}

function zip(columns: readonly Column[], values: readonly SqlValue[]): readonly Column[] {
  return columns.map(([name], at) => [name, values[at] ?? null]);
}

type Column = readonly [name: string, value: SqlValue];

function updateRow(
  database: Database,
  of: {
    readonly set: readonly Column[];
    /** Null: by the database's own clock. */
    readonly now: string | null;
    readonly where: readonly Column[];
  },
): boolean {
  const set = of.set.map(([name]) => `${name} = ?`).join(', ');
  const where = of.where.map(([name]) => `${name} IS ?`).join(' AND ');
  const values = [...of.set, ...(of.now === null ? [] : [['', of.now] as const]), ...of.where].map(
    ([, value]) => value,
  );
  const now = of.now === null ? "datetime('now')" : '?';
  return database.run(`UPDATE tasks SET ${set}, updated_at = ${now} WHERE ${where}`, ...values) === 1;
}

interface Entry {
  readonly author: Author;
  readonly id: number;
  readonly action: string;
  readonly details: string | null;
}

function log(database: Database, { author, id, action, details }: Entry): void {
  database.run(
    'INSERT INTO agent_log (agent, stream_id, task_id, action, details) SELECT ?, stream_id, id, ?, ? FROM tasks WHERE id = ?',
    author.agent,
    action,
    details,
    id,
  );
}

/** What was said last of a task under this action; undefined: nothing. */
function findDetails(database: Database, id: number, action: string): unknown {
  const sql = 'SELECT details FROM agent_log WHERE task_id = ? AND action = ? ORDER BY id DESC LIMIT 1';
  return database.all(sql, id, action)[0]?.['details'];
}
