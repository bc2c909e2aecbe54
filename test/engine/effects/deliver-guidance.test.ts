// Words for an agent that looks into its status file: who asked and does not react is ended, who works is left alone.
import { expect, it } from 'vitest';
import { HEAR_MS } from '../../../src/core/limits.ts';
import { taskId } from '../../../src/core/model.ts';
import { deliverGuidance, findHeard } from '../../../src/engine/effects/deliver-guidance.ts';
import type { EffectContext } from '../../../src/engine/perform.ts';
import type { Told } from '../../../src/ports/agent.ts';

const EFFECT = { kind: 'deliver-guidance', key: 'k', task: taskId('a'), attempt: 2 } as const;

/** A task with one old and two new messages, whose agent answers each look with the next of `told`; the last one stays. */
function stand(told: readonly Told[]): { readonly context: EffectContext; readonly looks: () => number } {
  let now = 0;
  let looks = 0;
  const stopped = new AbortController();
  const tell = async (): Promise<Told> => {
    looks += 1;
    return told[Math.min(looks, told.length) - 1] as Told;
  };
  const clock = {
    monoMs: () => now,
    sleep: async (ms: number) => {
      now += ms;
      if (now > 10 * HEAR_MS) stopped.abort();
    },
  };
  const attempt = { n: 2, agent: 'mine', role: 'implement', steerable: 'file', guidance: ['old'] };
  const ts = { task: { id: 'a', run: null }, attempt, guidance: ['one', 'two'] };
  const parts = {
    clock,
    places: { runDir: '/run' },
    agents: new Map([['command', { kind: 'command', tell }]]),
  };
  const state = {
    tasks: new Map([['a', ts]]),
    policy: { phases: {}, agents: { mine: { kind: 'command' } } },
  };
  const context = { parts, state, signal: stopped.signal } as unknown as EffectContext;
  return { context, looks: () => looks };
}

const OPEN: Told = { heard: null, isStuck: false };
const AWAITED: Told = { heard: null, isStuck: true };

it.each([3, 2])('counts what it has not known to be heard, up to message %i', async (heard) => {
  const { context } = stand([AWAITED, { heard, isStuck: false }]);
  const done = await deliverGuidance(EFFECT, context);
  expect(done).toEqual({
    ok: true,
    value: [{ type: 'guidance.delivered', task: 'a', attempt: 2, count: heard - 1 }],
  });
});

it('ends who asked and does not react in time', async () => {
  const { context, looks } = stand([AWAITED]);
  expect(await deliverGuidance(EFFECT, context)).toEqual({
    ok: true,
    value: [{ type: 'attempt.parked', task: 'a', attempt: 2 }],
  });
  expect(looks()).toBe(HEAR_MS / 250 + 1);
});

it('leaves who works alone until nobody wants it told any more', async () => {
  expect(await deliverGuidance(EFFECT, stand([OPEN]).context)).toEqual({ ok: true, value: [] });
});

it('of who is gone it finds all it heard, or adds nothing', async () => {
  expect(await findHeard(EFFECT, stand([{ heard: 3, isStuck: false }]).context)).toEqual([1, 2, 3]);
  expect(await findHeard(EFFECT, stand([OPEN]).context)).toBeUndefined();
});
