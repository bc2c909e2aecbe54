// How conflicts between unfinished work are said: under the tasks, of one task, in the live picture, as JSON.
import { expect, test } from 'vitest';
import type { ConflictView } from '../../../src/core/view.ts';
import { describeConflicts, drawConflicts } from '../../../src/surfaces/cli/conflicts.ts';
import { drawFrame } from '../../../src/surfaces/cli/frame.ts';
import { drawExplanation, drawStatus } from '../../../src/surfaces/cli/status.ts';
import { viewRun, viewTask } from './fake-app.ts';

const STYLE = {
  columns: 200,
  rows: 20,
  nowMs: Date.parse('2026-03-01T12:04:00.000Z'),
  paint: (_: unknown, text: string) => text,
};

function conflict(task: string, other: string | null, files: readonly string[]): ConflictView {
  return { task, with: other, files, since: '2026-03-01T12:00:00.000Z' };
}

const TASKS = ['api', 'login', 'docs'].map((id) => viewTask(id, { phase: 'working' }));
const CONFLICTS = [
  conflict('api', 'login', ['src/a.ts', 'src/b.ts', 'src/c.ts']),
  conflict('docs', null, ['README.md']),
];
const VIEW = viewRun(TASKS, { conflicts: CONFLICTS });

test('one line for each, under the tasks', () => {
  expect(drawStatus(VIEW, STYLE).slice(-2)).toEqual([
    '! api and login would conflict in src/a.ts, src/b.ts and 1 more (for 4m 0s)',
    '! docs would conflict with what is on main in README.md (for 4m 0s)',
  ]);
  expect(drawConflicts(viewRun(TASKS), STYLE)).toEqual([]);
});

test('at most five, and where the rest is', () => {
  const many = Array.from({ length: 7 }, (_, at) => conflict(`t${at}`, 'api', ['x']));
  const lines = drawConflicts(viewRun(TASKS, { conflicts: many }), STYLE);
  expect(lines.length).toBe(6);
  expect(lines.at(-1)).toBe('! and 2 more; `weft explain TASK` names those of a task');
});

test('a task is told of both its sides, and of no others', () => {
  const [api, login, docs] = TASKS as [(typeof TASKS)[0], (typeof TASKS)[0], (typeof TASKS)[0]];
  expect(describeConflicts(VIEW, login, STYLE.nowMs)).toEqual([
    'api in src/a.ts, src/b.ts and 1 more (for 4m 0s)',
  ]);
  expect(describeConflicts(VIEW, docs, STYLE.nowMs)).toEqual(['main in README.md (for 4m 0s)']);
  expect(drawExplanation(VIEW, api, STYLE).join('\n')).toContain(
    'conflict      login in src/a.ts, src/b.ts and 1 more',
  );
});

test('the live picture counts them', () => {
  expect(drawFrame(VIEW, STYLE).at(-1)).toContain(' · 2 conflicts · ');
});

test('what a name holds does not reach the terminal', () => {
  const view = viewRun(TASKS, { conflicts: [conflict('api', null, ['a\u001b[2Jb'])] });
  expect(drawConflicts(view, STYLE).join('')).not.toContain('\u001b');
});
