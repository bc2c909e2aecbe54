// The acting agent as a real child process: every step, its life in the ledger, and the alarm when two share a worktree.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bundleScriptAgent, openRig, type Rig } from './rig.ts';

let build = '';
let entry = '';
let rig: Rig;
beforeAll(() => {
  build = mkdtempSync(join(tmpdir(), 'weft-script-build-'));
  entry = bundleScriptAgent(build);
});
afterAll(() => rmSync(build, { recursive: true, force: true }));
beforeEach(() => {
  rig = openRig(entry);
});
afterEach(() => rig.remove());

async function plays(steps: readonly unknown[] | string, env: Record<string, string> = {}): Promise<string> {
  const played = rig.play(steps, { env });
  const { code, signal } = await played.ended;
  expect({ code, signal, err: played.err() }).toEqual({ code: 0, signal: null, err: '' });
  return played.out();
}

async function fails(
  steps: readonly unknown[] | string,
  code: number,
  env: Record<string, string> = {},
): Promise<string> {
  const played = rig.play(steps, { env });
  expect(await played.ended).toEqual({ code, signal: null });
  return played.err();
}

describe('files and git', () => {
  it('writes, appends, deletes and touches what is not its own', async () => {
    await plays([
      { write: { path: 'src/a.txt', text: 'one\n' } },
      { append: { path: 'src/a.txt', text: '{task} {attempt} {port}\n' } },
      { write: { path: 'b.txt', text: '' } },
      { delete: 'b.txt' },
      { foreign: 'other/README' },
    ]);
    expect(rig.read('src/a.txt')).toBe('one\napi 1 42000\n');
    expect(rig.read('other/README')).toBe('Touched by api.\n');
    expect(existsSync(join(rig.repo, 'b.txt'))).toBe(false);
  });

  it('commits as somebody, without any git configuration', async () => {
    await plays([{ write: { path: 'a', text: '1' } }, { commit: 'Work on {task}' }]);
    expect(rig.git('log', '-1', '--format=%s|%an')).toBe('Work on api|Script agent\n');
    expect(rig.git('status', '--porcelain')).toBe('');
  });

  it('fails when there is nothing to commit', async () => {
    await fails([{ commit: 'Nothing' }], 1);
  });

  it('leaves its branch', async () => {
    await plays([{ 'switch-branch': 'mine/{task}' }]);
    expect(rig.git('branch', '--show-current')).toBe('mine/api\n');
  });

  it('leaves a rebase open', async () => {
    await plays([{ 'leave-rebase': true }]);
    expect(rig.git('status')).toContain('rebase in progress');
  });

  it('merges the target in and resolves the conflict', async () => {
    rig.git('switch', '-q', 'main');
    writeFileSync(join(rig.repo, 'shared.txt'), 'theirs\n');
    writeFileSync(join(rig.repo, 'new.txt'), 'theirs\n');
    rig.git('add', '-A');
    rig.git('commit', '-q', '-m', 'theirs');
    rig.git('switch', '-q', 'work');
    await plays([
      { write: { path: 'shared.txt', text: 'ours\n' } },
      { commit: 'ours' },
      { merge: { resolve: { 'shared.txt': 'both\n' } } },
    ]);
    expect(rig.read('shared.txt')).toBe('both\n');
    expect(rig.git('rev-list', '--parents', '-1', 'HEAD').trim().split(' ')).toHaveLength(3);
    expect(rig.git('status', '--porcelain')).toBe('');
  });

  it('says which conflict the scenario forgot', async () => {
    rig.git('switch', '-q', 'main');
    writeFileSync(join(rig.repo, 'shared.txt'), 'theirs\n');
    rig.git('commit', '-q', '-a', '-m', 'theirs');
    rig.git('switch', '-q', 'work');
    const err = await fails(
      [{ write: { path: 'shared.txt', text: 'ours\n' } }, { commit: 'ours' }, { merge: true }],
      1,
    );
    expect(err).toContain('does not resolve shared.txt');
  });

  it('has nothing to merge without a target', async () => {
    expect(await fails([{ merge: true }], 1, { WEFT_TARGET: 'no-such-branch' })).toContain('no-such-branch');
  });
});

describe('words', () => {
  it('says things as JSON lines', async () => {
    expect(await plays([{ say: 'Reading {task}' }])).toBe('{"type":"message","text":"Reading api"}\n');
  });

  it('asks and ends', async () => {
    await plays([
      { ask: { question: 'A or B?', options: ['A', { label: 'B', then: 'hold' }], tried: 'A' } },
      { write: { path: 'too-far', text: '' } },
    ]);
    expect(rig.status()).toMatchObject({
      status: 'stuck',
      stuckReason: 'A or B?\nTried: A',
      options: [{ label: 'A' }, { label: 'B' }],
    });
    expect(existsSync(join(rig.repo, 'too-far'))).toBe(false);
  });

  it('asks, waits, and goes on with the guidance', async () => {
    const played = rig.play([
      { ask: { question: 'A or B?', options: ['A', 'B'], wait: true } },
      { 'expect-guidance': 'take B' },
      { write: { path: 'b', text: '' } },
    ]);
    played.child.stdin?.write('Build the api.\n'); // The prompt comes first and is not the answer.
    await played.says('A or B?');
    expect(rig.status()?.status).toBe('stuck');
    played.child.stdin?.write('Please take B.\n');
    expect(await played.ended).toEqual({ code: 0, signal: null });
    expect(played.out()).toContain('{"type":"guided","text":"Please take B.\\n"}');
    expect(rig.status()?.status).toBe('working');
    expect(rig.read('b')).toBe('');
  });

  it('hears guidance from a FIFO that is held open', async () => {
    const fifo = join(rig.dir, 'in.fifo');
    const scenario = join(rig.dir, 'scenario.yaml');
    execFileSync('mkfifo', [fifo]);
    writeFileSync(
      scenario,
      'tasks: { api: [ask: { question: A or B?, wait: true }, expect-guidance: take B] }',
    );
    const status = join(rig.dir, 'status.json');
    const child = spawn('sh', ['-c', 'exec "$0" "$1" "$2" <>"$3"', process.execPath, entry, scenario, fifo], {
      env: { PATH: process.env['PATH'], WEFT_TASK: 'api', WEFT_STATUS_FILE: status },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    await once(child.stdout, 'data');
    expect(rig.status()?.status).toBe('stuck');
    writeFileSync(fifo, 'take B\n');
    expect(await ended).toEqual([0, null]);
  });

  it('does not wait for guidance on a closed stdin', async () => {
    const played = rig.play([{ ask: { question: 'A or B?', wait: true } }]);
    played.child.stdin?.end();
    expect(await played.ended).toEqual({ code: 1, signal: null });
    expect(played.err()).toContain('stdin was closed');
  });

  it('finds guidance in the prompt, and fails loudly without', async () => {
    await plays([{ 'expect-guidance': 'Build the \\w+' }]);
    expect(await fails([{ 'expect-guidance': 'take B' }], 1)).toContain('/take B/');
    expect(rig.ledger().map(({ kind }) => kind)).toEqual(['start', 'end', 'start', 'unguided', 'end']);
  });

  it('lies', async () => {
    expect(await plays([{ lie: true }])).toContain('done');
    expect(rig.status()?.status).toBe('complete');
    expect(rig.git('status', '--porcelain')).toBe('');
  });

  it('states why nothing had to change', async () => {
    await plays([{ reason: 'It is so already.' }]);
    expect(rig.status()).toMatchObject({ status: 'complete', reason: 'It is so already.' });
  });

  it('answers as a planner or reviewer', async () => {
    await plays([{ result: { status: 'reject', changes: ['{task} is wrong'] } }]);
    expect(JSON.parse(rig.result())).toMatchObject({ status: 'reject' });
    expect(rig.result()).not.toContain('{task}');
  });
});

describe('ways to end', () => {
  it('exits with a code', async () => {
    await fails([{ exit: 7 }], 7);
  });

  it('dies by a signal', async () => {
    for (const signal of ['SIGSEGV', 'SIGKILL', 'SIGABRT', 'SIGTERM']) {
      expect(await rig.play([{ crash: signal }]).ended).toEqual({ code: null, signal });
      expect(rig.ledger().at(-1)).toMatchObject({ kind: 'end', exit: signal });
    }
  });

  it('hangs until it is told to end', async () => {
    const played = rig.play([{ say: 'here' }, { hang: true }]);
    await played.says('here');
    played.child.kill('SIGTERM');
    expect(await played.ended).toEqual({ code: null, signal: 'SIGTERM' });
    expect(rig.ledger().at(-1)).toMatchObject({ kind: 'end', exit: 'SIGTERM' });
  });

  it('hangs on when stubborn', async () => {
    const played = rig.play([{ say: 'here' }, { hang: { stubborn: true } }]);
    await played.says('here');
    await untilAsleep(played.child.pid ?? 0);
    played.child.kill('SIGTERM');
    await untilAsleep(played.child.pid ?? 0);
    expect(played.child.signalCode).toBeNull();
    played.child.kill('SIGKILL');
    expect(await played.ended).toEqual({ code: null, signal: 'SIGKILL' });
    expect(rig.ledger().at(-1)?.kind).toBe('start');
  });
});

describe('load', () => {
  it('floods lines up to the byte', async () => {
    const out = await plays([{ flood: { bytes: 200_000 } }]);
    expect(out).toHaveLength(200_000);
    expect(out.indexOf('\n')).toBe(127);
  });

  it('floods one line', async () => {
    expect((await plays([{ flood: { bytes: 200_000, line: true } }])).indexOf('\n')).toBe(200_000);
  });

  it('works without a word, and can be ended meanwhile', async () => {
    const played = rig.play([{ busy: 1 }, { say: 'here' }, { busy: 600_000 }]);
    await played.says('here');
    played.child.kill('SIGTERM');
    expect(await played.ended).toEqual({ code: null, signal: 'SIGTERM' });
  });

  it('sleeps', async () => {
    expect(await plays([{ sleep: 1 }])).toBe('');
  });

  it('runs shell lines in the worktree and fails with them', async () => {
    expect(await plays([{ run: 'basename "$PWD"' }])).toContain('repo');
    await fails([{ run: 'exit 3' }], 1);
  });

  it('leaves processes behind, findable or not', async () => {
    for (const flags of [true, { setsid: true }, { setsid: true, scrub: true }] as const) {
      await plays([{ daemon: flags }], { WEFT_TAG: 'tag-4711' });
      const pid = rig.ledger().findLast(({ kind }) => kind === 'daemon')?.pid ?? 0;
      try {
        const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
          .replace(/^.*\) /, '')
          .split(' ');
        expect(Number(fields[3]) === pid).toBe(flags !== true);
        const tagged = readFileSync(`/proc/${pid}/environ`, 'utf8').includes('tag-4711');
        expect(tagged).toBe(!(typeof flags === 'object' && 'scrub' in flags));
      } finally {
        process.kill(pid, 'SIGKILL');
      }
    }
  });
});

describe('the ledger', () => {
  it('keeps each life', async () => {
    await plays([]);
    const [start, end] = rig.ledger();
    expect(start).toMatchObject({ kind: 'start', task: 'api', attempt: 1, worktree: rig.repo });
    expect(end).toMatchObject({ kind: 'end', exit: 0, pid: start?.pid });
    expect(end?.mono).toBeGreaterThanOrEqual(start?.mono ?? Number.NaN);
  });

  it('is written only on request', async () => {
    await plays([], { WEFT_TEST_LEDGER: join(rig.dir, 'elsewhere') });
    expect(existsSync(join(rig.dir, 'ledger'))).toBe(false);
    expect(existsSync(join(rig.dir, 'elsewhere'))).toBe(true);
  });

  it('raises an alarm when two agents live in one worktree', async () => {
    const linked = join(rig.dir, 'linked');
    rig.git('worktree', 'add', '-q', linked, 'main');
    const first = rig.play([{ say: 'here' }, { hang: true }], { cwd: linked });
    await first.says('here');
    await plays([]); // In the other worktree: no alarm.
    expect(rig.ledger().some(({ kind }) => kind === 'VIOLATION')).toBe(false);
    const second = rig.play([{ exit: 0 }], { cwd: linked });
    await second.ended;
    expect(rig.ledger().find(({ kind }) => kind === 'VIOLATION')).toMatchObject({
      pid: second.child.pid,
      other: 'api',
      worktree: linked,
    });
    expect(execFileSync('git', ['-C', linked, 'status', '--porcelain'], { encoding: 'utf8' })).toBe('');
  });

  it('raises none for an agent that was killed, and cleans its own mark', async () => {
    const first = rig.play([{ say: 'here' }, { hang: true }]);
    await first.says('here');
    first.child.kill('SIGKILL');
    await first.ended;
    await plays([]);
    expect(rig.ledger().some(({ kind }) => kind === 'VIOLATION')).toBe(false);
    expect(readdirSync(join(rig.repo, '.git/script-agents'))).toEqual([String(first.child.pid)]);
  });
});

describe('bad scenarios', () => {
  it('names file, line and column, and exits 2', async () => {
    expect(await fails('tasks:\n  api:\n    - jump: high\n', 2)).toMatch(
      /scenario-0\.yaml:3:7: There is no step `jump`/,
    );
  });

  it('says when a task or an attempt has no steps', async () => {
    expect(await fails('tasks: { other: [] }', 2)).toContain('attempt 1 of task api');
    expect(await fails('tasks: { api: { 2: [] } }', 2)).toContain('attempt 1 of task api');
    await plays('tasks: { api: { 1: [{ exit: 1 }], default: [] } }', { WEFT_ATTEMPT: '2' });
    await plays('default: []');
  });

  it('says when there is no file', () => {
    const { status, stderr } = spawnSync(process.execPath, [entry, join(rig.dir, 'none.yaml')], {
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining('none.yaml') });
  });
});

/** Waits until the process sleeps, that is, has done everything it had to do. */
async function untilAsleep(pid: number): Promise<void> {
  for (;;) {
    const state = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '')[0];
    if (state !== 'R') return;
    await new Promise((next) => setImmediate(next));
  }
}
