// What is noticed of an agent that gets nowhere, and until when people are asked about it.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Ask, News } from '../../../../src/adapters/agent/session/conversation.ts';
import { createWatch, type Watch } from '../../../../src/adapters/agent/session/watch.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const RETRY: News = { kind: 'retries', text: 'Status 529.' };
const DOING: News = { kind: 'doing', text: 'Works.' };
const PASSED: News = { kind: 'passed-call' };
const OVER: News = { kind: 'turn-over', fault: null, text: '' };

function begin(): {
  readonly watch: Watch;
  readonly asked: readonly Ask[];
  readonly withdrawn: readonly string[];
} {
  const asked: Ask[] = [];
  const withdrawn: string[] = [];
  const watch = createWatch(
    { retryMs: 120_000, sameFailures: 3 },
    {
      ask: (ask) => {
        asked.push(ask);
        watch.note({ kind: 'asks', ask });
      },
      withdraw: (id) => {
        withdrawn.push(id);
        watch.note({ kind: 'asks-no-more', id });
      },
    },
  );
  return { watch, asked, withdrawn };
}

function fail(text: string): News {
  return { kind: 'failed-call', text };
}

describe('a model that does not answer', () => {
  it('is asked about after a while, once, in the latest words', () => {
    const { watch, asked } = begin();
    watch.note({ kind: 'retries', text: 'First.' });
    vi.advanceTimersByTime(119_999);
    watch.note(RETRY);
    expect(asked).toEqual([]);
    vi.advanceTimersByTime(1);
    watch.note(RETRY);
    vi.advanceTimersByTime(500_000);
    expect(asked).toMatchObject([{ text: 'The model has not answered it for 2 min. Status 529.' }]);
  });

  for (const news of [DOING, OVER, PASSED, fail('no')]) {
    it(`is forgotten with ${news.kind}`, () => {
      const { watch, asked } = begin();
      watch.note(RETRY);
      watch.note(news);
      vi.advanceTimersByTime(500_000);
      expect(asked).toEqual([]);
    });
  }

  it('is asked about no more when it answers, and again later', () => {
    const { watch, asked, withdrawn } = begin();
    watch.note(RETRY);
    vi.advanceTimersByTime(120_000);
    watch.note(DOING);
    expect(withdrawn).toEqual([asked[0]?.id]);
    watch.note(RETRY);
    vi.advanceTimersByTime(120_000);
    expect(asked).toHaveLength(2);
    expect(asked[1]?.id).not.toBe(asked[0]?.id);
  });

  it('is not watched for any more at the end', () => {
    const { watch, asked } = begin();
    watch.note(RETRY);
    watch.end();
    vi.advanceTimersByTime(500_000);
    expect(asked).toEqual([]);
  });
});

describe('a call that fails', () => {
  const rows: readonly [string, readonly string[], number][] = [
    ['too seldom', ['a', 'a'], 0],
    ['often enough', ['a', 'a', 'a'], 1],
    ['otherwise in between', ['a', 'a', 'b', 'a', 'a'], 0],
    ['again while people are asked', ['a', 'a', 'a', 'a', 'a', 'a'], 1],
    ['otherwise while people are asked', ['a', 'a', 'a', 'b', 'b', 'b'], 2],
  ];
  for (const [name, texts, questions] of rows) {
    it(name, () => {
      const { watch, asked } = begin();
      for (const text of texts) watch.note(fail(text));
      expect(asked).toHaveLength(questions);
    });
  }

  it('counts from the start after a call that went well', () => {
    const { watch, asked } = begin();
    for (const news of [fail('a'), fail('a'), PASSED, fail('a'), fail('a')]) watch.note(news);
    expect(asked).toEqual([]);
    watch.note(fail('a'));
    expect(asked).toHaveLength(1);
  });

  it('is asked about again when it goes on failing after the answer', () => {
    const { watch, asked } = begin();
    for (let round = 0; round < 3; round += 1) watch.note(fail('a'));
    watch.note({ kind: 'asks-no-more', id: asked[0]?.id ?? '' });
    for (let round = 0; round < 3; round += 1) watch.note(fail('a'));
    expect(asked).toHaveLength(2);
    expect(asked[0]?.text).toBe('The same call of it has failed 3 times in a row:\na');
  });
});

describe('an answer', () => {
  it('closes the question', () => {
    const { watch, asked } = begin();
    for (let round = 0; round < 3; round += 1) watch.note(fail('a'));
    const id = asked[0]?.id ?? '';
    expect([watch.owns(id), watch.owns('else')]).toEqual([true, false]);
    watch.note({ kind: 'asks-no-more', id });
    expect(watch.owns(id)).toBe(false);
  });

  it('is not waited for when the agent itself asks, or something else stands still', () => {
    const { watch, asked, withdrawn } = begin();
    for (let round = 0; round < 3; round += 1) watch.note(fail('a'));
    watch.note(RETRY);
    vi.advanceTimersByTime(120_000);
    expect(withdrawn).toEqual([asked[0]?.id]);
    watch.note({ kind: 'asks', ask: { id: 'own', text: 'Which?', labels: [] } });
    expect(withdrawn).toEqual(asked.map(({ id }) => id));
  });
});
