// Who tells sources how their tasks stand: what, when, again when it failed, and how long at the end.
import { describe, expect, test } from 'vitest';
import type { Event } from '../../src/core/event.ts';
import { fail, ok, type Result } from '../../src/core/failure.ts';
import { createReporter, type Reporter } from '../../src/engine/reporter.ts';
import type { SourcePort } from '../../src/ports/source.ts';
import { bring, buildTask, play } from '../core/build.ts';
import {
  type Bench,
  createBench,
  createHandClock,
  createHandSource,
  type HandSource,
  settle,
} from './source-bench.ts';

interface Telling extends Bench {
  readonly reporter: Reporter;
  readonly source: HandSource;
}

/** A run with tasks `a` and `b` of one source and `x` of another that is told nothing. */
function tell(over: (source: () => HandSource) => Partial<SourcePort> = () => ({})): Telling {
  const clock = createHandClock();
  const source: HandSource = createHandSource(
    clock,
    'test',
    over(() => source),
  );
  const tasks = [
    ...['a', 'b'].map((id) => buildTask(id, { source: 'test' })),
    buildTask('x', { source: 'track-file' }),
  ];
  const bench = createBench({ clock, tasks, sources: [source] });
  return { ...bench, reporter: createReporter(bench), source };
}

/** What was told: `250 a working, b merged`. */
const said = ({ told }: HandSource): string[] =>
  told.map(([at, reports]) => `${at} ${reports.map(({ task, phase }) => `${task} ${phase}`).join(', ')}`);
const troubles = (heard: readonly Event[]): unknown[] =>
  heard.map((event) => (event.type === 'source.noted' ? event.trouble : event.type));

const locked = (): Promise<Result<void>> =>
  Promise.resolve(fail({ kind: 'environment', sentence: 'It is locked.' }));

describe('what is told', () => {
  test('all that has to do with this run once after a start, and nothing of others', async () => {
    const { clock, reporter, source, state } = tell();
    bring(state, 'a', 'working');
    bring(state, 'x', 'working');
    reporter.start();
    await clock.pass(100_000);
    expect(said(source)).toEqual(['0 a working']);
    await reporter.stop({ hurry: false });
  });

  test('only what changed, whole', async () => {
    const { clock, reporter, source, state } = tell();
    bring(bring(state, 'a', 'working'), 'b', 'working');
    reporter.start();
    await clock.pass(1_000);
    bring(state, 'b', 'committed');
    reporter.notice();
    await clock.pass(1_000);
    reporter.notice();
    await clock.pass(1_000);
    expect(said(source)).toEqual(['0 a working, b working', '1000 b committed']);
    expect(source.told[1]?.[1][0]).toMatchObject({ attempts: 1, branch: 'weft/r1/b/work' });
    await reporter.stop({ hurry: false });
  });

  test('an end that was taken is a fact, once, and not news', async () => {
    const { clock, reporter, source, state, heard } = tell();
    bring(bring(state, 'a', 'merged'), 'b', 'working');
    source.answer = locked;
    reporter.start();
    await clock.pass(500);
    source.answer = () => Promise.resolve(ok(undefined));
    await clock.pass(60_000);
    const ends = heard.filter(({ type }) => type === 'task.told');
    expect(ends).toEqual([{ type: 'task.told', task: 'a', end: 'merged/1' }]);
    play(state, ends);
    reporter.notice();
    await clock.pass(60_000);
    expect(said(source).slice(1)).toEqual(['1000 a merged, b working']);
    await reporter.stop({ hurry: false });
    // the next one tells it again, and says that it was told
    const next = createReporter({ ...createBench({ clock, tasks: [], sources: [source] }), state });
    next.start();
    await clock.pass(1_000);
    expect(source.told.at(-1)?.[1].map(({ task, isTold }) => [task, isTold])).toEqual([
      ['a', true],
      ['b', false],
    ]);
    expect(heard.filter(({ type }) => type === 'task.told')).toHaveLength(1);
    await next.stop({ hurry: false });
  });

  test('what changes soon after a report goes into the next', async () => {
    const { clock, reporter, source, state } = tell();
    bring(state, 'a', 'spawned');
    reporter.start();
    await clock.pass(1);
    for (const phase of ['working', 'verifying', 'committed'] as const) {
      bring(state, 'a', phase);
      reporter.notice();
      await clock.pass(50);
    }
    bring(state, 'b', 'spawned');
    reporter.notice();
    await clock.pass(1_000);
    expect(said(source)).toEqual(['0 a spawned', '250 a committed, b spawned']);
    await reporter.stop({ hurry: false });
  });

  test('many in calls of 20', async () => {
    const clock = createHandClock();
    const source = createHandSource(clock);
    const tasks = Array.from({ length: 41 }, (_, n) => buildTask(`t${n}`, { source: 'test' }));
    const bench = createBench({ clock, tasks, sources: [source] });
    for (const { id } of tasks) bring(bench.state, id, 'spawned');
    const reporter = createReporter(bench);
    reporter.start();
    await clock.pass(10);
    expect(source.told.map(([, reports]) => reports.length)).toEqual([20, 20, 1]);
    await reporter.stop({ hurry: false });
  });
});

describe('what is owed', () => {
  /** Forty-one tasks, and a source that takes 20 s for a call. */
  function owe(): ReturnType<typeof tell> {
    const clock = createHandClock();
    const source = createHandSource(clock);
    const tasks = Array.from({ length: 41 }, (_, n) => buildTask(`t${n}`, { source: 'test' }));
    const bench = createBench({ clock, tasks, sources: [source] });
    for (const { id } of tasks) bring(bench.state, id, 'spawned');
    source.answer = () => clock.sleep(20_000).then(() => ok(undefined));
    return { ...bench, source, reporter: createReporter(bench) };
  }

  test('is waited for as long as some of it gets through', async () => {
    const { clock, reporter } = owe();
    reporter.start();
    const waits: boolean[] = [];
    for (let at = 0; at < 6; at += 1) {
      waits.push(reporter.tell() !== null);
      await clock.pass(10_000);
    }
    expect(waits).toEqual([true, true, true, true, true, true]);
    expect(reporter.owes()).toBe(false);
    expect(reporter.tell()).toBe(null);
    await reporter.stop({ hurry: false });
  });

  test('is waited for by an engine that ends, too', async () => {
    const { clock, reporter, source } = owe();
    reporter.start();
    let isOver = false;
    void reporter.stop({ hurry: false }).then(() => {
      isOver = true;
    });
    await clock.pass(50_000);
    expect(isOver).toBe(false);
    await clock.pass(20_000);
    expect(isOver).toBe(true);
    expect(source.told).toHaveLength(3);
  });
});

describe('a source that cannot be told', () => {
  test('is told again after growing waits, of all that changed by then; trouble is said once, and its end', async () => {
    const { clock, reporter, source, state, heard } = tell();
    bring(state, 'a', 'working');
    source.answer = locked;
    reporter.start();
    await clock.pass(7_000);
    bring(state, 'a', 'committed');
    reporter.notice();
    await clock.pass(8_000);
    expect(said(source)).toEqual([
      '0 a working',
      '1000 a working',
      '3000 a working',
      '7000 a working',
      '15000 a committed',
    ]);
    expect(troubles(heard)).toEqual(['It is locked.']);
    source.answer = createHandSource(clock).answer;
    await clock.pass(16_000);
    expect(said(source).slice(5)).toEqual(['31000 a committed']);
    expect(troubles(heard)).toEqual(['It is locked.', null]);
    await reporter.stop({ hurry: false });
  });

  test.each<[string, () => Promise<Result<void>>, string]>([
    ['throws', () => Promise.reject(new Error('gone')), 'Error: gone'],
    [
      'says much',
      () => Promise.resolve(fail({ kind: 'environment', sentence: 'y'.repeat(900) })),
      'y'.repeat(300),
    ],
  ])('%s', async (_name, answer, expected) => {
    const { clock, reporter, source, state, heard } = tell();
    bring(state, 'a', 'working');
    source.answer = answer;
    reporter.start();
    await clock.pass(1_000);
    expect(troubles(heard)).toEqual([expected]);
    expect(source.told).toHaveLength(2);
    await reporter.stop({ hurry: true });
  });

  test('trouble with looking is not over because telling works', async () => {
    const { clock, reporter, state, heard } = tell();
    play(state, [{ type: 'source.noted', source: 'test', trouble: 'It cannot be read.' }]);
    bring(state, 'a', 'working');
    reporter.start();
    await clock.pass(1_000);
    expect(heard).toEqual([]);
    await reporter.stop({ hurry: false });
  });
});

/** Ends, and tells when that was over. */
function end(
  { reporter, clock }: Telling,
  how: { readonly hurry: boolean },
): { readonly at: number | undefined } {
  const ended: { at: number | undefined } = { at: undefined };
  void reporter.stop(how).then(() => {
    ended.at = clock.monoMs();
  });
  return ended;
}

describe('the end', () => {
  test('tells the rest and waits for nothing', async () => {
    const telling = tell();
    const { clock, reporter, source, state } = telling;
    reporter.start();
    await clock.pass(1_000);
    bring(state, 'a', 'merged');
    reporter.notice();
    const ended = end(telling, { hurry: false });
    await settle();
    expect(ended.at).toBe(1_000);
    expect(said(source)).toEqual(['1000 a merged']);
  });

  test('goes on trying for 30 s and no longer', async () => {
    const telling = tell();
    const { clock, reporter, source, state } = telling;
    source.answer = locked;
    bring(state, 'a', 'merged');
    reporter.start();
    const ended = end(telling, { hurry: false });
    await clock.pass(29_999);
    expect(ended.at).toBeUndefined();
    await clock.pass(1);
    expect(ended.at).toBe(30_000);
    const tries = source.told.length;
    expect(tries).toBe(5);
    await clock.pass(1_000_000);
    expect(source.told).toHaveLength(tries);
  });

  test('tries at once, whatever it waited for, and is over when that succeeds', async () => {
    const telling = tell();
    const { clock, reporter, source, state } = telling;
    const { answer } = source;
    source.answer = locked;
    bring(state, 'a', 'merged');
    reporter.start();
    await clock.pass(10);
    const ended = end(telling, { hurry: false });
    source.answer = answer;
    await clock.pass(1_000);
    expect(ended.at).toBe(10);
    expect(said(source)).toEqual(['0 a merged', '10 a merged']);
  });

  test('a source that never answers is waited for no longer either', async () => {
    const telling = tell();
    const { clock, reporter, source, state } = telling;
    source.answer = () => new Promise(() => undefined);
    bring(state, 'a', 'merged');
    reporter.start();
    const ended = end(telling, { hurry: false });
    await clock.pass(30_000);
    expect(ended.at).toBe(30_000);
  });

  test('in a hurry nothing more is told', async () => {
    const telling = tell();
    const { clock, reporter, source, state } = telling;
    source.answer = locked;
    reporter.start();
    await clock.pass(10);
    bring(state, 'a', 'merged');
    const ended = end(telling, { hurry: true });
    await settle();
    expect(ended.at).toBe(10);
    reporter.notice();
    await clock.pass(1_000_000);
    expect(source.told).toEqual([]);
  });
});

describe('signs of life', () => {
  const beating = (answer?: () => Promise<Result<void>>): Telling =>
    tell((source) => ({
      beatMs: 60_000,
      beat: async (tasks) => {
        source().beats.push([source().looks.length, tasks]);
        return (answer ?? source().answer)();
      },
    }));

  test('are given for what is under way, in time', async () => {
    const { clock, reporter, source, state } = beating();
    bring(state, 'a', 'working');
    bring(state, 'b', 'committed');
    bring(state, 'x', 'working');
    reporter.start();
    await clock.pass(1);
    expect(source.beats.map(([, tasks]) => tasks)).toEqual([['a']]);
    await clock.pass(59_000);
    expect(source.beats).toHaveLength(1);
    await clock.pass(5_000);
    expect(source.beats).toHaveLength(2);
    // signs of life alone are no news
    expect(said(source)).toEqual(['0 a working, b committed']);
    bring(state, 'a', 'merged');
    reporter.notice();
    await clock.pass(200_000);
    expect(source.beats).toHaveLength(2);
    await reporter.stop({ hurry: false });
  });

  test.each<[string, () => Promise<Result<void>>]>([
    ['fails', locked],
    ['throws', () => Promise.reject(new Error('It is locked.'))],
  ])('one that %s is trouble, and telling goes on', async (_name, answer) => {
    const { clock, reporter, source, state, heard } = beating(answer);
    bring(state, 'a', 'working');
    reporter.start();
    await clock.pass(500);
    expect(troubles(heard)).toEqual([expect.stringContaining('It is locked.')]);
    bring(state, 'a', 'committed');
    reporter.notice();
    await clock.pass(120_000);
    expect(said(source)).toEqual(['0 a working', '1000 a committed']);
    await reporter.stop({ hurry: false });
  });
});
