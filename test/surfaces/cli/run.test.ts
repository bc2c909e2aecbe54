// `weft run` and `weft resume`: checks first, then the run, signals, and the exit code of every end.
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/core/event.ts';
import { fail, ok } from '../../../src/core/failure.ts';
import { DEFAULT_POLICY } from '../../../src/core/model.ts';
import type { App } from '../../../src/surfaces/app.ts';
import {
  ASKING,
  createFakeApp,
  type FakeApp,
  PLANNED,
  RUN,
  type Typed,
  type,
  viewRun,
  viewTask,
} from './fake-app.ts';
import { type createFakeIo, NOON } from './fake-io.ts';

/** Types the line and waits until the run is followed. */
async function start(
  line: string,
  fake: FakeApp,
  options?: Parameters<typeof createFakeIo>[1],
): Promise<Typed> {
  const typed = type(line, fake, options);
  await Promise.race([fake.followed, typed.code]);
  return typed;
}

const idle = (changes: Partial<App> = {}): FakeApp =>
  createFakeApp(viewRun([], { state: 'stopped' }), { leader: async () => null, ...changes });

describe('before the run', () => {
  const refusal = (kind: 'usage' | 'collision'): Partial<App> => ({
    plan: async () =>
      fail({
        kind,
        diagnostics: [{ position: null, sentence: 'Bad key.', fix: 'Drop it.' }],
        text: 'tracks.yaml:1:2 bad\n  1 | x\n\nBad key.\n',
      }),
  });

  it.each([
    ['usage', 2],
    ['collision', 4],
  ] as const)('a plan refused as %s exits with %i', async (kind, code) => {
    const fake = idle(refusal(kind));
    const typed = type('run tracks.yaml --json', fake);
    expect(await typed.code).toBe(code);
    expect(typed.err()).toBe('error: tracks.yaml:1:2 bad\n  1 | x\n\nerror: Bad key.\n');
    expect(typed.json()).toMatchObject({
      schemaVersion: 1,
      error: { kind, sentence: 'Bad key.', hint: 'Drop it.' },
    });
    expect(fake.asked).toEqual([]);
  });

  it('a failed check starts nothing and exits with 2', async () => {
    const fake = idle({
      check: async () => [{ name: 'git', state: 'failed', sentence: 'git is too old.', hint: 'Update it.' }],
    });
    const typed = type('run tracks.yaml', fake);
    expect(await typed.code).toBe(2);
    expect(typed.err()).toBe('fail:    git: git is too old.\n         Update it.\n');
    expect(fake.asked.map(([name]) => name)).toEqual(['plan']);
  });

  it('a dry run refuses what the run would refuse', async () => {
    const fake = idle({
      check: async () => [{ name: 'agent mine', state: 'failed', sentence: '`gone` is not there.' }],
    });
    const typed = type('run tracks.yaml --dry-run', fake);
    expect(await typed.code).toBe(2);
    expect(typed.out()).toBe('');
    expect(typed.err()).toBe('fail:    agent mine: `gone` is not there.\n');
  });

  it('another leader exits with 5', async () => {
    const fake = idle({ start: async () => fail({ kind: 'leader', sentence: 'Process 7 leads.' }) });
    expect(await type('run tracks.yaml', fake).code).toBe(5);
  });

  it('all flags reach the plan', async () => {
    const fake = idle();
    const line = `run tracks.yaml --target dev --integrate auto --worktree --collision-policy force --max-agents 7
      --agent mine --time 9 --fast --strategy rebase --setup 'npm ci' --outside ask --max-per-track 2 --limits-attempts 3
      --gate 'npm test' --gate 'npm run lint' --phases-plan true --phases-review critic --worktrees-root ../w --dry-run`;
    expect(await type(line, fake).code).toBe(0);
    expect(fake.asked).toEqual([
      [
        'plan',
        [{ kind: 'file', path: 'tracks.yaml' }],
        {
          target: 'dev',
          integrate: 'auto',
          isolation: 'worktree',
          collisionPolicy: 'force',
          maxAgents: 7,
          agent: 'mine',
          time: 9,
          fast: true,
          strategy: 'rebase',
          setup: 'npm ci',
          outside: 'ask',
          maxPerTrack: 2,
          limitsAttempts: 3,
          gates: ['npm test', 'npm run lint'],
          phasesPlan: 'true',
          phasesReview: 'critic',
          worktreesRoot: '../w',
        },
      ],
    ]);
  });

  it('--worktree and --isolation shared contradict each other', async () => {
    const typed = type('run tracks.yaml --worktree --isolation shared', idle());
    expect(await typed.code).toBe(2);
    expect(typed.err()).toContain('contradict');
  });

  it('nothing is begun where there is nothing to do, unless somebody wants to wait for it', async () => {
    const nothing = { ...PLANNED, plan: { tasks: [] }, notes: ['shop-1 is not approved.'] };
    const fake = idle({ plan: async () => ok(nothing) });
    const typed = type('run beads', fake);
    expect(await typed.code).toBe(0);
    expect(typed.out()).toContain('There is nothing to do: no task is open.\nshop-1 is not approved.\n');
    expect(fake.asked.filter(([what]) => what === 'start')).toEqual([]);
  });

  it('orchestrate run takes the file as --config and needs it', async () => {
    const fake = idle();
    expect(await type('orchestrate run --config tracks.yaml --worktree --dry-run', fake).code).toBe(0);
    expect(fake.asked).toEqual([
      ['plan', [{ kind: 'file', path: 'tracks.yaml' }], { isolation: 'worktree' }],
    ]);
    expect(await type('orchestrate run', fake).code).toBe(2);
  });

  it('a dry run shows waves, agents, branches, claims and collisions', async () => {
    const task = (id: string, wave: number): object => ({
      id,
      title: id,
      ref: `tasks/${id}.md`,
      track: null,
      type: 'automated',
      agent: 'claude',
      run: null,
      branch: `weft/<run>/${id}/work`,
      owns: [`src/${id}/**`],
      after: wave === 1 ? [] : [{ task: 'api', on: 'merged', base: 'target' }],
      wave,
    });
    const dryRun = {
      tasks: [task('api', 1), task('docs', 2)],
      waves: [['api'], ['docs']],
      collisions: [{ first: 'api', second: 'docs', left: 'a', right: 'b', witness: 'src/x.ts' }],
    };
    const fake = idle({ plan: async () => ok({ ...PLANNED, dryRun } as never) });
    const typed = type('run tracks.yaml --dry-run', fake);
    expect(await typed.code).toBe(0);
    expect(typed.out()).toMatchInlineSnapshot(`
      "2 tasks in 2 waves · 4 at once · onto main

      wave 1
        api   agent claude · weft/<run>/api/work · owns src/api/** · tasks/api.md

      wave 2
        docs  agent claude · weft/<run>/docs/work · owns src/docs/** · after api landed · tasks/docs.md

      run one after the other (collision policy serialize)
        api and docs both claim src/x.ts

      Nothing was changed.
      "
    `);
  });
});

describe('the run', () => {
  it.each<[Outcome, number]>([
    ['complete', 0],
    ['failed', 1],
    ['stopped', 1],
    ['blocked', 3],
    ['timeout', 124],
  ])('that ends %s exits with %i', async (outcome, code) => {
    const fake = idle();
    const typed = await start('run tracks.yaml', fake);
    fake.end(outcome);
    expect(await typed.code).toBe(code);
  });

  it('prints one plain line per change and a summary', async () => {
    const fake = idle();
    const typed = await start('run tracks.yaml', fake, { env: { TZ: 'UTC' } });
    const working = viewTask('api', { phase: 'working', attempts: 1, reason: 'at work' });
    fake.show(viewRun([working, viewTask('later')]));
    fake.show(viewRun([{ ...working, reason: 'at work for 1s' }, viewTask('later')]));
    fake.show(viewRun([working, ASKING]));
    fake.show(
      viewRun([{ ...working, phase: 'merged', landed: 'abcdef1234567890' as never }], { state: 'complete' }),
    );
    fake.end('complete');
    expect(await typed.code).toBe(0);
    expect(typed.out().replace(/^\d\d:\d\d:\d\d /gm, '00:00:00 ')).toMatchInlineSnapshot(`
      "run 20260301-115500-ab12 · 1 task · 4 agents at once · lands on main after \`weft approve\`
      00:00:00 api working at work
      00:00:00 api-auth working
      ? api-auth asks: Which limiter?
        Both fit.
        files: src/api/limit.ts
        1  Sliding window
        2  Token bucket
        → weft answer api-auth 1   (or another number, or "…" in your own words)
      00:00:00 api merged at work

      run 20260301-115500-ab12 is complete (1 merged) → main
        ✔ api  abcdef1234  Title of api
      next: weft receipt  (everything landed)
      "
    `);
  });

  it.each([false, true])('says each question once, on a terminal: %s', async (isTTY) => {
    const fake = idle();
    const typed = await start('run tracks.yaml', fake, { isTTY, rows: 40, env: { NO_COLOR: '1' } });
    const view = viewRun([ASKING]);
    fake.show(view);
    fake.show({ ...view, state: 'blocked' });
    fake.end('blocked');
    await typed.code;
    // a table is drawn over: what it shows last is what follows its last wipe
    const left = isTTY ? typed.out().slice(typed.out().lastIndexOf('\u001b[J')) : typed.out();
    expect(left.split('Sliding window')).toHaveLength(2);
  });

  it('prints JSON lines with --json', async () => {
    const fake = idle();
    const typed = await start('run tracks.yaml --json', fake);
    fake.show(viewRun([ASKING]));
    fake.end('blocked');
    expect(await typed.code).toBe(3);
    const lines = typed
      .out()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map((line) => [line['schemaVersion'], line['type']])).toEqual([
      [1, 'started'],
      [1, 'task'],
      [1, 'run'],
    ]);
    expect(lines[1]).toMatchObject({ run: RUN, task: { id: 'api-auth', question: { id: 'api-auth/1' } } });
    expect(lines[2]).toMatchObject({ state: 'blocked', exitCode: 3 });
  });

  it('on a terminal redraws a table and gives the cursor back', async () => {
    const fake = idle();
    const typed = await start('run tracks.yaml', fake, { isTTY: true, env: { NO_COLOR: '1' } });
    fake.show(viewRun([viewTask('api', { phase: 'working' })]));
    const before = typed.out().length;
    typed.tick();
    expect(typed.out().length, 'nothing changed, nothing drawn').toBe(before);
    for (const id of ['second', 'third']) fake.show(viewRun([viewTask(id, { phase: 'working' })]));
    expect(typed.out().length, 'ten frames a second are enough').toBe(before);
    typed.setNow(NOON + 100);
    typed.tick();
    expect(typed.out()).toContain('third');
    expect(typed.out()).not.toContain('second');
    typed.resize({ columns: 40, rows: 10 });
    typed.send('SIGWINCH');
    expect(typed.out()).toContain('\u001b[2J\u001b[H');
    fake.end('complete');
    await typed.code;
    expect(typed.out()).toContain('\u001b[?25l● api  working');
    expect(typed.out().split('\u001b[?25h').length).toBe(2);
    expect(typed.isHeard('SIGWINCH')).toBe(false);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('passes %s on once, twice, thrice, and exits with %i [F35] [F36]', async (signal, code) => {
    const fake = idle();
    const typed = await start('run tracks.yaml', fake);
    for (const count of [1, 2, 3]) {
      typed.send(signal);
      expect(fake.interrupts()).toBe(count);
    }
    typed.tick();
    expect(await typed.code).toBe(code);
    expect(typed.err().trimEnd().split('\n')).toHaveLength(3);
  });

  it('that is left is to be resumed, and its engine may close the books', async () => {
    const fake = idle();
    const typed = await start('run tracks.yaml', fake);
    fake.show(viewRun([]));
    for (let count = 0; count < 3; count += 1) typed.send('SIGINT');
    fake.end('stopped');
    expect(await typed.code).toBe(130);
    expect(typed.out()).toContain('was interrupted');
    expect(typed.out()).toContain('next: weft resume');
  });

  it('that completes after the first signal is done all the same', async () => {
    const fake = idle();
    const typed = await start('run tracks.yaml', fake);
    typed.send('SIGINT');
    fake.end('complete');
    expect(await typed.code).toBe(0);
  });

  it('goes on when nobody reads its output', async () => {
    const fake = idle();
    const typed = await start('run tracks.yaml', fake);
    typed.send('SIGPIPE');
    expect(fake.interrupts()).toBe(0);
    fake.end('complete');
    expect(await typed.code).toBe(0);
  });
});

describe('resuming', () => {
  it('prints what the flags changed, old → new', async () => {
    const led = await idle().app.resume(RUN, {}, { stay: false });
    if (!led.ok) throw new Error('the fake resumes');
    const changes = [{ field: 'maxAgents', before: '4', after: '8' }];
    const fake = idle({
      resume: async () => ok({ ...led.value, outcome: Promise.resolve('complete'), changes }),
    });
    const typed = type('orchestrate resume latest --max-agents 8', fake);
    expect(await typed.code).toBe(0);
    expect(typed.err()).toBe('maxAgents: 4 → 8\n');
    expect(typed.out()).toContain(`run ${RUN} goes on → main\n`);
  });

  it('prints one line of state, what changes, and no old state as news', async () => {
    const done = viewTask('done', { phase: 'merged', landed: 'abcdef1234567890' as never });
    const before = viewRun([done, ASKING, viewTask('ready', { phase: 'committed' })], { state: 'blocked' });
    const fake = createFakeApp(before, { leader: async () => null });
    const typed = await start('resume', fake);
    const { question: _, ...answered } = ASKING;
    fake.show({ ...before, state: 'running' });
    fake.show(viewRun([done, answered, viewTask('ready', { phase: 'queued' })]));
    fake.end('stopped');
    await typed.code;
    expect(
      typed
        .out()
        .replace(/^\d\d:\d\d:\d\d /gm, '')
        .split('\n\n')[0],
    ).toMatchInlineSnapshot(`
      "run 20260301-115500-ab12 goes on (1 working · 1 committed · 1 merged) → main
      api-auth working asks no more;
      ready queued"
    `);
  });

  it('warns of landed work that is gone', async () => {
    const gone = [{ task: 'a', commit: 'abcdef1234567890', ref: 'main' }] as never;
    const fake = createFakeApp(viewRun([], { state: 'blocked', gone }), { leader: async () => null });
    const typed = await start('resume', fake);
    fake.end('complete');
    await typed.code;
    expect(typed.out()).toContain('! a landed as abcdef12, but main does not contain that commit any more\n');
  });

  it('leads the named run with the flags given', async () => {
    const fake = idle();
    const typed = await start(`resume ${RUN.slice(0, 8)} --time 5 --stay`, fake);
    fake.end('complete');
    expect(await typed.code).toBe(0);
    expect(fake.asked).toEqual([['resume', RUN, { time: 5 }, { stay: true }]]);
  });

  it('knows neither run nor task of that name', async () => {
    const typed = type('resume nonsense', idle());
    expect(await typed.code).toBe(2);
    expect(typed.err()).toContain('There is no run nonsense.');
  });
});

it('says in one line what begins', async () => {
  const plan = { tasks: [{ track: 'a' }, { track: 'b' }, { track: null }] };
  const policy = { ...DEFAULT_POLICY, integrate: 'auto', maxAgents: 1 };
  const fake = idle({ plan: async () => ok({ ...PLANNED, plan, policy } as never) });
  const typed = await start('run tracks.yaml', fake);
  fake.end('complete');
  await typed.code;
  expect(typed.out()).toBe(`run ${RUN} · 3 tasks · 2 tracks · 1 agent at once · lands on main when green\n`);
});
