// The engine in the virtual world: bounded numbers of what `npm run simulate` does in large ones.
import { describe, expect, test } from 'vitest';
import { runBatch } from '../../src/testing/world/batch.ts';
import { searchAll } from '../../src/testing/world/exhaustive.ts';
import { runHistory } from '../../src/testing/world/history.ts';
import { fixedTape, seedTape } from '../../src/testing/world/tape.ts';
import corpus from './corpus.json' with { type: 'json' };

const HISTORIES = 500;

describe('histories', () => {
  test(`${HISTORIES} seeds keep every promise, with more than three faults each [F1] [F18] [F19] [F21]`, async () => {
    const batch = await runBatch({ from: 1, count: HISTORIES, stride: 1 });
    expect(batch.failed).toEqual([]);
    expect(batch.histories).toBe(HISTORIES);
    expect(batch.faults / batch.histories).toBeGreaterThan(3);
  });

  test('one seed is one history, to the last step', async () => {
    const [one, other] = [await live(17), await live(17)];
    expect(one.log).toEqual(other.log);
    expect(one.steps).toBeGreaterThan(50);
    const again = await runHistory({ tape: fixedTape(one.tape), log: true });
    expect(again.log).toEqual(one.log);
  });

  test.each(corpus)('$found stays mended', async ({ tape }) => {
    const end = await runHistory({ tape: fixedTape(Buffer.from(tape, 'hex')) });
    expect(end.violations).toEqual([]);
  });
});

describe('small cases in full', () => {
  test.each([
    { tasks: 2, shape: 'row', phased: false },
    { tasks: 2, shape: 'beside', phased: false },
    { tasks: 3, shape: 'row', phased: false },
    { tasks: 1, shape: 'row', phased: true },
  ] as const)('a crash at every step of $tasks tasks $shape, planned and reviewed: $phased', async (of) => {
    const { histories, failed } = await searchAll({ ...of, crashes: 1 });
    expect(failed).toBeNull();
    expect(histories).toBeGreaterThan(150);
  });
});

function live(seed: number): ReturnType<typeof runHistory> {
  return runHistory({ tape: seedTape(seed), log: true });
}
