// A run whose work becomes pull requests, on the real command line against a forge with real git: what checks, rules and the
// forge itself do there, and what comes of it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { journalSays } from './cli.ts';
import type { TestTask } from './rig.ts';
import { openShop, phases, REPO, type Shop, task } from './shop.ts';

describe('verified work', () => {
  it('becomes one pull request each, lands at the forge, and leaves nothing there', async () => {
    const shop = await openShop([[task('one')], [task('two')]]);
    const { code, out, err } = await shop.weft('run', 'tracks.yaml');
    expect(err).toBe('');
    expect(code, out).toBe(0);
    const pulls = shop.forge.pulls(REPO);
    expect(pulls.map(({ pull }) => pull.merged !== null)).toEqual([true, true]);
    expect(await shop.log()).toEqual(expect.arrayContaining(['Task one', 'Task two']));
    expect(await shop.repo.git('ls-remote', '--heads', shop.forge.gitDir(REPO))).not.toContain('weft/');
    const view = await shop.status();
    expect(phases(view)).toEqual({ one: 'merged', two: 'merged' });
    expect(view.tasks.map(({ pr }) => pr).sort()).toEqual([1, 2]);
    // the user's own branch is theirs
    expect(await shop.repo.git('log', '--format=%s', 'main')).not.toContain('Task one');
    expect(pulls[0]?.body).toContain('### Verified by weft');
    expect(pulls[0]?.body).toContain('| `test ! -e broken` | passed |');
    expect(shop.forge.duplicates()).toEqual([]);
  });

  it('waits for people where they integrate, and what they merge is taken up later', async () => {
    const shop = await openShop([[task('one')], [task('two')]], { config: { integrate: 'human' } });
    const first = await shop.weft('run', 'tracks.yaml');
    expect(first.code, first.out).toBe(3);
    expect(phases(await shop.status())).toEqual({ one: 'pr_created', two: 'pr_created' });
    await shop.forge.human.merge({ repo: REPO, number: 1 }, 'squash');
    await shop.forge.human.close({ repo: REPO, number: 2 });
    const second = await shop.weft('resume');
    expect(second.code, second.out).toBe(0);
    const { tasks } = await shop.status();
    const byPr = Object.fromEntries(tasks.map(({ pr, phase }) => [pr ?? 'none', phase]));
    expect(byPr).toEqual({ 1: 'merged', 2: 'cancelled' });
    expect(tasks.map(({ reason }) => reason)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^was merged at the forge as \w+ on main$/),
        expect.stringMatching(/^its pull request #2 was closed; its work is kept at /),
      ]),
    );
    const { out: receipt } = await shop.weft('receipt');
    expect(receipt).toContain(tasks.find(({ pr }) => pr === 2)?.prUrl);
    expect(await shop.repo.git('ls-remote', '--heads', shop.forge.gitDir(REPO))).not.toContain('weft/');
  });

  it('lands after `weft approve` where people integrate', async () => {
    const shop = await openShop([[task('one')]], { config: { integrate: 'human' } });
    await shop.weft('run', 'tracks.yaml');
    await shop.weft('approve', 'one');
    const { code, out } = await shop.weft('resume');
    expect(code, out).toBe(0);
    expect(await shop.log()).toContain('Task one');
  });
});

describe('a dry run', () => {
  it('asks the forge what it will need, and changes nothing', async () => {
    const shop = await openShop([[task('one')]], {
      rules: { protection: { main: { contexts: ['test'] } }, mergeQueue: { method: 'squash' } },
    });
    const { code, out, err } = await shop.weft('run', 'tracks.yaml', '--dry-run');
    expect(code, err).toBe(0);
    expect(out).toContain('as pull requests onto main');
    expect(out).toContain('knows the token of GH_ENTERPRISE_TOKEN as bot, who may push and merge');
    expect(out).toContain('branch main is protected, with required checks test; it has a merge queue');
    shop.forge.expireToken('forge-token');
    const refused = await shop.weft('run', 'tracks.yaml', '--dry-run');
    expect(refused.code, refused.out).toBe(2);
    expect(refused.err).toContain('fail:    forge: GitHub does not accept the token: Bad credentials.');
    expect(shop.forge.pulls(REPO)).toEqual([]);
    expect(existsSync(join(shop.repo.path, '.weft', 'runs'))).toBe(false);
    expect(await shop.repo.git('for-each-ref', 'refs/weft')).toBe('');
  });

  it('fails where the token may not push', async () => {
    const shop = await openShop([[task('one')]], { rules: { permissions: { bot: 'read', human: 'admin' } } });
    const { code, err } = await shop.weft('run', 'tracks.yaml', '--dry-run');
    expect(code).toBe(2);
    expect(err).toContain('as bot, who may not push there');
  });
});

describe('what fails at the forge', () => {
  const fixes: TestTask = {
    id: 'one',
    owns: ['one.txt'],
    acts: {
      1: [{ write: { path: 'one.txt', text: 'bad' } }, { commit: 'bad' }],
      default: [{ write: { path: 'one.txt', text: 'good' } }, { commit: 'good' }],
    },
  };

  it('goes back to its agent with the log, as a draft meanwhile, and lands when it is mended', async () => {
    const drafts: boolean[] = [];
    const shop: Shop = await openShop([[fixes]], {
      pulls: { settleMs: 60_000 },
      options: {
        ci: async ({ sha }) => {
          const text = await shop.repo
            .git('--git-dir', shop.forge.gitDir(REPO), 'show', `${sha}:one.txt`)
            .catch(() => '');
          drafts.push(...shop.forge.pulls(REPO).map(({ pull }) => pull.draft));
          return text === 'bad'
            ? [{ name: 'test', conclusion: 'failure', log: 'one.txt:1: it must be good' }]
            : [{ name: 'test', conclusion: 'success' }];
        },
      },
    });
    const { code, out } = await shop.weft('run', 'tracks.yaml');
    expect(code, out).toBe(0);
    expect((await shop.status()).tasks[0]?.attempts).toBe(2);
    expect(drafts).toContain(true);
    expect(shop.forge.pulls(REPO)).toHaveLength(1);
    expect(shop.forge.pulls(REPO)[0]?.pull.draft).toBe(false);
    const { out: receipt } = await shop.weft('receipt', '--json');
    expect(receipt).toContain('ci-failed');
  });

  it('is asked about when it fails as often as is allowed', async () => {
    const shop = await openShop([[task('one')]], {
      pulls: { settleMs: 60_000, ciRounds: 0 },
      options: { ci: () => [{ name: 'test', conclusion: 'failure', log: 'red for good' }] },
    });
    const { code } = await shop.weft('run', 'tracks.yaml');
    expect(code).toBe(3);
    const [one] = (await shop.status()).tasks;
    expect(one?.question?.text).toContain('red for good');
  });
});

describe('rules of the forge', () => {
  it('with a merge queue of its own, that lands the work', async () => {
    const shop = await openShop([[task('one')], [task('two')]], {
      rules: { mergeQueue: { method: 'squash' } },
      pulls: { settleMs: 60_000 },
      options: { ci: () => [{ name: 'test', conclusion: 'success' }] },
    });
    const { code, out } = await shop.weft('run', 'tracks.yaml');
    expect(code, out).toBe(0);
    expect(phases(await shop.status())).toEqual({ one: 'merged', two: 'merged' });
    expect(await shop.journal()).toContain('"pull.enqueued"');
  });

  it('of a protected branch that wants what is up to date and checked', async () => {
    const shop = await openShop([[task('one')], [task('two')]], {
      rules: { protection: { main: { contexts: ['test'], strict: true, enforceAdmins: true } } },
      pulls: { settleMs: 60_000 },
      options: { ci: () => [{ name: 'test', conclusion: 'success' }] },
    });
    const { code, out } = await shop.weft('run', 'tracks.yaml');
    expect(code, out).toBe(0);
    expect(shop.forge.pulls(REPO).every(({ pull }) => pull.merged !== null)).toBe(true);
  });
});

describe('the message of people', () => {
  it('is all there where the forge merges', async () => {
    const shop = await openShop([[task('one')]], {
      rules: { protection: { main: { contexts: ['test'] } } },
      config: { merge: { message: '{title}\nRef: {ref}\nby {task}' } },
      options: { ci: () => [{ name: 'test', conclusion: 'success' }] },
    });
    const { code, out } = await shop.weft('run', 'tracks.yaml');
    expect(code, out).toBe(0);
    const said = await shop.repo.git(
      '--git-dir',
      shop.forge.gitDir(REPO),
      'log',
      '-1',
      '--format=%B',
      'main',
    );
    expect(said).toMatch(/^Task one\n+Ref: tasks\/one.md\nby one\n\nWeft-Task: one\n/);
  });
});

describe('an engine that is killed', () => {
  it.each(['"pull.opened"', '"task.queued"', '"candidate.verified"', '"attempt.verified"'])(
    'at %s leaves one pull request and one landing for each task',
    async (moment) => {
      const shop = await openShop([[task('one')], [task('two')]]);
      const running = shop.run('run', 'tracks.yaml');
      await journalSays(shop.repo.path, moment, running);
      process.kill(-(running.child.pid ?? 0), 'SIGKILL');
      await running.ended;
      const { code, out } = await shop.weft('resume');
      expect(code, out).toBe(0);
      expect(shop.forge.pulls(REPO).map(({ pull }) => pull.merged !== null)).toEqual([true, true]);
      expect((await shop.log()).filter((subject) => /^Task (?:one|two)$/.test(subject))).toHaveLength(2);
      expect(shop.forge.duplicates()).toEqual([]);
    },
  );
});

describe('a forge in trouble', () => {
  it('loses answers after it did what was asked, and nothing happens twice', async () => {
    const shop = await openShop([[task('one')], [task('two')]], {
      options: {
        faults: {
          seed: 7,
          calls: [
            { fault: { kind: 'drop-after' }, rate: 0.06 },
            { fault: { kind: 'fail-before', status: 502 }, rate: 0.06 },
          ],
        },
      },
    });
    const { code, out } = await shop.weft('run', 'tracks.yaml');
    expect(code, out).toBe(0);
    expect(shop.forge.pulls(REPO).map(({ pull }) => pull.merged !== null)).toEqual([true, true]);
    expect(shop.forge.duplicates()).toEqual([]);
  });

  it('that is not to be asked for an hour does not hold a run that is to end', async () => {
    const shop = await openShop([[task('one')]], {
      options: { limits: { creatingPerHour: 0, retryAfterMs: 3_600_000 } },
    });
    const running = shop.run('run', 'tracks.yaml');
    await journalSays(shop.repo.path, '"rate-limited"', running);
    running.child.kill('SIGINT');
    const { code, out } = await running.ended;
    expect(code, out).toBe(130);
    expect(phases(await shop.status())).toEqual({ one: 'committed' });
  });

  it('that does not know the token any more lets agents go on, and is asked again', async () => {
    const shop = await openShop([[task('one')], [task('two')]]);
    const running = shop.run('run', 'tracks.yaml');
    await journalSays(shop.repo.path, '"attempt.spawned"', running);
    shop.forge.expireToken('forge-token');
    await journalSays(shop.repo.path, '"unauthorized"', running);
    await vi.waitFor(async () => expect((await shop.status()).forge).toContain('token'), { timeout: 30_000 });
    shop.forge.grantToken('forge-token', 'bot');
    const { code, out } = await running.ended;
    expect(code, out).toBe(0);
    expect(phases(await shop.status())).toEqual({ one: 'merged', two: 'merged' });
  });
});
