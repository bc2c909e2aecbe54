// Streams of Task Copilot databases as tasks of the real command line, beside another process that writes there.
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  findDriverProblem,
  type MadeDatabase,
  type MadeTask,
  makeDatabase,
} from '../../src/testing/task-copilot/make-database.ts';
import { createTempRepo, type TempRepo } from '../../src/testing/temp-repo.ts';
import { startNeighbour } from '../adapters/source/task-copilot/neighbour.ts';
import { type Ended, journalSays, type Running, readJournal, startWeft } from './cli.ts';
import { type Step, type TestTask, writeScript } from './rig.ts';
import { letGo, task, waitFor } from './shop.ts';

const problem = await findDriverProblem();

interface Office {
  readonly repo: TempRepo;
  readonly database: MadeDatabase;
  run(...args: readonly string[]): Running;
  weft(...args: readonly string[]): Promise<Ended>;
  phases(): Promise<Readonly<Record<string, string>>>;
  statuses(): Readonly<Record<string, string>>;
}

/** Opens a repository with a database of a generation, where its program keeps it; it ends with the test. */
async function openOffice(
  generation: 1 | 2,
  {
    agents,
    items,
    at,
    config,
  }: { agents: readonly TestTask[]; items: readonly MadeTask[]; at?: string; config?: object },
): Promise<Office> {
  const repo = await createTempRepo();
  onTestFinished(() => repo.remove());
  await writeScript(repo, [agents], { gates: { tier0: ['true'] }, ...config });
  await repo.git('branch', '-M', 'main');
  const home = join(repo.path, '.git', 'home');
  await mkdir(home, { recursive: true });
  const name = repo.path.split('/').at(-1) ?? '';
  const usual =
    generation === 1
      ? join(home, '.claude/tasks', name, 'tasks.db')
      : join(repo.path, '.copilot', 'tasks.db');
  const database = await makeDatabase(at === undefined ? usual : join(home, at), generation);
  onTestFinished(() => database.close());
  database.add(...items);
  const run = (...args: readonly string[]): Running => startWeft(repo.path, args, { HOME: home });
  return {
    repo,
    database,
    run,
    weft: (...args) => run(...args).ended,
    phases: async () => {
      const { tasks } = JSON.parse((await run('status', '--json').ended).out) as {
        tasks: readonly { id: string; phase: string }[];
      };
      return Object.fromEntries(tasks.map(({ id, phase }) => [id, phase]));
    },
    statuses: () =>
      Object.fromEntries(
        database
          .all('SELECT id, status FROM tasks ORDER BY id')
          .map(({ id, status }) => [id, String(status)]),
      ),
  };
}

/** A task of a stream of the first generation. */
function item(id: string, stream: string, dependencies: readonly string[] = []): MadeTask {
  return { id, metadata: { streamId: stream, dependencies } };
}

function work(id: string): readonly Step[] {
  return task(id).acts as readonly Step[];
}

/** A record of an attempt that failed. */
interface Failed {
  readonly ms: number;
  readonly event: { readonly task: string; readonly then: { readonly kind: string; readonly at?: number } };
}

const CHAIN = [item('T1', 'Stream-A'), item('T2', 'Stream-A'), item('U1', 'Stream-B', ['Stream-A'])];

describe.skipIf(problem !== null)(`streams (${problem ?? 'there is a driver'})`, () => {
  it('of the first generation run in the order of what they need, and their tasks are told of it', async () => {
    const office = await openOffice(1, { agents: [task('Stream-A'), task('Stream-B')], items: CHAIN });
    const { code, out, err } = await office.weft('run', 'task-copilot');
    expect(err).toBe('');
    expect(code, out).toBe(0);
    expect(office.statuses()).toEqual({ T1: 'completed', T2: 'completed', U1: 'completed' });
    expect(String(office.database.all("SELECT notes FROM tasks WHERE id = 'U1'")[0]?.['notes'])).toMatch(
      /^\[weft \S+\] taken\n\[weft \S+\] landed [0-9a-f]{12} on main$/,
    );
    const log = await office.repo.git('log', '--reverse', '--format=%s', 'main');
    expect(log.indexOf('Stream-A')).toBeLessThan(log.indexOf('Stream-B'));
    const lines = await office.weft('watch-status', '--porcelain');
    expect(lines.out).toBe(
      'OVERALL 3 3 0 0 100\nSTREAM Stream-A 2 2 100 0 0 0 Stream-A\nSTREAM Stream-B 1 1 100 0 0 0 Stream-B\n',
    );
  });

  it('of the second generation, with a stream of their own added while the run goes on', async () => {
    const waits: TestTask = { id: 'api', acts: [waitFor('go'), ...work('api')] };
    const office = await openOffice(2, {
      agents: [waits, task('web'), task('late')],
      items: [
        { id: 1, stream: 'api' },
        { id: 2, stream: 'web', needs: [1] },
      ],
    });
    const neighbour = startNeighbour(office.database.path);
    onTestFinished(() => neighbour.stop());
    const running = office.run('run', 'task-copilot');
    await journalSays(office.repo.path, '"attempt.started"', running);
    await neighbour.exec(
      "INSERT INTO streams (name) VALUES ('late'); INSERT INTO tasks (stream_id, title) VALUES ((SELECT id FROM streams WHERE name = 'late'), 'Late')",
    );
    await journalSays(office.repo.path, '"plan.changed"', running);
    await letGo(office, 'go');
    const { code, out } = await running.ended;
    expect(code, out).toBe(0);
    expect(await office.phases()).toEqual({ api: 'merged', web: 'merged', late: 'merged' });
    expect(office.statuses()).toEqual({ 1: 'completed', 2: 'completed', 3: 'completed' });
    expect(office.database.all('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
  });

  it('one alone does not begin before what it needs, and nobody else’s is touched', async () => {
    const office = await openOffice(1, {
      agents: [task('Stream-A'), task('Stream-B'), task('Stream-C')],
      items: [...CHAIN, item('V1', 'Stream-C', ['Stream-A'])],
    });
    const pending = { T1: 'pending', T2: 'pending', U1: 'pending', V1: 'pending' };
    const first = await office.weft('run', 'task-copilot', 'stream-b');
    expect(first.code, first.err).toBe(3);
    expect(first.out).toContain('Stream-B  is not begun: it needs "Stream-A" (0 of 2 tasks), not complete');
    expect(await office.phases()).toEqual({ 'Stream-B': 'waiting' });
    expect(office.statuses()).toEqual(pending);
    expect(await office.repo.git('worktree', 'list')).not.toContain('\n');
    const second = await office.weft('run', 'task-copilot', 'Stream-A');
    expect(second.code, second.out + second.err).toBe(0);
    expect(await office.phases()).toEqual({ 'Stream-A': 'merged' });
    expect(office.statuses()).toEqual({ ...pending, T1: 'completed', T2: 'completed' });
    const third = await office.weft('run', 'task-copilot', 'Stream-B');
    expect(third.code, third.out + third.err).toBe(0);
    expect(await office.phases()).toEqual({ 'Stream-B': 'merged' });
    expect(office.statuses()).toEqual({
      ...{ T1: 'completed', T2: 'completed', U1: 'completed' },
      V1: 'pending',
    });
    const log = (await office.repo.git('log', '--first-parent', '--format=%s', 'main')).split('\n');
    expect(log.slice(0, 2)).toEqual([
      expect.stringContaining('Stream-B'),
      expect.stringContaining('Stream-A'),
    ]);
  });

  it('whose agent asks are blocked there with what to type, and go on with the answer', async () => {
    const asks: TestTask = {
      id: 'Stream-A',
      acts: { 1: [{ ask: { question: 'Which port?', options: ['80', '8080'] } }], default: work('Stream-A') },
    };
    const office = await openOffice(1, { agents: [asks], items: CHAIN.slice(0, 2) });
    const { code, out } = await office.weft('run', 'task-copilot');
    expect(code, out).toBe(3);
    expect(office.database.all("SELECT status, blocked_reason FROM tasks WHERE id = 'T1'")).toEqual([
      {
        status: 'blocked',
        blocked_reason: 'Which port?\n1. 80\n2. 8080\nAnswer with: weft answer Stream-A',
      },
    ]);
    await office.weft('answer', 'Stream-A', '2');
    const second = await office.weft('resume');
    expect(second.code, second.out).toBe(0);
    expect(office.database.all("SELECT status, blocked_reason FROM tasks WHERE id = 'T1'")).toEqual([
      { status: 'completed', blocked_reason: null },
    ]);
  });

  it('whose worker dies are begun again with growing waits while they get on, and not for what no retry cures [C5]', async () => {
    const run = '[ $WEFT_TASK = Stream-A ] || exit 127; echo x >>a.txt; [ $WEFT_ATTEMPT = 10 ] || exit 7';
    const office = await openOffice(1, {
      agents: [],
      items: [item('T1', 'Stream-A'), item('U1', 'Stream-B')],
      config: { agent: 'sh', agents: { sh: { kind: 'command', run } }, limits: { backoffMs: 4 } },
    });
    const { code, out } = await office.weft('run', 'task-copilot');
    expect(code, out).toBe(1);
    expect(await office.phases()).toEqual({ 'Stream-A': 'merged', 'Stream-B': 'failed' });
    expect(office.statuses()).toEqual({ T1: 'completed', U1: 'blocked' });
    const [folder = ''] = await readdir(join(office.repo.path, '.weft/runs'));
    const journal = await readJournal(join(office.repo.path, '.weft/runs', folder));
    const failures = journal
      .split('\n')
      .filter((line) => line.includes('"type":"attempt.failed"'))
      .map((line) => JSON.parse(line.slice(line.indexOf('{'))) as Failed);
    const of = (id: string): readonly Failed[] => failures.filter(({ event }) => event.task === id);
    expect(of('Stream-B').map(({ event }) => event.then.kind)).toEqual(['give-up']);
    const waits = of('Stream-A').map(({ ms, event }) => (event.then.at ?? 0) - ms);
    expect(waits).toHaveLength(9);
    expect(waits).toEqual([...waits].sort((one, other) => one - other));
    expect(waits.at(-1)).toBeGreaterThan(500);
  });

  it('about which weft asks are told what to type, with their own name', async () => {
    const office = await openOffice(1, {
      agents: [{ id: 'Stream-A', acts: [{ run: 'kill -9 $PPID' }] }],
      items: [item('T1', 'Stream-A')],
      config: { limits: { backoffMs: 1 } },
    });
    expect((await office.weft('run', 'task-copilot')).code).toBe(3);
    const [row] = office.database.all('SELECT blocked_reason FROM tasks');
    expect(row?.['blocked_reason']).toContain('then `weft done Stream-A`');
  });

  it('are told which of their tasks are finished while the others are at work', async () => {
    const say = { status: 'working', note: 'half of it', finished: ['T1'] };
    const half = { run: `printf '%s' '${JSON.stringify(say)}' > "$WEFT_STATUS_FILE"` };
    const agent: TestTask = { id: 'Stream-A', acts: [half, waitFor('go'), ...work('Stream-A')] };
    const office = await openOffice(1, { agents: [agent], items: CHAIN.slice(0, 2) });
    const running = office.run('run', 'task-copilot');
    await vi.waitFor(() => expect(office.statuses()).toEqual({ T1: 'completed', T2: 'in_progress' }), 20_000);
    await letGo(office, 'go');
    expect((await running.ended).code).toBe(0);
    expect(office.statuses()).toEqual({ T1: 'completed', T2: 'completed' });
  });

  it('are found by workspace, by path and by the hash of the path', async () => {
    const items = [item('T1', 'Stream-A')];
    const office = await openOffice(1, {
      agents: [task('Stream-A')],
      items,
      at: '.claude/tasks/other/tasks.db',
    });
    const none = await office.weft('run', 'task-copilot', '--dry-run');
    expect([none.code, none.err]).toEqual([2, expect.stringContaining('There is no Task Copilot database')]);
    const named = await office.weft('run', 'task-copilot', '--workspace', 'other', '--dry-run');
    expect(named.code, named.err).toBe(0);
    const { code, out } = await office.weft('run', 'task-copilot', '--db', office.database.path);
    expect(code, out).toBe(0);
    expect(office.statuses()).toEqual({ T1: 'completed' });
  });

  it.each([
    ['no streams', [{ id: 'T1' }], /No streams found in Task Copilot database/, /metadata\.streamId/],
    [
      'a circle',
      [item('T1', 'A', ['B']), item('U1', 'B', ['C']), item('V1', 'C', ['A'])],
      /A → B → C → A|B → C → A → B|C → A → B → C/,
      /\w/,
    ],
    [
      'an unknown stream',
      [item('T1', 'A', ['Bee']), item('U1', 'Beee')],
      /depends on "Bee"/,
      /Did you mean "Beee"/,
    ],
  ] as const)('with %s are refused with what to do', async (_, items, sentence, hint) => {
    const office = await openOffice(1, { agents: [], items });
    const { code, err } = await office.weft('run', 'task-copilot');
    expect(code, err).toBe(2);
    expect(err).toMatch(sentence);
    expect(err).toMatch(hint);
  });

  it('go on in the database that they began in, from another home and beside a newer one', async () => {
    const office = await openOffice(1, { agents: [task('Stream-A')], items: [item('T1', 'Stream-A')] });
    const running = office.run('run', 'task-copilot');
    await journalSays(office.repo.path, '"attempt.started"', running);
    process.kill(-(running.child.pid ?? 0), 'SIGKILL');
    await running.ended;
    const newer = await makeDatabase(join(office.repo.path, '.copilot', 'tasks.db'), 1);
    onTestFinished(() => newer.close());
    newer.add(item('X1', 'Stream-X'));
    const { code, out, err } = await startWeft(office.repo.path, ['run', 'task-copilot'], {
      HOME: join(office.repo.path, '.git', 'elsewhere'),
    }).ended;
    expect(code, out + err).toBe(0);
    expect(out).toMatch(/^run \S+ goes on/);
    expect(office.statuses()).toEqual({ T1: 'completed' });
    expect(newer.all('SELECT status FROM tasks')).toEqual([{ status: 'pending' }]);
  });

  it('an engine that is killed goes on with them, and says nothing twice', async () => {
    for (const moment of ['"attempt.started"', '"task.queued"']) {
      const office = await openOffice(1, { agents: [task('Stream-A'), task('Stream-B')], items: CHAIN });
      const running = office.run('run', 'task-copilot');
      await journalSays(office.repo.path, moment, running);
      process.kill(-(running.child.pid ?? 0), 'SIGKILL');
      await running.ended;
      const { code, out } = await office.weft('resume');
      expect(code, out).toBe(0);
      expect(office.statuses()).toEqual({ T1: 'completed', T2: 'completed', U1: 'completed' });
      const notes = String(office.database.all("SELECT notes FROM tasks WHERE id = 'T1'")[0]?.['notes']);
      expect(notes.split('\n').map((line) => line.split('] ')[1]?.split(' ')[0])).toEqual([
        'taken',
        'landed',
      ]);
      expect(office.database.all('SELECT count(*) AS rows FROM agent_activity')).toEqual([{ rows: 2 }]);
    }
  });

  it('which its agent completed is open again when it failed, also when weft was killed before it could tell', async () => {
    const agent: TestTask = { id: 'Stream-A', acts: [waitFor('go'), ...work('Stream-A'), { exit: 1 }] };
    const office = await openOffice(1, {
      agents: [agent],
      items: CHAIN.slice(0, 2),
      config: { limits: { attempts: 1 } },
    });
    const running = office.run('run', 'task-copilot');
    await vi.waitFor(() => expect(office.statuses()['T1']).toBe('in_progress'), 20_000);
    const hand = startNeighbour(office.database.path);
    onTestFinished(() => hand.stop());
    await hand.exec("UPDATE tasks SET status = 'completed'");
    // nobody else can write until it is over
    await hand.exec('BEGIN IMMEDIATE');
    await letGo(office, 'go');
    await journalSays(office.repo.path, '"attempt.failed"', running);
    process.kill(-(running.child.pid ?? 0), 'SIGKILL');
    await running.ended;
    await hand.exec('ROLLBACK');
    expect(office.statuses()).toEqual({ T1: 'completed', T2: 'completed' });
    expect((await office.weft('resume')).code).toBe(1);
    expect(office.statuses()).toEqual({ T1: 'completed', T2: 'blocked' });
    // what people complete now stays
    await hand.exec("UPDATE tasks SET status = 'completed'");
    expect((await office.weft('resume')).code).toBe(1);
    expect(office.statuses()).toEqual({ T1: 'completed', T2: 'completed' });
  });
});
