// What goes wrong in the guides that people know, provoked: what is said names the situation and what to type next.
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  findDriverProblem,
  type MadeTask,
  makeDatabase,
} from '../../src/testing/task-copilot/make-database.ts';
import { type Belongings, type Newcomer, welcome } from './newcomer.ts';

interface Situation {
  /** As the guide calls it. */
  readonly name: string;
  readonly of?: Belongings;
  readonly prepare?: (someone: Newcomer) => Promise<unknown>;
  readonly line: string;
  readonly code: number;
  /** What names it, and what to do. */
  readonly says: readonly (string | RegExp)[];
}

const AGENT =
  'agents: { sh: { kind: command, run: "echo x > $WEFT_TASK.txt" } }\nagent: sh\nintegrate: auto\n';

/** Two tracks whose tasks claim the same file. */
async function collide({ repo }: Pick<Newcomer, 'repo'>): Promise<void> {
  await repo.write('.weft/config.yaml', AGENT);
  const tracks = ['one', 'two'].map(
    (name) => `  - { name: ${name}, steps: [{ task: ${name}.md, allowlist: ["src/api/**"] }] }`,
  );
  await repo.write('tracks.yaml', `tracks:\n${tracks.join('\n')}\n`);
  for (const name of ['one', 'two']) await repo.write(`${name}.md`, `# ${name}\n`);
  await repo.commit('plan');
}

const withStreams =
  (...items: readonly MadeTask[]) =>
  async ({ home, repo }: Newcomer): Promise<void> => {
    await repo.write('.weft/config.yaml', AGENT);
    const folder = join(home, '.claude/tasks/shop');
    await mkdir(folder, { recursive: true });
    const database = await makeDatabase(join(folder, 'tasks.db'), 1);
    onTestFinished(() => database.close());
    database.add(...items);
  };

const item = (id: string, streamId: string, dependencies: readonly string[] = []): MadeTask => ({
  id,
  metadata: { streamId, dependencies },
});

const SHOP: Belongings = { name: 'shop' };

const TRACKS: readonly Situation[] = [
  {
    name: 'conflict under --collision-policy fail',
    prepare: collide,
    line: 'weft orchestrate run --config tracks.yaml --collision-policy fail',
    code: 4,
    says: [/one.*two|two.*one/, 'src/api/', '--collision-policy serialize'],
  },
  {
    name: 'a track file that is not there',
    line: 'weft orchestrate run --config tracks.yaml',
    code: 2,
    says: ['tracks.yaml', 'weft init'],
  },
  { name: 'nothing to resume', line: 'weft orchestrate resume latest', code: 2, says: ['no run', '`weft`'] },
];

const BEADS: readonly Situation[] = [
  {
    name: 'no Beads',
    prepare: ({ repo }) => rm(join(repo.around, 'bin/bd'), { force: true }),
    line: 'weft run beads',
    code: 2,
    says: ['"bd" cannot be run', 'Fix: npm install -g @beads/bd'],
  },
  {
    name: 'no pull requests without GitHub',
    prepare: async ({ repo }) => {
      await collide({ repo });
      await repo.write('.weft/config.yaml', `${AGENT}pullRequests: true\n`);
    },
    line: 'weft run tracks.yaml',
    code: 2,
    says: ['no remote is at a forge', 'git remote add origin https://github.com/OWNER/NAME'],
  },
  {
    name: 'no token for GitHub',
    of: { atForge: true, env: () => ({ GH_ENTERPRISE_TOKEN: '' }) },
    prepare: (someone) => collide(someone),
    line: 'GH_ENTERPRISE_TOKEN= weft run tracks.yaml --pull-requests',
    code: 2,
    says: ['token', 'gh auth login'],
  },
  {
    name: 'no agent on PATH',
    prepare: async (someone) => {
      await collide(someone);
      await someone.repo.write('.weft/config.yaml', 'agents: { claude: { kind: claude } }\nagent: claude\n');
    },
    line: 'weft run tracks.yaml',
    code: 2,
    says: [/`?claude`?.*not.*(?:found|PATH)/, 'npm install -g @anthropic-ai/claude-code'],
  },
];

const STREAMS: readonly Situation[] = [
  {
    name: 'no streams found in Task Copilot database',
    of: SHOP,
    prepare: withStreams({ id: 'T1' }, { id: 'T2', archived: true, metadata: { streamId: 'A' } }),
    line: 'weft run task-copilot',
    code: 2,
    says: ['No streams found in Task Copilot database', 'metadata.streamId', /archived/],
  },
  {
    name: 'circular dependency detected',
    of: SHOP,
    prepare: withStreams(item('1', 'A', ['C']), item('2', 'B', ['A']), item('3', 'C', ['B'])),
    line: 'weft run task-copilot',
    code: 2,
    says: [/A → C → B → A|B → A → C → B|C → B → A → C|A → B → C → A|B → C → A → B|C → A → B → C/],
  },
  {
    name: 'the database does not exist',
    of: SHOP,
    line: 'weft run task-copilot',
    code: 2,
    says: ['There is no Task Copilot database', '/.claude/tasks/shop/tasks.db', '--db PATH'],
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
      await withStreams(item('1', 'Stream-A'))(someone);
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
    says: ['Stream-B', 'it needs "Stream-A" (0 of 1 tasks)', 'weft run task-copilot'],
  },
];

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
    of: { atForge: true },
    prepare: ({ repo }) => repo.write('.weft/config.yaml', AGENT),
    line: 'weft run github 123',
    code: 2,
    says: ['has no issue #123'],
  },
];

const problem = await findDriverProblem();

describe.each([
  ['track files', TRACKS],
  ['Beads', BEADS],
  ['streams', problem === null ? STREAMS : []],
  ['issues', ISSUES],
] as const)('%s', (_, situations) => {
  test.each(situations)('$name', async ({ of, prepare, line, code, says }) => {
    const someone = await welcome(of);
    await prepare?.(someone);
    const end = await someone.type(line);
    const said = end.out + end.err;
    expect(end.code, said).toBe(code);
    for (const words of says)
      if (typeof words === 'string') expect(said).toContain(words);
      else expect(said).toMatch(words);
  });
});
