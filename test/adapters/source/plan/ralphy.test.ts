// What becomes of ralphy's lists, how they are marked, and how takt's queue stands.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createRalphySource } from '../../../../src/adapters/source/plan/ralphy.ts';
import { createTaktSource } from '../../../../src/adapters/source/plan/takt.ts';
import { withFiles } from '../scene.ts';
import { reportOf } from './report-of.ts';

describe('ralphy', () => {
  test('groups run beside each other, everything else in order', () =>
    withFiles(
      {
        'tasks.yaml':
          'tasks:\n  - title: Make base\n    completed: true\n  - title: Left\n    parallel_group: 1\n  - title: Right\n    parallel_group: 1\n    description: The other one.\n  - title: Join\n',
      },
      async (repository) => {
        const { drafts, standings } = await createRalphySource({ repository, path: 'tasks.yaml' }).load();
        expect(
          drafts.map(({ id, dependencies }) => [
            id.value,
            ...dependencies.map(({ task, via }) => `${task} ${via}`),
          ]),
        ).toEqual([
          ['left', 'make-base step-before'],
          ['right', 'make-base step-before'],
          ['join', 'left track', 'right track'],
        ]);
        expect(drafts[1]?.body).toBe('Right\n\nThe other one.\n');
        expect([...(standings ?? [])]).toEqual([['make-base', { kind: 'done' }]]);
      },
    ));

  test.each([
    ['tasks:\n  - title: a\n    completed: false # no\n', 'tasks:\n  - title: a\n    completed: true # no\n'],
    ['# top\ntasks:\n  - title: >\n      a\n', '# top\ntasks:\n  - completed: true\n    title: >\n      a\n'],
    ['tasks: [{ title: a }, { title: b }]\n', 'tasks: [{ completed: true, title: a }, { title: b }]\n'],
    ['{"tasks": [{"title": "a"}]}', '{"tasks": [{"completed": true, "title": "a"}]}'],
    ['tasks:\n  - title: a\n    completed: true\n', 'tasks:\n  - title: a\n    completed: true\n'],
    [
      'tasks:\n- title: b\n- description: x\n  title: a\n',
      'tasks:\n- title: b\n- description: x\n  completed: true\n  title: a\n',
    ],
  ])('marks what landed in %j', (before, after) =>
    withFiles({ 'tasks.yaml': before }, async (repository) => {
      const source = createRalphySource({ repository, path: 'tasks.yaml' });
      for (let times = 0; times < 2; times += 1) {
        expect(await source.report?.([reportOf('a', 'merged'), reportOf('b', 'failed')])).toMatchObject({
          ok: true,
        });
        expect(readFileSync(join(repository, 'tasks.yaml'), 'utf8')).toBe(after);
      }
      expect((await source.load()).standings?.get('a')).toEqual({ kind: 'done' });
    }),
  );

  test('a list that was spoilt meanwhile is told, and left alone', () =>
    withFiles({ 'tasks.yaml': 'tasks: [\n' }, async (repository) => {
      const source = createRalphySource({ repository, path: 'tasks.yaml' });
      expect(await source.report?.([reportOf('a', 'merged')])).toMatchObject({
        ok: false,
        failure: { kind: 'environment' },
      });
      expect(readFileSync(join(repository, 'tasks.yaml'), 'utf8')).toBe('tasks: [\n');
    }));
});

describe('takt', () => {
  test('only what is pending may be begun', () =>
    withFiles(
      {
        '.takt/tasks.yaml':
          'tasks:\n  - name: add-login\n    status: pending\n    content: "\\n# Add a login\\n\\nForm."\n    issue: 7\n  - name: old one\n    status: completed\n    content: x\n  - name: busy\n    status: running\n    content: y\n',
      },
      async (repository) => {
        const { drafts, standings } = await createTaktSource({ repository, path: '.takt/tasks.yaml' }).load();
        expect(drafts.map(({ id, title }) => [id.value, title])).toEqual([
          ['add-login', 'Add a login'],
          ['busy', 'y'],
        ]);
        expect(drafts[0]?.body).toContain('issue #7');
        expect([...(standings ?? [])].map(([id, { kind }]) => `${id} ${kind}`)).toEqual([
          'old-one done',
          'busy held',
        ]);
      },
    ));
});
