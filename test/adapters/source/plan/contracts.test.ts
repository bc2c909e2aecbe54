// Plans of every format keep the contract of sources.
import { openPlan, type PlanSpec } from '../../../../src/adapters/source/plan/open-plan.ts';
import type { SourcePort } from '../../../../src/ports/source.ts';
import { sourceContract } from '../contract.ts';
import { type Files, withFiles } from '../scene.ts';

/** The source over a repository with these files. */
function over(spec: PlanSpec, files: Files): (act: (source: SourcePort) => Promise<void>) => Promise<void> {
  return (act) => withFiles(files, (repository) => act(openPlan(repository, spec)));
}

const FOLDER: PlanSpec = { kind: 'plan-folder', path: '.plan' };
sourceContract('plan folder', {
  good: over(FOLDER, {
    '.plan/one/tasks/1-a.md': '---\nid: a\n---\n# Task 1: A\n',
    '.plan/one/tasks/2-b.md': '---\nid: b\ndepends_on: [1]\n---\n# B\n',
    '.plan/two/tasks/10-c.md': '---\nid: c\n---\n# C\n\n## Dependencies\n\n- one/2-b - needs it\n',
  }),
  bad: over(FOLDER, {
    '.plan/one/tasks/1-a.md': '---\nid: "a b"\ndepends_on: { x: 1 }\n---\n# A\n',
    '.plan/one/tasks/2-b.md': '# B\n\n## Dependencies\n\n- 007_missing\n- 12\n',
  }),
  missing: over(FOLDER, {}),
});

const FILE: PlanSpec = { kind: 'plan-file', path: 'PLAN.md' };
sourceContract('plan file', {
  good: over(FILE, { 'PLAN.md': '# P\n\n## Tasks\n\n- [ ] a\n- [ ] b\n\n## More\n\n- [ ] c\n' }),
  bad: over(FILE, { 'PLAN.md': '- [ ] a\n  - Depends on: zebra\n- [ ] b\n  - Blocked by: T99\n' }),
  missing: over(FILE, {}),
});

const RALPHY: PlanSpec = { kind: 'ralphy', path: 'tasks.yaml' };
sourceContract('ralphy', {
  good: over(RALPHY, {
    'tasks.yaml': 'tasks:\n  - title: a\n  - title: b\n    completed: false\n  - title: c\n',
  }),
  bad: over(RALPHY, { 'tasks.yaml': 'tasks:\n  - titel: a\n  - title: b\n    completed: maybe\n' }),
  missing: over(RALPHY, {}),
});

const TAKT: PlanSpec = { kind: 'takt', path: '.takt/tasks.yaml' };
const RECORD = '    created_at: "2026-01-01"\n    started_at: null\n    completed_at: null\n';
sourceContract('takt', {
  good: over(TAKT, {
    '.takt/tasks.yaml': `tasks:\n  - name: a\n    status: pending\n    content: Do a.\n${RECORD}  - name: b\n    status: pending\n    content_file: b.md\n${RECORD}  - name: c\n    status: pending\n    task_dir: .takt/tasks/c\n${RECORD}`,
    'b.md': '# Do b\n',
    '.takt/tasks/c/order.md': 'Do c.\n',
  }),
  bad: over(TAKT, {
    '.takt/tasks.yaml':
      'tasks:\n  - name: a\n    status: pending\n  - name: b\n    status: pending\n    content_file: ../../etc/passwd\n',
  }),
  missing: over(TAKT, {}),
});
