// The picture of a run: live frames, plain lines, status and explanation.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Phase } from '../../../src/core/model.ts';
import type { RunView } from '../../../src/core/view.ts';
import { drawFrame, type FrameStyle } from '../../../src/surfaces/cli/frame.ts';
import { colourPaint, plainPaint } from '../../../src/surfaces/cli/paint.ts';
import { drawExplanation, drawStatus } from '../../../src/surfaces/cli/status.ts';
import { drawNext, drawSummary } from '../../../src/surfaces/cli/summary.ts';
import { measureWidth } from '../../../src/surfaces/cli/width.ts';
import { ASKING, viewRun, viewTask } from './fake-app.ts';
import { NOON } from './fake-io.ts';

const STYLE: FrameStyle = { columns: 80, rows: 24, nowMs: NOON, paint: plainPaint };

const TASKS = [
  viewTask('git-basics', {
    phase: 'merged',
    attempts: 1,
    startedAt: '2026-03-01T11:55:10.000Z',
    endedAt: '2026-03-01T11:57:15.000Z',
    files: 2,
    added: 40,
    deleted: 3,
    reason: 'landed as 1234567890 on main',
    landed: '1234567890abcdef1234567890abcdef12345678' as never,
    landedOn: 'refs/heads/main',
  }),
  ASKING,
  viewTask('broken', { phase: 'failed', attempts: 3, reason: 'gate-failed: npm test exited 1' }),
  viewTask('later', {
    reason: 'waits for api-auth to be landed: it is working for 2m',
    dependsOn: ['api-auth'],
  }),
];

describe('a frame', () => {
  it('shows tasks, question and counts', () => {
    expect(`\n${drawFrame(viewRun(TASKS), STYLE).join('\n')}\n`).toMatchInlineSnapshot(`
      "
      ✔ git-basics  merged      2m 5s      +40 -3  landed as 1234567890 on main
      ? api-auth    working     2m 0s              needs an answer
      ✘ broken      failed             ×3          gate-failed: npm test exited 1
      · later       waiting                        waits for api-auth to be landed: i…
      ? api-auth asks: Which limiter?
        Both fit.
        files: src/api/limit.ts
        1  Sliding window
        2  Token bucket
        → weft answer api-auth 1   (or another number, or "…" in your own words)
      20260301-115500-ab12 · 1 working · 1 failed · 1 waiting · 1 merged · 1 question…
      "
    `);
  });

  it('shows that a task is paused until it is over', () => {
    const paused = { paused: true, attempts: 1 };
    const tasks = [viewTask('a', paused), viewTask('b', { ...paused, phase: 'cancelled' })];
    const rows = drawFrame(viewRun(tasks), STYLE);
    expect(rows.slice(0, 2).map((row) => row.slice(0, 3))).toEqual(['‖ a', '– b']);
  });

  it('in little room shows what a human should see first', () => {
    const many = [...TASKS, ...Array.from({ length: 30 }, (_, at) => viewTask(`wait-${at}`))];
    expect(
      `\n${drawFrame(viewRun(many), { ...STYLE, columns: 50, rows: 12 }).join('\n')}\n`,
    ).toMatchInlineSnapshot(`
      "
      ? api-auth  working     2m 0s      needs an answer
      ✘ broken    failed             ×3  gate-failed: n…
      · later     waiting                waits for api-…
        … 31 more
      ? api-auth asks: Which limiter?
        Both fit.
        files: src/api/limit.ts
        1  Sliding window
        2  Token bucket
        → weft answer api-auth 1   (or another number, …
      20260301-115500-ab12 · 1 working · 1 failed · 31 …
      "
    `);
  });

  it('never has more lines than the terminal nor wider ones, whatever the tasks are called', () => {
    const phase = fc.constantFrom<Phase>('waiting', 'working', 'merged', 'failed', 'committed');
    const task = fc.record({
      id: fc.string({ unit: 'grapheme', minLength: 1 }),
      reason: fc.string({ unit: 'grapheme' }),
      phase,
      asks: fc.boolean(),
    });
    const size = fc.record({
      columns: fc.integer({ min: 20, max: 200 }),
      rows: fc.integer({ min: 3, max: 60 }),
    });
    fc.assert(
      fc.property(fc.array(task, { maxLength: 40 }), size, (drafts, { columns, rows }) => {
        const tasks = drafts.map(({ id, reason, phase, asks }) =>
          viewTask(id, { reason, phase, ...(asks ? { question: ASKING.question } : {}) } as never),
        );
        const frame = drawFrame(viewRun(tasks), { ...STYLE, columns, rows });
        expect(frame.length).toBeLessThan(rows);
        for (const line of frame) expect(measureWidth(line)).toBeLessThanOrEqual(columns);
      }),
    );
  });

  it('is the same text with and without colours', () => {
    const painted = drawFrame(viewRun(TASKS), { ...STYLE, paint: colourPaint }).join('\n');
    expect(painted).toContain('\u001b[32m✔\u001b[39m');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: weft's own tones
    expect(painted.replace(/\u001b\[\d+m/g, '')).toBe(drawFrame(viewRun(TASKS), STYLE).join('\n'));
  });
});

describe('other pictures', () => {
  const picture = (lines: readonly string[]): string => `\n${lines.join('\n')}\n`;

  it('status', () => {
    expect(picture(drawStatus(viewRun(TASKS, { state: 'blocked' }), STYLE))).toMatchInlineSnapshot(`
      "
      run 20260301-115500-ab12 waits for you (1 working · 1 failed · 1 waiting · 1 merged) → main
      ✔ git-basics  merged      2m 5s      +40 -3  landed as 1234567890 on main
      ? api-auth    working     2m 0s              needs an answer
      ✘ broken      failed             ×3          gate-failed: npm test exited 1
      · later       waiting                        waits for api-auth to be landed: i…
      ? api-auth asks: Which limiter?
        Both fit.
        files: src/api/limit.ts
        1  Sliding window
        2  Token bucket
        → weft answer api-auth 1   (or another number, or "…" in your own words)
      "
    `);
  });

  it('explanation of who does it, and of how the last attempt ended', () => {
    const ended = { attempt: 2, cause: 'setup-failed' as const, detail: 'npm ci ended with 1.\nENOENT\n' };
    const tasks = [
      viewTask('broken', { phase: 'failed', attempts: 2, doneBy: 'command', ended, files: 1, added: 3 }),
      viewTask('sign', { doneBy: 'human' }),
      viewTask('again', { attempts: 2, ended }),
    ];
    const lines = tasks.map((task) => drawExplanation(viewRun(tasks), task, STYLE));
    expect(picture(lines.flat())).toMatchInlineSnapshot(`
      "
      ✘ broken · failed · Title of broken
        done by       its own command
        attempts      2
        owns          not declared
        changed       1 file, +3 -0
        │ ENOENT
      next: weft restart broken  (begins it anew; \`weft logs broken\` has what was said)
      · sign · waiting · Title of sign
        done by       by hand
        attempts      0
        owns          not declared
      · again · waiting · Title of again
        done by       agent claude
        attempts      2
        owns          not declared
        last end      attempt 2: setup-failed: npm ci ended with 1.
        │ ENOENT
      "
    `);
  });

  it('landed beside the target, by hand, and gone', () => {
    const landed = 'abcdef1234567890' as never;
    const tasks = [
      viewTask('a', { phase: 'merged', landed }),
      viewTask('b', { phase: 'merged', landed }),
      viewTask('sign', { phase: 'merged', doneBy: 'human' }),
    ];
    const view = viewRun(tasks, {
      state: 'complete',
      aside: { ref: 'weft/integration', tasks: ['b' as never] },
      gone: [{ task: 'a' as never, commit: landed, ref: 'main' }],
    });
    const lines = [...drawSummary(view, plainPaint), ...drawNext(view, plainPaint)];
    expect(picture(lines)).toMatchInlineSnapshot(`
      "
      run 20260301-115500-ab12 is complete (3 merged) → main and weft/integration
        ✔ a  abcdef1234  Title of a
        ✔ b  abcdef1234 on weft/integration  Title of b
        ✔ sign  done by hand  Title of sign
      ! a landed as abcdef12, but main does not contain that commit any more
      ! 1 task landed on weft/integration, not on main: git merge weft/integration in a clean checkout of main brings it forward
      next: git merge weft/integration  (in a clean checkout of main: main lacks what landed on weft/integration)
      "
    `);
  });

  it('explanation', () => {
    const view = viewRun(TASKS);
    expect(picture(drawExplanation(view, TASKS[3] as never, STYLE))).toMatchInlineSnapshot(`
      "
      · later · waiting · Title of later
        waits for api-auth to be landed: it is working for 2m
        done by       agent claude
        attempts      0
        after         api-auth (working)
        owns          not declared
      "
    `);
    expect(picture(drawExplanation(view, TASKS[0] as never, STYLE))).toMatchInlineSnapshot(`
      "
      ✔ git-basics · merged · Title of git-basics
        landed as 1234567890 on main
        done by       agent claude
        attempts      1, 2m 5s
        owns          not declared
        changed       2 files, +40 -3
        landed        1234567890abcdef1234567890abcdef12345678 on refs/heads/main
      "
    `);
  });

  it('files that an agent is at', () => {
    const task = viewTask('api', {
      phase: 'working',
      attempts: 1,
      reason: 'at work for 9 s',
      touching: ['src/a.ts', 'src/b.ts', 'src/c.ts'],
    });
    expect(drawStatus(viewRun([task]), STYLE)[1]).toMatch(/at work for 9 s; on src\/a\.ts, src\/b\.ts$/);
    expect(drawExplanation(viewRun([task]), task, STYLE)).toContain(
      '  working on    src/a.ts, src/b.ts, src/c.ts',
    );
  });

  const ending = (view: RunView): string =>
    [...drawSummary(view, plainPaint), ...drawNext(view, plainPaint)].join('\n');

  it('work that is verified and has not landed is named with what it waits for', () => {
    const tasks = [
      viewTask('a', { phase: 'committed', reason: 'verified; waits for your approval' }),
      viewTask('b', { phase: 'queued', reason: 'waits for its turn' }),
    ];
    expect(ending(viewRun(tasks, { state: 'blocked' }))).toContain(
      '  ◆ a  verified; waits for your approval\n  ◈ b  waits for its turn',
    );
  });

  it('summary of every end', () => {
    const ends = (['complete', 'failed', 'stopped', 'timeout', 'interrupted'] as const).map((state) =>
      ending(viewRun([TASKS[0] as never], { state })),
    );
    expect(picture(ends)).toMatchInlineSnapshot(`
      "
      run 20260301-115500-ab12 is complete (1 merged) → main
        ✔ git-basics  1234567890  Title of git-basics
      next: weft receipt  (everything landed)
      run 20260301-115500-ab12 ended with failures (1 merged) → main
        ✔ git-basics  1234567890  Title of git-basics
      next: weft resume  (the run is failed)
      run 20260301-115500-ab12 was stopped (1 merged) → main
        ✔ git-basics  1234567890  Title of git-basics
      next: weft resume  (the run is stopped)
      run 20260301-115500-ab12 used up its time (1 merged) → main
        ✔ git-basics  1234567890  Title of git-basics
      next: weft resume  (the run is timeout)
      run 20260301-115500-ab12 was interrupted: no engine leads it (1 merged) → main
        ✔ git-basics  1234567890  Title of git-basics
      next: weft resume  (it goes on where it was)
      "
    `);
  });
});
