// Work that does not merge: its agent gets both sides, and what others had landed may not be lost on the way.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStage, type Stage, type TestTask } from './rig.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(async () => {
  await stage.remove();
});

const LINES = 'one\ntwo\nthree\n4\n5\n6\n';
/** What the first changes beside that, in nobody's way. */
const MORE = 'seven of the first\n';

/** Two change the same line; the second waits for the first to have landed before it ends. */
function tracks(second: TestTask['acts']): TestTask[][] {
  const first = `${LINES.replace('two', 'two of the first')}${MORE}`;
  return [
    [{ id: 'first', acts: [{ write: { path: 'text.txt', text: first } }] }],
    [{ id: 'second', acts: second }],
  ];
}

const waits = { run: 'until git show main:text.txt | grep -q first; do sleep 0.05; done' };
const changes = { write: { path: 'text.txt', text: LINES.replace('two', 'two of the second') } };
const both = {
  write: { path: 'text.txt', text: `${LINES.replace('two', 'two of the first\ntwo of the second')}${MORE}` },
};

async function begin(acts: TestTask['acts'], merge: object): Promise<Awaited<ReturnType<Stage['run']>>> {
  await stage.repo.write('text.txt', LINES);
  await stage.script(tracks(acts), { merge });
  return stage.run();
}

const textOnMain = (): Promise<string> => stage.repo.git('show', 'main:text.txt');

test('its agent merges both sides, by policy without a question', async () => {
  const acts = { '1': [changes, waits], '2': [{ run: 'git merge -q -s ours main -m both' }, both] };
  const { outcome, view } = await begin(acts, { conflicts: 'agent' });
  expect(outcome).toBe('complete');
  expect(stage.task(view, 'second').attempts).toBe(2);
  expect(await textOnMain()).toContain('two of the first\ntwo of the second');
});

test('lines of others that are gone after it merged are asked back, and then a human decides', async () => {
  const lose = [{ run: 'git merge -q -s ours main -m mine' }];
  const acts = { '1': [changes, waits], '2': lose, '3': [{ write: { path: 'more.txt', text: 'x\n' } }] };
  const { run, outcome, view } = await begin(acts, { conflicts: 'agent' });
  expect(outcome).toBe('blocked');
  const { question, attempts } = stage.task(view, 'second');
  expect(attempts).toBe(3);
  expect(question).toMatchObject({
    cause: 'work-vanished',
    text: expect.stringContaining('text.txt: is gone: seven of the first'),
  });
  expect(await textOnMain()).toContain('two of the first');
  const said = await stage.app.command(run, { kind: 'answer', task: 'second', option: 1, text: '' });
  expect(said.ok).toBe(true);
  const resumed = await stage.app.resume(run, {}, { stay: false });
  if (!resumed.ok) throw new Error(resumed.failure.sentence);
  expect(await resumed.value.outcome).toBe('complete');
});

test('its agent may merge the target as it is by then, whatever others changed there since', async () => {
  const begun = '"$(git rev-parse --git-common-dir)/begun"';
  const ofThird = 'seven of the third\n';
  const [first = [], second = []] = tracks({
    '1': [changes, waits],
    '2': [
      { run: `touch ${begun}; until git show main:text.txt | grep -q third; do sleep 0.05; done` },
      { run: 'git merge -q -s ours main -m both' },
      { write: { path: 'text.txt', text: both.write.text.replace(MORE, ofThird) } },
    ],
  });
  const text = `${LINES.replace('two', 'two of the first')}${ofThird}`;
  const third = {
    id: 'third',
    acts: [{ run: `until [ -e ${begun} ]; do sleep 0.05; done` }, { write: { path: 'text.txt', text } }],
  };
  await stage.repo.write('text.txt', LINES);
  await stage.script([[...first, third], second], { merge: { conflicts: 'agent' } });
  const { outcome, view } = await stage.run();
  expect([outcome, stage.task(view, 'second').attempts]).toEqual(['complete', 2]);
  expect(await textOnMain()).toContain(ofThird.trim());
});

const onlyOwn = { write: { path: 'text.txt', text: `${LINES.replace('two', 'two of the second')}${MORE}` } };
const onlyFirst = { run: 'git checkout -q main -- text.txt' };
const merges = { run: 'git merge -q -s ours main -m merged' };
const dropped: [string, TestTask['acts'], number, string][] = [
  [
    'the other side',
    { '1': [changes, waits], '2': [merges, onlyOwn], '3': [] },
    3,
    'is gone: two of the first',
  ],
  [
    'its own',
    {
      '1': [changes, waits],
      '2': [merges, onlyFirst, { write: { path: 'more.txt', text: 'x\n' } }],
      '3': [],
    },
    3,
    'is gone (its own): two of the second',
  ],
  [
    'the other side of its own accord, before anybody refused its work',
    { '1': [changes, { run: 'git add -A && git commit -qm mine' }, waits, merges, onlyOwn], '2': [] },
    2,
    'is gone: two of the first',
  ],
];
const commits = { run: 'git add -A && git commit -qm mine' };
const loses = 'text.txt: is gone: two of the first';
const unseen: [string, { readonly run: string }[], string][] = [
  [
    'a stash with its marks',
    [{ run: 'git stash -q; git merge -q --ff-only main; git stash pop || true' }],
    'a mark',
  ],
  [
    'a stash, taking its own',
    [
      {
        run: 'git stash -q; git merge -q --ff-only main; git stash pop || git checkout -q --theirs text.txt; git stash drop -q',
      },
    ],
    loses,
  ],
  ['a soft reset', [{ run: 'git add -A; git reset -q --soft main; git commit -qm mine' }], loses],
  [
    'another branch',
    [
      commits,
      {
        run: 'git checkout -qb feature; git merge -q -s ours main -m x; git checkout -q -; git merge -q --ff-only feature',
      },
    ],
    loses,
  ],
  [
    'a branch without a log',
    [
      commits,
      {
        run: 'rm -f "$(git rev-parse --git-common-dir)/logs/$(git symbolic-ref HEAD)"; git merge -q -s ours main -m x',
      },
    ],
    loses,
  ],
  ['a rebase', [commits, { run: 'git rebase -q -X theirs main' }], loses],
];
test.each(unseen)('who loses landed lines by %s is asked', async (_name, how, text) => {
  const { outcome, view } = await begin({ '1': [changes, waits, ...how], '2': [] }, { conflicts: 'agent' });
  expect(outcome).toBe('blocked');
  const { question } = stage.task(view, 'second');
  expect(question).toMatchObject({ cause: 'work-vanished', text: expect.stringContaining(text) });
});

test.each(dropped)(
  'who resolves a conflict and leaves out %s is asked, and then a human',
  async (_name, acts, attempts, text) => {
    const { run, outcome, view } = await begin(acts, { conflicts: 'agent' });
    expect([outcome, stage.task(view, 'second').attempts]).toEqual(['blocked', attempts]);
    const { question } = stage.task(view, 'second');
    expect(question).toMatchObject({
      cause: 'work-vanished',
      text: expect.stringContaining(`text.txt: ${text}`),
    });
    const said = await stage.app.command(run, { kind: 'answer', task: 'second', option: 1, text: '' });
    expect(said.ok).toBe(true);
    const resumed = await stage.app.resume(run, {}, { stay: false });
    if (!resumed.ok) throw new Error(resumed.failure.sentence);
    expect(await resumed.value.outcome).toBe('complete');
  },
);

test("a person who merges by hand chooses, and loses nothing that was in nobody's way", async () => {
  const { run, outcome, view } = await begin([changes, waits], { conflicts: 'ask' });
  expect(outcome).toBe('blocked');
  const worktree = stage.task(view, 'second').worktree ?? '';
  await stage.repo.git('-C', worktree, 'merge', '-q', '-s', 'ours', 'main', '-m', 'by hand');
  const handIn = async (text: string): Promise<string | undefined> => {
    await writeFile(join(worktree, 'text.txt'), text);
    const said = await stage.app.command(run, { kind: 'done', task: 'second' });
    expect(said.ok).toBe(true);
    const resumed = await stage.app.resume(run, {}, { stay: false });
    if (!resumed.ok) throw new Error(resumed.failure.sentence);
    await resumed.value.outcome;
    const now = await stage.app.view(run);
    return now.ok ? stage.task(now.value, 'second').question?.text : now.failure.sentence;
  };
  expect(await handIn(LINES.replace('two', 'two of the second'))).toContain('seven of the first');
  expect(await handIn(`${LINES.replace('two', 'two of the second')}${MORE}`)).toBeUndefined();
  expect(await textOnMain()).toContain('two of the second');
});

test('a merge driver that keeps both sides spares the question', async () => {
  const driver = 'git merge-file --union %A %O %B';
  const { outcome, view } = await begin([changes, waits], { driver });
  expect(outcome).toBe('complete');
  expect(stage.task(view, 'second').attempts).toBe(1);
  expect(await textOnMain()).toContain('two of the first\ntwo of the second');
});

test('one that loses a side does not: a human is asked, and told what would be lost', async () => {
  const { outcome, view } = await begin([changes, waits], { driver: 'cp %B %A' });
  expect(outcome).toBe('blocked');
  const asked = stage.task(view, 'second').question;
  expect(asked).toMatchObject({ cause: 'conflict', files: ['text.txt'] });
  expect(asked?.text).toContain('- text.txt: is gone: two of the first');
  expect(asked?.text).toContain('first (Task first) has landed there and changed text.txt.');
});
