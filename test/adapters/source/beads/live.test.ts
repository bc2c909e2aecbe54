// The source over a real database, with the real `bd`.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBeadsSource } from '../../../../src/adapters/source/beads/beads-source.ts';
import { findBeadsDir, probeBeads } from '../../../../src/adapters/source/beads/probe.ts';
import type { TaskReport } from '../../../../src/core/source.ts';
import type { SourcePort } from '../../../../src/ports/source.ts';
import {
  ALL,
  bd,
  commentsOf,
  depends,
  findObstacle,
  look,
  openYard,
  report,
  row,
  seed,
  type Yard,
} from './stage.ts';

const obstacle = findObstacle();

function open(repository: string, run = 'r1'): SourcePort {
  const beadsDir = findBeadsDir({ repository, env: {} });
  const abilities = { batch: true, heartbeat: false, events: false };
  const found = { kind: 'bd', program: 'bd', version: '1.0.5', beadsDir, abilities } as const;
  return createBeadsSource({ repository, run, spec: ALL, found });
}

async function tell(source: SourcePort, ...reports: readonly TaskReport[]): Promise<void> {
  expect(await source.report?.(reports)).toEqual({ ok: true, value: undefined });
}

/** How the manifest of the database stands: it differs after every write. */
function revision(repository: string): string {
  return readFileSync(join(repository, '.beads/embeddeddolt/t/.dolt/noms/manifest'), 'utf8');
}

describe.skipIf(obstacle !== null)(`with the real bd${obstacle === null ? '' : `: ${obstacle}`}`, () => {
  let yard: Yard;
  beforeAll(() => {
    yard = openYard({ withDatabase: true });
  }, 60_000);
  afterAll(() => yard.remove());

  test('the probe names version, place and abilities', async () => {
    const repository = yard.repository();
    const found = await probeBeads({ repository, env: {} });
    expect(found).toMatchObject({
      ok: true,
      value: {
        kind: 'bd',
        beadsDir: join(repository, '.beads'),
        version: expect.stringMatching(/^\d+\.\d+/),
      },
    });
  });

  test('what people made is loaded: epics, gates, edges, labels, metadata', async () => {
    const repository = yard.repository();
    seed(repository, [
      row('t-e', { issue_type: 'epic' }),
      row('t-e.1', {
        description: '- begins with a dash',
        dependencies: [depends('t-e.1', 't-e', 'parent-child')],
        metadata: { owns: ['src/**'] },
      }),
      row('t-e.2', { dependencies: [depends('t-e.2', 't-e', 'parent-child'), depends('t-e.2', 't-e.1')] }),
      row('t-g', { issue_type: 'gate' }),
      row('t-w', { dependencies: [depends('t-w', 't-g')] }),
      row('t-c', { status: 'closed', closed_at: '2026-01-02T00:00:00Z' }),
    ]);
    const source = open(repository);
    const { drafts, diagnostics, standings } = await source.load();
    expect(diagnostics).toEqual([]);
    const printed = drafts.map(({ id, dependencies, track, owns }) => ({
      id: id.value,
      on: dependencies.map(({ task }) => task),
      track,
      owns: owns?.map(({ value }) => value),
    }));
    expect(printed.sort((a, b) => (a.id < b.id ? -1 : 1))).toEqual([
      { id: 't-e.1', on: [], track: 't-e', owns: ['src/**'] },
      { id: 't-e.2', on: ['t-e.1'], track: 't-e', owns: undefined },
      { id: 't-w', on: [], track: null, owns: undefined },
    ]);
    expect(standings?.get('t-w')).toEqual({
      kind: 'held',
      why: 'for t-g, which is an open gate (`bd show t-g`)',
    });
    expect(standings?.get('t-c')).toEqual({ kind: 'done' });
  });

  test('a task from claim to landing: one label at a time, told once, its epic closed with it', async () => {
    const repository = yard.repository();
    seed(repository, [
      row('t-e', { issue_type: 'epic' }),
      row('t-e.1', {
        labels: ['mine', 'phase:odd'],
        dependencies: [depends('t-e.1', 't-e', 'parent-child')],
      }),
    ]);
    const source = open(repository);
    expect(await source.claim?.('t-e.1')).toEqual({ ok: true, value: { kind: 'ours' } });
    expect(await source.claim?.('t-e.1')).toEqual({ ok: true, value: { kind: 'ours' } });
    const work = { branch: 'weft/r1/t/work', worktree: '/w/t', pid: 42 };
    const question = { id: 'q1', text: '--which "one"?\n$(no)', options: ['a', 'b'] };
    const steps: readonly [TaskReport, string][] = [
      [report('t-e.1', 'waiting'), ''],
      [report('t-e.1', 'verifying', work), 'phase:working'],
      [report('t-e.1', 'working', { ...work, question }), 'phase:blocked'],
      [report('t-e.1', 'queued', { ...work, pull: { number: 7, url: 'u' } }), 'phase:pr_created pr:7'],
    ];
    for (const [step, labels] of steps) {
      await tell(source, step);
      const issue = look(repository).get('t-e.1');
      expect([...(issue?.labels ?? [])].sort().join(' ')).toBe(`mine ${labels}`.trim());
      expect(issue).toMatchObject({ status: 'in_progress', assignee: 'weft-r1' });
    }
    expect(look(repository).get('t-e.1')?.metadata).toMatchObject({
      worktree: '/w/t',
      branch: 'weft/r1/t/work',
      agent_pid: 42,
      phase: 'pr_created',
      pr_number: 7,
    });
    expect(JSON.parse(readFileSync(join(repository, '.beads/orchestrator/state.json'), 'utf8'))).toEqual({
      't-e.1': { pid: '42', worktree: '/w/t', pr_number: '7' },
    });
    expect(
      execFileSync('git', ['-C', repository, 'status', '--short', '.beads/orchestrator'], {
        encoding: 'utf8',
      }),
    ).toBe('');
    // another process says the same again, and nothing is written; it asks its question once
    const before = revision(repository);
    await tell(open(repository), report('t-e.1', 'queued', { ...work, pull: { number: 7, url: 'u' } }));
    expect(revision(repository)).toBe(before);
    bd(repository, ['update', 't-e.1', '--unset-metadata', 'weft_question']);
    await tell(source, report('t-e.1', 'working', { ...work, question }));
    const comments = commentsOf(repository, 't-e.1');
    expect(comments).toHaveLength(1);
    expect(comments[0]).toContain('--which "one"?\n$(no)\n1. a\n2. b\n');

    const landed = report('t-e.1', 'merged', { pull: { number: 7, url: 'u' } });
    await tell(source, landed);
    const issues = look(repository);
    expect(issues.get('t-e.1')).toMatchObject({
      status: 'closed',
      closeReason: `Landed by weft as ${'a'.repeat(40)} on main, pull request #7`,
    });
    expect([...(issues.get('t-e.1')?.labels ?? [])].sort()).toEqual(['mine', 'phase:merged', 'pr:7']);
    expect(issues.get('t-e.1')?.metadata).not.toHaveProperty('agent_pid');
    expect(issues.get('t-e')).toMatchObject({ status: 'closed' });
    const after = revision(repository);
    await tell(open(repository), landed);
    expect(revision(repository)).toBe(after);
    // what a person opens again stays open
    bd(repository, ['reopen', 't-e.1']);
    bd(repository, ['reopen', 't-e']);
    await tell(open(repository), landed);
    expect(look(repository).get('t-e.1')?.status).toBe('open');
    expect(look(repository).get('t-e')?.status).toBe('open');
    expect(readFileSync(join(repository, '.beads/orchestrator/.gitignore'), 'utf8')).toBe('*\n');
  }, 60_000);

  test('what was not finished is given back; what others did stays', async () => {
    const repository = yard.repository();
    seed(
      repository,
      [...'abcdef'].map((letter) => row(`t-${letter}`)),
    );
    const source = open(repository);
    for (const id of ['t-a', 't-b', 't-c', 't-f']) await source.claim?.(id);
    bd(repository, ['update', 't-d', '--claim'], 'ada');
    const reports = [
      report('t-a', 'failed', { reason: 'error: no\nway' }),
      report('t-b', 'cancelled'),
      report('t-c', 'waiting'),
      report('t-d', 'working'),
      report('t-e', 'failed', { attempts: 0 }),
      report('t-gone', 'working'),
      report('null', 'working'),
    ];
    // the claim of t-c is fresh here, and was left behind for the next engine
    await tell(source, ...reports);
    expect(look(repository).get('t-c')).toMatchObject({ status: 'in_progress', assignee: 'weft-r1' });
    bd(repository, ['update', 't-f', '--status', 'open', '--assignee', '']);
    const next = open(repository);
    await tell(next, ...reports);
    await tell(next, ...reports);
    const issues = look(repository);
    const stand = (id: string): string =>
      `${issues.get(id)?.status} ${issues.get(id)?.assignee} ${issues.get(id)?.labels.join(' ')}`;
    expect(['t-a', 't-b', 't-c', 't-d', 't-e', 't-f'].map(stand)).toEqual([
      'blocked  phase:blocked',
      'open  ',
      'open  ',
      'in_progress ada ',
      'open  ',
      'open  ',
    ]);
    expect(commentsOf(repository, 't-a')).toHaveLength(1);
    expect(commentsOf(repository, 't-a')[0]).toContain('error: no\nway');
    // people let the run try again; another run has to wait for them
    expect((await next.load()).standings?.get('t-a')).toBeUndefined();
    expect((await open(repository, 'r2').load()).standings?.get('t-a')?.kind).toBe('held');
    expect(await open(repository, 'r2').claim?.('t-a')).toMatchObject({ value: { kind: 'taken' } });
    expect(await next.claim?.('t-a')).toEqual({ ok: true, value: { kind: 'ours' } });
  }, 60_000);

  test('a claim that is refused says by whom, an id that is none is refused', async () => {
    const repository = yard.repository();
    seed(repository, [
      row('t-a'),
      row('t-b', { status: 'closed', closed_at: '2026-01-02T00:00:00Z' }),
      row('t-undefined'),
    ]);
    bd(repository, ['update', 't-a', '--claim'], 'ada');
    const source = open(repository);
    expect(await source.claim?.('t-a')).toEqual({ ok: true, value: { kind: 'taken', by: 'ada' } });
    expect(await source.claim?.('t-b')).toEqual({
      ok: true,
      value: { kind: 'taken', by: 'somebody: its status is closed' },
    });
    for (const id of ['undefined', 'null', '--help', 'a b', '', 't-a\0', 't-nope']) {
      expect((await source.claim?.(id))?.ok).toBe(false);
    }
    expect(look(repository).get('t-undefined')?.status).toBe('open');
  });

  test('the watcher tells of writes, of others and of ours, and not of reads', async () => {
    const repository = yard.repository();
    seed(repository, [row('t-a')]);
    const source = open(repository);
    const stop = new AbortController();
    let count = 0;
    let heard = (): void => undefined;
    const news = (): Promise<void> =>
      new Promise((resolve) => {
        heard = resolve;
      });
    const watching = source.watch?.(() => {
      count += 1;
      heard();
    }, stop.signal);
    await source.load();
    await source.load();
    expect(count).toBe(0);
    const first = news();
    bd(repository, ['create', 'Another', '--json']);
    await first;
    expect((await source.load()).drafts).toHaveLength(2);
    stop.abort();
    await watching;
  }, 30_000);

  test('a worktree that has a .beads of its own finds the database of the main checkout', async () => {
    const repository = yard.repository();
    seed(repository, [row('t-a')]);
    const worktree = `${repository}-worktree`;
    execFileSync('git', ['-C', repository, 'worktree', 'add', '-q', worktree], { stdio: 'ignore' });
    expect(existsSync(join(worktree, '.beads'))).toBe(true);
    const source = open(worktree);
    expect((await source.load()).drafts).toHaveLength(1);
    expect(source.environment).toEqual({ BEADS_DIR: join(repository, '.beads') });
    const env = { ...process.env, ...source.environment };
    const listed = execFileSync('bd', ['list', '--json'], { cwd: worktree, env, encoding: 'utf8' });
    expect(JSON.parse(listed)).toHaveLength(1);
  });
});
