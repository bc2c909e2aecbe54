// What is written into Task Copilot databases: claims, standings, notes, activity, and nothing else.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { oid } from '../../../../src/core/model.ts';
import type { TaskReport } from '../../../../src/core/source.ts';
import type { SourcePort } from '../../../../src/ports/source.ts';
import { findDriverProblem, type MadeDatabase } from '../../../../src/testing/task-copilot/make-database.ts';
import { startNeighbour } from './neighbour.ts';
import { makePlace, makeReport, type Place } from './place.ts';

const problem = await findDriverProblem();
let place: Place;
beforeEach(() => {
  place = makePlace();
});
afterEach(() => place.remove());

const OURS = { ok: true, value: { kind: 'ours' } };
const LANDED = { phase: 'merged', landed: { commit: oid('a'.repeat(40)), ref: 'main' } } as const;

function statuses(database: MadeDatabase): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    database.all('SELECT id, status FROM tasks ORDER BY id').map(({ id, status }) => [id, status]),
  );
}

async function tell(source: SourcePort, rest: Partial<TaskReport> = {}): Promise<void> {
  expect(await source.report?.([makeReport('Stream-A', rest)])).toEqual({ ok: true, value: undefined });
}

describe.skipIf(problem !== null)(`writing to a database (${problem ?? 'there is a driver'})`, () => {
  async function makeFirst(): Promise<MadeDatabase> {
    const database = await place.make(1);
    database.add(
      { id: 'T1', notes: 'Mind the gap.', agent: 'me', metadata: { streamId: 'Stream-A' } },
      { id: 'T2', metadata: { streamId: 'Stream-A' } },
      { id: 'T3', metadata: { streamId: 'Stream-A' } },
      { id: 'U1', metadata: { streamId: 'Stream-B' } },
    );
    return database;
  }

  test('first generation: from claim to landing, one task after another', async () => {
    const database = await makeFirst();
    const source = place.source();
    await source.load();
    expect(await source.claim?.('Stream-A')).toEqual(OURS);
    expect(statuses(database)).toEqual({ T1: 'in_progress', T2: 'pending', T3: 'pending', U1: 'pending' });
    expect(database.all("SELECT notes FROM tasks WHERE id = 'T1'")).toEqual([
      { notes: 'Mind the gap.\n[weft r1] taken' },
    ]);

    await tell(source, { finished: ['T1', 'U1'] });
    expect(statuses(database)).toEqual({ T1: 'completed', T2: 'in_progress', T3: 'pending', U1: 'pending' });
    const question = { id: 'q1', text: 'Which port?', options: ['80', '8080'] };
    await tell(source, { finished: ['T1'], question });
    expect(database.all("SELECT status, blocked_reason FROM tasks WHERE id = 'T2'")).toEqual([
      { status: 'blocked', blocked_reason: 'Which port?\n1. 80\n2. 8080\nAnswer with: weft answer Stream-A' },
    ]);
    await tell(source, { finished: ['T1', 'T2', 'T3'], phase: 'committed' });
    expect(statuses(database)).toMatchObject({ T1: 'completed', T2: 'completed', T3: 'in_progress' });
    expect((await source.load()).standings?.size).toBe(0);
    expect(
      database.all(
        'SELECT stream_id, agent_id, task_id, activity_description, phase, completed_at FROM agent_activity',
      ),
    ).toEqual([
      {
        stream_id: 'Stream-A',
        agent_id: 'claude',
        task_id: 'T3',
        activity_description: 'Task T3',
        phase: 'committed',
        completed_at: null,
      },
    ]);

    await tell(source, LANDED);
    expect(statuses(database)).toEqual({ T1: 'completed', T2: 'completed', T3: 'completed', U1: 'pending' });
    expect(database.all("SELECT notes, blocked_reason FROM tasks WHERE id = 'T2'")).toEqual([
      { notes: '[weft r1] taken\n[weft r1] landed aaaaaaaaaaaa on main', blocked_reason: null },
    ]);
    expect((await source.load()).standings?.get('Stream-A')).toEqual({ kind: 'done' });
    expect(database.all('SELECT completed_at IS NULL AS open FROM agent_activity')).toEqual([{ open: 0 }]);
  });

  test('what is so already is left alone, and other columns are never touched', async () => {
    const database = await makeFirst();
    const source = place.source();
    const others = 'SELECT id, title, description, assigned_agent, metadata, created_at, archived FROM tasks';
    const before = database.all(others);
    await source.claim?.('Stream-A');
    const pull = { number: 7, url: 'https://forge/7' };
    const steps: readonly Partial<TaskReport>[] = [
      { phase: 'spawned' },
      { finished: ['T1'], pull },
      { phase: 'failed', reason: 'The gates failed.', pull },
      { ...LANDED, pull },
    ];
    for (const step of steps) {
      await tell(source, step);
      const written = database.all('SELECT * FROM tasks');
      const activity = database.all('SELECT * FROM agent_activity');
      const [version] = database.all('PRAGMA data_version');
      await tell(source, step);
      expect(database.all('SELECT * FROM tasks')).toEqual(written);
      expect(database.all('SELECT * FROM agent_activity')).toEqual(activity);
      expect(database.all('PRAGMA data_version')[0]).toEqual(version);
    }
    expect(database.all(others)).toEqual(before);
    expect(database.all("SELECT notes FROM tasks WHERE id = 'T1'")).toEqual([
      {
        notes:
          'Mind the gap.\n[weft r1] taken\n[weft r1] pull request https://forge/7\n[weft r1] landed aaaaaaaaaaaa on main',
      },
    ]);
  });

  test('second generation: claims, log and release', async () => {
    const database = await place.make(2);
    database.add({ id: 1, stream: 'Stream-A' }, { id: 2, stream: 'Stream-A' }, { id: 3, stream: 'Stream-B' });
    const source = place.source();
    expect(await source.claim?.('Stream-A')).toEqual(OURS);
    expect(await source.claim?.('Stream-A')).toEqual(OURS);
    const claims = 'SELECT id, status, claimed_by, claimed_at IS NOT NULL AS dated FROM tasks';
    expect(database.all(claims)).toEqual([
      { id: 1, status: 'in_progress', claimed_by: 'weft/r1', dated: 1 },
      { id: 2, status: 'pending', claimed_by: 'weft/r1', dated: 1 },
      { id: 3, status: 'pending', claimed_by: null, dated: 0 },
    ]);
    const failure = { phase: 'failed', reason: 'It crashed.', finished: ['1'] } as const;
    await tell(source, failure);
    await tell(source, failure);
    expect(statuses(database)).toEqual({ 1: 'completed', 2: 'blocked', 3: 'pending' });
    await tell(source, { phase: 'cancelled', finished: ['1'] });
    await tell(source, { phase: 'cancelled', finished: ['1'] });
    expect(database.all(claims).map((row) => Object.values(row).join(' '))).toEqual([
      '1 pending  0',
      '2 pending  0',
      '3 pending  0',
    ]);
    expect(
      database
        .all('SELECT * FROM agent_log')
        .map(({ agent, stream_id, task_id, action, details }) => [
          agent,
          stream_id,
          task_id,
          action,
          details,
        ]),
    ).toEqual([
      ['weft', 1, 1, 'claimed', null],
      ['weft', 1, 1, 'in_progress', null],
      ['weft', 1, 2, 'claimed', null],
      ['claude', 1, 1, 'completed', null],
      ['claude', 1, 2, 'blocked', 'It crashed.'],
      ['claude', 1, 1, 'released', null],
      ['claude', 1, 1, 'pending', null],
      ['claude', 1, 2, 'released', null],
      ['claude', 1, 2, 'pending', null],
    ]);
  });

  test('who was faster is named; a dead run of this repository is taken over, another one is not', async () => {
    const database = await place.make(2);
    database.add(
      { id: 1, stream: 'Stream-A' },
      { id: 2, stream: 'Stream-A', claimedBy: 'qa' },
      { id: 3, stream: 'Stream-B', claimedBy: 'weft/r0', status: 'in_progress' },
      { id: 4, stream: 'Stream-C', claimedBy: 'weft/elsewhere', status: 'in_progress' },
    );
    mkdirSync(join(place.repository, '.weft/runs/r0'), { recursive: true });
    const source = place.source();
    expect(await source.claim?.('Stream-A')).toEqual({ ok: true, value: { kind: 'taken', by: 'qa' } });
    expect(await source.claim?.('Stream-B')).toEqual(OURS);
    expect(await source.claim?.('Stream-C')).toEqual({
      ok: true,
      value: { kind: 'taken', by: 'run elsewhere of weft' },
    });
    expect(statuses(database)).toEqual({ 1: 'pending', 2: 'pending', 3: 'in_progress', 4: 'in_progress' });
    expect(await source.claim?.('Stream-X')).toMatchObject({ ok: false, failure: { kind: 'usage' } });
    await tell(source);
    expect(statuses(database)).toMatchObject({ 1: 'pending' });
  });

  test('first generation: a task in progress is somebody’s, unless this run or a dead one of the repository said so', async () => {
    const database = await place.make(1);
    database.add(
      { id: 'a', status: 'in_progress', agent: 'qa', metadata: { streamId: 'Stream-A' } },
      { id: 'b', status: 'in_progress', notes: '[weft r0] taken', metadata: { streamId: 'Stream-B' } },
      {
        id: 'c',
        status: 'pending',
        notes: '[weft r0] taken\n[weft r0] given back',
        metadata: { streamId: 'Stream-C' },
      },
    );
    const source = place.source();
    expect(await source.claim?.('Stream-A')).toEqual({ ok: true, value: { kind: 'taken', by: 'qa' } });
    expect(await source.claim?.('Stream-B')).toMatchObject({
      value: { kind: 'taken', by: 'run r0 of weft' },
    });
    mkdirSync(join(place.repository, '.weft/runs/r0'), { recursive: true });
    expect(await source.claim?.('Stream-B')).toEqual(OURS);
    expect(await source.claim?.('Stream-C')).toEqual(OURS);
    expect((await place.source().load()).standings?.get('Stream-A')).toMatchObject({ kind: 'held' });
  });

  test('a task that was added after the agent was told stays open when the stream lands', async () => {
    const database = await makeFirst();
    const source = place.source();
    await source.load();
    database.add({ id: 'T4', metadata: { streamId: 'Stream-A' } });
    await source.claim?.('Stream-A');
    database.add({ id: 'T5', metadata: { streamId: 'Stream-A' } });
    await tell(source, LANDED);
    expect(statuses(database)).toMatchObject({ T3: 'completed', T4: 'pending', T5: 'pending' });
    expect((await source.load()).standings?.get('Stream-A')).toBeUndefined();
  });

  test.each([1, 2] as const)(
    'generation %d: what an agent completed itself is open again when it failed, whoever tells that',
    async (generation) => {
      const database = await place.make(generation);
      const tasks = [1, 2].map((id) => ({ id: generation === 1 ? `${id}` : id, stream: 'Stream-A' }));
      database.add(...tasks.map((one) => ({ ...one, metadata: { streamId: 'Stream-A' } })));
      await place.source().claim?.('Stream-A');
      database.exec("UPDATE tasks SET status = 'completed'");
      // a source that has seen nothing of the work
      await tell(place.source(), { phase: 'failed', reason: 'It crashed.' });
      expect(statuses(database)).toEqual({ 1: 'completed', 2: 'blocked' });
      database.exec("UPDATE tasks SET status = 'completed'");
      await tell(place.source(), { phase: 'failed', reason: 'It crashed.', isTold: true });
      expect(statuses(database)).toEqual({ 1: 'completed', 2: 'completed' });
    },
  );

  test('a neighbour who writes all the time loses nothing and is in nobody’s way', async () => {
    const database = await makeFirst();
    const neighbour = startNeighbour(database.path);
    const source = place.source();
    let writes = 0;
    let isOver = false;
    const write = async (): Promise<void> => {
      while (!isOver) {
        writes += 1;
        await neighbour.exec(
          `UPDATE tasks SET notes = coalesce(notes, '') || char(10) || 'n${writes}' WHERE id LIKE 'T%'`,
        );
      }
    };
    const writing = write();
    expect(await source.claim?.('Stream-A')).toEqual(OURS);
    for (const finished of [[], ['T1'], ['T1', 'T2']]) {
      await tell(source, { finished });
      expect((await source.load()).drafts).toHaveLength(2);
    }
    isOver = true;
    await writing;
    await neighbour.stop();
    expect(statuses(database)).toMatchObject({ T1: 'completed', T2: 'completed', T3: 'in_progress' });
    for (const { notes } of database.all("SELECT notes FROM tasks WHERE id LIKE 'T%'")) {
      const lines = String(notes).split('\n');
      expect(lines.filter((line) => /^n\d+$/.test(line))).toHaveLength(writes);
      expect(lines.filter((line) => line === '[weft r1] taken')).toHaveLength(1);
    }
  });

  test('a neighbour in the middle of a write is waited for, and read past', async () => {
    const database = await makeFirst();
    const neighbour = startNeighbour(database.path);
    const source = place.source();
    await neighbour.exec(
      "BEGIN IMMEDIATE; UPDATE tasks SET title = 'half', notes = 'Mind me.' WHERE id = 'T1'",
    );
    expect((await source.load()).drafts[0]?.body).toContain('1. Task T1');
    let claimed = false;
    const claiming = source.claim?.('Stream-A').then((result) => {
      claimed = true;
      return result;
    });
    await source.load();
    expect(claimed).toBe(false);
    await neighbour.exec('COMMIT');
    expect(await claiming).toEqual(OURS);
    await neighbour.stop();
    // the claim looked before the other's write was there, and again after it
    expect(database.all("SELECT notes, status FROM tasks WHERE id = 'T1'")).toEqual([
      { notes: 'Mind me.\n[weft r1] taken', status: 'in_progress' },
    ]);
    expect(database.all('PRAGMA journal_mode')).toEqual([{ journal_mode: 'wal' }]);
  });
});
