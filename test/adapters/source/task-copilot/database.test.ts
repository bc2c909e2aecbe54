// Where a Task Copilot database is, what is not one, and how a change of it is noticed.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createStore, findDriver } from '../../../../src/adapters/source/task-copilot/database.ts';
import { readStreamProgress } from '../../../../src/adapters/source/task-copilot/progress.ts';
import { findDriverProblem, makeDatabase } from '../../../../src/testing/task-copilot/make-database.ts';
import { startNeighbour } from './neighbour.ts';
import { makePlace, type Place } from './place.ts';

const problem = await findDriverProblem();
let place: Place;
beforeEach(() => {
  place = makePlace();
});
afterEach(() => place.remove());

test('without a driver one sentence says what to do', async () => {
  const found = await findDriver(['node:no-such-module', 'no-such-package-of-ours']);
  expect(found).toEqual({
    ok: false,
    failure: {
      kind: 'environment',
      sentence:
        'A Task Copilot database cannot be read here: this Node.js has no node:sqlite, and the package libsql is not installed.',
      hint: 'Use Node.js 22.13 or newer, or type `npm install libsql` (with `--global` if weft is installed so).',
    },
  });
});

describe.skipIf(problem !== null)(`finding a database (${problem ?? 'there is a driver'})`, () => {
  const sentenceOf = async (spec: Parameters<Place['source']>[0]): Promise<string | undefined> =>
    (await place.source(spec).load()).diagnostics[0]?.sentence;

  test('by the name of the folder, by the hash of its path, by name and by path', async () => {
    const tasks = join(place.home, '.claude/tasks');
    const hash = createHash('md5').update(place.repository).digest('hex').slice(0, 12);
    const made = await makeDatabase(join(tasks, hash, 'tasks.db'), 1);
    made.add({ id: 'h', metadata: { streamId: 'Hash' }, updatedAt: '2026-01-02T00:00:00.000Z' });
    const idsOf = async (spec: Parameters<Place['source']>[0] = {}): Promise<readonly string[]> =>
      (await place.source(spec).load()).drafts.map(({ id }) => id.value);
    expect(await idsOf()).toEqual(['Hash']);

    const named = await place.make(1);
    named.add({ id: 'n', metadata: { streamId: 'Named' }, updatedAt: '2026-01-01T00:00:00.000Z' });
    expect(await idsOf()).toEqual(['Hash']);
    expect(await idsOf({ workspace: 'shop' })).toEqual(['Named']);

    const own = await place.make(2);
    own.add({ id: 1, stream: 'Own', updatedAt: '2026-01-03 00:00:00' });
    const loaded = await place.source().load();
    expect(loaded.drafts.map(({ id }) => id.value)).toEqual(['Own']);
    expect(loaded.notes).toEqual([
      `Of several Task Copilot databases "${own.path}" is used, whose streams changed last, and not "${named.path}" and "${made.path}"; \`--db PATH\` takes another.`,
    ]);
    expect(await idsOf({ db: named.path })).toEqual(['Named']);
    expect((await place.source({ db: '.copilot/tasks.db' }).load()).notes).toEqual([]);
    made.close();
  });

  test('a run stays with the database it began with', async () => {
    const named = await place.make(1);
    named.add({ id: 'n', metadata: { streamId: 'Named' } });
    const source = place.source();
    await source.load();
    const own = await place.make(2);
    own.add({ id: 1, stream: 'Own', updatedAt: '2027-01-03 00:00:00' });
    expect((await source.load()).drafts.map(({ id }) => id.value)).toEqual(['Named']);
  });

  test('what is none is said, and none is made', async () => {
    expect(await sentenceOf({})).toMatch(
      /^There is no Task Copilot database; looked at ".*\.copilot\/tasks\.db", /,
    );
    expect(await sentenceOf({ workspace: '../x' })).toBe('"../x" is not the name of a workspace.');
    expect(await sentenceOf({ db: 'no.db' })).toMatch(/^There is no Task Copilot database at ".*no\.db"\.$/);
    expect(existsSync(join(place.repository, 'no.db'))).toBe(false);
    const junk = join(place.repository, 'junk.db');
    writeFileSync(junk, 'no database, '.repeat(200));
    expect(await sentenceOf({ db: junk })).toBe(`The database "${junk}" is not a SQLite database.`);
    const other = join(place.repository, 'other.db');
    const made = await makeDatabase(other, 2);
    made.exec('PRAGMA foreign_keys = OFF; ALTER TABLE streams RENAME TO rivers');
    expect(await sentenceOf({ db: other })).toMatch(
      /is not a Task Copilot database that weft knows\. Its tables: "agent_log", .*"rivers"/,
    );
    made.exec('ALTER TABLE rivers RENAME TO streams; ALTER TABLE tasks DROP COLUMN claimed_at');
    expect(await sentenceOf({ db: other })).toMatch(/it lacks "tasks\.claimed_at"\. Its tables: /);
    made.close();
  });

  test('reading writes nothing, and what is said to be wrong is taken back', async () => {
    const { path, add, all, exec } = await place.make(1);
    add({ id: 'a', metadata: { streamId: 'Stream-A' } });
    const store = createStore();
    const update = "UPDATE tasks SET title = 'x'";
    const read = await store.read(path, (database) => database.run(update));
    expect(read).toMatchObject({
      ok: false,
      failure: { sentence: `The database "${path}" may not be written by you.` },
    });
    const written = await store.write(path, (database) => database.run(update) !== 1);
    expect(written).toEqual({ ok: true, value: false });
    const broken = store.write(path, (database) => {
      database.run(update);
      throw new Error('Internal error: a test');
    });
    await expect(broken).rejects.toThrow('Internal error');
    // a lock that was left would be in the way of this one
    exec(`${update} || title`);
    expect(all('SELECT title FROM tasks')).toEqual([{ title: 'xTask a' }]);
    store.close();
  });

  test('who keeps it locked too long is told of, and nothing is left open', async () => {
    const { path } = await place.make(1);
    const neighbour = startNeighbour(path);
    await neighbour.exec('BEGIN IMMEDIATE');
    const store = createStore([1, 1]);
    expect(await store.write(path, () => true)).toMatchObject({
      ok: false,
      failure: { kind: 'environment', sentence: `The database "${path}" is kept locked by somebody else.` },
    });
    await neighbour.exec('COMMIT');
    await neighbour.stop();
    const look = (): Promise<unknown> => store.read(path, (database) => database.all('SELECT 1'));
    await look();
    const countOpen = (): number => readdirSync('/proc/self/fd').length;
    const open = countOpen();
    for (let times = 0; times < 20; times += 1) await look();
    expect(countOpen()).toBeLessThanOrEqual(open);
    store.close();
  });

  test('a database that was put in the place of another one is the one that is read', async () => {
    const { path, add } = await place.make(1);
    add({ id: 'a', metadata: { streamId: 'Before' } });
    const source = place.source();
    expect((await source.load()).drafts[0]?.id.value).toBe('Before');
    const next = await makeDatabase(join(place.root, 'next.db'), 1);
    next.add({ id: 'a', metadata: { streamId: 'After' } });
    next.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    for (const file of [path, `${path}-wal`, `${path}-shm`]) rmSync(file, { force: true });
    renameSync(join(place.root, 'next.db'), path);
    expect((await source.load()).drafts[0]?.id.value).toBe('After');
    next.close();
  });

  test('a change by another process is noticed, a look is not', async () => {
    const database = await place.make(1);
    database.add({ id: 'a', metadata: { streamId: 'Stream-A' } });
    const source = place.source();
    await source.load();
    const ending = new AbortController();
    let tell: () => void = () => {};
    let changes = 0;
    const watching = source.watch?.(() => {
      changes += 1;
      tell();
    }, ending.signal);
    const neighbour = startNeighbour(database.path);
    const changed = new Promise<void>((resolve) => {
      tell = resolve;
    });
    await source.load();
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(changes).toBe(0);
    await neighbour.exec(
      "INSERT INTO tasks (id, title, metadata, created_at, updated_at) VALUES ('b', 'B', '{\"streamId\":\"Stream-B\"}', '', '')",
    );
    await changed;
    expect((await source.load()).drafts).toHaveLength(2);
    await neighbour.stop();
    ending.abort();
    await watching;
  });

  test('progress is counted for dashboards', async () => {
    const database = await place.make(2);
    mkdirSync(join(place.root, 'elsewhere'));
    database.add(
      { id: 1, stream: 'Stream-A', status: 'completed' },
      { id: 2, stream: 'Stream-A', status: 'in_progress' },
      { id: 3, stream: 'Stream-B', status: 'cancelled' },
    );
    const { repository, home } = place;
    expect(await readStreamProgress({ repository, home, workspace: null, db: null })).toEqual({
      ok: true,
      value: [
        {
          id: 'Stream-A',
          name: 'Stream-A',
          state: 'working',
          completed: 1,
          inProgress: 1,
          pending: 0,
          blocked: 0,
          cancelled: 0,
        },
        {
          id: 'Stream-B',
          name: 'Stream-B',
          state: 'done',
          completed: 0,
          inProgress: 0,
          pending: 0,
          blocked: 0,
          cancelled: 1,
        },
      ],
    });
  });
});
