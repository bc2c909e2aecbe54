// Plan folders become issues of Beads once, by the real `bd` where it is there.
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { migrateToBeads } from '../../../../src/adapters/source/plan/migrate-beads.ts';
import { fail, ok, type Result } from '../../../../src/core/failure.ts';
import type { MigrationRow } from '../../../../src/core/source.ts';
import { testGitEnv } from '../../../../src/testing/temp-repo.ts';
import { type Files, withFiles } from '../scene.ts';

const BD = '/usr/local/bin/bd';
const run = promisify(execFile);

const PLAN: Files = {
  '.plan/e2e/PLAN.md': '# Epic: End to end\n\nWhy.\n',
  '.plan/e2e/tasks/README.md': '| 001 | Base | [x] Complete |\n| 004 | Wait | [!] Blocked |\n',
  '.plan/e2e/tasks/001_base.md': '# Task 001: Base\n',
  '.plan/e2e/tasks/002_left.md':
    '# Task 002: --left; $(touch x) "q"\n\n## Dependencies\n\n- 001_base\n- 003_right\n\n## Success Criteria\n\n1. It works\n\n## Notes\n\nMind.\n',
  '.plan/e2e/tasks/003_right.md':
    '---\npriority: 0\n---\n# Task 003: Right\n\n## Dependencies\n\nlate/001_more\n',
  '.plan/e2e/tasks/004_wait.md': '# Task 004: Wait\n',
  '.plan/late/tasks/001_more.md': '# More\n',
};

interface Issue {
  readonly id: string;
  readonly title: string;
  readonly [key: string]: unknown;
}

/** Asks `bd` in a folder; after `left` calls that write it is as if it had been killed. */
function createAsk(
  cwd: string,
  limit: { left: number } = { left: Number.POSITIVE_INFINITY },
): (args: readonly string[]) => Promise<Result<unknown>> {
  return async (args) => {
    if (args[0] !== 'list' && limit.left <= 0) return fail({ kind: 'environment', sentence: 'killed' });
    if (args[0] !== 'list') limit.left -= 1;
    try {
      const { stdout } = await run(BD, [...args, '--json'], { cwd, env: testGitEnv(), maxBuffer: 1 << 26 });
      return ok(JSON.parse(stdout));
    } catch (error) {
      return fail({ kind: 'environment', sentence: String(error) });
    }
  };
}

async function migrate(
  repository: string,
  options: { readonly dryRun?: boolean; readonly limit?: { left: number } } = {},
): Promise<Result<readonly MigrationRow[]>> {
  const { dryRun = false, limit } = options;
  return migrateToBeads({
    folders: [{ repository, path: '.plan' }],
    dryRun,
    ask: createAsk(repository, limit),
    show: () => undefined,
  });
}

async function listIssues(cwd: string): Promise<readonly Issue[]> {
  const listed = await createAsk(cwd)(['list', '--all', '--limit=0']);
  return listed.ok ? (listed.value as readonly Issue[]) : [];
}

function initBeads(cwd: string): void {
  const env = { ...testGitEnv(), BD_NON_INTERACTIVE: '1' };
  execFileSync('git', ['init', '-q'], { cwd, env });
  execFileSync(BD, ['init', '--prefix=tst', '--stealth', '--quiet'], { cwd, env, stdio: 'ignore' });
}

function summarize(issues: readonly Issue[]): readonly string[] {
  const titleOf = new Map(issues.map(({ id, title }) => [id, title]));
  return issues
    .map((issue) => {
      const links = (issue['dependencies'] as { type: string; depends_on_id: string }[] | undefined) ?? [];
      const shown = links.map(({ type, depends_on_id: on }) => `${type} ${titleOf.get(on)}`).sort();
      return [
        `${issue['issue_type']} ${issue['status']} P${issue['priority']} ${issue.title}`,
        ...shown,
      ].join(' | ');
    })
    .sort();
}

const WANTED = [
  'epic open P2 End to end',
  'epic open P2 late',
  'task blocked P2 Wait | parent-child End to end',
  'task open P0 Right | blocks More | parent-child End to end',
  'task open P2 --left; $(touch x) "q" | blocks Right | parent-child End to end',
  'task open P2 More | parent-child late',
];

/** `bd` in memory: as much of it as a migration uses. */
function createFakeBd(): (args: readonly string[]) => Promise<Result<unknown>> {
  const issues: Record<string, unknown>[] = [];
  const value = (args: readonly string[], name: string): string | undefined =>
    args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
  return async (args) => {
    if (args[0] === 'list') return ok(structuredClone(issues));
    if (args[0] === 'dep') {
      const links = issues.find(({ id }) => id === args[2])?.['dependencies'] as unknown[];
      links.push({ type: 'blocks', depends_on_id: args[3] });
    } else if (args[0] === 'update') {
      const issue = issues.find(({ id }) => id === args[1]);
      if (issue !== undefined) [issue['status'], issue['metadata']] = [value(args, 'status'), {}];
    } else {
      const [parent, deps] = [value(args, 'parent'), value(args, 'deps')];
      issues.push({
        id: `t-${issues.length}`,
        title: value(args, 'title'),
        issue_type: value(args, 'type'),
        priority: Number(value(args, 'priority') ?? 2),
        status: 'open',
        external_ref: value(args, 'external-ref'),
        metadata: JSON.parse(value(args, 'metadata') ?? '{}'),
        dependencies: [
          ...(parent === undefined ? [] : [{ type: 'parent-child', depends_on_id: parent }]),
          ...(deps?.split(',') ?? []).map((id) => ({ type: 'blocks', depends_on_id: id })),
        ],
      });
    }
    return ok(issues.at(-1));
  };
}

describe.skipIf(!existsSync(BD))('migration to Beads (needs the real bd)', { timeout: 120_000 }, () => {
  test('everything once: killed half-way it goes on, a second time finds it, and adds only what is new', () =>
    withFiles(PLAN, async (repository) => {
      initBeads(repository);
      await migrate(repository, { dryRun: true });
      expect(await listIssues(repository)).toEqual([]);
      expect(await migrate(repository, { limit: { left: 3 } })).toMatchObject({ ok: false });
      expect(shorten(await migrate(repository))).toEqual([
        'skipped e2e/tasks/001_base.md',
        'found late',
        'found late/tasks/001_more.md',
        'found e2e',
        'created e2e/tasks/003_right.md',
        'created e2e/tasks/002_left.md',
        'created e2e/tasks/004_wait.md',
      ]);
      const issues = await listIssues(repository);
      expect(summarize(issues)).toEqual(WANTED);
      expect(existsSync(join(repository, 'x'))).toBe(false);
      expect(issues.find(({ title }) => title.startsWith('--left'))).toMatchObject({
        acceptance_criteria: '1. It works',
        description: expect.stringMatching(/Mind\.\n*Spec: \.plan\/e2e\/tasks\/002_left\.md$/),
        metadata: { spec_file: '.plan/e2e/tasks/002_left.md' },
      });
      writeFileSync(join(repository, '.plan/late/tasks/002_new.md'), '# New\n');
      writeFileSync(join(repository, '.plan/late/tasks/001_more.md'), '# More\n\nDepends on: 002\n');
      const again = shorten(await migrate(repository));
      expect(again.filter((row) => !row.startsWith('found'))).toEqual([
        'skipped e2e/tasks/001_base.md',
        'created late/tasks/002_new.md',
        'linked late/tasks/001_more.md',
      ]);
      expect(await listIssues(repository)).toHaveLength(WANTED.length + 1);
    }));
});

function shorten(rows: Result<readonly MigrationRow[]>): readonly string[] {
  return rows.ok ? rows.value.map(({ did, file }) => `${did} ${file.replace('.plan/', '')}`) : [];
}

describe('migration to Beads', () => {
  test.each([0, 1, 2, 3, 4, 5, 6])('killed after %i calls that write, it goes on without doubles', (left) =>
    withFiles(PLAN, async (repository) => {
      const bd = createFakeBd();
      const folders = [{ repository, path: '.plan' }];
      const limit = { left };
      const ask: typeof bd = (args) =>
        args[0] !== 'list' && limit.left-- <= 0
          ? Promise.resolve(fail({ kind: 'environment', sentence: 'killed' }))
          : bd(args);
      const rest = { folders, dryRun: false, show: (): void => undefined };
      expect(await migrateToBeads({ ...rest, ask })).toMatchObject({ ok: false });
      expect(await migrateToBeads({ ...rest, ask: bd })).toMatchObject({ ok: true });
      const listed = await bd(['list']);
      const issues = summarize((listed.ok ? listed.value : []) as readonly Issue[]);
      expect(issues).toEqual(WANTED);
    }),
  );

  test('a plan with mistakes changes nothing', () =>
    withFiles(
      {
        '.plan/x/tasks/1_a.md': '# A\n\nDepends on: 2_b\n',
        '.plan/x/tasks/2_b.md': '# B\n\nDepends on: 1\n',
      },
      async (repository) => {
        const asked: unknown[] = [];
        const ask = async (args: readonly string[]): Promise<Result<unknown>> => {
          asked.push(args);
          return ok([]);
        };
        const folders = [{ repository, path: '.plan' }];
        const migrated = await migrateToBeads({ folders, dryRun: false, ask, show: () => undefined });
        expect(migrated).toMatchObject({ ok: false, failure: { kind: 'usage' } });
        expect(migrated.ok ? '' : migrated.failure.sentence).toContain(
          'These tasks wait for each other: x.1_a → x.2_b',
        );
        expect(asked).toEqual([]);
      },
    ));
});
