// Colours, or none. Knows nothing of what is painted.
import type { Io, Output } from './io.ts';

/** A colour or weight of text. */
export type Tone = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Puts a tone around a text. */
export type Paint = (tone: Tone, text: string) => string;

const CODES: Readonly<Record<Tone, readonly [on: number, off: number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};

/** Leaves text as it is. */
export const plainPaint: Paint = (_tone, text) => text;

/** Paints with the terminal's own colours. */
export const colourPaint: Paint = (tone, text) => {
  const [on, off] = CODES[tone];
  return text === '' ? '' : `\u001b[${on}m${text}\u001b[${off}m`;
};

/** Colours only on a terminal that has them, and never against `NO_COLOR`. */
export function choosePaint(io: Io, output: Output): Paint {
  const refused = (io.env['NO_COLOR'] ?? '') !== '' || io.env['TERM'] === 'dumb';
  return output.isTTY && !refused ? colourPaint : plainPaint;
}
