// An engine that works on issues of a real Beads database is killed, with its agents or without; the same command goes on.
import { describe, expect, test } from 'vitest';
import { countFacts, findLeft, obstacle, openYard, shellAgent, WORK, type Yard } from './beads-rig.ts';
import { journalSays, type Running } from './cli.ts';

/** Kills an engine, and with `all` whatever is in its process group. */
async function kill(running: Running, who: 'engine' | 'all'): Promise<void> {
  const { pid } = running.child;
  if (pid === undefined) throw new Error('it has no pid');
  process.kill(who === 'all' ? -pid : pid, 'SIGKILL');
  await running.ended;
}

/** The run has ended well, everything has landed once, and Beads knows all of it. */
function expectWhole(yard: Yard, ids: readonly string[]): void {
  expect(findLeft(yard.look())).toEqual([]);
  const journal = yard.journal();
  for (const id of ids) expect(countFacts(journal, 'task.landed', id), id).toBe(1);
  for (const { metadata, type } of yard.look().values()) {
    if (type !== 'epic') expect(metadata).not.toHaveProperty('agent_pid');
  }
}

describe.skipIf(obstacle !== null)(`Beads after a crash${obstacle === null ? '' : `: ${obstacle}`}`, () => {
  test('killed again and again, the same command goes on with the same run [B8]', {
    timeout: 240_000,
  }, async () => {
    const yard = await openYard({ config: shellAgent(`sleep 0.5; ${WORK}`) });
    const epic = yard.create('Epic', '-t', 'epic');
    const ids = [1, 2, 3].map((at) => yard.create(`Part ${at}`, '--parent', epic));
    const moments: readonly (readonly [string, 'engine' | 'all'])[] = [
      // claimed, or about to be, and not begun
      ['"type":"attempt.spawned"', 'engine'],
      ['"type":"attempt.started"', 'all'],
      ['"type":"attempt.verified"', 'engine'],
      // landed, and not reported
      ['"type":"task.landed"', 'all'],
    ];
    for (const [after, who] of moments) {
      const running = yard.start('run', 'beads', '--epic', epic);
      await journalSays(yard.repo.path, after, running);
      await kill(running, who);
    }
    const { code, out, err } = await yard.weft('run', 'beads', '--epic', epic);
    expect(code, out + err).toBe(0);
    expect(out).toMatch(/^run \S+ goes on/);
    expectWhole(yard, ids);
    expect((await yard.view()).state).toBe('complete');
    const again = await yard.weft('run', 'beads', '--epic', epic);
    expect(again.out).toContain('There is nothing to do');
    const runs = new Set([...yard.look().values()].map(({ metadata }) => metadata['weft_run']));
    expect(runs.size).toBe(1);
  });

  test('killed when all has landed and half of it was told: the rest is told', {
    timeout: 240_000,
  }, async () => {
    const yard = await openYard();
    const epic = yard.create('Epic', '-t', 'epic');
    const ids = [1, 2].map((at) => yard.create(`Part ${at}`, '--parent', epic));
    const running = yard.start('run', 'beads');
    // both have landed, and closing two issues takes bd far longer than it takes to get here
    for (const id of ids) await journalSays(yard.repo.path, `"type":"task.landed","task":"${id}"`, running);
    await kill(running, 'all');
    expect(findLeft(yard.look())).not.toEqual([]);
    expect((await yard.view()).state).toBe('interrupted');
    const { code, out } = await yard.weft('run', 'beads');
    expect(code, out).toBe(0);
    expect(out).toMatch(/^run \S+ goes on \(2 merged\)/);
    expectWhole(yard, ids);
    expect(yard.look().get(epic)?.closeReason).toContain('All 2 parts are closed');
  });

  test('what a person closed meanwhile is not begun, and what they added is', {
    timeout: 240_000,
  }, async () => {
    const yard = await openYard({ config: shellAgent(`sleep 1; ${WORK}`) });
    const first = yard.create('First');
    const next = yard.create('Next', '--deps', first);
    const running = yard.start('run', 'beads');
    await journalSays(yard.repo.path, '"type":"attempt.started"', running);
    await kill(running, 'all');
    // somebody else's command does not get at what the dead engine holds
    const worker = await yard.weft('run', 'beads', first);
    expect(worker.out).toMatch(/an earlier run \S+ is not finished: weft resume \S+/);
    expect(worker.out).toMatch(/is not begun: taken by weft-\S+/);
    yard.bd('close', next, '--force', '--reason', 'superseded');
    const added = yard.create('Added meanwhile');
    const { code, out, err } = await yard.weft('run', 'beads');
    expect(code, out + err).toBe(0);
    const issues = yard.look();
    for (const id of [first, added]) expect(issues.get(id)?.labels).toEqual(['phase:merged']);
    expect(issues.get(next)).toMatchObject({ closeReason: 'superseded', labels: [], assignee: '' });
  });

  test('stopped, claims are kept for the same command; cancelled, they are given back', {
    timeout: 240_000,
  }, async () => {
    const yard = await openYard({ config: shellAgent(`sleep 300; ${WORK}`) });
    const [one, two] = [yard.create('One'), yard.create('Two')];
    const running = yard.start('run', 'beads', '--max-agents', '2');
    await journalSays(yard.repo.path, `"type":"attempt.started","task":"${one}"`, running);
    await journalSays(yard.repo.path, `"type":"attempt.started","task":"${two}"`, running);
    expect((await yard.weft('cancel', two)).code).toBe(0);
    await journalSays(yard.repo.path, '"type":"task.cancelled"', running);
    expect((await yard.weft('stop')).code).toBe(0);
    await running.ended;
    const issues = yard.look();
    expect(issues.get(two)).toMatchObject({ status: 'open', assignee: '', labels: [] });
    expect(issues.get(one)).toMatchObject({ status: 'in_progress' });
    expect(issues.get(one)?.assignee).toMatch(/^weft-/);
    const goesOn = yard.start('run', 'beads', '--max-agents', '2');
    await journalSays(yard.repo.path, '"type":"run.resumed"', goesOn);
    expect((await yard.weft('cancel', one)).code).toBe(0);
    await goesOn.ended;
    expect(yard.look().get(one)).toMatchObject({ status: 'open', assignee: '', labels: [] });
  });
});
