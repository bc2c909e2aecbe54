// Rings the terminal that shows a run, once for each occasion. Knows no other way of calling.
import { noticesOf } from '../../core/notice.ts';
import type { RunView } from '../../core/view.ts';
import { cleanLine } from './clean.ts';
import type { Io } from './io.ts';

/** The bell, and the sequence by which terminals show a message on the desktop. */
const BELL = '\u0007';
const MESSAGE = '\u001b]9;';
const MAX_CHARS = 200;

/** Gives who rings for what is new in each view; what `known` shows is not. Where nobody looks, it is silent. */
export function createBell(
  { stdout, env }: Pick<Io, 'stdout' | 'env'>,
  known: RunView | null,
): (view: RunView) => void {
  if (!stdout.isTTY || env['TERM'] === 'dumb') return () => undefined;
  const rung = new Set<string>(known === null ? [] : noticesOf(known).map(({ id }) => id));
  return (view) => {
    for (const { id, title } of noticesOf(view, view.rings)) {
      if (rung.has(id)) continue;
      rung.add(id);
      stdout.write(`${MESSAGE}weft: ${cleanLine(title).slice(0, MAX_CHARS)}${BELL}${BELL}`);
    }
  };
}
