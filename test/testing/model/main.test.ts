// The scripted model as a program: it says where it listens, answers, and ends when it is told to.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asObjects } from '../../../src/testing/model/json.ts';
import { post } from './client.ts';

let dir: string;
let program: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'weft-model-'));
  program = join(dir, 'model.cjs');
  buildSync({
    entryPoints: [resolve('src/testing/model/main.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    logLevel: 'error',
  });
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

interface Started {
  readonly child: ChildProcess;
  readonly url: string;
  /** Exit code. */
  readonly ended: Promise<number | null>;
}

async function start(): Promise<Started> {
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'ignore'] });
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  let out = '';
  for await (const chunk of child.stdout) {
    out += String(chunk);
    if (out.includes('\n')) break;
  }
  const [, url = ''] = /^listening on (http:\/\/127\.0\.0\.1:\d+)\n$/.exec(out) ?? [];
  return { child, url, ended };
}

/** Runs it with arguments that it cannot start with. */
async function run(...args: readonly string[]): Promise<{ readonly code: unknown; readonly err: string }> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['pipe', 'ignore', 'pipe'] });
  const closed = once(child, 'close');
  let err = '';
  for await (const chunk of child.stderr) err += String(chunk);
  const [code] = await closed;
  return { code, err };
}

describe('model.cjs', () => {
  it('answers where it says that it listens, until its input ends', async () => {
    const { child, url, ended } = await start();
    const { body } = await post(`${url}/v1/messages`, {
      messages: [{ role: 'user', content: '@say Here.' }],
    });
    expect(asObjects(body['content'])[0]?.['text']).toBe('Here.');
    child.stdin?.end();
    expect(await ended).toBe(0);
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`ends on ${signal}`, async () => {
      const { child, ended } = await start();
      child.kill(signal);
      expect(await ended).toBe(0);
    });
  }

  for (const args of [
    ['--port', 'x'],
    ['--port', '65536'],
    ['--speed', '9'],
  ]) {
    it(`explains itself for ${args.join(' ')}`, async () => {
      const { code, err } = await run(...args);
      expect(code).toBe(2);
      expect(err).toContain('--port N');
    });
  }

  it('says that a port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { code, err } = await run('--port', String(port));
    other.close();
    expect(code).toBe(1);
    expect(err).toContain('EADDRINUSE');
  });
});
