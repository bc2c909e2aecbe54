// What becomes of a plan folder as people write them.
import { describe, expect, test } from 'vitest';
import { createPlanFolderSource, loadPlanFolder } from '../../../../src/adapters/source/plan/plan-folder.ts';
import { DEFAULT_POLICY } from '../../../../src/core/model.ts';
import { compilePlan } from '../../../../src/core/plan/compile.ts';
import { type Files, withFiles } from '../scene.ts';

const EPIC: Files = {
  '.plan/_template/tasks/000_template_task.md': '# Task [NNN]: [Task Name]\n',
  '.plan/e2e/PLAN.md':
    '# Epic: E2E Testing\n\n| # | Task | Dependencies |\n|---|---|---|\n| 001 | Set up | None |\n',
  '.plan/e2e/tasks/README.md':
    '# Tasks\n\n| # | Task | Status |\n|---|---|---|\n| 001 | Set up | [x] Complete |\n| 002 | Build | [ ] Pending |\n| 003 | Old | [!] Blocked |\n',
  '.plan/e2e/tasks/001_set_up.md':
    '# Task 001: Set up\n\n## Dependencies\n\n- None - this is the first task.\n',
  '.plan/e2e/tasks/002_build.md':
    '# Task 002: Build *everything*\n\n## Description\n\nBuild.\n\n## Dependencies\n\n- 001_set_up - Needs the shell\n- Gleam is installed\n\n## Success Criteria\n\n1. It works\n',
  '.plan/e2e/tasks/003_old.md': '# Task 003: Old\n',
  '.plan/e2e/tasks/010_last.md':
    '# Task 010: Last\n\n**Dependencies:** 001-003, `002_build.md`\n\n```\nDepends on: 99\n```\n',
};

describe('plan folder', () => {
  test('titles, order, dependencies and what is done', () =>
    withFiles(EPIC, (repository) => {
      const { drafts, diagnostics, standings, notes, epics } = loadPlanFolder({ repository, path: '.plan' });
      expect(diagnostics).toEqual([]);
      expect(drafts.map(({ id, title, track }) => [id.value, title, track])).toEqual([
        ['e2e.002_build', 'Build everything', 'e2e'],
        ['e2e.003_old', 'Old', 'e2e'],
        ['e2e.010_last', 'Last', 'e2e'],
      ]);
      expect(drafts.map(({ dependencies }) => dependencies.map(({ task }) => task))).toEqual([
        ['e2e.001_set_up'],
        [],
        ['e2e.001_set_up', 'e2e.002_build', 'e2e.003_old'],
      ]);
      expect([...(standings ?? [])].map(([id, { kind }]) => [id, kind])).toEqual([
        ['e2e.001_set_up', 'done'],
        ['e2e.003_old', 'held'],
      ]);
      expect(notes).toEqual([
        '.plan/e2e/tasks/002_build.md:10: "Gleam is installed" names no task of the plan, so nothing waits for it',
      ]);
      expect(epics.map(({ title }) => title)).toEqual(['E2E Testing']);
      expect(drafts[0]?.dependencies[0]?.position).toMatchObject({ line: 9, column: 3, length: 10 });
    }));

  test('ids are the same from the folder, from one epic and from its tasks', () =>
    withFiles(EPIC, (repository) => {
      const ids = ['.plan', '.plan/e2e', '.plan/e2e/tasks'].map((path) =>
        loadPlanFolder({ repository, path }).drafts.map(({ id }) => id.value),
      );
      expect(ids[1]).toEqual(ids[0]);
      expect(ids[2]).toEqual(ids[0]);
    }));

  test('frontmatter wins, and other keys are left alone', () =>
    withFiles(
      {
        '.plan/x/tasks/a.md':
          '---\nid: one\ntitle: First\nstatus: Done\neffort: 3h\nlabels: [a]\npriority: P1\nowns: src/a\n---\n\n# Nothing\n',
        '.plan/x/tasks/b.md': '---\nblocked_by: one\npriority: high\n---\n\nNo heading.\n',
      },
      (repository) => {
        const { tasks, drafts, diagnostics } = loadPlanFolder({ repository, path: '.plan' });
        expect(diagnostics).toEqual([]);
        expect(tasks.get('one')?.draft).toMatchObject({ title: 'First', priority: 1 });
        expect(drafts).toMatchObject([
          { id: { value: 'x.b' }, title: 'b', priority: 1, dependencies: [{ task: 'one' }] },
        ]);
      },
    ));

  test('what has a number and is nowhere is a mistake, with the one that was meant', () =>
    withFiles(
      {
        '.plan/x/tasks/001_a.md': '# A\n',
        '.plan/x/tasks/002_b.md': '# B\n\nDepends on: 01_a, 3_c, y/1\n',
      },
      (repository) => {
        const { diagnostics } = loadPlanFolder({ repository, path: '.plan' });
        expect(diagnostics).toMatchObject([
          { position: { line: 3, column: 19 }, sentence: 'The epic "x" has no task "3_c".' },
          { position: { line: 3, column: 24 }, sentence: 'The epic "x" has no task "y/1".' },
        ]);
      },
    ));

  test('two tasks with one id are told by the compiler, with both places', () =>
    withFiles(
      { '.plan/x/tasks/1.md': '---\nid: a\n---\n', '.plan/x/tasks/2.md': '---\nid: a\n---\n' },
      (repository) => {
        const { drafts } = loadPlanFolder({ repository, path: '.plan' });
        const compiled = compilePlan(drafts, { policy: DEFAULT_POLICY });
        expect(compiled).toMatchObject({ ok: false, failure: { diagnostics: [{ position: { line: 2 } }] } });
      },
    ));

  test('a new task file is noticed', () =>
    withFiles(EPIC, async (repository) => {
      const { writeFileSync } = await import('node:fs');
      const source = createPlanFolderSource({ repository, path: '.plan' });
      const stop = new AbortController();
      let over: Promise<void> | undefined;
      const changed = new Promise<void>((done) => {
        over = source.watch?.(done, stop.signal);
      });
      writeFileSync(`${repository}/.plan/e2e/tasks/011_new.md`, '# New\n');
      await changed;
      stop.abort();
      await over;
      expect((await source.load()).drafts.map(({ id }) => id.value)).toContain('e2e.011_new');
    }));
});
