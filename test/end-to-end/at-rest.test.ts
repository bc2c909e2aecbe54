// What is said of a run that no engine leads: commands that wait, landed work beside the target or taken away again.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStage, type Stage } from './rig.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(async () => {
  await stage.remove();
});

const writes = (id: string): object => ({ id, acts: [{ write: { path: `${id}.txt`, text: `${id}\n` } }] });

async function script(config: Readonly<Record<string, unknown>>, ...ids: readonly string[]): Promise<void> {
  await stage.script(
    ids.map((id) => [writes(id)] as never),
    config,
  );
}

async function receiptOf(run: string): Promise<string> {
  const receipt = await stage.app.receipt(run, { write: false });
  if (!receipt.ok) throw new Error(receipt.failure.sentence);
  return receipt.value.markdown;
}

test('commands that wait for an engine are shown; one that would change nothing is not kept', async () => {
  await script({ integrate: 'human' }, 'a', 'b');
  const { run, view } = await stage.run();
  expect(stage.task(view, 'a').awaits).toBe('approval');
  const said = async (command: Parameters<typeof stage.app.command>[1]): Promise<string> => {
    const given = await stage.app.command(run, command);
    return given.ok ? given.value.sentence : given.failure.sentence;
  };
  expect(await said({ kind: 'unpause', task: 'b' })).toBe(
    'b is not paused (is verified and waits for `weft approve b`).',
  );
  expect(await said({ kind: 'approve', task: 'a' })).toContain('`weft resume` takes it up');
  expect(await said({ kind: 'approve', task: 'a' })).toBe('a is approved already.');
  const now = await stage.app.view(run);
  if (!now.ok) throw new Error(now.failure.sentence);
  expect(now.value.pending).toBe(1);
  expect(stage.task(now.value, 'a').reason).toBe('approved; `weft resume` takes it up');
  expect(stage.task(now.value, 'b').pending).toBeUndefined();
});

test('what landed beside the target is said so, until somebody merges it', async () => {
  await stage.repo.write('notes.txt', 'one\n');
  await script({}, 'a');
  await stage.repo.write('notes.txt', 'two\n');
  const { run, view } = await stage.run();
  expect(view.aside).toEqual({ ref: 'weft/integration', tasks: ['a'] });
  expect(await receiptOf(run)).toContain('0 of 1 landed on main, 1 on weft/integration.');
  await stage.repo.commit('notes');
  await stage.repo.git('merge', '-q', '--no-edit', 'weft/integration');
  const merged = await stage.app.view(run);
  expect(merged.ok && merged.value.aside).toBeUndefined();
  expect(await receiptOf(run)).toContain('1 of 1 landed on main.');
});

test('what a person took off the target is named [F27]', async () => {
  await script({}, 'a');
  const { run } = await stage.run();
  await stage.repo.git('reset', '-q', '--hard', 'HEAD~1');
  const view = await stage.app.view(run);
  expect(view.ok && view.value.gone?.map(({ task }) => task)).toEqual(['a']);
  const receipt = await receiptOf(run);
  expect(receipt).toContain('0 of 1 landed on main, 1 landed and taken away again.');
  expect(receipt).toMatch(/a landed as [0-9a-f]{8}, but main does not contain that commit any more/);
});
