// Repositories with a real Beads database, and stand-ins for a `bd` of another version.
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import type { BeadsIssue } from '../../../../src/adapters/source/beads/issue.ts';
import { readIssues } from '../../../../src/adapters/source/beads/issue.ts';
import { oid, type Phase, runId, taskId } from '../../../../src/core/model.ts';
import type { SourceSpec, TaskReport } from '../../../../src/core/source.ts';

/** All issues. */
export const ALL: Extract<SourceSpec, { kind: 'beads' }> = {
  kind: 'beads',
  epic: null,
  issues: [],
  labels: [],
};

/** Why the real `bd` cannot be used, or null. */
export function findObstacle(): string | null {
  if (spawnSync('bd', ['version']).status === 0) return null;
  if (process.env['WEFT_NEEDS_BD'] === '1')
    throw new Error('WEFT_NEEDS_BD=1, and there is no bd on the PATH');
  return 'there is no bd on the PATH';
}

/** A folder for a test file; nothing of the user's is read or written by what runs with its variables. */
export interface Yard {
  readonly root: string;
  /** A repository with an empty database, prefix `t`. */
  repository(): string;
  remove(): void;
}

/** Makes the yard; with a database to copy when `bd` is there. */
export function openYard(options: { readonly withDatabase: boolean }): Yard {
  const root = mkdtempSync(join(tmpdir(), 'weft-beads-'));
  const home = join(root, 'home');
  mkdirSync(home);
  process.env['HOME'] = home;
  process.env['XDG_CONFIG_HOME'] = join(home, '.config');
  const template = join(root, 'template');
  if (options.withDatabase) {
    mkdirSync(template);
    execFileSync('git', ['init', '-q', template]);
    execFileSync('git', ['-C', template, 'config', 'user.email', 'ada@example.org']);
    execFileSync('git', ['-C', template, 'config', 'user.name', 'ada']);
    const words = ['init', '--quiet', '--skip-agents', '--skip-hooks', '--non-interactive', '--prefix', 't'];
    execFileSync('bd', words, { cwd: template, stdio: 'ignore' });
  }
  let count = 0;
  return {
    root,
    repository: () => {
      count += 1;
      const path = join(root, `r${count}`);
      if (options.withDatabase) cpSync(template, path, { recursive: true });
      else mkdirSync(path);
      return path;
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** Runs the real `bd` as somebody. */
export function bd(repository: string, args: readonly string[], actor = 'ada'): string {
  const env = { ...process.env, BEADS_DIR: join(repository, '.beads'), BEADS_ACTOR: actor };
  return execFileSync('bd', [...args], {
    cwd: repository,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** One record of an issue as Beads keeps it. */
export type Row = Readonly<Record<string, unknown>> & { readonly id: string };

/** Completes a record. */
export function row(id: string, more: Readonly<Record<string, unknown>> = {}): Row {
  const at = '2026-01-01T00:00:00Z';
  return {
    title: `Do ${id}`,
    status: 'open',
    priority: 2,
    issue_type: 'task',
    created_at: at,
    updated_at: at,
    ...more,
    id,
  };
}

/** A dependency of `id`, as kept in its record. */
export function depends(
  id: string,
  on: string,
  type = 'blocks',
  metadata = '{}',
): Readonly<Record<string, unknown>> {
  return { issue_id: id, depends_on_id: on, type, created_at: '2026-01-01T00:00:00Z', metadata };
}

/** Puts issues into a real database. */
export function seed(repository: string, rows: readonly Row[]): void {
  const path = join(repository, 'seed.jsonl');
  writeFileSync(path, rows.map((one) => JSON.stringify(one)).join('\n'));
  bd(repository, ['import', path]);
  rmSync(path);
}

/** What Beads has of all issues, by id. */
export function look(repository: string): ReadonlyMap<string, BeadsIssue> {
  const issues = readIssues(JSON.parse(bd(repository, ['list', '--all', '--limit', '0', '--json'])));
  return new Map(issues.map((issue) => [issue.id, issue]));
}

/** Texts of the comments of an issue. */
export function commentsOf(repository: string, id: string): readonly string[] {
  return (JSON.parse(bd(repository, ['comments', id, '--json'])) as { text: string }[]).map(
    ({ text }) => text,
  );
}

/** A report of a task of the run `r1`. */
export function report(id: string, phase: Phase, more: Partial<TaskReport> = {}): TaskReport {
  return {
    task: taskId(id),
    title: id,
    run: runId('r1'),
    phase,
    attempts: phase === 'waiting' ? 0 : 1,
    agent: 'claude',
    branch: null,
    worktree: null,
    pid: null,
    pull: null,
    question: null,
    reason: null,
    landed: phase === 'merged' ? { commit: oid('a'.repeat(40)), ref: 'refs/heads/main' } : null,
    finished: [],
    isTold: false,
    ...more,
  };
}

/**
 * Makes a program that answers as a `bd` of another version: the first case whose pattern is part of the command line
 * wins. It notes its calls in `calls`, beside itself.
 */
export function standIn(
  repository: string,
  cases: readonly {
    readonly on: string;
    readonly out?: string;
    readonly err?: string;
    readonly code?: number;
  }[],
): string {
  const path = join(repository, 'bd');
  const lines = cases.map(({ on, out = '', err = '', code = 0 }, at) => {
    writeFileSync(join(repository, `out-${at}`), out);
    writeFileSync(join(repository, `err-${at}`), err);
    return `  *'${on}'*) cat '${repository}/out-${at}'; cat '${repository}/err-${at}' >&2; exit ${code} ;;`;
  });
  writeFileSync(
    path,
    `#!/bin/sh\necho "$*" >> '${repository}/calls'\ncase " $* " in\n${lines.join('\n')}\nesac\necho 'Error: unknown command' >&2\nexit 1\n`,
  );
  chmodSync(path, 0o755);
  if (!existsSync(join(repository, '.beads'))) mkdirSync(join(repository, '.beads'));
  return path;
}
