// Short commands: what they print, caps, files, and that nothing is left of them at the time limit.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createProcessPort } from '../../../src/adapters/process/process-port.ts';
import type { CommandEnd, CommandSpec } from '../../../src/ports/process.ts';
import { breakGround, eventually, type Ground, isUp, leftovers, readText } from './ground.ts';

const port = createProcessPort();
let ground: Ground;

beforeEach(() => {
  ground = breakGround();
});
afterEach(() => ground.sweep());

function run(text: string, more: Partial<CommandSpec> = {}): Promise<CommandEnd> {
  const { cwd, env, tag } = ground;
  const argv: CommandSpec['argv'] = ['/bin/sh', '-c', text];
  return port.run({ argv, cwd, env, tag, timeoutMs: 30_000, outputBytes: 1_000, ...more });
}

it.each<[string, Partial<CommandEnd>]>([
  ['exit 7', { exit: { code: 7, signal: null }, tail: '' }],
  ['kill -KILL $$', { exit: { code: null, signal: 'SIGKILL' } }],
  [
    'echo out; echo err >&2',
    { exit: { code: 0, signal: null }, tail: expect.stringMatching(/^(out\nerr|err\nout)\n$/) },
  ],
  ['cat; echo "$WEFT_TAG"', { tail: expect.stringMatching(/^test\/\d+\/\d+\n$/) }],
])('tells how `%s` went', async (text, expected) => {
  expect(await run(text)).toMatchObject({ timedOut: false, ...expected });
});

it('keeps the last bytes and whole characters', async () => {
  const end = await run('i=0; while [ $i -lt 500 ]; do echo "überall $i"; i=$((i+1)); done', {
    outputBytes: 40,
  });
  expect(Buffer.byteLength(end.tail)).toBeLessThanOrEqual(40);
  expect(end.tail).toMatch(/überall 498\nüberall 499\n$/);
  expect(end.tail).not.toContain('\uFFFD');
});

it('writes the beginning into the file and keeps the end in memory', async () => {
  const outputFile = join(ground.root, 'logs', 'gate.log');
  const end = await run('head -c 300000 /dev/zero | tr "\\0" a; printf end', {
    outputFile,
    outputBytes: 100_000,
  });
  expect(end.exit.code).toBe(0);
  expect(readText(outputFile)).toBe('a'.repeat(100_000));
  expect(end.tail).toBe(`${'a'.repeat(64 * 1024 - 3)}end`);
});

it('goes on when the file cannot be written', async () => {
  mkdirSync(join(ground.root, 'taken'));
  const end = await run('head -c 300000 /dev/zero; echo end', { outputFile: join(ground.root, 'taken') });
  expect(end.exit.code).toBe(0);
  expect(end.tail).toContain('could not be written');
});

it.each<[string, Partial<CommandSpec>, number]>([
  ['a missing folder', { cwd: '/nowhere/at/all' }, 126],
  ['a file that is no program', { argv: ['/etc/passwd'] }, 126],
  ['an argument that is too long', { argv: ['true', 'x'.repeat(200_000)] }, 126],
  ['an impossible argument', { argv: ['true', '\0'] }, 126],
])('does not reject for %s', async (_, more, code) => {
  const end = await run('', more);
  expect(end.exit).toEqual({ code, signal: null });
  expect(end.tail).toMatch(/^weft: /);
});

it('leaves nothing of the tree at the time limit, not even what ignores SIGTERM in another session', async () => {
  const pids = join(ground.root, 'pids');
  const text = `trap '' TERM
    echo $$ >>${pids}
    setsid sh -c 'trap "" TERM; echo $$ >>${pids}; while :; do sleep 1000; done' &
    sh -c 'echo $$ >>${pids}; exec sleep 1000' &
    while :; do sleep 1000; done`;
  const stop = new AbortController();
  const running = run(text, { signal: stop.signal });
  await eventually(() => readText(pids).split('\n').length === 4);
  stop.abort();
  const end = await running;
  expect(end).toMatchObject({ exit: { code: null, signal: 'SIGKILL' }, timedOut: false });
  expect(readText(pids).split('\n').filter(Boolean).map(Number).filter(isUp)).toEqual([]);
  expect(leftovers(ground.root, ground.tag)).toEqual([]);
});

it("does not end another command's processes with the same tag", async () => {
  const other = run('exec sleep 1000', { signal: AbortSignal.timeout(60_000) });
  const [sleeper = 0] = await eventually(() => {
    const found = leftovers(ground.root, ground.tag);
    return found.length > 0 && found;
  });
  expect(await run('exec sleep 1000', { timeoutMs: 20 })).toMatchObject({ timedOut: true });
  expect(isUp(sleeper)).toBe(true);
  process.kill(sleeper, 'SIGKILL');
  expect((await other).exit).toEqual({ code: null, signal: 'SIGKILL' });
});

it('does not wait for a background process that holds the output open', async () => {
  const end = await run('sleep 1000 & echo done');
  expect(end).toMatchObject({ exit: { code: 0, signal: null }, tail: 'done\n' });
  expect(end.elapsedMs).toBeLessThan(20_000);
  expect(existsSync(ground.cwd)).toBe(true);
});

it('ends what a command that ended well leaves running, in a session of its own too [F46]', async () => {
  const end = await run('(setsid sleep 1000 >/dev/null 2>&1 &); sleep 1000 >/dev/null 2>&1 & echo $!');
  expect(end.exit).toEqual({ code: 0, signal: null });
  expect(isUp(Number(end.tail))).toBe(false);
  expect(leftovers(ground.cwd, ground.tag)).toEqual([]);
});
