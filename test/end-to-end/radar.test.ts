// Two agents at work on the same lines: the whole of weft says so before either is done, and forgets it when one has landed.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunView } from '../../src/core/view.ts';
import { openStage, type Stage, type TestTask } from './rig.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.remove());

/** Writes, and is at work until it is told to end. */
function writes(id: string): TestTask {
  const run = `echo ${id} >same.txt; while [ ! -f "$(git rev-parse --git-common-dir)/end" ]; do sleep 0.1; done`;
  return { id, acts: [], frontmatter: { run } };
}

test('a conflict is said while both are at work', async () => {
  await stage.script([[writes('a')], [writes('b')]], { integrate: 'human' });
  const planned = await stage.app.plan([{ kind: 'file', path: 'tracks.yaml' }], {});
  if (!planned.ok) throw new Error('no plan');
  const started = await stage.app.start(planned.value, { stay: false });
  if (!started.ok) throw new Error(started.failure.sentence);
  const led = started.value;
  const seen = await new Promise<RunView>((resolve) => {
    const stop = led.onView((view) => {
      if (view.conflicts === undefined) return;
      stop();
      resolve(view);
    });
  });
  expect(seen.tasks.map(({ phase }) => phase)).toEqual(['working', 'working']);
  expect(seen.conflicts).toMatchObject([{ task: 'a', with: 'b', files: ['same.txt'] }]);
  await writeFile(join(stage.repo.path, '.git/end'), '');
  expect(await led.outcome).toBe('blocked');
  expect(await stage.repo.git('for-each-ref', 'refs/weft/radar')).toBe('');
  const rested = await stage.app.view(led.run);
  expect(rested.ok && rested.value.conflicts?.length).toBe(1);
  expect((await stage.app.command(led.run, { kind: 'cancel', task: 'b' })).ok).toBe(true);
  const resumed = await stage.app.resume(led.run, {}, { stay: false });
  if (!resumed.ok) throw new Error(resumed.failure.sentence);
  expect(await resumed.value.outcome).toBe('blocked');
  const after = await stage.app.view(led.run);
  expect(after.ok && after.value.conflicts).toBeUndefined();
});
