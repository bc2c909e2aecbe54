// `weft demo --crash`, and the recipe of just that calls it: weft is really killed, and each crash comes out as it has to.
import { existsSync, readdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CRASHES, FORGE_CRASHES } from '../../src/testing/demo/crashes.ts';
import { JUST } from './just.ts';
import { welcome } from './newcomer.ts';

const LONG = { timeout: 240_000 };

describe('crashes', () => {
  test('come out as they have to, and nothing is left behind', LONG, async () => {
    const { type, repo } = await welcome({ env: (around) => ({ TMPDIR: join(around, 'tmp') }) });
    const scratch = join(repo.around, 'tmp');
    await mkdir(scratch);
    const line = JUST === undefined ? 'weft demo --crash' : 'just test-crash-recovery';
    if (JUST !== undefined) expect((await type('weft init --just')).code).toBe(0);
    const { code, out, err } = await type(line);
    expect(code, out + err).toBe(0);
    const lines = out.trimEnd().split('\n');
    const crashes = [...CRASHES, ...FORGE_CRASHES];
    expect(lines).toHaveLength(crashes.length + 2);
    for (const [index, { title, outcome }] of crashes.entries())
      expect(lines[index + 1]).toMatch(new RegExp(`^✔ ${title}: ${outcome}; landed as [0-9a-f]{10}$`));
    expect(lines.at(-1)).toBe('All 9 went on as they should, and every promise of every run was kept.');
    // it is not the user's repository that it happened in
    expect(existsSync(`${repo.path}/.weft/runs`)).toBe(false);
    expect(readdirSync(scratch).filter((name) => name.startsWith('weft-demo-'))).toEqual([]);
  });
});
