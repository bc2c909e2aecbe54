// What becomes of checklists as people write them, and how they are ticked off.
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createPlanFileSource } from '../../../../src/adapters/source/plan/plan-file.ts';
import { withFiles } from '../scene.ts';
import { reportOf } from './report-of.ts';

const NAME = 'IMPLEMENTATION_PLAN.md';

/** Prints the tasks of a checklist: id, track, and what each waits for. */
function print(text: string): Promise<string> {
  return withFiles({ [NAME]: text }, async (repository) => {
    const { drafts, diagnostics, standings } = await createPlanFileSource({ repository, path: NAME }).load();
    if (diagnostics.length > 0)
      return diagnostics
        .map(({ position, sentence }) => `${position?.line}:${position?.column} ${sentence}`)
        .join('\n');
    const tasks = drafts.map(({ id, track, dependencies }) =>
      [
        `${id.value} [${track}]`,
        ...dependencies.map(
          ({ task, via }) => `${task}${via === undefined ? '!' : via === 'track' ? '*' : ''}`,
        ),
      ].join(' '),
    );
    return [...tasks, ...[...(standings ?? [])].map(([id, { kind }]) => `${id} is ${kind}`)].join('\n');
  });
}

describe('plan file', () => {
  test('items of a heading follow one another, headings do not; done ones are met', async () => {
    expect(
      await print(
        '# Plan\n\n## API\n\n- [x] Add route\n- [ ] Add auth\n- [ ] Add docs\n\n## UI\n\n* [ ] Button\n',
      ),
    ).toBe('add-auth [API] add-route\nadd-docs [API] add-auth\nbutton [UI]\nadd-route is done');
  });

  test('headings with numbers follow one another, and items marked [P] run beside each other', async () => {
    expect(
      await print(
        '## Phase 1: Start\n- [ ] T001 Make it\n- [ ] T002 [P] One\n- [ ] T003 [P] Two\n- [ ] T004 Join\n## Phase 2: End\n- [ ] T005 Ship\n## Notes\n- [ ] Else\n',
      ),
    ).toBe(
      't001 [Phase 1: Start]\nt002 [Phase 1: Start] t001\nt003 [Phase 1: Start] t001\nt004 [Phase 1: Start] t002* t003*\nt005 [Phase 2: End] t004*\nelse [Notes]',
    );
  });

  test('what an item says it waits for counts in place of the order', async () => {
    expect(
      await print(
        '- [ ] **Task 1:** Set `up`\n- [ ] Task 2: Go\n  - Depends on: None\n- [ ] Task 3: End\n  - Acceptance: it ends\n  - [ ] a box of its own\n  - Dependencies: Tasks 1-2\n- [ ] Same\n- [ ] Same\n  - After: set\n',
      ),
    ).toBe(
      'task-1 [null]\ntask-2 [null]\ntask-3 [null] task-1! task-2!\nsame [null] task-3\nsame-2 [null] task-1!',
    );
  });

  test('boxes in code are none, other marks have their meaning', async () => {
    expect(await print('```\n- [ ] no\n```\n- [!] wait\n- [-] not\n- [~] going\n- [ ] ~~gone~~\n')).toBe(
      'wait [null]\nnot [null] wait\ngoing [null] not\ngone [null] going\nwait is held\nnot is dropped\ngone is dropped',
    );
  });

  test('mistakes have their places', async () => {
    expect(await print('# Nothing\n')).toBe('1:1 The plan "IMPLEMENTATION_PLAN.md" has no tasks.');
    expect(await print('- [ ] a\n  - Depends on: zebra\n')).toBe(
      '2:17 No task of this plan is called "zebra".',
    );
  });

  test('only what landed is ticked off, once, and nothing else in the file changes', () =>
    withFiles({ [NAME]: '- [ ] One\r\n  - [ ] part\r\n- [ ] Two\r\n- [!] Three\r\n' }, async (repository) => {
      const file = join(repository, NAME);
      chmodSync(file, 0o640);
      const source = createPlanFileSource({ repository, path: NAME });
      const reports = [reportOf('one', 'merged'), reportOf('two', 'working'), reportOf('three', 'merged')];
      expect(await source.report?.(reports)).toEqual({ ok: true, value: undefined });
      const ticked = '- [x] One\r\n  - [ ] part\r\n- [ ] Two\r\n- [!] Three\r\n';
      expect(readFileSync(file, 'utf8')).toBe(ticked);
      expect(statSync(file).mode & 0o777).toBe(0o640);
      const before = statSync(file).ino;
      await source.report?.(reports);
      expect(statSync(file).ino).toBe(before);
      writeFileSync(file, '- [ ] New\n- [ ] Two\n');
      await source.report?.([reportOf('two', 'merged')]);
      expect(readFileSync(file, 'utf8')).toBe('- [ ] New\n- [x] Two\n');
    }));
});
