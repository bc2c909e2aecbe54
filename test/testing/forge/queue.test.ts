// The merge queue: what lands, in which order, and why something leaves it.
import { describe, expect, it } from 'vitest';
import type { Forge } from '../../../src/testing/forge/forge.ts';
import { ask, call, look, openForge, openPull, REPO } from './client.ts';

const ENQUEUE = `mutation Enqueue($id: ID!, $sha: GitObjectID) {
  enqueuePullRequest(input: {pullRequestId: $id, expectedHeadOid: $sha}) {
    mergeQueueEntry { id state position headCommit { oid } }
  }
}`;

const STATE = `query($number: Int!) {
  repository(owner: "acme", name: "shop") {
    pullRequest(number: $number) {
      state
      mergeQueueEntry { state position }
      timelineItems(last: 1, itemTypes: [REMOVED_FROM_MERGE_QUEUE_EVENT]) {
        nodes { ... on RemovedFromMergeQueueEvent { reason } }
      }
    }
  }
}`;

function queueForge(options: Parameters<typeof openForge>[0] = {}): Promise<Forge> {
  return openForge({
    protection: { main: { contexts: ['test'] } },
    mergeQueue: { method: 'squash' },
    ...options,
  });
}

async function openReady(forge: Forge, branch: string, files?: Readonly<Record<string, string>>) {
  const pull = await openPull(forge, branch, files === undefined ? {} : { files });
  await forge.ci.check({ repo: REPO, ref: branch }, { name: 'test' });
  return pull;
}

async function enqueue(forge: Forge, id: string, sha?: string) {
  const answer = await ask(forge, ENQUEUE, { id, sha });
  return answer.errors?.[0]?.message ?? answer.data.enqueuePullRequest.mergeQueueEntry;
}

async function read(forge: Forge, number: number) {
  return (await ask(forge, STATE, { number })).data.repository.pullRequest;
}

describe('the merge queue', () => {
  it('lands what passes on the commit it was checked as', async () => {
    const forge = await queueForge();
    const one = await openReady(forge, 'one');
    const two = await openReady(forge, 'two');
    const direct = await call(forge, 'PUT', `/pulls/${one.number}/merge`);
    expect([direct.status, direct.body.message]).toEqual([
      405,
      'Changes must be made through the merge queue',
    ]);
    const first = await enqueue(forge, one.node_id, one.head.sha);
    expect(first).toMatchObject({ state: 'AWAITING_CHECKS', position: 1 });
    const second = await enqueue(forge, two.node_id);
    expect(second.position).toBe(2);
    expect(await enqueue(forge, two.node_id)).toBe('Pull request is already in the queue.');
    const refs = await look(forge, 'for-each-ref', '--format=%(refname)', 'refs/heads/gh-readonly-queue');
    expect(refs.split('\n')).toHaveLength(2);

    // the second is ready first and waits
    await forge.ci.check({ repo: REPO, ref: second.headCommit.oid }, { name: 'test' });
    expect(await read(forge, two.number)).toMatchObject({
      state: 'OPEN',
      mergeQueueEntry: { state: 'MERGEABLE' },
    });
    await forge.ci.check({ repo: REPO, ref: first.headCommit.oid }, { name: 'test' });
    expect(await look(forge, 'rev-parse', 'main', 'main^')).toBe(
      `${second.headCommit.oid}\n${first.headCommit.oid}`,
    );
    expect((await read(forge, one.number)).state).toBe('MERGED');
    expect((await read(forge, two.number)).state).toBe('MERGED');
    expect(await look(forge, 'for-each-ref', 'refs/heads/gh-readonly-queue')).toBe('');
  });

  it('removes what fails and builds anew what was behind it', async () => {
    const forge = await queueForge({
      ci: ({ ref }) => (ref.includes('queue') ? [] : [{ name: 'test' }]),
    });
    const bad = await openReady(forge, 'bad');
    const good = await openReady(forge, 'good');
    await forge.settled();
    const first = await enqueue(forge, bad.node_id);
    const second = await enqueue(forge, good.node_id);
    await forge.ci.check({ repo: REPO, ref: first.headCommit.oid }, { name: 'test', conclusion: 'failure' });
    const left = await read(forge, bad.number);
    expect(left).toMatchObject({ state: 'OPEN', mergeQueueEntry: null });
    expect(left.timelineItems.nodes).toEqual([{ reason: 'FAILED_CHECKS' }]);
    const rebuilt = await look(
      forge,
      'for-each-ref',
      '--format=%(objectname)',
      'refs/heads/gh-readonly-queue',
    );
    expect(rebuilt).not.toBe(second.headCommit.oid);
    await forge.ci.check({ repo: REPO, ref: rebuilt }, { name: 'test' });
    expect(await look(forge, 'rev-parse', 'main')).toBe(rebuilt);
    expect(await look(forge, 'ls-tree', '--name-only', 'main')).toBe('README.md\ngood.txt');
    expect((await read(forge, good.number)).state).toBe('MERGED');
  });

  it('removes conflicts, and what changes while it waits', async () => {
    const forge = await queueForge();
    const one = await openReady(forge, 'one', { 'same.txt': 'one\n' });
    const two = await openReady(forge, 'two', { 'same.txt': 'two\n' });
    const three = await openReady(forge, 'three');
    expect(await enqueue(forge, one.node_id, '0'.repeat(40))).toBe(
      'The head of the pull request has changed.',
    );
    await enqueue(forge, one.node_id);
    await enqueue(forge, two.node_id);
    expect((await read(forge, two.number)).timelineItems.nodes).toEqual([{ reason: 'MERGE_CONFLICT' }]);
    await enqueue(forge, three.node_id);
    await forge.human.push({ repo: REPO, branch: 'three' }, { 'late.txt': 'late\n' });
    expect((await read(forge, three.number)).timelineItems.nodes).toEqual([{ reason: 'HEAD_CHANGED' }]);
    expect((await read(forge, one.number)).mergeQueueEntry).toMatchObject({ position: 1 });
  });

  it('lets go of what somebody closes, and builds anew what was behind it', async () => {
    const forge = await queueForge();
    const one = await openReady(forge, 'one');
    const two = await openReady(forge, 'two');
    await enqueue(forge, one.node_id);
    await enqueue(forge, two.node_id);
    await call(forge, 'PATCH', `/pulls/${one.number}`, { body: { state: 'closed' } });
    expect(await read(forge, one.number)).toEqual({
      state: 'CLOSED',
      mergeQueueEntry: null,
      timelineItems: { nodes: [{ reason: 'CLOSED' }] },
    });
    expect((await read(forge, two.number)).mergeQueueEntry).toMatchObject({ position: 1 });
    const built = await look(
      forge,
      'rev-parse',
      `gh-readonly-queue/main/pr-${two.number}-${await look(forge, 'rev-parse', 'main')}`,
    );
    await forge.ci.check({ repo: REPO, ref: built }, { name: 'test' });
    expect(await look(forge, 'ls-tree', '--name-only', 'main')).toBe('README.md\ntwo.txt');
  });

  it('takes nothing that is not ready', async () => {
    const forge = await queueForge();
    const unready = await openPull(forge, 'unready');
    expect(await enqueue(forge, unready.node_id)).toBe('Required status check "test" is expected.');
    const draft = await openPull(forge, 'draft', { draft: true });
    expect(await enqueue(forge, draft.node_id)).toBe('Pull request is in draft state.');
  });
});
