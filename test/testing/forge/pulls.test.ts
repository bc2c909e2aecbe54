// The life of pull requests over REST: opened, listed, changed, merged in three ways, refused.
import { describe, expect, it } from 'vitest';
import { ask, call, look, openForge, openPull, REPO } from './client.ts';

const BASE = `query($number: Int!) {
  repository(owner: "acme", name: "shop") { pullRequest(number: $number) { baseRefOid } }
}`;

describe('opening a pull request', () => {
  it('says 422 for what cannot be one', async () => {
    const forge = await openForge();
    await openPull(forge, 'topic');
    await forge.human.forcePush({ repo: REPO, branch: 'same' }, await look(forge, 'rev-parse', 'main'));
    const open = async (head: string, base = 'main') => {
      const { status, body } = await call(forge, 'POST', '/pulls', { body: { title: 't', head, base } });
      return [status, body.message, body.errors?.[0]];
    };
    const custom = (message: string) => [
      422,
      'Validation Failed',
      { resource: 'PullRequest', code: 'custom', message },
    ];
    const invalid = (field: string) => [
      422,
      'Validation Failed',
      { resource: 'PullRequest', field, code: 'invalid' },
    ];
    expect(await open('topic')).toEqual(custom('A pull request already exists for acme:topic.'));
    expect(await open('acme:topic')).toEqual(custom('A pull request already exists for acme:topic.'));
    expect(await open('same')).toEqual(custom('No commits between main and same'));
    expect(await open('nowhere')).toEqual(invalid('head'));
    expect(await open('topic', 'nowhere')).toEqual(invalid('base'));
  });

  it('makes one of several that are asked for at once', async () => {
    const forge = await openForge();
    await forge.human.push({ repo: REPO, branch: 'topic' }, { 'a.txt': 'a\n' });
    const body = { title: 't', head: 'topic', base: 'main' };
    const answers = await Promise.all([1, 2, 3].map(() => call(forge, 'POST', '/pulls', { body })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 422, 422]);
    expect(forge.pulls(REPO)).toHaveLength(1);
    expect(forge.duplicates()).toEqual([]);
  });

  it('lists by state, head and base, page by page', async () => {
    const forge = await openForge();
    for (const branch of ['a', 'b', 'c']) await openPull(forge, branch);
    await forge.human.close({ repo: REPO, number: 2 });
    const numbers = async (query: string) =>
      (await call(forge, 'GET', `/pulls?${query}`)).body.map((pull: { number: number }) => pull.number);
    expect(await numbers('')).toEqual([3, 1]);
    expect(await numbers('state=all&direction=asc')).toEqual([1, 2, 3]);
    expect(await numbers('state=closed')).toEqual([2]);
    expect(await numbers('head=acme:c')).toEqual([3]);
    expect(await numbers('base=other')).toEqual([]);
    const page = await call(forge, 'GET', '/pulls?state=all&per_page=2');
    expect(page.body).toHaveLength(2);
    const next = /<([^>]+)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1] ?? '';
    const rest = await call(forge, 'GET', `/${next.slice(forge.url.length)}`);
    expect(rest.body.map((pull: { number: number }) => pull.number)).toEqual([1]);
    expect(rest.headers.get('link')).toContain('rel="prev"');
  });

  it('finds out later whether it can be merged', async () => {
    let now = 1_000_000;
    const forge = await openForge({ now: () => now, mergeableAfterMs: 5000 });
    const { number, mergeable } = await openPull(forge, 'topic');
    const look = async () => {
      const { body } = await call(forge, 'GET', `/pulls/${number}`);
      return [body.mergeable, body.mergeable_state];
    };
    expect(mergeable).toBe(null);
    expect(await look()).toEqual([null, 'unknown']);
    now += 5000;
    expect(await look()).toEqual([true, 'clean']);
    await forge.human.push({ repo: REPO, branch: 'main' }, { 'topic.txt': 'other\n' });
    expect(await look()).toEqual([null, 'unknown']);
    now += 5000;
    expect(await look()).toEqual([false, 'dirty']);
    const refused = await call(forge, 'PUT', `/pulls/${number}/merge`);
    expect([refused.status, refused.body.message]).toEqual([405, 'Pull Request is not mergeable']);
  });

  it('changes title, body, base and state, and shows files', async () => {
    const forge = await openForge();
    const { number } = await openPull(forge, 'topic', { files: { 'README.md': 'new\n', 'n.txt': 'n\n' } });
    await forge.human.push({ repo: REPO, branch: 'release' }, { 'r.txt': 'r\n' });
    const patch = (body: object) => call(forge, 'PATCH', `/pulls/${number}`, { body });
    const { body } = await patch({ title: 'Better', body: 'why', base: 'release' });
    expect([body.title, body.body, body.base.ref]).toEqual(['Better', 'why', 'release']);
    const files = (await call(forge, 'GET', `/pulls/${number}/files`)).body;
    expect(files.map((file: { filename: string; status: string }) => [file.filename, file.status])).toEqual([
      ['README.md', 'modified'],
      ['n.txt', 'added'],
    ]);
    expect(files[1].patch).toBe('@@ -0,0 +1 @@\n+n');
    expect((await patch({ state: 'closed' })).body.state).toBe('closed');
    expect((await patch({ state: 'open' })).body.state).toBe('open');
    await forge.human.deleteBranch({ repo: REPO, branch: 'topic' });
    expect((await call(forge, 'GET', `/pulls/${number}`)).body.state).toBe('closed');
    expect((await patch({ state: 'open' })).status).toBe(422);
  });

  it('keeps what it was when its base is deleted, and is not opened again without that', async () => {
    const forge = await openForge();
    await forge.human.push({ repo: REPO, branch: 'release' }, { 'r.txt': 'r\n' });
    const release = await look(forge, 'rev-parse', 'release');
    const { number } = await openPull(forge, 'topic');
    const patch = (body: object) => call(forge, 'PATCH', `/pulls/${number}`, { body });
    await patch({ base: 'release' });
    await forge.human.deleteBranch({ repo: REPO, branch: 'release' });
    const { body } = await call(forge, 'GET', `/pulls/${number}`);
    expect([body.state, body.base.ref, body.base.sha]).toEqual(['closed', 'release', release]);
    expect([body.commits, body.changed_files]).toEqual([1, 1]);
    const { data } = await ask(forge, BASE, { number });
    expect(data.repository.pullRequest.baseRefOid).toBe(release);
    expect((await patch({ state: 'open' })).status).toBe(422);
    expect((await patch({ base: 'main' })).status).toBe(422);
    await forge.human.push({ repo: REPO, branch: 'release' }, { 'r.txt': 'r\n' });
    expect((await patch({ state: 'open' })).body.state).toBe('open');
  });

  it('goes to where its base went, when that was merged and deleted', async () => {
    const forge = await openForge({ settings: { deleteBranchOnMerge: true } });
    const below = await openPull(forge, 'below');
    await forge.human.push({ repo: REPO, branch: 'above', by: 'bot' }, { 'above.txt': 'above\n' });
    const made = await call(forge, 'POST', '/pulls', { body: { title: 't', head: 'above', base: 'below' } });
    await forge.human.merge({ repo: REPO, number: below.number }, 'squash');
    const { body } = await call(forge, 'GET', `/pulls/${made.body.number}`);
    expect([body.state, body.base.ref]).toEqual(['open', 'main']);
    expect(Date.parse(body.updated_at)).toBeGreaterThanOrEqual(Date.parse(made.body.updated_at));
  });
});

describe('merging', () => {
  const merge = (forge: Awaited<ReturnType<typeof openForge>>, number: number, body: object) =>
    call(forge, 'PUT', `/pulls/${number}/merge`, { body });

  it('merges in three ways that git agrees with', async () => {
    const forge = await openForge({ settings: { deleteBranchOnMerge: true } });
    const one = await openPull(forge, 'one', { body: 'Fixes #4' });
    const two = await openPull(forge, 'two');
    const three = await openPull(forge, 'three');
    await forge.human.openIssue(REPO, { title: 'it is broken' });
    await forge.human.push({ repo: REPO, branch: 'three' }, { 'more.txt': 'more\n' }, 'add more');

    const merged = await merge(forge, one.number, { merge_method: 'merge', sha: one.head.sha });
    expect(merged.body).toMatchObject({ merged: true, message: 'Pull Request successfully merged' });
    expect(await look(forge, 'rev-parse', 'main')).toBe(merged.body.sha);
    expect(await look(forge, 'rev-parse', 'main^2')).toBe(one.head.sha);
    expect((await call(forge, 'GET', '/issues/4')).body.state).toBe('closed');
    expect((await call(forge, 'GET', '/branches/one')).status).toBe(404);

    await merge(forge, two.number, { merge_method: 'squash', commit_title: 'Two at once' });
    expect(await look(forge, 'log', '-1', '--format=%s|%P', 'main')).toBe(`Two at once|${merged.body.sha}`);

    await merge(forge, three.number, { merge_method: 'rebase' });
    expect(await look(forge, 'log', '-3', '--format=%s', 'main')).toBe('add more\nadd three\nTwo at once');
    expect(await look(forge, 'ls-tree', '--name-only', 'main')).toBe(
      'README.md\nmore.txt\none.txt\nthree.txt\ntwo.txt',
    );
    const { body } = await call(forge, 'GET', `/pulls/${three.number}`);
    expect(body).toMatchObject({
      merged: true,
      state: 'closed',
      merge_commit_sha: await look(forge, 'rev-parse', 'main'),
    });
    expect(await look(forge, 'fsck', '--strict', '--no-dangling')).toBe('');
  });

  it('is refused for a draft, a moved head, a method that is not allowed, and twice', async () => {
    const forge = await openForge({ settings: { allowSquashMerge: false } });
    const { number, node_id, head } = await openPull(forge, 'topic', { draft: true });
    const refusal = async (body: object) => {
      const answer = await merge(forge, number, body);
      return [answer.status, answer.body.message];
    };
    expect((await call(forge, 'GET', `/pulls/${number}`)).body.mergeable_state).toBe('draft');
    expect(await refusal({})).toEqual([405, 'Pull Request is still a draft']);
    const ready = await ask(
      forge,
      'mutation($id: ID!) { markPullRequestReadyForReview(input: {pullRequestId: $id}) { pullRequest { isDraft } } }',
      { id: node_id },
    );
    expect(ready).toEqual({ data: { markPullRequestReadyForReview: { pullRequest: { isDraft: false } } } });
    await forge.human.push({ repo: REPO, branch: 'topic' }, { 'late.txt': 'late\n' });
    const modified = 'Head branch was modified. Review and try the merge again.';
    expect(await refusal({ sha: head.sha })).toEqual([409, modified]);
    const squash = 'Squash merges are not allowed on this repository.';
    expect(await refusal({ merge_method: 'squash' })).toEqual([405, squash]);
    expect((await merge(forge, number, {})).status).toBe(200);
    expect(await refusal({})).toEqual([405, 'Pull Request is not mergeable']);
  });

  it('waits for checks, reviews and an up-to-date branch', async () => {
    const forge = await openForge({
      protection: { main: { contexts: ['test', 'lint'], strict: true, approvals: 1, dismissStale: true } },
    });
    const { number } = await openPull(forge, 'topic');
    const state = async () => {
      await call(forge, 'GET', `/pulls/${number}`);
      return (await call(forge, 'GET', `/pulls/${number}`)).body.mergeable_state;
    };
    const refusal = async () => (await merge(forge, number, {})).body.message;
    const check = (name: string, conclusion: string) =>
      forge.ci.check({ repo: REPO, ref: 'topic' }, { name, conclusion });
    expect(await state()).toBe('blocked');
    expect(await refusal()).toBe('At least 1 approving review is required by reviewers with write access.');
    await forge.human.review({ repo: REPO, number }, { state: 'APPROVED' });
    expect(await refusal()).toBe('2 of 2 required status checks have not succeeded.');
    await check('test', 'success');
    await check('lint', 'failure');
    expect(await refusal()).toBe('Required status check "lint" is failing.');
    await check('lint', 'success');
    await check('extra', 'failure');
    expect(await state()).toBe('unstable');
    await forge.human.forcePush({ repo: REPO, branch: 'other' }, { 'other.txt': 'x\n' });
    await forge.human.forcePush({ repo: REPO, branch: 'main' }, await look(forge, 'rev-parse', 'other'));
    expect(await state()).toBe('behind');
    expect(await refusal()).toBe('Head branch is out of date with the base branch.');
    const updated = await call(forge, 'PUT', `/pulls/${number}/update-branch`, { body: {} });
    expect(updated.status).toBe(202);
    expect(await look(forge, 'rev-parse', 'topic^2')).toBe(await look(forge, 'rev-parse', 'main'));
    // the push took the approval away
    expect(await refusal()).toContain('approving review is required');
    await forge.human.review({ repo: REPO, number }, { state: 'APPROVED' });
    for (const name of ['test', 'lint']) await check(name, 'success');
    expect(await state()).toBe('clean');
    expect((await merge(forge, number, {})).status).toBe(200);
  });

  it('counts a pull request as merged when its head is pushed to the base', async () => {
    const forge = await openForge();
    const { number, head } = await openPull(forge, 'topic');
    const answer = await call(forge, 'PATCH', '/git/refs/heads/main', { body: { sha: head.sha } });
    expect(answer.status).toBe(200);
    expect((await call(forge, 'GET', `/pulls/${number}`)).body).toMatchObject({
      merged: true,
      state: 'closed',
    });
    const back = await call(forge, 'PATCH', '/git/refs/heads/main', {
      body: { sha: await look(forge, 'rev-parse', 'main^') },
    });
    expect([back.status, back.body.message]).toEqual([422, 'Update is not a fast forward']);
  });
});
