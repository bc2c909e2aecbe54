// What weft doctor says of a forge.
import { expect, it } from 'vitest';
import { fail, ok } from '../../src/core/failure.ts';
import { checkForge, requireForge } from '../../src/engine/check-forge.ts';
import type { Forged, ForgePort, ForgeStanding, FoundForge } from '../../src/ports/forge.ts';

const standing: ForgeStanding = {
  login: 'uma',
  mayPush: true,
  mayMerge: true,
  methods: ['merge', 'squash'],
  defaultBranch: 'main',
  branch: { isProtected: true, requiredChecks: ['build', 'test'], hasMergeQueue: true },
};

async function look(
  found: Partial<FoundForge> | null,
  read: Forged<ForgeStanding> = ok(standing),
  check: (tools: {
    readonly findForge: () => Promise<FoundForge | null>;
  }) => ReturnType<typeof checkForge> = checkForge,
) {
  const forge = ok({ readStanding: async () => read } as unknown as ForgePort);
  const whole = { name: 'acme/shop on github.com', tokenFrom: 'GH_TOKEN', forge, ...found };
  const findings = await check({ findForge: async () => (found === null ? null : whole) });
  return findings.map(
    ({ state, sentence, hint }) => `${state}: ${sentence}${hint === undefined ? '' : ` | ${hint}`}`,
  );
}

it('nothing where there is none', async () => {
  expect(await look(null)).toEqual([]);
});

it('who weft is, and what holds for the branch', async () => {
  expect(await look({})).toEqual([
    'ok: acme/shop on github.com knows the token of GH_TOKEN as uma, who may push and merge (merge, squash); its default branch is main',
    'ok: branch main is protected, with required checks build, test; it has a merge queue',
  ]);
  const open = { isProtected: false, requiredChecks: [], hasMergeQueue: false };
  expect((await look({}, ok({ ...standing, branch: open })))[1]).toBe(
    'ok: branch main is not protected; it has no merge queue',
  );
});

it.each<[string, Partial<FoundForge>, Forged<ForgeStanding>, string]>([
  [
    'no token',
    { forge: fail({ kind: 'unauthorized', sentence: 'There is no token.', hint: 'Put one there.' }) },
    ok(standing),
    'warning: There is no token. | Put one there.',
  ],
  [
    'no answer',
    {},
    fail({ kind: 'environment', sentence: 'GitHub cannot be reached: no.' }),
    'warning: GitHub cannot be reached: no. | See to the network and its proxy, or try again later: runs do without it.',
  ],
  [
    'no right to push',
    {},
    ok({ ...standing, mayPush: false }),
    'warning: acme/shop on github.com knows the token of GH_TOKEN as uma, who may not push there | Use a token that may write contents and pull requests.',
  ],
  [
    'no branch',
    {},
    ok({ ...standing, branch: null }),
    'warning: the forge has no branch main for pull requests to go to | Push it: git push origin main',
  ],
])('%s is a warning with what helps', async (_, found, read, expected) => {
  expect((await look(found, read)).at(-1)).toBe(expected);
});

it('what is in the way of runs that need it is a failure, and the branch is their target', async () => {
  const check: Parameters<typeof look>[2] = (tools) => requireForge(tools, 'next');
  expect(await look(null, ok(standing), check)).toEqual([
    'failed: work is to become pull requests, and no remote is at a forge | Add it with `git remote add origin https://github.com/OWNER/NAME`, or leave `pullRequests` off.',
  ]);
  expect((await look({}, ok({ ...standing, branch: null }), check)).at(-1)).toBe(
    'failed: the forge has no branch next for pull requests to go to | Push it: git push origin next',
  );
  expect((await look({}, ok({ ...standing, mayPush: false }), check)).at(-1)).toMatch(
    /^failed: .* may not push/,
  );
  expect((await look({}, ok(standing), check)).map((line) => line.split(':')[0])).toEqual(['ok', 'ok']);
});
