// What is said on the control socket: order, waiting, pushes, limits, and clients that mean harm.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createControlPort } from '../../../src/adapters/control/control-port.ts';
import type { Connection, Handler, Json, Led } from '../../../src/ports/control.ts';

const control = createControlPort();
const echo: Handler = async (request) => request;

function newStateDir(): string {
  const root = mkdtempSync(join(tmpdir(), 'weft-talk-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  return join(root, '.weft');
}

async function mustLead(stateDir: string, handler?: Handler): Promise<Led> {
  const led = await control.lead(stateDir);
  if (!led.ok) throw new Error(led.failure.sentence);
  onTestFinished(led.value.close);
  if (handler !== undefined) led.value.serve(handler);
  return led.value;
}

function call(stateDir: string, request: Json): ReturnType<typeof control.call> {
  return control.call(stateDir, request, 10_000);
}

/** A client without manners. */
async function dial(stateDir: string): Promise<Socket> {
  const socket = connect(join(stateDir, 'control.sock'));
  socket.on('error', () => {});
  onTestFinished(() => {
    socket.destroy();
  });
  await once(socket, 'connect');
  return socket;
}

/** All lines that come until the leader hangs up. */
async function hearOut(socket: Socket): Promise<readonly unknown[]> {
  const lines: unknown[] = [];
  for await (const line of createInterface({ input: socket })) lines.push(JSON.parse(line));
  return lines;
}

/** A promise to be kept from outside. */
function promiseOf<T>(): { readonly promise: Promise<T>; readonly keep: (value: T) => void } {
  let keep: (value: T) => void = () => {};
  const promise = new Promise<T>((resolve) => {
    keep = resolve;
  });
  return { promise, keep };
}

describe('calls', () => {
  test.each<[Json]>([[null], [0], ['ünï "quotes"\n'], [{ a: [1, { b: null }] }], ['x'.repeat(1_000_000)]])(
    'are answered',
    async (request) => {
      const stateDir = newStateDir();
      await mustLead(stateDir, echo);
      expect(await call(stateDir, request)).toEqual({ ok: true, value: request });
    },
  );

  test('come to null when nobody leads, also without a state folder', async () => {
    const stateDir = newStateDir();
    expect(await call(stateDir, 'hello')).toEqual({ ok: true, value: null });
    await (await mustLead(stateDir, echo)).close();
    expect(await call(stateDir, 'hello')).toEqual({ ok: true, value: null });
  });

  test('wait until the engine serves', async () => {
    const stateDir = newStateDir();
    const led = await mustLead(stateDir);
    const early = [call(stateDir, 1), call(stateDir, 2)];
    await dial(stateDir);
    led.serve(echo);
    expect(await Promise.all(early)).toEqual([
      { ok: true, value: 1 },
      { ok: true, value: 2 },
    ]);
  });

  test('end after their time', async () => {
    const stateDir = newStateDir();
    await mustLead(stateDir);
    expect(await control.call(stateDir, 'hello', 20)).toMatchObject({
      ok: false,
      failure: { kind: 'timeout' },
    });
  });

  test('end when the engine goes', async () => {
    const stateDir = newStateDir();
    const asked = promiseOf<void>();
    const led = await mustLead(stateDir, () => {
      asked.keep();
      return new Promise(() => {});
    });
    const waiting = call(stateDir, 'hello');
    await asked.promise;
    await led.close();
    expect(await waiting).toMatchObject({ ok: false, failure: { kind: 'environment' } });
  });

  test('an answer given just before the end arrives', async () => {
    const stateDir = newStateDir();
    let led: Led | null = null;
    let closing: Promise<void> | undefined;
    led = await mustLead(stateDir, async () => {
      setImmediate(() => {
        closing = led?.close();
      });
      return 'x'.repeat(900_000);
    });
    expect(await call(stateDir, 'stop')).toEqual({ ok: true, value: 'x'.repeat(900_000) });
    await closing;
  });

  test('a handler that throws answers with the error and harms nobody', async () => {
    const stateDir = newStateDir();
    await mustLead(stateDir, async (request) => {
      if (request === 'bad') throw new Error('Internal error: oh');
      return request;
    });
    expect(await call(stateDir, 'bad')).toMatchObject({
      ok: false,
      failure: { sentence: 'Internal error: oh' },
    });
    expect(await call(stateDir, 'good')).toEqual({ ok: true, value: 'good' });
  });

  test('too long a request or answer is refused', async () => {
    const stateDir = newStateDir();
    await mustLead(stateDir, async () => 'x'.repeat(1024 * 1024));
    expect(await call(stateDir, 'x'.repeat(1024 * 1024))).toMatchObject({
      ok: false,
      failure: { kind: 'usage' },
    });
    expect(await call(stateDir, 'more')).toMatchObject({
      ok: false,
      failure: { sentence: /more than 1048576 bytes/ },
    });
  });

  test('an answer that is not one is a failure', async () => {
    const stateDir = newStateDir();
    await mustLead(stateDir, echo);
    const { createServer } = await import('node:net');
    const path = join(stateDir, 'control.sock');
    rmSync(path);
    const impostor = createServer((socket) => socket.write('hello\n')).listen(path);
    onTestFinished(() => {
      impostor.close();
    });
    await once(impostor, 'listening');
    expect(await call(stateDir, 'hello')).toMatchObject({ ok: false, failure: { kind: 'environment' } });
  });

  test('a socket that somebody removed is named', async () => {
    const stateDir = newStateDir();
    await mustLead(stateDir, echo);
    rmSync(join(stateDir, 'control.sock'));
    expect(await call(stateDir, 'hello')).toMatchObject({
      ok: false,
      failure: { sentence: /socket is gone/ },
    });
    expect(await control.findLeader(stateDir)).toMatchObject({ pid: process.pid });
  });
});

describe('one connection', () => {
  test('many requests at once are answered in their order', async () => {
    const stateDir = newStateDir();
    await mustLead(stateDir, async (request) => {
      // the earlier, the slower
      for (let turns = 200 - Number(request); turns > 0; turns -= 1) await null;
      return request;
    });
    const socket = await dial(stateDir);
    const requests = Array.from({ length: 200 }, (_, index) => index);
    socket.end(requests.map((request) => `${request}\n`).join(''));
    expect(await hearOut(socket)).toEqual(requests.map((answer) => ({ answer })));
  });

  test('requests in pieces of any size are put together', async () => {
    const stateDir = newStateDir();
    await mustLead(stateDir, echo);
    const socket = await dial(stateDir);
    socket.setNoDelay(true);
    for (const byte of Buffer.from('{"ä":1}\n{"b":2}\n')) {
      await new Promise((resolve) => socket.write(Buffer.of(byte), resolve));
    }
    socket.end();
    expect(await hearOut(socket)).toEqual([{ answer: { ä: 1 } }, { answer: { b: 2 } }]);
  });
});

describe('following', () => {
  /** Follows until the end, collecting what is pushed. */
  function follow(stateDir: string, signal: AbortSignal = new AbortController().signal) {
    const heard: Json[] = [];
    const first = promiseOf<void>();
    const end = control.follow(
      stateDir,
      'follow',
      (message) => {
        heard.push(message);
        first.keep();
      },
      signal,
    );
    return { heard, first: first.promise, end };
  }

  test('gets what is pushed, before and after the answer, until the engine goes', async () => {
    const stateDir = newStateDir();
    const joined = promiseOf<Connection>();
    const led = await mustLead(stateDir, async (_request, connection) => {
      connection.push(1);
      joined.keep(connection);
      return 'welcome';
    });
    const { heard, end } = follow(stateDir);
    const connection = await joined.promise;
    connection.push({ two: 2 });
    await led.close();
    expect(await end).toEqual({ ok: true, value: undefined });
    expect(heard).toEqual([1, { two: 2 }]);
    expect(connection.closed.aborted).toBe(true);
    connection.push('into the void');
  });

  test('ends when its signal fires, and the engine is told', async () => {
    const stateDir = newStateDir();
    const joined = promiseOf<Connection>();
    await mustLead(stateDir, async (_request, connection) => {
      joined.keep(connection);
      connection.push('hello');
      return null;
    });
    const abort = new AbortController();
    const { first, end } = follow(stateDir, abort.signal);
    await first;
    const { closed } = await joined.promise;
    const told = once(closed, 'abort');
    abort.abort();
    expect(await end).toEqual({ ok: true, value: undefined });
    await told;
    expect(await follow(stateDir, abort.signal).end).toEqual({ ok: true, value: undefined });
  });

  test('is over at once when nobody leads, and fails when it is refused', async () => {
    const stateDir = newStateDir();
    expect(await follow(stateDir).end).toEqual({ ok: true, value: undefined });
    await mustLead(stateDir, async () => {
      throw new Error('no');
    });
    expect(await follow(stateDir).end).toMatchObject({ ok: false, failure: { sentence: 'no' } });
  });

  test('one that does not read is dropped, and the others are not', async () => {
    const stateDir = newStateDir();
    const joined = promiseOf<Connection>();
    await mustLead(stateDir, async (request, connection) => {
      if (request === 'sleep') joined.keep(connection);
      return request;
    });
    const sleeper = await dial(stateDir);
    sleeper.pause();
    sleeper.write('"sleep"\n');
    const { push, closed } = await joined.promise;
    for (let count = 0; count < 1_000 && !closed.aborted; count += 1) {
      push('x'.repeat(100_000));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(closed.aborted).toBe(true);
    expect(await call(stateDir, 'awake')).toEqual({ ok: true, value: 'awake' });
  });
});

describe('a hostile client', () => {
  test.each<[name: string, bytes: string | Buffer, sentence: RegExp]>([
    ['that sends garbage', 'GET / HTTP/1.1\r\n\r\n', /not JSON/],
    ['that sends an empty line', '\n', /not JSON/],
    ['that sends broken UTF-8', Buffer.from([0x22, 0xff, 0x22, 0x0a]), /not JSON/],
    [
      'that sends an endless line',
      Buffer.alloc(3 * 1024 * 1024, 'x').fill('\n', 3 * 1024 * 1024 - 1),
      /more than 1048576/,
    ],
  ])('%s hears one error and is hung up on', async (_name, bytes, sentence) => {
    const stateDir = newStateDir();
    await mustLead(stateDir, echo);
    const socket = await dial(stateDir);
    socket.write(bytes);
    socket.write('"and then?"\n');
    expect(await hearOut(socket)).toEqual([{ error: expect.stringMatching(sentence) }]);
    expect(await call(stateDir, 'hello')).toEqual({ ok: true, value: 'hello' });
  });

  test('cannot take more than 64 connections', async () => {
    const stateDir = newStateDir();
    await mustLead(stateDir, echo);
    const sockets = await Promise.all(Array.from({ length: 64 }, () => dial(stateDir)));
    expect(await call(stateDir, 'hello')).toMatchObject({
      ok: false,
      failure: { sentence: 'Too many connections.' },
    });
    const gone = once(sockets[0] as Socket, 'close');
    sockets[0]?.end('"bye"\n').resume();
    await gone;
    expect(await call(stateDir, 'hello')).toEqual({ ok: true, value: 'hello' });
  });

  test('that goes away amid its request harms nobody', async () => {
    const stateDir = newStateDir();
    const asked = promiseOf<Connection>();
    const finish = promiseOf<Json>();
    await mustLead(stateDir, async (request, connection) => {
      if (request === 'hello') return request;
      asked.keep(connection);
      return finish.promise;
    });
    const socket = await dial(stateDir);
    socket.write('"slow"\n');
    const { closed } = await asked.promise;
    const told = once(closed, 'abort');
    socket.destroy();
    await told;
    finish.keep('x'.repeat(500_000));
    expect(await call(stateDir, 'hello')).toEqual({ ok: true, value: 'hello' });
  });
});
