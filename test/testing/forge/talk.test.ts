// What is said: reviews, comments on lines, checks with logs, statuses, issues with parts and blockers.
import { describe, expect, it } from 'vitest';
import { call, openForge, openPull, REPO } from './client.ts';

describe('reviews', () => {
  it('are made, listed, dismissed, and not of one’s own', async () => {
    const forge = await openForge({
      protection: { main: { approvals: 1 } },
      tokens: { 'forge-token': 'bot', mine: 'human' },
    });
    const { number } = await openPull(forge, 'topic');
    const review = (body: object, token: string) =>
      call(forge, 'POST', `/pulls/${number}/reviews`, { body, token });
    const own = await review({ event: 'APPROVE' }, 'forge-token');
    expect([own.status, own.body.message]).toEqual([422, 'Review Can not approve your own pull request']);
    const made = await review(
      { event: 'REQUEST_CHANGES', body: 'No.', comments: [{ path: 'topic.txt', line: 1, body: 'This.' }] },
      'mine',
    );
    expect(made.body).toMatchObject({ state: 'CHANGES_REQUESTED', user: { login: 'human' } });
    await review({ event: 'COMMENT', body: 'By the way' }, 'mine');
    const states = async () =>
      (await call(forge, 'GET', `/pulls/${number}/reviews`)).body.map(
        (each: { state: string }) => each.state,
      );
    expect(await states()).toEqual(['CHANGES_REQUESTED', 'COMMENTED']);
    const merge = await call(forge, 'PUT', `/pulls/${number}/merge`);
    expect(merge.body.message).toContain('Changes were requested');
    await call(forge, 'PUT', `/pulls/${number}/reviews/${made.body.id}/dismissals`, {
      body: { message: 'done' },
    });
    expect(await states()).toEqual(['DISMISSED', 'COMMENTED']);

    const [comment] = (await call(forge, 'GET', `/pulls/${number}/comments`)).body;
    expect(comment).toMatchObject({
      path: 'topic.txt',
      line: 1,
      body: 'This.',
      pull_request_review_id: made.body.id,
    });
    const reply = await call(forge, 'POST', `/pulls/${number}/comments`, {
      body: { body: 'Done.', in_reply_to: comment.id },
    });
    expect([reply.status, reply.body.in_reply_to_id, reply.body.path]).toEqual([
      201,
      comment.id,
      'topic.txt',
    ]);
    await forge.human.reply({ repo: REPO, number }, { comment: reply.body.id, body: 'Thanks.' });
    const replies = (await call(forge, 'GET', `/pulls/${number}/comments`)).body.slice(1);
    expect(replies.map((each: { in_reply_to_id: number }) => each.in_reply_to_id)).toEqual([
      comment.id,
      comment.id,
    ]);
  });
});

describe('checks', () => {
  it('go from queued to done and keep their logs', async () => {
    const forge = await openForge();
    const { head } = await openPull(forge, 'topic');
    const made = await call(forge, 'POST', '/check-runs', { body: { name: 'unit', head_sha: head.sha } });
    expect([made.status, made.body.status, made.body.conclusion]).toEqual([201, 'queued', null]);
    const list = async () => (await call(forge, 'GET', `/commits/topic/check-runs`)).body;
    await call(forge, 'PATCH', `/check-runs/${made.body.id}`, {
      body: { status: 'completed', conclusion: 'failure', output: { title: 'Red', summary: '1 failed' } },
    });
    const { total_count, check_runs } = await list();
    expect(total_count).toBe(1);
    expect(check_runs[0]).toMatchObject({
      conclusion: 'failure',
      output: { title: 'Red', summary: '1 failed' },
    });
    const run = await forge.ci.check(
      { repo: REPO, ref: 'topic' },
      { name: 'e2e', conclusion: 'failure', log: 'line 1\n' },
    );
    const moved = await call(forge, 'GET', `/actions/jobs/${run.id}/logs`);
    expect(moved.status).toBe(302);
    const log = await fetch(moved.headers.get('location') ?? '');
    expect(await log.text()).toBe('line 1\n');
    await forge.ci.check({ repo: REPO, ref: 'topic' }, { name: 'e2e' });
    expect((await list()).check_runs.map((each: { conclusion: string }) => each.conclusion)).toEqual([
      'failure',
      'success',
    ]);
  });

  it('run by themselves where the forge has a CI', async () => {
    const seen: string[] = [];
    const forge = await openForge({
      ci: ({ ref }) => {
        seen.push(ref);
        return [{ name: 'test', conclusion: ref.includes('bad') ? 'failure' : 'success' }];
      },
    });
    const { head } = await openPull(forge, 'bad');
    await forge.settled();
    expect(seen).toEqual(['refs/heads/bad']);
    const { check_runs } = (await call(forge, 'GET', `/commits/${head.sha}/check-runs`)).body;
    expect(check_runs[0]).toMatchObject({ name: 'test', status: 'completed', conclusion: 'failure' });
  });

  it('may be statuses, of which the last counts', async () => {
    const forge = await openForge();
    const { head } = await openPull(forge, 'topic');
    const set = (state: string, context: string) =>
      call(forge, 'POST', `/statuses/${head.sha}`, { body: { state, context } });
    const combined = async () => (await call(forge, 'GET', '/commits/topic/status')).body.state;
    expect(await combined()).toBe('pending');
    await set('failure', 'ci/a');
    expect(await combined()).toBe('failure');
    await set('success', 'ci/a');
    await set('pending', 'ci/b');
    expect(await combined()).toBe('pending');
    await set('success', 'ci/b');
    expect(await combined()).toBe('success');
    expect((await call(forge, 'GET', '/commits/topic/statuses')).body).toHaveLength(4);
    expect((await set('good', 'ci/b')).status).toBe(422);
  });
});

describe('issues', () => {
  it('are listed by label, milestone and assignee, pull requests among them', async () => {
    const forge = await openForge();
    await call(forge, 'POST', '/milestones', { body: { title: 'v1' } });
    const make = (body: object) => call(forge, 'POST', '/issues', { body });
    await make({ title: 'one', labels: ['bug', 'p1'], milestone: 1 });
    await make({ title: 'two', labels: ['bug'], assignees: ['bot'] });
    await openPull(forge, 'three');
    const numbers = async (query: string) =>
      (await call(forge, 'GET', `/issues?direction=asc&${query}`)).body.map(
        (issue: { number: number }) => issue.number,
      );
    expect(await numbers('')).toEqual([1, 2, 3]);
    expect(await numbers('labels=bug,p1')).toEqual([1]);
    expect(await numbers('milestone=1')).toEqual([1]);
    expect(await numbers('milestone=none&labels=bug')).toEqual([2]);
    expect(await numbers('assignee=bot')).toEqual([2]);
    expect(await numbers('assignee=none')).toEqual([1, 3]);
    const [, , pull] = (await call(forge, 'GET', '/issues?direction=asc')).body;
    expect(pull.pull_request.url).toContain('/pulls/3');
    await call(forge, 'POST', '/issues/1/labels', { body: { labels: ['p2'] } });
    const left = await call(forge, 'DELETE', '/issues/1/labels/p1');
    expect(left.body.map((label: { name: string }) => label.name)).toEqual(['bug', 'p2']);
    await call(forge, 'PATCH', '/issues/1', { body: { state: 'closed', state_reason: 'not_planned' } });
    expect((await call(forge, 'GET', '/issues/1')).body).toMatchObject({
      state: 'closed',
      state_reason: 'not_planned',
    });
  });

  it('have comments, parts and blockers', async () => {
    const forge = await openForge();
    const ids = [];
    for (const title of ['whole', 'part', 'blocker'])
      ids.push((await forge.human.openIssue(REPO, { title })).id);
    const said = await call(forge, 'POST', '/issues/1/comments', { body: { body: 'hello' } });
    await call(forge, 'PATCH', `/issues/comments/${said.body.id}`, { body: { body: 'hello again' } });
    const [comment] = (await call(forge, 'GET', '/issues/1/comments')).body;
    expect(comment).toMatchObject({ body: 'hello again', user: { login: 'bot' } });
    expect(
      (await call(forge, 'POST', '/issues/1/sub_issues', { body: { sub_issue_id: ids[1] } })).status,
    ).toBe(201);
    expect((await call(forge, 'GET', '/issues/2/parent')).body.number).toBe(1);
    await call(forge, 'POST', '/issues/2/dependencies/blocked_by', { body: { issue_id: ids[2] } });
    const numbers = async (path: string) =>
      (await call(forge, 'GET', path)).body.map((issue: { number: number }) => issue.number);
    expect(await numbers('/issues/1/sub_issues')).toEqual([2]);
    expect(await numbers('/issues/2/dependencies/blocked_by')).toEqual([3]);
    expect(await numbers('/issues/3/dependencies/blocking')).toEqual([2]);
    await forge.human.close({ repo: REPO, number: 3 });
    expect((await call(forge, 'GET', '/issues/2')).body.issue_dependencies_summary).toEqual({
      blocked_by: 0,
      total_blocked_by: 1,
      blocking: 0,
      total_blocking: 0,
    });
    expect((await call(forge, 'DELETE', `/issues/2/dependencies/blocked_by/${ids[2]}`)).status).toBe(200);
    expect(await numbers('/issues/2/dependencies/blocked_by')).toEqual([]);
  });
});
