// Preflight: what is said of each place, on whatever disk it lies.
import { expect, test } from 'vitest';
import { DEFAULT_POLICY, oid } from '../../src/core/model.ts';
import { examine } from '../../src/engine/doctor.ts';
import type { Tools } from '../../src/engine/parts.ts';

/** Findings about places, where these folders are on disks with so many MB left and these are in the way. */
async function look(
  free: Readonly<Record<string, number>>,
  obstacles: Readonly<Record<string, string>> = {},
) {
  const tools = {
    repository: '/home/uma/repo',
    stateDir: '/home/uma/repo/.weft',
    gitVersion: '2.39.5',
    agents: new Map(),
    control: { findLeader: async () => null },
    git: { resolve: async () => oid('a'.repeat(40)) },
    files: {
      findObstacle: async (path: string) => obstacles[path] ?? null,
      freeBytes: async (path: string) => (free[path] === undefined ? null : free[path] * 1024 * 1024),
    },
  };
  const policy = { ...DEFAULT_POLICY, worktrees: { ...DEFAULT_POLICY.worktrees, root: '/big/{repo}' } };
  const findings = await examine(tools as unknown as Tools, policy);
  return findings
    .filter(({ name }) => name === 'state' || name === 'worktrees')
    .map(({ name, state, sentence }) => `${name} ${state}: ${sentence}`);
}

test('each on its own disk, whether it is there already or not', async () => {
  expect(await look({ '/home/uma/repo': 100, '/': 5000 })).toEqual([
    'state warning: only 100 MB are free at /home/uma/repo/.weft',
    'worktrees ok: /big/repo can be written to',
  ]);
  expect(await look({ '/big': 7, '/': 5000 })).toEqual([
    'state ok: /home/uma/repo/.weft can be written to',
    'worktrees warning: only 7 MB are free at /big/repo',
  ]);
});

test('what is in the way', async () => {
  expect(await look({}, { '/big/repo': '/big is not a folder' })).toEqual([
    'state ok: /home/uma/repo/.weft can be written to',
    'worktrees failed: /big/repo cannot be used: /big is not a folder',
  ]);
});
