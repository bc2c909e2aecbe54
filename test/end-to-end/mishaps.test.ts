// What goes wrong on a real day, on real git and real processes: gates, foreign files, conflicts, questions, dirty checkouts.
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Command } from '../../src/core/decide/command.ts';
import { openStage, type Stage } from './rig.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(async () => {
  await stage.remove();
});

/** Gives a command to the resting run and resumes it to its next rest. */
async function goOn(run: string, command: Command): Promise<string> {
  const said = await stage.app.command(run, command);
  if (!said.ok) throw new Error(said.failure.sentence);
  const resumed = await stage.app.resume(run, {}, { stay: false });
  if (!resumed.ok) throw new Error(resumed.failure.sentence);
  return resumed.value.outcome;
}

test('a gate that fails sends its output back, and the second attempt lands', async () => {
  await stage.script(
    [
      [
        {
          id: 'fix',
          acts: {
            1: [{ write: { path: 'state.txt', text: 'bad\n' } }],
            2: [{ 'expect-guidance': 'state is bad' }, { write: { path: 'state.txt', text: 'good\n' } }],
          },
        },
      ],
    ],
    { gates: { tier0: ['grep -q good state.txt || { echo state is bad; exit 1; }'] } },
  );
  const { outcome, view } = await stage.run();
  expect(outcome).toBe('complete');
  expect(stage.task(view, 'fix').attempts).toBe(2);
  expect(await stage.repo.git('show', 'main:state.txt')).toBe('good');
});

test('files outside the claim are refused and never land', async () => {
  await stage.script([
    [
      {
        id: 'api',
        owns: ['src/api/'],
        acts: [{ write: { path: 'src/api/a.txt', text: 'a\n' } }, { foreign: 'other.txt' }],
      },
    ],
  ]);
  const { outcome, view } = await stage.run();
  expect(outcome).toBe('failed');
  expect(stage.task(view, 'api').reason).toContain('other.txt');
  expect(await stage.repo.git('ls-tree', '-r', '--name-only', 'main')).not.toContain('other.txt');
});

test('an agent that lies about being done gets no commit on the target', async () => {
  await stage.script([[{ id: 'liar', acts: [{ lie: true }] }]]);
  const before = await stage.repo.git('rev-parse', 'main');
  const { outcome, view } = await stage.run();
  expect(outcome).toBe('blocked');
  expect(stage.task(view, 'liar').question?.text).toContain('without changing anything');
  expect(await stage.repo.git('rev-parse', 'main')).toBe(before);
});

test('a conflict asks with the files; the answer lets the agent merge, and both sides land', async () => {
  await stage.repo.write('list.txt', 'start\n');
  await stage.repo.commit('list');
  const merge = { merge: { resolve: { 'list.txt': 'start: one and two\n' } } };
  const acts = (word: string, ms: number) => ({
    1: [
      { sleep: ms },
      { write: { path: 'list.txt', text: `start: ${word}\n` } },
      { write: { path: `${word}.txt`, text: 'x\n' } },
    ],
    default: [merge],
  });
  await stage.script([[{ id: 'one', acts: acts('one', 0) }], [{ id: 'two', acts: acts('two', 600) }]]);
  const first = await stage.run();
  expect(first.outcome).toBe('blocked');
  const asking = first.view.tasks.find((task) => task.question !== undefined);
  expect(asking?.question?.files).toEqual(['list.txt']);
  const outcome = await goOn(first.run, { kind: 'answer', task: asking?.id ?? '', option: 1, text: '' });
  expect(outcome).toBe('complete');
  expect(await stage.repo.git('show', 'main:list.txt')).toBe('start: one and two');
  expect(await stage.repo.git('ls-tree', '--name-only', 'main')).toMatch(/one\.txt[\s\S]*two\.txt/);
});

test('a question ends the attempt, frees the slot, and its answer reaches the next attempt once', async () => {
  await stage.script([
    [
      {
        id: 'ask',
        acts: {
          1: [{ ask: { question: 'Tabs or spaces?', options: ['Tabs', 'Spaces'] } }],
          default: [{ 'expect-guidance': 'Spaces' }, { write: { path: 'a.txt', text: 'a\n' } }],
        },
      },
    ],
  ]);
  const first = await stage.run();
  expect(first.outcome).toBe('blocked');
  expect(stage.task(first.view, 'ask').question?.text).toContain('Tabs or spaces?');
  expect(await goOn(first.run, { kind: 'answer', task: 'ask', option: 2, text: '' })).toBe('complete');
});

test('a dirty checkout is left alone: the work lands beside it and says so', async () => {
  await stage.script([[{ id: 'api', acts: [{ write: { path: 'README.md', text: 'new\n' } }] }]]);
  await stage.repo.write('README.md', 'mine, uncommitted\n');
  const before = await stage.repo.git('rev-parse', 'main');
  const { outcome, view } = await stage.run();
  expect(outcome).toBe('complete');
  expect(await stage.repo.git('rev-parse', 'main')).toBe(before);
  expect(stage.task(view, 'api')).toMatchObject({ landedOn: 'weft/integration' });
  expect(await stage.repo.git('show', 'weft/integration:README.md')).toBe('new');
  expect(await stage.repo.git('status', '--porcelain')).toContain('README.md');
});

test('claims that meet are worked on one after another', async () => {
  const acts = (word: string) => [{ sleep: 200 }, { append: { path: 'src/shared.txt', text: `${word}\n` } }];
  await stage.script([
    [{ id: 'one', owns: ['src/**'], acts: acts('one') }],
    [{ id: 'two', owns: ['src/*.txt'], acts: acts('two') }],
  ]);
  const { outcome } = await stage.run();
  expect(outcome).toBe('complete');
  expect((await stage.repo.git('show', 'main:src/shared.txt')).split('\n').sort()).toEqual(['one', 'two']);
});

test('tasks that share a worktree land only what they own', async () => {
  await stage.script(
    [
      [{ id: 'api', owns: ['api/'], acts: [{ write: { path: 'api/a.txt', text: 'a\n' } }] }],
      [{ id: 'ui', owns: ['ui/'], acts: [{ write: { path: 'ui/u.txt', text: 'u\n' } }] }],
    ],
    { isolation: 'shared' },
  );
  const { outcome } = await stage.run();
  expect(outcome).toBe('complete');
  expect(await stage.repo.git('show', 'main:api/a.txt')).toBe('a');
  expect(await stage.repo.git('show', 'main:ui/u.txt')).toBe('u');
  expect((await stage.repo.git('worktree', 'list')).split('\n')).toHaveLength(1);
});

test.each([
  ['ask', 'blocked'],
  ['fail', 'failed'],
] as const)(
  'a file nobody owns in a shared worktree is held against one task, by policy %s',
  async (outside, end) => {
    await stage.script(
      [
        [
          {
            id: 'api',
            owns: ['api/'],
            acts: [
              { write: { path: 'api/a.txt', text: 'a\n' } },
              { write: { path: 'stray.txt', text: 's\n' } },
            ],
          },
          { id: 'ui', owns: ['ui/'], acts: [{ write: { path: 'ui/u.txt', text: 'u\n' } }] },
        ],
        [{ id: 'db', owns: ['db/'], dependsOn: [], acts: [{ write: { path: 'db/d.txt', text: 'd\n' } }] }],
      ],
      { isolation: 'shared', maxAgents: 1, outside, limits: { attempts: 1 } },
    );
    const { outcome, view } = await stage.run();
    expect(outcome).toBe(end);
    expect(stage.task(view, 'api').reason).toContain('stray.txt');
    expect(stage.task(view, 'db').phase).toBe('merged');
    expect(await stage.repo.git('ls-tree', '-r', '--name-only', 'main')).not.toContain('stray.txt');
  },
);

test('a merge by hand is adopted', async () => {
  await stage.script([[{ id: 'api', acts: [{ write: { path: 'a.txt', text: 'a\n' } }] }]], {
    integrate: 'human',
  });
  const first = await stage.run();
  const branch = stage.task(first.view, 'api').branch ?? '';
  await stage.repo.git('merge', '-q', '--no-edit', branch);
  const resumed = await stage.app.resume(first.run, {}, { stay: false });
  if (!resumed.ok) throw new Error(resumed.failure.sentence);
  expect(await resumed.value.outcome).toBe('complete');
});

test.each(['merge', 'rebase'] as const)('strategy %s lands a stack of two', async (strategy) => {
  await stage.script(
    [
      [
        { id: 'one', acts: [{ write: { path: 'one.txt', text: '1\n' } }, { commit: 'one' }] },
        { id: 'two', acts: [{ append: { path: 'one.txt', text: '2\n' } }, { commit: 'two' }] },
      ],
    ],
    { merge: { strategy } },
  );
  const { outcome } = await stage.run();
  expect(outcome).toBe('complete');
  expect(await stage.repo.git('show', 'main:one.txt')).toBe('1\n2');
});

test('an attempt that outlives its time fails, and the run says it was the time [F7]', async () => {
  await stage.script([[{ id: 'slow', acts: [{ hang: true }] }]], { budget: { minutes: 0.01 } });
  const { outcome, view } = await stage.run();
  expect(outcome).toBe('timeout');
  expect(stage.task(view, 'slow').reason).toContain('time-budget');
});

test('an agent of which nobody knows how it ended has to try again, whatever it had committed', async () => {
  const run = [
    'if [ "$WEFT_ATTEMPT" = 1 ]; then',
    '  echo one > steps.txt; git add -A; git commit -qm one; kill -9 $PPID; sleep 0.2; echo done > went-on.txt',
    'else printf "one\\ntwo\\n" > steps.txt; fi',
  ].join('\n');
  await stage.script([[{ id: 'lost', acts: [], frontmatter: { run } }]]);
  const { outcome, view } = await stage.run();
  expect(outcome).toBe('complete');
  expect(stage.task(view, 'lost').attempts).toBe(2);
  expect(await stage.repo.git('show', 'main:steps.txt')).toBe('one\ntwo');
  // without its shim it was not ended, but waited for
  expect(await stage.repo.git('show', 'main:went-on.txt')).toBe('done');
});

test('an agent that moves the target itself is found out', async () => {
  const run = 'echo x > ahead.txt; git add -A; git commit -qm ahead; git update-ref refs/heads/main HEAD';
  await stage.script([[{ id: 'ahead', acts: [], frontmatter: { run } }]]);
  const { outcome, view } = await stage.run();
  expect(outcome).toBe('blocked');
  expect(stage.task(view, 'ahead').question?.text).toContain('on main already');
});

test('a lock that a killed git left on a ref of ours is taken away while agents and their gits are at work [F24]', async () => {
  const lock =
    '$(git rev-parse --path-format=absolute --git-common-dir)/refs/weft/cand/$WEFT_RUN/barred.lock';
  const plant = `lock="${lock}"; mkdir -p "$(dirname "$lock")"; touch -d '1 minute ago' "$lock"; echo x >barred.txt`;
  // one git follows the other until what is barred has landed
  const busy = [
    'for turn in $(seq 300); do',
    '  if git cat-file -e main:barred.txt; then break; fi',
    '  sleep 0.3 | git hash-object --stdin >busy.txt & sleep 0.1',
    'done',
    'wait',
  ].join('\n');
  await stage.script([
    [{ id: 'barred', acts: [], frontmatter: { run: plant } }],
    [{ id: 'busy', acts: [], frontmatter: { run: busy } }],
  ]);
  const { outcome } = await stage.run();
  expect(outcome).toBe('complete');
  expect(await stage.repo.git('show', 'main:barred.txt')).toBe('x');
});
