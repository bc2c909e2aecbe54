// The compiler: edges that come out, everything that is refused, and that it stays fast.
import { describe, expect, test } from 'vitest';
import { DEFAULT_POLICY } from '../../../src/core/model.ts';
import { compilePlan } from '../../../src/core/plan/compile.ts';
import type { TaskDraft } from '../../../src/core/plan/draft.ts';
import { draft, planOf, report, track } from './drafts.ts';

describe('edges', () => {
  test('depends_on waits for the merge; the step before is stacked', () => {
    expect(
      report([...track('T', [draft('a'), draft('b')]), draft('c', { needs: ['a'] })]),
    ).toMatchInlineSnapshot(`
      "a <-
      b <- a:verified/stacked
      c <- a:merged/target"
    `);
  });

  test('what is written wins over what the track implies, wherever it stands', () => {
    const [a, b, c] = [
      draft('a'),
      draft('b', { needs: ['a'] }),
      draft('c', { needs: [{ task: 'b', on: 'submitted' }] }),
    ];
    expect(report(track('T', [a, b, c]))).toMatchInlineSnapshot(`
      "a <-
      b <- a:merged/target
      c <- b:submitted/target"
    `);
  });

  test('neither before nor behind a manual step is there a branch to stack on', () => {
    const steps = [draft('a'), draft('m', { type: 'manual' }), draft('c'), draft('d', { type: 'hybrid' })];
    expect(report(track('T', steps))).toMatchInlineSnapshot(`
      "a <-
      m <- a:merged/target
      c <- m:merged/target
      d <- c:verified/stacked"
    `);
  });

  test('a dependency of the track gives way silently to the same one of the task', () => {
    const needs = [
      { task: 'a', via: 'track' } as const,
      { task: 'a', on: 'verified', base: 'stacked' } as const,
    ];
    for (const order of [needs, needs.toReversed()]) {
      expect(report([draft('a'), draft('b', { needs: order })])).toBe('a <-\nb <- a:verified/stacked');
    }
  });

  test.each(['x', 'x.md', 'tasks/x.md', './tasks/x.md', '.runr/tasks/x.md', 'tasks\\x.md'])(
    '%s means x',
    (form) => {
      expect(report([draft('x'), draft('y', { needs: [form] })])).toBe('x <-\ny <- x:merged/target');
    },
  );

  test('a file name leads to a task with an id of its own', () => {
    expect(report([draft('one', { ref: 'tasks/x.md' }), draft('y', { needs: ['x.md'] })])).toBe(
      'one <-\ny <- one:merged/target',
    );
  });
});

describe('what is refused [F39]', () => {
  function check(name: string, drafts: Parameters<typeof report>[0], expected: string, policy = {}): void {
    test(name, () => expect(report(drafts, policy)).toBe(expected));
  }

  check(
    'unknown dependency with a near id',
    [draft('auth-api'), draft('ui', { needs: ['auth-apy'], line: 7 })],
    'plan:7:1: Task "ui" depends on "auth-apy", which is not a task of this plan.\n  Fix: Did you mean "auth-api"?',
  );
  check(
    'unknown dependency, by path',
    [draft('auth-api'), draft('ui', { needs: ['.runr/tasks/auth-ap.md'] })],
    'plan:1:1: Task "ui" depends on ".runr/tasks/auth-ap.md", which is not a task of this plan.\n  Fix: Did you mean "auth-api"?',
  );
  check(
    'unknown dependency with nothing near',
    [draft('a', { needs: ['zebra'] })],
    'plan:1:1: Task "a" depends on "zebra", which is not a task of this plan.\n  Fix: Add that task, or remove the dependency. Its tasks: "a".',
  );
  check(
    'a name that two files share',
    [draft('a', { ref: 'x/t.md' }), draft('b', { ref: 'y/t.md' }), draft('c', { needs: ['t.md'] })],
    'plan:1:1: Task "c" depends on "t.md", which may be any of "a" and "b".\n  Fix: Name the one meant by its id.',
  );
  check(
    'itself',
    [draft('a', { needs: ['a'], line: 3 })],
    'plan:3:1: Task "a" depends on itself.\n  Fix: Remove this dependency.',
  );
  check(
    'twice',
    [draft('a'), draft('b', { needs: ['a', 'tasks/a.md'], line: 2 })],
    'plan:2:1: Task "b" names its dependency "a" twice.\n  plan:2:1: named here before\n  Fix: Remove one of the two.',
  );
  check(
    'a cycle through a track, the shortest one',
    [
      ...track('T', [
        draft('a', { needs: ['c'], line: 1 }),
        draft('b', { line: 2 }),
        draft('c', { line: 3 }),
      ]),
      draft('x', { needs: ['y'], line: 4 }),
      draft('y', { needs: ['x'], line: 5 }),
    ],
    'plan:4:1: These tasks wait for each other: x → y → x.\n' +
      '  plan:4:1: "x" needs "y"\n  plan:5:1: "y" needs "x"\n  Fix: Remove one of these dependencies; the same command with `--dry-run` then shows the order.',
  );
  check(
    'a cycle with the step before',
    track('T', [draft('a', { needs: ['b'], line: 1 }), draft('b', { line: 2 })]),
    'plan:1:1: These tasks wait for each other: a → b → a.\n' +
      '  plan:1:1: "a" needs "b"\n  plan:2:1: "b" needs "a" (the step before it)\n  Fix: Remove one of these dependencies; the same command with `--dry-run` then shows the order.',
  );
  check(
    'two ids alike',
    [draft('a', { line: 2 }), draft('a', { line: 5 })],
    'plan:5:1: Two tasks have the id "a".\n  plan:2:1: the other one\n' +
      '  Fix: Give one of them another id, for example with id: in its step.',
  );
  check(
    'an id that would reach the terminal',
    [draft('a\u001b[31m')],
    'plan:1:1: The task id "a\\u001b[31m" contains a character that cannot be printed.\n' +
      '  Fix: An id has letters, digits and . _ - # @ +, begins with a letter, a digit, # or _, and has at most 100 characters. ' +
      'Give the task one with id: in its step or its file.',
  );
  check(
    'an id that would be a path',
    [draft('../evil')],
    'plan:1:1: The task id "../evil" contains "/".\n' +
      '  Fix: An id has letters, digits and . _ - # @ +, begins with a letter, a digit, # or _, and has at most 100 characters. ' +
      'Give the task one with id: in its step or its file.',
  );
  check(
    'two bases',
    [
      draft('a'),
      draft('b'),
      draft('c', {
        needs: [
          { task: 'a', base: 'stacked' },
          { task: 'b', base: 'stacked' },
        ],
      }),
    ],
    'plan:1:1: Task "c" is stacked on "a" and "b", but its worktree starts from one place.\n  plan:1:1: stacked on "a"\n' +
      '  Fix: Keep base: stacked for one of them; name the step before in depends_on to start from the target instead.',
  );
  check(
    'stacked on what a human does',
    [draft('m', { type: 'manual' }), draft('c', { needs: [{ task: 'm', base: 'stacked' }] })],
    'plan:1:1: Task "c" cannot be stacked on "m": "m" is done by a human and has no branch.\n  Fix: Write base: target.',
  );
  check(
    'claims that leave the repository',
    [draft('a', { owns: ['../x', 'ok/**'], line: 9 })],
    'plan:9:1: Claim "../x" leaves its directory with ...\n  Fix: Write it from the root of the repository. For example: src/api/**',
  );
  check(
    'an unknown agent',
    [draft('a', { agent: 'claud' })],
    'plan:1:1: Task "a" wants the agent "claud", which is not configured.\n  Fix: Did you mean "claude"?',
  );
  check(
    'tracks in one directory without claims',
    [...track('A', [draft('a')]), ...track('B', [draft('b', { owns: ['b/**'] }), draft('c')])],
    'plan:1:1: With isolation: shared every task of more than one track must say which files it owns; "a" and "c" do not.\n' +
      '  Fix: Add owns: [path/**] to the task file, or allowlist: to the step, or give each a worktree of its own with `--worktree`.',
    { isolation: 'shared' },
  );

  check(
    'an agent like no other',
    [draft('a', { agent: 'zebra' }), draft('m', { type: 'manual', agent: 'zebra' })],
    'plan:1:1: Task "a" wants the agent "zebra", which is not configured.\n  Fix: Known agents: "claude" and "codex".',
  );
  check(
    'one task of two in one directory without a claim',
    [draft('a', { owns: ['a/**'] }), draft('b')],
    'plan:1:1: With isolation: shared every task of more than one track must say which files it owns; "b" does not.\n' +
      '  Fix: Add owns: [path/**] to the task file, or allowlist: to the step, or give each a worktree of its own with `--worktree`.',
    { isolation: 'shared' },
  );

  test('a long cycle names its first dozen', () => {
    const ring = (size: number): string =>
      report(Array.from({ length: size }, (_, at) => draft(`t${at}`, { needs: [`t${(at + 1) % size}`] })));
    expect(ring(12)).toContain(
      'wait for each other: t0 → t1 → t2 → t3 → t4 → t5 → t6 → t7 → t8 → t9 → t10 → t11 → t0.',
    );
    expect(ring(14)).toContain('t10 → t11 → 2 more → t0.');
  });

  test.each<[string, (at: number) => TaskDraft]>([
    ['agents', (at) => draft(`t${at}`, { agent: 'zebra' })],
    ['claims', (at) => draft(`t${at}`, { owns: [`../${at}`] })],
    ['dependencies', (at) => draft(`t${at}`, { needs: ['nobody'] })],
  ])('a hundred mistakes are enough: %s', (_name, make) => {
    const drafts = Array.from({ length: 150 }, (_, at) => make(at));
    const compiled = compilePlan(drafts, { policy: DEFAULT_POLICY });
    expect(compiled.ok ? 0 : compiled.failure.diagnostics.length).toBe(100);
  });

  test('one track in one directory needs no claims, nor do humans', () => {
    const drafts = [...track('A', [draft('a'), draft('b')]), draft('m', { type: 'manual' })];
    expect(report(drafts, { isolation: 'shared' })).toContain('a <-');
  });

  test('a task with its own command needs no agent', () => {
    expect(report([draft('a', { run: 'true' })], { agent: 'gone' })).toBe('a <-');
    expect(report([draft('a')], { agent: 'gone' })).toContain('wants the agent "gone"');
  });
});

describe('collisions under policy fail', () => {
  const policy = { collisionPolicy: 'fail' } as const;

  test('are named with a witness and have their own kind', () => {
    const drafts = [
      draft('a', { owns: ['src/api/**'], line: 2 }),
      draft('b', { owns: ['src/api/auth/**'], line: 4 }),
    ];
    expect(report(drafts, policy)).toMatchInlineSnapshot(`
      "plan:4:1: Tasks "a" and "b" may run at the same time and both claim "src/api/auth/a" (src/api/** and src/api/auth/**).
        plan:2:1: "a" claims it here
        Fix: Let one depend on the other, narrow a claim, or run it with --collision-policy serialize."
    `);
    const compiled = compilePlan(drafts, { policy: { ...DEFAULT_POLICY, ...policy } });
    expect(compiled.ok ? 'ok' : compiled.failure.kind).toBe('collision');
  });

  test('are none between ordered tasks, over others too', () => {
    const owns = ['src/**'];
    const drafts = [draft('a', { owns }), draft('x', { needs: ['a'] }), draft('b', { owns, needs: ['x'] })];
    expect(report(drafts, policy)).not.toContain('both claim');
  });

  test('are found between equal claims of which only some are ordered', () => {
    const owns = ['src/**'];
    const drafts = [
      draft('a', { owns }),
      draft('b', { owns, needs: ['a'] }),
      draft('c', { owns, needs: ['a'] }),
    ];
    expect(report(drafts, policy)).toContain('Tasks "b" and "c" may run at the same time');
  });

  test('are found in two spellings where the disk knows only one', () => {
    const drafts = [draft('a', { owns: ['src/A.ts'] }), draft('b', { owns: ['src/a.ts'] })];
    const isOk = (claims: { foldCase?: boolean }): boolean =>
      compilePlan(drafts, { policy: { ...DEFAULT_POLICY, ...policy }, claims }).ok;
    expect([isOk({}), isOk({ foldCase: true })]).toEqual([true, false]);
  });

  test('are named up to twenty', () => {
    const drafts = Array.from({ length: 30 }, (_, at) => draft(`t${at}`, { owns: ['src/**'] }));
    expect(report(drafts, policy).match(/may run at the same time/g)).toHaveLength(20);
  });

  test('are none without claims or with a human', () => {
    const drafts = [draft('a'), draft('b', { owns: ['**'] }), draft('m', { type: 'manual', owns: ['**'] })];
    expect(report(drafts, policy)).not.toContain('both claim');
    expect(report([draft('a', { owns: [] }), draft('b', { owns: [] })], policy)).toBe('a <-\nb <-');
  });
});

test('defaults are filled in and claims normalised once', () => {
  const [task] = planOf([draft('a', { owns: ['./src/api/', 'src/api/**', 'README.md'] })], {
    agent: 'codex',
  }).tasks;
  expect(task).toMatchObject({
    priority: 2,
    agent: 'codex',
    owns: ['src/api/**', 'README.md'],
    estimateMs: null,
  });
});

test('100,000 tasks with 200,000 edges compile in linear time, cycle or not [F40]', () => {
  const count = 100_000;
  const drafts = Array.from({ length: count }, (_, at) =>
    draft(`task-${at}`, {
      owns: [`src/module-${at}/**`],
      needs: [at - 1, at - 1000].filter((other) => other >= 0).map((other) => `task-${other}`),
    }),
  );
  expect(planOf(drafts).tasks).toHaveLength(count);
  const first = drafts[0];
  if (first === undefined) throw new Error('no drafts');
  drafts[0] = { ...first, dependencies: [{ task: `task-${count - 1}`, position: null }] };
  expect(report(drafts)).toMatch(/^These tasks wait for each other: task-0 → task-99999 → /);
});

describe('ids that differ only in case', () => {
  const drafts = [draft('Stream-A', { line: 1 }), draft('stream-a', { line: 2 })];
  const compile = (worktrees: object): readonly string[] => {
    const policy = { ...DEFAULT_POLICY, worktrees: { ...DEFAULT_POLICY.worktrees, ...worktrees } };
    const compiled = compilePlan(drafts, { policy });
    return compiled.ok ? [] : compiled.failure.diagnostics.map(({ sentence }) => sentence);
  };

  test('have names of their own where those are made of the id', () => {
    expect(compile({})).toEqual([]);
    expect(compile({ path: '../{task}', branch: 'x/{id}-{task}' })).toEqual([]);
  });

  test.each([{ path: '../{id}' }, { branch: 'stream/{id}' }])(
    'are refused where the id is spelt out: %j',
    (worktrees) => {
      expect(compile(worktrees)).toEqual([
        'Tasks "Stream-A" and "stream-a" would share a directory and a branch.',
      ]);
    },
  );
});
