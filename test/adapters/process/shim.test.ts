// What the shim keeps of an agent's output: all up to the cap, without getting in the agent's way.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createProcessPort } from '../../../src/adapters/process/process-port.ts';
import { isPartOfShim } from '../../../src/adapters/process/shim.ts';
import { followLines } from '../../../src/adapters/process/tail.ts';
import type { Exit } from '../../../src/core/model.ts';
import type { StartSpec } from '../../../src/ports/process.ts';
import { breakGround, eventually, type Ground, leftovers, readText } from './ground.ts';

const KIB = 1024;
const MIB = KIB * KIB;
const port = createProcessPort();
const never = new AbortController().signal;
const done: Exit = { code: 0, signal: null };
let ground: Ground;

beforeEach(() => {
  ground = breakGround();
});
afterEach(() => ground.sweep());

async function runToEnd(spec: StartSpec): Promise<Exit | null> {
  const started = await port.start(spec);
  if (!started.ok || started.value.kind === 'none')
    throw new Error(`not started: ${JSON.stringify(started)}`);
  if (started.value.kind === 'ended') return started.value.exit;
  return port.waitForExit({ dir: spec.dir, identity: started.value.identity }, never);
}

it.each([
  ['out.jsonl', ''],
  ['err.log', ' >&2'],
])('keeps a flood in %s up to the cap, says so, and lets the agent go on [F13]', async (name, to) => {
  const cap = 200 * KIB;
  const spec = ground.script(`yes flood | head -c ${8 * MIB}${to}; echo $? >head-ended`, {
    outputBytes: cap,
  });
  expect(await runToEnd(spec)).toEqual(done);
  expect(readText(join(ground.cwd, 'head-ended'))).toBe('0\n');
  const text = readText(join(spec.dir, name));
  expect(text.slice(0, cap)).toBe('flood\n'.repeat(cap / 6 + 1).slice(0, cap));
  expect(text.slice(cap)).toBe(
    `\nweft: output beyond ${cap} bytes, or beyond what the disk had room for, was dropped\n`,
  );
  expect(readText(join(spec.dir, 'shim.log'))).toMatch(/tee: .*large/);
});

it('says nothing of a cap that was not reached', async () => {
  const spec = ground.script(`head -c ${100 * KIB} /dev/zero; head -c 10 /dev/zero >&2`, {
    outputBytes: 100 * KIB,
  });
  expect(await runToEnd(spec)).toEqual(done);
  expect(statSync(join(spec.dir, 'out.jsonl')).size).toBe(100 * KIB);
  expect(statSync(join(spec.dir, 'err.log')).size).toBe(10);
  expect(readText(join(spec.dir, 'shim.log'))).toBe('');
});

it('puts no cap on other files', async () => {
  const script = `head -c ${2 * MIB} /dev/zero >artefact; echo $?; ulimit -f`;
  const unlimited = spawnSync('/bin/sh', ['-c', 'ulimit -f'], { encoding: 'utf8' }).stdout;
  expect(await runToEnd(ground.script(script, { outputBytes: 64 * KIB }))).toEqual(done);
  expect(ground.output()).toBe(`0\n${unlimited}`);
  expect(statSync(join(ground.cwd, 'artefact')).size).toBe(2 * MIB);
});

it('shows output as it comes', async () => {
  await port.start(ground.script('printf some; exec sleep 1000'));
  await eventually(() => ground.output() === 'some');
});

it('keeps the last words of an agent that is asked to end', async () => {
  const spec = ground.script('trap "echo bye; exit 7" TERM; echo ready; while :; do sleep 0.01; done');
  const started = await port.start(spec);
  if (!started.ok || started.value.kind !== 'alive') throw new Error('not started');
  await eventually(() => ground.output() === 'ready\n');
  const { identity } = started.value;
  const end = port.waitForExit({ dir: spec.dir, identity }, never);
  await port.killTree({ identity, tag: ground.tag, cwd: null, graceMs: 10_000 });
  expect(await end).toEqual({ code: 7, signal: null });
  expect(ground.output()).toBe('ready\nbye\n');
});

it('tells the end of an agent that left something behind which keeps the output open', async () => {
  const spec = ground.script('setsid sh -c "while :; do echo more; sleep 0.01; done" & exit 3');
  expect(await runToEnd(spec)).toEqual({ code: 3, signal: null });
  expect(existsSync(join(spec.dir, 'exit'))).toBe(false);
  const state = await port.inspect(spec);
  const identity = state.kind === 'alive' ? state.identity : null;
  expect(await port.killTree({ identity, tag: ground.tag, cwd: null, graceMs: 5_000 })).toEqual([]);
  expect(await port.inspect(spec)).toEqual({ kind: 'ended', exit: { code: 3, signal: null } });
  expect(leftovers(ground.root, ground.tag)).toEqual([]);
});

it.each([
  ['lines', 'yes "$(head -c 500 /dev/zero | tr "\\0" x)"'],
  ['one line', 'head -c 1000000000 /dev/zero | tr "\\0" x'],
])('costs the engine next to no memory when an agent floods: %s', async (_, source) => {
  const cap = 48 * MIB;
  const spec = ground.script(`${source} | head -c ${64 * MIB}`, { outputBytes: cap });
  const before = process.memoryUsage().rss;
  let most = before;
  let bytes = 0;
  const ended = new AbortController();
  const following = followLines(join(spec.dir, 'out.jsonl'), {
    fromOffset: 0,
    signal: never,
    ended: ended.signal,
    onLine: (line) => {
      bytes += line.bytes.length;
      most = Math.max(most, process.memoryUsage.rss());
    },
  });
  expect(await runToEnd(spec)).toEqual(done);
  ended.abort();
  expect(await following).toBe(statSync(join(spec.dir, 'out.jsonl')).size);
  expect(bytes).toBeGreaterThan(MIB);
  expect((most - before) / MIB).toBeLessThan(64);
});

it.each([
  ['tee\0-a\0/run/attempt/out.jsonl\0', true],
  ['cat /run/attempt/in/4', true],
  ['/bin/sh\0-c\0…\0weft-shim\0/run/attempt\0fifo\0', true],
  ['tee\0-a\0/run/attempt-2/out.jsonl\0', false],
  ['cat\0/run/attempt/prompt.md\0', false],
  ['sleep\x001000\0', false],
])('knows its parts: %j', (commandLine, expected) => {
  expect(isPartOfShim(commandLine, '/run/attempt')).toBe(expected);
});
