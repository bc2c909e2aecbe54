// Repositories over REST: facts, settings, branches, protection, references, files, comparisons, both addresses.
import { describe, expect, it } from 'vitest';
import { call, look, openForge, openPull, REPO } from './client.ts';

const MINE = { token: 'boss' };

describe('a repository', () => {
  it('says what it allows, to the usual and to the Enterprise address', async () => {
    const forge = await openForge({ settings: { allowRebaseMerge: false } });
    const { body } = await call(forge, 'GET', '');
    expect(body).toMatchObject({
      full_name: REPO,
      default_branch: 'main',
      allow_rebase_merge: false,
      delete_branch_on_merge: false,
      permissions: { admin: false, push: true, pull: true },
      url: `${forge.url}/repos/${REPO}`,
    });
    const enterprise = await call(forge, 'GET', `//api/v3/repos/${REPO}`);
    expect(enterprise.body.url).toBe(`${forge.url}/api/v3/repos/${REPO}`);
    const graph = await call(forge, 'POST', '//api/graphql', { body: { query: '{ viewer { login } }' } });
    expect(graph.body).toEqual({ data: { viewer: { login: 'bot' } } });
    expect((await call(forge, 'GET', '/nothing')).status).toBe(404);
  });

  it('is protected by its administrators', async () => {
    const forge = await openForge({
      permissions: { boss: 'admin', bot: 'write' },
      tokens: { boss: 'boss', 'forge-token': 'bot' },
    });
    const path = '/branches/main/protection';
    expect((await call(forge, 'GET', path)).status).toBe(404);
    expect((await call(forge, 'GET', path, MINE)).body.message).toBe('Branch not protected');
    const rules = {
      required_status_checks: { strict: true, contexts: ['test'] },
      required_pull_request_reviews: { required_approving_review_count: 2 },
      enforce_admins: false,
      restrictions: null,
    };
    await call(forge, 'PUT', path, { ...MINE, body: rules });
    expect((await call(forge, 'GET', path, MINE)).body).toMatchObject({
      required_status_checks: { strict: true, contexts: ['test'] },
      required_pull_request_reviews: { required_approving_review_count: 2 },
      enforce_admins: { enabled: false },
    });
    expect((await call(forge, 'GET', '/branches/main')).body).toMatchObject({
      name: 'main',
      protected: true,
    });
    const { number } = await openPull(forge, 'topic');
    expect((await call(forge, 'PUT', `/pulls/${number}/merge`)).status).toBe(405);
    // rules that are not enforced for administrators do not hold them
    expect((await call(forge, 'PUT', `/pulls/${number}/merge`, MINE)).status).toBe(200);
    await call(forge, 'PATCH', '', { ...MINE, body: { delete_branch_on_merge: true } });
    expect((await call(forge, 'GET', '')).body.delete_branch_on_merge).toBe(true);
  });

  it('has references that are made, moved and deleted', async () => {
    const forge = await openForge();
    const sha = await look(forge, 'rev-parse', 'main');
    const make = () => call(forge, 'POST', '/git/refs', { body: { ref: 'refs/heads/a/b', sha } });
    expect((await make()).body).toMatchObject({ ref: 'refs/heads/a/b', object: { sha, type: 'commit' } });
    expect([(await make()).status, (await make()).body.message]).toEqual([422, 'Reference already exists']);
    expect((await call(forge, 'GET', '/git/ref/heads/a/b')).body.object.sha).toBe(sha);
    expect((await call(forge, 'GET', '/git/ref/heads/a')).status).toBe(404);
    expect((await call(forge, 'GET', '/branches/a/b')).body.commit.commit.message).toBe('start');
    const to = await forge.human.push({ repo: REPO, branch: 'c' }, { 'c.txt': 'c\n' });
    expect((await call(forge, 'PATCH', '/git/refs/heads/a/b', { body: { sha: to } })).status).toBe(200);
    expect((await call(forge, 'DELETE', '/git/refs/heads/a/b')).status).toBe(204);
    expect((await call(forge, 'DELETE', '/git/refs/heads/a/b')).status).toBe(422);
    const missing = { body: { ref: 'refs/heads/x', sha: 'f'.repeat(40) } };
    expect((await call(forge, 'POST', '/git/refs', missing)).body.message).toBe('Object does not exist');
  });

  it('compares and shows commits and files', async () => {
    const forge = await openForge({ files: { 'README.md': 'hi\n', 'src/a.ts': 'a\n' } });
    const head = await forge.human.push({ repo: REPO, branch: 'topic' }, { 'src/b.ts': 'b\nb\n' }, 'add b');
    await forge.human.push({ repo: REPO, branch: 'main' }, { 'README.md': null });
    const { body } = await call(forge, 'GET', '/compare/main...topic');
    expect(body).toMatchObject({ status: 'diverged', ahead_by: 1, behind_by: 1 });
    expect(body.files).toMatchObject([{ filename: 'src/b.ts', status: 'added', additions: 2 }]);
    expect(body.commits[0].sha).toBe(head);
    expect((await call(forge, 'GET', '/commits/topic')).body.commit.message).toBe('add b');
    expect((await call(forge, 'GET', '/commits?sha=topic&per_page=1')).headers.get('link')).toContain(
      'page=2',
    );
    const file = (await call(forge, 'GET', '/contents/src/b.ts?ref=topic')).body;
    expect(Buffer.from(file.content, 'base64').toString()).toBe('b\nb\n');
    const folder = (await call(forge, 'GET', '/contents/src?ref=topic')).body;
    expect(folder.map((each: { path: string }) => each.path)).toEqual(['src/a.ts', 'src/b.ts']);
    const content = Buffer.from('new\n').toString('base64');
    const put = (sha?: string) =>
      call(forge, 'PUT', '/contents/src/b.ts', { body: { message: 'm', content, branch: 'topic', sha } });
    expect((await put()).status).toBe(422);
    expect((await put(file.sha)).status).toBe(200);
    expect(await look(forge, 'show', 'topic:src/b.ts')).toBe('new');
    expect((await call(forge, 'GET', '/contents/README.md')).status).toBe(404);
  });
});
