// What may befall calls of the virtual forge: what has happened then, what is heard of it, and when.
import { describe, expect, it } from 'vitest';
import type { Forged } from '../../../src/ports/forge.ts';
import { closeByPerson, editByPerson } from '../../../src/testing/world/forge-people.ts';
import { createForgePort } from '../../../src/testing/world/forge-port.ts';
import {
  createWeather,
  drawStorm,
  STORM_NAMES,
  type Storm,
} from '../../../src/testing/world/forge-weather.ts';
import { seedTape } from '../../../src/testing/world/tape.ts';
import { given, wishOf } from '../../adapters/forge/github/rig.ts';
import { type ForgeScene, openForgeScene } from './forge-scene.ts';

const wish = wishOf('one');

/** A task whose branch is pushed, and whose next call is befallen by something. */
async function openPushed(...storms: readonly Storm[]): Promise<ForgeScene> {
  const scene = openForgeScene();
  const commit = scene.work({ 'one.txt': 'one' });
  given(await scene.hear(scene.port.push({ branch: wish.branch, commit, expected: null })));
  scene.forge.weather.planned.push(...storms.map((storm) => ({ call: '', storm })));
  return scene;
}

function kindOf(forged: Forged<unknown>): string {
  return forged.ok ? 'ok' : forged.failure.kind;
}

describe('a call', () => {
  it.each<[Storm, kind: string, pulls: number, tookMs: number]>([
    ['before', 'environment', 0, 0],
    ['lost', 'environment', 1, 0],
    ['limited', 'rate-limited', 0, 0],
    ['unauthorized', 'unauthorized', 0, 0],
    ['late', 'ok', 1, 5_000],
  ])('that is befallen by "%s" ends as %s, with %i pull requests', async (storm, kind, pulls, tookMs) => {
    const { world, forge, port, hear } = await openPushed(storm);
    const from = world.monoMs;
    expect(kindOf(await hear(port.ensurePull(wish)))).toBe(kind);
    expect(forge.pulls.size).toBe(pulls);
    expect(world.monoMs - from).toBe(tookMs);
    expect([...world.counters]).toContainEqual([`forge: ${storm}`, 1]);
    world.monoMs += 60_000;
    expect(kindOf(await hear(port.ensurePull(wish)))).toBe('ok');
    expect(forge.ledger.opened).toHaveLength(1);
  });

  it('that the network refuses has not happened', async () => {
    const { forge, port, hear, item } = await openPushed();
    const call = port.ensurePull(wish);
    item('forge.ensurePull').refuse?.();
    expect(kindOf(await hear(call))).toBe('environment');
    expect(forge.pulls.size).toBe(0);
  });

  it('of an engine that is killed may have happened, and nobody hears of it', async () => {
    const { forge, life, port, item } = await openPushed();
    void port.ensurePull(wish).then(() => expect.unreachable());
    life.standing = 'gone';
    item('forge.ensurePull').unheard();
    expect(forge.pulls.size).toBe(1);
    void port.close(1).then(() => expect.unreachable());
    expect(() => item('forge.close')).toThrow('nothing is pending');
  });
});

describe('a wait that was asked for', () => {
  it('holds for all calls, and those made though it was told of are noted', async () => {
    const { world, forge, port, hear, nextLife } = await openPushed('limited');
    expect(await hear(port.ensurePull(wish))).toMatchObject({ ok: false, failure: { waitMs: 60_000 } });
    world.monoMs += 20_000;
    const unaware = createForgePort(forge, nextLife());
    expect(await hear(unaware.readStanding(null))).toMatchObject({ ok: false, failure: { waitMs: 40_000 } });
    expect(forge.ledger.early).toEqual([]);
    const atMs = world.monoMs;
    const seen = await hear(unaware.observe([1]));
    expect(seen.get(1)).toMatchObject({ ok: false, failure: { kind: 'rate-limited', waitMs: 40_000 } });
    expect(forge.ledger.early).toEqual([{ call: 'observe 1', atMs, waitMs: 40_000 }]);
    world.monoMs += 40_000;
    expect(kindOf(await hear(unaware.ensurePull(wish)))).toBe('ok');
    expect(forge.ledger.early).toHaveLength(1);
  });

  it('is no breach of who asked before it was told of', async () => {
    const { forge, port, hear } = await openPushed('limited');
    const calls = [port.ensurePull(wish), port.readStanding(null)];
    for (const call of calls) expect(kindOf(await hear<Forged<unknown>>(call))).toBe('rate-limited');
    expect(forge.ledger.early).toEqual([]);
  });
});

it('a token that has expired does nothing for a while', async () => {
  const { world, forge, port, hear } = await openPushed('unauthorized');
  for (let i = 0; i < 2; i += 1) expect(kindOf(await hear(port.ensurePull(wish)))).toBe('unauthorized');
  expect(forge.pulls.size).toBe(0);
  world.monoMs += 60_000;
  expect(kindOf(await hear(port.ensurePull(wish)))).toBe('ok');
});

describe('what is seen', () => {
  async function openTwo(): Promise<ForgeScene & { titles(numbers?: readonly number[]): Promise<unknown> }> {
    const scene = await openPushed();
    const { port, hear } = scene;
    given(await hear(port.ensurePull(wish)));
    const two = wishOf('two');
    const commit = scene.work({ 'two.txt': 'two' });
    given(await hear(port.push({ branch: two.branch, commit, expected: null })));
    given(await hear(port.ensurePull(two)));
    const titles = async (numbers: readonly number[] = [1]): Promise<unknown> => {
      const seen = await hear(port.observe(numbers));
      return [...seen.values()].map((one) => (one.ok ? one.value.title : one.failure.kind));
    };
    return { ...scene, titles };
  }

  it('may be as it was opened, or as it was last seen', async () => {
    const { forge, titles } = await openTwo();
    const stale = { call: 'observe', storm: 'stale' } as const;
    editByPerson(forge, 1, { title: 'Second' });
    forge.weather.planned.push(stale);
    expect(await titles()).toEqual(['Do one']);
    expect(await titles()).toEqual(['Second']);
    editByPerson(forge, 1, { title: 'Third' });
    forge.weather.planned.push(stale, stale);
    for (let i = 0; i < 2; i += 1) expect(await titles()).toEqual(['Second']);
    expect(await titles()).toEqual(['Third']);
  });

  it('never goes back, though a look is overtaken', async () => {
    const { forge, port, happen, hear } = await openTwo();
    forge.weather.planned.push({ call: 'observe', storm: 'late' });
    const slow = port.observe([1]);
    await happen('forge.observe 1');
    closeByPerson(forge, 1);
    expect((await hear(port.observe([1]))).get(1)).toMatchObject({ value: { state: 'closed' } });
    expect((await hear(slow)).get(1)).toMatchObject({ value: { state: 'closed' } });
  });

  it('may lack one of many', async () => {
    const { forge, titles } = await openTwo();
    forge.weather.planned.push({ call: 'observe', storm: 'partly' });
    expect(await titles([2, 1])).toEqual(['environment', 'Do one']);
    expect(await titles([2, 1])).toEqual(['Do two', 'Do one']);
  });

  it('is the failure for each when nothing could be asked', async () => {
    const { forge, titles } = await openTwo();
    forge.weather.planned.push({ call: 'observe', storm: 'before' });
    expect(await titles([2, 1])).toEqual(['environment', 'environment']);
  });
});

describe('chance', () => {
  it.each(['observe 1', 'merge #1'])('befalls three calls in ten until none is left: %s', (call) => {
    const weather = { ...createWeather(), share: 77, left: 1_000 };
    const tape = seedTape(1);
    const drawn = Array.from({ length: 2_000 }, () => drawStorm(weather, { call, tape }));
    const struck = drawn.filter((storm) => storm !== null);
    expect(struck.length).toBeGreaterThan(500);
    expect(struck.length).toBeLessThan(700);
    expect(weather.left).toBe(1_000 - struck.length);
    expect(new Set(struck).size).toBe(call === 'merge #1' ? 5 : 6);
    for (const storm of struck) expect(STORM_NAMES).toContain(`forge: ${storm}`);
    weather.left = 0;
    expect(Array.from({ length: 100 }, () => drawStorm(weather, { call, tape }))).not.toContain('before');
  });

  it('leaves a tape of zeros alone', () => {
    const weather = { ...createWeather(), share: 77, left: 9 };
    const tape = openForgeScene().world.tape;
    for (let i = 0; i < 20; i += 1) expect(drawStorm(weather, { call: 'push', tape })).toBeNull();
  });
});
