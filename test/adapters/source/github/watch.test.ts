// Looking again and again: at no price while nothing changes, at the pace that GitHub bears.
import { expect, it } from 'vitest';
import type { RoomOptions } from '../../../../src/adapters/forge/github/room.ts';
import { paceOf, watchIssues } from '../../../../src/adapters/source/github/watch.ts';
import type { ClockPort } from '../../../../src/ports/clock.ts';
import { createVirtualClock, type VirtualClock } from '../../forge/github/rig.ts';
import { openRig, REPO, type Rig } from './rig.ts';

/** A clock whose sleepers wait for the test to go on. */
function createSteps(): {
  readonly clock: ClockPort;
  readonly time: VirtualClock;
  /** Lets the sleeper of the watch go on, and waits until it sleeps again; gives how long it slept. */
  step(): Promise<number>;
} {
  const time = createVirtualClock();
  let sleeping: { readonly ms: number; readonly wake: () => void } | null = null;
  let arrived: (() => void) | null = null;
  const clock: ClockPort = {
    wallMs: time.wallMs,
    monoMs: time.monoMs,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal === undefined) {
          time.pass(ms);
          resolve();
          return;
        }
        const wake = (): void => {
          sleeping = null;
          signal.removeEventListener('abort', wake);
          resolve();
        };
        sleeping = { ms, wake };
        signal.addEventListener('abort', wake, { once: true });
        arrived?.();
      }),
  };
  const untilAsleep = async (): Promise<void> => {
    while (sleeping === null) await new Promise<void>((resolve) => (arrived = resolve));
  };
  return {
    clock,
    time,
    step: async () => {
      await untilAsleep();
      const ms = sleeping?.ms ?? 0;
      time.pass(ms);
      sleeping?.wake();
      await untilAsleep();
      return ms;
    },
  };
}

interface Watching {
  readonly rig: Rig;
  readonly step: () => Promise<number>;
  /** Times that something was said to have changed. */
  readonly changes: () => number;
  readonly end: () => Promise<void>;
  readonly load: () => Promise<unknown>;
}

async function watch(
  options: Parameters<typeof openRig>[0] & { readonly fill: (rig: Rig) => Promise<void> },
): Promise<Watching> {
  const { clock, time, step } = createSteps();
  const { fill, ...rest } = options;
  const rig = await openRig({ now: time.wallMs, ...rest, room: { clock } satisfies Partial<RoomOptions> });
  await fill(rig);
  time.pass(600_000);
  const source = rig.source({ labels: ['go'] }, { startedAt: time.wallMs() });
  await source.load();
  const stop = new AbortController();
  let count = 0;
  const watched = source.watch?.(() => {
    count += 1;
  }, stop.signal);
  return {
    ...{ rig, step, changes: () => count },
    load: () => source.load(),
    end: async () => {
      stop.abort();
      await watched;
    },
  };
}

it('hears of new, changed and closed issues, and of those outside that are waited for', async () => {
  const { rig, step, changes, end, load } = await watch({
    fill: async ({ open }) => {
      await open({ title: 'a', labels: ['go'], body: 'depends on #2' });
      await open({ title: 'b' });
    },
  });
  const heard = async (): Promise<boolean> => {
    const before = changes();
    await step();
    const isHeard = changes() > before;
    if (isHeard) await load();
    return isHeard;
  };
  expect(await heard()).toBe(false);
  await rig.forge.human.openIssue(REPO, { title: 'c', labels: ['go'], by: 'ada' });
  expect(await heard()).toBe(true);
  expect(await heard()).toBe(false);
  await rig.forge.human.editBody({ repo: REPO, number: 3, by: 'ada' }, 'other');
  expect(await heard()).toBe(true);
  await rig.forge.human.openIssue(REPO, { title: 'd', by: 'ada' });
  expect(await heard()).toBe(false);
  await rig.forge.human.close({ repo: REPO, number: 2 });
  expect(await heard()).toBe(true);
  await rig.forge.human.close({ repo: REPO, number: 3 });
  expect(await heard()).toBe(true);
  await end();
});

it('costs nothing while nothing changes, and looks at everything now and then', async () => {
  const { rig, step, changes, end } = await watch({
    fill: async ({ open }) => {
      await open({ title: 'a', labels: ['go'] });
    },
  });
  const before = rig.forge.calls().length;
  for (let at = 0; at < 19; at += 1) expect(await step()).toBe(30_000);
  expect(changes()).toBe(0);
  await step();
  expect(changes()).toBe(1);
  expect(
    rig.forge
      .calls()
      .slice(before)
      .some(({ costly }) => costly),
  ).toBe(false);
  await end();
});

it('waits as long as GitHub asks, and less and less eagerly while calls fail', async () => {
  const { rig, step, end } = await watch({
    fill: async ({ open }) => {
      await open({ title: 'a', labels: ['go'] });
    },
  });
  rig.forge.faults.plan({ fault: { kind: 'drop-before' }, path: '/issues', times: 100 });
  expect([await step(), await step(), await step()]).toEqual([30_000, 60_000, 120_000]);
  rig.forge.faults.clear();
  await step();
  expect(await step()).toBe(30_000);
  await end();
});

it('goes slower when the budget that all calls share goes to its end', async () => {
  expect([0, 0.5, 0.75, 1].map(paceOf)).toEqual([30_000, 30_000, 165_000, 300_000]);
  const rig = await openRig({ limits: { perHour: 20 } });
  await rig.open({ title: 'a' });
  expect(rig.room.client.pressure()).toBe(0);
  for (let at = 0; at < 15; at += 1) await rig.room.client.get(`${rig.room.root}/issues/1?x=${at}`);
  expect(rig.room.client.pressure()).toBe(0.75);
});

it('obeys a wish to wait', async () => {
  const room = (await openRig({ limits: { perHour: 0 } })).room;
  const slept: number[] = [];
  const stop = new AbortController();
  const clock: ClockPort = {
    ...room.clock,
    sleep: async (ms) => {
      slept.push(ms);
      if (slept.length === 2) stop.abort();
    },
  };
  const paths = (): readonly string[] => [`${room.root}/issues`];
  await watchIssues({ ...room, clock }, { paths, changed: () => undefined, signal: stop.signal });
  expect(slept[0]).toBe(30_000);
  expect(slept[1]).toBeGreaterThan(3_000_000);
});

it('does not take a search that is answered anew for one that has changed', async () => {
  const rig = await openRig();
  await rig.open({ title: 'a' });
  const { room, clock } = rig;
  const client = {
    ...room.client,
    get: async (path: string) => ({ ...(await room.client.get(path)), isKnown: false }),
  };
  const stop = new AbortController();
  const heard: number[] = [];
  let looks = 0;
  const sleep = async (ms: number): Promise<void> => {
    clock.pass(ms);
    looks += 1;
    if (looks === 4) await rig.forge.human.editBody({ repo: REPO, number: 1, by: 'ada' }, 'other');
    if (looks === 6) stop.abort();
  };
  const paths = (): readonly string[] => [`/search/issues?q=${encodeURIComponent(`repo:${REPO}`)}`];
  const changed = (): number => heard.push(looks);
  await watchIssues({ ...room, client, clock: { ...clock, sleep } }, { paths, changed, signal: stop.signal });
  expect(heard).toEqual([1, 4]);
});

it('searches no more often than GitHub lets anybody', async () => {
  const { room, forge } = await openRig();
  const search = (): Promise<unknown> =>
    room.client.get(`/search/issues?q=${encodeURIComponent('is:issue')}`);
  for (let at = 0; at < 28; at += 1) await search();
  await expect(search()).rejects.toMatchObject({ failure: { kind: 'rate-limited', waitMs: 60_000 } });
  await room.client.get(`${room.root}/issues`);
  expect(forge.counts().get('GET /search/issues')).toBe(28);
});
