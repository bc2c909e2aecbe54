// Histories of the virtual forge alone: people and an engine that does its best, in bad weather, and what holds then.
import { describe, expect, it } from 'vitest';
import type { Oid } from '../../../src/core/model.ts';
import type { PullSeen, PullState } from '../../../src/ports/forge.ts';
import { createRandomCi } from '../../../src/testing/world/forge-checks.ts';
import { FORGE_DEED_NAMES, FORGE_DEEDS, helpAtForge } from '../../../src/testing/world/forge-deeds.ts';
import { listRepeated, listRoughPushes } from '../../../src/testing/world/forge-ledger.ts';
import { editByPerson, pushFiles, setBranch } from '../../../src/testing/world/forge-people.ts';
import { openPulls } from '../../../src/testing/world/forge-store.ts';
import { isAncestorOf } from '../../../src/testing/world/git-store.ts';
import { count } from '../../../src/testing/world/scheduler.ts';
import { seedTape, type Tape } from '../../../src/testing/world/tape.ts';
import { given, wishOf } from '../../adapters/forge/github/rig.ts';
import { type ForgeScene, openForgeScene } from './forge-scene.ts';

const TASKS = ['t0', 't1', 't2'] as const;
const STEPS = 120;

/** What an engine knows of a task: where it left the branch, and what it last saw. */
interface Known {
  readonly wish: ReturnType<typeof wishOf>;
  tip: Oid | null;
  number: number | null;
  seen: PullSeen | null;
}

/** One history; what the engine heard of each pull request, in order. */
async function live(tape: Tape): Promise<ForgeScene & { readonly heard: Map<number, PullState[]> }> {
  const scene = openForgeScene(
    {
      protections: tape.chance(128) ? { main: { requiredChecks: ['build'], approvals: 1 } } : {},
      queue: tape.chance(64) ? 'squash' : null,
      deletesMerged: tape.chance(128),
      ci: createRandomCi({ tape, names: ['build', 'lint'], reds: 4 }),
      mergeableAfterMs: 1_000,
    },
    tape,
  );
  const { forge } = scene;
  Object.assign(forge.weather, { share: 77, left: 40 });
  const heard = new Map<number, PullState[]>();
  const known = TASKS.map((task): Known => ({ wish: wishOf(task), tip: null, number: null, seen: null }));
  for (let step = 0; step < STEPS; step += 1) {
    scene.world.steps += 1;
    scene.world.monoMs += 20_000;
    const [name, deed] = Object.entries(FORGE_DEEDS)[tape.pick(Object.keys(FORGE_DEEDS).length)] ?? [];
    if (tape.chance(80) && deed?.(forge) === true) count(scene.world, `deed: ${name}`);
    const task = known[tape.pick(known.length)];
    if (task !== undefined) await goOn(scene, task, heard);
    if (tape.chance(16)) helpAtForge(forge);
    if (tape.chance(16)) scene.rest();
  }
  return { ...scene, heard };
}

async function goOn(scene: ForgeScene, task: Known, heard: Map<number, PullState[]>): Promise<void> {
  const { port, hear, world } = scene;
  const { branch } = task.wish;
  const into = `refs/weft/forge/${branch}`;
  switch (world.tape.pick(5)) {
    case 0: {
      const commit = scene.work({ [`${branch}.txt`]: `${world.steps}` });
      if ((await hear(port.push({ branch, commit, expected: task.tip }))).ok) task.tip = commit;
      return;
    }
    case 1: {
      const fetched = await hear(port.fetch({ branch, into }));
      if (fetched.ok) task.tip = fetched.value;
      return;
    }
    case 2: {
      const pull = await hear(port.ensurePull(task.wish));
      if (pull.ok) task.number = pull.value.number;
      return;
    }
    case 3: {
      const seen =
        task.number === null ? undefined : (await hear(port.observe([task.number]))).get(task.number);
      if (seen?.ok !== true) return;
      task.seen = seen.value;
      heard.set(seen.value.number, [...(heard.get(seen.value.number) ?? []), seen.value.state]);
      return;
    }
    default: {
      if (task.seen === null || task.seen.state === 'closed') return;
      const { number, head } = task.seen;
      const words = { method: 'squash', title: 't', message: 'm' } as const;
      if (scene.forge.setup.queue === null) await hear(port.merge({ number, head, ...words }));
      else await hear(port.enqueue({ number, head }));
    }
  }
}

describe('histories of people, an engine and bad weather', () => {
  const seeds = Array.from({ length: 60 }, (_, seed) => seed);

  it('never open two pull requests for a task, merge one twice, or show the past after the present', async () => {
    const counters = new Set<string>();
    let merges = 0;
    for (const seed of seeds) {
      const { forge, world, heard } = await live(seedTape(seed));
      expect([seed, listRepeated(forge.ledger)]).toEqual([seed, []]);
      const branches = openPulls(forge).map(({ branch }) => branch);
      expect(new Set(branches).size).toBe(branches.length);
      for (const { state, merged, base, head } of forge.pulls.values()) {
        expect(merged !== null).toBe(state === 'merged');
        const tip = forge.branches.get(base);
        if (merged !== null && tip !== undefined) expect(isAncestorOf(world.git, merged, tip)).toBe(true);
        if (state === 'open') expect(forge.branches.get('main') !== head).toBe(true);
      }
      for (const states of heard.values()) {
        const from = states.indexOf('merged');
        if (from !== -1) expect(new Set(states.slice(from))).toEqual(new Set(['merged']));
      }
      merges += forge.ledger.merged.length;
      for (const name of world.counters.keys()) counters.add(name);
    }
    expect(FORGE_DEED_NAMES.filter((name) => !counters.has(name))).toEqual([]);
    expect(merges).toBeGreaterThan(20);
  });

  it('go the same way for the same tape', async () => {
    const [one, other] = [await live(seedTape(7)), await live(seedTape(7))];
    expect(one.forge.ledger).toEqual(other.forge.ledger);
    expect(one.forge.pulls).toEqual(other.forge.pulls);
    expect(one.world.log).toEqual(other.world.log);
    expect((await live(seedTape(8))).world.log).not.toEqual(one.world.log);
  });
});

describe('the ledger', () => {
  it('has what a push took from people, and leases that did not match', async () => {
    const { forge, port, hear, work } = openForgeScene();
    const { branch } = wishOf('one');
    const one = work({ 'one.txt': 'one' });
    given(await hear(port.push({ branch, commit: one, expected: null })));
    const theirs = pushFiles(forge, branch, { 'x.txt': 'x' });
    const two = work({ 'two.txt': 'two' });
    const again = { branch, commit: two };
    expect((await hear(port.push({ ...again, expected: one }))).ok).toBe(false);
    given(await hear(port.push({ ...again, expected: theirs })));
    const rough = { branch, to: two, actual: theirs };
    expect(listRoughPushes(forge.ledger)).toEqual([
      { ...rough, expected: one, result: 'stale', lost: [] },
      { ...rough, expected: theirs, result: 'moved', lost: [theirs] },
    ]);
    expect(forge.ledger.calls.get('push')).toBe(3);
  });

  it('says what weft did twice', async () => {
    const { forge, port, hear, work } = openForgeScene();
    const wish = wishOf('one');
    given(await hear(port.push({ branch: wish.branch, commit: work({ 'one.txt': 'one' }), expected: null })));
    given(await hear(port.ensurePull(wish)));
    expect(listRepeated(forge.ledger)).toEqual([]);
    // a marker that is told by another branch is not found
    setBranch(forge, 'other', pushFiles(forge, 'other', { 'two.txt': 'two' }));
    given(await hear(port.ensurePull({ ...wish, branch: 'other' })));
    expect(listRepeated(forge.ledger)).toEqual([`2 × pull request of ${wish.marker}`]);
    editByPerson(forge, 1, { body: 'My own words.' });
    expect(listRepeated(forge.ledger)).toEqual([]);
  });
});

it('a patient person lets go on what waits', async () => {
  const { forge, port, hear, work } = openForgeScene({
    protections: { main: { requiredChecks: ['build'], approvals: 1 } },
  });
  const wish = wishOf('one', { isDraft: true });
  const head = work({ 'one.txt': 'one' });
  given(await hear(port.push({ branch: wish.branch, commit: head, expected: null })));
  given(await hear(port.ensurePull(wish)));
  const merge = { number: 1, head, method: 'squash', title: 't', message: 'm' } as const;
  expect((await hear(port.merge(merge))).ok).toBe(false);
  expect(helpAtForge(forge)).toBe(true);
  expect(helpAtForge(forge)).toBe(false);
  given(await hear(port.merge(merge)));
});

it('what people and the forge made is not in the repository until it is fetched', async () => {
  const { forge, port, hear } = openForgeScene();
  const made = pushFiles(forge, 'topic', { 'x.txt': 'x' });
  const push = { branch: 'copy', commit: made, expected: null };
  expect(await hear(port.push(push))).toMatchObject({ ok: false, failure: { kind: 'environment' } });
  given(await hear(port.fetch({ branch: 'topic', into: 'refs/weft/forge/topic' })));
  given(await hear(port.push(push)));
  expect(forge.branches.get('copy')).toBe(made);
  expect(() => port.fetch({ branch: 'topic', into: 'refs/heads/main' })).toThrow('not a ref of weft');
});
