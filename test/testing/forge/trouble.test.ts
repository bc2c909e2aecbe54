// What goes wrong on purpose: tokens, limits in virtual time, failures before and after the effect; and what was counted.
import { describe, expect, it } from 'vitest';
import { call, look, openForge, openPull, REPO } from './client.ts';

const COMMENT = { body: { body: 'hello' } };

describe('tokens', () => {
  it('are asked for and may expire', async () => {
    const forge = await openForge();
    const user = async (token: string | null) => {
      const { status, body } = await call(forge, 'GET', '//user', { token });
      return [status, body.login ?? body.message];
    };
    expect(await user('forge-token')).toEqual([200, 'bot']);
    expect(await user(null)).toEqual([401, 'Requires authentication']);
    expect(await user('wrong')).toEqual([401, 'Bad credentials']);
    forge.expireToken('forge-token');
    expect(await user('forge-token')).toEqual([401, 'Bad credentials']);
    forge.grantToken('forge-token', 'bot');
    expect(await user('forge-token')).toEqual([200, 'bot']);
  });

  it('let see and do what their user may', async () => {
    const forge = await openForge({
      permissions: { bot: 'read' },
      settings: { private: true },
      tokens: { 'forge-token': 'bot', other: 'stranger' },
    });
    expect((await call(forge, 'GET', '', { token: 'other' })).status).toBe(404);
    expect((await call(forge, 'GET', '')).body.permissions).toMatchObject({ push: false, pull: true });
    expect(
      (await call(forge, 'POST', '/pulls', { body: { title: 't', head: 'a', base: 'main' } })).status,
    ).toBe(403);
    expect((await call(forge, 'POST', '/issues', { body: { title: 't' } })).status).toBe(201);
  });
});

describe('limits', () => {
  it('are said, spare what has not changed, and end with the hour', async () => {
    let now = 5_000_000;
    const forge = await openForge({ now: () => now, limits: { perHour: 3 } });
    const get = (etag = '') => call(forge, 'GET', '/issues', { headers: { 'if-none-match': etag } });
    const first = await get();
    const etag = first.headers.get('etag') ?? '';
    expect(first.headers.get('x-ratelimit-remaining')).toBe('2');
    for (let i = 0; i < 5; i += 1) {
      const again = await get(etag);
      expect([again.status, again.body, again.headers.get('x-ratelimit-remaining')]).toEqual([304, '', '2']);
    }
    await forge.human.openIssue(REPO, { title: 'new' });
    expect((await get(etag)).status).toBe(200);
    await get();
    const over = await get();
    expect([over.status, over.headers.get('x-ratelimit-remaining')]).toEqual([403, '0']);
    expect(over.body.message).toContain('API rate limit exceeded');
    expect(over.headers.get('retry-after')).toBe(null);
    const { body } = await call(forge, 'GET', '//rate_limit');
    expect(body.resources.core).toMatchObject({ limit: 3, remaining: 0 });
    now = Number(over.headers.get('x-ratelimit-reset')) * 1000;
    expect((await get()).status).toBe(200);
    expect(forge.calls().filter(({ costly }) => costly)).toHaveLength(4);
  });

  it('let nobody create too much a minute, and notice who does not wait', async () => {
    let now = 5_000_000;
    const forge = await openForge({ now: () => now, limits: { creatingPerMinute: 2, retryAfterMs: 90_000 } });
    await forge.human.openIssue(REPO, { title: 'one' });
    const post = () => call(forge, 'POST', '/issues/1/comments', COMMENT);
    expect([(await post()).status, (await post()).status]).toEqual([201, 201]);
    const over = await post();
    expect([over.status, over.headers.get('retry-after')]).toEqual([403, '90']);
    expect(over.body.message).toContain('secondary rate limit');
    now += 80_000;
    const early = await call(forge, 'GET', '/issues');
    expect([early.status, early.headers.get('retry-after')]).toEqual([403, '10']);
    now += 10_000;
    expect((await post()).status).toBe(201);
    expect(forge.calls().map((each) => each.early)).toEqual([false, false, false, true, false]);
    expect(forge.counts().get('POST /repos/:owner/:repo/issues/:number/comments')).toBe(4);
  });

  it('let only so many calls run at once', async () => {
    const held: (() => void)[] = [];
    const forge = await openForge({
      limits: { concurrent: 1 },
      ci: () => new Promise((resolve) => held.push(() => resolve([]))),
    });
    const sha = await look(forge, 'rev-parse', 'main');
    const answers = await Promise.all(
      Array.from({ length: 4 }, (_, at) =>
        call(forge, 'POST', '/git/refs', { body: { ref: `refs/heads/b${at}`, sha } }),
      ),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses).toContain(201);
    expect(statuses).toContain(403);
    for (const release of held) release();
  });
});

describe('faults', () => {
  it('come before the effect, or after it', async () => {
    const forge = await openForge();
    await forge.human.push({ repo: REPO, branch: 'topic' }, { 'a.txt': 'a\n' });
    const open = () => call(forge, 'POST', '/pulls', { body: { title: 't', head: 'topic', base: 'main' } });
    forge.faults.plan({ fault: { kind: 'fail-before', status: 503 }, method: 'POST', path: '/pulls' });
    expect((await open()).status).toBe(503);
    expect(forge.pulls(REPO)).toHaveLength(0);
    forge.faults.plan({ fault: { kind: 'drop-before' } });
    await expect(open()).rejects.toThrow('fetch failed');
    expect(forge.pulls(REPO)).toHaveLength(0);
    forge.faults.plan({ fault: { kind: 'drop-after' } });
    await expect(open()).rejects.toThrow('fetch failed');
    expect(forge.pulls(REPO)).toHaveLength(1);
    const again = await open();
    expect(again.body.errors[0].message).toBe('A pull request already exists for acme:topic.');
    await forge.human.close({ repo: REPO, number: 1 });
    forge.faults.plan({ fault: { kind: 'fail-after' } });
    expect((await open()).status).toBe(502);
    expect(forge.pulls(REPO)).toHaveLength(2);
    expect(forge.duplicates()).toEqual(['2 × pull request of topic into main in acme/shop']);
    expect(forge.calls().map(({ status, fault }) => [status, fault])).toEqual([
      [503, 'fail-before'],
      [null, 'drop-before'],
      [null, 'drop-after'],
      [422, null],
      [502, 'fail-after'],
    ]);
  });

  it('may skip calls, last for some, answer slowly or not know the token', async () => {
    const slept: number[] = [];
    const sleep = async (ms: number) => {
      slept.push(ms);
    };
    const forge = await openForge({ sleep });
    forge.faults.plan({ fault: { kind: 'unauthorized' }, path: /^\/user$/, skip: 1, times: 2 });
    forge.faults.plan({ fault: { kind: 'slow', delayMs: 60_000 }, path: '/issues' });
    const statuses = [];
    for (let i = 0; i < 4; i += 1) statuses.push((await call(forge, 'GET', '//user')).status);
    expect(statuses).toEqual([200, 401, 401, 200]);
    expect((await call(forge, 'GET', '/issues')).status).toBe(200);
    expect(slept).toEqual([60_000]);
  });

  it('by chance are the same for the same seed', async () => {
    const run = async (seed: number): Promise<readonly number[]> => {
      const forge = await openForge({
        faults: { seed, calls: [{ fault: { kind: 'fail-before' }, rate: 0.5 }] },
      });
      const statuses = [];
      for (let i = 0; i < 20; i += 1) statuses.push((await call(forge, 'GET', '//user')).status);
      return statuses;
    };
    const first = await run(7);
    expect(new Set(first)).toEqual(new Set([200, 502]));
    expect(await run(7)).toEqual(first);
    expect(await run(8)).not.toEqual(first);
  });

  it('leave nothing behind when the forge closes while an answer is slow', async () => {
    const forge = await openForge();
    const { number } = await openPull(forge, 'topic');
    forge.faults.plan({ fault: { kind: 'slow', delayMs: 3_600_000 } });
    const slow = call(forge, 'GET', `/pulls/${number}`).catch((error: unknown) => String(error));
    while (forge.calls().length < 1) await new Promise(setImmediate);
    await forge.close();
    expect(await slow).toContain('fetch failed');
  });

  it('do not let the forge hang on a CI that never answers, or a pause that never ends', async () => {
    const never = new Promise<never>(() => undefined);
    const forge = await openForge({ ci: () => never, sleep: () => never });
    await openPull(forge, 'topic');
    const settled = forge.settled();
    forge.faults.plan({ fault: { kind: 'slow', delayMs: 1 } });
    const slow = call(forge, 'GET', '//user').catch(() => 'gone');
    while (forge.calls().length < 1) await new Promise(setImmediate);
    await forge.close();
    await settled;
    expect(await slow).toBe('gone');
  });
});
