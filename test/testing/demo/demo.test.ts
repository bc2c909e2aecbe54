// The demo's content hangs together: tasks, plan, scenario, gate, mishaps and answers, acted out for real.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Option } from '../../../src/core/model.ts';
import { pickDemoOption } from '../../../src/testing/demo/answers.ts';
import { demoFiles } from '../../../src/testing/demo/repository.ts';
import { parseScenario, type Scenario } from '../../../src/testing/script-agent/scenario.ts';
import { bundleScriptAgent } from '../script-agent/rig.ts';

const files = demoFiles(null);
const read = (path: string): string => files.get(path) ?? '';
const plan = parse(read('plan.yaml')) as { tracks: { name: string; steps: { task: string }[] }[] };
const taskIds = plan.tracks.flatMap(({ steps }) =>
  steps.map(({ task }) => /^tasks\/(.+)\.md$/.exec(task)?.[1] ?? task),
);

function readScenario(): Scenario {
  const parsed = parseScenario(read('.weft/demo-scenario.yaml'), '.weft/demo-scenario.yaml');
  if (!parsed.ok) throw new Error(parsed.failure.sentence);
  return parsed.value;
}

function ownsOf(id: string): readonly string[] | null {
  const front = /^---\n([\s\S]*?)\n---\n/.exec(read(`tasks/${id}.md`))?.[1];
  return front === undefined ? null : (parse(front) as { owns: string[] }).owns;
}

describe('the texts', () => {
  it('plan ten tracks, one of them with two steps', () => {
    expect(plan.tracks).toHaveLength(10);
    expect(plan.tracks.filter(({ steps }) => steps.length === 2)).toHaveLength(1);
    expect(taskIds).toHaveLength(11);
  });

  it('name the same tasks in the plan, in the task files and in the scenario', () => {
    const written = [...files.keys()].flatMap((path) => /^tasks\/(.+)\.md$/.exec(path)?.[1] ?? []);
    expect(written.toSorted()).toEqual(taskIds.toSorted());
    expect([...readScenario().tasks.keys()].toSorted()).toEqual(taskIds.toSorted());
  });

  it('declare what each task touches, but for the one that is to meet a conflict', () => {
    expect(taskIds.filter((id) => ownsOf(id) === null)).toEqual(['unit-testing']);
    expect(taskIds.filter((id) => ownsOf(id)?.includes('courses/glossary.md'))).toEqual([
      'sql-joins',
      'regex-basics',
    ]);
  });

  it('stay inside what they declare', () => {
    for (const [id, part] of readScenario().tasks) {
      const owns = ownsOf(id);
      const touched = [...part.values()].flat().flatMap((step) => {
        if (step.name === 'write' || step.name === 'append') return [step.value.path];
        return step.name === 'merge' ? Object.keys(step.value.resolve) : [];
      });
      expect(touched.length).toBeGreaterThan(0);
      for (const path of owns === null ? [] : touched) {
        expect(
          owns?.some((own) => path === own || (own.endsWith('/') && path.startsWith(own))),
          `${id}: ${path}`,
        ).toBe(true);
      }
    }
  });

  it('expect no guidance that the task itself would give', () => {
    for (const [id, part] of readScenario().tasks) {
      for (const step of [...part.values()].flat()) {
        if (step.name === 'expect-guidance')
          expect(read(`tasks/${id}.md`)).not.toMatch(new RegExp(step.value));
      }
    }
  });

  it('keep each attempt under two seconds of pauses', () => {
    for (const part of readScenario().tasks.values()) {
      for (const steps of part.values()) {
        const pauses = steps.map((step) => (step.name === 'sleep' ? step.value : 0));
        expect(pauses.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(1_500);
      }
    }
  });

  it('configure an actor of that scenario and the gate', () => {
    expect(parse(read('.weft/config.yaml'))).toEqual({
      integrate: 'auto',
      maxAgents: 4,
      agent: 'actor',
      agents: { actor: { kind: 'script', scenario: '.weft/demo-scenario.yaml' } },
      gates: { tier0: ['node check.mjs'] },
    });
  });
});

describe('the answers', () => {
  const options: readonly Option[] = ['Classes first', 'Hooks only', 'Give up'].map((label) => ({
    label,
    then: 'retry',
  }));
  it('pick one option of each expected question and none of others', () => {
    expect(pickDemoOption({ cause: 'asked', options })).toBe(2);
    expect(
      pickDemoOption({ cause: 'conflict', options: [{ label: 'Fail', then: 'give-up' }, ...options] }),
    ).toBe(2);
    expect(pickDemoOption({ cause: 'asked', options: [] })).toBeNull();
    expect(pickDemoOption({ cause: 'gate-failed', options })).toBeNull();
  });
});

/** The demo's repository on disk, and its agents run one by one. */
interface Stage {
  readonly repo: string;
  git(...args: readonly string[]): string;
  /** One attempt in the task's worktree (made on first use from `main`); what it leaves is committed. */
  attempt(
    id: string,
    number: number,
    guidance?: string,
  ): { status: number | null; signal: string | null; err: string };
  /** What the gate says of the task's worktree, or of `main`. */
  gate(id?: string): { status: number | null; said: string };
  /** Lands the task's branch; the gate has to hold. */
  land(id: string): void;
}

const PERSON = ['-c', 'user.name=T', '-c', 'user.email=t@example.org'];
const DONE = { status: 0, signal: null, err: '' };

function writeFiles(where: string, entries: Iterable<readonly [string, string]>): void {
  for (const [path, text] of entries) {
    mkdirSync(dirname(join(where, path)), { recursive: true });
    writeFileSync(join(where, path), text);
  }
}

function runGate(where: string): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync('node', ['check.mjs'], { cwd: where, encoding: 'utf8' });
  return { status, said: stdout + stderr };
}

describe('acted out', () => {
  let home = '';
  let entry = '';
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'weft-demo-'));
    entry = bundleScriptAgent(home);
  });
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  function openStage(): Stage {
    const dir = mkdtempSync(join(home, 'stage-'));
    const repo = join(dir, 'repo');
    const scenario = join(dir, 'scenario.yaml');
    const git = (cwd: string, ...args: readonly string[]): string =>
      execFileSync('git', ['-C', cwd, ...PERSON, ...args], { encoding: 'utf8' });
    writeFiles(repo, files);
    writeFileSync(scenario, read('.weft/demo-scenario.yaml').replace(/sleep: \d+/g, 'sleep: 0'));
    git(dir, 'init', '-q', '-b', 'main', 'repo');
    git(repo, 'add', '-A');
    git(repo, 'commit', '-q', '-m', 'Start');
    return {
      repo,
      git: (...args) => git(repo, ...args),
      attempt: (id, number, guidance = '') => {
        const cwd = join(dir, id);
        if (number === 1) git(repo, 'worktree', 'add', '-q', '-b', id, cwd, 'main');
        writeFileSync(join(dir, 'prompt.md'), `${read(`tasks/${id}.md`)}\n${guidance}`);
        const env = {
          PATH: process.env['PATH'],
          WEFT_TASK: id,
          WEFT_ATTEMPT: String(number),
          WEFT_PROMPT_FILE: join(dir, 'prompt.md'),
          WEFT_TARGET: 'main',
        };
        const { status, signal, stderr } = spawnSync(process.execPath, [entry, scenario], {
          cwd,
          env,
          encoding: 'utf8',
        });
        git(cwd, 'add', '-A');
        git(cwd, 'commit', '-q', '--allow-empty', '-m', `Attempt ${number} at ${id}`);
        return { status, signal, err: stderr };
      },
      gate: (id) => runGate(id === undefined ? repo : join(dir, id)),
      land: (id) => {
        git(repo, 'merge', '-q', '--squash', id);
        git(repo, 'commit', '-q', '-m', id);
        expect(runGate(repo)).toMatchObject({ status: 0 });
      },
    };
  }

  it('begins green and ends green, with every mishap on the way', () => {
    const { git, attempt, gate, land } = openStage();
    expect(gate()).toEqual({ status: 0, said: '0 courses checked, 0 faults\n' });

    // Both start from the same commit; the second to land meets a conflict and resolves it.
    expect(attempt('api-design', 1)).toEqual(DONE);
    expect(attempt('unit-testing', 1)).toEqual(DONE);
    land('api-design');
    expect(() => git('merge-tree', '--write-tree', 'main', 'unit-testing')).toThrow();
    expect(attempt('unit-testing', 2)).toEqual(DONE);
    land('unit-testing');

    expect(attempt('typescript-generics', 1)).toEqual(DONE);
    const { status, said } = gate('typescript-generics');
    expect({ status, said }).toEqual({ status: 1, said: expect.stringContaining('not well-formed JSON') });
    expect(attempt('typescript-generics', 2).status).toBe(1);
    expect(attempt('typescript-generics', 3, said)).toEqual(DONE);
    land('typescript-generics');

    expect(attempt('react-hooks', 1)).toEqual(DONE);
    expect(git('diff', '--stat', 'react-hooks~1', 'react-hooks')).toBe('');
    expect(attempt('react-hooks', 2).err).toContain('expect-guidance');
    expect(attempt('react-hooks', 3, 'Hooks only')).toEqual(DONE);
    land('react-hooks');

    expect(attempt('css-grid', 1)).toMatchObject({ status: null, signal: 'SIGSEGV' });
    expect(gate('css-grid').status).toBe(1);
    expect(attempt('css-grid', 2)).toEqual(DONE);
    land('css-grid');

    for (const id of [
      'regex-basics',
      'sql-joins',
      'git-basics',
      'git-basics-exercises',
      'http-caching',
      'shell-pipes',
    ]) {
      expect(attempt(id, 1)).toEqual(DONE);
      land(id);
    }
    expect(gate().said).toBe('10 courses checked, 0 faults\n');
    expect(git('show', 'main:courses/index.md')).toContain('Start here: API design, then Unit testing');
  });

  it('takes the conflicting pair in the other order as well', () => {
    const { git, attempt, land } = openStage();
    expect(attempt('api-design', 1)).toEqual(DONE);
    expect(attempt('unit-testing', 1)).toEqual(DONE);
    land('unit-testing');
    expect(() => git('merge-tree', '--write-tree', 'main', 'api-design')).toThrow();
    expect(attempt('api-design', 2)).toEqual(DONE);
    land('api-design');
  });

  it('has a gate that finds what is wrong', () => {
    for (const [path, text, fault] of [
      ['courses/x/lesson.md', '# X\n\na\n\nb\n\nc\n', 'not in the index'],
      ['courses/git-basics/lesson.md', '# Git basics\n\nshort\n', 'shorter than three'],
      ['courses/git-basics/quiz.json', '[]', 'needs two questions'],
      ['courses/git-basics/quiz.json', '[{"question":"q","answers":[],"correct":0},{}]', 'no correct answer'],
      ['courses/git-basics/exercises.md', '# None\n', 'nothing to do'],
      ['courses/glossary.md', '- **A** — x\n- **A** — y\n', 'a term twice'],
      ['courses/index.md', '# Courses\n', 'needs one line'],
      ['courses/glossary.md', '<<<<<<< ours\n', 'conflict markers'],
    ] as const) {
      const where = mkdtempSync(join(home, 'gate-'));
      writeFiles(where, [...files, [path, text]]);
      expect(runGate(where)).toEqual({ status: 1, said: expect.stringContaining(fault) });
    }
  });
});
