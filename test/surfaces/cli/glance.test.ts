// The quick look at the latest run's file: trusted only when nothing speaks against it.
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

describe('glance', () => {
  it('gives the latest run, from any folder of the repository', () => {
    write(`.weft/runs/${RUN}/view.json`, VIEW);
    write('.weft/runs/20250101-000000-ffff/view.json', { ...VIEW, run: '20250101-000000-ffff' });
    mkdirSync(join(repository, 'deep/er'), { recursive: true });
    expect(glance(join(repository, 'deep/er'))).toEqual({ view: VIEW, mail: 0 });
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

  it.runIf(process.platform === 'linux')(
    'believes that a run is going on only while its leader lives',
    () => {
      const running = viewRun([], { state: 'running' });
      write(`.weft/runs/${RUN}/view.json`, running);
      expect(glance(repository)).toBeNull();
      const stat = readFileSync(`/proc/${process.pid}/stat`, 'utf8');
      const ticks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
      writeLeader(process.pid, ticks);
      expect(glance(repository)).toEqual({ view: running, mail: 0 });
      writeLeader(process.pid, ticks + 1);
      expect(glance(repository)).toBeNull();
    },
  );

  it('knows that commands wait for an engine', async () => {
    write(`.weft/runs/${RUN}/view.json`, VIEW);
    write(`.weft/runs/${RUN}/inbox/1.json`, {});
    expect(glance(repository)).toEqual({ view: VIEW, mail: 1 });
    const typed = type('', createFakeApp(VIEW), { cwd: repository });
    await typed.code;
    expect(typed.out()).toContain('next: weft resume  (1 command waits for an engine)');
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
