// What is seen of pull requests: checks of all kinds, reviews, threads, the queue; and that unchanged ones cost nothing.
import { describe, expect, it } from 'vitest';
import { joinChecks } from '../../../../src/adapters/forge/github/checks.ts';
import type { Check, CheckState } from '../../../../src/ports/forge.ts';
import { call } from '../../../testing/forge/client.ts';
import { given, openRig, openWork, REPO, type Rig, see } from './rig.ts';

function costs({ forge }: Rig, from: number): number {
  return forge
    .calls()
    .slice(from)
    .filter(({ costly }) => costly).length;
}

function stateOf(checks: readonly Check[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    checks.map(({ name, state, isRequired }) => [name, isRequired ? `${state}!` : state]),
  );
}

describe('checks', () => {
  it('come from check runs and statuses, required or not, and may be absent', async () => {
    const rig = await openRig({
      protection: { main: { contexts: ['build', 'legacy', 'never', 'skipped'] } },
    });
    const { forge, port } = rig;
    const { number, head } = await openWork(rig, 'one');
    expect(stateOf((await see(port, number)).checks)).toEqual({
      build: 'absent!',
      legacy: 'absent!',
      never: 'absent!',
      skipped: 'absent!',
    });
    for (const [name, conclusion] of [
      ['build', 'success'],
      ['slow', 'timed_out'],
      ['stopped', 'cancelled'],
      ['asks', 'action_required'],
      ['odd', 'neutral'],
      ['skipped', 'skipped'],
    ] as const) {
      await forge.ci.check({ repo: REPO, ref: head }, { name, conclusion });
    }
    await forge.ci.check({ repo: REPO, ref: head }, { name: 'waits', status: 'queued' });
    await forge.ci.check({ repo: REPO, ref: head }, { name: 'runs', status: 'in_progress' });
    for (const [context, state] of [
      ['legacy', 'pending'],
      ['broken', 'error'],
      ['fine', 'success'],
    ]) {
      await call(forge, 'POST', `/statuses/${head}`, {
        body: { context, state, description: `${state}\nx` },
      });
    }
    const { checks } = await see(port, number);
    expect(stateOf(checks)).toEqual({
      asks: 'failure',
      broken: 'failure',
      build: 'success!',
      fine: 'success',
      legacy: 'pending!',
      never: 'absent!',
      odd: 'neutral',
      runs: 'pending',
      skipped: 'skipped!',
      slow: 'failure',
      stopped: 'failure',
      waits: 'pending',
    });
    expect(checks.find(({ name }) => name === 'fine')).toMatchObject({ id: null, summary: 'success' });
    expect(checks.find(({ name }) => name === 'build')?.id).toBeGreaterThan(0);
  });

  it('of more than a page are all there', async () => {
    const rig = await openRig();
    const { number, head } = await openWork(rig, 'one');
    for (let i = 0; i < 105; i += 1) await rig.forge.ci.check({ repo: REPO, ref: head }, { name: `c${i}` });
    expect((await see(rig.port, number)).checks).toHaveLength(105);
  });

  it.each<[readonly CheckState[], CheckState]>([
    [['success', 'failure'], 'failure'],
    [['pending', 'success'], 'pending'],
    [['pending', 'failure'], 'failure'],
    [['skipped', 'success'], 'skipped'],
    [['neutral', 'success'], 'neutral'],
    [[], 'absent'],
  ])('reported as %j under one name are %s', (states, expected) => {
    const reports = states.map((state) => ({ name: 'x', state, id: 1, url: null, summary: '' }));
    expect(joinChecks(reports, ['x']).map(({ state }) => state)).toEqual([expected]);
  });

  it('of a job have a log, cut to what matters; others say what they have to say', async () => {
    const rig = await openRig();
    const { forge, port } = rig;
    const { number, head } = await openWork(rig, 'one');
    const log = [
      ...Array.from({ length: 500 }, (_, i) => `2026-01-05T12:00:00.1234567Z line ${i}`),
      '2026-01-05T12:00:00.1234567Z \u001b[31mexpected 1\u001b[0m',
      '2026-01-05T12:00:00.1234567Z ##[error]Process completed with exit code 1.',
      ...Array.from({ length: 50 }, (_, i) => `2026-01-05T12:00:00.1234567Z tidying ${i}`),
    ].join('\n');
    await forge.ci.check({ repo: REPO, ref: head }, { name: 'job', conclusion: 'failure', log });
    await forge.ci.check(
      { repo: REPO, ref: head },
      {
        name: 'app',
        conclusion: 'failure',
        output: { title: 'Two problems', summary: 'Look.' },
        annotations: [{ path: 'a.ts', start_line: 3, message: 'No.' }],
      },
    );
    const { checks } = await see(port, number);
    const idOf = (name: string): number => checks.find((each) => each.name === name)?.id ?? 0;
    const read = given(await port.readLog({ check: idOf('job'), maxBytes: 125 }));
    expect(read.split('\n')).toEqual([
      'line 498',
      'line 499',
      'expected 1',
      '##[error]Process completed with exit code 1.',
      'tidying 0',
      'tidying 1',
      'tidying 2',
      'tidying 3',
      'tidying 4',
    ]);
    expect(given(await port.readLog({ check: idOf('app'), maxBytes: 500 }))).toBe(
      'Two problems\nLook.\na.ts:3: No.',
    );
    expect(await port.readLog({ check: 77, maxBytes: 500 })).toMatchObject({
      ok: false,
      failure: { kind: 'gone' },
    });
  });
});

describe('a pull request', () => {
  it('is mergeable, not, or nobody knows yet', async () => {
    const rig = await openRig({ mergeableAfterMs: 5_000 });
    const { forge, port, clock } = rig;
    const { number } = await openWork(rig, 'one');
    expect((await see(port, number)).isMergeable).toBeNull();
    clock.pass(6_000);
    expect((await see(port, number)).isMergeable).toBe(true);
    await forge.human.push({ repo: REPO, branch: 'main' }, { 'one.txt': 'other\n' });
    expect((await see(port, number)).isMergeable).toBeNull();
    clock.pass(6_000);
    expect((await see(port, number)).isMergeable).toBe(false);
    expect(await see(port, number)).toMatchObject({ merged: null, state: 'open', branch: 'weft/r1/one' });
  });

  it('has reviews, what they amount to, and comments whose threads are not resolved', async () => {
    const rig = await openRig({ protection: { main: { approvals: 1 } } });
    const { forge, port, clock } = rig;
    const { number, head } = await openWork(rig, 'one');
    const target = { repo: REPO, number };
    expect((await see(port, number)).decision).toBe('review-required');
    await forge.human.review(target, {
      state: 'CHANGES_REQUESTED',
      body: 'No.',
      comments: [
        { path: 'one.txt', line: 1, body: 'Why?' },
        { path: 'one.txt', line: 1, body: 'Typo.' },
      ],
    });
    const seen = await see(port, number);
    expect(seen.decision).toBe('changes-requested');
    expect(seen.reviews).toEqual([
      {
        id: expect.any(Number),
        isTrusted: true,
        author: 'human',
        state: 'changes-requested',
        body: 'No.',
        commit: head,
      },
    ]);
    const [why, typo] = seen.comments;
    expect(why).toMatchObject({ path: 'one.txt', line: 1, author: 'human', body: 'Why?', inReplyTo: null });
    const remark = { number, comment: why?.id ?? 0, marker: '<!-- weft reply=1 -->', body: 'Because.' };
    given(await port.reply(remark));
    given(await port.reply(remark));
    await forge.human.resolve(target, typo?.id ?? 0);
    clock.pass(400_000);
    const after = (await see(port, number)).comments;
    expect(after.map(({ author, inReplyTo }) => [author, inReplyTo])).toEqual([
      ['human', null],
      ['bot', why?.id],
    ]);
    await forge.human.review(target, { state: 'APPROVED' });
    expect((await see(port, number)).decision).toBe('approved');
  });

  it('has what was said below it, by whom, and whether they may write', async () => {
    const rig = await openRig();
    const { forge, port } = rig;
    const { number } = await openWork(rig, 'one');
    await forge.human.comment({ repo: REPO, number }, 'Use a table.');
    await forge.human.comment({ repo: REPO, number, by: 'stranger' }, 'Nice!');
    given(await port.comment({ number, marker: '<!-- weft remark=1 -->', body: 'Done.' }));
    expect((await see(port, number)).talk).toEqual([
      { id: expect.any(Number), author: 'human', isTrusted: true, body: 'Use a table.' },
      { id: expect.any(Number), author: 'stranger', isTrusted: false, body: 'Nice!' },
      { id: expect.any(Number), author: 'bot', isTrusted: true, body: 'Done.\n\n<!-- weft remark=1 -->' },
    ]);
  });

  it('that is as it was costs nothing', async () => {
    const rig = await openRig({ protection: { main: { contexts: ['build'] } } });
    const { forge, port, clock } = rig;
    const numbers = [];
    for (const task of ['one', 'two', 'three']) numbers.push((await openWork(rig, task)).number);
    clock.pass(61_000);
    // the first look has the forge find out whether they can be merged
    for (let i = 0; i < 2; i += 1) await port.observe(numbers);
    const before = await port.observe(numbers);
    const from = forge.calls().length;
    expect(await port.observe(numbers)).toEqual(before);
    expect(forge.calls().length).toBeGreaterThan(from);
    expect(costs(rig, from)).toBe(0);
    await forge.ci.check({ repo: REPO, ref: 'weft/r1/two' }, { name: 'build' });
    const seen = await port.observe(numbers);
    // its checks, and that it is not blocked any more
    expect(costs(rig, from)).toBe(2);
    expect(numbers.map((number) => seen.get(number)?.ok)).toEqual([true, true, true]);
  });

  it('is seen though others are not', async () => {
    const rig = await openRig();
    const { number } = await openWork(rig, 'one');
    const seen = await rig.port.observe([number, 4711, number]);
    expect([...seen].map(([of, { ok }]) => [of, ok])).toEqual([
      [number, true],
      [4711, false],
    ]);
  });
});

describe('talking', () => {
  it('says a thing once, though the answer is lost', async () => {
    const rig = await openRig();
    const { forge, port } = rig;
    const { number } = await openWork(rig, 'one');
    const remark = { number, marker: '<!-- weft remark=1 -->', body: 'Landed.' };
    forge.faults.plan({ fault: { kind: 'drop-after' }, method: 'POST', path: '/comments' });
    given(await port.comment(remark));
    given(await port.comment(remark));
    expect(forge.duplicates()).toEqual([]);
    expect(forge.pulls(REPO)[0]?.comments.map(({ body }) => body)).toEqual([
      'Landed.\n\n<!-- weft remark=1 -->',
    ]);
  });
});
