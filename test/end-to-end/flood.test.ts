// An agent that prints gigabytes: the engine stays as small as it was, and the disk keeps no more than the cap.
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTempRepo, type TempRepo } from '../../src/testing/temp-repo.ts';
import { journalSays, startWeft, weft } from './cli.ts';
import { writeScript } from './rig.ts';

const MIB = 1024 * 1024;
const CAP = 4 * MIB;

let repo: TempRepo;
beforeEach(async () => {
  repo = await createTempRepo();
});
afterEach(() => repo.remove());

/** A figure of a process's memory in bytes: `VmRSS` now, `VmHWM` at its highest. */
function memoryOf(pid: number | undefined, figure: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${figure}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024;
}

test('6 GB in lines of 1 GB cost the engine no 64 MiB, and the disk no more than the cap [F13] [F14]', async () => {
  const at = (name: string): string => join(repo.around, name);
  const until = (name: string): string => `until [ -e '${at(name)}' ]; do sleep 0.02; done`;
  const flood = 'for n in 1 2 3 4 5 6; do dd if=/dev/zero bs=1M count=1000 2>/dev/null; echo; done';
  const run = `${until('go')}; ${flood}; echo done >done.txt`;
  await writeScript(repo, [[{ id: 'flood', acts: [], frontmatter: { run } }]], {
    gates: { tier0: [until('measured')] },
    limits: { outputBytes: CAP },
  });
  const running = startWeft(repo.path, ['run', 'tracks.yaml']);
  const name = await journalSays(repo.path, '"type":"attempt.started"', running);
  const before = memoryOf(running.child.pid, 'VmRSS');
  writeFileSync(at('go'), '');
  await journalSays(repo.path, '"type":"attempt.inspected"', running);
  const most = memoryOf(running.child.pid, 'VmHWM');
  const shown = await weft(repo.path, 'logs', 'flood');
  writeFileSync(at('measured'), '');
  const ended = await running.ended;
  expect(ended, ended.out).toMatchObject({ code: 0 });
  expect((most - before) / MIB).toBeLessThan(64);
  const { size } = statSync(join(repo.path, '.weft/runs', name, 'attempts/flood/1/out.jsonl'));
  expect(size).toBeGreaterThanOrEqual(CAP);
  expect(size).toBeLessThan(CAP + MIB);
  expect(shown.code).toBe(0);
  expect(shown.out).toContain('was dropped');
});
