// The quick starts that people know, line by line as they type them, on a fresh repository with the real programs: Claude Code
// does the work, for a scripted model.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PRESETS } from '../../src/adapters/config/presets.ts';
import { obstacle } from '../end-to-end/beads-rig.ts';
import type { Ended } from '../end-to-end/cli.ts';
import { JUST } from '../end-to-end/just.ts';
import { REPO } from '../end-to-end/shop.ts';
import { describeWithAgents } from './binaries.ts';
import { type Owner, welcomeWithClaude } from './talk.ts';

const LONG = { timeout: 240_000 };

/** What was printed by a command that ends as it should. */
async function printed(ended: Promise<Ended>, code = 0): Promise<string> {
  const end = await ended;
  expect(end.code, end.out + end.err).toBe(code);
  return end.out;
}

/** Who plans and reviews is told by the repository's own templates what to answer. */
async function teach({ repo }: Owner): Promise<void> {
  const milestone = { goal: 'it is written', files_expected: [], done_checks: ['look'], risk_level: 'low' };
  const answers = {
    planner: { milestones: [milestone], do_not_touch: [] },
    reviewer: { status: 'approve', changes: [] },
  };
  for (const [role, answer] of Object.entries(answers)) {
    const command = `@bash printf '%s' '${JSON.stringify(answer)}' > "$WEFT_RESULT_FILE"\n@say Done.`;
    // the first words are this, and what the task has for its worker is not played after them
    await repo.write(`.weft/agents/${role}.md`, `{{ title }}\n\n${command}\n\n{{ task }}\n`);
  }
}

const HEREDOC = `cat > tracks.yaml << 'EOF'
tracks:
  - name: "API Track"
    steps:
      - task: .runr/tasks/api-auth.md
        allowlist: [src/api/**]

  - name: "UI Track"
    steps:
      - task: .runr/tasks/ui-components.md
        allowlist: [src/ui/**]
EOF`;

describeWithAgents('the quick start of track files', ({ claude }) => {
  it('runs two tracks in worktrees; what is approved lands, and the receipt says so', LONG, async () => {
    const someone = await welcomeWithClaude(claude);
    const { type, repo } = someone;
    await teach(someone);
    await repo.write('.runr/tasks/api-auth.md', '# Auth\n\n@write src/api/auth.ts|auth\n');
    await repo.write('.runr/tasks/ui-components.md', '# Parts\n\n@write src/ui/parts.ts|parts\n');
    await printed(type('weft init --preset tracks'));
    await printed(type(HEREDOC));
    const run = await printed(type('weft orchestrate run --config tracks.yaml --worktree'), 3);
    expect(run).toContain('2 tasks · 2 tracks · 16 agents at once');
    expect(run).toContain('next: weft approve --all  (2 verified and not landed yet)');
    const folder = PRESETS.tracks.folder ?? '';
    const trees = await repo.git('worktree', 'list');
    expect(trees.split('\n').filter((line) => line.includes(`${folder}/`))).toHaveLength(2);
    expect(await repo.git('branch', '--list', 'runr/*/api-auth', 'runr/*/ui-components')).toMatch(/\n/);
    // nobody waits for ever: it says what it waits for
    const wait = await printed(type('weft orchestrate wait latest --for complete'), 1);
    expect(wait).toContain('next: weft approve --all');
    await printed(type('weft approve --all'));
    await printed(type('weft orchestrate resume latest'));
    await printed(type('weft orchestrate wait latest --for complete'));
    const receipt = JSON.parse(await printed(type('weft orchestrate receipt latest --json'))) as object;
    expect(receipt).toMatchObject({ status: 'complete', summary: { tasks_completed: 2 } });
    expect(await repo.git('log', '--format=%s', 'main')).toMatch(/^(?:Auth\nParts|Parts\nAuth)\nstart$/);
    expect(await repo.git('worktree', 'list')).not.toContain('\n');
    expect(readdirSync(join(repo.path, folder))).toEqual(['.gitignore']);
    const [id = ''] = readdirSync(join(repo.path, '.weft/runs'));
    expect(readdirSync(join(repo.path, '.weft/runs', id, 'handoffs'))).toEqual(['complete.json']);
  });
});

/** Claude Code is told by the repository's own template what the issues of the quick start do not say. */
const WORKER = `{{ title }}

{{ task }}

@bash echo "$BEADS_DIR" > $WEFT_TASK.txt && git add -A && git commit -qm "Work on $WEFT_TASK"
`;

describe.skipIf(obstacle !== null || JUST === undefined)('with bd and just', () => {
  describeWithAgents('the quick start of Beads', ({ claude }) => {
    it(
      'makes pull requests of the tasks of an epic and merges them, and Beads has it all',
      LONG,
      async () => {
        const someone = await welcomeWithClaude(claude, { name: 'ghtml', atForge: true });
        const { type, repo, forge } = someone;
        await printed(type('bd init'));
        const [, epic = ''] =
          /(ghtml-\w+)/.exec(await printed(type('bd create "Epic: Feature X" -p 0'))) ?? [];
        const parts = ['Implement component A', 'Implement component B', 'Write integration tests'];
        for (const part of parts) await printed(type(`bd create "${part}" -p 1 --parent ${epic}`));
        await printed(type('weft init --just --preset beads'));
        // a stand-in for GitHub has no checks that could show up later
        await printed(
          type(
            `sed -i 's/^pullRequests: true/pullRequests: { settleMs: 0, pollMs: 250 }/' .weft/config.yaml`,
          ),
        );
        await teach(someone);
        await repo.write('.weft/agents/worker.md', WORKER);
        await repo.commit('weft');
        await repo.git('push', '-q', forge?.gitDir(REPO) ?? '', 'HEAD:main');
        const run = await printed(type(`just orchestrate --epic ${epic}`));
        expect(run).toContain('3 tasks · 1 track · 4 agents at once · lands on main when green');
        const ids = [1, 2, 3].map((at) => `${epic}.${at}`);
        // begun as they were written down; each comes a second time, to be reviewed
        expect([...run.matchAll(/ (\S+) spawned/g)].map(([, id]) => id).slice(0, 3)).toEqual(ids);
        const status = await printed(type('just orchestrate-status'));
        for (const id of ids) expect(status).toMatch(new RegExp(`✔ ${id} +merged`));

        const list = JSON.parse(await printed(type('bd list --all --json --limit 0'))) as readonly {
          readonly id: string;
          readonly status: string;
          readonly labels?: readonly string[];
        }[];
        expect(list.map(({ status: is }) => is)).toEqual(['closed', 'closed', 'closed', 'closed']);
        for (const { id, labels } of list)
          if (id !== epic) expect(labels).toEqual(['phase:merged', expect.stringMatching(/^pr:\d$/)]);
        expect(forge?.pulls(REPO).map(({ title }) => title)).toEqual(expect.arrayContaining(parts));
        // work lands at GitHub; the branch here is the person's to pull
        await repo.git('fetch', '-q', forge?.gitDir(REPO) ?? '', 'main');
        const log = await repo.git('log', '-3', '--format=%s', 'FETCH_HEAD');
        expect(log.split('\n').sort()).toEqual(parts);
        expect(await repo.git('show', `FETCH_HEAD:${epic}.1.txt`)).toBe(join(repo.path, '.beads'));
        const state = join(repo.path, '.beads/orchestrator/state.json');
        expect(existsSync(state) ? readFileSync(state, 'utf8') : '{}\n').toBe('{}\n');
        expect(await repo.git('worktree', 'list')).not.toContain('\n');
        expect(await repo.git('status', '--porcelain')).toBe(' M .beads/interactions.jsonl');
      },
    );
  });
});
