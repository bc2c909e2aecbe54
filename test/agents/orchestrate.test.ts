// Who talks to Claude Code and lets weft do the work: `/orchestrate`, the skill behind "plan with me", and the quick starts of
// issues and of streams. Claude Code is real on both sides of weft, its model is scripted, and nothing is allowed to it but what
// its files allow.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { findDriverProblem, makeDatabase } from '../../src/testing/task-copilot/make-database.ts';
import { type Ended, journalSays } from '../end-to-end/cli.ts';
import { letGo, REPO, waitFor } from '../end-to-end/shop.ts';
import { describeWithAgents } from './binaries.ts';
import { beginTalk, type Owner, sayOnce, welcomeWithClaude } from './talk.ts';

const LONG = { timeout: 240_000 };

/** Words of a person, and what the model does when it reads them. What follows the last step is not played. */
function script(words: string, ...steps: readonly string[]): string {
  return `${words}\n${steps.join('\n')}\n@say Done so.\nThanks.`;
}

/** Waits for a fact of the latest run, however long its engine takes. */
async function untilJournal({ repo }: Owner, fact: string): Promise<void> {
  await journalSays(repo.path, fact, { ended: new Promise<Ended>(() => undefined) });
}

/** Waits until the report has it: what people see follows the journal. */
async function untilShown({ type }: Owner, words: string): Promise<void> {
  await vi.waitFor(async () => expect((await type('weft status --report')).out).toContain(words), 20_000);
}

/** All that people and files said to the model. */
function heard({ model }: Owner): string {
  return model.requests.flatMap(({ userTexts }) => userTexts).join('\n');
}

async function setUp({ type, repo }: Owner, preset: string): Promise<void> {
  const { code, err } = await type(`weft init --claude --preset ${preset}`);
  expect(code, err).toBe(0);
  // a stand-in for GitHub has no checks that could show up later
  await type(`sed -i 's/^pullRequests: true/pullRequests: { settleMs: 0, pollMs: 250 }/' .weft/config.yaml`);
  await repo.commit('weft');
}

const ASK = JSON.stringify({
  questions: [
    {
      question: 'Token refresh approach?',
      header: 'Auth',
      multiSelect: false,
      options: ['sliding expiration', 'fixed expiration'].map((label) => ({ label, description: label })),
    },
  ],
});

/** What somebody said yes to, and not to ask again: the skill, and weft. */
const YES = `--allowedTools 'Skill(weft:orchestration)' 'Bash(weft:*)'`;

describeWithAgents('issues, in a conversation', ({ claude }) => {
  it('are planned, started, reported on, unstuck and reviewed', LONG, async () => {
    const someone = await welcomeWithClaude(claude, { name: 'project', atForge: true });
    const { repo, forge, type } = someone;
    if (forge === null) throw new Error('there is no forge');
    await setUp(someone, 'issues');
    await repo.git('push', '-q', forge.gitDir(REPO), 'HEAD:main');
    await forge.human.openIssue(REPO, { title: 'Add export button', body: '@write export.ts|button' });
    const body = `@tool AskUserQuestion|${ASK}\n@write auth.ts|auth`;
    await forge.human.openIssue(REPO, { title: 'Implement auth flow', body });
    const talk = beginTalk(someone, `--plugin-dir .claude/plugins/weft ${YES}`);
    onTestFinished(() => talk.end());

    const skill = '@tool Skill|{"skill":"weft:orchestration"}';
    const plan = await talk.say(
      script('Plan 1 and 2 with me.', skill, '@bash weft run github 1 2 --dry-run'),
    );
    expect(plan.commands).toEqual(['Skill', 'weft run github 1 2 --dry-run']);
    expect(heard(someone)).toContain('You are the one the person talks to.');
    expect(plan.results[1]).toContain('2 tasks in 1 wave');
    expect(plan.results[1]).toContain('2  Implement auth flow · agent claude · issue-2');
    expect(plan.results[1]).toContain('Nothing was changed.');

    await talk.say(script('Go.', '@bash weft run github 1 2 --detach --stay'));
    await untilJournal(someone, '"type":"question.asked"');
    await untilJournal(someone, '"type":"pull.opened"');
    await untilShown(someone, '#1 - PR READY');
    const report = await talk.say(script('How is it going?', '@bash weft status --report'));
    const [shown = ''] = report.results;
    expect(shown).toContain('Active Sessions (2):');
    expect(shown).toMatch(
      /^\[!\] #2 - STUCK \(\d+m\) - Implement auth flow\n {4}Reason: Token refresh approach\?\n {4}Options: 1 sliding expiration · 2 fixed expiration$/m,
    );
    expect(shown).toMatch(/^\[\+\] #1 - PR READY - Add export button\n {4}PR: http\S+\/pull\/3$/m);

    const told = await talk.say(script('Tell 2: use option A.', '@bash weft answer 2 1'));
    expect(told.results).toEqual(['2 goes on with your answer.']);
    await untilJournal(someone, '"type":"pull.opened","task":"2"');
    // it reached the session that asked, and that went on
    const answered = someone.model.requests.some(({ userTexts, ...rest }) =>
      JSON.stringify({ userTexts, rest }).includes('sliding expiration'),
    );
    expect(answered).toBe(true);

    await untilShown(someone, '#2 - PR READY');
    const done = await talk.say(script('And now?', '@bash weft status --report'));
    expect(done.results[0]).toContain('[+] #2 - PR READY - Implement auth flow');
    // people merge, workers never do
    for (const { number } of forge.pulls(REPO)) await forge.human.merge({ repo: REPO, number }, 'squash');
    await untilJournal(someone, '"type":"run.rested"');
    const end = await type('weft wait');
    expect(end.code, end.out + end.err).toBe(0);
    expect(await repo.git('worktree', 'list')).not.toContain('\n');
  });
});

const problem = await findDriverProblem();

describeWithAgents('streams, with /orchestrate', ({ claude }) => {
  it.skipIf(problem !== null)('start, are watched, stopped and started again', LONG, async () => {
    const someone = await welcomeWithClaude(claude, { name: 'shop' });
    const { home, repo, type } = someone;
    const folder = join(home, '.claude/tasks/shop');
    await mkdir(folder, { recursive: true });
    const database = await makeDatabase(join(folder, 'tasks.db'), 1);
    onTestFinished(() => database.close());
    const stream = (id: string, dependencies: readonly string[], description: string): void =>
      database.add({ id: `${id}-1`, title: id, description, metadata: { streamId: id, dependencies } });
    stream('Stream-A', [], '@write a.txt|a');
    stream('Stream-B', ['Stream-A'], '@write b.txt|b');
    stream('Stream-C', ['Stream-A'], '@write c.txt|c');
    const { run: waits } = waitFor('go');
    stream('Stream-Z', ['Stream-B', 'Stream-C'], `@bash ${waits}\n@write z.txt|z`);
    await setUp(someone, 'streams');

    const started = await sayOnce(
      someone,
      script('/orchestrate start', '@bash weft run task-copilot --detach'),
    );
    expect(heard(someone)).toContain('The person typed `/orchestrate start');
    // what it says of itself is all the leave that it needs
    expect(started.results[0]).toMatch(
      /^(?:warning: .*\n.*\n)?\S+\nThe engine is process \d+ and writes to /,
    );
    await untilJournal(someone, '"type":"attempt.started","task":"Stream-Z"');

    const watched = (await type('./watch-status')).out;
    for (const id of ['A', 'B', 'C']) expect(watched).toMatch(new RegExp(`Stream-${id}.*100%`));
    expect(watched).toMatch(/Stream-Z.* 0%/);
    const status = await sayOnce(someone, script('/orchestrate status', '@bash weft status --json'));
    expect(status.results[0]).toContain('"id":"Stream-Z"');

    // the same command as a part of the plugin
    const plugin = '--plugin-dir .claude/plugins/weft';
    const stopped = await sayOnce(someone, script('/weft:orchestrate stop', '@bash weft stop'), plugin);
    expect(stopped.results[0]).toContain('`weft resume` goes on from here');
    await vi.waitFor(async () => expect((await type('weft status')).out).toContain('stopped'), 20_000);
    expect((await type('pgrep -f "[u]ntil .*/go"')).out).toBe('');

    await letGo(someone, 'go');
    await sayOnce(
      someone,
      script('/orchestrate start', '@bash weft status --json', '@bash weft resume --detach'),
    );
    const end = await type('weft wait --for complete');
    expect(end.code, end.out + end.err).toBe(0);
    expect(database.all('SELECT DISTINCT status FROM tasks')).toEqual([{ status: 'completed' }]);
    expect((await repo.git('log', '--first-parent', '--reverse', '--format=%s')).split('\n')).toMatchObject([
      'start',
      'weft',
      expect.stringContaining('Stream-A'),
      expect.stringMatching(/Stream-[BC]/),
      expect.stringMatching(/Stream-[BC]/),
      expect.stringContaining('Stream-Z'),
    ]);
    expect(await repo.git('worktree', 'list')).not.toContain('\n');
  });
});
