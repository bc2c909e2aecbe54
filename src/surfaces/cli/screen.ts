// Keeps lines on a terminal up to date by rewriting only those that changed. Knows nothing of what the lines say.
import type { Output } from './io.ts';

const HIDE_CURSOR = '\u001b[?25l';
const WIPE_LINE = '\r\u001b[K';
/** Written whenever a screen may have been left open. */
export const SHOW_CURSOR = '\u001b[?25h';

/** Lines at the bottom of a terminal. */
export interface Screen {
  /** Shows the lines in place of those shown before; none may be wider than the terminal. */
  draw(lines: readonly string[]): void;
  /** Draws all lines anew at the next `draw`, after the terminal changed its size. */
  resize(): void;
  /** Leaves the lines where they are and gives the cursor back. */
  close(): void;
}

/** Opens a screen below what the terminal shows now. */
export function openScreen(output: Output): Screen {
  let before: readonly string[] = [];
  let open = false;
  let wiped = false;
  return {
    draw: (lines) => {
      const start = open ? '' : HIDE_CURSOR;
      const wipe = wiped ? '\u001b[2J\u001b[H' : '';
      const changes = diffFrame(wiped ? [] : before, lines);
      open = true;
      wiped = false;
      before = lines;
      // what a person types is echoed below the frame, and would shift what is written next
      const echo = changes === '' || start !== '' || wipe !== '' ? '' : WIPE_LINE;
      if (start + wipe + changes !== '') output.write(start + wipe + echo + changes);
    },
    resize: () => {
      wiped = open;
    },
    close: () => {
      if (open) output.write(WIPE_LINE + SHOW_CURSOR);
      open = false;
      before = [];
    },
  };
}

/**
 * The bytes that turn one frame into another. The cursor stands at the beginning of the line below the frame, before
 * and after.
 */
export function diffFrame(before: readonly string[], after: readonly string[]): string {
  let bytes = '';
  // Row the cursor stands in, counted from the frame's first line.
  let at = before.length;
  const goTo = (row: number): void => {
    if (row < at) bytes += `\u001b[${at - row}A`;
    if (row > at) bytes += '\n'.repeat(row - at);
    at = row;
  };
  after.forEach((line, row) => {
    if (row < before.length && before[row] === line) return;
    goTo(row);
    bytes += row < before.length ? `\u001b[2K${line}\r\n` : `${line}\r\n`;
    at = row + 1;
  });
  if (after.length < before.length) {
    goTo(after.length);
    bytes += '\u001b[J';
  }
  goTo(after.length);
  return bytes;
}
