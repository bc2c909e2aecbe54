// Merging and queueing: only the head that was meant, once, and read back when the answer is lost.
import { describe, expect, it } from 'vitest';
import { oid } from '../../../../src/core/model.ts';
import { given, look, openRig, openWork, REPO, see } from './rig.ts';

const words = { method: 'squash', title: 'Add one', message: 'Weft-Task: one' } as const;

describe('a merge', () => {
  it('gives the commit on the base, again and again', async () => {
    const rig = await openRig();
    const { number, head } = await openWork(rig, 'one');
    const commit = given(await rig.port.merge({ number, head, ...words }));
    expect(await look(rig.forge, 'rev-parse', 'main')).toBe(commit);
    expect(await look(rig.forge, 'log', '-1', '--format=%B', 'main')).toBe('Add one\n\nWeft-Task: one');
    expect(given(await rig.port.merge({ number, head, ...words }))).toBe(commit);
    expect(await see(rig.port, number)).toMatchObject({ state: 'merged', merged: commit });
  });

  it.each(['drop-after', 'fail-after'] as const)('whose answer is lost (%s) is read back', async (kind) => {
    const rig = await openRig();
    const { number, head } = await openWork(rig, 'one');
    rig.forge.faults.plan({ fault: { kind }, method: 'PUT' });
    const commit = given(await rig.port.merge({ number, head, ...words }));
    expect(await look(rig.forge, 'rev-parse', 'main')).toBe(commit);
    expect(rig.forge.counts().get('PUT /repos/:owner/:repo/pulls/:number/merge')).toBe(1);
  });

  it('of another head, of one that may not, and of one that was closed is refused in the words of the forge', async () => {
    const rig = await openRig({ protection: { main: { contexts: ['build'] } } });
    const { number, head } = await openWork(rig, 'one');
    const refuse = async (sha = head): Promise<string> => {
      const merged = await rig.port.merge({ number, head: sha, ...words });
      return merged.ok ? 'merged' : `${merged.failure.kind}: ${merged.failure.sentence}`;
    };
    expect(await refuse()).toBe('refused: GitHub refused: Required status check "build" is expected.');
    await rig.forge.human.push({ repo: REPO, branch: 'weft/r1/one' }, { 'x.txt': 'x' });
    expect(await refuse()).toMatch(/^refused: The head of #\d+ is \w{12}, not \w{12}\.$/);
    await rig.forge.human.close({ repo: REPO, number });
    expect(await refuse(oid(await look(rig.forge, 'rev-parse', 'weft/r1/one')))).toContain('was closed');
  });
});

describe('the merge queue', () => {
  it('takes a pull request once, shows where it is, and why it left', async () => {
    const rig = await openRig({
      protection: { main: { contexts: ['build'] } },
      mergeQueue: { method: 'squash' },
    });
    const { forge, port } = rig;
    const { number, head } = await openWork(rig, 'one');
    expect(await port.enqueue({ number, head })).toMatchObject({ ok: false, failure: { kind: 'refused' } });
    await forge.ci.check({ repo: REPO, ref: head }, { name: 'build' });
    forge.faults.plan({ fault: { kind: 'drop-after' }, path: '/graphql', skip: 1 });
    given(await port.enqueue({ number, head }));
    given(await port.enqueue({ number, head }));
    expect((await see(port, number)).queue).toEqual({ state: 'awaiting-checks', position: 1 });
    const ref = await look(forge, 'for-each-ref', '--format=%(objectname)', 'refs/heads/gh-readonly-queue');
    await forge.ci.check({ repo: REPO, ref }, { name: 'build', conclusion: 'failure' });
    expect(await see(port, number)).toMatchObject({ queue: null, dequeued: 'FAILED_CHECKS', state: 'open' });
    expect((await port.merge({ number, head, ...words })).ok).toBe(false);
  });

  it('is no place for a head that has moved', async () => {
    const rig = await openRig({ mergeQueue: { method: 'squash' } });
    const { number, head } = await openWork(rig, 'one');
    await rig.forge.human.push({ repo: REPO, branch: 'weft/r1/one' }, { 'x.txt': 'x' });
    expect(await rig.port.enqueue({ number, head })).toMatchObject({
      ok: false,
      failure: { kind: 'refused' },
    });
  });
});
