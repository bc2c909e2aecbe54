// Real git against the forge: clone, push, force, protection, tokens, the proxy.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { call, clone, look, openForge, openPull, REPO } from './client.ts';

describe('git over HTTP', () => {
  it('clones, pushes, fetches and forces with a lease', async () => {
    const forge = await openForge();
    const one = await clone(forge);
    await one.git('switch', '-qc', 'topic');
    await one.write('a.txt', 'one\n');
    await one.git('add', '.');
    await one.git('commit', '-qm', 'one');
    expect((await one.git('push', '-q', 'origin', 'topic')).code).toBe(0);
    const pushed = await look(forge, 'rev-parse', 'refs/heads/topic');
    expect((await one.git('rev-parse', 'HEAD')).stdout.trim()).toBe(pushed);

    const moved = await forge.human.push({ repo: REPO, branch: 'topic' }, { 'b.txt': 'two\n' });
    await one.git('commit', '-q', '--amend', '-m', 'again');
    const lease = ['push', '--force-with-lease=topic', 'origin', 'topic'];
    const stale = await one.git(...lease);
    expect(stale.code).not.toBe(0);
    expect(stale.stderr).toContain('stale info');
    expect((await one.git('fetch', '-q', 'origin')).code).toBe(0);
    expect((await one.git('rev-parse', 'origin/topic')).stdout.trim()).toBe(moved);
    expect((await one.git(...lease)).code).toBe(0);
    expect(await look(forge, 'log', '-1', '--format=%s', 'topic')).toBe('again');
  });

  it('refuses pushes without a token, with an expired one, and by readers', async () => {
    const forge = await openForge({ permissions: { bot: 'read', human: 'write' } });
    const one = await clone(forge);
    const push = () => one.git('push', '-q', 'origin', 'HEAD:refs/heads/new');
    expect((await push()).stderr).toContain('403');
    await one.git('remote', 'set-url', 'origin', forge.gitUrl(REPO));
    expect((await push()).stderr).toContain('could not read Username');
    forge.grantToken('mine', 'human');
    await one.git(
      'remote',
      'set-url',
      'origin',
      forge.gitUrl(REPO).replace('://', '://x-access-token:mine@'),
    );
    expect((await push()).code).toBe(0);
    forge.expireToken('mine');
    expect((await push()).stderr).toMatch(/Authentication failed|could not read/);
  });

  it('serves git through a proxy under the name of another host', async () => {
    const forge = await openForge();
    const env = { http_proxy: forge.url, no_proxy: '' };
    const url = `http://x-access-token:forge-token@github.localhost/${REPO}.git`;
    const one = await clone(forge, { url, env });
    expect((await one.git('push', '-q', 'origin', 'HEAD:refs/heads/via-proxy')).code).toBe(0);
    expect(await look(forge, 'rev-parse', 'via-proxy')).toBe(await look(forge, 'rev-parse', 'main'));
  });

  it('keeps protected branches: no force, no deletion, only what has passed its checks', async () => {
    const forge = await openForge({ protection: { main: { contexts: ['test'] } } });
    const one = await clone(forge);
    const commit = async (text: string): Promise<string> => {
      await one.write('a.txt', text);
      await one.git('add', '.');
      await one.git('commit', '-qm', text);
      return (await one.git('rev-parse', 'HEAD')).stdout.trim();
    };
    const start = await look(forge, 'rev-parse', 'main');
    const sha = await commit('one');
    const early = await one.git('push', 'origin', 'HEAD:main');
    expect(early.stderr).toContain('Required status check "test" is expected.');
    expect(await look(forge, 'rev-parse', 'main')).toBe(start);
    await one.git('push', '-q', 'origin', 'HEAD:refs/heads/weft/staging/1');
    await forge.ci.check({ repo: REPO, ref: sha }, { name: 'test' });
    expect((await one.git('push', '-q', 'origin', 'HEAD:main')).code).toBe(0);
    expect((await one.git('push', 'origin', ':main')).stderr).toContain('refusing to delete');
    const force = await one.git('push', '--force', 'origin', `${start}:main`);
    expect(force.stderr).toContain('Cannot force-push to this branch');
    expect(await look(forge, 'rev-parse', 'main')).toBe(sha);
    const queue = await one.git('push', 'origin', 'HEAD:refs/heads/gh-readonly-queue/main/pr-1');
    expect(queue.code).not.toBe(0);
  });

  it('asks for a pull request where reviews are required', async () => {
    const forge = await openForge({ protection: { main: { approvals: 1 } } });
    const one = await clone(forge);
    await one.git('commit', '-q', '--allow-empty', '-m', 'direct');
    const refused = await one.git('push', 'origin', 'HEAD:main');
    expect(refused.stderr).toContain('Changes must be made through a pull request.');
  });

  it('has pushes move the heads of pull requests, and offers them as references', async () => {
    const forge = await openForge();
    const { number } = await openPull(forge, 'topic');
    const one = await clone(forge);
    await one.git('switch', '-q', 'topic');
    await one.git('commit', '-q', '--allow-empty', '-m', 'more');
    await one.git('push', '-q', 'origin', 'topic');
    const head = (await one.git('rev-parse', 'HEAD')).stdout.trim();
    expect((await call(forge, 'GET', `/pulls/${number}`)).body.head.sha).toBe(head);
    await one.git('fetch', '-q', 'origin', `refs/pull/${number}/head`);
    expect((await one.git('rev-parse', 'FETCH_HEAD')).stdout.trim()).toBe(head);
  });

  it('loses the answer to a push that was taken', async () => {
    const forge = await openForge();
    const one = await clone(forge);
    forge.faults.plan({ fault: { kind: 'drop-after' }, method: 'POST', path: /git-receive-pack$/ });
    const push = await one.git('push', '-q', 'origin', 'HEAD:refs/heads/new');
    expect(push.code).not.toBe(0);
    expect(await look(forge, 'rev-parse', 'new')).toBe(await look(forge, 'rev-parse', 'main'));
  });

  it('takes pushes of some megabytes, and gets over one that breaks off', async () => {
    const forge = await openForge();
    const one = await clone(forge);
    await one.write('big.bin', randomBytes(3 * 1024 * 1024).toString('base64'));
    await one.git('add', '.');
    await one.git('commit', '-qm', 'big');
    expect((await one.git('push', '-q', 'origin', 'HEAD:refs/heads/big')).code).toBe(0);
    expect(await look(forge, 'cat-file', '-s', 'big:big.bin')).toBe(String(4 * 1024 * 1024));

    const { port } = new URL(forge.url);
    const socket = connect(Number(port), '127.0.0.1');
    const basic = Buffer.from('x-access-token:forge-token').toString('base64');
    socket.write(
      `POST /${REPO}.git/git-receive-pack HTTP/1.1\r\nHost: x\r\nAuthorization: Basic ${basic}\r\n` +
        'Content-Type: application/x-git-receive-pack-request\r\nContent-Length: 999\r\n\r\n00',
    );
    await once(socket, 'connect');
    socket.destroy();
    // the repository is free again: this change waits its turn behind the broken push
    expect((await call(forge, 'POST', '/issues', { body: { title: 'on' } })).status).toBe(201);
  });
});
