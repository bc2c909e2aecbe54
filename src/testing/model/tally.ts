// Counts how often a hurdle of a script has been met: the only thing that the model remembers. Knows no HTTP.
import { createHash } from 'node:crypto';
import type { Directive } from './directives.ts';

/** Remembers how often hurdles were met. */
export interface Tally {
  /**
   * Tells whether the hurdle at a place of a script still stands, and counts it as met; `times` null stands for ever. Equal
   * scripts share their counts, in whatever conversation they are: an agent that was started anew goes on where the last
   * one gave up.
   */
  meet(script: readonly Directive[], place: number, times: number | null): boolean;
}

/** Hurdles that are remembered; the one met first is forgotten first. */
const MAX_REMEMBERED = 10_000;

/** Begins with nothing met. */
export function createTally(): Tally {
  const met = new Map<string, number>();
  return {
    meet(script, place, times) {
      if (times === null) return true;
      const key = createHash('sha256')
        .update(JSON.stringify([place, script]))
        .digest('base64');
      const before = met.get(key) ?? 0;
      if (before >= times) return false;
      met.set(key, before + 1);
      const [oldest] = met.size > MAX_REMEMBERED ? met.keys() : [];
      if (oldest !== undefined) met.delete(oldest);
      return true;
    },
  };
}
