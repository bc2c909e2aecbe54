// Preflight: what is said of each place, on whatever disk it lies.
import { expect, test } from 'vitest';
import { DEFAULT_POLICY, oid, type Policy } from '../../src/core/model.ts';
import { type Closeness, examine, type Finding } from '../../src/engine/doctor.ts';
import type { Tools } from '../../src/engine/parts.ts';
import type { Probe, ProbeDetails, ProbeMeans } from '../../src/ports/agent.ts';

/** Findings about places, where these folders are on disks with so many MB left and these are in the way. */
async function look(
  free: Readonly<Record<string, number>>,
  obstacles: Readonly<Record<string, string>> = {},
  worktrees: Policy['worktrees'] = { ...DEFAULT_POLICY.worktrees, root: '/big/{repo}' },
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
  const findings = await examine(tools as unknown as Tools, { ...DEFAULT_POLICY, worktrees });
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

test('worktrees that are elsewhere are looked at there as well', async () => {
  const worktrees = { root: '/big/{repo}', path: '../trees/{repo}-{id}', branch: 'x/{id}' };
  expect(await look({}, { '/home/uma/trees': '/home/uma is not a folder' }, worktrees)).toEqual([
    'state ok: /home/uma/repo/.weft can be written to',
    'worktrees ok: /big/repo can be written to',
    'worktrees failed: /home/uma/trees cannot be used: /home/uma is not a folder',
  ]);
});

const ABLE: ProbeDetails = { protocol: 'app-server', version: '1.2.3', login: 'A_KEY', trial: null };

/** What is found of an agent with this probe; and what the probe was given. */
async function lookAtAgent(
  probe: Omit<Probe, 'sentence'>,
  closeness?: Closeness,
): Promise<Finding & { readonly trial: boolean | undefined }> {
  const given: (ProbeMeans | undefined)[] = [];
  const agent = {
    probe: async (_config: unknown, _repository: string, means?: ProbeMeans): Promise<Probe> => {
      given.push(means);
      return { sentence: '`it` is here.', ...probe };
    },
  };
  const tools = {
    repository: '/r',
    stateDir: '/r/.weft',
    agents: new Map([['codex', agent]]),
    control: { findLeader: async () => null },
    git: { resolve: async () => oid('a'.repeat(40)) },
    files: { findObstacle: async () => null, freeBytes: async () => null },
  };
  const policy = { ...DEFAULT_POLICY, agents: { codex: { kind: 'codex' } } };
  const findings = await examine(tools as unknown as Tools, policy, closeness);
  const found = findings.find(({ name }) => name === 'agent codex');
  if (found === undefined) throw new Error('nothing is said of the agent');
  return { ...found, trial: given[0]?.trial };
}

test('before a run, agents are only looked at', async () => {
  expect(await lookAtAgent({ found: true })).toEqual({
    name: 'agent codex',
    state: 'ok',
    sentence: '`it` is here.',
    trial: undefined,
  });
});

test.each([
  [ABLE, '`it` is here. Version 1.2.3, app-server, login by A_KEY.'],
  [{ ...ABLE, version: null, login: null }, '`it` is here. Version unknown, app-server, login unknown.'],
  [{ ...ABLE, protocol: 'command' } as const, '`it` is here.'],
])('asked, they say more: %j', async (details, sentence) => {
  const found = await lookAtAgent({ found: true, details }, 'ask');
  expect(found).toMatchObject({ state: 'ok', sentence, agent: details, trial: false });
});

test.each([
  [{ fault: null, text: 'OK.', isAsAsked: true, elapsedMs: 1_240 }, 'ok', 'It answered in 1.2 s.'],
  [
    { fault: null, text: 'No server.', isAsAsked: false, elapsedMs: 1_240 },
    'warning',
    'It answered in 1.2 s, but not what it was asked to: No server.',
  ],
  [
    { fault: 'late', text: '', isAsAsked: false, elapsedMs: 60_000 },
    'failed',
    'It did not answer in 60.0 s.',
  ],
  [
    { fault: 'late', text: 'Status 503.', isAsAsked: false, elapsedMs: 60_000 },
    'failed',
    'It did not answer in 60.0 s: Status 503.',
  ],
  [
    { fault: 'login', text: 'Invalid key', isAsAsked: false, elapsedMs: 400 },
    'failed',
    'A turn with it failed after 0.4 s (login): Invalid key',
  ],
] as const)('given a turn: %j', async (trial, state, says) => {
  const found = await lookAtAgent({ found: true, hint: 'Mend it.', details: { ...ABLE, trial } }, 'try');
  expect(found).toMatchObject({ state, hint: 'Mend it.', trial: true });
  expect(found.sentence).toBe(`\`it\` is here. Version 1.2.3, app-server, login by A_KEY. ${says}`);
});

test('a command is not tried, and what is missing is said as it is', async () => {
  const details = { ...ABLE, protocol: 'command' } as const;
  expect(await lookAtAgent({ found: true, details }, 'try')).toMatchObject({
    state: 'ok',
    sentence: '`it` is here. A command is not tried.',
  });
  expect(await lookAtAgent({ found: false, hint: 'Install it.' }, 'try')).toMatchObject({
    state: 'failed',
    sentence: '`it` is here.',
    hint: 'Install it.',
  });
});
