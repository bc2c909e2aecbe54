// Who looks at sources while a run goes on: when, what of it is told, and what happens when a source cannot be looked at.
import { describe, expect, test } from 'vitest';
import type { Event } from '../../src/core/event.ts';
import { taskId } from '../../src/core/model.ts';
import { createFeeder, type Feeder, gatherSupply } from '../../src/engine/feeder.ts';
import type { Loaded } from '../../src/ports/source.ts';
import { buildTask, play } from '../core/build.ts';
import { draft } from '../core/plan/drafts.ts';
import {
  type Bench,
  createBench,
  createHandClock,
  createHandSource,
  type HandSource,
  settle,
} from './source-bench.ts';

interface Feeding extends Bench {
  readonly feeder: Feeder;
  readonly sources: readonly HandSource[];
  readonly source: HandSource;
}

/** A run with the task `a` of the first source, and a feeder that has not started. */
function feed(...names: readonly string[]): Feeding {
  const clock = createHandClock();
  const sources = (names.length === 0 ? ['test'] : names).map((name) => createHandSource(clock, name));
  const [source] = sources;
  if (source === undefined) throw new Error('there is no source');
  const a = draft('a', { source: source.name });
  source.drafts = [a];
  const task = buildTask('a', { title: 'a', body: '', source: source.name });
  const bench = createBench({ clock, tasks: [task], sources });
  return { ...bench, feeder: createFeeder(bench), sources, source };
}

const say = (events: readonly Event[]): string[] =>
  events.map((event) => {
    if (event.type === 'plan.changed') return `+${event.added.map(({ id }) => id).join('+')}`;
    if (event.type === 'source.noted') return `${event.source}: ${event.trouble}`;
    if (event.type === 'task.withheld') return `${event.task} withheld: ${event.why}`;
    return event.type;
  });

const refuse = (): Promise<Loaded> => Promise.reject(new Error('it is locked'));

describe('looks', () => {
  test('once at the start, and then when there is something else', async () => {
    const { clock, feeder, source, heard } = feed();
    feeder.start();
    await clock.pass(3_600_000);
    expect(source.looks).toEqual([0]);
    source.drafts = [...source.drafts, draft('b')];
    source.change();
    await settle();
    expect(source.looks).toEqual([0, 3_600_000]);
    expect(say(heard)).toEqual(['+b']);
    await feeder.stop();
  });

  test('rest in between, and what changes meanwhile is seen by the next', async () => {
    const { clock, feeder, source, heard } = feed();
    feeder.start();
    await clock.pass(10);
    for (const id of ['b', 'c', 'd']) {
      source.drafts = [...source.drafts, draft(id)];
      source.change();
      await clock.pass(10);
    }
    expect(source.looks).toEqual([0]);
    await clock.pass(10_000);
    expect(source.looks).toEqual([0, 500]);
    expect(say(heard)).toEqual(['+b+c+d']);
    await feeder.stop();
  });

  test('what changes while a look is under way is looked at after it', async () => {
    const { clock, feeder, source, heard } = feed();
    const before = source.drafts;
    let end: () => void = () => undefined;
    source.trouble = () =>
      new Promise((resolve) => {
        end = () => resolve({ drafts: before, diagnostics: [], texts: new Map() });
      });
    feeder.start();
    await clock.pass(100);
    source.drafts = [...before, draft('b')];
    source.change();
    await clock.pass(5_000);
    expect(source.looks).toEqual([0]);
    source.trouble = null;
    end();
    // a source that takes long is left alone for longer
    await clock.pass(21_000);
    expect(source.looks).toEqual([0, 5_100 + 4 * 5_100]);
    expect(say(heard)).toEqual(['+b']);
    await feeder.stop();
  });

  test('a source that stays as it is is never looked at', async () => {
    const clock = createHandClock();
    const source = createHandSource(clock);
    const { watch: _watch, ...still } = source;
    const bench = createBench({ clock, tasks: [buildTask('a')], sources: [still] });
    const feeder = createFeeder(bench);
    expect(await feeder.catchUp()).toEqual([]);
    feeder.start();
    await clock.pass(100_000);
    expect(source.looks).toEqual([]);
    await feeder.stop();
  });

  test('what is news is told once', async () => {
    const { clock, feeder, source, heard } = feed();
    source.standings = { a: { kind: 'held', why: 'taken by ada' } };
    feeder.start();
    await clock.pass(1_000);
    source.change();
    await clock.pass(1_000);
    expect(source.looks).toHaveLength(2);
    expect(say(heard)).toEqual(['a withheld: taken by ada']);
    await feeder.stop();
  });

  test('who was faster with a task may have let go of it when nothing else changed', async () => {
    const { clock, feeder, source, heard, state } = feed();
    feeder.start();
    await clock.pass(1_000);
    play(state, [{ type: 'task.withheld', task: taskId('a'), why: 'taken by ada' }]);
    source.change();
    await clock.pass(1_000);
    expect(say(heard)).toEqual(['a withheld: null']);
    await feeder.stop();
  });
});

describe('the last look', () => {
  test('is at all sources, however lately they were looked at, and gives what is news', async () => {
    const { clock, feeder, sources, source, heard } = feed('test', 'other');
    feeder.start();
    await clock.pass(10);
    source.drafts = [...source.drafts, draft('b')];
    expect(say(await feeder.look())).toEqual(['+b']);
    expect(sources.map(({ looks }) => looks)).toEqual([
      [0, 10],
      [0, 10],
    ]);
    expect(heard).toEqual([]);
    await feeder.stop();
  });

  test('is waited for no longer than half a minute; what it finds then is told all the same', async () => {
    const { clock, feeder, source, heard } = feed();
    source.trouble = () =>
      clock.sleep(50_000).then(() => ({ drafts: [draft('b')], diagnostics: [], texts: new Map() }));
    const looked = feeder.look();
    await clock.pass(30_000);
    expect(await looked).toEqual([]);
    await clock.pass(20_000);
    expect(say(heard)).toEqual(['+b']);
  });

  test('of a source that cannot be reached is one look', async () => {
    const { clock, feeder, source } = feed();
    source.trouble = refuse;
    feeder.start();
    await clock.pass(10);
    await feeder.look();
    expect(source.looks).toEqual([0, 10]);
    await feeder.stop();
  });

  test('of who has no source that changes is none', async () => {
    const bench = createBench({ clock: createHandClock(), tasks: [buildTask('a')], sources: [] });
    expect(await createFeeder(bench).look()).toEqual([]);
  });
});

describe('a source that cannot be told anything', () => {
  const noted = { type: 'source.noted', source: 'test', trouble: 'It is locked.' } as const;

  test('is not well because it can be looked at', async () => {
    const { clock, feeder, source, state, heard } = feed();
    feeder.start();
    await clock.pass(1_000);
    play(state, [noted]);
    source.change();
    await clock.pass(1_000);
    expect(source.looks).toHaveLength(2);
    expect(say(heard)).toEqual([]);
    await feeder.stop();
  });

  test('is well by the first look of the next engine, until that cannot tell it anything either', async () => {
    const { clock, inbox, state, heard, parts } = feed();
    play(state, [noted]);
    const feeder = createFeeder({ parts, state, inbox });
    feeder.start();
    await clock.pass(1_000);
    expect(say(heard)).toEqual(['test: null']);
    await feeder.stop();
  });
});

describe('a source that cannot be looked at', () => {
  test('is looked at again after growing waits; it is told once, and that it is over', async () => {
    const { clock, feeder, source, heard } = feed();
    source.trouble = refuse;
    feeder.start();
    await clock.pass(31_000);
    expect(source.looks).toEqual([0, 2_000, 6_000, 14_000, 30_000]);
    await clock.pass(1_000_000);
    const waits = source.looks.map((at, n) => at - (source.looks[n - 1] ?? 0));
    expect(Math.max(...waits)).toBe(120_000);
    expect(say(heard)).toEqual(['test: Error: it is locked']);
    source.trouble = null;
    source.drafts = [...source.drafts, draft('b')];
    await clock.pass(120_000);
    expect(say(heard).slice(1)).toEqual(['test: null', '+b']);
    source.trouble = refuse;
    source.change();
    const before = source.looks.length;
    await clock.pass(2_001);
    // the waits are short again
    expect(source.looks.length - before).toBe(2);
    await feeder.stop();
  });

  test('a change does not shorten the wait', async () => {
    const { clock, feeder, source } = feed();
    source.trouble = refuse;
    feeder.start();
    await clock.pass(100);
    source.change();
    await clock.pass(1_000);
    expect(source.looks).toEqual([0]);
    await feeder.stop();
  });

  test('has said what is wrong with it: nothing of it is taken', async () => {
    const { clock, feeder, source, heard } = feed();
    source.trouble = () =>
      Promise.resolve({
        drafts: [draft('b')],
        diagnostics: [{ position: null, sentence: 'Line 3 is no task.' }],
        texts: new Map(),
      });
    feeder.start();
    await clock.pass(1_000);
    expect(say(heard)).toEqual(['test: Line 3 is no task.']);
    await feeder.stop();
  });

  test('is told of what cannot become part of the plan, until it can', async () => {
    const { clock, feeder, source, heard } = feed();
    const [a] = source.drafts;
    const lost = { ...draft('b'), dependencies: [{ task: 'nobody', position: null }] };
    source.drafts = [...source.drafts, lost];
    feeder.start();
    await clock.pass(1_000);
    expect(say(heard)).toEqual([expect.stringMatching(/^plan: .*"nobody"/)]);
    source.drafts = a === undefined ? [] : [a];
    source.change();
    await clock.pass(1_000);
    expect(say(heard)).toEqual([expect.stringMatching(/^plan: /), 'plan: null']);
    await feeder.stop();
  });

  test('keeps no other from growing the plan, and its tasks are not said to be free', async () => {
    const { clock, feeder, sources, heard, state } = feed('one', 'two');
    const [one, two] = sources;
    play(state, [{ type: 'task.withheld', task: taskId('a'), why: 'taken by ada' }]);
    if (one !== undefined) one.trouble = refuse;
    if (two !== undefined) two.drafts = [draft('b', { source: 'two' })];
    feeder.start();
    await clock.pass(1_000);
    expect(say(heard)).toEqual(['one: Error: it is locked', '+b']);
    expect(state.tasks.get(taskId('a'))?.withheld).toBe('taken by ada');
    await feeder.stop();
  });
});

describe('a run that goes on', () => {
  test('takes up what changed while no engine ran', async () => {
    const { feeder, source, heard, clock } = feed();
    source.drafts = [...source.drafts, draft('b')];
    expect(say(await feeder.catchUp())).toEqual(['+b']);
    expect(heard).toEqual([]);
    feeder.start();
    await clock.pass(10_000);
    expect(source.looks).toEqual([0]);
    await feeder.stop();
  });

  test('does not wait for ever, and hears of it later; no two looks overlap', async () => {
    const { clock, feeder, source, heard } = feed();
    let end: () => void = () => undefined;
    const drafts = [...source.drafts, draft('b')];
    source.trouble = () =>
      new Promise((resolve) => {
        end = () => resolve({ drafts, diagnostics: [], texts: new Map() });
      });
    const caught = feeder.catchUp();
    await clock.pass(15_000);
    expect(await caught).toEqual([]);
    feeder.start();
    await clock.pass(60_000);
    expect(source.looks).toEqual([0]);
    end();
    await clock.pass(1);
    expect(say(heard)).toEqual(['+b']);
    await feeder.stop();
  });
});

test('who ends does not wait long for a look that is under way, and takes no news of it', async () => {
  const { clock, feeder, source, heard } = feed();
  source.trouble = () => new Promise(() => undefined);
  feeder.start();
  await clock.pass(100);
  let ended = false;
  void feeder.stop().then(() => {
    ended = true;
  });
  await clock.pass(1_999);
  expect(ended).toBe(false);
  await clock.pass(1);
  expect(ended).toBe(true);
  expect(heard).toEqual([]);
});

test('what all sources have is one, in the order in which they were named', () => {
  const one: Loaded = { drafts: [draft('b')], diagnostics: [], texts: new Map() };
  const other: Loaded = { ...one, drafts: [draft('a')], standings: new Map([['a', { kind: 'done' }]]) };
  const { drafts, standings } = gatherSupply([one, other]);
  expect(drafts.map(({ id }) => id.value)).toEqual(['b', 'a']);
  expect([...standings]).toEqual([['a', { kind: 'done' }]]);
});
