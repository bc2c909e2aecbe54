// Laws of the core over whole histories: random plans, random answers of the world, random humans.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findBar } from '../../src/core/bars.ts';
import { findClash } from '../../src/core/batch.ts';
import { findCollision } from '../../src/core/claim/claim-index.ts';
import { decide, nextDeadline } from '../../src/core/decide/decide.ts';
import { findAhead } from '../../src/core/decide/hold.ts';
import { isIdle, outcomeOf } from '../../src/core/decide/rest.ts';
import { findClaimInTheWay, findFullLane } from '../../src/core/decide/schedule.ts';
import type { Effect, WorkEffect } from '../../src/core/effect.ts';
import type { Event } from '../../src/core/event.ts';
import { evolve, replay } from '../../src/core/evolve/evolve.ts';
import { explainTask } from '../../src/core/explain.ts';
import { isAllowed, isTerminal } from '../../src/core/lifecycle.ts';
import type { Edge, Phase, Policy, RunMs, Task } from '../../src/core/model.ts';
import { taskId } from '../../src/core/model.ts';
import { DEFAULT_PULLS } from '../../src/core/pull.ts';
import { isStartable } from '../../src/core/ready-groups.ts';
import { agentFor, nextRole } from '../../src/core/role.ts';
import { patternsOf, satisfies } from '../../src/core/schedule-index.ts';
import { isLive, type RunState, serializeState, type TaskState, taskOf } from '../../src/core/state.ts';
import { restoreState, snapshotOf } from '../../src/core/state-codec.ts';
import { buildTask, startRun } from './build.ts';
import { createTape, createWorld, passTime, settleWorld, stepWorld, tell, type World } from './world.ts';

const RUNS = Number(process.env['LAW_RUNS'] ?? 200);
const CLAIMS = [
  null,
  null,
  ['src/**'],
  ['src/api/**'],
  ['src/api/**', 'docs/*.md'],
  ['docs/**'],
  ['lib/x.ts'],
];

const seeds = fc.record({
  tasks: fc.array(
    fc.record({
      owns: fc.nat(CLAIMS.length - 1),
      track: fc.nat(3),
      priority: fc.nat(2),
      agent: fc.nat(1),
      manual: fc.nat(9),
      edges: fc.array(fc.record({ back: fc.nat(5), kind: fc.nat(4) }), { maxLength: 3 }),
    }),
    { minLength: 1, maxLength: 8 },
  ),
  maxAgents: fc.integer({ min: 1, max: 4 }),
  maxPerTrack: fc.option(fc.integer({ min: 1, max: 2 })),
  collisionPolicy: fc.constantFrom<Policy['collisionPolicy']>('serialize', 'serialize', 'force'),
  integrate: fc.constantFrom<Policy['integrate']>('auto', 'auto', 'human'),
  minutes: fc.constantFrom(null, 1, 30),
  phases: fc.constantFrom<Policy['phases']>(
    { plan: false, review: false },
    { plan: true, review: 'few' },
    { plan: 'few', review: false },
    { plan: false, review: true },
  ),
  pulls: fc.constantFrom(false, false, true),
  hasMergeQueue: fc.boolean(),
  chance: fc.noShrink(fc.nat()),
  length: fc.nat(900),
});
type Seed = typeof seeds extends fc.Arbitrary<infer T> ? T : never;

function planOf(seed: Seed): readonly Task[] {
  return seed.tasks.map((each, at) => {
    const edges = new Map<string, Edge>();
    let stacked = false;
    for (const { back, kind } of each.edges) {
      const other = at - 1 - back;
      if (other < 0 || edges.has(`t${other}`)) continue;
      const on = (['merged', 'submitted', 'verified'] as const)[kind] ?? 'verified';
      const isManual = each.manual === 9 || seed.tasks[other]?.manual === 9;
      const base: Edge['base'] = kind >= 3 && !stacked && !isManual ? 'stacked' : 'target';
      stacked ||= base === 'stacked';
      edges.set(`t${other}`, { task: taskId(`t${other}`), on, base });
    }
    return buildTask(`t${at}`, {
      owns: CLAIMS[each.owns] ?? null,
      track: each.track === 0 ? null : `track${each.track}`,
      priority: each.priority,
      agent: each.agent === 0 ? 'mine' : 'few',
      type: each.manual === 9 ? 'manual' : each.manual === 8 ? 'hybrid' : 'automated',
      edges: [...edges.values()],
      gates: null,
    });
  });
}

function policyOf(seed: Seed): Partial<Policy> {
  return {
    maxAgents: seed.maxAgents,
    maxPerTrack: seed.maxPerTrack,
    collisionPolicy: seed.collisionPolicy,
    phases: seed.phases,
    integrate: seed.integrate,
    ...(seed.pulls ? { pullRequests: DEFAULT_PULLS } : {}),
    radar: { enabled: true, tell: seed.chance % 2 === 0 },
    agents: { mine: { kind: 'command' }, few: { kind: 'command', max: 1 } },
    budget: { minutes: seed.minutes, tokens: null, usd: null },
  };
}

/** What of the index only the facts decide, in an order that does not depend on history. */
function pictureOf(state: RunState): unknown {
  const { index } = state;
  const names = (tasks: Iterable<TaskState>): unknown => [...tasks].map(({ task }) => task.id).sort();
  const counts = (map: ReadonlyMap<string, number>): unknown =>
    [...map].filter(([, count]) => count !== 0).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    blockers: index.blockers,
    unlanded: index.unlanded,
    starved: names(index.starved),
    remaining: index.remaining,
    slots: [...index.slots].sort(),
    slotsByLane: counts(index.slotsByLane),
    phases: counts(index.phases),
    open: names(index.open.keys()),
    landable: names(index.line.ready),
    clashes: [...index.clashes.byTask].map(([id, others]) => [id, [...others.values()]]).sort(),
    withTarget: [...index.clashes.withTarget].sort(),
    batch: index.line.batch.map(({ task }) => task.id),
    troubled: names(index.line.troubled),
    aside: names(index.line.aside),
    held: names(index.line.held),
    asking: names(index.line.asking),
    bars: [...index.bars.values()]
      .map(({ ts, agent, cause, until }) => [ts.task.id, agent, cause, until])
      .sort(),
    holdings: [...index.claims.holdings.keys()].sort(),
  };
}

/** What holds after every fact of every history. */
const watch = {
  phases: new Map<string, Phase>(),
  holders: new Set<string>(),
  before(world: World, event: Event): void {
    this.phases = new Map([...world.state.tasks].map(([id, ts]) => [id, ts.phase]));
    this.holders = new Set(world.state.index.claims.holdings.keys());
    if (event.type === 'attempt.spawned') expectMayStart(world.state, event);
  },
  after(world: World, event: Event): void {
    const { state } = world;
    for (const [id, ts] of state.tasks) {
      const from = this.phases.get(id) ?? 'waiting';
      if (from === ts.phase) continue;
      expect('task' in event ? event.task : '').toBe(id);
      expect(
        isAllowed({ from, to: ts.phase, on: event.type }),
        `${from} → ${ts.phase} on ${event.type}`,
      ).toBe(true);
    }
    for (const id of state.index.claims.holdings.keys()) {
      if (!this.holders.has(id)) expect(event.type).toBe('attempt.spawned');
    }
    for (const { task, other } of state.overlaps) {
      expect(state.overlaps.filter((each) => each.task === task && each.other === other).length).toBe(1);
      for (const id of [task, other]) {
        if (id !== null) expect(isTerminal(taskOf(state, id).phase)).toBe(false);
      }
    }
    for (const ts of state.tasks.values()) {
      expect(new Set(ts.warnedOf).size).toBe(ts.warnedOf.length);
      expect(ts.charged).toBeGreaterThanOrEqual(0);
      expect(ts.holdsClaim && isTerminal(ts.phase)).toBe(false);
      if (isTerminal(ts.phase)) expect(ts.question).toBeNull();
    }
  },
};

function expectMayStart(state: RunState, event: Extract<Event, { type: 'attempt.spawned' }>): void {
  const ts = taskOf(state, event.task);
  expect(isStartable(state, ts)).toBe(true);
  expect(ts.task.edges.every((edge) => satisfies(edge, taskOf(state, edge.task).phase))).toBe(true);
  expect(state.index.slots.size).toBeLessThan(state.policy.maxAgents);
  expect(findFullLane(state, ts)).toBeNull();
  expect((ts.retryAt ?? 0) <= state.index.now).toBe(true);
  if (event.forced.length > 0) expect(state.policy.collisionPolicy).toBe('force');
  if (state.policy.collisionPolicy === 'force') return;
  expect(findAhead(state, ts), 'it is held back').toBeNull();
  const meets = findCollision(state.index.claims, patternsOf(state, ts), (owner) => {
    return owner === event.task || !isLive(taskOf(state, taskId(owner)));
  });
  expect(meets).toBeNull();
}

function makeHistory(seed: Seed, looked: (world: World) => void = () => undefined): World {
  const world = createWorld(startRun(planOf(seed), policyOf(seed)), watch);
  if (seed.pulls) tell(world, { type: 'forge.met', hasMergeQueue: seed.hasMergeQueue });
  const tape = createTape(seed.chance, seed.length);
  while (tape.left() > 0) {
    settleWorld(world);
    looked(world);
    if (!stepWorld(world, tape)) break;
  }
  settleWorld(world);
  return world;
}

/** Goes on with a run as an engine does, and gives all it decides before it looks at the world. */
function decideAll(state: RunState, now: RunMs): readonly Effect[] {
  const goOn: Event = { type: 'run.resumed', policy: state.policy, overrides: [] };
  evolve(state, { at: 0, ms: now, event: goOn });
  const decided: Effect[] = [];
  for (;;) {
    const effects = decide(state, now);
    decided.push(...effects);
    const first = effects[0];
    if (first?.kind !== 'record') return decided;
    evolve(state, { at: 0, ms: now, event: first.event });
  }
}

describe('laws over random histories', () => {
  test('the index kept up to date equals the one built from the facts, and replay equals live [F40]', () => {
    fc.assert(
      fc.property(seeds, fc.nat(1_000), (seed, cut) => {
        const world = makeHistory(seed);
        const whole = replay(world.facts);
        expect(serializeState(whole)).toBe(serializeState(world.state));
        expect(pictureOf(whole)).toEqual(pictureOf(world.state));
        const at = cut % (world.facts.length + 1);
        const resumed = replay(world.facts.slice(0, at));
        decide(resumed, world.now);
        for (const fact of world.facts.slice(at)) evolve(resumed, fact);
        expect(serializeState(resumed)).toBe(serializeState(whole));
        expect(pictureOf(resumed)).toEqual(pictureOf(whole));
      }),
      { numRuns: RUNS },
    );
  });

  test('a snapshot at any fact leads to the same state and the same decisions as all facts', () => {
    fc.assert(
      fc.property(seeds, fc.nat(1_000), (seed, cut) => {
        const { facts, now } = makeHistory(seed);
        const at = cut % (facts.length + 1);
        const early = replay(facts.slice(0, at));
        const restored = restoreState(JSON.parse(snapshotOf(early)));
        expect({ ...restored, index: null }).toEqual({ ...early, index: null });
        expect(pictureOf(restored)).toEqual(pictureOf(early));
        const whole = replay(facts);
        for (const fact of facts.slice(at)) evolve(restored, fact);
        expect(serializeState(restored)).toBe(serializeState(whole));
        expect(pictureOf(restored)).toEqual(pictureOf(whole));
        if (whole.run === null) return;
        expect(decideAll(restored, now)).toEqual(decideAll(whole, now));
        expect(serializeState(restored)).toBe(serializeState(whole));
      }),
      { numRuns: RUNS },
    );
  });

  test('asking twice gives the same answer, and a fresh index decides the same', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        makeHistory(seed, (world) => {
          const first = decide(world.state, world.now);
          expect(decide(world.state, world.now)).toEqual(first);
          const landings = first.filter((effect) => /candidate$/.test(effect.kind));
          expect(landings.length).toBeLessThanOrEqual(1);
          for (const { kind, task } of landings as readonly WorkEffect[]) {
            if (kind === 'build-candidate')
              expect(findClash(world.state, taskOf(world.state, task)), 'they land apart').toBeNull();
          }
        });
        const world = makeHistory({ ...seed, length: seed.length >> 1 });
        const wanted = (state: RunState): unknown =>
          decide(state, world.now)
            .map((effect) => JSON.stringify(effect))
            .sort();
        expect(wanted(replay(world.facts))).toEqual(wanted(world.state));
      }),
      { numRuns: RUNS },
    );
  });

  test('no startable task is ever lost: whoever waits has a reason that is not its turn', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        makeHistory(seed, ({ state, now }) => {
          for (const ts of state.tasks.values()) {
            if (ts.phase !== 'waiting') continue;
            const reason = explainTask(state, ts, now);
            expect(`${ts.task.id} ${reason}`).not.toMatch(/about to start/);
            expect(reason).not.toBe('');
          }
        });
      }),
      { numRuns: RUNS },
    );
  });

  test('when the mishaps stop, every run comes to rest in bounded steps, and nothing is left half way', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const world = makeHistory(seed);
        comeToRest(world);
        const { state } = world;
        for (const ts of state.tasks.values()) {
          expect(isLive(ts)).toBe(false);
          if (ts.phase !== 'waiting') continue;
          expect(findAhead(state, ts), 'nobody is held back for ever').toBeNull();
          // nobody but a human, or a task that a human has to help first, keeps it
          expect(explainTask(state, ts, world.now)).not.toMatch(/about to start|free slot|waits for room/);
          expectHumanKeeps(state, ts);
        }
        expect(state.index.slots.size).toBe(0);
        if (outcomeOf(state) === 'complete') expect(state.index.claims.holdings.size).toBe(0);
      }),
      { numRuns: RUNS },
    );
  });
});

/** Who waits for a claim waits, in the end, for somebody whom only a human can help: never for each other. */
function expectHumanKeeps(state: RunState, ts: TaskState): void {
  const seen = new Set<TaskState>();
  let at = ts;
  while (isStartable(state, at) && state.policy.collisionPolicy !== 'force') {
    expect(seen.has(at), `${[...seen].map((each) => each.task.id).join(' → ')} wait for each other`).toBe(
      false,
    );
    seen.add(at);
    const bar = findBar(state, agentFor(state, at, nextRole(state, at)));
    if (bar !== null) {
      expect(bar.until, 'time is kept').toBeNull();
      expect(bar.ts.question ?? bar.ts.failure, 'a human can mend it').not.toBeNull();
      return;
    }
    const collision = findClaimInTheWay(state, at);
    expect(collision, `nothing keeps ${at.task.id}`).not.toBeNull();
    at = taskOf(state, taskId(collision?.owner ?? ''));
  }
}

/** Lets the world answer well until nothing can happen any more. Who waits for an answer while it lives is parked. */
function comeToRest(world: World): void {
  const good = createTape(0, 0);
  tell(world, { type: 'run.unpaused' });
  for (let steps = 0; steps < 2_000; steps += 1) {
    settleWorld(world);
    // people at the forge leave it as it is
    for (const [key, effect] of world.underWay) {
      if (effect.kind === 'watch-pull' && isIdle(world.state, effect, world.now)) world.underWay.delete(key);
    }
    if (world.underWay.size > 0 || nextDeadline(world.state, world.now) !== null) {
      const waiting = [...world.state.tasks.values()].filter(
        (ts) => isLive(ts) && ts.question !== null && ts.attempt?.stop === null,
      );
      for (const ts of waiting)
        tell(world, { type: 'attempt.parked', task: ts.task.id, attempt: ts.attempts });
      if (waiting.length > 0) continue;
      if (world.underWay.size > 0) stepWorld(world, good);
      else passTime(world);
      continue;
    }
    return;
  }
  throw new Error('the run does not come to rest');
}
