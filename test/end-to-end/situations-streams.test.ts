// What goes wrong with streams of Task Copilot, provoked: what is said names the situation and what to type next.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  findDriverProblem,
  type MadeDatabase,
  type MadeTask,
  makeDatabase,
} from '../../src/testing/task-copilot/make-database.ts';
import type { Running } from './cli.ts';
import { type Belongings, type Newcomer, welcome } from './newcomer.ts';
import { AGENT, provoke, type Situation, typeAndExpect } from './situation.ts';

async function keep({ home, repo }: Newcomer, ...items: readonly MadeTask[]): Promise<MadeDatabase> {
  await repo.write('.weft/config.yaml', AGENT);
  const folder = join(home, '.claude/tasks/shop');
  await mkdir(folder, { recursive: true });
  const database = await makeDatabase(join(folder, 'tasks.db'), 1);
  onTestFinished(() => database.close());
  database.add(...items);
  return database;
}

const withStreams =
  (...items: readonly MadeTask[]) =>
  (someone: Newcomer): Promise<unknown> =>
    keep(someone, ...items);

const item = (id: string, streamId: string, dependencies: readonly string[] = []): MadeTask => ({
  id,
  metadata: { streamId, dependencies },
});

const SHOP: Belongings = { name: 'shop' };

const STREAMS: readonly Situation[] = [
  {
    name: 'no streams found in Task Copilot database',
    of: SHOP,
    prepare: withStreams({ id: 'T1' }, { id: 'T2', archived: true, metadata: { streamId: 'A' } }),
    line: 'weft run task-copilot',
    code: 2,
    says: ['No streams found in Task Copilot database', 'metadata.streamId', /archived/, '@agent-ta'],
  },
  {
    name: 'circular dependency detected',
    of: SHOP,
    prepare: withStreams(item('1', 'A', ['C']), item('2', 'B', ['A']), item('3', 'C', ['B'])),
    line: 'weft run task-copilot',
    code: 2,
    says: [
      /A → C → B → A|B → A → C → B|C → B → A → C/,
      '"A" needs "C"',
      'metadata.dependencies',
      '@agent-ta',
      '--dry-run',
    ],
  },
  {
    name: 'a stream that needs one nobody knows',
    of: SHOP,
    prepare: withStreams(item('1', 'Stream-A'), item('2', 'Stream-B', ['Stream-AA'])),
    line: 'weft run task-copilot',
    code: 2,
    says: ['Stream "Stream-B" depends on "Stream-AA" (says task 2)', 'Did you mean "Stream-A"?'],
  },
  {
    name: 'a stream that nobody knows',
    of: SHOP,
    prepare: withStreams(item('1', 'Stream-A')),
    line: 'weft run task-copilot Stream-Q',
    code: 2,
    says: ['There is no stream "Stream-Q"', 'Did you mean "Stream-A"?'],
    then: 'weft run task-copilot Stream-A --dry-run',
    mend: async () => undefined,
  },
  {
    name: 'the database does not exist',
    of: SHOP,
    line: 'weft run task-copilot',
    code: 2,
    says: ['There is no Task Copilot database', '/.claude/tasks/shop/tasks.db', '--db PATH'],
    mend: withStreams(item('1', 'Stream-A')),
    then: 'weft run task-copilot --dry-run',
  },
  {
    name: 'the database does not exist, and the doctor is asked',
    of: SHOP,
    prepare: ({ type }) => type('weft init --preset streams'),
    line: 'weft doctor',
    code: 0,
    says: ['There is no Task Copilot database', '--db PATH'],
  },
  {
    name: 'a worker does not start',
    of: SHOP,
    prepare: async (someone) => {
      await keep(someone, item('1', 'Stream-A'));
      await someone.repo.write('.weft/config.yaml', 'agents: { claude: { kind: claude } }\nagent: claude\n');
    },
    line: 'weft run task-copilot',
    code: 2,
    says: [/claude.*not.*(?:found|PATH)/, 'npm install -g @anthropic-ai/claude-code'],
  },
  {
    name: 'stuck: one stream alone waits for another',
    of: SHOP,
    prepare: withStreams(item('1', 'Stream-A'), item('2', 'Stream-B', ['Stream-A'])),
    line: 'weft run task-copilot Stream-B',
    code: 3,
    says: ['Stream-B', 'it needs "Stream-A" (0 of 1 tasks)', 'next: weft explain Stream-B'],
    mend: /`(weft run task-copilot)`/,
    then: 'weft receipt latest',
  },
];

const CHAIN = [item('2', 'B', ['A']), item('3', 'C', ['B']), item('4', 'D', ['A'])];

/** Resolves when the command has said it. */
function hears(running: Running, words: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    running.child.stdout?.on('data', (chunk) => {
      said += String(chunk);
      if (said.includes(words)) resolve();
    });
    void running.ended.then((end) =>
      reject(new Error(`it ended without "${words}": ${JSON.stringify(end)}`)),
    );
  });
}

const problem = await findDriverProblem();

describe.skipIf(problem !== null)(`streams (${problem ?? 'there is a driver'})`, () => {
  test.each(STREAMS)('$name', { timeout: 60_000 }, provoke);

  test('stuck: several streams wait for one that somebody else has', { timeout: 60_000 }, async () => {
    const someone = await welcome(SHOP);
    const database = await keep(
      someone,
      { ...item('1', 'A'), status: 'in_progress', agent: 'bob' },
      ...CHAIN,
    );
    const running = someone.start('weft run task-copilot');
    await hears(running, '· A is not begun: taken by bob');
    const status = await typeAndExpect(someone, 'weft status', 0);
    expect(status).toMatch(/B +waiting +waits for A to be landed: it is not begun here \(taken by bob/);
    expect(status).toMatch(/C +waiting +waits for B to be landed, and that for A: it is not begun here/);
    expect(await typeAndExpect(someone, 'weft explain D', 0)).toContain('waits for A to be landed');
    database.exec("UPDATE tasks SET status = 'completed' WHERE id = '1'");
    const end = await running.ended;
    expect(end.code, end.out + end.err).toBe(0);
    expect(await typeAndExpect(someone, 'weft status', 0)).toContain('4 merged');
  });

  test('stuck: several streams wait for one that has failed', { timeout: 60_000 }, async () => {
    const someone = await welcome(SHOP);
    await keep(someone, item('1', 'A'), ...CHAIN);
    const mended = join(someone.home, 'mended');
    const config = AGENT.replace('echo x', `test -e ${mended} && echo x`);
    await someone.repo.write('.weft/config.yaml', `${config}limits: { attempts: 1 }\n`);
    const said = await typeAndExpect(someone, 'weft run task-copilot', 1);
    expect(said).toContain('next: weft restart A');
    const status = await typeAndExpect(someone, 'weft status', 0);
    for (const id of ['B', 'D'])
      expect(status).toMatch(
        new RegExp(`${id} +waiting +waits for A, which has failed: .*\`weft restart A\``),
      );
    expect(status).toContain('waits for B to be landed, and that for A, which has failed: `weft restart A`');
    expect(await typeAndExpect(someone, 'weft explain A', 0)).toContain('`weft logs A` has what was said');
    await typeAndExpect(someone, 'weft logs A', 0);
    await typeAndExpect(someone, `touch ${mended}`, 0);
    await typeAndExpect(someone, 'weft restart A', 0);
    expect(await typeAndExpect(someone, 'weft resume', 0)).toContain('4 merged');
  });
});
