// What is read from Task Copilot databases of both generations.
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_POLICY } from '../../../../src/core/model.ts';
import { compilePlan } from '../../../../src/core/plan/compile.ts';
import type { Loaded } from '../../../../src/ports/source.ts';
import { findDriverProblem, makeDatabase } from '../../../../src/testing/task-copilot/make-database.ts';
import { makePlace, type Place } from './place.ts';

const problem = await findDriverProblem();
let place: Place;
beforeEach(() => {
  place = makePlace();
});
afterEach(() => place.remove());

function edgesOf(loaded: Loaded): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    loaded.drafts.map(({ id, dependencies }) => [id.value, dependencies.map(({ task }) => task)]),
  );
}

describe.skipIf(problem !== null)(`streams of a database (${problem ?? 'there is a driver'})`, () => {
  test('first generation: tasks of a stream become one task with an ordered list', async () => {
    const database = await place.make(1);
    database.add(
      {
        id: 'TASK-2',
        title: 'Routes',
        description: 'Serve them.',
        metadata: { streamId: 'Stream-A', dependencies: ['TASK-3'], files: ['src/api.ts'] },
      },
      {
        id: 'TASK-3',
        title: 'Schema',
        metadata: {
          streamId: 'Stream-A',
          streamName: 'API',
          streamPaths: ['src/db/', 'src/api.ts'],
          acceptanceCriteria: ['it migrates'],
        },
      },
      { id: 'TASK-4', title: 'Old', status: 'completed', metadata: { streamId: 'Stream-A' } },
      { id: 'TASK-9', title: 'Gone', archived: true, metadata: { streamId: 'Stream-A', files: ['x'] } },
    );
    const loaded = await place.source().load();
    expect(loaded.diagnostics).toEqual([]);
    const [draft] = loaded.drafts;
    expect(draft).toMatchObject({
      id: { value: 'Stream-A' },
      title: 'API',
      track: 'Stream-A',
      ref: 'Stream-A',
    });
    expect(draft?.owns?.map(({ value }) => value)).toEqual(['src/db/', 'src/api.ts']);
    const body = draft?.body ?? '';
    expect(body.indexOf('## 1. Schema (`TASK-3`)')).toBeGreaterThan(0);
    expect(body.indexOf('## 2. Routes (`TASK-2`)')).toBeGreaterThan(body.indexOf('- it migrates'));
    expect(body).toContain('Done before you came:\n\n- Old (`TASK-4`)');
    expect(body).toContain('`"finished": ["TASK-3"]`');
    expect(body).not.toContain('Gone');
    expect(loaded.standings?.size).toBe(0);
  });

  test('dependencies are the union of both keys over all tasks, whatever the letters', async () => {
    const database = await place.make(1);
    database.add(
      { id: 'a', metadata: { streamId: 'Stream-A' } },
      { id: 'b', metadata: { streamId: 'Stream-B', streamName: 'Backend' } },
      { id: 'c', metadata: { streamId: 'Stream-C' } },
      { id: 'z1', metadata: { streamId: 'Stream-Z', dependencies: ['Stream-A'] } },
      { id: 'z2', metadata: { streamId: 'Stream-Z', dependencies: ['stream-a', 'backend'] } },
      { id: 'z3', metadata: { streamId: 'Stream-Z', streamDependencies: ['c'] } },
    );
    const loaded = await place.source().load();
    expect(edgesOf(loaded)).toEqual({
      'Stream-A': [],
      'Stream-B': [],
      'Stream-C': [],
      'Stream-Z': ['Stream-A', 'Stream-B', 'Stream-C'],
    });
  });

  test('second generation: dependencies between tasks are edges between streams, or an order inside', async () => {
    const database = await place.make(2);
    database.add(
      { id: 1, stream: 'core', priority: 3 },
      { id: 2, stream: 'core', priority: 0, title: 'Urgent' },
      { id: 3, stream: 'user interface', needs: [1] },
      { id: 4, stream: 'user interface', needs: [3], priority: 0, metadata: { dependencies: ['core'] } },
    );
    const loaded = await place.source().load();
    expect(loaded.diagnostics).toEqual([]);
    const [core, ui] = loaded.drafts;
    expect(core?.body.indexOf('1. Urgent')).toBeGreaterThan(0);
    expect(core?.priority).toBe(0);
    expect(ui?.id.value).toMatch(/^user-interface-[0-9a-f]{8}$/);
    expect(ui?.title).toBe('user interface');
    expect(ui?.dependencies.map(({ task }) => task)).toEqual(['core']);
    expect(ui?.body.indexOf('(`3`)')).toBeLessThan(ui?.body.indexOf('(`4`)') ?? 0);
  });

  test('an unknown stream is named with the nearest; a circle is for the compiler', async () => {
    const database = await place.make(1);
    database.add(
      { id: 't1', metadata: { streamId: 'Stream-A', dependencies: ['Stream-B', 'Straem-B'] } },
      { id: 't2', metadata: { streamId: 'Stream-B', dependencies: ['Stream-A'] } },
    );
    const loaded = await place.source().load();
    expect(loaded.diagnostics).toEqual([
      {
        position: null,
        sentence:
          'Stream "Stream-A" depends on "Straem-B" (says task t1), which is no stream of this database.',
        fix: 'Did you mean "Stream-B"?',
      },
    ]);
    expect(edgesOf(loaded)).toEqual({ 'Stream-A': ['Stream-B'], 'Stream-B': ['Stream-A'] });
  });

  test('what is over is done, with the cancelled tasks named; what is paused, taken or waits for a loose task is held', async () => {
    const database = await place.make(2);
    database.add(
      { id: 1, stream: 'all', status: 'completed' },
      { id: 2, stream: 'all', status: 'cancelled', title: 'Not wanted' },
      { id: 3, stream: 'none', status: 'cancelled' },
      { id: 4, stream: 'paused' },
      { id: 5, stream: 'claimed', claimedBy: 'qa', status: 'in_progress' },
      { id: 6, stream: 'waits', needs: [7, 8] },
      { id: 7, title: 'Buy the domain' },
      { id: 8, status: 'completed' },
      { id: 9, stream: 'open', needs: [2, 3] },
    );
    database.exec("UPDATE streams SET status = 'paused' WHERE name = 'paused'");
    const loaded = await place.source().load();
    expect(Object.fromEntries(loaded.standings ?? [])).toEqual({
      all: { kind: 'done' },
      none: { kind: 'done' },
      paused: { kind: 'held', why: 'the stream is paused in Task Copilot' },
      claimed: {
        kind: 'held',
        why: 'taken by qa: "Task 5" is in progress there; where nobody is at work on it, set it back to pending',
      },
      waits: { kind: 'held', why: 'it needs "7 Buy the domain", in no stream and not completed' },
    });
    expect(loaded.notes).toEqual([
      '1 of the open tasks is in no stream and was left out.',
      'Stream "all" counts as complete, with "Not wanted" cancelled.',
      'Stream "none" counts as complete, with "Task 3" cancelled.',
    ]);
    expect(edgesOf(loaded)['open']).toEqual([]);
  });

  test('one stream alone: complete dependencies are done, others hold it and are named', async () => {
    const database = await place.make(1);
    database.add(
      { id: 'a', status: 'completed', metadata: { streamId: 'Stream-A' } },
      { id: 'b1', status: 'completed', metadata: { streamId: 'Stream-B' } },
      { id: 'b2', metadata: { streamId: 'Stream-B' } },
      { id: 'c', metadata: { streamId: 'Stream-C', dependencies: ['Stream-A', 'Stream-B'] } },
    );
    const loaded = await place.source({ stream: 'stream-c' }).load();
    expect(edgesOf(loaded)).toEqual({ 'Stream-C': ['Stream-A'] });
    expect(Object.fromEntries(loaded.standings ?? [])).toEqual({
      'Stream-A': { kind: 'done' },
      'Stream-C': {
        kind: 'held',
        why: 'it needs "Stream-B" (1 of 2 tasks), not complete and not part of this run; `weft run task-copilot` runs all streams',
      },
    });
    database.exec("UPDATE tasks SET status = 'completed' WHERE id = 'b2'");
    const after = await place.source({ stream: 'Stream-C' }).load();
    expect(edgesOf(after)).toEqual({ 'Stream-C': ['Stream-A', 'Stream-B'] });
    expect([...(after.standings?.keys() ?? [])]).toEqual(['Stream-A', 'Stream-B']);
    const missing = await place.source({ stream: 'Stream-D' }).load();
    expect(missing.diagnostics).toMatchObject([
      {
        sentence: 'There is no stream "Stream-D" in the Task Copilot database.',
        fix: 'Did you mean "Stream-A"?',
      },
    ]);
  });

  test('no stream, archived streams and metadata that is no JSON are told', async () => {
    const database = await place.make(1);
    database.add({ id: 'l' }, { id: 'x', archived: true, metadata: { streamId: 'Stream-A' } });
    const { diagnostics } = await place.source().load();
    expect(diagnostics).toEqual([
      {
        position: null,
        sentence: `No streams found in Task Copilot database "${database.path}": its one task is in none; a stream is archived.`,
        fix: 'Give tasks `metadata.streamId` and `metadata.dependencies`, with task_update or by asking @agent-ta, then run this again.',
      },
    ]);
    database.add(
      { id: 'odd', metadata: '{' },
      { id: 'b', metadata: { streamId: 'Stream-B', dependencies: ['Stream-A'] } },
    );
    const loaded = await place.source().load();
    expect(loaded.diagnostics).toEqual([]);
    expect(loaded.notes).toEqual([
      'Stream "Stream-B" needs "Stream-A", which is archived and counts as complete.',
      '2 of the open tasks are in no stream and were left out.',
      'The metadata of "odd" is not JSON and was passed over.',
    ]);
  });

  test('one stream alone is not kept from running by what others lack', async () => {
    const database = await place.make(1);
    database.add(
      { id: 'a', metadata: { streamId: 'Stream-A', dependencies: ['Nowhere'] } },
      { id: 'b', metadata: { streamId: 'Stream-B' } },
    );
    expect((await place.source().load()).diagnostics).toHaveLength(1);
    expect((await place.source({ stream: 'Stream-B' }).load()).diagnostics).toEqual([]);
  });

  test('a name with signs is a path like others', async () => {
    const db = join(place.root, 'a b#c?d%20', 'tasks.db');
    const database = await makeDatabase(db, 2);
    database.add({ id: 1, stream: 'Stream-A' });
    const source = place.source({ db });
    expect((await source.load()).drafts).toHaveLength(1);
    expect(await source.claim?.('Stream-A')).toEqual({ ok: true, value: { kind: 'ours' } });
    database.close();
  });

  test('the plan compiles', async () => {
    const database = await place.make(2);
    database.add({ id: 1, stream: 'A b', metadata: { files: ['src/a.ts', `${place.repository}/src/b/`] } });
    database.add({ id: 2, stream: 'C', needs: [1], metadata: { files: ['docs'] } });
    const { drafts } = await place.source().load();
    const plan = compilePlan(drafts, { policy: DEFAULT_POLICY });
    if (!plan.ok) throw new Error(JSON.stringify(plan.failure));
    expect(plan.value.tasks.map(({ owns }) => owns)).toEqual([['src/a.ts', 'src/b/**'], ['docs/**']]);
    expect(plan.value.tasks[1]?.edges.map(({ task }) => task)).toEqual([plan.value.tasks[0]?.id]);
  });
});
