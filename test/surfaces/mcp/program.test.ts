// The built program as an agent starts it: in a folder without the rest of weft, so that it can load nothing of that.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answerAsk, takeOpenAsks } from '../../../src/adapters/agent/asks.ts';

const ASK = { name: 'ask_guidance', arguments: { question: 'Which?' }, _meta: { progressToken: 1 } };

let dir = '';
let child: ChildProcessWithoutNullStreams | null = null;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'weft-mcp-'));
  for (const name of ['weft.cjs', 'worker.cjs']) copyFileSync(join('dist', name), join(dir, name));
  writeFileSync(join(dir, 'prompt.md'), 'Write the limiter.');
});
afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

/** The program under way. */
interface Program {
  readonly child: ChildProcessWithoutNullStreams;
  /** Every line it printed, as JSON. */
  readonly lines: readonly unknown[];
  request(id: number, method: string, params?: object): void;
  /** Resolves when a line is like that; rejects when the program ends before. */
  prints(like: object): Promise<void>;
  readonly ended: Promise<{ readonly code: number | null; readonly err: string }>;
}

function start(changes: Record<string, string> = {}, args: readonly string[] = ['mcp', '--worker']): Program {
  const env = {
    PATH: process.env['PATH'] ?? '',
    WEFT_RUN: 'r1',
    WEFT_TASK: 'api',
    WEFT_ATTEMPT: '1',
    WEFT_TOKEN: 'r1/api/1:0123456789abcdef',
    WEFT_PROMPT_FILE: join(dir, 'prompt.md'),
    WEFT_STATUS_FILE: join(dir, 'status.json'),
    WEFT_SESSION_DIR: dir,
    ...changes,
  };
  const program = spawn(process.execPath, [join(dir, 'weft.cjs'), ...args], { env });
  child = program;
  // it may be gone before everything is written
  program.stdin.on('error', () => undefined);
  const lines: unknown[] = [];
  let ring = (): void => undefined;
  let err = '';
  let over = false;
  createInterface(program.stdout).on('line', (line) => {
    lines.push(JSON.parse(line));
    ring();
  });
  program.stderr.on('data', (chunk) => {
    err += String(chunk);
  });
  const ended = new Promise<{ readonly code: number | null; readonly err: string }>((resolve) => {
    program.on('close', (code) => {
      over = true;
      ring();
      resolve({ code, err });
    });
  });
  return {
    child: program,
    lines,
    ended,
    request: (id, method, params) => {
      program.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    },
    prints: async (like) => {
      for (;;) {
        const rung = new Promise<void>((resolve) => {
          ring = resolve;
        });
        if (lines.some((line) => expect.objectContaining(like).asymmetricMatch(line))) return;
        if (over) throw new Error(`it ended without ${JSON.stringify(like)}: ${err}`);
        await rung;
      }
    },
  };
}

function steps(): readonly string[] {
  return readdirSync(join(dir, 'asks')).map((name) => name.replace(/^[^.]*/, ''));
}

describe('weft mcp --worker', () => {
  it('serves what came before the end of its input, and prints nothing but the protocol', async () => {
    const program = start();
    program.request(1, 'initialize', { protocolVersion: '2025-06-18' });
    program.request(2, 'tools/call', { name: 'get_task' });
    program.child.stdin.end('{"jsonrpc":"2.0","id":3,"method":"ping"}');
    expect(await program.ended).toEqual({ code: 0, err: '' });
    expect(program.lines).toMatchObject([
      { id: 1, result: { serverInfo: { name: 'weft' } } },
      { id: 3, result: {} },
      { id: 2, result: { content: [{ type: 'text', text: 'Write the limiter.' }] } },
    ]);
  });

  it('passes an answer on while the call waits', async () => {
    const program = start();
    program.request(1, 'tools/call', ASK);
    await program.prints({ method: 'notifications/progress' });
    const taken = async (): Promise<string> => {
      for (;;) {
        const [ask] = await takeOpenAsks(dir);
        if (ask !== undefined) return ask.id;
      }
    };
    expect(await answerAsk(dir, await taken(), 'This.')).toBe(true);
    await program.prints({ id: 1 });
    expect(program.lines.at(-1)).toMatchObject({
      result: { content: [{ text: '{"status":"answered","answer":"This."}' }] },
    });
  });

  const ends: Readonly<Record<string, readonly [number, (program: Program) => void]>> = {
    'the end of its input': [0, ({ child: { stdin } }) => stdin.end()],
    SIGTERM: [143, (program) => program.child.kill('SIGTERM')],
    SIGINT: [130, (program) => program.child.kill('SIGINT')],
  };
  it.each(Object.entries(ends))('leaves an open question at %s', async (_, [code, end]) => {
    const program = start();
    program.request(1, 'tools/call', ASK);
    await program.prints({ method: 'notifications/progress' });
    while (!readdirSync(dir).includes('status.json')) await new Promise((go) => setTimeout(go, 5));
    end(program);
    expect(await program.ended).toEqual({ code, err: '' });
    expect(steps()).toEqual(['.left']);
  });

  it('survives a line that is too long', async () => {
    const program = start();
    program.child.stdin.write(`${'x'.repeat(3 * 1024 * 1024)}\n`);
    program.request(2, 'ping');
    await program.prints({ id: 2 });
    expect(program.lines).toMatchObject([
      { id: null, error: { code: -32_700 } },
      { id: 2, result: {} },
    ]);
  });

  it('goes when nobody reads what it prints', async () => {
    const program = start();
    program.request(1, 'ping');
    await program.prints({ id: 1 });
    program.child.stdout.destroy();
    for (let id = 2; id < 50; id += 1) program.request(id, 'ping');
    expect((await program.ended).code).toBe(141);
  });

  const refuse = (sentence: string, changes: Record<string, string>, args?: readonly string[]): void => {
    it(`does not start: ${sentence}`, async () => {
      const program = start(changes, args);
      const { code, err } = await program.ended;
      expect(code).toBe(2);
      expect(err).toContain(`error: ${sentence}\n`);
      expect(program.lines).toEqual([]);
    });
  };
  refuse('weft mcp --worker needs WEFT_TOKEN in its environment, and it is not set.', { WEFT_TOKEN: '' });
  refuse('WEFT_TOKEN is not that of attempt 1 of task other of run r1.', { WEFT_TASK: 'other' });
  refuse('weft mcp has to know for whom it is.', {}, ['mcp']);
});
