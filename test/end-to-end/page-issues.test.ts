// What who comes from issues and status files is told to type, typed: docs/from-issues.md. What is said to Claude Code is in
// test/agents/pages.test.ts.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Newcomer } from './newcomer.ts';
import { actOut, type Scene, type Step } from './page.ts';
import { asks, employ, facts, letGo, teach, untilJournal, untilShown, waits } from './page-actor.ts';
import { REPO } from './shop.ts';

const NAMES = { '123': '1', '124': '2', '125': '3', '…': 'mind the tests' };

const TITLES = ['Add export button', 'Implement auth flow', 'Add dark mode'];

/** Somebody with three issues. */
async function bring({ forge }: Newcomer): Promise<typeof NAMES> {
  for (const title of TITLES) await forge?.human.openIssue(REPO, { title, labels: ['ready'] });
  return NAMES;
}

/** Takes the agent on, and has the forge begin where the checkout does. */
async function begin(someone: Newcomer): Promise<void> {
  // a stand-in for GitHub has no checks that could show up later
  await employ(someone, { pullRequests: { settleMs: 0, pollMs: 250 } });
  await someone.repo.git('push', '-q', someone.forge?.gitDir(REPO) ?? '', 'HEAD:main');
}

/** The status file of an issue. */
function session({ home }: Newcomer, id: string): unknown {
  const path = join(home, '.orchestration/shop/sessions', `work-${id}.json`);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : null;
}

const has = (someone: Newcomer, words: string): boolean =>
  facts(someone).some((fact) => JSON.stringify(fact).includes(words));

/** Asks twice, works until it is let go, and heeds what it is told after that. */
const AUTH = `told() { grep -q "$1" "$WEFT_PROMPT_FILE"; }
if told 'keep the old endpoint'; then echo old > auth.txt
elif told 'mind the tests'; then echo new > auth.txt
elif told 'an hour'; then ${waits()}; echo untested > auth.txt
elif told 'use sliding expiration'; then ${asks('How long?', 'an hour', 'a day')}
else ${asks('Auth decision needed', 'sliding', 'fixed')}
fi`;

const AT: Pick<Scene, 'of' | 'prepare'> = { of: { name: 'shop', atForge: true }, prepare: bring };

const UNDER_WAY: readonly Step[] = [
  {
    line: 'weft run github 123 124 --detach --stay',
    before: (someone) => teach(someone, '2', AUTH),
    says: [/^\S+\nThe engine is process \d+/],
    after: async (someone) => {
      await untilJournal(someone, '"question.asked"');
      await untilShown(someone, /#1 - PR READY/, 'weft status --report');
      const trees = await someone.repo.git('worktree', 'list');
      expect(trees).toMatch(/\/shop-issue-1 .*\[issue-1\]/);
      await expect.poll(() => session(someone, '2'), { timeout: 20_000 }).toMatchObject({ status: 'stuck' });
    },
  },
  { line: 'weft status', says: [/2 .*Auth decision needed/s, 'weft answer 124'] },
  {
    line: 'weft status --report',
    says: [
      /\[!\] #2 - STUCK \(\d+m\) - Implement auth flow\n {4}Reason: Auth decision needed\n/,
      /\[\+\] #1 - PR READY - Add export button\n {4}PR: http\S+\/pull\/\d+/,
    ],
  },
  {
    line: 'weft status --json',
    says: ['"schemaVersion":1'],
    after: (_, { out }) => expect(JSON.parse(out)).toMatchObject({ tasks: [{ id: '1' }, { id: '2' }] }),
  },
  { line: 'weft explain 124', says: ['Auth decision needed', '→ weft answer 124 1'] },
  {
    line: 'weft answer 124 "use sliding expiration"',
    says: ['124 goes on with your answer'],
    after: (someone) => untilShown(someone, /How long\?/),
  },
  {
    line: 'weft answer 124 1',
    says: ['124 goes on with your answer'],
    after: (someone) => untilShown(someone, /2 +working +.*at work/),
  },
  {
    line: 'weft guide 124 "…"',
    says: ['124 is told'],
    after: async (someone) => {
      await letGo(someone);
      await untilJournal(someone, '"pull.opened","task":"2"');
      await untilShown(someone, /#2 - PR READY/, 'weft status --report');
    },
  },
  { line: 'weft review 124', says: ['Implement auth flow', '+new', 'weft reject 124'] },
  {
    line: 'weft reject 124 "keep the old endpoint"',
    says: ['124 goes back to its agent'],
    after: async (someone) => {
      await untilShown(someone, /\+old/, 'weft review 2');
      await untilShown(someone, /#2 - PR READY/, 'weft status --report');
    },
  },
  {
    line: 'weft merge 124',
    says: [/#\d+ +2 +merged/, '1 merged'],
    after: async (someone) => {
      const { repo, forge } = someone;
      await untilShown(someone, /2 +merged/);
      expect(await repo.git('--git-dir', forge?.gitDir(REPO) ?? '', 'show', 'main:auth.txt')).toBe('old');
    },
  },
];

const SCENES: readonly Scene[] = [
  {
    name: 'issues that are planned, begun, answered, reviewed and merged',
    ...AT,
    steps: [
      {
        line: 'weft init --claude --preset issues',
        says: ['wrote .weft/config.yaml', 'To begin: `weft run github'],
        after: begin,
      },
      {
        line: 'weft run github 123 124 --dry-run',
        says: ['2 tasks in 1 wave', '124  Implement auth flow', 'issue-124', 'Nothing was changed.'],
      },
      {
        line: 'weft run github --label ready --dry-run',
        says: ['3 tasks in 1 wave', '125  Add dark mode', 'Nothing was changed.'],
        after: ({ repo }) => expect(existsSync(join(repo.path, '.weft/runs'))).toBe(false),
      },
      ...UNDER_WAY,
    ],
  },
  {
    name: 'an issue that is paused, stopped, begun anew and given up',
    ...AT,
    prepare: async (someone) => {
      await someone.type('weft init --preset issues');
      await begin(someone);
      const names = await bring(someone);
      await teach(someone, '2', `echo some > some.txt; ${waits()}`);
      await someone.type('weft run github 2 --detach --stay');
      await untilShown(someone, /2 .*at work/);
      return names;
    },
    steps: [
      {
        line: 'weft pause 124',
        says: ['124 takes no further step until `weft resume 124`'],
        after: (someone) => untilJournal(someone, '"task.paused"'),
      },
      {
        line: 'weft stop 124',
        says: ['124: its agent is being stopped, its work is kept'],
        after: async (someone) => {
          await untilJournal(someone, '"attempt.stopped"');
          expect((await someone.type('pgrep -f "[u]ntil .*/go"')).out).toBe('');
        },
      },
      {
        line: 'weft restart 124',
        says: ['124 starts anew'],
        after: (someone) => untilShown(someone, /2 .*at work/),
      },
      {
        line: 'weft cancel 124',
        says: ['124 is cancelled'],
        after: async (someone) => {
          await untilShown(someone, /2 +cancelled/);
          expect(has(someone, '"task.cancelled"')).toBe(true);
          await someone.type('weft stop');
        },
      },
      {
        line: 'weft worktree clean',
        before: async (someone) => {
          await teach(someone, '3', 'exit 127');
          expect((await someone.type('weft run github 3')).code).toBe(1);
          expect(readdirSync(someone.repo.around)).toContain('shop-issue-3');
        },
        says: ['shop-issue-125'],
        after: ({ repo }) => expect(readdirSync(repo.around)).not.toContain('shop-issue-3'),
      },
    ],
  },
  {
    name: 'more agents than the preset lets work at once',
    ...AT,
    prepare: async (someone) => {
      await someone.type('weft init --preset issues');
      await begin(someone);
      return bring(someone);
    },
    steps: [
      {
        line: 'weft run github 123 124 125 --max-agents 5',
        code: 3,
        says: ['3 tasks', '5 agents at once'],
        after: ({ forge }) => expect(forge?.pulls(REPO)).toHaveLength(3),
      },
    ],
  },
  {
    name: 'the files for Claude Code alone',
    of: { name: 'shop' },
    prepare: () => Promise.resolve(undefined),
    steps: [
      {
        line: 'weft init --claude',
        says: ['In Claude Code: `/orchestrate start`'],
        after: async ({ repo, type }) => {
          const path = '.claude/commands/orchestrate.md';
          await repo.write(path, 'my own\n');
          expect((await type('weft init --claude')).out).toContain(`${path} is there and not weft's`);
          expect(readFileSync(join(repo.path, path), 'utf8')).toBe('my own\n');
        },
      },
    ],
  },
];

actOut('issues', SCENES, (line) => !line.startsWith('/'));
