// When a ledger leaves snapshots: after so many facts, one at a time, only of what is durable, whatever becomes of them.
import { expect, test } from 'vitest';
import type { Event } from '../../src/core/event.ts';
import { evolve } from '../../src/core/evolve/evolve.ts';
import { runMs } from '../../src/core/model.ts';
import { createState, serializeState } from '../../src/core/state.ts';
import { restoreState, type StateData } from '../../src/core/state-codec.ts';
import { createLedger, type Ledger } from '../../src/engine/ledger.ts';
import type { JournalPort } from '../../src/ports/journal.ts';
import { startRun } from '../core/build.ts';

const PAUSED: Event = { type: 'run.paused' };

interface Rig {
  readonly ledger: Ledger;
  readonly leaving: AbortController;
  /** States that were saved, as texts; a save goes on until `settle` is called. */
  readonly saved: string[];
  settle: (error?: Error) => void;
  /** Called by each append. */
  append: () => Promise<void>;
}

function makeRig(of: { readonly unsaved?: number; readonly every?: number } = {}): Rig {
  const saved: string[] = [];
  const journal: JournalPort = {
    append: async () => {
      await rig.append();
      return [];
    },
    saveSnapshot: (text) => {
      saved.push(text);
      return new Promise((resolve, reject) => {
        rig.settle = (error) => (error === undefined ? resolve() : reject(error));
      });
    },
    close: async () => undefined,
  };
  const leaving = new AbortController();
  const ledger = createLedger({
    leaving: leaving.signal,
    state: evolve(createState(), startRun([])),
    journal,
    clock: { wallMs: () => 1, monoMs: () => 1, sleep: async () => undefined },
    runClock: () => runMs(1),
    unsaved: of.unsaved ?? 0,
    snapshotEvery: of.every ?? 3,
  });
  const rig: Rig = { ledger, leaving, saved, settle: () => undefined, append: async () => undefined };
  return rig;
}

async function write(ledger: Ledger, facts: number): Promise<void> {
  ledger.record(Array.from({ length: facts }, () => PAUSED));
  await ledger.flush();
}

/** Lets whatever waits for nothing but its turn go on. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

test('one that was due before comes once the engine has begun', async () => {
  const { ledger, saved } = makeRig({ unsaved: 1_000, every: 200 });
  await write(ledger, 1);
  expect(saved).toHaveLength(0);
  await write(ledger, 1);
  expect(saved).toHaveLength(1);
});

test('one comes after so many facts, and no flush waits for it', async () => {
  const { ledger, saved } = makeRig();
  await write(ledger, 2);
  expect(saved).toHaveLength(0);
  await write(ledger, 1);
  expect(saved).toHaveLength(1);
  const kept = restoreState(JSON.parse(saved[0] ?? '') as StateData);
  expect(serializeState(kept)).toBe(serializeState(ledger.state));
  await write(ledger, 1);
});

test('facts of earlier engines count', async () => {
  const { ledger, saved } = makeRig({ unsaved: 2 });
  await write(ledger, 1);
  expect(saved).toHaveLength(1);
});

test('there is one at a time; the next one follows when it is due', async () => {
  const rig = makeRig();
  await write(rig.ledger, 3);
  await write(rig.ledger, 3);
  expect(rig.saved).toHaveLength(1);
  rig.settle();
  await nextTurn();
  await write(rig.ledger, 1);
  expect(rig.saved).toHaveLength(2);
});

test('a disk that refuses one is asked for the next [F16]', async () => {
  const rig = makeRig();
  await write(rig.ledger, 3);
  rig.settle(new Error('full'));
  await nextTurn();
  await write(rig.ledger, 2);
  expect(rig.saved).toHaveLength(1);
  await write(rig.ledger, 1);
  expect(rig.saved).toHaveLength(2);
});

test('at the end there is one more when there are facts without, after the one under way', async () => {
  const rig = makeRig();
  await write(rig.ledger, 3);
  await write(rig.ledger, 1);
  const end = rig.ledger.saveSnapshot();
  expect(rig.saved).toHaveLength(1);
  rig.settle();
  await nextTurn();
  expect(rig.saved).toHaveLength(2);
  rig.settle();
  await end;
  await rig.ledger.saveSnapshot();
  expect(rig.saved).toHaveLength(2);
});

test('what is not durable is in none', async () => {
  const rig = makeRig();
  rig.ledger.record([PAUSED]);
  await rig.ledger.saveSnapshot();
  expect(rig.saved).toHaveLength(0);
  rig.append = () => Promise.reject(new Error('lost'));
  await expect(rig.ledger.flush()).rejects.toThrow('lost');
  rig.append = async () => undefined;
  await write(rig.ledger, 5);
  await rig.ledger.saveSnapshot();
  expect(rig.saved).toHaveLength(0);
});

test('a full disk is waited for, but not by an engine that leaves [F15]', async () => {
  const rig = makeRig();
  let tries = 0;
  rig.append = async () => {
    tries += 1;
    if (tries === 4) rig.leaving.abort();
    throw Object.assign(new Error('no space'), { retryable: true });
  };
  await expect(write(rig.ledger, 1)).rejects.toThrow('no space');
  expect(tries).toBe(4);
});
