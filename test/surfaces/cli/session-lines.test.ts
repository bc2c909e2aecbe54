// The report in the form of orchestrators of issues: `[*] #123 - WORKING (45m) - title`.
import { expect, test } from 'vitest';
import { plainPaint } from '../../../src/surfaces/cli/paint.ts';
import { drawSessions } from '../../../src/surfaces/cli/session-lines.ts';
import { ASKING, createFakeApp, type, viewRun, viewTask } from './fake-app.ts';

const NOW = Date.UTC(2026, 2, 1, 12);
const at = (minutes: number): string => new Date(NOW - minutes * 60_000).toISOString();

test('is, for three sessions, what such orchestrators print, letter by letter', () => {
  const text = 'Auth decision needed - token refresh approach unclear';
  const asking = { ...ASKING.question, text, options: [], askedAt: at(12) } as NonNullable<
    typeof ASKING.question
  >;
  const view = viewRun([
    viewTask('123', {
      ...{ title: 'Add export button', phase: 'working', attempts: 1, startedAt: at(45) },
      ...{ files: 3, added: 42, deleted: 5 },
    }),
    { ...ASKING, id: '124', title: 'Implement auth flow', question: asking },
    viewTask('125', {
      ...{ title: 'Add dark mode', phase: 'pr_created', attempts: 1, files: 2, added: 9, deleted: 1 },
      ...{ pr: 42, prUrl: 'https://github.com/owner/repo/pull/42' },
    }),
  ]);
  expect(drawSessions(view, { nowMs: NOW, paint: plainPaint }).join('\n')).toBe(`Active Sessions (3):

[*] #123 - WORKING (45m) - Add export button
    Files changed: 3 (+42, -5)

[!] #124 - STUCK (12m) - Implement auth flow
    Reason: Auth decision needed - token refresh approach unclear

[+] #125 - PR READY - Add dark mode
    PR: https://github.com/owner/repo/pull/42`);
});

test('says of each session how it stands, in the order of the plan', async () => {
  const fake = createFakeApp(
    viewRun([
      viewTask('123', {
        title: 'Add export button',
        phase: 'working',
        attempts: 1,
        startedAt: '2026-03-01T11:15:00.000Z',
        files: 3,
        added: 42,
        deleted: 5,
      }),
      { ...ASKING, id: '124' },
      viewTask('125', { phase: 'pr_created', attempts: 1, pr: 42, prUrl: 'https://github.com/o/r/pull/42' }),
      viewTask('126'),
      viewTask('api', { phase: 'failed', attempts: 3, reason: 'crashed: exit 1', startedAt: null }),
      viewTask('127', { phase: 'merged', attempts: 1 }),
    ]),
  );
  const typed = type('status --report', fake);
  expect(await typed.code).toBe(0);
  const out = typed.out();
  expect(out.split('\n')).toEqual(
    expect.arrayContaining(['Active Sessions (4):', 'Beside these: 1 waiting, 1 merged.']),
  );
  expect(out).toMatch(
    /\[!\] #124 - STUCK \(\d+m\) - Title of api-auth\n {4}Reason: Which limiter\?\n {4}Options: 1 Sliding window · 2 Token bucket/,
  );
  expect(out).toContain('[!] api - FAILED - Title of api\n    Reason: crashed: exit 1');
  expect(out).toMatch(
    /\[\*\] #123 - WORKING \(\d+m\) - Add export button\n {4}Files changed: 3 \(\+42, -5\)/,
  );
  expect(out).toContain('[+] #125 - PR READY - Title of 125\n    PR: https://github.com/o/r/pull/42');
  expect(out.indexOf('#123')).toBeLessThan(out.indexOf('#124'));
});
