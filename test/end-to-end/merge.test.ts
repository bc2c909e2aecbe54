// `weft merge` on the command line, against a stand-in for GitHub with real git: every row of its table, and what goes wrong.
import { describe, expect, it, onTestFinished } from 'vitest';
import type { MergeRow } from '../../src/core/merge-table.ts';
import type { RepositoryOptions } from '../../src/testing/forge/forge.ts';
import { type Forge, type ForgeOptions, startForge } from '../../src/testing/forge/forge.ts';
import { createTempRepo, fingerprintCheckout, type TempRepo } from '../../src/testing/temp-repo.ts';
import {
  createVirtualClock,
  given,
  look,
  openPort,
  pushWork,
  REPO,
  wishOf,
} from '../adapters/forge/github/rig.ts';
import { type Ended, startWeft } from './cli.ts';

/** Checks have had their time to show up. */
const LONG_AGO_MS = 600_000;

interface Scene {
  readonly forge: Forge;
  readonly repo: TempRepo;
  /** Opens a pull request for a task; gives its number. */
  open(task: string, more?: Opening): Promise<number>;
  /** Runs `weft merge`. */
  merge(...args: readonly string[]): Promise<Ended>;
  /** Calls that changed something, by kind. */
  changes(): readonly string[];
}

interface Opening {
  readonly isDraft?: boolean;
  readonly base?: string;
  readonly files?: Readonly<Record<string, string>>;
  /** Conclusions by check; null: it has not ended. */
  readonly checks?: Readonly<Record<string, string | null>>;
}

async function openScene(
  repository: Omit<RepositoryOptions, 'name'> = {},
  options: ForgeOptions = {},
): Promise<Scene> {
  const now = (): number => Date.now() - LONG_AGO_MS;
  const forge = await startForge({ now, ...options, repositories: [{ name: REPO, ...repository }] });
  onTestFinished(() => forge.close());
  const repo = await createTempRepo();
  onTestFinished(() => repo.remove());
  await repo.git('remote', 'add', 'origin', forge.gitUrl(REPO));
  const port = openPort(forge, createVirtualClock());
  return {
    forge,
    repo,
    open: async (task, { files, checks = {}, ...more } = {}) => {
      const { branch } = wishOf(task);
      const head =
        files === undefined
          ? await pushWork(forge, task)
          : await forge.human.push({ repo: REPO, branch, by: 'bot' }, files, `change for ${task}`);
      for (const [name, conclusion] of Object.entries(checks)) {
        const output = { title: `${name} has 2 errors` };
        const result = conclusion === null ? { status: 'in_progress' as const } : { conclusion, output };
        await forge.ci.check({ repo: REPO, ref: head }, { name, ...result });
      }
      return given(await port.ensurePull(wishOf(task, more))).number;
    },
    merge: (...args) => startWeft(repo.path, ['merge', ...args], envOf(forge)).ended,
    changes: () =>
      forge
        .calls()
        .map(({ kind }) => kind)
        .filter((kind) => !/^(?:GET|GIT refs|GIT git-upload-pack|GRAPHQL (?:repository|node))/.test(kind)),
  };
}

function envOf(forge: Forge): Record<string, string> {
  return { GH_ENTERPRISE_TOKEN: 'forge-token', WEFT_GITHUB_API: forge.url };
}

/** What is said of each task, and how it ended. */
function read({ out, code }: Ended): { readonly rows: readonly string[]; readonly code: number | null } {
  const { pulls } = JSON.parse(out) as { readonly pulls: readonly MergeRow[] };
  return {
    rows: pulls.map(({ task, verdict, why, notes }) => [`${task}: ${verdict}: ${why}`, ...notes].join(' | ')),
    code,
  };
}

function branchesOf(forge: Forge): Promise<string> {
  return look(forge, 'for-each-ref', '--format=%(refname:short)', 'refs/heads');
}

describe('the table', () => {
  it('is the same in a dry run, which changes nothing; a second run has nothing to do', async () => {
    const scene = await openScene();
    const { forge, repo } = scene;
    await scene.open('green', { checks: { build: 'success' } });
    await scene.open('bare');
    const red = await scene.open('red', { checks: { build: 'failure', lint: 'failure', unit: 'success' } });
    await scene.open('slow', { checks: { build: null } });
    await scene.open('mixed', { checks: { build: 'success', lint: 'failure', unit: null } });
    await scene.open('draft', { isDraft: true });
    const objected = await scene.open('objected', { checks: { build: 'success' } });
    await forge.human.review({ repo: REPO, number: objected }, { state: 'CHANGES_REQUESTED' });
    await forge.human.push({ repo: REPO, branch: 'theirs' }, { 'theirs.txt': 'theirs' });
    await forge.human.openPull(REPO, { title: 'Somebody’s own', head: 'theirs' });
    const rest = (past: (verdict: string) => string): readonly string[] => [
      past('green: merge: 1 check passed'),
      past('bare: merge: it has no checks, and none is required'),
      'red: return: build, lint failed',
      'slow: wait: waits for build',
      'mixed: wait: waits for unit; lint failed already',
      'draft: wait: it is a draft',
      'objected: return: human asked for changes',
    ];
    const table = rest((row) => row);
    const before = {
      local: [await fingerprintCheckout(repo.path), await repo.git('for-each-ref')],
      branches: await branchesOf(forge),
      changes: scene.changes().length,
    };
    expect(read(await scene.merge('--dry-run', '--json'))).toEqual({ rows: table, code: 3 });
    expect([await fingerprintCheckout(repo.path), await repo.git('for-each-ref')]).toEqual(before.local);
    expect(await branchesOf(forge)).toBe(before.branches);
    expect(scene.changes().slice(before.changes)).toEqual([]);

    expect(read(await scene.merge('--json'))).toEqual({ rows: table, code: 3 });
    const states = forge.pulls(REPO).map(({ title, pull }) => [title, pull.merged !== null]);
    expect(states.filter(([, isMerged]) => isMerged)).toEqual([
      ['Do green', true],
      ['Do bare', true],
    ]);
    expect(await branchesOf(forge)).not.toMatch(/green|bare/);
    expect(await look(forge, 'log', '-2', '--format=%s', 'main')).toBe('Do bare (#2)\nDo green (#1)');
    expect(await look(forge, 'log', '-1', '--format=%b', 'main')).toBe('Weft-Task: bare\nWeft-Run: r1');
    const comments = (number: number): readonly string[] =>
      forge
        .pulls(REPO)
        .find((pull) => pull.number === number)
        ?.comments.map(({ body }) => body) ?? [];
    const [said] = comments(red);
    expect(said).toMatch(/- \[`build`\]\(http:\S+\) failed: `build has 2 errors`\n- \[`lint`\]\(http:\S+\)/);
    expect(said).not.toContain('unit');
    expect(comments(objected)[0]).toContain('- Changes were asked for by `human`.');

    const after = scene.changes().length;
    expect(read(await scene.merge('--json'))).toEqual({ rows: table.slice(2), code: 3 });
    expect([comments(red).length, comments(objected).length]).toEqual([1, 1]);
    expect(scene.changes().slice(after)).toEqual([]);
  });

  it('heeds what a protected branch asks for', async () => {
    const scene = await openScene({ protection: { main: { contexts: ['build'], approvals: 1 } } });
    const { forge } = scene;
    const approve = (number: number): Promise<unknown> =>
      forge.human.review({ repo: REPO, number }, { state: 'APPROVED' });
    await approve(await scene.open('absent', { checks: { lint: 'success' } }));
    await scene.open('unseen', { checks: { build: 'success' } });
    await approve(await scene.open('good', { checks: { build: 'success', lint: 'failure' } }));
    const late = await scene.open('late', { checks: { build: 'success' } });
    await forge.human.review({ repo: REPO, number: late }, { state: 'CHANGES_REQUESTED' });
    await forge.human.push({ repo: REPO, branch: 'weft/r1/late', by: 'bot' }, { 'late.txt': 'better' });
    await forge.ci.check({ repo: REPO, ref: 'weft/r1/late' }, { name: 'build' });
    expect(read(await scene.merge('--json'))).toEqual({
      rows: [
        'absent: wait: waits for build',
        'unseen: wait: waits for an approving review',
        'good: merge: 1 check passed; lint failed, and nobody requires it',
        'late: wait: human asked for changes to an earlier commit, and has not looked at this one',
      ],
      code: 3,
    });
  });

  it('is drawn for people, and can be of some tasks', async () => {
    const scene = await openScene();
    await scene.open('api-auth', { checks: { build: 'success' } });
    await scene.open('api-docs');
    await scene.open('web');
    const { out, code } = await scene.merge('--dry-run', 'web', 'api-a');
    expect(out.split('\n')).toEqual([
      '#1     api-auth              would merge      1 check passed',
      '#3     web                   would merge      it has no checks, and none is required',
      '2 would merge',
      '',
    ]);
    expect(code).toBe(0);
    expect(await scene.merge('api')).toMatchObject({
      code: 2,
      err: expect.stringContaining('"api" is the beginning of 2 tasks'),
    });
    expect((await scene.merge('wob')).err).toContain('Did you mean web?');
    expect(scene.forge.pulls(REPO).every(({ pull }) => pull.merged === null)).toBe(true);
    expect((await scene.merge('web')).out).toContain('1 merged\n');
    expect((await scene.merge()).out).toContain('2 merged\n');
    expect(await scene.merge()).toMatchObject({ code: 0, out: 'There is no open pull request of weft.\n' });
  });
});

describe('after a merge', () => {
  it('the others are looked at again: what conflicts now is sent back, once', async () => {
    const scene = await openScene();
    await scene.open('first', { files: { 'README.md': 'first\n' } });
    await scene.open('second', { files: { 'README.md': 'second\n' } });
    await scene.open('third');
    const foreseen = read(await scene.merge('--dry-run', '--json'));
    expect(foreseen.rows[1]).toContain('second: merge');
    const none = 'it has no checks, and none is required';
    const rows = [`first: merge: ${none}`, 'second: return: it conflicts with main', `third: merge: ${none}`];
    expect(read(await scene.merge('--json'))).toEqual({ rows, code: 3 });
    expect(read(await scene.merge('--json')).rows).toEqual([rows[1]]);
    const second = scene.forge.pulls(REPO)[1];
    expect(second?.comments.map(({ body }) => body)).toEqual([
      expect.stringMatching(/- It conflicts with `main`\.\n\n<!-- weft merge head=\w{40} -->$/),
    ]);
  });

  it('what is built on its branch goes to where that went', async () => {
    const scene = await openScene();
    const { forge } = scene;
    await scene.open('lower');
    const lower = await look(forge, 'rev-parse', 'weft/r1/lower');
    await forge.human.forcePush({ repo: REPO, branch: 'weft/r1/upper' }, lower);
    await scene.open('upper', { base: 'weft/r1/lower' });
    expect(read(await scene.merge('upper', '--json')).rows).toEqual([
      'upper: wait: it is built on #1, which is open',
    ]);
    await scene.open('other', { checks: { build: null } });
    expect(read(await scene.merge('--json')).rows.map((row) => row.split(':', 2).join(':'))).toEqual([
      'lower: merge',
      'upper: merge',
      'other: wait',
    ]);
    expect(await branchesOf(forge)).toBe('main\nweft/r1/other');
    expect(await look(forge, 'show', 'main:upper.txt')).toBe('upper');
  });
});

describe('when something goes wrong', () => {
  it.each(['drop-after', 'fail-after'] as const)(
    'a merge whose answer is lost (%s) counts, once',
    async (kind) => {
      const scene = await openScene();
      await scene.open('one');
      scene.forge.faults.plan({ fault: { kind }, method: 'PUT', path: '/merge' });
      expect((await scene.merge()).code).toBe(0);
      expect(scene.forge.counts().get('PUT /repos/:owner/:repo/pulls/:number/merge')).toBe(1);
      expect(await branchesOf(scene.forge)).toBe('main');
    },
  );

  it('a merge that did not happen is said to have failed; the next run merges', async () => {
    const scene = await openScene();
    await scene.open('one');
    scene.forge.faults.plan({ fault: { kind: 'fail-before', status: 503 }, method: 'PUT', path: '/merge' });
    expect(read(await scene.merge('--json'))).toEqual({
      rows: ['one: failed: GitHub is in trouble: Server Error.'],
      code: 1,
    });
    expect((await scene.merge()).code).toBe(0);
  });

  it('what somebody pushes between look and merge is not merged', async () => {
    const push = (): Promise<unknown> =>
      forge.human.push({ repo: REPO, branch: 'weft/r1/one' }, { 'more.txt': 'more' });
    const scene = await openScene({}, { sleep: async () => void (await push()) });
    const { forge } = scene;
    await scene.open('one', { checks: { build: 'success' } });
    forge.faults.plan({ fault: { kind: 'slow', delayMs: 1 }, method: 'PUT', path: '/merge' });
    const { rows, code } = read(await scene.merge('--json'));
    expect(rows).toEqual([expect.stringMatching(/^one: refused: The head of #1 is \w{12}, not \w{12}\.$/)]);
    expect(code).toBe(1);
    expect(forge.pulls(REPO)[0]?.state).toBe('open');
    // checks of the new commit have not shown up yet: it is not taken for one that has none
    expect(await branchesOf(forge)).toBe('main\nweft/r1/one');
  });

  it('a new commit is given time for its checks to show up', async () => {
    const scene = await openScene({}, { now: Date.now });
    await scene.open('one');
    expect(read(await scene.merge('--json'))).toEqual({
      rows: ['one: wait: waits whether checks show up'],
      code: 3,
    });
  });

  it('a limit is reported with its time, and not gone against', async () => {
    const scene = await openScene({}, { limits: { creatingPerHour: 2 } });
    await scene.open('one');
    await scene.open('two', { checks: { build: 'failure' } });
    const { rows, code } = read(await scene.merge('--json'));
    const said =
      /failed: GitHub takes no more calls for \d+ s\. It does again at \d{4}-\d\d-\d\dT[\d:]{8}Z\.$/;
    expect(rows).toEqual([expect.stringMatching(said), expect.stringMatching(said)]);
    expect(code).toBe(1);
    expect(scene.forge.calls().filter(({ early }) => early)).toEqual([]);
  });

  it('a way of merging that the repository does not allow is refused before it is tried', async () => {
    const scene = await openScene({ settings: { allowSquashMerge: false } });
    await scene.open('one');
    const why = 'merge.strategy asks for squash, and the repository allows merge, rebase';
    for (const more of [['--dry-run'], []])
      expect(read(await scene.merge('--json', ...more))).toEqual({ rows: [`one: refused: ${why}`], code: 1 });
    await scene.repo.write('.weft/config.yaml', 'merge:\n  strategy: rebase\n');
    expect((await scene.merge()).code).toBe(0);
  });

  it('without a forge, a token, or the right to merge it says so, and ends with 2', async () => {
    const scene = await openScene({ permissions: { bot: 'write', human: 'write', guest: 'read' } });
    const { forge, repo } = scene;
    await scene.open('one');
    forge.grantToken('guest-token', 'guest');
    const run = (env: Record<string, string>): Promise<Ended> =>
      startWeft(repo.path, ['merge'], { ...envOf(forge), ...env }).ended;
    const guest = await run({ GH_ENTERPRISE_TOKEN: 'guest-token' });
    expect(guest.err).toContain('guest, whose token GH_ENTERPRISE_TOKEN gives, may not merge into acme/shop');
    const none = await run({ GH_ENTERPRISE_TOKEN: '' });
    expect(none.err).toContain('There is no token for 127.0.0.1');
    forge.expireToken('forge-token');
    const expired = await run({});
    expect(expired.err).toContain('GitHub does not accept the token');
    await repo.git('remote', 'remove', 'origin');
    const alone = await run({});
    expect(alone.err).toContain('No remote of this repository is at a forge.');
    expect([guest, none, expired, alone].map(({ code }) => code)).toEqual([2, 2, 2, 2]);
  });
});

describe('a merge queue', () => {
  it('takes what may be merged; what is in it is left alone', async () => {
    const scene = await openScene({
      protection: { main: { contexts: ['build'] } },
      mergeQueue: { method: 'squash' },
    });
    const { forge } = scene;
    await scene.open('one', { checks: { build: 'success' } });
    expect(read(await scene.merge('--dry-run', '--json')).rows).toEqual(['one: enqueue: 1 check passed']);
    expect(read(await scene.merge('--json'))).toEqual({ rows: ['one: enqueue: 1 check passed'], code: 3 });
    const waiting = { rows: ['one: wait: it is in the merge queue (awaiting-checks)'], code: 3 };
    expect(read(await scene.merge('--json'))).toEqual(waiting);
    const built = async (): Promise<string> =>
      look(forge, 'for-each-ref', '--format=%(objectname)', 'refs/heads/gh-readonly-queue');
    await forge.ci.check({ repo: REPO, ref: await built() }, { name: 'build', conclusion: 'failure' });
    expect(read(await scene.merge('--json')).rows).toEqual([
      'one: enqueue: 1 check passed; it has left the merge queue before (FAILED_CHECKS)',
    ]);
    await forge.ci.check({ repo: REPO, ref: await built() }, { name: 'build' });
    expect(forge.pulls(REPO)[0]?.pull.merged).not.toBeNull();
    expect((await scene.merge()).code).toBe(0);
  });

  it('that asks for nothing is through at once, and the branch goes', async () => {
    const scene = await openScene({ mergeQueue: { method: 'squash' } });
    await scene.open('one');
    expect((await scene.merge()).code).toBe(0);
    expect(await branchesOf(scene.forge)).toBe('main');
  });
});
