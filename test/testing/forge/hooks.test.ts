// Webhooks: signed, in order, and then lost, doubled or late.
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readBody } from '../../../src/testing/model/request-body.ts';
import { openForge, openPull, REPO } from './client.ts';

interface Heard {
  readonly event: string;
  readonly id: string;
  readonly isSigned: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: payloads have any shape
  readonly payload: any;
}

async function listen(secret: string): Promise<{ readonly url: string; readonly heard: readonly Heard[] }> {
  const heard: Heard[] = [];
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const text = body?.toString() ?? '';
      const signature = `sha256=${createHmac('sha256', secret).update(text).digest('hex')}`;
      heard.push({
        event: String(request.headers['x-github-event']),
        id: String(request.headers['x-github-delivery']),
        isSigned: request.headers['x-hub-signature-256'] === signature,
        payload: JSON.parse(text),
      });
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, heard };
}

describe('webhooks', () => {
  it('tell of pull requests, reviews and checks, signed and in order', async () => {
    const forge = await openForge();
    const { url, heard } = await listen('s3cret');
    forge.addHook(REPO, { url, secret: 's3cret' });
    const { number } = await openPull(forge, 'topic');
    await forge.human.review({ repo: REPO, number }, { state: 'APPROVED' });
    await forge.ci.check({ repo: REPO, ref: 'topic' }, { name: 'test' });
    await forge.human.merge({ repo: REPO, number });
    await forge.settled();
    expect(heard.map(({ event, payload }) => `${event} ${payload.action ?? payload.ref}`)).toEqual([
      'push refs/heads/topic',
      'pull_request opened',
      'pull_request_review submitted',
      'check_run created',
      'check_run completed',
      'check_suite completed',
      'push refs/heads/main',
      'pull_request closed',
    ]);
    expect(heard.every(({ isSigned }) => isSigned)).toBe(true);
    expect(heard.at(-1)?.payload).toMatchObject({
      number,
      pull_request: { merged: true },
      sender: { login: 'human' },
    });
  });

  it('can be lost, doubled and late', async () => {
    const forge = await openForge();
    const { url, heard } = await listen('');
    forge.addHook(REPO, { url, events: ['issue_comment'] });
    await forge.human.openIssue(REPO, { title: 'one' });
    forge.faults.planHooks('lost', 'duplicated', 'held', null);
    for (const text of ['a', 'b', 'c', 'd']) await forge.human.comment({ repo: REPO, number: 1 }, text);
    await forge.settled();
    expect(heard.map(({ payload }) => payload.comment.body)).toEqual(['b', 'b', 'd', 'c']);
    expect(heard[0]?.id).toBe(heard[1]?.id);
  });
});
