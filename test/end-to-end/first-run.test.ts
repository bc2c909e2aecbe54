// The way of somebody new: init, doctor, dry run, run; and from where in a repository weft may be started.
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { compose } from '../../src/compose.ts';
import type { App, Check, Planned } from '../../src/surfaces/app.ts';
import { runTestGit } from '../../src/testing/temp-repo.ts';

let around: string;
let repo: string;
let path: string;
beforeEach(async () => {
  around = await realpath(await mkdtemp(join(tmpdir(), 'weft-first-')));
  repo = join(around, 'repo');
  path = join(around, 'bin');
  for (const folder of [repo, path]) await mkdir(folder);
  await git('init', '-q', '-b', 'main');
});
afterEach(() => rm(around, { recursive: true }));

function git(...args: readonly string[]): Promise<string> {
  return runTestGit(repo, ['-c', 'user.name=Uma', '-c', 'user.email=uma@example.org', ...args]);
}

async function write(name: string, text: string): Promise<void> {
  await mkdir(dirname(join(repo, name)), { recursive: true });
  await writeFile(join(repo, name), text);
}

async function commitAll(): Promise<void> {
  await git('add', '-A');
  await git('commit', '-q', '--allow-empty', '-m', 'all');
}

/** Without `PATH` it is the one of the test: an agent may be on it. */
async function open(folder = repo, env: Record<string, string> = {}): Promise<App> {
  const program = { node: process.execPath, entry: join(around, 'none') };
  const opened = await compose({
    env: { ...process.env, ...env },
    scriptAgent: program,
    sessionHost: { ...program, tools: program.entry },
  })(folder);
  if (!opened.ok) throw new Error(opened.failure.sentence);
  return opened.value;
}

function failures(checks: readonly Check[]): readonly string[] {
  return checks.filter(({ state }) => state === 'failed').map(({ name, sentence }) => `${name}: ${sentence}`);
}

async function planOf(app: App, file = 'tracks.yaml', flags = {}): Promise<Planned> {
  const planned = await app.plan([{ kind: 'file', path: file }], flags);
  if (!planned.ok) throw new Error(planned.failure.text);
  return planned.value;
}

async function refusalOf(app: App, file = 'tracks.yaml', flags = {}): Promise<string> {
  const planned = await app.plan([{ kind: 'file', path: file }], flags);
  return planned.ok ? 'planned' : planned.failure.text;
}

const ONE_TRACK = 'tracks: [{name: T, steps: [{task: a.md}]}]\n';

describe('weft init', () => {
  test('without an agent or a commit: what it writes runs as it is, once there is a commit', async () => {
    const app = await open();
    expect((await app.firstStep()).command).toBe('weft init');
    const made = await (await open(repo, { PATH: path })).init();
    expect(made).toMatchObject({
      ok: true,
      value: {
        written: ['.weft/config.yaml', 'tracks.yaml', 'tasks/project.md', 'tasks/history.md'],
        note: expect.stringContaining('stands in'),
      },
    });
    expect((await app.firstStep()).command).toBe('git add -A && git commit -m start');
    expect(failures(await app.check(null))).toEqual([expect.stringMatching(/^target: .*no commit yet/)]);

    await commitAll();
    expect((await app.firstStep()).command).toBe('weft run tracks.yaml');
    expect(failures(await app.check(null))).toEqual([]);
    const planned = await planOf(app, 'tracks.yaml', { integrate: 'auto' });
    expect(failures(await app.check(planned.policy))).toEqual([]);
    const led = await app.start(planned, { stay: false });
    expect(led.ok && (await led.value.outcome)).toBe('complete');
    expect(await git('ls-tree', '-r', '--name-only', 'main', 'notes')).toBe(
      'notes/history.md\nnotes/project.md',
    );
    expect(await git('status', '--porcelain')).toBe('');
  });

  test('the schemas that its files name are there, and git ignores them', async () => {
    await (await open(repo, { PATH: path })).init();
    for (const file of ['.weft/config.yaml', 'tracks.yaml']) {
      const text = await readFile(join(repo, file), 'utf8');
      const schema = /^# yaml-language-server: \$schema=(\S+)$/m.exec(text)?.[1] ?? 'none';
      const there = resolve(repo, dirname(file), schema);
      expect(JSON.parse(await readFile(there, 'utf8'))).toHaveProperty('properties');
      expect(await git('check-ignore', there)).toBe(there);
    }
  });

  test('an agent that is on PATH is taken', async () => {
    await symlink(process.execPath, join(path, 'codex'));
    const app = await open(repo, { PATH: path });
    expect(await app.init()).toMatchObject({ ok: true, value: { note: null } });
    await commitAll();
    expect((await planOf(app)).policy.agents).toEqual({ codex: { kind: 'codex' } });
  });

  test.each([
    ['a configuration', '.weft/config.yaml', 'maxAgents: 2\n', []],
    ['a plan', 'tracks.yaml', ONE_TRACK, ['.weft/config.yaml']],
    ['a task of that name', 'tasks/history.md', '# Mine\n', ['.weft/config.yaml']],
  ])('%s of the user’s own gets no sample tasks beside it', async (_, file, text, written) => {
    await write(file, text);
    expect(await (await open()).init()).toMatchObject({ ok: true, value: { written } });
    expect(existsSync(join(repo, 'tasks/project.md'))).toBe(false);
    expect(await readFile(join(repo, file), 'utf8')).toBe(text);
  });
});

describe('weft doctor', () => {
  async function check(config: string | null, expected: readonly (string | RegExp)[]): Promise<void> {
    if (config !== null) await write('.weft/config.yaml', config);
    await commitAll();
    const found = failures(await (await open()).check(null));
    expect(found).toEqual(expected.map((each) => expect.stringMatching(each)));
  }
  const MINE = 'agent: mine\nagents:\n  mine: { kind: command, run: sh -c true }\n';

  test('nothing configured is no mistake', () => check(null, []));
  test('a key', () =>
    check(`${MINE}maxagents: 2\n`, [/^configuration: \.weft\/config\.yaml:4:1: Unknown key "maxagents"/]));
  test('several mistakes', () => check('a: 1\nb: 2\n', [/:1:1: Unknown key/, /:2:1: Unknown key/]));
  test('what is no YAML', () => check('a: [\n', [/^configuration: \.weft\/config\.yaml:\d/]));
  test('an agent that is not installed', () =>
    check('agent: mine\nagents: { mine: { kind: claude, program: no-such-agent } }\n', [
      /^agent mine: `no-such-agent` is not on PATH/,
    ]));
  test('a program that is not on PATH', () =>
    check(MINE.replace('sh -c', 'no-such-agent'), [/^agent mine: `no-such-agent` is not on PATH/]));
  test('a target that is not there', () =>
    check(`${MINE}target: trunk\n`, [/^target: there is no branch trunk/]));
  test('worktrees below a file', () =>
    check(`${MINE}worktrees: { root: .git/HEAD/x }\n`, [/^worktrees: .*\.git\/HEAD is not a folder/]));
  test.runIf(existsSync('/proc/self'))('worktrees where nothing can be made', () =>
    check(`${MINE}worktrees: { root: /proc/x }\n`, [/^worktrees: .*nothing can be made in \/proc/]),
  );
});

describe('where weft is started', () => {
  beforeEach(async () => {
    await write('a.md', '# A\n');
    await write('tracks.yaml', ONE_TRACK);
    await write('sub/own.yaml', ONE_TRACK);
    await write('.weft/config.yaml', 'agent: mine\nagents: { mine: { kind: command, run: "true" } }\n');
    await commitAll();
  });

  test('in a folder below, paths are its own', async () => {
    const app = await open(join(repo, 'sub'));
    expect((await planOf(app, 'own.yaml')).policy.target).toBe('main');
    expect((await planOf(app, '../tracks.yaml')).plan.tasks).toHaveLength(1);
    expect((await planOf(app)).plan.tasks).toHaveLength(1);
    expect(await refusalOf(app, 'none.yaml')).toContain(`"${repo}/sub/none.yaml" and "${repo}/none.yaml"`);
  });

  test('in a linked worktree, its files, its configuration and its branch count', async () => {
    await git('worktree', 'add', '-q', '-b', 'side', '../linked');
    const linked = join(around, 'linked');
    await writeFile(join(linked, 'b.md'), '# Only here\n');
    await writeFile(join(linked, 'b.yaml'), ONE_TRACK.replace('a.md', 'b.md'));
    await writeFile(
      join(linked, '.weft/config.yaml'),
      'agent: mine\nagents: { mine: { kind: command, run: ls } }\n',
    );
    const app = await open(linked);
    const { plan, policy } = await planOf(app, 'b.yaml');
    expect(plan.tasks.map(({ id, title }) => [id, title])).toEqual([['b', 'Only here']]);
    expect([policy.target, policy.agents['mine']?.run]).toEqual(['side', 'ls']);
    await rm(join(linked, '.weft'), { recursive: true });
    expect((await planOf(app)).policy.agents['mine']?.run).toBe('true');
  });

  test('flags are laid over the configuration, and their mistakes are theirs', async () => {
    const app = await open();
    const flags = { gates: ['make test'], phasesPlan: 'true', phasesReview: 'mine', worktreesRoot: '../w' };
    const { policy } = await planOf(app, 'tracks.yaml', {
      ...flags,
      limitsAttempts: 3,
      outside: 'ask',
      maxPerTrack: 2,
    });
    expect(policy).toMatchObject({
      gates: { tier0: ['make test'], tier1: [] },
      phases: { plan: true, review: 'mine' },
      worktrees: { root: '../w', branch: 'weft/{run}/{task}/work' },
      limits: { attempts: 3, gateSlots: 2 },
      outside: 'ask',
      maxPerTrack: 2,
    });
    expect(await refusalOf(app, 'tracks.yaml', { worktreesRoot: '../{x}' })).toContain(
      '--worktrees-root must have',
    );
    expect(await refusalOf(app, 'tracks.yaml', { phasesReview: 'nobody' })).toContain(
      '"nobody" is not configured',
    );
  });

  test('without a branch, the target has to be said', async () => {
    await git('checkout', '-q', '--detach');
    const app = await open();
    expect(await refusalOf(app)).toMatch(/No branch is checked out here.*\n.*--target/);
    expect((await planOf(app, 'tracks.yaml', { target: 'main' })).policy.target).toBe('main');
    expect(failures(await app.check(null))).toEqual([expect.stringContaining('No branch is checked out')]);
  });

  test('where no worktree can be made, an attempt ends at once and is not tried again', async () => {
    const app = await open();
    const planned = await planOf(app);
    const policy = { ...planned.policy, worktrees: { ...planned.policy.worktrees, root: '.git/HEAD/x' } };
    const led = await app.start({ ...planned, policy }, { stay: false });
    expect(led.ok && (await led.value.outcome)).toBe('failed');
    const view = led.ok ? await app.view(led.value.run) : led;
    expect(view).toMatchObject({ ok: true, value: { tasks: [{ phase: 'failed', attempts: 1 }] } });
    expect(JSON.stringify(view)).toContain('No worktree can be made at');
  });
});
