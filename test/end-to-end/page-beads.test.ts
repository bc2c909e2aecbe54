// What who comes from Beads, worktrees and just is told to type, typed: docs/from-beads.md.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { obstacle } from './beads-rig.ts';
import { JUST } from './just.ts';
import type { Newcomer } from './newcomer.ts';
import { actOut, type Scene, type Step } from './page.ts';
import { employ, teach } from './page-actor.ts';
import { REPO } from './shop.ts';

/** What this person's epic is called. */
let epic = '';

/** Makes an issue; gives its id. */
async function create({ type }: Newcomer, title: string, args = ''): Promise<string> {
  const { out, err } = await type(`bd create "${title}" ${args} --json`);
  if (out === '') throw new Error(err);
  return (JSON.parse(out) as { id: string }).id;
}

/** How an issue stands in Beads. */
async function statusOf({ type }: Newcomer, id: string): Promise<string> {
  const [issue] = JSON.parse((await type(`bd show ${id} --json`)).out) as { status: string }[];
  return issue?.status ?? 'gone';
}

/** Somebody with an epic of two issues. */
async function bring(someone: Newcomer): Promise<Record<string, string>> {
  const { code, err } = await someone.type('bd init --quiet');
  if (code !== 0) throw new Error(err);
  epic = await create(someone, 'Feature X', '-t epic');
  for (const part of ['Component A', 'Component B']) await create(someone, part, `--parent ${epic}`);
  return { 'ghtml-a1b2': epic };
}

/** Takes the agent on, and has the forge begin where the checkout does. */
async function begin(someone: Newcomer): Promise<void> {
  // a stand-in for GitHub has no checks that could show up later
  await employ(someone, { pullRequests: { settleMs: 0, pollMs: 250 } });
  await someone.repo.git('push', '-q', someone.forge?.gitDir(REPO) ?? '', 'HEAD:main');
}

const closed =
  (part = '') =>
  async (someone: Newcomer): Promise<void> =>
    expect(await statusOf(someone, `${epic}${part}`)).toBe('closed');

/** Sets somebody up who has done what the page begins with. */
async function bringSetUp(someone: Newcomer): Promise<Record<string, string>> {
  const names = await bring(someone);
  await someone.type('weft init --just --preset beads');
  await begin(someone);
  return names;
}

const BEGIN: readonly Step[] = [
  {
    line: 'weft init --just --preset beads',
    says: ['wrote .weft/config.yaml', 'wrote justfile', 'To begin: `weft run beads`'],
    after: begin,
  },
  {
    line: 'just orchestrate-status',
    calls: 'weft status',
    says: ['No run yet.', 'next: weft run beads'],
  },
  ...['just orchestrate --dry-run', 'just orchestrate-preview'].map(
    (line): Step => ({
      line,
      calls: 'weft run beads --dry-run',
      says: ['2 tasks in 1 wave', 'ghtml-a1b2.2  Component B', 'agent/ghtml-a1b2.2', 'Nothing was changed.'],
    }),
  ),
];

const RUNS: readonly Step[] = [
  {
    line: 'just worker ghtml-a1b2.1',
    calls: 'weft run beads ghtml-a1b2.1',
    says: ['1 task ', 'complete (1 merged)'],
    after: closed('.1'),
  },
  {
    line: 'just orchestrate-epic ghtml-a1b2',
    calls: 'weft run beads --epic ghtml-a1b2',
    says: ['1 task ', 'ghtml-a1b2.2 merged', 'complete (1 merged)'],
    // an epic is closed with its last child
    after: closed(),
  },
  {
    line: 'just orchestrate --epic ghtml-a1b2',
    calls: 'weft run beads --epic ghtml-a1b2',
    before: (someone) => create(someone, 'Component C', `--parent ${epic}`),
    says: ['1 task ', 'ghtml-a1b2.3 merged', 'complete (1 merged)'],
    after: closed('.3'),
  },
  { line: 'weft status --watch', says: ['ghtml-a1b2.3', 'is complete (1 merged)'] },
  {
    line: 'weft doctor --verify latest',
    says: [/^held +I6 /m],
    after: (_, { out }) => expect(out).not.toContain('broken'),
  },
];

const TROUBLE: readonly Step[] = [
  {
    line: 'just orchestrate --max-agents 2',
    calls: 'weft run beads --max-agents 2',
    // whose agents cannot be run
    before: async (someone) => {
      for (const part of ['1', '2']) await teach(someone, `${epic}.${part}`, 'exit 127');
    },
    code: 1,
    says: ['2 agents at once', '2 failed', 'next: weft restart ghtml-a1b2.1'],
    after: async (someone) => {
      expect(await statusOf(someone, `${epic}.1`)).toBe('blocked');
      expect(readdirSync(join(someone.repo.around, 'worktrees')).sort()).toEqual([`${epic}.1`, `${epic}.2`]);
    },
  },
  {
    line: 'just worktree-remove ghtml-a1b2.1',
    calls: 'weft worktree remove ghtml-a1b2.1',
    says: ['removed ', 'worktrees/ghtml-a1b2.1'],
    after: ({ repo }) => expect(existsSync(join(repo.around, 'worktrees', `${epic}.1`))).toBe(false),
  },
  {
    line: 'just worktree-clean',
    calls: 'weft worktree clean',
    says: ['removed ', 'worktrees/ghtml-a1b2.2'],
    after: ({ repo }) => expect(existsSync(join(repo.around, 'worktrees', `${epic}.2`))).toBe(false),
  },
  {
    line: 'weft restart ghtml-a1b2.1',
    says: ['ghtml-a1b2.1 starts anew'],
    after: async (someone) => {
      await someone.type(`weft restart ${epic}.2`);
      for (const part of ['1', '2'])
        await teach(someone, `${epic}.${part}`, 'echo mended > "$WEFT_TASK.txt"');
    },
  },
  {
    line: 'just orchestrate',
    calls: 'weft run beads',
    // the same again goes on with its run
    says: [/^run \S+ goes on/, 'complete (2 merged)'],
    after: closed(),
  },
  {
    line: 'just merger --dry-run',
    calls: 'weft merge --dry-run',
    before: async (someone) => {
      await create(someone, 'Component C', `--parent ${epic}`);
      expect((await someone.type('weft run beads --integrate human')).code).toBe(3);
    },
    says: ['ghtml-a1b2.3'],
    after: ({ forge }) => expect(forge?.pulls(REPO).at(-1)).toMatchObject({ state: 'open' }),
  },
  {
    line: 'just merger',
    calls: 'weft merge',
    says: ['ghtml-a1b2.3', '1 merged'],
    after: ({ forge }) => expect(forge?.pulls(REPO).at(-1)).toMatchObject({ state: 'closed' }),
  },
];

const FILES = {
  '.plan/e2e/tasks/001_set_up.md': '# Task 001: Set up\n',
  '.plan/e2e/tasks/002_build.md': '# Task 002: Build\n\n## Dependencies\n\n- 001_set_up\n',
  'IMPLEMENTATION_PLAN.md': '# Plan\n\n## Phase 1\n\n- [ ] Add route\n- [ ] Add auth\n',
  'tasks.yaml': 'tasks:\n  - title: Left\n    completed: false\n',
  '.takt/tasks.yaml':
    'tasks:\n  - name: add-login\n    status: pending\n    content: Add it.\n    created_at: "2026-01-01"\n    started_at: null\n    completed_at: null\n',
};

async function writePlans({ repo }: Newcomer): Promise<void> {
  for (const [path, text] of Object.entries(FILES)) await repo.write(path, text);
  await repo.commit('plans');
}

const text = ({ repo }: Newcomer, path: string): string => readFileSync(join(repo.path, path), 'utf8');

const PLANS: readonly Step[] = [
  {
    line: 'weft run plan .plan',
    says: ['2 tasks', /001_set_up merged.*002_build merged/s],
    after: (someone) => expect(text(someone, '.plan/e2e/tasks/001_set_up.md')).toBe('# Task 001: Set up\n'),
  },
  {
    line: 'weft run plan IMPLEMENTATION_PLAN.md',
    says: ['2 tasks', /add-route merged.*add-auth merged/s],
    after: (someone) =>
      expect(text(someone, 'IMPLEMENTATION_PLAN.md')).toContain('- [x] Add route\n- [x] Add auth\n'),
  },
  {
    line: 'weft run plan tasks.yaml',
    says: ['1 task', 'left merged'],
    after: (someone) => expect(text(someone, 'tasks.yaml')).toContain('completed: true'),
  },
  {
    line: 'weft run plan .takt/tasks.yaml',
    says: ['1 task', 'add-login merged'],
    after: (someone) => expect(text(someone, '.takt/tasks.yaml')).toBe(FILES['.takt/tasks.yaml']),
  },
];

const SCENES: readonly Scene[] = [
  {
    name: 'issues that become work, with just',
    obstacle,
    of: { name: 'ghtml', atForge: true },
    prepare: bring,
    steps: [...BEGIN, ...RUNS],
  },
  {
    name: 'issues that fail, begin anew, and are merged by a person',
    obstacle,
    of: { name: 'ghtml', atForge: true },
    prepare: bringSetUp,
    steps: TROUBLE,
  },
  {
    name: 'plans that become issues',
    obstacle,
    of: { name: 'ghtml' },
    prepare: async (someone) => {
      await someone.type('bd init --quiet && weft init --just --preset beads');
      await writePlans(someone);
      return undefined;
    },
    steps: [
      {
        line: 'weft migrate beads --dry-run',
        says: ['e2e'],
        after: async ({ type }) => expect(JSON.parse((await type('bd list --all --json')).out)).toEqual([]),
      },
      {
        line: 'just migrate-to-beads',
        calls: 'weft migrate beads',
        says: ['e2e'],
        after: async ({ type }) => {
          const issues = JSON.parse((await type('bd list --all --json')).out) as { external_ref?: string }[];
          expect(issues).toHaveLength(3);
          const refs = issues.map(({ external_ref: ref }) => ref);
          expect(refs).toContain('plan:.plan/e2e/tasks/002_build.md');
        },
      },
    ],
  },
  {
    name: 'plans without Beads',
    prepare: async (someone) => {
      await someone.type('weft init --preset beads');
      await writePlans(someone);
      await employ(someone, { pullRequests: false, phases: {} });
      return undefined;
    },
    steps: PLANS,
  },
  {
    name: 'the list of recipes',
    obstacle: JUST === undefined ? 'there is no just' : null,
    prepare: async ({ type }) => {
      await type('weft init --just');
      return undefined;
    },
    steps: [
      { line: 'just orchestrate-help', says: [/orchestrate-epic epic \*args +# Run the tasks of one epic/] },
    ],
  },
  {
    name: 'crashes, elsewhere',
    prepare: async ({ type }) => {
      await type('weft init --just');
      return undefined;
    },
    steps: [
      {
        line: 'just test-crash-recovery',
        calls: 'weft demo --crash',
        says: [/^All \d went on as they should, and every promise of every run was kept\.$/m],
      },
    ],
  },
];

actOut('beads', SCENES);
