// Every command against an app in memory: what it asks of the app, what it prints, how it exits.
import { describe, expect, it } from 'vitest';
import { fail, ok } from '../../../src/core/failure.ts';
import { EXIT_OF_FAILURE } from '../../../src/surfaces/cli/exit-code.ts';
import { ASKING, createFakeApp, RUN, type, viewRun, viewTask } from './fake-app.ts';

const VIEW = viewRun([ASKING, viewTask('api-docs')]);

describe('commands handed to the engine', () => {
  const check = (line: string, command: object): void => {
    it(`weft ${line}`, async () => {
      const fake = createFakeApp(VIEW);
      const typed = type(line, fake, { stdin: 'from a pipe' });
      expect(await typed.code).toBe(0);
      expect(fake.asked).toEqual([['command', command]]);
      expect(typed.out()).toBe('Heard.\n');
    });
  };
  check('answer api-auth 2', { kind: 'answer', task: 'api-auth', option: 2, text: '' });
  check("answer api-auth 'my own words'", {
    kind: 'answer',
    task: 'api-auth',
    option: null,
    text: 'my own words',
  });
  check('answer api-auth 2 please', { kind: 'answer', task: 'api-auth', option: null, text: '2 please' });
  check('answer api-auth 2: please', { kind: 'answer', task: 'api-auth', option: null, text: '2: please' });
  check('guide api-auth mind the gap', { kind: 'guide', task: 'api-auth', text: 'mind the gap' });
  check('guide api-auth -', { kind: 'guide', task: 'api-auth', text: 'from a pipe' });
  check('reject api-auth not like this', { kind: 'reject', task: 'api-auth', text: 'not like this' });
  check('reject api-auth', { kind: 'reject', task: 'api-auth', text: '' });
  check('reject api-auth -', { kind: 'reject', task: 'api-auth', text: 'from a pipe' });
  check('approve api-auth', { kind: 'approve', task: 'api-auth' });
  check('approve --all', { kind: 'approve', task: null });
  check('pause', { kind: 'pause', task: null });
  check('stop api-auth', { kind: 'stop', task: 'api-auth' });
  check('restart api-auth', { kind: 'restart', task: 'api-auth' });
  check('cancel api-auth', { kind: 'cancel', task: 'api-auth' });
  check('done api-auth', { kind: 'done', task: 'api-auth' });
  check('resume api-auth', { kind: 'unpause', task: 'api-auth' });
  check('resume', { kind: 'unpause', task: null });

  it('answer in JSON', async () => {
    const typed = type('pause --json', createFakeApp(VIEW));
    await typed.code;
    expect(typed.json()).toEqual({ schemaVersion: 1, run: RUN, sentence: 'Heard.', by: 'engine' });
  });

  it.each(['approve', 'approve api-auth --all'])('refuses weft %s', async (line) => {
    const typed = type(line, createFakeApp(VIEW));
    expect(await typed.code).toBe(2);
    expect(typed.err()).toContain('error: weft approve needs a task or --all, and not both.');
  });
});

describe('failures', () => {
  it.each(Object.entries(EXIT_OF_FAILURE))(
    'of kind %s exit with %i, sentence and hint on stderr',
    async (kind, code) => {
      const failure = {
        kind: kind as keyof typeof EXIT_OF_FAILURE,
        sentence: 'It \u001b[31mwent\u001b[0m wrong.',
        hint: 'Mend it.',
      };
      const fake = createFakeApp(VIEW, { command: async () => fail(failure) });
      const typed = type('pause --json', fake);
      expect(await typed.code).toBe(code);
      expect(typed.err()).toBe('error: It went wrong.\nhint: Mend it.\n');
      expect(typed.json()).toEqual({ schemaVersion: 1, error: failure });
    },
  );

  it('exit codes are those of the manual', () => {
    expect(EXIT_OF_FAILURE).toEqual({
      failed: 1,
      usage: 2,
      environment: 2,
      corrupt: 2,
      blocked: 3,
      collision: 4,
      leader: 5,
      timeout: 124,
    });
  });

  it.each([
    [{}, false],
    [{ WEFT_DEBUG: '1' }, true],
  ] as const)('bugs are owned up to, with the stack only on request: %j', async (env, stack) => {
    const fake = createFakeApp(VIEW, {
      command: () => Promise.reject(new Error('Internal error: two heads')),
    });
    const typed = type('pause', fake, { env });
    expect(await typed.code).toBe(1);
    expect(typed.err()).toContain('error: Internal error: two heads\nhint: This is a bug of weft.');
    expect(typed.err().includes('    at ')).toBe(stack);
  });

  it.each([
    [
      new Error('It is lost.', { cause: { kind: 'leader', sentence: 'Another one leads.' } }),
      5,
      'Another one leads.',
    ],
    [
      Object.assign(new Error('ENOSPC: no space left on device, write'), {
        code: 'ENOSPC',
        syscall: 'write',
      }),
      2,
      'The system refused: ENOSPC: no space left on device, write.',
    ],
  ])('that are thrown are not taken for bugs: %s', async (error, code, sentence) => {
    const typed = type('pause', createFakeApp(VIEW, { command: () => Promise.reject(error) }));
    expect(await typed.code).toBe(code);
    expect(typed.err()).toContain(`error: ${sentence}\n`);
    expect(typed.err()).not.toContain('bug');
  });

  it('names a task that was mistyped', async () => {
    const typed = type('explain api-auht', createFakeApp(VIEW));
    expect(await typed.code).toBe(2);
    expect(typed.err()).toBe(
      `error: There is no task "api-auht" in run ${RUN}.\nhint: Did you mean api-auth?\n`,
    );
  });

  it('does not guess between two tasks', async () => {
    const typed = type('explain api', createFakeApp(VIEW));
    expect(await typed.code).toBe(2);
    expect(typed.err()).toContain('"api" is the beginning of 2 tasks: api-auth, api-docs.');
  });
});

describe('looking', () => {
  it('weft', async () => {
    const typed = type('', createFakeApp(VIEW));
    expect(await typed.code).toBe(0);
    expect(typed.out()).toMatchInlineSnapshot(`
      "run 20260301-115500-ab12 is going on (1 working · 1 waiting) → main
      ? api-auth asks: Which limiter?
        Both fit.
        files: src/api/limit.ts
        1  Sliding window
        2  Token bucket
        → weft answer api-auth 1   (or another number, or "…" in your own words)
      next: weft answer api-auth 1  (api-auth asks: Which limiter?)
      "
    `);
  });

  const NEW = createFakeApp(VIEW, {
    runs: async () => [],
    findRun: async () => fail({ kind: 'usage', sentence: 'There is no run yet.' }),
    firstStep: async () => ({ command: 'weft run tracks.yaml', reason: 'it is there' }),
  });

  it.each(['', 'status', 'status --report', 'status --watch'])('weft %s before any run', async (line) => {
    const typed = type(line, NEW);
    expect(await typed.code).toBe(0);
    expect(typed.out()).toBe('No run yet.\nnext: weft run tracks.yaml  (it is there)\n');
  });

  it('weft status of a run that is named, and for programs, before the first', async () => {
    expect(await type('status latest', NEW).code).toBe(2);
    const typed = type('status --json', NEW);
    expect(await typed.code).toBe(0);
    expect(typed.json()).toMatchObject({ run: null, next: { command: 'weft run tracks.yaml' } });
  });

  it('weft status --json', async () => {
    const typed = type('status --json', createFakeApp(VIEW));
    expect(await typed.code).toBe(0);
    expect(typed.json()).toEqual({
      ...VIEW,
      next: { command: 'weft answer api-auth 1', reason: 'api-auth asks: Which limiter?' },
    });
  });

  it('weft explain by the beginning of an id', async () => {
    const typed = type('explain api-d', createFakeApp(VIEW));
    expect(await typed.code).toBe(0);
    expect(typed.out()).toContain('api-docs · waiting · Title of api-docs');
  });

  it('weft status --watch prints changes until it is interrupted', async () => {
    const fake = createFakeApp(VIEW);
    const typed = type('status --watch', fake);
    await fake.followed;
    fake.show(viewRun([{ ...ASKING, phase: 'verifying' }]));
    typed.send('SIGINT');
    expect(await typed.code).toBe(130);
    expect(typed.out()).toContain('api-auth verifying');
    expect(typed.isHeard('SIGINT')).toBe(false);
  });

  it('weft logs cleans every line', async () => {
    const fake = createFakeApp(VIEW);
    const typed = type('logs api-auth -f --attempt 2 -n 5', fake);
    expect(await typed.code).toBe(0);
    expect(typed.out()).toBe('line of api-auth\nerr│ an error\n');
    expect(fake.asked).toEqual([['logs', 'api-auth', { attempt: 2, follow: true, lines: 5 }, false]]);
    const json = type('logs api-auth --json', fake);
    await json.code;
    expect(json.json()).toEqual({ schemaVersion: 1, task: 'api-auth', stream: 'err', line: 'an error' });
  });

  it('weft receipt', async () => {
    const fake = createFakeApp(VIEW);
    const markdown = type('receipt', fake);
    expect(await markdown.code).toBe(0);
    expect(markdown.out()).toBe('# Receipt\n');
    const json = type('orchestrate receipt latest --json --write', fake);
    expect(await json.code).toBe(0);
    expect(json.json()).toEqual({ schemaVersion: 1, schema_version: '1' });
    expect(fake.asked.map(([, , options]) => options)).toEqual([{ write: false }, { write: true }]);
  });
});

describe('waiting', () => {
  it.each([
    ['complete', 0],
    ['failed', 1],
    ['stopped', 1],
    ['blocked', 1],
    ['timeout', 1],
    ['interrupted', 1],
  ] as const)('for a run that is %s already exits with %i', async (state, code) => {
    const typed = type('wait --json', createFakeApp(viewRun([], { state })));
    expect(await typed.code).toBe(code);
    expect(typed.json()).toMatchObject({ schemaVersion: 1, run: RUN, state, exitCode: code });
  });

  it('ends with the view that ends the run', async () => {
    const fake = createFakeApp(VIEW);
    const typed = type('orchestrate wait latest --for complete --timeout 600', fake);
    await fake.followed;
    fake.show(viewRun([], { state: 'complete' }));
    expect(await typed.code).toBe(0);
    expect(typed.out()).toContain('is complete');
  });

  it('ends with 124 after the time-out', async () => {
    const typed = type('wait --timeout 0', createFakeApp(VIEW));
    expect(await typed.code).toBe(124);
    expect(typed.out()).toContain('is going on');
  });

  it('says so when the engine is gone without a word', async () => {
    const fake = createFakeApp(VIEW);
    const typed = type('wait', fake);
    await fake.followed;
    fake.show(viewRun([], { state: 'interrupted' }));
    expect(await typed.code).toBe(1);
    expect(typed.out()).toContain('was interrupted: no engine leads it');
    expect(typed.out()).toContain('next: weft resume');
  });

  it('does not believe that a run goes on when its views end', async () => {
    let looks = 0;
    const fake = createFakeApp(VIEW, {
      followView: async () => undefined,
      view: async () => {
        looks += 1;
        return looks === 1 ? ok(VIEW) : fail({ kind: 'corrupt', sentence: 'The journal is rotten.' });
      },
    });
    const typed = type('wait', fake);
    expect(await typed.code).toBe(2);
    expect(typed.err()).toBe('error: The journal is rotten.\n');
  });
});

describe('keeping tidy', () => {
  it('weft worktree list', async () => {
    const fake = createFakeApp(VIEW, {
      worktrees: async () => [
        { path: '/w/api', branch: 'b', run: RUN, task: 'api', keep: 'its task is waiting', holds: null },
        { path: '/w/ui', branch: null, run: RUN, task: 'ui', keep: null, holds: null },
        { path: '/w/db', branch: null, run: RUN, task: 'db', keep: null, holds: 'uncommitted changes' },
      ],
    });
    const typed = type('worktree list', fake);
    expect(await typed.code).toBe(0);
    expect(typed.out()).toBe(
      'api  /w/api  kept: its task is waiting\nui  /w/ui  not needed any more\ndb  /w/db  holds uncommitted changes\n',
    );
  });

  it('weft worktree remove says why it did not, and exits with 1', async () => {
    const kept = [{ path: '/w/api', reason: '2 files are not committed' }];
    const fake = createFakeApp(VIEW, { clean: async () => ok({ removed: [], kept }) });
    const typed = type('worktree remove api', fake);
    expect(await typed.code).toBe(1);
    expect(typed.out()).toBe('kept /w/api: 2 files are not committed\n');
  });

  it('weft worktree clean names what it rescued', async () => {
    const removed = [{ path: '/w/api', rescue: 'refs/weft/rescue/r/api' }];
    const typed = type(
      'worktree clean --dry-run',
      createFakeApp(VIEW, { clean: async () => ok({ removed, kept: [] }) }),
    );
    expect(await typed.code).toBe(0);
    expect(typed.out()).toBe('would remove /w/api  (its work is kept at refs/weft/rescue/r/api)\n');
  });

  it('weft worktree clean --force is asked for', async () => {
    const fake = createFakeApp(VIEW);
    await type('worktree clean --force', fake).code;
    await type('worktree remove api', fake).code;
    expect(fake.asked).toEqual([
      ['clean', null, { dryRun: false, force: true }],
      ['clean', 'api', { dryRun: false, force: false }],
    ]);
  });

  it('weft prune says apart what it dropped, removed and kept', async () => {
    const pruned = {
      dropped: ['Took away the lock HEAD.lock, which no process holds any more.'],
      removed: [{ path: '/w/old', rescue: null }],
      kept: [{ path: '/w/new', reason: 'the journal of run r cannot be read' }],
    };
    const fake = createFakeApp(VIEW, { prune: async () => pruned });
    const json = type('prune --json', fake);
    await json.code;
    expect(json.json()).toEqual({ schemaVersion: 1, dryRun: false, ...pruned });
    const typed = type('prune', fake);
    await typed.code;
    expect(typed.out()).toMatchInlineSnapshot(`
      "Took away the lock HEAD.lock, which no process holds any more.
      removed /w/old
      kept /w/new: the journal of run r cannot be read
      "
    `);
  });

  it('weft doctor exits with 2 when a check failed', async () => {
    const fake = createFakeApp(VIEW, {
      check: async () => [
        { name: 'git', state: 'ok', sentence: 'git 2.39.5' },
        { name: 'agent claude', state: 'failed', sentence: 'claude is not installed.', hint: 'Install it.' },
      ],
    });
    const typed = type('doctor', fake);
    expect(await typed.code).toBe(2);
    expect(typed.out()).toBe(
      'ok:      git: git 2.39.5\nfail:    agent claude: claude is not installed.\n         Install it.\n',
    );
  });

  it('weft init', async () => {
    const typed = type('init', createFakeApp(VIEW));
    expect(await typed.code).toBe(0);
    expect(typed.out()).toContain('wrote .weft/config.yaml\nNobody is there.\n');
  });

  it('weft init with what it can do beside', async () => {
    const notes = ['One.', 'Two.'];
    const fake = createFakeApp(VIEW, {
      init: async (options) => {
        fake.asked.push(['init', options]);
        return ok({ written: [], note: null, notes });
      },
    });
    const typed = type('init --just --claude --preset beads', fake);
    expect(await typed.code).toBe(0);
    expect(typed.out()).toMatch(/^Everything is there already\.\nOne\.\nTwo\.\nnext: /);
    const wish = { just: true, claude: true, preset: 'beads', version: '1.2.3' };
    expect(fake.asked).toEqual([['init', wish]]);
    const json = type('init --json', fake);
    expect(await json.code).toBe(0);
    expect(JSON.parse(json.out())).toMatchObject({ schemaVersion: 1, written: [], note: null, notes });
    expect(await type('init --preset other', fake).code).toBe(2);
  });

  it('weft migrate beads', async () => {
    const fake = createFakeApp(VIEW);
    const typed = type('migrate beads .plan/x docs/plan', fake);
    expect(await typed.code).toBe(0);
    expect(typed.out()).toBe(
      'created  t-1.1          A  .plan/x/tasks/1_a.md  after .plan/x/tasks/0_z.md\n' +
        '1 created, 0 there already, 0 skipped. Next: `weft run beads`.\n',
    );
    const dry = type('migrate beads --dry-run', fake);
    expect(await dry.code).toBe(0);
    expect(dry.out()).toMatch(/^would create .*\n1 to create, 0 there already, 0 skipped\.\n$/);
    expect(fake.asked).toEqual([
      ['migrate', { paths: ['.plan/x', 'docs/plan'], dryRun: false }],
      ['migrate', { paths: [], dryRun: true }],
    ]);
    const json = type('migrate beads --json', fake);
    expect(await json.code).toBe(0);
    expect(JSON.parse(json.out())).toMatchObject({
      dryRun: false,
      rows: [{ did: 'created', issue: 't-1.1' }],
    });
  });
});
