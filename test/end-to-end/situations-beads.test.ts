// What goes wrong with Beads databases, provoked on the real `bd`: what is said names the situation and what to type next.
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { makeTemplate, obstacle } from './beads-rig.ts';
import type { Newcomer } from './newcomer.ts';
import { AGENT, plan, provoke, type Situation, typeAndExpect } from './situation.ts';

/** A repository with a database that is committed as `bd` has it. */
async function open({ repo }: Newcomer): Promise<void> {
  cpSync(makeTemplate(), repo.path, { recursive: true });
  await repo.write('.weft/config.yaml', AGENT);
  await repo.git('config', 'beads.role', 'maintainer');
  await repo.commit('database');
}

async function create(someone: Newcomer, title: string, ...args: readonly string[]): Promise<string> {
  const said = await typeAndExpect(someone, `bd create ${title} ${args.join(' ')} --json`, 0);
  return (JSON.parse(said.slice(said.indexOf('{'))) as { id: string }).id;
}

const folderOf = ({ repo }: Newcomer): string => join(repo.path, '.beads/embeddeddolt/t/.dolt/noms');

const DRY = 'weft run beads --dry-run';

/** Records of issues that wait for each other, as older databases have them. */
function recordCircle({ repo }: Newcomer): Promise<void> {
  const issue = (id: string, other: string): string =>
    JSON.stringify({
      ...{ id, title: id, status: 'open', issue_type: 'task', priority: 2 },
      dependencies: [{ issue_id: id, depends_on_id: other, type: 'blocks' }],
    });
  return repo.write('.beads/issues.jsonl', `${issue('t-1', 't-2')}\n${issue('t-2', 't-1')}\n`);
}

const removeBd = ({ repo }: Newcomer): void => rmSync(join(repo.around, 'bin/bd'), { force: true });

const WITHOUT_BD: readonly Situation[] = [
  {
    name: 'no Beads',
    prepare: async (someone) => removeBd(someone),
    line: 'weft run beads',
    code: 2,
    says: ['"bd" cannot be run', 'Fix: npm install -g @beads/bd'],
  },
  {
    name: 'a bd that is too old',
    prepare: async (someone) => {
      removeBd(someone);
      await someone.repo.write('.beads/README.md', 'issues\n');
      const old =
        'case "$1" in version) echo "bd version 0.9.2";; *) echo "Error: unknown flag: --limit" >&2; exit 1;; esac';
      writeFileSync(join(someone.repo.around, 'bin/bd'), `#!/bin/sh\n${old}\n`, { mode: 0o755 });
    },
    line: 'weft run beads',
    code: 2,
    says: [
      'bd 0.9.2 is too old (bd list said: Error: unknown flag: --limit)',
      'Fix: npm install -g @beads/bd',
    ],
  },
  {
    name: 'issues that wait for each other',
    prepare: async (someone) => {
      removeBd(someone);
      await recordCircle(someone);
    },
    line: 'weft run beads',
    code: 2,
    says: [
      /wait for each other: t-1 → t-2 → t-1|wait for each other: t-2 → t-1 → t-2/,
      '`bd dep tree t-',
      /`bd dep remove t-\d t-\d`/,
    ],
  },
  {
    name: 'no token for GitHub',
    of: { atForge: true, env: () => ({ GH_ENTERPRISE_TOKEN: '' }) },
    prepare: (someone) => plan(someone, { one: '# One\n' }),
    line: 'weft run tracks.yaml --pull-requests',
    code: 2,
    says: ['token', 'gh auth login'],
  },
  {
    name: 'no pull requests without GitHub',
    prepare: (someone) => plan(someone, { one: '# One\n' }, 'pullRequests: true\n'),
    line: 'weft run tracks.yaml',
    code: 2,
    says: ['no remote is at a forge', 'git remote add origin https://github.com/OWNER/NAME'],
  },
  {
    name: 'no agent on PATH',
    prepare: async (someone) => {
      await plan(someone, { one: '# One\n' });
      await someone.repo.write('.weft/config.yaml', 'agents: { claude: { kind: claude } }\nagent: claude\n');
    },
    line: 'weft run tracks.yaml',
    code: 2,
    says: [/`?claude`?.*not.*(?:found|PATH)/, 'npm install -g @anthropic-ai/claude-code'],
  },
];

const DATABASES: readonly Situation[] = [
  {
    name: 'no database',
    prepare: ({ repo }) => repo.write('.weft/config.yaml', AGENT),
    line: 'weft run beads',
    code: 2,
    says: ['There is no Beads database in'],
    mend: /Fix: (bd init)$/m,
  },
  {
    name: 'settings of a database that cannot be read',
    prepare: async (someone) => {
      await open(someone);
      await someone.repo.write('.beads/metadata.json', '{"database');
    },
    line: 'weft run beads',
    code: 2,
    says: ['.beads/metadata.json is no JSON object', 'would begin another database'],
    mend: /Fix: (git .*)$/m,
  },
  {
    name: 'a database that is broken',
    prepare: async (someone) => {
      await open(someone);
      writeFileSync(join(folderOf(someone), 'manifest'), 'garbage');
    },
    line: 'weft run beads',
    code: 2,
    says: ['failed to load database', 'has no issues.jsonl'],
    mend: /Fix: (mv .* && bd bootstrap)$/m,
  },
  {
    name: 'a broken database, with records that can be read',
    prepare: async (someone) => {
      await open(someone);
      await typeAndExpect(someone, 'bd create One && bd export > .beads/issues.jsonl', 0);
      writeFileSync(join(folderOf(someone), 'manifest'), 'garbage');
    },
    line: 'weft doctor',
    code: 0,
    says: [/warning: +beads: .*failed to load database/, 'nothing can be claimed or told'],
    mend: /^ +(mv .* && bd bootstrap)$/m,
    then: DRY,
  },
  {
    name: 'an issue that is not there',
    prepare: open,
    line: 'weft run beads t-99',
    code: 2,
    says: ['Beads has no issue "t-99"'],
    mend: /`(bd list)`/,
    then: DRY,
  },
];

describe('without Beads', () => {
  test.each(WITHOUT_BD)('$name', provoke);
});

describe.skipIf(obstacle !== null)(`Beads${obstacle === null ? '' : `: ${obstacle}`}`, () => {
  test.each(DATABASES)('$name', { timeout: 240_000 }, provoke);
});

test.skipIf(obstacle !== null)(
  'an issue that waits for one that was not asked for',
  { timeout: 120_000 },
  async () => {
    await provoke({
      name: '',
      prepare: async (someone) => {
        await open(someone);
        const first = await create(someone, 'First');
        const second = await create(someone, 'Second', '--deps', first);
        await someone.repo.write('second', second);
      },
      line: 'weft run beads $(cat second)',
      code: 3,
      says: [/is not begun: for t-\w+, which is open and not part of this run/, /next: weft explain t-\w+/],
      mend: /`(weft run beads)`/,
      then: 'weft receipt latest',
    });
  },
);
