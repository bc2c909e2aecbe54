// What is on disk at a path of the repository.
import { expect, test } from 'vitest';
import { createPathKind } from '../../../src/adapters/source/path-kind.ts';
import { DEFAULT_POLICY } from '../../../src/core/model.ts';
import { compilePlan } from '../../../src/core/plan/compile.ts';
import { draft } from '../../core/plan/drafts.ts';
import { withFiles } from './scene.ts';

test('claims without wildcards follow what is on disk', async () => {
  await withFiles({ LICENSE: 'x', 'v1.2/a': 'x' }, (repository) => {
    const kindOf = createPathKind(repository);
    expect(['LICENSE', 'v1.2', 'gone', 'LICENSE/x', 'a\0b'].map(kindOf)).toEqual([
      'file',
      'directory',
      undefined,
      undefined,
      undefined,
    ]);
    const drafts = [draft('a', { owns: ['LICENSE', 'v1.2', 'gone', 'gone.ts'] })];
    const compiled = compilePlan(drafts, { policy: DEFAULT_POLICY, claims: { kindOf } });
    expect(compiled.ok && compiled.value.tasks[0]?.owns).toEqual([
      'LICENSE',
      'v1.2/**',
      'gone/**',
      'gone.ts',
    ]);
  });
});
