// What who comes from streams and Task Copilot is told to type, typed: docs/from-streams.md. What is said to Claude Code is in
// test/agents/pages.test.ts.
import { readdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, vi } from 'vitest';
import {
  findDriverProblem,
  type MadeDatabase,
  type MadeTask,
  makeDatabase,
} from '../../src/testing/task-copilot/make-database.ts';
import type { Newcomer } from './newcomer.ts';
import { actOut, type Scene } from './page.ts';
import { employ, letGo, teach, untilShown, waits } from './page-actor.ts';

const item = (id: string, streamId: string, dependencies: readonly string[], status: string): MadeTask => ({
  id,
  status,
  metadata: { streamId, dependencies },
});

let database: MadeDatabase;

/** Somebody with four streams, the first of them in this state. */
async function bring({ home }: Newcomer, first = 'pending'): Promise<undefined> {
  const folder = join(home, '.claude/tasks/shop');
  await mkdir(folder, { recursive: true });
  const made = await makeDatabase(join(folder, 'tasks.db'), 1);
  onTestFinished(() => made.close());
  made.add(
    item('A1', 'Stream-A', [], first),
    item('B1', 'Stream-B', ['Stream-A'], 'pending'),
    item('C1', 'Stream-C', ['Stream-A'], 'pending'),
    item('Z1', 'Stream-Z', ['Stream-B', 'Stream-C'], 'pending'),
  );
  database = made;
}

const statuses = (): string =>
  database
    .all('SELECT status FROM tasks ORDER BY id')
    .map(({ status }) => String(status))
    .join(' ');

const problem = await findDriverProblem();

const SCENES: readonly Scene[] = [
  {
    name: 'streams that are begun, watched, stopped and begun again',
    obstacle: problem,
    of: { name: 'shop' },
    prepare: bring,
    steps: [
      {
        line: 'weft init --claude --preset streams',
        says: [
          'wrote .claude/commands/orchestrate.md',
          'wrote watch-status',
          'To begin: `weft run task-copilot`',
        ],
        after: (someone) => employ(someone),
      },
      { line: 'weft doctor', says: ['agent sh', '4 streams in the Task Copilot database'] },
      {
        line: 'weft run task-copilot --detach',
        before: (someone) => teach(someone, 'Stream-A', `echo begun\n${waits()}\necho a > a.txt`),
        says: [/^\d{8}-\d{6}-\w+\n/, /The engine is process \d+/],
        after: async (someone) => {
          await untilShown(someone, /Stream-A .*at work/);
          const trees = await someone.repo.git('worktree', 'list');
          expect(trees).toMatch(/\.claude\/worktrees\/Stream-A .*\[stream\/Stream-A\]/);
          await vi.waitFor(() => expect(statuses()).toBe('in_progress pending pending pending'), 20_000);
        },
      },
      { line: 'weft status', says: [/Stream-A .*at work/, /Stream-Z .*waits/] },
      { line: './watch-status', says: [/Stream-A.* 0%/, /Stream-Z.* 0%/] },
      { line: './watch-status 5', endless: true, code: 130, says: [/Stream-A.* 0%/] },
      { line: 'weft watch-status 10', endless: true, code: 130, says: [/Stream-A.* 0%/] },
      { line: 'weft logs Stream-A', says: ['begun'] },
      { line: 'weft logs Stream-A -f', endless: true, code: 130, says: ['begun'] },
      { line: 'weft explain Stream-Z', says: ['Stream-Z', 'Stream-B', 'Stream-C'] },
      {
        line: 'weft stop',
        says: ['`weft resume` goes on from here'],
        after: async (someone) => {
          await untilShown(someone, /stopped/);
          expect((await someone.type('pgrep -f "[u]ntil .*/go"')).out).toBe('');
        },
      },
      {
        line: 'weft run task-copilot --detach',
        before: (someone) => letGo(someone),
        says: [/The engine is process \d+/],
        after: async ({ type, repo }) => {
          // it is the same run that goes on
          expect(readdirSync(join(repo.path, '.weft/runs'))).toHaveLength(1);
          expect((await type('weft wait --for complete')).code).toBe(0);
          expect(statuses()).toBe('completed completed completed completed');
          expect((await repo.git('log', '--format=%s', '--first-parent')).split('\n')).toHaveLength(6);
          expect(await repo.git('worktree', 'list')).not.toContain('\n');
        },
      },
    ],
  },
  {
    name: 'one stream alone',
    obstacle: problem,
    of: { name: 'shop' },
    prepare: async (someone) => {
      await bring(someone, 'completed');
      await someone.type('weft init --preset streams');
      await employ(someone);
    },
    steps: [
      {
        line: 'weft run task-copilot Stream-B --detach',
        says: [/The engine is process \d+/],
        after: async ({ type }) => {
          expect((await type('weft wait --for complete')).code).toBe(0);
          expect(statuses()).toBe('completed completed pending pending');
        },
      },
    ],
  },
];

actOut('streams', SCENES, (line) => !line.startsWith('/'));
