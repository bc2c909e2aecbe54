// The pace of calls: budgets, spacing, and waits that the forge has asked for, in virtual time.
import { describe, expect, it } from 'vitest';
import { createGate, DEFAULT_BUDGET, TooSoon } from '../../../../src/adapters/forge/github/gate.ts';
import { updateRef } from '../../../../src/testing/forge/bare-repo.ts';
import type { Call } from '../../../../src/testing/forge/ledger.ts';
import {
  createVirtualClock,
  given,
  look,
  openPort,
  openRig,
  openWork,
  pushWork,
  REPO,
  type Rig,
  wishOf,
} from './rig.ts';

describe('the gate', () => {
  it('keeps creating calls a second apart, and says when an hour of them is used up', async () => {
    const clock = createVirtualClock();
    const gate = createGate(clock, DEFAULT_BUDGET);
    const at: number[] = [];
    for (let i = 0; i < 480; i += 1) await gate.pass('create', async () => at.push(clock.monoMs()));
    expect(at.slice(0, 3)).toEqual([0, 1_000, 2_000]);
    expect(at.at(-1)).toBe(479_000);
    const late = await gate.pass('create', async () => 0).catch((error: unknown) => error);
    expect(late).toBeInstanceOf(TooSoon);
    expect((late as TooSoon).waitMs).toBe(3_600_000 - 479_000);
    expect(await gate.pass('read', async () => 'read')).toBe('read');
    clock.pass((late as TooSoon).waitMs);
    expect(await gate.pass('create', async () => 'made')).toBe('made');
  });

  it('counts what reading costs by the minute and by the hour', async () => {
    const clock = createVirtualClock();
    const gate = createGate(clock, DEFAULT_BUDGET);
    const waitMs = async (): Promise<number> =>
      gate.pass('read', async () => 0).catch((error: TooSoon) => error.waitMs);
    gate.charge(599);
    expect(await waitMs()).toBe(0);
    gate.charge(1);
    expect(await waitMs()).toBe(60_000);
    for (let minute = 1; minute < 8; minute += 1) {
      clock.pass(60_000);
      gate.charge(600);
    }
    expect(await waitMs()).toBe(3_600_000 - 420_000);
  });

  it('has one creating call under way, and a few that read', async () => {
    const clock = createVirtualClock();
    const gate = createGate(clock, { ...DEFAULT_BUDGET, atOnce: 2 });
    let [underWay, most] = [0, 0];
    const work = async (): Promise<void> => {
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise(setImmediate);
      underWay -= 1;
    };
    await Promise.all(Array.from({ length: 6 }, () => gate.pass('read', work)));
    expect(most).toBe(2);
    most = 0;
    await Promise.all(Array.from({ length: 3 }, () => gate.pass('create', work)));
    expect(most).toBe(1);
  });
});

/** Why a call was not made. */
async function refusalOf({ port }: Rig): Promise<object> {
  const [first] = (await port.observe([1])).values();
  return first?.ok === false ? first.failure : {};
}

describe('a limit of the forge', () => {
  it.each([403, 429] as const)('that asks to wait (%i) is obeyed by all calls after it', async (status) => {
    const rig = await openRig({
      limits: { creatingPerMinute: 2, status, retryAfterMs: 90_000 },
    });
    const { forge, port, clock } = rig;
    for (const task of ['one', 'two', 'three']) await pushWork(forge, task);
    given(await port.ensurePull(wishOf('one')));
    given(await port.ensurePull(wishOf('two')));
    const limited = { kind: 'rate-limited', waitMs: 90_000 };
    expect(await port.ensurePull(wishOf('three'))).toMatchObject({ ok: false, failure: limited });
    const sent = forge.calls().length;
    clock.pass(60_000);
    expect(await refusalOf(rig)).toMatchObject({ kind: 'rate-limited', waitMs: 30_000 });
    expect(await port.comment({ number: 1, marker: 'm', body: 'b' })).toMatchObject({ ok: false });
    expect(forge.calls()).toHaveLength(sent);
    clock.pass(30_000);
    given(await port.ensurePull(wishOf('three')));
    expect(forge.calls().filter(({ early }) => early)).toEqual([]);
  });

  it('of an hour ends at its reset', async () => {
    const rig = await openRig({ limits: { perHour: 8 } });
    const { forge, port, clock } = rig;
    await pushWork(forge, 'one');
    given(await port.ensurePull(wishOf('one')));
    await port.observe([1]);
    await port.observe([2, 3, 4]);
    const sent = forge.calls().length;
    expect(await refusalOf(rig)).toMatchObject({ kind: 'rate-limited' });
    expect(forge.calls()).toHaveLength(sent);
    clock.pass(3_590_000);
    expect(await refusalOf(rig)).toMatchObject({ kind: 'rate-limited', waitMs: expect.any(Number) });
    clock.pass(12_000);
    given(await port.ensurePull(wishOf('one')));
  });

  it('is not taken for a token that may not do something', async () => {
    const rig = await openRig({ permissions: { bot: 'read', human: 'write' } });
    await rig.forge.human.push({ repo: REPO, branch: 'weft/r1/one' }, { 'a.txt': 'a' });
    const readers = await rig.port.merge({
      number: (await rig.forge.human.openPull(REPO, { title: 'x', head: 'weft/r1/one' })).number,
      head: (await look(rig.forge, 'rev-parse', 'weft/r1/one')) as never,
      method: 'merge',
      title: 'x',
      message: '',
    });
    expect(readers).toMatchObject({ ok: false, failure: { kind: 'unauthorized' } });
  });
});

it('an expired token is said, and a new one goes on', async () => {
  const rig = await openRig();
  const { forge, clock } = rig;
  await openWork(rig, 'one');
  forge.expireToken('forge-token');
  expect(await rig.port.ensurePull(wishOf('one'))).toMatchObject({
    ok: false,
    failure: { kind: 'unauthorized', hint: expect.stringContaining('GH_TOKEN') },
  });
  forge.grantToken('new-token', 'bot');
  given(await openPort(forge, clock, { token: 'new-token' }).ensurePull(wishOf('one')));
});

it('a forge that cannot be reached is trouble of the environment', async () => {
  const { forge, clock } = await openRig();
  const port = openPort(forge, clock, { api: 'http://127.0.0.1:1' });
  expect(await port.readStanding(null)).toMatchObject({ ok: false, failure: { kind: 'environment' } });
});

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** Most calls in any window of that length. */
function mostWithin(calls: readonly Call[], ms: number): number {
  let most = 0;
  let from = 0;
  calls.forEach(({ at }, to) => {
    while ((calls[from]?.at ?? at) <= at - ms) from += 1;
    most = Math.max(most, to - from + 1);
  });
  return most;
}

/** `WEFT_FORGE_TASKS=1000` for the full number. */
const TASKS = Number(process.env['WEFT_FORGE_TASKS'] ?? 50);

it(`${TASKS} tasks and 30 % faults: a pull request for each, none twice, at the pace that is allowed`, async () => {
  const kinds = ['drop-before', 'drop-after', 'fail-before', 'fail-after'] as const;
  const rate = 1 - 0.7 ** (1 / kinds.length);
  const rig = await openRig({
    faults: { seed: 7, calls: kinds.map((kind) => ({ fault: { kind }, rate })) },
  });
  const { forge, clock } = rig;
  const head = await pushWork(forge, 't0');
  for (let i = 1; i < TASKS; i += 1)
    await updateRef(forge.gitDir(REPO), { ref: `refs/heads/${wishOf(`t${i}`).branch}`, to: head });
  const { port } = rig;
  for (let i = 0; i < TASKS; i += 1) {
    for (let tries = 0; ; tries += 1) {
      const made = await port.ensurePull(wishOf(`t${i}`));
      if (made.ok) break;
      expect(tries).toBeLessThan(50);
      clock.pass(made.failure.kind === 'rate-limited' ? made.failure.waitMs : 100);
    }
  }
  expect(forge.pulls(REPO)).toHaveLength(TASKS);
  expect(new Set(forge.pulls(REPO).map(({ pull }) => pull.headRef)).size).toBe(TASKS);
  expect(forge.duplicates()).toEqual([]);
  const creating = forge.calls().filter(({ method }) => method === 'POST');
  expect(mostWithin(creating, MINUTE_MS)).toBeLessThanOrEqual(80);
  expect(mostWithin(creating, HOUR_MS)).toBeLessThanOrEqual(500);
  expect(forge.calls().filter(({ early }) => early)).toEqual([]);
  expect(forge.calls().filter(({ fault }) => fault !== null).length / forge.calls().length).toBeGreaterThan(
    0.25,
  );
}, 600_000);
