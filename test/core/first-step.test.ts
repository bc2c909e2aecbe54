// What to type first, by what there is.
import { expect, test } from 'vitest';
import { type Beginnings, chooseFirstStep } from '../../src/core/first-step.ts';

const EMPTY: Beginnings = {
  isCommitted: true,
  isConfigured: false,
  trackFile: null,
  usual: null,
  sources: [],
};
const CONFIGURED = { ...EMPTY, isConfigured: true };

test.each<[string, Beginnings, string]>([
  ['nothing at all', { ...EMPTY, isCommitted: false }, 'weft init'],
  ['a commit', EMPTY, 'weft init'],
  ['Beads, and no configuration', { ...EMPTY, sources: ['beads'] }, 'weft init'],
  [
    'a configuration, and no commit',
    { ...CONFIGURED, isCommitted: false, trackFile: 'tracks.yaml' },
    'git add -A && git commit -m start',
  ],
  ['a track file', { ...EMPTY, trackFile: 'tracks.yaml' }, 'weft run tracks.yaml'],
  [
    'a track file beside another way of working',
    { ...CONFIGURED, trackFile: 'tracks.yaml', usual: 'weft run beads' },
    'weft run tracks.yaml',
  ],
  [
    'another way of working',
    { ...CONFIGURED, usual: 'weft run task-copilot', sources: ['beads'] },
    'weft run task-copilot',
  ],
  ['two sources', { ...CONFIGURED, sources: ['beads', 'plan'] }, 'weft run beads'],
  ['a plan', { ...CONFIGURED, sources: ['plan'] }, 'weft run plan'],
  ['a configuration alone', CONFIGURED, 'weft run FILE'],
])('%s', (_, of, command) => {
  expect(chooseFirstStep(of).command).toBe(command);
});
