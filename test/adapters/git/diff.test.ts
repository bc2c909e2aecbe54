// Patches for reviewers: what changed between two commits, whole lines, never more than asked for.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { oid } from '../../../src/core/model.ts';
import { createRig, type Rig, value } from './rig.ts';

describe('diff', () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await createRig();
  });
  afterEach(() => rig.remove());

  test('shows what changed, whatever diff programs are configured', async () => {
    const from = await rig.head();
    const to = await rig.commitOn(from, { '.gitattributes': '*.txt diff=mine\n', 'a.txt': 'one\n' });
    await rig.repo.git('config', 'diff.mine.command', 'false');
    await rig.repo.git('config', 'diff.mine.textconv', 'false');
    const patch = value(await rig.port.diff({ from, to, maxBytes: 10_000 }));
    expect(patch.text).toContain('+++ b/a.txt\n@@ -0,0 +1 @@\n+one\n');
    expect(patch.cut).toBe(false);
  });

  test('is cut after a whole line, and says so', async () => {
    const from = await rig.head();
    const lines = Array.from({ length: 500 }, (_, at) => `línea ${at}`).join('\n');
    const to = await rig.commitOn(from, { 'a.txt': `${lines}\n` });
    const patch = value(await rig.port.diff({ from, to, maxBytes: 1_000 }));
    expect(patch.cut).toBe(true);
    expect(Buffer.byteLength(patch.text)).toBeLessThanOrEqual(1_000);
    expect(patch.text).toMatch(/\+línea \d+\n$/);
  });

  test('of a commit that is not there fails', async () => {
    const from = await rig.head();
    const patch = await rig.port.diff({ from, to: oid('0'.repeat(39).concat('1')), maxBytes: 1_000 });
    expect(patch.ok).toBe(false);
  });
});
