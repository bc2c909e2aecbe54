// One pull request for each task, whatever is lost between weft and the forge.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Fault } from '../../../../src/testing/forge/faults.ts';
import { given, look, openPort, openRig, openWork, pushWork, REPO, see, wishOf } from './rig.ts';

describe('a task has one pull request', () => {
  it('which is opened once and found after', async () => {
    const { forge, port, clock } = await openRig();
    const head = await pushWork(forge, 'one');
    const made = given(await port.ensurePull(wishOf('one', { isDraft: true })));
    expect(made).toMatchObject({ state: 'open', head });
    expect(made.url).toContain(`/${REPO}/pull/${made.number}`);
    expect(given(await port.ensurePull(wishOf('one')))).toEqual(made);
    expect(given(await openPort(forge, clock).ensurePull(wishOf('one')))).toEqual(made);
    const [pull] = forge.pulls(REPO);
    expect(pull?.body).toBe('All gates pass.\n\n<!-- weft run=r1 task=one -->');
    expect(pull?.pull.draft).toBe(true);
    expect(forge.counts().get('POST /repos/:owner/:repo/pulls')).toBe(1);
  });

  it.each<[string, Fault]>([
    ['the answer is lost', { kind: 'drop-after' }],
    ['the forge fails after it did it', { kind: 'fail-after', status: 502 }],
  ])('when %s', async (_, fault) => {
    const { forge, port } = await openRig();
    await pushWork(forge, 'one');
    forge.faults.plan({ fault, method: 'POST', path: '/pulls' });
    expect((await port.ensurePull(wishOf('one'))).ok).toBe(true);
    expect(forge.pulls(REPO)).toHaveLength(1);
  });

  it('when the look-up after a lost answer fails too: it is said, and the next call finds it', async () => {
    const { forge, port } = await openRig();
    await pushWork(forge, 'one');
    forge.faults.plan({ fault: { kind: 'fail-after' }, method: 'POST', path: '/pulls' });
    forge.faults.plan({ fault: { kind: 'fail-before' }, method: 'GET', path: '/pulls', skip: 1, times: 3 });
    const lost = await port.ensurePull(wishOf('one'));
    expect(lost).toMatchObject({ ok: false, failure: { kind: 'environment' } });
    expect(given(await port.ensurePull(wishOf('one'))).number).toBe(forge.pulls(REPO)[0]?.number);
    expect(forge.duplicates()).toEqual([]);
  });

  it('and none is opened beside one that a person closed, merged, or took the marker out of', async () => {
    const rig = await openRig();
    const { forge, port } = rig;
    for (const [task, state] of [
      ['closed', 'closed'],
      ['merged', 'merged'],
      ['edited', 'open'],
    ] as const) {
      const { number } = await openWork(rig, task);
      const target = { repo: REPO, number };
      if (state === 'closed') await forge.human.close(target);
      if (state === 'merged') await forge.human.merge(target);
      if (state === 'open') await forge.human.editBody(target, 'My own words.');
      expect(given(await port.ensurePull(wishOf(task)))).toMatchObject({ number, state });
    }
    expect(forge.pulls(REPO)).toHaveLength(3);
  });

  it('unless the one of that branch belongs to another task and is over', async () => {
    const rig = await openRig();
    const { number } = await openWork(rig, 'one');
    await rig.forge.human.close({ repo: REPO, number });
    const again = wishOf('one', { marker: '<!-- weft run=r2 task=one -->' });
    expect(given(await rig.port.ensurePull(again)).number).not.toBe(number);
  });

  it('and what the forge has against it is said in its words', async () => {
    const { forge, port } = await openRig();
    const main = await look(forge, 'rev-parse', 'main');
    await forge.human.forcePush({ repo: REPO, branch: 'weft/r1/none' }, main);
    expect(await port.ensurePull(wishOf('none'))).toMatchObject({
      ok: false,
      failure: {
        kind: 'refused',
        sentence: 'GitHub refused: Validation Failed: No commits between main and weft/r1/none.',
      },
    });
  });
});

const FAULTS: readonly Fault[] = [
  { kind: 'drop-before' },
  { kind: 'drop-after' },
  { kind: 'fail-before', status: 503 },
  { kind: 'fail-after', status: 500 },
  { kind: 'unauthorized' },
];

it('one pull request for any schedule of faults', async () => {
  const { forge, clock } = await openRig();
  let count = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.option(fc.constantFrom(...FAULTS)), { maxLength: 12 }),
      fc.boolean(),
      async (schedule, restarts) => {
        count += 1;
        const task = `t${count}`;
        await pushWork(forge, task);
        forge.faults.clear();
        let skip = 0;
        for (const fault of schedule) {
          if (fault !== null) forge.faults.plan({ fault, skip });
          skip = fault === null ? skip + 1 : 0;
        }
        let port = openPort(forge, clock);
        for (let tries = 0; ; tries += 1) {
          if ((await port.ensurePull(wishOf(task))).ok) break;
          expect(tries).toBeLessThan(20);
          if (restarts) port = openPort(forge, clock);
        }
        forge.faults.clear();
        const made = forge.pulls(REPO).filter(({ pull }) => pull.headRef === wishOf(task).branch);
        expect(made).toHaveLength(1);
      },
    ),
    { numRuns: 20 },
  );
  expect(forge.duplicates()).toEqual([]);
}, 60_000);

describe('the list of open pull requests', () => {
  it('is oldest first, and has none that is over', async () => {
    const rig = await openRig();
    const { forge, port, clock } = rig;
    const [one, two, over] = [
      await openWork(rig, 'one'),
      await openWork(rig, 'two'),
      await openWork(rig, 'over'),
    ];
    await forge.human.close({ repo: REPO, number: over.number });
    clock.pass(60_000);
    await forge.human.comment({ repo: REPO, number: one.number }, 'Well.');
    const listed = given(await port.listOpen());
    expect(listed.map(({ number }) => number)).toEqual([one.number, two.number]);
    const [first, second] = listed;
    expect(second).toMatchObject({ branch: 'weft/r1/two', base: 'main', head: two.head });
    expect(second?.body).toContain('<!-- weft run=r1 task=two -->');
    expect(second?.changedAt).toBeLessThan(clock.wallMs());
    expect(first?.changedAt).toBe(clock.wallMs());
  });

  it('has none from forks, whatever they say of themselves', async () => {
    const pull = (number: number, repo: object | null): object => ({
      number,
      body: '<!-- weft run=r1 task=one -->',
      updated_at: '2026-01-05T12:00:00Z',
      head: { ref: 'weft/r1/one', sha: 'a'.repeat(40), repo },
      base: { ref: 'main', repo: { id: 1 } },
    });
    const server = createServer((_, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify([pull(1, { id: 2 }), pull(2, null), pull(3, { id: 1 })]));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { forge, clock } = await openRig();
    const { port } = server.address() as AddressInfo;
    const listed = given(await openPort(forge, clock, { api: `http://127.0.0.1:${port}` }).listOpen());
    expect(listed.map(({ number }) => number)).toEqual([3]);
  });
});

describe('a pull request', () => {
  it('gets a title, a body, and is made ready; as it is already, nothing is sent', async () => {
    const rig = await openRig();
    const { forge, port } = rig;
    const { number } = await openWork(rig, 'one', { isDraft: true });
    const wish = { number, title: 'Better', body: 'New words.', isDraft: false };
    given(await port.updatePull(wish));
    expect(await see(port, number)).toMatchObject({ title: 'Better', body: 'New words.', isDraft: false });
    const before = forge.calls().length;
    given(await port.updatePull(wish));
    expect(
      forge
        .calls()
        .slice(before)
        .map(({ method }) => method),
    ).toEqual(['GET']);
    given(await port.updatePull({ number, isDraft: true }));
    expect((await see(port, number)).isDraft).toBe(true);
  });

  it('gets another base', async () => {
    const rig = await openRig();
    const { number } = await openWork(rig, 'one');
    await rig.forge.human.push({ repo: REPO, branch: 'next' }, { 'next.txt': 'next' });
    given(await rig.port.updatePull({ number, base: 'next' }));
    expect((await see(rig.port, number)).base).toBe('next');
  });

  it('is made ready though the answer is lost', async () => {
    const rig = await openRig();
    const { number } = await openWork(rig, 'one', { isDraft: true });
    rig.forge.faults.plan({ fault: { kind: 'drop-after' }, path: '/graphql' });
    expect((await rig.port.updatePull({ number, isDraft: false })).ok).toBe(true);
    expect((await see(rig.port, number)).isDraft).toBe(false);
  });

  it('is closed; over already is all right, but not to be changed any more', async () => {
    const rig = await openRig();
    const { number } = await openWork(rig, 'one');
    given(await rig.port.close(number));
    given(await rig.port.close(number));
    expect((await see(rig.port, number)).state).toBe('closed');
    const late = await rig.port.updatePull({ number, title: 'Late' });
    expect(late).toMatchObject({ ok: false, failure: { kind: 'refused' } });
  });

  it('that is not there is gone', async () => {
    const { port } = await openRig();
    expect(await port.close(77)).toMatchObject({ ok: false, failure: { kind: 'gone' } });
    const seen = await port.observe([77]);
    expect(seen.get(77)).toMatchObject({ ok: false, failure: { kind: 'gone' } });
  });
});
