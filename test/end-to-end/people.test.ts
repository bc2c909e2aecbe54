// What people do beside a run: to its worktrees, to the target and to the configuration.
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStage, type Stage, type TestTask } from './rig.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.remove());

/** A task whose agent is a shell script; people act in it by their own names. */
function scripted(id: string, run: string): TestTask {
  return { id, acts: [], frontmatter: { run } };
}

async function resume(run: string): Promise<string> {
  const resumed = await stage.app.resume(run, {}, { stay: false });
  if (!resumed.ok) throw new Error(resumed.failure.sentence);
  return resumed.value.outcome;
}

test('a worktree deleted under its agent is made again from the branch; what was committed lands [F22]', async () => {
  const run = 'echo kept >kept.txt; git add -A; git commit -qm kept; echo lost >lost.txt; rm -rf "$PWD"';
  await stage.script([[scripted('a', run)]]);
  const { outcome, view } = await stage.run();
  expect(outcome).toBe('complete');
  expect(stage.task(view, 'a').attempts).toBe(1);
  expect(await stage.repo.git('show', 'main:kept.txt')).toBe('kept');
  expect(await stage.repo.git('ls-tree', '--name-only', 'main')).not.toContain('lost.txt');
});

test('a worktree deleted between two attempts is there again for the second one [F22]', async () => {
  const run =
    'echo "$WEFT_ATTEMPT" >>tries.txt; git add -A; git commit -qm try; [ "$WEFT_ATTEMPT" = 2 ] || exit 3';
  await stage.script([[scripted('a', run)]], { limits: { attempts: 1 } });
  const first = await stage.run();
  expect(first.outcome).toBe('failed');
  await rm(stage.task(first.view, 'a').worktree ?? '', { recursive: true });
  const said = await stage.app.command(first.run, { kind: 'restart', task: 'a' });
  if (!said.ok) throw new Error(said.failure.sentence);
  const outcome = await resume(first.run);
  expect(outcome).toBe('complete');
});

test('what a person edits and commits in a worktree stays theirs, is checked and lands [F23]', async () => {
  const person = 'git -c user.name=Pat -c user.email=pat@example.org commit -qm "by hand"';
  const run = `echo agent >agent.txt; echo pat >pat.txt; git add pat.txt; ${person}; echo later >later.txt`;
  await stage.script([[scripted('a', run)]], { merge: { strategy: 'rebase' } });
  expect((await stage.run()).outcome).toBe('complete');
  expect(await stage.repo.git('ls-tree', '--name-only', 'main')).toMatch(
    /agent\.txt[\s\S]*later\.txt[\s\S]*pat\.txt/,
  );
  expect(await stage.repo.git('log', '--format=%an %s', 'main')).toContain('Pat by hand');
});

test.each([
  ['set back', 'git reset -q --hard HEAD~2', ['--all', '--reflog']],
  ['deleted', 'git update-ref -d "$(git symbolic-ref HEAD)"', ['--all']],
])(
  'a branch that was %s lands nothing and is asked about; its commits can be found [F25]',
  async (_, deed, from) => {
    const { repo } = stage;
    const file = join(repo.around, 'commit');
    const work = `echo a >a.txt; git add -A; git commit -qm work; git rev-parse HEAD >'${file}'`;
    await stage.script([[scripted('a', `[ "$WEFT_ATTEMPT" != 1 ] || { ${work}; ${deed}; }`)]]);
    const before = await repo.git('rev-parse', 'main');
    const { outcome, view } = await stage.run();
    expect(outcome).toBe('blocked');
    expect(stage.task(view, 'a').question).toMatchObject({ cause: 'worktree-odd' });
    expect(await repo.git('rev-parse', 'main')).toBe(before);
    expect(await repo.git('rev-list', ...from)).toContain(readFileSync(file, 'utf8').trim());
  },
);

/** A gate that, the first time it runs, puts a commit with one more file on top of another, and the branch of the task there. */
function meddle(onto: string, then = 'git update-ref $b $c'): string {
  const { path, around } = stage.repo;
  const commit = [
    `export GIT_INDEX_FILE='${around}/index' GIT_COMMITTER_NAME=Pat GIT_COMMITTER_EMAIL=p@x GIT_AUTHOR_NAME=Pat GIT_AUTHOR_EMAIL=p@x`,
    `git read-tree ${onto}`,
    'blob=$(echo theirs | git hash-object -w --stdin)',
    'git update-index --add --cacheinfo 100644,$blob,theirs.txt',
    `c=$(git commit-tree -p ${onto} -m theirs $(git write-tree))`,
  ].join('; ');
  const deed = `cd '${path}'; b=$(git for-each-ref --format='%(refname)' refs/heads/weft); ${commit}; ${then}`;
  return `echo ran >>'${around}/gates'; [ -e '${around}/meddled' ] || { : >'${around}/meddled'; ( ${deed} ); }`;
}

async function runMeddled(gate: string): ReturnType<Stage['run']> {
  const work = 'echo a >a.txt; git add -A; git commit -qm work';
  await stage.script([[scripted('a', work)]], { target: 'trunk', gates: { tier0: [gate] } });
  await stage.repo.git('branch', 'trunk');
  return stage.run();
}

async function answer(run: string, option: number, task = 'a'): Promise<string> {
  const said = await stage.app.command(run, { kind: 'answer', task, option, text: '' });
  if (!said.ok) throw new Error(said.failure.sentence);
  return resume(run);
}

function filesOf(commit: string): Promise<string> {
  return stage.repo.git('ls-tree', '-r', '--name-only', commit);
}

/** Names of the files that commits under rescue refs are about. */
function rescued(): Promise<string> {
  return stage.repo.git('log', '--format=', '--name-only', '--glob=refs/weft/rescue');
}

test('what somebody adds to verified work is looked at and verified before it lands, without a question [F25]', async () => {
  const { outcome, view } = await runMeddled(meddle('$b'));
  expect(outcome).toBe('complete');
  expect(stage.task(view, 'a').attempts).toBe(1);
  expect(await filesOf('trunk')).toMatch(/^a\.txt$[\s\S]*^theirs\.txt$/m);
  expect(readFileSync(join(stage.repo.around, 'gates'), 'utf8')).toBe('ran\nran\n');
});

test.each([
  ['as it is now', 1, /^theirs\.txt$/m, /^a\.txt$/m],
  ['as it was verified', 2, /^a\.txt$/m, /^theirs\.txt$/m],
])(
  'a branch moved away after it was verified is asked about, and lands %s [F25]',
  async (_, option, landed, kept) => {
    const { run, outcome, view } = await runMeddled(meddle('trunk'));
    expect(outcome).toBe('blocked');
    expect(stage.task(view, 'a').question).toMatchObject({ cause: 'branch-moved' });
    expect(await filesOf('trunk')).not.toMatch(/^(a|theirs)\.txt$/m);
    expect(await rescued()).toMatch(/^a\.txt$/m);
    expect(await answer(run, option)).toBe('complete');
    expect(await filesOf('trunk')).toMatch(landed);
    expect(await filesOf('trunk')).not.toMatch(kept);
    expect(await rescued()).toMatch(kept);
  },
);

test('a branch deleted after it was verified is asked about; what was verified can land [F25]', async () => {
  const { run, outcome, view } = await runMeddled(meddle('trunk', 'git update-ref -d $b'));
  expect(outcome).toBe('blocked');
  expect(stage.task(view, 'a').question).toMatchObject({
    cause: 'branch-moved',
    text: expect.stringContaining('was deleted'),
  });
  expect(await answer(run, 1)).toBe('complete');
  expect(await filesOf('trunk')).toMatch(/^a\.txt$/m);
});

test('what stands on work that landed beside the target waits until the target has that', async () => {
  const { repo } = stage;
  await repo.write('notes.txt', 'one\n');
  // while b is verified, the person whose checkout was in the way commits what lay there
  const commit = `git -C '${repo.path}' -c user.name=Pat -c user.email=p@x commit -qam notes`;
  const b = { ...scripted('b', 'echo b >b.txt'), dependsOn: ['a'] };
  await stage.script([[scripted('a', 'echo a >a.txt')], [b]], {
    gates: { tier0: [`[ ! -e b.txt ] || [ -z "$(git -C '${repo.path}' diff)" ] || ${commit}`] },
  });
  await repo.write('notes.txt', 'two\n');
  const { run, outcome, view } = await stage.run();
  expect(outcome).toBe('blocked');
  expect(view.aside).toEqual({ ref: 'weft/integration', tasks: ['a'] });
  expect(stage.task(view, 'b')).toMatchObject({
    phase: 'queued',
    reason:
      'is in the queue until main contains a, which landed on weft/integration: `git merge weft/integration` in a clean checkout of main',
  });
  expect(await filesOf('main')).not.toMatch(/^[ab]\.txt$/m);
  await repo.git('merge', '-q', '--no-edit', 'weft/integration');
  expect(await resume(run)).toBe('complete');
  expect(await filesOf('main')).toMatch(/^a\.txt$[\s\S]*^b\.txt$/m);
});

test('a target rewritten while gates run is asked about; taken as it is, the work is built and verified on it [F27]', async () => {
  const { repo } = stage;
  await repo.write('base.txt', 'old history\n');
  await repo.commit('old history');
  const other = await repo.git('commit-tree', '-m', 'new history', 'main^{tree}');
  // the first time the gate runs, somebody forces another history onto the target
  const force = `git -C '${repo.path}' update-ref refs/heads/trunk ${other}`;
  const gate = `[ -e '${repo.around}/forced' ] || { : >'${repo.around}/forced'; ${force}; }; echo gate >>'${repo.around}/gates'`;
  await stage.script([[scripted('a', 'echo a >a.txt')]], { target: 'trunk', gates: { tier0: [gate] } });
  await repo.git('branch', 'trunk');
  const { run, outcome, view } = await stage.run();
  expect(outcome).toBe('blocked');
  expect(stage.task(view, 'a').question).toMatchObject({
    cause: 'target-rewritten',
    text: expect.stringMatching(/^Somebody has rewritten trunk: it is at \w{12}, /),
  });
  expect(await repo.git('rev-parse', 'trunk')).toBe(other);
  expect(await answer(run, 1)).toBe('complete');
  expect(await repo.git('show', 'trunk:a.txt')).toBe('a');
  expect(await repo.git('log', '--format=%s', 'trunk')).toMatch(/^.*\nnew history$/);
  expect((await repo.git('show', 'trunk:base.txt')).trim()).toBe('old history');
});

test.each([
  ['put back, everything is there in the end', true, 'a.txt b.txt'],
  ['left as it is, what comes lands without it', false, 'b.txt'],
])('what landed is taken off the target while more is to land: %s [F27]', async (_, isPutBack, files) => {
  const { repo } = stage;
  // while b is verified, somebody takes away what landed by then
  const drop = `[ ! -e b.txt ] || [ -e '${repo.around}/dropped' ] || { git update-ref refs/weft-test/kept trunk; git update-ref refs/heads/trunk trunk~1; : >'${repo.around}/dropped'; }`;
  const b = { ...scripted('b', 'echo b >b.txt'), dependsOn: ['a'] };
  await stage.script([[scripted('a', 'echo a >a.txt')], [b]], { target: 'trunk', gates: { tier0: [drop] } });
  await repo.git('branch', 'trunk');
  const { run, outcome, view } = await stage.run();
  expect(outcome).toBe('blocked');
  expect(stage.task(view, 'b').question?.text).toMatch(/ any more\. Gone from it: a\. Nothing lands until /);
  if (isPutBack) await repo.git('update-ref', 'refs/heads/trunk', 'refs/weft-test/kept');
  expect(await answer(run, 1, 'b')).toBe('complete');
  const landed = (await filesOf('trunk')).split('\n').filter((name) => /^[ab]\.txt$/.test(name));
  expect(landed.join(' ')).toBe(files);
});

test('a configuration that is spoilt while a run rests is nothing to the run [F38]', async () => {
  await stage.script([[scripted('a', 'echo a >a.txt')]], {
    target: 'trunk',
    integrate: 'human',
    gates: { tier0: ['true'] },
  });
  await stage.repo.git('branch', 'trunk');
  const { run } = await stage.run();
  await stage.repo.write('.weft/config.yaml', 'gates: { tier0: [ "exit 1" ] }\nintegrate: [never\n');
  const planned = await stage.app.plan([{ kind: 'file', path: 'tracks.yaml' }], {});
  expect(planned.ok ? '' : planned.failure.text).toMatch(/config\.yaml:\d+:\d+/);
  const said = await stage.app.command(run, { kind: 'approve', task: 'a' });
  if (!said.ok) throw new Error(said.failure.sentence);
  expect(await resume(run)).toBe('complete');
  expect(await stage.repo.git('show', 'trunk:a.txt')).toBe('a');
});
