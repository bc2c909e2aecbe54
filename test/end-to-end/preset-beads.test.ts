// The preset `beads` with the real `bd` and a forge: where its tasks work, over a crash, and what Beads and the forge have of them.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { obstacle } from './beads-rig.ts';
import { journalSays } from './cli.ts';
import { type Newcomer, welcome } from './newcomer.ts';
import { REPO } from './shop.ts';

/** Works no further than to where it is let go on, and approves of everything. */
const AGENT = `#!/bin/sh
set -e
if [ "$WEFT_ROLE" = review ]; then echo '{"status":"approve"}' > "$WEFT_RESULT_FILE"; exit; fi
until [ -e "$ASIDE/go" ]; do sleep 0.05; done
echo "$BEADS_DIR" > "$WEFT_TASK.txt"
`;

/** Types a line that has to go well; gives what it printed. */
async function typed({ type }: Newcomer, line: string): Promise<string> {
  const { code, out, err } = await type(line);
  expect(code, `${line}: ${out}${err}`).toBe(0);
  return out;
}

/** An epic with two parts, and the preset with an agent that is a script; gives the ids of the parts. */
async function settle(
  someone: Newcomer,
): Promise<{ readonly epic: string; readonly ids: readonly string[] }> {
  const { repo, forge } = someone;
  const aside = join(repo.around, 'aside');
  await mkdir(aside);
  await writeFile(join(aside, 'agent.sh'), AGENT);
  await typed(someone, 'bd init');
  const idOf = (said: string): string => /(ghtml-[\w.]+)/.exec(said)?.[1] ?? '';
  const epic = idOf(await typed(someone, 'bd create "Epic: Feature X" -p 0'));
  const ids: string[] = [];
  for (const part of ['Implement A', 'Implement B'])
    ids.push(idOf(await typed(someone, `bd create "${part}" -p 1 --parent ${epic}`)));
  expect(await typed(someone, 'weft init --preset beads')).toContain('To begin: `weft run beads`');
  const file = join(repo.path, '.weft', 'config.yaml');
  const config = parse(await readFile(file, 'utf8')) as Readonly<Record<string, unknown>>;
  const run = `ASIDE='${aside}' sh '${aside}/agent.sh'`;
  // a stand-in for GitHub has no checks that could show up later
  const pullRequests = { settleMs: 0, pollMs: 250 };
  const own = {
    agent: 'sh',
    agents: { sh: { kind: 'command', run } },
    gates: { tier0: ['true'] },
    pullRequests,
  };
  await writeFile(file, stringify({ ...config, ...own }));
  await repo.commit('weft');
  await repo.git('push', '-q', forge?.gitDir(REPO) ?? '', 'HEAD:main');
  return { epic, ids };
}

describe.skipIf(obstacle !== null)(`the preset beads${obstacle === null ? '' : `: ${obstacle}`}`, () => {
  test('makes reviewed pull requests of the parts of an epic where its document says, over a crash', {
    timeout: 240_000,
  }, async () => {
    const someone = await welcome({ name: 'ghtml', atForge: true });
    const { repo, forge } = someone;
    const { epic, ids } = await settle(someone);
    const running = someone.start(`weft run beads --epic ${epic}`);
    for (const id of ids) await journalSays(repo.path, `"type":"attempt.started","task":"${id}"`, running);
    const trees = await repo.git('worktree', 'list', '--porcelain');
    for (const id of ids) {
      expect(trees).toContain(`worktree ${join(repo.around, 'worktrees', id)}\n`);
      expect(trees).toContain(`branch refs/heads/agent/${id}\n`);
    }
    process.kill(-(running.child.pid ?? 0), 'SIGKILL');
    await running.ended;
    await writeFile(join(repo.around, 'aside', 'go'), '');
    expect(await typed(someone, `weft run beads --epic ${epic}`)).toMatch(/^run \S+ goes on/);

    const pulls = forge?.pulls(REPO) ?? [];
    expect(pulls.map(({ pull }) => pull.headRef).sort()).toEqual(ids.map((id) => `agent/${id}`));
    expect(forge?.duplicates()).toEqual([]);
    const issues = JSON.parse(await typed(someone, 'bd list --all --json --limit 0')) as readonly {
      readonly id: string;
      readonly status: string;
      readonly labels?: readonly string[];
    }[];
    expect(issues.map(({ status }) => status)).toEqual(['closed', 'closed', 'closed']);
    for (const { id, labels } of issues) {
      const number = pulls.find(({ pull }) => pull.headRef === `agent/${id}`)?.number;
      expect(labels ?? []).toEqual(id === epic ? [] : ['phase:merged', `pr:${number}`]);
    }
    // each worked once and was reviewed once
    const journal = await readFile(
      join(repo.path, '.weft', 'runs', await latestRun(someone), 'journal.jsonl'),
      'utf8',
    );
    expect(journal.match(/"type":"attempt\.spawned"/g)).toHaveLength(4);
    expect(journal.match(/"type":"attempt\.reviewed"/g)).toHaveLength(2);
    const target = forge?.gitDir(REPO) ?? '';
    for (const id of ids)
      expect(await repo.git('--git-dir', target, 'show', `main:${id}.txt`)).toBe(join(repo.path, '.beads'));
    expect(await repo.git('worktree', 'list')).not.toContain('\n');
    expect(await repo.git('branch', '--format=%(refname:short)')).toBe('main');
  });
});

async function latestRun(someone: Newcomer): Promise<string> {
  return (JSON.parse(await typed(someone, 'weft status --json')) as { readonly run: string }).run;
}
