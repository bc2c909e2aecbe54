// Finished work on a terminal and in a pipe: rows, evidence, the pager, the tool, and what a bad call is told.
import { describe, expect, it } from 'vitest';
import { fail, ok } from '../../../src/core/failure.ts';
import { oid } from '../../../src/core/model.ts';
import type { ReviewView } from '../../../src/core/review-view.ts';
import type { App } from '../../../src/surfaces/app.ts';
import { createFakeApp, RUN, type Typed, type, viewRun, viewTask } from './fake-app.ts';

const GATE = { command: 'npm test', tier: 0, exit: 0, elapsedMs: 61_000, output: '/log' } as const;

const WORK: ReviewView = {
  task: 'api-auth',
  title: 'Limit the\u001b[31m requests',
  phase: 'committed',
  awaits: 'approval',
  reason: 'is verified and waits for `weft approve api-auth`',
  since: '2026-03-01T11:58:00.000Z',
  agent: 'claude',
  attempts: 2,
  branch: 'weft/r1/api-auth/work',
  change: { kind: 'work', from: oid('1'.repeat(40)), to: oid('2'.repeat(40)) },
  head: oid('2'.repeat(40)),
  files: [
    { path: 'src/auth.ts', added: 12, deleted: 3 },
    { path: 'README.md', added: 1, deleted: 0 },
  ],
  fileCount: 2,
  added: 13,
  deleted: 3,
  outside: ['README.md'],
  leftovers: true,
  checks: { tree: oid('3'.repeat(40)), passed: true, gates: [GATE] },
  flaky: ['npm test'],
  reviewer: { attempt: 1, verdict: 'changes', findings: ['Close the socket.'] },
  overlaps: [{ other: 'docs', files: ['README.md'] }],
  comments: [{ head: oid('2'.repeat(40)), path: 'src/auth.ts', line: 1, to: 1, quote: 'b', text: 'Why b?' }],
};

const ASKED: ReviewView = {
  ...WORK,
  task: 'docs',
  title: 'Docs',
  awaits: 'answer',
  question: 'Take it?\nOr not?',
  checks: null,
  comments: [],
};

function show(line: string, changes: Partial<App> = {}, options: Parameters<typeof type>[2] = {}): Typed {
  const fake = createFakeApp(viewRun([viewTask('api-auth'), viewTask('docs')]), {
    review: async (_, task) => ok(task === 'docs' ? ASKED : WORK),
    reviews: async () => ok([WORK, ASKED]),
    showChange: async (_, take) => {
      await take(['+++ b/src/auth.ts', '@@ -1 +1 @@', '-a', '+b']);
      return ok(undefined);
    },
    ...changes,
  });
  return type(line, fake, options);
}

describe('weft review', () => {
  it('lists what waits', async () => {
    const typed = show('review');
    expect(await typed.code).toBe(0);
    expect(typed.out()).toMatchInlineSnapshot(`
      "◆ api-auth  2 files +13 -3  ✔ 1 check    2m 0s  Limit the requests · 1 comment
      ? docs      2 files +13 -3  not checked  2m 0s  Docs

      → weft review api-auth
      "
    `);
  });

  it('says that nothing waits', async () => {
    const typed = show('review', { reviews: async () => ok([]) });
    expect(await typed.code).toBe(0);
    expect(typed.out()).toBe('Nothing waits for your word.\n');
  });

  it('shows the evidence, the diff with comments, and what to type next', async () => {
    const typed = show('review api');
    expect(await typed.code).toBe(0);
    expect(typed.out()).toMatchInlineSnapshot(`
      "◆ api-auth · Limit the requests
        is verified and waits for \`weft approve api-auth\` (for 2m 0s)
        work      attempt 2 of claude, on weft/r1/api-auth/work
        change    2 files, +13 -3, 111111111111..222222222222
                  part of it was not committed by its agent; weft did that
        checks    ✔ npm test  1m 1s  failed once on the same tree  on tree 333333333333
        reviewer  asks for changes (attempt 1)
                  - Close the socket.
        outside   README.md
        overlaps  would not merge with docs in README.md
        comments  1 comment, not sent yet

        src/auth.ts  +12 -3
        README.md    +1 -0

      +++ b/src/auth.ts
      @@ -1 +1 @@
      -a
      +b
        ┃ src/auth.ts:1  Why b?

      → weft approve api-auth
      → weft reject api-auth
      → weft comment api-auth src/auth.ts:LINE "…"
      "
    `);
  });

  it('of work that weft asks about shows the question', async () => {
    const typed = show('review docs --stat');
    await typed.code;
    expect(typed.out()).toContain('  ? Take it?\n  ? Or not?\n');
    expect(typed.out()).toContain('→ weft answer docs 1\n→ weft reject docs "…"\n');
    expect(typed.out()).not.toContain('@@');
  });

  it('goes through the pager on a terminal, and prints what is next after it', async () => {
    const paged: string[] = [];
    const openPager = (): ReturnType<App['openPager']> => ({
      write: async (text) => paged.push(text) > 0,
      close: async () => undefined,
    });
    const typed = show('review api', { openPager }, { isTTY: true, env: { NO_COLOR: '1' } });
    expect(await typed.code).toBe(0);
    expect(paged.join('')).toContain('+b\n  ┃ src/auth.ts:1  Why b?\n');
    expect(typed.out()).toMatch(/^\n→ weft approve api-auth\n/);
    expect(typed.isHeard('SIGINT')).toBe(false);
    for (const line of ['review api --no-pager', 'review api --json']) {
      const plain = show(line, { openPager: () => expect.fail('a pager was opened') }, { isTTY: true });
      expect(await plain.code).toBe(0);
    }
  });

  it('fails when the diff cannot be read, with all else shown', async () => {
    const failure = { kind: 'environment', sentence: 'It is gone.' } as const;
    const typed = show('review api', { showChange: async () => fail(failure) });
    expect(await typed.code).toBe(2);
    expect(typed.out()).toContain('checks');
    expect(typed.err()).toBe('error: It is gone.\n');
  });

  it('--tool opens the tool, and says how to choose one', async () => {
    const typed = show('review api --tool', { openDiffTool: async () => ok(1) });
    expect(await typed.code).toBe(2);
    expect(typed.err()).toContain('error: git difftool ended with 1.\nhint: `git config diff.tool NAME`');
    expect(await show('review api --tool').code).toBe(0);
  });

  it.each(['review --tool', 'review --stat', 'review api --tool --json', 'review api --tool --stat'])(
    'refuses weft %s',
    async (line) => expect(await show(line).code).toBe(2),
  );
});

describe('weft comment', () => {
  it.each<[string, object]>([
    ['src/a.ts:12', { path: 'src/a.ts', line: 12, to: 12 }],
    ['./src/a.ts:12-20', { path: 'src/a.ts', line: 12, to: 20 }],
    ['/repository/src/a.ts:1', { path: 'src/a.ts', line: 1, to: 1 }],
    ['a:b:3', { path: 'a:b', line: 3, to: 3 }],
  ])('%s', async (place, expected) => {
    const fake = createFakeApp(viewRun([viewTask('api-auth')]));
    const typed = type(`comment api ${place} too long`, fake);
    expect(await typed.code).toBe(0);
    expect(fake.asked).toEqual([['comment', { task: 'api-auth', ...expected, text: 'too long' }]]);
    expect(typed.out()).toBe('Noted.\n');
  });

  it('answers programs', async () => {
    const typed = type('comment api a.ts:1 - --json', createFakeApp(viewRun([viewTask('api-auth')])));
    await typed.code;
    expect(typed.json()).toEqual({ schemaVersion: 1, run: RUN, sentence: 'Noted.', by: 'engine' });
  });
});
