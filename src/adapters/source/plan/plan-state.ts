// What the words and marks of plans say of how a task stands, and how urgent it is. Knows nothing of where they are written.
import type { Standing } from '../../../core/source.ts';

/** What a mark in a box says: `x` done, `!` held, `-` dropped; null: open. */
export function readMark(mark: string): Standing | null {
  if (/^[xX]$/.test(mark)) return { kind: 'done' };
  if (mark === '!') return { kind: 'held', why: 'blocked in its plan' };
  return mark === '-' ? { kind: 'dropped', why: 'crossed out in its plan' } : null;
}

/** What a word says; null: the task is open, or the word is none of these. */
export function readStatus(word: string): Standing | null {
  const status = word
    .toLowerCase()
    .replace(/[^a-z]+/g, ' ')
    .trim();
  if (/^(?:done|complete|completed|closed|merged|finished|implemented)$/.test(status))
    return { kind: 'done' };
  if (/^(?:blocked|deferred|on hold|paused|waiting)$/.test(status))
    return { kind: 'held', why: `${status} in its plan` };
  if (/^(?:cancelled|canceled|dropped|abandoned|rejected|wont do|wontfix|obsolete)$/.test(status))
    return { kind: 'dropped', why: `${status} in its plan` };
  return null;
}

const WORDS: readonly (readonly [RegExp, number])[] = [
  [/\b(?:critical|urgent|highest|p0)\b/, 0],
  [/\b(?:high|p1)\b/, 1],
  [/\b(?:medium|normal|p2)\b/, 2],
  [/\b(?:low|p3)\b/, 3],
  [/\b(?:lowest|backlog|p4)\b/, 4],
];

/** How urgent a word says it is, 0 to 4; null: it says nothing of that. */
export function readPriority(word: string | number): number | null {
  if (typeof word === 'number') return word >= 0 && word <= 4 ? word : null;
  const small = word.toLowerCase().trim();
  if (/^[0-4]$/.test(small)) return Number(small);
  return WORDS.find(([pattern]) => pattern.test(small))?.[1] ?? null;
}
