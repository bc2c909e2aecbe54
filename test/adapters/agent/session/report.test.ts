// What a session's news make of its report: last values, bounded and clean.
import { describe, expect, it } from 'vitest';
import type { Ask, News } from '../../../../src/adapters/agent/session/conversation.ts';
import {
  addNews,
  beginReport,
  endReport,
  type Gathering,
  wordAsk,
} from '../../../../src/adapters/agent/session/report.ts';
import type { SessionReport } from '../../../../src/ports/agent.ts';

function gather(...news: readonly News[]): Gathering {
  return news.reduce(addNews, beginReport());
}

const ASK: Ask = { id: 'a', text: 'Which?', labels: ['Red'] };
const OTHER: Ask = { id: 'b', text: 'How?', labels: [] };
const asks = (ask: Ask): News => ({ kind: 'asks', ask });
const doing = (text: string, ...files: readonly string[]): News => ({ kind: 'doing', text, files });
const spending = { input: 1, output: 2, usd: 0.5 };

describe('news', () => {
  const rows: readonly [string, readonly News[], Partial<SessionReport>][] = [
    ['its id', [{ kind: 'session', id: 'x' }], { session: 'x' }],
    ['what it does, latest', [doing('One.'), doing('Two.\u001b[31m')], { doing: 'Two.' }],
    ['files, latest first and once', [doing('', 'a', 'b'), doing('', 'c', 'a')], { files: ['c', 'a', 'b'] }],
    ['what it costs', [{ kind: 'spent', spending }], { spending }],
    [
      'heard',
      [
        { kind: 'heard', number: 2 },
        { kind: 'heard', number: 1 },
        { kind: 'heard', number: 2 },
      ],
      { heard: [2, 1] },
    ],
    ['a wait', [{ kind: 'retries', text: 'Again.' }], { waits: 'Again.' }],
    [
      'a wait that is over',
      [{ kind: 'retries', text: 'Again.' }, doing('On.')],
      { doing: 'On.', waits: null },
    ],
    [
      'a wait that ended with a failure',
      [
        { kind: 'retries', text: 'x' },
        { kind: 'failed-call', text: 'y' },
      ],
      { waits: null },
    ],
    [
      'a wait that ended with the turn',
      [
        { kind: 'retries', text: 'x' },
        { kind: 'turn-over', fault: null, text: '' },
      ],
      { waits: null },
    ],
    [
      'a limit',
      [{ kind: 'limited', untilMs: 7, text: 'Until 7.' }],
      { limit: { untilMs: 7, text: 'Until 7.' } },
    ],
    [
      'a limit without words',
      [{ kind: 'limited', untilMs: null, text: '\u0007' }],
      { limit: { untilMs: null, text: 'limited' } },
    ],
    ['a question', [asks(ASK)], { ask: { id: 'a', text: 'Which?', labels: ['Red'] } }],
    ['the first question', [asks(ASK), asks(OTHER)], { ask: { id: 'a', text: 'Which?', labels: ['Red'] } }],
    [
      'the next question',
      [asks(ASK), asks(OTHER), { kind: 'asks-no-more', id: 'a' }],
      { ask: { id: 'b', text: 'How?', labels: [] } },
    ],
    ['no question', [asks(ASK), { kind: 'asks-no-more', id: 'a' }], { ask: null }],
  ];
  for (const [name, news, expected] of rows) {
    it(name, () => expect(gather(...news).report).toEqual({ ...beginReport().report, ...expected }));
  }

  it('that change nothing leave it as it is', () => {
    const heard = gather({ kind: 'heard', number: 1 });
    expect(addNews(heard, { kind: 'heard', number: 1 }).report).toBe(heard.report);
  });

  it('are bounded', () => {
    const many = Array.from({ length: 1_500 }, (_, at) => at);
    const { report, asks: open } = gather(
      ...many.map((number): News => ({ kind: 'heard', number })),
      ...many.map((at) => doing('x'.repeat(10_000), `${at}`)),
      ...many.map((at) => asks({ ...ASK, id: `${at}` })),
    );
    expect([report.heard.length, report.heard.at(-1), report.doing?.length]).toEqual([1_000, 1_499, 4_000]);
    expect([report.files.length, report.files[0], open.length]).toEqual([20, '1499', 100]);
  });
});

it('the end asks nothing and waits for nothing', () => {
  const { report, asks: open } = endReport(gather(asks(ASK), { kind: 'retries', text: 'x' }), {
    fault: 'protocol',
    text: 'It \u001b[1mdied.',
  });
  expect(report).toMatchObject({ ask: null, waits: null, end: { fault: 'protocol', text: 'It died.' } });
  expect(open).toEqual([]);
});

describe('the words of a question', () => {
  const rows: readonly [string, Partial<Ask>, { text: string; labels: readonly string[] }][] = [
    ['as they are', {}, { text: 'Which?', labels: ['Red'] }],
    [
      'none',
      { text: ' \u0000', labels: ['', '\u202e'] },
      { text: 'It asks something without words.', labels: ['Option 1', 'Option 2'] },
    ],
    ['of several lines', { text: 'a\r\nb', labels: ['a\n b'] }, { text: 'a\nb', labels: ['a b'] }],
    [
      'too long',
      { text: `${'x'.repeat(3_999)} y`, labels: [`${'x'.repeat(199)} y`] },
      { text: 'x'.repeat(3_999), labels: ['x'.repeat(199)] },
    ],
    ['too many', { labels: [...'0123456789abc'] }, { text: 'Which?', labels: [...'012345678'] }],
  ];
  for (const [name, ask, expected] of rows) {
    it(name, () => {
      const words = wordAsk({ ...ASK, ...ask });
      expect(words).toEqual(expected);
      expect(wordAsk({ id: 'a', ...words })).toEqual(expected);
    });
  }
});
