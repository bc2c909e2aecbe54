// CPU time of an attempt's processes, with real ones: who computes is told from who sleeps, children included.
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createProcessPort } from '../../../src/adapters/process/process-port.ts';
import { breakGround, type Ground } from './ground.ts';

const port = createProcessPort();
let ground: Ground;
beforeEach(() => {
  ground = breakGround();
});
afterEach(() => ground.sweep());

/** CPU time of the place once it is more than so many ms. */
async function usedMore(than: number): Promise<number> {
  for (;;) {
    const used = (await port.cpuMs(ground.tag)) ?? 0;
    if (used > than) return used;
    await setTimeout(5);
  }
}

it.runIf(process.platform === 'linux')('grows while a grandchild computes [F8]', async () => {
  await port.start(ground.script('setsid sh -c "while :; do :; done" & sleep 1000'));
  expect(await usedMore((await usedMore(30)) + 30)).toBeGreaterThan(60);
});

it.runIf(process.platform === 'linux')(
  'is that of nobody else, and nothing when nobody is there',
  async () => {
    expect(await port.cpuMs(ground.tag)).toBe(0);
    await port.start(ground.script('exec sleep 1000'));
    const begun = await port.cpuMs(ground.tag);
    // this process computes meanwhile
    let sum = 0;
    for (let at = 0; at < 3e7; at += 1) sum += Math.sqrt(at);
    expect(sum).toBeGreaterThan(0);
    expect(((await port.cpuMs(ground.tag)) ?? 0) - (begun ?? 0)).toBeLessThanOrEqual(20);
  },
);
