// The splitter: the same lines however the bytes arrive, and bounded memory for a line without end.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { splitLines } from '../../../src/adapters/process/line-splitter.ts';

interface Seen {
  readonly text: string;
  readonly offset: number;
  readonly truncated: boolean;
}

function split(
  chunks: readonly Buffer[],
  maxLineBytes: number,
  offset = 0,
): { lines: Seen[]; offset: number } {
  const lines: Seen[] = [];
  const splitter = splitLines({
    maxLineBytes,
    offset,
    onLine: (line) => lines.push({ ...line, text: line.bytes.toString('latin1') }),
  });
  for (const chunk of chunks) {
    splitter.push(chunk);
    // Callers use their buffers again.
    chunk.fill('!');
  }
  splitter.flush();
  return {
    lines: lines.map(({ text, offset: at, truncated }) => ({ text, offset: at, truncated })),
    offset: splitter.offset,
  };
}

it.each<[string, string, number, Seen[]]>([
  ['nothing', '', 10, []],
  ['one line', 'ab\n', 10, [{ text: 'ab', offset: 0, truncated: false }]],
  ['no line feed at the end', 'ab', 10, [{ text: 'ab', offset: 0, truncated: false }]],
  [
    'empty lines',
    '\n\nx\n',
    10,
    [
      { text: '', offset: 0, truncated: false },
      { text: '', offset: 1, truncated: false },
      { text: 'x', offset: 2, truncated: false },
    ],
  ],
  [
    'a line at and a line above the limit',
    'abc\nabcd\ne\n',
    3,
    [
      { text: 'abc', offset: 0, truncated: false },
      { text: 'abc', offset: 4, truncated: true },
      { text: 'e', offset: 9, truncated: false },
    ],
  ],
])('splits %s', (_, text, limit, expected) => {
  expect(split([Buffer.from(text)], limit).lines).toEqual(expected);
});

it('delivers the same lines at the same offsets wherever the chunks are cut', () => {
  const piece = fc
    .array(fc.constantFrom('a', 'b', '\n'), { maxLength: 12 })
    .map((letters) => letters.join(''));
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 12 }),
      fc.integer({ min: 1, max: 6 }),
      fc.nat(100),
      (pieces, limit, from) => {
        const text = pieces.join('');
        const parts = text.split('\n');
        if (parts.at(-1) === '') parts.pop();
        let offset = from;
        const expected = parts.map((line) => {
          const seen = { text: line.slice(0, limit), offset, truncated: line.length > limit };
          offset += line.length + 1;
          return seen;
        });
        const result = split(
          pieces.map((part) => Buffer.from(part)),
          limit,
          from,
        );
        expect(result.lines).toEqual(expected);
        expect(result.offset).toBe(from + text.length);
      },
    ),
  );
});

it('takes a line of 200 MB in little memory', () => {
  const chunk = Buffer.alloc(64 * 1024, 'x');
  const lengths: [number, boolean][] = [];
  const splitter = splitLines({
    maxLineBytes: 1024 * 1024,
    onLine: (line) => lengths.push([line.bytes.length, line.truncated]),
  });
  const before = process.memoryUsage();
  let most = 0;
  for (let n = 0; n < 3_200; n += 1) {
    splitter.push(chunk);
    if (n % 100 === 0) most = Math.max(most, process.memoryUsage().arrayBuffers);
  }
  splitter.push(Buffer.from('\nshort\n'));
  expect(lengths).toEqual([
    [1024 * 1024, true],
    [5, false],
  ]);
  expect(most - before.arrayBuffers).toBeLessThan(8 * 1024 * 1024);
  expect(process.memoryUsage().rss - before.rss).toBeLessThan(64 * 1024 * 1024);
});
