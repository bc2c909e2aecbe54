// Worktrees that are in the way or left behind, and agents that say nothing, provoked: what is said names what to type next.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { journalSays } from './cli.ts';
import { type Newcomer, welcome } from './newcomer.ts';
import { AGENT, plan, provoke, type Situation, typeAndExpect } from './situation.ts';

/** Places that are the same in every run, as the guide has them. */
const FIXED = 'worktrees: { path: "../worktrees/{id}", branch: "agent/{id}" }\n';
const AGAIN = 'weft restart one && weft resume';

const put =
  (line: string) =>
  async (someone: Newcomer): Promise<void> => {
    await plan(someone, { one: '# One\n' }, FIXED);
    await typeAndExpect(someone, line, 0);
  };

const COMMIT = 'echo mine > mine.txt && git add mine.txt && git commit -qm mine';

const CONFLICTS: readonly Situation[] = [
  {
    name: 'a folder of a person',
    prepare: put('mkdir -p ../worktrees/one && echo mine > ../worktrees/one/mine.txt'),
    line: 'weft run tracks.yaml',
    code: 1,
    says: [/worktrees\/one exists and is not a worktree\./, 'next: weft restart one'],
    mend: /`(mv [^`\n]+)`/,
    then: `${AGAIN} && test -e ../worktrees/one.mine/mine.txt`,
  },
  {
    name: 'a worktree of a person',
    prepare: put(`git worktree add -q --detach ../worktrees/one && cd ../worktrees/one && ${COMMIT}`),
    line: 'weft run tracks.yaml',
    code: 1,
    says: [/worktrees\/one is a worktree that weft did not make\./, 'next: weft restart one'],
    mend: /`(git worktree move [^`\n]+)`/,
    then: `${AGAIN} && test -e ../worktrees/one-mine/mine.txt`,
  },
  {
    name: 'a branch of a person',
    prepare: put(`git checkout -q -b agent/one && ${COMMIT} && git checkout -q main`),
    line: 'weft run tracks.yaml',
    code: 1,
    says: [
      'The branch agent/one is there already, with commits that are not of this task',
      '`git log agent/one`',
    ],
    mend: /`(git branch -m [^`\n]+)`/,
    then: `${AGAIN} && git show agent/one-mine:mine.txt`,
  },
];

describe('in the way', () => {
  test.each(CONFLICTS)('$name', { timeout: 60_000 }, provoke);
});

/** Somebody whose agent says something and then waits until they let it go. */
async function beginWith(config = ''): Promise<{ readonly someone: Newcomer; readonly gate: string }> {
  const someone = await welcome();
  const gate = join(someone.home, 'go');
  await plan(someone, { one: '# One\n' });
  const work = `echo thinking; until test -e ${gate}; do sleep 0.05; done; echo x`;
  await someone.repo.write('.weft/config.yaml', `${AGENT.replace('echo x', work)}${config}`);
  return { someone, gate };
}

test('left behind by a crash: they are taken up, and not cleared away', { timeout: 60_000 }, async () => {
  const { someone, gate } = await beginWith();
  const running = someone.start('exec weft run tracks.yaml');
  await journalSays(someone.repo.path, '"attempt.started"', running);
  running.child.kill('SIGKILL');
  await running.ended;
  const status = await typeAndExpect(someone, 'weft status', 0);
  expect(status).toContain('was interrupted: no engine leads it');
  expect(status).toContain('next: weft resume');
  expect(await typeAndExpect(someone, 'weft explain one', 0)).toContain(
    'next: weft resume  (no engine leads',
  );
  for (const line of ['weft worktree list', 'weft worktree clean', 'weft worktree clean --force'])
    expect(await typeAndExpect(someone, line, 0)).toMatch(/its task is working; weft cancel one gives it up/);
  await typeAndExpect(someone, `touch ${gate}`, 0);
  expect(await typeAndExpect(someone, 'weft resume', 0)).toContain('is complete (1 merged)');
  expect(await typeAndExpect(someone, 'weft worktree list', 0)).toContain('There are no worktrees of weft');
});

test('left behind by a run that is gone: what holds nothing goes, and work stays', {
  timeout: 60_000,
}, async () => {
  const someone = await welcome();
  await plan(someone, { empty: '# Empty\n', full: '# Full\n' });
  const work = 'test $WEFT_TASK = empty || echo work > work.txt; exit 3; echo x';
  const config = `${AGENT.replace('echo x', work)}limits: { attempts: 1 }\n`;
  await someone.repo.write('.weft/config.yaml', config);
  const ended = await typeAndExpect(someone, 'weft run tracks.yaml', 1);
  expect(ended).toContain('2 failed');
  rmSync(join(someone.repo.path, '.weft/runs'), { recursive: true });
  const listed = await typeAndExpect(someone, 'weft worktree list', 0);
  expect(listed).toMatch(/full +\S+\/full/);
  const pruned = await typeAndExpect(someone, 'weft prune', 0);
  expect(pruned).toMatch(/removed \S+\/empty/);
  expect(pruned).toMatch(/kept \S+\/full: it holds/);
  const force = /`(weft worktree clean --force)`/.exec(pruned)?.[1] ?? '';
  const cleaned = await typeAndExpect(someone, force, 0);
  const rescue = /refs\/weft\/rescue\/[\w-]+\/[\w-]+/.exec(cleaned)?.[0] ?? '';
  expect(await typeAndExpect(someone, `git show ${rescue}:work.txt`, 0)).toBe('work\n');
});

test('an agent that is stuck: looked at, and begun anew', { timeout: 60_000 }, async () => {
  const { someone, gate } = await beginWith('limits: { quietMs: 300 }\n');
  const running = someone.start('weft run tracks.yaml');
  await journalSays(someone.repo.path, '"attempt.started"', running);
  const status = await vi.waitUntil(
    async () => {
      const said = await typeAndExpect(someone, 'weft status', 0);
      return said.includes('quiet for') && said;
    },
    { timeout: 30_000, interval: 100 },
  );
  const next = /next: (weft explain one) {2}\(one has been quiet for/.exec(status)?.[1] ?? '';
  const known = await typeAndExpect(someone, next, 0);
  expect(known).toMatch(/worktree +\S+/);
  expect(known).toContain('`weft guide one "…"`');
  const logs = /next: (weft logs one) {2}/.exec(known)?.[1] ?? '';
  expect(await typeAndExpect(someone, logs, 0)).toContain('thinking');
  const restart = /`(weft restart one)`/.exec(known)?.[1] ?? '';
  await typeAndExpect(someone, restart, 0);
  await journalSays(someone.repo.path, '"attempt":2', running);
  await typeAndExpect(someone, `touch ${gate}`, 0);
  const end = await running.ended;
  expect(end.code, end.out + end.err).toBe(0);
  expect(end.out).toContain('is complete (1 merged)');
});
