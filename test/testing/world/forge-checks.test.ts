// CI of the virtual forge: checks that take their time, by a script or by the tape.
import { expect, it } from 'vitest';
import type { Check } from '../../../src/core/pull.ts';
import { createRandomCi, reportCheck } from '../../../src/testing/world/forge-checks.ts';
import { pushFiles, reopenByPerson } from '../../../src/testing/world/forge-people.ts';
import { type CheckPlan, type ForgeSetup, pullOf } from '../../../src/testing/world/forge-store.ts';
import { seedTape } from '../../../src/testing/world/tape.ts';
import { given, see, wishOf } from '../../adapters/forge/github/rig.ts';
import { type ForgeScene, openForgeScene } from './forge-scene.ts';

const wish = wishOf('one');

async function openPull(
  setup: Partial<ForgeSetup>,
): Promise<ForgeScene & { states(): Promise<readonly string[]> }> {
  const scene = openForgeScene({ protections: { main: { requiredChecks: ['build'] } }, ...setup });
  const { port, hear } = scene;
  given(
    await hear(port.push({ branch: wish.branch, commit: scene.work({ 'one.txt': 'one' }), expected: null })),
  );
  given(await hear(port.ensurePull(wish)));
  const checks = async (): Promise<readonly Check[]> => (await hear(see(port, 1))).checks;
  return { ...scene, states: async () => (await checks()).map(({ name, state }) => `${name} ${state}`) };
}

function plan(more: Partial<CheckPlan>): CheckPlan {
  return { name: 'build', state: 'success', absentMs: 0, pendingMs: 1_000, log: '', ...more };
}

it('is absent, pending and done in virtual time, and has a log', async () => {
  const log = 'looks\n##[error]no';
  const ci = () => [
    plan({ state: 'failure', absentMs: 10_000, log }),
    plan({ name: 'lint' }),
    plan({ name: 'never', state: 'pending' }),
  ];
  const { world, happen, hear, port, states } = await openPull({ ci });
  const from = world.monoMs;
  expect(await states()).toEqual(['build absent', 'lint pending', 'never pending']);
  await happen('forge: lint ends');
  await happen('forge: build begins');
  expect(await states()).toEqual(['build pending', 'lint success', 'never pending']);
  await happen('forge: build ends');
  expect(world.monoMs - from).toBe(11_000);
  expect(world.items).toEqual([]);
  const [build] = (await hear(see(port, 1))).checks;
  expect(build).toMatchObject({ state: 'failure', isRequired: true });
  expect(given(await hear(port.readLog({ check: build?.id ?? 0, maxBytes: 100 })))).toBe(log);
});

it('runs anew for another head, and when a pull request is opened again; what a person had run again stays', async () => {
  const builds: string[] = [];
  const ci: ForgeSetup['ci'] = ({ commit }) => {
    builds.push(commit);
    return [plan({ state: 'failure' })];
  };
  const { forge, hear, port, rest, states } = await openPull({ ci });
  const { head } = pullOf(forge, 1);
  reportCheck(forge, head, { name: 'build', state: 'success' });
  rest();
  expect(await states()).toEqual(['build success']);
  const moved = pushFiles(forge, wish.branch, { 'x.txt': 'x' });
  expect(await states()).toEqual(['build pending']);
  given(await hear(port.close(1)));
  expect(reopenByPerson(forge, 1)).toBe(true);
  expect(builds).toEqual([head, moved, moved]);
});

it('lands by the merge queue what CI passes', async () => {
  const { forge, hear, port, rest } = await openPull({ ci: () => [plan({})], queue: 'squash' });
  const { head } = pullOf(forge, 1);
  rest();
  given(await hear(port.enqueue({ number: 1, head })));
  expect((await hear(see(port, 1))).queue).toEqual({ state: 'awaiting-checks', position: 1 });
  rest();
  expect(await hear(see(port, 1))).toMatchObject({ state: 'merged', merged: forge.branches.get('main') });
  expect(forge.ledger.merged).toMatchObject([{ how: 'queue', marker: wish.marker }]);
});

it('is mostly green by the tape, and never red more often than it may be', () => {
  const ci = createRandomCi({ tape: seedTape(3), names: ['build', 'lint'], reds: 5 });
  const plans = Array.from({ length: 200 }, () => ci({ commit: '' as never, branch: '' })).flat();
  const count = (state: string): number => plans.filter((each) => each.state === state).length;
  expect(count('failure')).toBe(5);
  expect(count('success')).toBeGreaterThan(300);
  expect(count('neutral')).toBeGreaterThan(0);
  expect(plans.filter(({ state, log }) => (state === 'failure') !== log.includes('##[error]'))).toEqual([]);
});
