// The line diff, held against a terminal in miniature.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffFrame, openScreen } from '../../../src/surfaces/cli/screen.ts';
import { createFakeIo } from './fake-io.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: the sequences that a screen writes
const TOKENS = /\u001b\[(\d*)[AKJ]|\r\n|\n|\r|([^\u001b\r\n]+)/g;

/** Plays bytes on a terminal that starts with the lines and the cursor below them, `echo` written there. */
function play(
  lines: readonly string[],
  bytes: string,
  echo = '',
): { readonly lines: string[]; readonly row: number } {
  const screen = [...lines, ...(echo === '' ? [] : [echo])];
  let row = lines.length;
  let column = echo.length;
  for (const [token, count, text] of bytes.matchAll(TOKENS)) {
    if (token.startsWith('\r')) column = 0;
    if (token === '\r') continue;
    if (token === '\r\n' || token === '\n') row += 1;
    else if (token.endsWith('A') && count !== undefined) row -= Number(count);
    else if (token.endsWith('K') && count !== undefined) screen[row] = '';
    else if (token.endsWith('J') && count !== undefined) screen.length = row;
    else {
      screen[row] = (screen[row] ?? '').padEnd(column) + (text ?? '');
      column += (text ?? '').length;
    }
  }
  while (screen.length < row) screen.push('');
  return { lines: Array.from(screen, (line) => line ?? ''), row };
}

describe('the diff of two frames', () => {
  it('turns the one into the other and leaves the cursor below', () => {
    const frame = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 6 });
    fc.assert(
      fc.property(frame, frame, (before, after) => {
        expect(play(before, diffFrame(before, after))).toEqual({ lines: after, row: after.length });
      }),
      { numRuns: 500 },
    );
  });

  it('writes nothing when nothing changed', () => expect(diffFrame(['a', 'b'], ['a', 'b'])).toBe(''));

  it('writes only the changed line', () => {
    expect(diffFrame(['a', 'b', 'c'], ['a', 'X', 'c'])).toBe('\u001b[2A\u001b[2KX\r\n\n');
  });
});

describe('the screen', () => {
  it('is not shifted by what the terminal echoes below it', () => {
    const terminal = createFakeIo([]);
    const screen = openScreen(terminal.io.stdout);
    screen.draw(['one', 'two']);
    const from = terminal.out().length;
    screen.draw(['ONE', 'two', 'note']);
    expect(play(['one', 'two'], terminal.out().slice(from), '^C').lines).toEqual(['ONE', 'two', 'note']);
  });

  it('hides the cursor while open, wipes after a resize, gives the cursor back once', () => {
    const terminal = createFakeIo([]);
    const screen = openScreen(terminal.io.stdout);
    screen.resize();
    screen.draw(['one']);
    screen.resize();
    screen.draw(['one']);
    screen.close();
    screen.close();
    expect(terminal.out()).toBe('\u001b[?25lone\r\n\u001b[2J\u001b[Hone\r\n\r\u001b[K\u001b[?25h');
  });
});
