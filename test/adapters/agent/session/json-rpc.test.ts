// JSON-RPC both ways over lines: what is asked, answered and reported, and that no line does harm.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Answer, createPeer } from '../../../../src/adapters/agent/session/json-rpc.ts';

function open(known: readonly string[] = []) {
  const lines: string[] = [];
  const heard: unknown[] = [];
  const peer = createPeer((line) => lines.push(line), {
    request: (id, method, params) => {
      heard.push({ id, method, params });
      return known.includes(method);
    },
    notification: (method, params) => heard.push({ method, params }),
  });
  return { peer, heard, sent: () => lines.splice(0).map((line) => JSON.parse(line) as unknown) };
}

describe('a peer', () => {
  it('asks and gets the answers, in whatever order they come', () => {
    const { peer, sent } = open();
    const answers: [string, Answer][] = [];
    peer.request('one', { a: 1 }, (answer) => answers.push(['one', answer]));
    peer.request('two', {}, (answer) => answers.push(['two', answer]));
    expect(sent()).toEqual([
      { jsonrpc: '2.0', id: 1, method: 'one', params: { a: 1 } },
      { jsonrpc: '2.0', id: 2, method: 'two', params: {} },
    ]);
    peer.hear('{"id":2,"error":{"code":-32000,"message":"no"}}');
    peer.hear('{"jsonrpc":"2.0","id":1,"result":{"b":2}}');
    peer.hear('{"id":1,"result":{"b":3}}');
    expect(answers).toEqual([
      ['two', { ok: false, error: { code: -32_000, message: 'no' } }],
      ['one', { ok: true, result: { b: 2 } }],
    ]);
  });

  const results: readonly [string, Answer][] = [
    ['"result":null', { ok: true, result: {} }],
    ['"result":[1]', { ok: true, result: {} }],
    ['"result":{"a":1},"error":null', { ok: true, result: { a: 1 } }],
    [
      '"error":{"code":1,"message":"Internal error","data":{"details":"no disk"}}',
      { ok: false, error: { code: 1, message: 'Internal error: no disk' } },
    ],
    ['"error":"no"', { ok: false, error: { code: -32_603, message: 'It gave no reason.' } }],
    [
      '"error":{"code":"x","message":""}',
      { ok: false, error: { code: -32_603, message: 'It gave no reason.' } },
    ],
  ];
  for (const [fields, expected] of results) {
    it(`reads the answer ${fields}`, () => {
      const { peer } = open();
      let found: Answer | null = null;
      peer.request('one', {}, (answer) => {
        found = answer;
      });
      peer.hear(`{"id":1,${fields}}`);
      expect(found).toEqual(expected);
    });
  }

  it('answers what it is asked, under the same id', () => {
    const { peer, heard, sent } = open(['known']);
    peer.hear('{"id":0,"method":"known","params":{"x":1}}');
    peer.hear('{"id":"seven","method":"known"}');
    peer.respond(0, { y: 2 });
    peer.refuse('seven', { code: 1, message: 'no' });
    expect(heard).toEqual([
      { id: 0, method: 'known', params: { x: 1 } },
      { id: 'seven', method: 'known', params: {} },
    ]);
    expect(sent()).toEqual([
      { jsonrpc: '2.0', id: 0, result: { y: 2 } },
      { jsonrpc: '2.0', id: 'seven', error: { code: 1, message: 'no' } },
    ]);
  });

  it('says so when it does not know a method', () => {
    const { peer, sent } = open();
    peer.hear('{"id":3,"method":"strange"}');
    expect(sent()).toEqual([
      { jsonrpc: '2.0', id: 3, error: { code: -32_601, message: 'There is no method strange.' } },
    ]);
  });

  it('hears reports, and answers none', () => {
    const { peer, heard, sent } = open();
    peer.hear('{"method":"news","params":{"x":1}}');
    peer.hear('{"id":null,"method":"news","params":7}');
    peer.notify('bare');
    peer.notify('full', { z: 1 });
    expect(heard).toEqual([
      { method: 'news', params: { x: 1 } },
      { method: 'news', params: {} },
    ]);
    expect(sent()).toEqual([
      { jsonrpc: '2.0', method: 'bare' },
      { jsonrpc: '2.0', method: 'full', params: { z: 1 } },
    ]);
  });

  it('waits for a bounded number of answers', () => {
    const { peer, sent } = open();
    const refused: Answer[] = [];
    for (let n = 0; n < 300; n += 1) peer.request('ask', {}, (answer) => refused.push(answer));
    expect(sent()).toHaveLength(256);
    expect(refused).toHaveLength(44);
    expect(refused.every(({ ok }) => !ok)).toBe(true);
  });

  it('takes any line without harm', () => {
    const message = fc.record({
      id: fc.option(fc.jsonValue(), { nil: undefined }),
      method: fc.option(fc.jsonValue(), { nil: undefined }),
      params: fc.jsonValue(),
      result: fc.jsonValue(),
      error: fc.jsonValue(),
    });
    const line = fc.oneof(
      fc.string(),
      fc.json(),
      message.map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), (lines) => {
        const { peer, sent } = open();
        peer.request('one', {}, () => undefined);
        for (const each of lines) peer.hear(each);
        expect(sent().length).toBeLessThanOrEqual(1 + lines.length);
      }),
    );
  });
});
