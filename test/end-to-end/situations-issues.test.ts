// What goes wrong with issues and pull requests of GitHub, provoked: what is said names the situation and what to type next.
import { describe, expect, test } from 'vitest';
import type { Newcomer } from './newcomer.ts';
import { openShop, REPO, task } from './shop.ts';
import { AGENT, provoke, type Situation } from './situation.ts';

const withIssues =
  (...bodies: readonly string[]) =>
  async ({ repo, forge }: Newcomer): Promise<void> => {
    await repo.write('.weft/config.yaml', AGENT);
    for (const body of bodies) await forge?.human.openIssue(REPO, { title: 'Do it', body });
  };

const AT_FORGE = { atForge: true } as const;

const ISSUES: readonly Situation[] = [
  {
    name: 'no repository at GitHub',
    prepare: ({ repo }) => repo.write('.weft/config.yaml', AGENT),
    line: 'weft run github 123',
    code: 2,
    says: ['No remote of this repository is at GitHub', 'git remote add origin'],
  },
  {
    name: 'an issue that is not there',
    of: AT_FORGE,
    prepare: withIssues(),
    line: 'weft run github 123',
    code: 2,
    says: ['has no issue #123', '`gh issue view 123`'],
  },
  {
    name: 'a milestone that is not there',
    of: AT_FORGE,
    prepare: withIssues(),
    line: 'weft run github --milestone v2',
    code: 2,
    says: ['There is no milestone "v2"'],
  },
  {
    name: 'issues that wait for each other',
    of: AT_FORGE,
    prepare: withIssues('Depends on #2', 'Depends on #1'),
    line: 'weft run github 1 2',
    code: 2,
    says: ['#1:1:12: These tasks wait for each other: 1 → 2 → 1', '`gh issue edit 1`', '--dry-run'],
    mend: async ({ forge }) => forge?.human.editBody({ repo: REPO, number: 2 }, 'Alone.'),
    then: 'weft run github 1 2 --dry-run',
  },
  {
    name: 'an issue that waits for one that is not there',
    of: AT_FORGE,
    prepare: withIssues('Depends on #99'),
    line: 'weft run github 1',
    code: 3,
    says: [
      'waits for #99, which is no issue here (`gh issue edit 1` takes that out)',
      'next: weft explain 1',
    ],
    mend: async ({ forge }) => forge?.human.editBody({ repo: REPO, number: 1 }, 'Alone.'),
    then: 'weft resume',
  },
  {
    name: 'an issue that waits for one that was not named',
    of: AT_FORGE,
    prepare: withIssues('Depends on #2', 'Alone.'),
    line: 'weft run github 1',
    code: 3,
    says: ['waits for #2, which is not part of this run', 'next: weft explain 1'],
    mend: /\(`(weft run github 1 2)` takes both\)/,
    then: 'weft receipt latest',
  },
];

describe('issues', () => {
  test.each(ISSUES)('$name', { timeout: 60_000 }, provoke);
});

test('a pull request that does not merge any more', { timeout: 120_000 }, async () => {
  const shop = await openShop([[task('one')]], { config: { integrate: 'human' } });
  const type = async (line: string, code: number): Promise<string> => {
    const end = await shop.weft(...line.split(' '));
    expect(end.code, `${line}\n${end.out}${end.err}`).toBe(code);
    return end.out + end.err;
  };
  expect(await type('run tracks.yaml', 3)).toContain('its pull request #1 can be merged');
  await shop.forge.human.push({ repo: REPO, branch: 'main' }, { 'one.txt': 'theirs\n' });
  const asked = await type('resume', 3);
  for (const words of [
    'It conflicts with main in one.txt',
    'Let the agent resolve the conflict',
    'weft answer one 1',
  ])
    expect(asked).toContain(words);
  expect(asked).toContain('2  I do it myself in the worktree, then `weft done one`');
  expect(await type('merge', 3)).toContain('#1     one                   waits');
  const known = await type('explain one', 0);
  const worktree = / {2}worktree +(\S+)/.exec(known)?.[1] ?? '';
  await type('answer one 2', 0);
  // as the guide has it: in the worktree, with plain git
  const git = (...args: readonly string[]): Promise<string> => shop.repo.git('-C', worktree, ...args);
  await git('fetch', '-q', shop.forge.gitDir(REPO), 'main');
  await git('merge', '-q', '-s', 'ours', 'FETCH_HEAD', '-m', 'both');
  await type('done one', 0);
  expect(await type('resume', 3)).toContain('its pull request #1 can be merged');
  expect(await type('merge', 0)).toContain('1 merged');
  expect(await type('resume', 0)).toContain('is complete (1 merged)');
});
