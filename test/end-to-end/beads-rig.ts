// A repository with a Beads database of the real `bd`, and the real command line in it; agents are shell commands.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import type { BeadsIssue } from '../../src/adapters/source/beads/issue.ts';
import { readIssues } from '../../src/adapters/source/beads/issue.ts';
import type { RunView } from '../../src/core/view.ts';
import { createTempRepo, type TempRepo, testGitEnv } from '../../src/testing/temp-repo.ts';
import { findObstacle } from '../adapters/source/beads/stage.ts';
import { type Ended, type Running, startWeft } from './cli.ts';

/** Why there is no real `bd` here, or null. */
export const obstacle: string | null = findObstacle();

/** A test's repository. */
export interface Yard {
  readonly repo: TempRepo;
  /** Runs the real `bd` as a person; gives what it printed. */
  bd(...args: readonly string[]): string;
  /** Makes an issue; gives its id. */
  create(title: string, ...args: readonly string[]): string;
  /** What Beads has of all issues, by id. */
  look(): ReadonlyMap<string, BeadsIssue>;
  start(...args: readonly string[]): Running;
  weft(...args: readonly string[]): Promise<Ended>;
  view(): Promise<RunView>;
  /** Journals of all runs, one after the other. */
  journal(): string;
}

/** Writes a file named after its task, where it also notes the database it was given. */
export const WORK = 'echo "$BEADS_DIR" >> "$WEFT_TASK.txt"; git add -A; git commit -qm "$WEFT_TASK"';

/** Agents that run a shell line. */
export function shellAgent(run: string): Readonly<Record<string, unknown>> {
  return { agent: 'sh', agents: { sh: { kind: 'command', run, env: ['PATH'] } } };
}

let template: string | null = null;
afterAll(() => {
  if (template !== null) rmSync(template, { recursive: true, force: true });
});

/** What `bd init` makes in a repository takes seconds: it is made once, and copied. */
export function makeTemplate(): string {
  template ??= mkdtempSync(join(tmpdir(), 'weft-beads-'));
  const cwd = template;
  if (readdirSync(cwd).length > 0) return cwd;
  execFileSync('git', ['init', '-q', '-b', 'main'], { cwd, env: testGitEnv() });
  const words = ['init', '--quiet', '--skip-agents', '--skip-hooks', '--non-interactive', '--prefix', 't'];
  execFileSync('bd', words, { cwd, env: bdEnv(), stdio: 'ignore' });
  rmSync(join(cwd, '.git'), { recursive: true });
  return cwd;
}

function bdEnv(): Record<string, string> {
  return { ...testGitEnv(), BEADS_ACTOR: 'ada' };
}

/** Opens a yard; it ends with the test. `env` are further variables of each `weft`. */
export async function openYard(
  of: {
    readonly config?: Readonly<Record<string, unknown>>;
    readonly env?: Record<string, string>;
    /** Another yard whose database is used. */
    readonly like?: Yard;
    readonly repo?: TempRepo;
  } = {},
): Promise<Yard> {
  const repo = of.repo ?? (await createTempRepo());
  if (of.repo === undefined) onTestFinished(() => repo.remove());
  if (of.like === undefined) cpSync(makeTemplate(), repo.path, { recursive: true });
  const settings = {
    ...shellAgent(WORK),
    integrate: 'auto',
    gates: { tier0: ['true'] },
    ...of.config,
  };
  await repo.write('.weft/config.yaml', stringify(settings));
  await repo.commit('database and configuration');
  return drive(repo, {
    ...(of.like === undefined ? {} : { BEADS_DIR: join(of.like.repo.path, '.beads') }),
    ...of.env,
  });
}

function drive(repo: TempRepo, env: Record<string, string>): Yard {
  const bd = (...args: readonly string[]): string => {
    const end = spawnSync('bd', [...args], {
      cwd: repo.path,
      env: { ...bdEnv(), ...env },
      encoding: 'utf8',
    });
    if (end.status !== 0) throw new Error(`bd ${args.join(' ')}: ${end.stderr}${end.stdout}`);
    return end.stdout;
  };
  const start = (...args: readonly string[]): Running => startWeft(repo.path, args, env);
  const runs = join(repo.path, '.weft', 'runs');
  return {
    repo,
    bd,
    create: (title, ...args) => (JSON.parse(bd('create', title, ...args, '--json')) as { id: string }).id,
    look: () => {
      const issues = readIssues(JSON.parse(bd('list', '--all', '--limit', '0', '--json')));
      return new Map(issues.map((issue) => [issue.id, issue]));
    },
    start,
    weft: (...args) => start(...args).ended,
    view: async () => JSON.parse((await start('status', '--json').ended).out) as RunView,
    journal: () =>
      readdirSync(runs)
        .sort()
        .map((run) => readFileSync(join(runs, run, 'journal.jsonl'), 'utf8'))
        .join(''),
  };
}

/** How many facts of a kind there are of a task. */
export function countFacts(journal: string, type: string, task: string): number {
  return journal
    .split('\n')
    .filter((line) => line.includes(`"type":"${type}"`) && line.includes(`"task":"${task}"`)).length;
}

/** What is wrong with issues that should all have landed, in words; empty: nothing. */
export function findLeft(issues: ReadonlyMap<string, BeadsIssue>): readonly string[] {
  return [...issues.values()].flatMap(({ id, type, status, labels }) => [
    ...(status === 'closed' ? [] : [`${id} is ${status}`]),
    ...(type === 'epic' || issues.has(`${id}.1`) || labels.join() === 'phase:merged'
      ? []
      : [`${id} has ${labels.join()}`]),
  ]);
}
