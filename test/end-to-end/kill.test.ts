// The engine is killed with SIGKILL in each phase of a task and goes on where it was: once per phase, on the real command.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseLedger } from '../../src/testing/script-agent/ledger.ts';
import { createTempRepo, type TempRepo } from '../../src/testing/temp-repo.ts';
import { journalSays, readJournal, startWeft, weft } from './cli.ts';
import { scriptAgentEntry, writeScript } from './rig.ts';

let repo: TempRepo;
beforeEach(async () => {
  repo = await createTempRepo();
});
afterEach(async () => {
  await repo.remove();
});

/** Each phase and the fact after which the task is in it; the set-up and gates are slow, so that it stays there a while. */
const PHASES: readonly {
  readonly phase: string;
  readonly after: string;
  readonly config?: Record<string, unknown>;
}[] = [
  { phase: 'waiting', after: '"type":"run.started"' },
  { phase: 'spawned', after: '"type":"attempt.spawned"', config: { setup: 'sleep 0.4' } },
  { phase: 'working', after: '"type":"attempt.started"' },
  { phase: 'verifying', after: '"type":"attempt.inspected"', config: { gates: { tier0: ['sleep 0.4'] } } },
  { phase: 'committed', after: '"type":"attempt.verified"' },
  { phase: 'queued', after: '"type":"task.queued"' },
  { phase: 'landing', after: '"type":"candidate.built"' },
  { phase: 'merged', after: '"type":"task.landed"' },
];

describe.each(PHASES)('killed while the first task is $phase [F1]', ({ after, config }) => {
  test('it ends as if nothing had happened', async () => {
    const ledgerFile = join(repo.around, 'ledger.jsonl');
    const work = (name: string) => [{ sleep: 300 }, { append: { path: `${name}.txt`, text: `${name}\n` } }];
    await writeScript(
      repo,
      [
        [
          { id: 'one', acts: work('one') },
          { id: 'two', acts: work('two') },
        ],
        [{ id: 'solo', acts: work('solo') }],
      ],
      config ?? {},
    );
    const env = { WEFT_TEST_LEDGER: ledgerFile, WEFT_SCRIPT_AGENT: scriptAgentEntry() };
    const running = startWeft(repo.path, ['run', 'tracks.yaml'], env);
    const run = await journalSays(repo.path, after, running);
    running.child.kill('SIGKILL');
    await running.ended;
    const resumed = await startWeft(repo.path, ['resume', run], env).ended;
    expect(resumed, resumed.err).toMatchObject({ code: 0 });
    for (const name of ['one', 'two', 'solo']) {
      // a second agent on the same work would have appended a second line
      expect(await repo.git('show', `main:${name}.txt`)).toBe(name);
    }
    const landed = await repo.git('log', '--format=%(trailers:key=Weft-Task,valueonly,separator=)', 'main');
    expect(
      landed
        .split('\n')
        .filter((line) => line !== '')
        .sort(),
    ).toEqual(['one', 'solo', 'two']);
    const lines = parseLedger(await readFile(ledgerFile, 'utf8'));
    expect(lines.filter((line) => line.kind === 'VIOLATION')).toEqual([]);
    expect(
      lines
        .filter((line) => line.kind === 'start')
        .map((line) => line.task)
        .sort(),
    ).toEqual(['one', 'solo', 'two']);
    expect((await repo.git('worktree', 'list')).split('\n')).toHaveLength(1);
    expect(await repo.git('fsck', '--strict', '--no-dangling')).toBe('');
    const journal = await readJournal(join(repo.path, '.weft', 'runs', run));
    expect(journal.match(/"type":"task.landed"/g)).toHaveLength(3);
  });
});

test('a second engine on the same repository is told who leads [F20]', async () => {
  await writeScript(
    repo,
    [[{ id: 'one', acts: [{ sleep: 3000 }, { write: { path: 'a', text: 'a' } }] }]],
    {},
  );
  const running = startWeft(repo.path, ['run', 'tracks.yaml'], { WEFT_SCRIPT_AGENT: scriptAgentEntry() });
  await journalSays(repo.path, '"type":"attempt.started"', running);
  const second = await weft(repo.path, 'run', 'tracks.yaml');
  expect(second.code).toBe(5);
  expect(second.err).toContain(String(running.child.pid));
  expect((await weft(repo.path, 'stop')).code).toBe(0);
  expect((await running.ended).code).not.toBe(0);
});
