// The quick look at the latest run's file: trusted only when nothing speaks against it.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { glance } from '../../../src/surfaces/cli/glance.ts';
import { createFakeApp, RUN, type, viewRun, viewTask } from './fake-app.ts';

let repository = '';
beforeEach(() => {
  repository = realpathSync(mkdtempSync(join(tmpdir(), 'weft-glance-')));
  mkdirSync(join(repository, '.git'));
});
afterEach(() => rmSync(repository, { recursive: true }));

function write(path: string, value: unknown): void {
  const full = join(repository, path);
  mkdirSync(join(full, '..'), { recursive: true });
  writeFileSync(full, JSON.stringify(value));
}

const VIEW = viewRun([viewTask('api')], { state: 'blocked' });

function writeLeader(pid: number, startTicks: number): void {
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  write('.weft/leader/9.json', { identity: { bootId, pid: 1, startTicks: -1 } });
  write('.weft/leader/10.json', { identity: { bootId, pid, startTicks } });
}

function ownStartTicks(): number {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
}

describe('glance', () => {
  it('gives the latest run, from any folder of the repository', () => {
    write(`.weft/runs/${RUN}/view.json`, VIEW);
    write('.weft/runs/20250101-000000-ffff/view.json', { ...VIEW, run: '20250101-000000-ffff' });
    mkdirSync(join(repository, 'deep/er'), { recursive: true });
    expect(glance(join(repository, 'deep/er'))).toEqual({ view: VIEW, earlier: null });
  });

  it('gives up without a file, on a broken one, on another version', () => {
    expect(glance(repository)).toBeNull();
    write(`.weft/runs/${RUN}/view.json`, { ...VIEW, schemaVersion: 2 });
    expect(glance(repository)).toBeNull();
    write(`.weft/runs/${RUN}/view.json`, VIEW);
    writeFileSync(join(repository, `.weft/runs/${RUN}/view.json`), '{"schemaVersion":1,');
    expect(glance(repository)).toBeNull();
  });

  it('gives up in a linked worktree, where git has to tell', () => {
    write(`.weft/runs/${RUN}/view.json`, VIEW);
    rmSync(join(repository, '.git'), { recursive: true });
    writeFileSync(join(repository, '.git'), 'gitdir: elsewhere\n');
    expect(glance(repository)).toBeNull();
  });

  it.runIf(process.platform === 'linux')('says what is heard of who works, and waits for no pipe', () => {
    writeLeader(process.pid, ownStartTicks());
    const tasks = ['says', 'pipe', 'rests'].map((id) => viewTask(id, { phase: 'working', attempts: 1 }));
    const view = viewRun([...tasks.slice(0, 2), { ...tasks[2], phase: 'verifying' } as never], {
      state: 'running',
    });
    write(`.weft/runs/${RUN}/view.json`, view);
    const attempts = `.weft/runs/${RUN}/attempts`;
    for (const id of ['says', 'rests']) write(`${attempts}/${id}/1/session.json`, { files: ['a.ts'] });
    mkdirSync(join(repository, attempts, 'pipe/1'), { recursive: true });
    execFileSync('mkfifo', [join(repository, attempts, 'pipe/1/session.json')]);
    expect(glance(repository)?.view.tasks.map(({ touching }) => touching)).toEqual([
      ['a.ts'],
      undefined,
      undefined,
    ]);
  });

  it.runIf(process.platform === 'linux')(
    'believes that a run is going on only while its leader lives',
    () => {
      const running = viewRun([], { state: 'running' });
      write(`.weft/runs/${RUN}/view.json`, running);
      expect(glance(repository)).toBeNull();
      const ticks = ownStartTicks();
      writeLeader(process.pid, ticks);
      expect(glance(repository)).toEqual({ view: running, earlier: null });
      writeLeader(process.pid, ticks + 1);
      expect(glance(repository)).toBeNull();
    },
  );

  it('knows that commands wait for an engine', async () => {
    write(`.weft/runs/${RUN}/view.json`, VIEW);
    write(`.weft/runs/${RUN}/inbox/1.json`, { kind: 'guide', task: 'api', text: 'x' });
    write(`.weft/runs/${RUN}/inbox/2.json`, {});
    expect(glance(repository)?.view).toMatchObject({ pending: 1, tasks: [{ pending: ['guide'] }] });
    const typed = type('', createFakeApp(VIEW), { cwd: repository });
    await typed.code;
    expect(typed.out()).toContain('next: weft resume  (1 command waits for an engine)');
  });

  it('gives up when somebody may have merged what landed beside the target', () => {
    const aside = { ref: 'weft/integration', tasks: [] };
    write(`.weft/runs/${RUN}/view.json`, { ...VIEW, aside });
    expect(glance(repository)).toBeNull();
  });

  it.each<[string, object | null, boolean]>([
    ['blocked', { outcome: 'blocked' }, true],
    ['stopped', { outcome: 'stopped' }, true],
    ['failed', { outcome: 'failed' }, false],
    ['complete', null, false],
    ['interrupted', null, true],
  ])('an earlier run that is %s', async (state, stop, isUnfinished) => {
    const older = '20250101-000000-ffff';
    write(`.weft/runs/${RUN}/view.json`, VIEW);
    write(`.weft/runs/${older}/journal.jsonl`, {});
    if (stop !== null) write(`.weft/runs/${older}/handoffs/stop.json`, stop);
    if (state === 'complete') write(`.weft/runs/${older}/handoffs/complete.json`, {});
    expect(glance(repository)?.earlier).toBe(isUnfinished ? older : null);
    const line = `an earlier run ${older} is not finished: weft resume ${older}\n`;
    for (const command of ['', 'status']) {
      const typed = type(command, createFakeApp(VIEW), { cwd: repository });
      await typed.code;
      expect(typed.out().includes(line)).toBe(isUnfinished);
    }
  });

  it('tells the names to complete, also of a run that nobody leads', async () => {
    write(`.weft/runs/${RUN}/view.json`, viewRun([viewTask('api'), viewTask('ui')]));
    mkdirSync(join(repository, '.weft/runs/20250101-000000-ffff'));
    const say = async (what: string): Promise<string> => {
      const typed = type(`completion ${what}`, createFakeApp(VIEW), { cwd: repository });
      expect(await typed.code).toBe(0);
      return typed.out();
    };
    expect(await say('tasks')).toBe('api\nui\n');
    expect(await say('runs')).toBe(`${RUN}\n20250101-000000-ffff\n`);
    rmSync(join(repository, '.weft'), { recursive: true });
    expect(await say('tasks')).toBe('');
  });

  it('answers weft and weft status without asking the app', async () => {
    write(`.weft/runs/${RUN}/view.json`, VIEW);
    const fake = createFakeApp(viewRun([], { run: 'the app was asked' }));
    for (const line of ['', 'status', 'status --json']) {
      const typed = type(line, fake, { cwd: repository });
      expect(await typed.code).toBe(0);
      expect(typed.out()).toContain(RUN);
      expect(typed.out()).not.toContain('the app was asked');
    }
  });
});
