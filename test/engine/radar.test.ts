// The radar beside a loop, on real worktrees: what it tells, when it looks, and that it leaves nothing behind.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createFiles } from '../../src/adapters/system/files.ts';
import type { Event } from '../../src/core/event.ts';
import { evolve } from '../../src/core/evolve/evolve.ts';
import { oid, type Policy, runMs, taskId } from '../../src/core/model.ts';
import type { RunState } from '../../src/core/state.ts';
import { createInbox, type Inbox } from '../../src/engine/inbox.ts';
import type { Parts } from '../../src/engine/parts.ts';
import { createRadar, type Radar } from '../../src/engine/radar.ts';
import { createRig, type Rig, type Worktree } from '../adapters/git/rig.ts';
import { bring, buildState, buildTask, facts, play } from '../core/build.ts';

/** A clock whose sleepers are woken by the test alone. */
function createHandClock() {
  const sleepers = new Set<() => void>();
  let now = 0;
  return {
    wallMs: () => now,
    monoMs: () => now,
    sleep: (_ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve) => {
        const wake = (): void => {
          sleepers.delete(wake);
          signal?.removeEventListener('abort', wake);
          resolve();
        };
        sleepers.add(wake);
        signal?.addEventListener('abort', wake);
        if (signal?.aborted === true) wake();
      }),
    sleeping: () => sleepers.size,
    /** Lets time pass for all who sleep. */
    pass: (ms: number) => {
      now += ms;
      for (const wake of [...sleepers]) wake();
    },
  };
}

let rig: Rig;
let clock: ReturnType<typeof createHandClock>;
let state: RunState;
let inbox: Inbox;
let radar: Radar;
let trees: Record<'a' | 'b', Worktree>;
let looks: string[];

beforeEach(async () => {
  rig = await createRig();
  clock = createHandClock();
  looks = [];
  trees = { a: await rig.start('a'), b: await rig.start('b') };
});
afterEach(async () => {
  const stopped = radar.stop();
  await settle();
  clock.pass(1);
  await stopped;
  await rig.remove();
});

function begin(policy: Partial<Policy> = {}): void {
  state = buildState([buildTask('a'), buildTask('b')], { integrate: 'human', ...policy });
  for (const id of ['a', 'b'] as const) {
    bring(state, id, 'spawned');
    const { path: worktree, base } = trees[id];
    play(state, [{ ...facts.started(state, id), worktree, base } as Event]);
  }
  const git = {
    ...rig.port,
    snapshot: (what: Parameters<typeof rig.port.snapshot>[0]) => {
      looks.push(what.worktree.slice(-1));
      return rig.port.snapshot(what);
    },
  };
  const places = {
    repository: rig.repo.path,
    stateDir: '',
    runDir: rig.repo.around,
    worktrees: rig.worktrees,
  };
  const parts = { git, clock, files: createFiles(), places } as unknown as Parts;
  inbox = createInbox(clock);
  radar = createRadar({ parts, state, inbox });
  radar.start();
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Lets the radar go on until it tells something; what it tells is in the state then. */
async function listen(): Promise<readonly Event[]> {
  for (let turns = 0; turns < 2_000; turns += 1) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    if (inbox.size() === 0) {
      clock.pass(500);
      continue;
    }
    const [message] = await inbox.take(null);
    if (message?.kind !== 'facts') throw new Error('not what a radar says');
    for (const event of message.events) evolve(state, { at: 0, ms: runMs(state.ms + 1), event });
    message.taken?.();
    radar.notice();
    return message.events;
  }
  throw new Error('the radar says nothing');
}

test('a conflict is told while both are at work, when it is in other files, and when it is over', async () => {
  begin();
  await trees.a.write('README.md', 'mine\n');
  await trees.b.write('README.md', 'mine too\n');
  const [a, b] = [taskId('a'), taskId('b')];
  expect(await listen()).toEqual([{ type: 'overlap.found', task: a, other: b, files: ['README.md'] }]);
  for (const tree of [trees.a, trees.b]) await tree.write('both.txt', `${tree.path}\n`);
  let told = await listen();
  while (state.overlaps[0]?.files.length !== 2) told = await listen();
  expect(told).toEqual([{ type: 'overlap.found', task: a, other: b, files: ['README.md', 'both.txt'] }]);
  await trees.b.git('checkout', '-q', '.');
  await trees.b.git('clean', '-qf');
  while (state.overlaps.length > 0) told = await listen();
  expect(told).toEqual([{ type: 'overlap.gone', task: a, other: b }]);
});

test('finished work and a target that moves take part', async () => {
  begin();
  const head = await trees.a.commit({ 'README.md': 'mine\n' });
  play(state, [
    facts.exited(state, 'a'),
    { ...facts.inspected(state, 'a', { base: trees.a.base, head }) } as Event,
  ]);
  expect(state.tasks.get(taskId('a'))?.phase).toBe('verifying');
  await trees.b.write('README.md', 'mine too\n');
  expect(await listen()).toMatchObject([{ task: 'a', other: 'b' }]);
  await rig.repo.write('README.md', 'the target’s\n');
  await rig.repo.commit('somebody');
  radar.notice();
  const told = [...(await listen())];
  while (state.overlaps.length < 3) told.push(...(await listen()));
  expect(told.map((event) => 'other' in event && [event.task, event.other])).toEqual([
    ['a', null],
    ['b', null],
  ]);
});

test('what has not changed is looked at less and less, and not at all when nobody works', async () => {
  begin();
  for (let seconds = 0; seconds < 120; seconds += 1) {
    clock.pass(1_000);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const seen = looks.filter((name) => name === 'a').length;
  expect(seen).toBeGreaterThan(3);
  expect(seen).toBeLessThan(15);
  play(state, [
    { type: 'task.cancelled', task: taskId('a') },
    { type: 'task.cancelled', task: taskId('b') },
    ...(['a', 'b'] as const).map(
      (id): Event => ({ type: 'attempt.stopped', task: taskId(id), attempt: 1, survivors: [] }),
    ),
  ]);
  radar.notice();
  for (let turns = 0; turns < 200 && clock.sleeping() > 0; turns += 1) {
    clock.pass(1_000);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(clock.sleeping()).toBe(0);
});

test('nothing is left of it', async () => {
  begin();
  await trees.a.write('README.md', 'mine\n');
  await trees.b.write('README.md', 'mine too\n');
  await listen();
  expect(await rig.repo.git('for-each-ref', 'refs/weft/radar')).toMatch(/radar\/r1\/a\n.*radar\/r1\/b$/s);
  await radar.stop();
  expect(await rig.repo.git('for-each-ref', 'refs/weft/radar')).toBe('');
});

test('what the radar of a killed engine left is gone, too, however soon this one ends', async () => {
  await rig.port.pin('refs/weft/radar/r1/a', trees.a.base);
  begin();
  await radar.stop();
  expect(await rig.repo.git('for-each-ref', 'refs/weft/radar')).toBe('');
});

test('a policy without one has none', async () => {
  begin({ radar: { enabled: false, tell: false } });
  expect(clock.sleeping()).toBe(0);
  expect(oid(await rig.repo.git('rev-parse', 'HEAD'))).toBe(trees.a.base);
});
