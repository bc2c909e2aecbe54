// What helps against what `bd` complains of.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { adviseRepair, findBrokenSettings, INSTALL } from '../../../../src/adapters/source/beads/repair.ts';

const FILE = '/r/.beads/embeddeddolt';
const MOVE = `mv ${FILE} ${FILE}.broken && bd bootstrap`;
const LOOK = `fuser -v ${FILE}/.lock ${FILE}/*/.dolt/noms/LOCK`;

test.each([
  ['no beads database found.', 'no beads database found', 'bd bootstrap', 'bd bootstrap'],
  [
    'bd list said: unknown flag: --limit.',
    'bd 0.9.2 is too old (bd list said: unknown flag: --limit)',
    INSTALL,
    INSTALL,
  ],
  [
    'bd list took longer than 30000 ms.',
    'Another program may have the Beads database open (bd list took longer than 30000 ms)',
    LOOK,
    'bd doctor',
  ],
  ['failed to load database "t": EOF.', 'failed to load database "t": EOF', MOVE, 'bd doctor'],
  ['corrupt manifest', 'corrupt manifest', MOVE, 'bd doctor'],
  ['who knows', 'who knows', 'bd list', 'bd doctor'],
])('%s', (complaint, why, embedded, server) => {
  const of = { beadsDir: '/r/.beads', version: '0.9.2' };
  expect(adviseRepair(complaint, { ...of, isEmbedded: true })).toEqual({ why, hint: embedded });
  expect(adviseRepair(complaint, { ...of, isEmbedded: false })).toEqual({ why, hint: server });
});

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weft-repair-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('settings that are no JSON object are named; none at all are fine', () => {
  expect(findBrokenSettings(folder)).toBeNull();
  const write = (text: string): void => writeFileSync(join(folder, 'metadata.json'), text);
  write('{"backend":"dolt"}');
  expect(findBrokenSettings(folder)).toBeNull();
  for (const text of ['', '{"back', '[]', '"x"']) {
    write(text);
    expect(findBrokenSettings(folder)?.sentence).toContain('metadata.json is no JSON object');
  }
});
