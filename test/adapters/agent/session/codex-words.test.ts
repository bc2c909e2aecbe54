// When a limit of Codex ends, as its sentence says it.
import { expect, it } from 'vitest';
import { readWait } from '../../../../src/adapters/agent/session/codex-words.ts';

/** A Saturday in November, local time. */
const NOW = new Date(2026, 10, 21, 15, 30, 20).getTime();
const HOUR = 3_600_000;

function at(day: number, hour: number, minute: number): number {
  return new Date(2026, 10, day, hour, minute).getTime();
}

const HIT = "You've hit your usage limit. Upgrade to Pro (https://openai.com/pro) or";
const sentences: readonly [string, number | null][] = [
  [`${HIT} try again in 2 hours 3 minutes.`, NOW + 2 * HOUR + 180_000],
  [`${HIT} try again in 1 day, 1 hour and 1 minute.`, NOW + 25 * HOUR + 60_000],
  [`${HIT} try again in 40 seconds.`, NOW + 40_000],
  [`${HIT} try again in less than a minute.`, NOW + 60_000],
  [`${HIT} try again at 5:40 PM.`, at(21, 17, 41)],
  [`${HIT} try again at 17:40.`, at(21, 17, 41)],
  [`${HIT} try again at 5:40 AM.`, at(22, 5, 41)],
  [`${HIT} try again at 12:10 AM.`, at(22, 0, 11)],
  [`${HIT} try again at 12:10 PM.`, at(22, 12, 11)],
  [`${HIT} try again at 3:30 PM.`, at(21, 15, 31)],
  [`${HIT} try again at 3:26 PM.`, NOW],
  [`${HIT} try again at Nov 25th, 2026 5:40 PM.`, at(25, 17, 41)],
  [`${HIT} try again at November 25, 2026, 5:40 PM.`, at(25, 17, 41)],
  [`${HIT} try again at Nov 25th, 2027 5:40 PM.`, null],
  [`${HIT} try again at Foo 25th, 2026 5:40 PM.`, null],
  [`${HIT} try again in 999999 days.`, null],
  [`${HIT} try again later.`, null],
  ['', null],
];
for (const [text, expected] of sentences) {
  it(text.replace(HIT, '') || 'nothing', () => {
    expect(readWait(text, NOW)).toBe(expected);
  });
}
