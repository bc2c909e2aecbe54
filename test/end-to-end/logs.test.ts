// What an attempt printed, on real processes: its output, its errors, and what the set-up command said.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStage, type Stage } from './rig.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(async () => {
  await stage.remove();
});

async function logsOf(run: string, task: string, attempt: number | null = null): Promise<readonly string[]> {
  const lines: string[] = [];
  const { signal } = new AbortController();
  const read = await stage.app.logs(
    run,
    task,
    { attempt, follow: false, lines: 200, signal },
    ({ stream, text }) => lines.push(`${stream}: ${text}`),
  );
  return read.ok ? lines : [read.failure.sentence];
}

/** Tasks with command lines of their own. */
async function script(
  tasks: Readonly<Record<string, string>>,
  config: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const of = Object.entries(tasks).map(([id, run], at, all) => {
    const before = all[at - 1]?.[0];
    return [{ id, acts: [], frontmatter: { run }, ...(before === undefined ? {} : { dependsOn: [before] }) }];
  });
  await stage.script(of, config);
}

test('output and errors; a task that has not started says so', async () => {
  await script({ a: 'echo said; echo wrong >&2; exit 3', b: 'true' }, { limits: { attempts: 1 } });
  const { run } = await stage.run();
  expect(await logsOf(run, 'a')).toEqual(['out: said', 'err: wrong']);
  const [missing] = await logsOf(run, 'b');
  expect(missing).toContain('b has not started (waits for a, which has failed');
  expect(await logsOf(run, 'a', 7)).toEqual(['There is no attempt 7 of a: it had 1.']);
});

test('a set-up command that fails is what the log of the task shows', async () => {
  const setup = 'echo needs a key; echo no such host >&2; exit 4';
  await script({ a: 'true' }, { setup, limits: { attempts: 1 } });
  const { run, view } = await stage.run();
  expect(await logsOf(run, 'a')).toEqual(['set-up: needs a key', 'set-up: no such host']);
  const { ended } = stage.task(view, 'a');
  expect(ended?.cause).toBe('setup-failed');
  expect(ended?.detail).toContain('no such host');
});
