// Work that does not merge: its agent gets both sides, and what others had landed may not be lost on the way.
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

test('of two lines in conflict its agent may take its own', async () => {
  const own = { write: { path: 'text.txt', text: `${LINES.replace('two', 'two of the second')}${MORE}` } };
  const acts = { '1': [changes, waits], '2': [{ run: 'git merge -q -s ours main -m mine' }, own] };
  const { outcome, view } = await begin(acts, { conflicts: 'agent' });
  expect([outcome, stage.task(view, 'second').attempts]).toEqual(['complete', 2]);
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
