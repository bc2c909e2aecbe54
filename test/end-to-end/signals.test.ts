// Signals to the real command: each leaves a run that goes on where it was, and agents that are what it said they would be.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createControlPort } from '../../src/adapters/control/control-port.ts';
import { createTempRepo, type TempRepo, testGitEnv } from '../../src/testing/temp-repo.ts';
import { isUp } from '../adapters/process/ground.ts';
import { journalSays, type Running, readJournal, startWeft } from './cli.ts';
import { writeScript } from './rig.ts';

let repo: TempRepo;
let started: readonly number[];
beforeEach(async () => {
  repo = await createTempRepo();
  started = [];
  // two tasks, one after the other; the first one works until it is let go
  const stubborn = `[ ! -e '${repo.around}/stubborn' ] || trap '' TERM`;
  const wait = `${stubborn}; echo $$ >>'${repo.around}/starts'; while [ ! -e '${repo.around}/go' ]; do sleep 0.02; done`;
  await writeScript(
    repo,
    [
      [{ id: 'one', acts: [], frontmatter: { run: `${wait}; echo one >one.txt` } }],
      [{ id: 'two', acts: [], frontmatter: { run: 'echo two >two.txt' } }],
    ],
    { maxAgents: 1, limits: { graceMs: 60_000 } },
  );
});
afterEach(async () => {
  letGo();
  for (const pid of started.filter(isUp)) process.kill(pid, 'SIGKILL');
  await repo.remove();
});

function letGo(): void {
  writeFileSync(join(repo.around, 'go'), '');
}

/** Pids of the first task's agents so far, whole lines only. */
function listStarts(): readonly number[] {
  const lines = readFileSync(join(repo.around, 'starts'), 'utf8').split('\n');
  started = lines.slice(0, -1).map(Number);
  return started;
}

/** Starts the run and waits until the first agent works. */
async function start(): Promise<{ readonly running: Running; readonly agent: number }> {
  const running = startWeft(repo.path, ['run', 'tracks.yaml']);
  return { running, agent: await agentOf(running) };
}

async function agentOf(running: Pick<Running, 'ended'>): Promise<number> {
  await journalSays(repo.path, '"type":"attempt.started"', running);
  return until(() => {
    try {
      return listStarts()[0] ?? null;
    } catch {
      return null;
    }
  });
}

async function until<T>(look: () => T | null): Promise<T> {
  for (;;) {
    const found = look();
    if (found !== null) return found;
    await pause();
  }
}

function pause(): Promise<void> {
  return new Promise((settle) => setTimeout(settle, 5));
}

/** Resumes to the end and sees that everything landed, the first task by so many agents. */
async function expectDone(agents: number): Promise<void> {
  letGo();
  const resumed = await startWeft(repo.path, ['resume', 'latest']).ended;
  expect(resumed, resumed.err).toMatchObject({ code: 0 });
  expect(await repo.git('ls-tree', '--name-only', 'main')).toMatch(/one\.txt[\s\S]*two\.txt/);
  expect(listStarts()).toHaveLength(agents);
  expect((await repo.git('worktree', 'list')).split('\n')).toHaveLength(1);
}

async function journal(): Promise<string> {
  const run = await journalSays(repo.path, '"type":"run.started"', NEVER_ENDS);
  return readJournal(join(repo.path, '.weft', 'runs', run));
}

/** For what is not a child of this process. */
const NEVER_ENDS: Pick<Running, 'ended'> = { ended: new Promise<never>(() => undefined) };

describe('SIGINT', () => {
  test('once: nothing more is started, what is at work is finished and lands [F35]', async () => {
    const { running } = await start();
    running.child.kill('SIGINT');
    await journalSays(repo.path, '"agents":"finish"', running);
    letGo();
    const ended = await running.ended;
    expect(ended.code).toBe(130);
    expect(ended.err).toContain('Nothing more is started');
    expect(await repo.git('show', 'main:one.txt')).toBe('one');
    expect((await journal()).match(/"type":"attempt.spawned"/g)).toHaveLength(1);
    await expectDone(1);
  });

  test('twice: the agents are stopped, and their attempts are not charged [F35]', async () => {
    const { running, agent } = await start();
    running.child.kill('SIGINT');
    await journalSays(repo.path, '"agents":"finish"', running);
    running.child.kill('SIGINT');
    const ended = await running.ended;
    expect(ended.code).toBe(130);
    expect(isUp(agent)).toBe(false);
    const text = await journal();
    expect(text).toContain('"type":"attempt.stopped"');
    expect(text).not.toContain('"type":"attempt.failed"');
    await expectDone(2);
  });

  test('thrice: the engine leaves at once, and agents that are not gone yet live on [F35]', async () => {
    writeFileSync(join(repo.around, 'stubborn'), '');
    const { running, agent } = await start();
    for (const fact of ['"agents":"finish"', '"agents":"stop"']) {
      running.child.kill('SIGINT');
      await journalSays(repo.path, fact, running);
    }
    running.child.kill('SIGINT');
    const ended = await running.ended;
    expect(ended.code).toBe(130);
    expect(ended.err).toContain('Left. `weft resume` goes on from here.');
    expect(isUp(agent)).toBe(true);
    await expectDone(2);
  });
});

describe('the end of the terminal', () => {
  test('what is at work is finished and lands; agents are not hit [F36]', async (context) => {
    if (spawnSync('script', ['--version']).status !== 0) context.skip('there is no `script` on this machine');
    const command = `'${process.execPath}' '${resolve('dist/weft.cjs')}' run tracks.yaml`;
    const terminal = spawn('script', ['-qec', command, '/dev/null'], {
      cwd: repo.path,
      env: { ...testGitEnv(), NO_COLOR: '1' },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const agent = await agentOf(NEVER_ENDS);
    terminal.kill('SIGKILL');
    await once(terminal, 'exit');
    await journalSays(repo.path, '"agents":"finish"', NEVER_ENDS);
    expect(isUp(agent)).toBe(true);
    letGo();
    await journalSays(repo.path, '"type":"run.rested"', NEVER_ENDS);
    expect(await repo.git('show', 'main:one.txt')).toBe('one');
    // the engine itself is nobody's child here
    const control = createControlPort();
    while ((await control.findLeader(join(repo.path, '.weft'))) !== null) await pause();
    await expectDone(1);
  });
});
