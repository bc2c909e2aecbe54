// Faults that somebody could build into weft: each promise of the virtual world notices the one that breaks it.
import { describe, expect, test } from 'vitest';
import { catchSabotage } from '../../src/testing/world/batch.ts';
import { runHistory } from '../../src/testing/world/history.ts';
import { SABOTAGES } from '../../src/testing/world/sabotage.ts';
import { shrinkTape } from '../../src/testing/world/shrink.ts';
import { fixedTape } from '../../src/testing/world/tape.ts';

describe('the zoo of bugs', () => {
  test.each(SABOTAGES)('$name is caught', async (sabotage) => {
    expect(await catchSabotage(sabotage, { from: 1, count: 3_000, stride: 1 })).not.toBeNull();
  });

  test('what is caught becomes a plain tape that still shows it', async () => {
    const sabotage = SABOTAGES.find(({ name }) => name === 'lands-without-comparing') ?? null;
    if (sabotage === null) throw new Error('the sabotage is gone');
    const caught = await catchSabotage(sabotage, { from: 1, count: 1_000, stride: 1 });
    if (caught === null) throw new Error('it was not caught');
    const plain = await shrinkTape({ failed: caught.end, sabotage, limitMs: 30_000 });
    const again = await runHistory({ tape: fixedTape(plain.tape), sabotage });
    expect(again.violations[0]?.invariant).toBe(caught.end.violations[0]?.invariant);
    expect(plain.weight).toBeLessThanOrEqual(40);
  });
});
