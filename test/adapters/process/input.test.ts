// Messages to a live process, as far as they are more than the contract: given once, in order, whoever dies in between.
import { constants, openSync, readdirSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createProcessPort } from '../../../src/adapters/process/process-port.ts';
import type { Identity } from '../../../src/core/model.ts';
import type { StartSpec } from '../../../src/ports/process.ts';
import { breakGround, eventually, type Ground, leftovers, readText } from './ground.ts';

const port = createProcessPort();
const never = new AbortController().signal;
const fifo: StartSpec['stdin'] = { kind: 'fifo' };
const accepted = { ok: true };
const refused = { ok: false, failure: { kind: 'failed' } };
let ground: Ground;

beforeEach(() => {
  ground = breakGround();
});
afterEach(() => ground.sweep());

async function begin(script: string): Promise<Identity> {
  const started = await port.start(ground.script(script, { stdin: fifo }));
  if (!started.ok || started.value.kind !== 'alive')
    throw new Error(`not started: ${JSON.stringify(started)}`);
  return started.value.identity;
}

/** Closes the input and gives all that came out. */
async function finish(identity: Identity): Promise<string> {
  expect(await port.closeInput(ground.dir)).toMatchObject(accepted);
  await port.waitForExit({ dir: ground.dir, identity }, never);
  return ground.output();
}

/** What an engine does that dies between any two steps of handing a message over: the first `steps` of them. */
function dieAfter(steps: number, number: number, text: string): void {
  const path = join(ground.dir, 'in', String(number));
  if (steps > 0) writeFileSync(`${path}.draft`, text.slice(0, steps > 1 ? undefined : 1));
  if (steps > 1) writeFileSync(path, text);
  if (steps > 2) {
    const bell = openSync(join(ground.dir, 'bell.fifo'), constants.O_WRONLY | constants.O_NONBLOCK);
    writeSync(bell, `${number}\n`);
  }
}

describe('once', () => {
  it('gives a message once, however often it is handed over, and by whom', async () => {
    const identity = await begin('cat');
    for (const one of [port, createProcessPort(), port]) {
      expect(await one.writeInput(ground.dir, { number: 4, text: 'four\n' })).toMatchObject(accepted);
    }
    await Promise.all(
      [port, createProcessPort(), createProcessPort()].map((one) =>
        one.writeInput(ground.dir, { number: 7, text: 'seven\n' }),
      ),
    );
    expect(await port.writeInput(ground.dir, { number: 4, text: 'another four\n' })).toMatchObject(accepted);
    expect(await finish(identity)).toBe('four\nseven\n');
  });

  it.each([0, 1, 2, 3])('gives it once when the engine dies after step %i', async (steps) => {
    const identity = await begin('cat');
    await port.writeInput(ground.dir, { number: 0, text: 'prompt\n' });
    dieAfter(steps, 1, 'guidance\n');
    expect(await createProcessPort().writeInput(ground.dir, { number: 1, text: 'guidance\n' })).toMatchObject(
      accepted,
    );
    await port.writeInput(ground.dir, { number: 2, text: 'more\n' });
    expect(await finish(identity)).toBe('prompt\nguidance\nmore\n');
  });

  it('holds for any engines, repetitions and sizes', async () => {
    const identity = await begin('cat');
    let number = 0;
    let expected = '';
    const message = fc.record({
      length: fc.oneof(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 4_000, max: 200_000 })),
      calls: fc.integer({ min: 1, max: 3 }),
      gap: fc.integer({ min: 1, max: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 5 }), async (messages) => {
        for (const { length, calls, gap } of messages) {
          number += gap;
          const text = `${number}:${'x'.repeat(length)}\n`;
          expected += text;
          const ports = Array.from({ length: calls }, createProcessPort);
          await Promise.all(ports.map((one) => one.writeInput(ground.dir, { number, text })));
        }
      }),
      { numRuns: 10 },
    );
    expect((await finish(identity)) === expected).toBe(true);
  });

  it('is not led astray by other words in the bell', async () => {
    const identity = await begin('cat');
    const bell = openSync(join(ground.dir, 'bell.fifo'), constants.O_WRONLY | constants.O_NONBLOCK);
    for (const word of ['', '../pid', '5', '$(touch bad)', '*', '-1']) writeSync(bell, `${word}\n`);
    await port.writeInput(ground.dir, { number: 1, text: 'one\n' });
    expect(await finish(identity)).toBe('one\n');
    expect(readdirSync(ground.cwd)).toEqual([]);
  });
});

describe('a process that does not read', () => {
  const long = { number: 1, text: `${'x'.repeat(200_000)}\n` };

  it('is given the message later, once, though the engine gave up waiting', async () => {
    const identity = await begin('while [ ! -e go ]; do sleep 0.01; done; cat');
    expect(await port.writeInput(ground.dir, long)).toMatchObject(refused);
    expect(readText(join(ground.dir, 'in/fed'))).toBe('');
    writeFileSync(join(ground.cwd, 'go'), '');
    await eventually(() => readText(join(ground.dir, 'in/fed')) !== '');
    expect(await port.writeInput(ground.dir, long)).toMatchObject(accepted);
    expect((await finish(identity)) === long.text).toBe(true);
  });

  it('ends, and the message is not taken for told', async () => {
    const identity = await begin('while [ ! -e go ]; do sleep 0.01; done; head -c 10');
    const written = port.writeInput(ground.dir, long);
    writeFileSync(join(ground.cwd, 'go'), '');
    expect(await written).toMatchObject(refused);
    expect(await port.waitForExit({ dir: ground.dir, identity }, never)).toEqual({ code: 0, signal: null });
    await eventually(() => leftovers(ground.root, ground.tag).length === 0);
  });

  it('refuses when it has closed its input, and still runs', async () => {
    const identity = await begin('exec <&-; echo closed; exec sleep 1000');
    await eventually(() => ground.output() === 'closed\n');
    expect(await port.writeInput(ground.dir, { number: 1, text: 'a\n' })).toMatchObject(refused);
    expect(await port.writeInput(ground.dir, { number: 1, text: 'a\n' })).toMatchObject(refused);
    expect(port.isAlive(identity)).toBe(true);
  });

  it('holds nothing up when its child keeps the input open', async () => {
    const identity = await begin('exec 3<&0; sleep 1000 <&3 >/dev/null 2>&1 & sleep 0.1');
    expect(await port.writeInput(ground.dir, long)).toMatchObject(refused);
    expect(await port.waitForExit({ dir: ground.dir, identity }, never)).toEqual({ code: 0, signal: null });
    expect(await port.killTree({ identity, tag: ground.tag, cwd: null, graceMs: 5_000 })).toEqual([]);
    expect(leftovers(ground.root, ground.tag)).toEqual([]);
  });
});

describe('the end of the input', () => {
  it('comes after all messages, from another engine too, and again without harm', async () => {
    const identity = await begin('cat; echo over; read -r go <go; exit 4');
    writeFileSync(join(ground.cwd, 'go'), '');
    await port.writeInput(ground.dir, { number: 1, text: 'one\n' });
    const second = createProcessPort();
    expect(await second.closeInput(ground.dir)).toMatchObject(accepted);
    expect(await port.closeInput(ground.dir)).toMatchObject(accepted);
    expect(await port.waitForExit({ dir: ground.dir, identity }, never)).toEqual({ code: 4, signal: null });
    expect(await port.closeInput(ground.dir)).toMatchObject(accepted);
    expect(ground.output()).toBe('one\nover\n');
  });

  it('leaves no room for more messages', async () => {
    await begin('cat; echo over; exec sleep 1000');
    await port.closeInput(ground.dir);
    await eventually(() => ground.output() === 'over\n');
    expect(await port.writeInput(ground.dir, { number: 1, text: 'a\n' })).toMatchObject(refused);
  });

  it('is refused where there never was an open input', async () => {
    expect(await port.closeInput(ground.dir)).toMatchObject(refused);
    await port.start(ground.script('sleep 1000'));
    expect(await port.closeInput(ground.dir)).toMatchObject(refused);
  });
});
