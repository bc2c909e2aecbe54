// Each preset on the real command: where its tasks work and on which branch, over a crash and a second run, and what is
// left of it. And what stands in the way of a worktree whose place is the same in every run.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { slugId } from '../../src/core/plan/slug.ts';
import { createTempRepo, type TempRepo } from '../../src/testing/temp-repo.ts';
import { type Ended, journalSays, type Running, startWeft, weft } from './cli.ts';

/** Plans, works and reviews; works no further than to where it is let go on, once for each line in the pipe. */
const AGENT = `#!/bin/sh
set -e
echo "$WEFT_ROLE $WEFT_TASK $PWD $(git branch --show-current)" >> "$LEDGER"
case $WEFT_ROLE in
  plan)
    echo '{"milestones":[{"goal":"it is done","done_checks":["look"],"risk_level":"low"}]}' > "$WEFT_RESULT_FILE" ;;
  implement)
    if [ -p "$PIPE" ]; then read -r _ < "$PIPE"; fi
    echo "$WEFT_RUN" > "$WEFT_TASK.txt"
    [ -z "$FAIL" ] ;;
  review) echo '{"status":"approve"}' > "$WEFT_RESULT_FILE" ;;
esac
`;

let repo: TempRepo;
beforeEach(async () => {
  repo = await createTempRepo({ name: 'shop' });
});
afterEach(() => repo.remove());

const pipe = (): string => join(repo.around, 'aside', 'pipe');
const ledger = (): string => join(repo.around, 'aside', 'ledger');

/** Sets the repository up with a preset (null: none) and one task; `more` goes over the configuration. */
async function settle(preset: string | null, id: string, more: object = {}): Promise<void> {
  await mkdir(join(repo.around, 'aside'));
  await writeFile(join(repo.around, 'aside', 'agent.sh'), AGENT);
  const words = preset === null ? [] : ['--preset', preset];
  expect(await weft(repo.path, 'init', ...words)).toMatchObject({ code: 0 });
  const file = join(repo.path, '.weft', 'config.yaml');
  const config = parse(await readFile(file, 'utf8')) as Record<string, unknown>;
  const run = `PIPE='${pipe()}' LEDGER='${ledger()}' sh ../aside/agent.sh`.replace('../', `${repo.around}/`);
  const agents = { sh: { kind: 'command', run, env: ['FAIL'] } };
  const own = { agent: 'sh', agents, integrate: 'auto', pullRequests: false, gates: { tier0: ['true'] } };
  await writeFile(file, stringify({ ...config, ...own, ...more }));
  await repo.write(`tasks/${id}.md`, `# ${id}\n\nDo it.\n`);
  await repo.write(
    'tracks.yaml',
    stringify({ tracks: [{ name: 't', steps: [{ task: `tasks/${id}.md`, id }] }] }),
  );
  await repo.commit('plan');
}

/** What is there beside what a test put there itself. */
async function leftovers(): Promise<unknown> {
  return {
    around: readdirSync(repo.around).filter((name) => name !== 'aside' && name !== 'shop'),
    worktrees: (await repo.git('worktree', 'list')).split('\n').length - 1,
    branches: await repo.git('branch', '--format=%(refname:short)'),
    status: await repo.git('status', '--porcelain'),
  };
}

const NOTHING = { around: [], worktrees: 0, branches: 'main', status: '' };

async function worktrees(): Promise<readonly string[]> {
  const listed = await repo.git('worktree', 'list', '--porcelain');
  return [...listed.matchAll(/^worktree (.*)\nHEAD .*\nbranch refs\/heads\/(.*)$/gm)].map(
    ([, path, branch]) => `${path} ${branch}`,
  );
}

/** Runs until an agent works on the task itself. */
async function begin(): Promise<{ readonly running: Running; readonly run: string }> {
  const running = startWeft(repo.path, ['run', 'tracks.yaml']);
  const run = await journalSays(repo.path, '"role":"implement"', running);
  await journalSays(repo.path, '"type":"attempt.started"', running);
  return { running, run };
}

/** Waits until an agent reads from the pipe, and lets it go on. */
const letGo = (): Promise<void> => writeFile(pipe(), 'go\n');

const PRESETS: readonly {
  readonly preset: string;
  readonly id: string;
  readonly place: string;
  readonly branch: string;
}[] = [
  {
    preset: 'tracks',
    id: 'api_auth',
    place: 'shop/.runr-worktrees/RUN/api_auth',
    branch: 'runr/RUN/api_auth',
  },
  { preset: 'beads', id: 'ghtml-a1b2.1', place: 'worktrees/ghtml-a1b2.1', branch: 'agent/ghtml-a1b2.1' },
  { preset: 'issues', id: '123', place: 'shop-issue-123', branch: 'issue-123' },
  { preset: 'streams', id: 'Stream-A', place: 'shop/.claude/worktrees/Stream-A', branch: 'stream/Stream-A' },
];

describe.each(PRESETS)('the preset $preset', ({ preset, id, place, branch }) => {
  test('works where its document says, goes on there after a crash, comes back there, and leaves nothing', async () => {
    await settle(preset, id);
    execFileSync('mkfifo', [pipe()]);
    const { running, run } = await begin();
    const filled = (text: string): string => text.replace('RUN', run);
    const wanted = `${join(repo.around, filled(place))} ${filled(branch)}`;
    await expect.poll(worktrees).toContain(wanted);
    expect(await repo.git('status', '--porcelain')).toBe('');
    running.child.kill('SIGKILL');
    await running.ended;

    const resumed = startWeft(repo.path, ['resume', run]);
    await letGo();
    const ended = await resumed.ended;
    expect(ended, ended.err).toMatchObject({ code: 0 });
    expect(await repo.git('show', `main:${id}.txt`)).toBe(run);
    expect(await leftovers()).toEqual(NOTHING);
    const worked = (await readFile(ledger(), 'utf8'))
      .split('\n')
      .filter((line) => line.startsWith('implement'));
    expect(worked).toEqual([`implement ${id} ${wanted}`]);

    const again = startWeft(repo.path, ['run', 'tracks.yaml']);
    await letGo();
    const second = await again.ended;
    expect(second, second.err).toMatchObject({ code: 0 });
    const latest =
      readdirSync(join(repo.path, '.weft', 'runs'))
        .sort()
        .at(-1) ?? '';
    expect(latest).not.toBe(run);
    expect(await repo.git('show', `main:${id}.txt`)).toBe(latest);
    expect(await leftovers()).toEqual(NOTHING);
    const lines = (await readFile(ledger(), 'utf8'))
      .split('\n')
      .filter((line) => line.startsWith('implement'));
    const there = `${join(repo.around, place)} ${branch}`.replaceAll('RUN', latest);
    expect(lines).toEqual([`implement ${id} ${wanted}`, `implement ${id} ${there}`]);
    expect((await weft(repo.path, 'doctor', '--verify', run)).code).toBe(0);
  });
});

const FIXED = { worktrees: { path: '../worktrees/{id}', branch: 'agent/{id}' } };
const PLACE = 'worktrees/a.1';

/** Runs to the end with agents that fail, or do not. */
async function runToEnd(env: Record<string, string> = {}): Promise<Ended> {
  return startWeft(repo.path, ['run', 'tracks.yaml'], env).ended;
}

describe('at a place that is the same in every run', () => {
  test('failed work of an earlier run makes room for a new one, and is kept', async () => {
    await settle(null, 'a.1', { ...FIXED, limits: { attempts: 1 } });
    expect(await runToEnd({ FAIL: '1' })).toMatchObject({ code: 1 });
    const first = readdirSync(join(repo.path, '.weft', 'runs'))[0] ?? '';
    expect(await worktrees()).toContain(`${join(repo.around, PLACE)} agent/a.1`);
    expect(await runToEnd()).toMatchObject({ code: 0 });
    const kept = await repo.git('for-each-ref', '--format=%(refname)', `refs/weft/rescue/${first}`);
    expect(await repo.git('show', `${kept}:a.1.txt`)).toBe(first);
    expect(await leftovers()).toEqual(NOTHING);
    // the first run has nothing there any more, and takes nothing away when it is asked to begin anew
    const restarted = await weft(repo.path, 'restart', 'a.1', '--run', first);
    expect(restarted.code, restarted.err).toBe(0);
    expect((await weft(repo.path, 'resume', first)).code).toBe(0);
    expect(await leftovers()).toEqual(NOTHING);
  });

  test('work of an earlier run that is not over stays, whatever is asked of the new one', async () => {
    await settle(null, 'a.1', FIXED);
    // other sources are another run
    await repo.write('more.yaml', await readFile(join(repo.path, 'tracks.yaml'), 'utf8'));
    await repo.commit('more');
    execFileSync('mkfifo', [pipe()]);
    const { running, run } = await begin();
    running.child.kill('SIGKILL');
    await running.ended;
    const other = await weft(repo.path, 'run', 'more.yaml');
    expect(other.code).toBe(1);
    expect(`${other.out}${other.err}`).toContain(`is the worktree of a.1 of run ${run}: its task is working`);
    const [, second = ''] = readdirSync(join(repo.path, '.weft', 'runs')).sort();
    for (const verb of ['restart', 'cancel']) {
      await weft(repo.path, verb, 'a.1', '--run', second);
      await weft(repo.path, 'resume', second);
      expect(await worktrees()).toContain(`${join(repo.around, PLACE)} agent/a.1`);
    }
    const resumed = startWeft(repo.path, ['resume', run]);
    await letGo();
    expect(await resumed.ended).toMatchObject({ code: 0 });
    expect(await repo.git('show', 'main:a.1.txt')).toBe(run);
    expect(await leftovers()).toEqual(NOTHING);
  });

  test.each<[string, RegExp, () => Promise<unknown>]>([
    ['a folder', /exists and is not a worktree/, () => writeDeep(PLACE, 'mine.txt')],
    ['a file', /exists and is not a worktree/, () => writeDeep('worktrees', 'a.1')],
    ['a link that leads nowhere', /exists and is not a worktree/, () => linkTo('/nowhere/at/all')],
    [
      'a link into the repository',
      /is among files of the repository/,
      () => linkTo(join(repo.path, 'src', 'x')),
    ],
    ['a link into git', /belongs to git/, () => linkTo(join(repo.path, '.git', 'x'))],
    [
      'a worktree of a person',
      /weft did not make/,
      () => repo.git('worktree', 'add', '-q', '--detach', `../${PLACE}`),
    ],
    [
      'a branch of a person',
      /agent\/a\.1 is there already, with commits that are not of this task/,
      branchOff,
    ],
  ])('%s of somebody else stays as it is', async (_what, said, put) => {
    await repo.write('src/a.ts', 'a\n');
    await settle(null, 'a.1', FIXED);
    await put();
    const before = await picture();
    const ended = await runToEnd();
    expect(ended.code).toBe(1);
    expect(`${ended.out}${ended.err}`.replace(/\s+/g, ' ')).toMatch(said);
    expect(await picture()).toEqual(before);
    const [run = ''] = readdirSync(join(repo.path, '.weft', 'runs'));
    await weft(repo.path, 'cancel', 'a.1');
    await weft(repo.path, 'resume', run);
    expect(await picture()).toEqual(before);
  });

  test('an empty branch of the name is taken, and begins where all others do', async () => {
    await settle(null, 'a.1', FIXED);
    await repo.git('branch', 'agent/a.1', 'main~1');
    expect(await runToEnd()).toMatchObject({ code: 0 });
    expect(await leftovers()).toEqual(NOTHING);
  });
});

async function writeDeep(folder: string, name: string): Promise<void> {
  await mkdir(join(repo.around, folder), { recursive: true });
  await writeFile(join(repo.around, folder, name), 'mine\n');
}

async function linkTo(target: string): Promise<void> {
  await mkdir(join(repo.around, 'worktrees'));
  if (basename(target) === 'x') await mkdir(target);
  await symlink(target, join(repo.around, PLACE));
}

async function branchOff(): Promise<void> {
  const commit = await repo.git('commit-tree', '-p', 'main', '-m', 'mine', 'main^{tree}');
  await repo.git('branch', 'agent/a.1', commit);
}

/** All that a person may have put where a worktree is to be. */
async function picture(): Promise<unknown> {
  const folder = join(repo.around, 'worktrees');
  return {
    names: existsSync(folder) ? readdirSync(folder, { recursive: true }).sort() : null,
    refs: await repo.git('for-each-ref', 'refs/heads', '--format=%(refname) %(objectname)'),
    worktrees: await repo.git('worktree', 'list'),
    status: await repo.git('status', '--porcelain'),
  };
}

describe('inside of the repository', () => {
  test('a new folder of worktrees is kept from git, and one among its files is refused', async () => {
    await settle(null, 'a.1', { worktrees: { path: 'work/{run}/{id}', branch: 'w/{run}/{id}' } });
    execFileSync('mkfifo', [pipe()]);
    const { running, run } = await begin();
    expect(await worktrees()).toContain(`${join(repo.path, 'work', run, 'a.1')} w/${run}/a.1`);
    expect(await repo.git('status', '--porcelain')).toBe('');
    await letGo();
    expect(await running.ended).toMatchObject({ code: 0 });
    expect(await leftovers()).toEqual(NOTHING);
    expect(readdirSync(join(repo.path, 'work'))).toEqual(['.gitignore']);
  });

  test('a place among files of the repository is refused', async () => {
    await settle(null, 'a.1', { worktrees: { path: 'tasks/{task}', branch: 'w/{id}' } });
    const ended = await runToEnd();
    expect(ended.code).toBe(1);
    expect(`${ended.out}${ended.err}`.replace(/\s+/g, ' ')).toContain(
      `No worktree can be made at ${join(repo.path, 'tasks', slugId('a.1'))}: it is among files of the repository.`,
    );
    expect(await repo.git('status', '--porcelain')).toBe('');
  });
});
