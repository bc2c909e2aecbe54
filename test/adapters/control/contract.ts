// What every control port keeps to, and what every leadership does, elected or virtual.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Connection, ControlPort, Handler, Json, Led } from '../../../src/ports/control.ts';
import type { Leadership } from '../../../src/ports/journal.ts';

/** A state folder that nobody leads yet, and ports on it. */
export interface ControlBench {
  readonly port: ControlPort;
  /** A second port, as another command has it. */
  readonly other: ControlPort;
  readonly stateDir: string;
  /** Makes the process that leads look dead, although what it held in memory lives on. */
  bury(led: Led): Promise<void>;
  close(): Promise<void>;
}

/** Engines that lead one after another. */
export interface Thrones {
  /** The next engine takes over: the last one is dead, or taken for it. */
  takeOver(): Promise<Leadership>;
  close(): Promise<void>;
}

const never = new AbortController().signal;
const LONG_MS = 30_000;

/** Runs the contract against a port. */
export function controlContract(name: string, make: () => Promise<ControlBench>): void {
  describe(`control port: ${name}`, () => {
    let bench: ControlBench;
    const led: Led[] = [];
    beforeEach(async () => {
      bench = await make();
    });
    afterEach(async () => {
      for (const each of led.splice(0)) await each.close();
      await bench.close();
    });
    /** Leads, and gives the lead up after the test. */
    const lead = async (handler?: Handler): Promise<Led> => {
      const result = await bench.port.lead(bench.stateDir);
      if (!result.ok) throw new Error(result.failure.sentence);
      led.push(result.value);
      if (handler !== undefined) result.value.serve(handler);
      return result.value;
    };
    describe('election', () => election(() => bench, lead));
    describe('talk', () => talk(() => bench, lead));
    describe('following', () => following(() => bench, lead));
  });
}

/** Runs the promises of leadership alone. */
export function leadershipContract(name: string, make: () => Promise<Thrones>): void {
  describe(`leadership: ${name}`, () => {
    test('the epoch rises with every take-over, and only the newest engine leads', async () => {
      const thrones = await make();
      const reigns: Leadership[] = [];
      for (let round = 0; round < 4; round += 1) {
        const newest = await thrones.takeOver();
        newest.assertStillLeading();
        for (const old of reigns) {
          expect(old.epoch).toBeLessThan(newest.epoch);
          expect(catchError(() => old.assertStillLeading())).toMatchObject({ cause: { kind: 'leader' } });
        }
        newest.assertStillLeading();
        reigns.push(newest);
      }
      await thrones.close();
    });
  });
}

function catchError(act: () => void): unknown {
  try {
    act();
    return null;
  } catch (error) {
    return error;
  }
}

type Lead = (handler?: Handler) => Promise<Led>;

function election(at: () => ControlBench, lead: Lead): void {
  test('one leads, and whoever else wants to is told who', async () => {
    const { port, other, stateDir } = at();
    const { leadership } = await lead();
    leadership.assertStillLeading();
    const leader = await other.findLeader(stateDir);
    expect(leader).toMatchObject({ epoch: leadership.epoch });
    for (const each of [port, other]) {
      const refused = await each.lead(stateDir);
      expect(refused).toMatchObject({ ok: false, failure: { kind: 'leader' } });
      expect(refused.ok ? '' : refused.failure.sentence).toContain(String(leader?.pid));
    }
    expect(await port.findLeader(stateDir)).toEqual(leader);
    leadership.assertStillLeading();
  });

  test('of many who try at once exactly one does', async () => {
    const { port, other, stateDir } = at();
    const tries = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? port : other).lead(stateDir));
    const ends = await Promise.all(tries);
    const won = ends.flatMap((end) => (end.ok ? [end.value] : []));
    const lost = ends.flatMap((end) => (end.ok ? [] : [end.failure.kind]));
    for (const each of won) await each.close();
    expect(won).toHaveLength(1);
    expect(lost).toEqual(Array.from({ length: 19 }, () => 'leader'));
  });

  test('who gives up leaves nobody; the next one leads under a higher epoch', async () => {
    const { port, stateDir } = at();
    const first = await lead();
    await first.close();
    expect(await port.findLeader(stateDir)).toBeNull();
    expect(catchError(() => first.leadership.assertStillLeading())).toBeInstanceOf(Error);
    const second = await lead();
    expect(second.leadership.epoch).toBeGreaterThan(first.leadership.epoch);
    await first.close();
    second.leadership.assertStillLeading();
    expect(await port.findLeader(stateDir)).toMatchObject({ epoch: second.leadership.epoch });
  });

  test('after the death of the leader another one takes over, and a ghost does not harm it', async () => {
    const { port, stateDir, ...bench } = at();
    const ghost = await lead();
    await bench.bury(ghost);
    expect(await port.findLeader(stateDir)).toBeNull();
    const heir = await lead(async (request) => ['heir', request]);
    expect(heir.leadership.epoch).toBeGreaterThan(ghost.leadership.epoch);
    const thrown = catchError(() => ghost.leadership.assertStillLeading());
    expect(thrown).toMatchObject({ cause: { kind: 'leader' } });
    await ghost.close();
    heir.leadership.assertStillLeading();
    expect(await port.findLeader(stateDir)).toMatchObject({ epoch: heir.leadership.epoch });
    expect(await port.call(stateDir, 'who', LONG_MS)).toEqual({ ok: true, value: ['heir', 'who'] });
  });
}

function talk(at: () => ControlBench, lead: Lead): void {
  test('a call is answered, and comes to null when nobody leads', async () => {
    const { port, other, stateDir } = at();
    expect(await port.findLeader(stateDir)).toBeNull();
    expect(await other.call(stateDir, 'hello', LONG_MS)).toEqual({ ok: true, value: null });
    const led = await lead(async (request) => ({ heard: request }));
    const request: Json = { deep: [1, null, 'ünï\n'] };
    for (const each of [port, other]) {
      expect(await each.call(stateDir, request, LONG_MS)).toEqual({ ok: true, value: { heard: request } });
    }
    await led.close();
    expect(await other.call(stateDir, 'hello', LONG_MS)).toEqual({ ok: true, value: null });
  });

  test('calls that come before the leader serves have waited', async () => {
    const { other, stateDir } = at();
    const led = await lead();
    const early = [1, 2, 3].map((request) => other.call(stateDir, request, LONG_MS));
    led.serve(async (request) => request);
    expect(await Promise.all(early)).toEqual([1, 2, 3].map((value) => ({ ok: true, value })));
  });

  test('a call that is not answered fails after its time', async () => {
    const { other, stateDir } = at();
    await lead(() => new Promise(() => {}));
    expect(await other.call(stateDir, 'hello', 20)).toMatchObject({
      ok: false,
      failure: { kind: 'timeout' },
    });
  });

  test('a handler that throws fails that call alone', async () => {
    const { other, stateDir } = at();
    await lead(async (request) => {
      if (request === 'bad') throw new Error('it cannot be done');
      return request;
    });
    const bad = await other.call(stateDir, 'bad', LONG_MS);
    expect(bad).toMatchObject({ ok: false, failure: { sentence: 'it cannot be done' } });
    expect(await other.call(stateDir, 'good', LONG_MS)).toEqual({ ok: true, value: 'good' });
  });
}

function following(at: () => ControlBench, lead: Lead): void {
  test('what is pushed arrives in order, until the leader goes', async () => {
    const { other, stateDir } = at();
    const connections: Connection[] = [];
    const led = await lead(async (_request, connection) => {
      connections.push(connection);
      connection.push(1);
      connection.push({ two: 2 });
      return 'welcome';
    });
    const heard: Json[] = [];
    const following = other.follow(stateDir, 'follow', (message) => heard.push(message), never);
    expect(await other.call(stateDir, 'beside', LONG_MS)).toEqual({ ok: true, value: 'welcome' });
    await untilLength(heard, 2);
    await led.close();
    expect(await following).toEqual({ ok: true, value: undefined });
    expect(heard).toEqual([1, { two: 2 }]);
    expect(connections.every(({ closed }) => closed.aborted)).toBe(true);
  });

  test('it ends when the signal fires, and at once when nobody leads', async () => {
    const { other, stateDir } = at();
    const nothing = (): void => undefined;
    expect(await other.follow(stateDir, 'follow', nothing, never)).toEqual({ ok: true, value: undefined });
    await lead(async (_request, connection) => {
      connection.push('hello');
      return null;
    });
    const stop = new AbortController();
    const ended = other.follow(stateDir, 'follow', () => stop.abort(), stop.signal);
    expect(await ended).toEqual({ ok: true, value: undefined });
  });
}

async function untilLength(list: readonly unknown[], length: number): Promise<void> {
  while (list.length < length) await new Promise((resolve) => setImmediate(resolve));
}
