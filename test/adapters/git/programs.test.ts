// Short programs run through a shell: what comes through, what is ended, what is left.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ProgramCall } from '../../../src/adapters/git/exec.ts';
import { createPrograms, type Programs, STARTING } from '../../../src/adapters/git/programs.ts';
import { openProcessTable, runs } from '../../../src/adapters/process/process-table.ts';
import { killIfThere } from './struck.ts';

let folder: string;
let programs: Programs;
let before: string | undefined;
/** Groups of what was started through a shell. */
let groups: number[];
const note = (starting: unknown): void => void groups.push((starting as { group: number }).group);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weft-programs-'));
  before = process.env['TMPDIR'];
  process.env['TMPDIR'] = folder;
  programs = createPrograms();
  groups = [];
  subscribe(STARTING, note);
  // from here on a shell does it
  for (let each = 0; each < 6; each += 1) await programs.run('true', [], call());
  expect(groups).toEqual([]);
});

afterEach(async () => {
  await programs.close();
  unsubscribe(STARTING, note);
  if (before === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = before;
  expect(readdirSync(folder)).toEqual([]);
  rmSync(folder, { recursive: true, force: true });
});

function call(over: Partial<ProgramCall> = {}): ProgramCall {
  return { cwd: '/', ...over };
}

const sh = (script: string, over: Partial<ProgramCall> = {}): ReturnType<Programs['run']> =>
  programs.run('sh', ['-c', script], call(over));

test('what a program prints, reads and ends with comes through unchanged', async () => {
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, at) => at)).toString('latin1');
  const end = await sh(`cat; echo "it's" >&2; exit 7`, { input: bytes, encoding: 'latin1' });
  expect({ ...end, stdout: end.stdout === bytes }).toEqual({
    code: 7,
    stdout: true,
    stderr: "it's\n",
    trouble: null,
  });
  expect(groups).toHaveLength(1);
});

test('words are taken as they are', async () => {
  const words = ['', ' ', "it's", '"$HOME"', '`id`', '*', '-n', 'a\nb', '\\', 'ü'];
  const end = await programs.run('printf', ['%s\\0', ...words], call());
  expect(end.stdout.split('\0').slice(0, -1)).toEqual(words);
});

test('a call has the variables that it names, beside those that keep git safe', async () => {
  const env = { MINE: "it's\nmine", LC_ALL: 'POSIX' };
  const script = 'printf "%s %s %s" "$MINE" "$LC_ALL" "$GIT_TERMINAL_PROMPT"';
  expect((await sh(script, { env })).stdout).toBe("it's\nmine POSIX 0");
  expect((await sh(script)).stdout).toBe(' C 0');
});

test.each([
  ['a program that is not there', '/nowhere/at-all', '/'],
  ['a folder that is not there', 'true', '/nowhere/at-all'],
])('%s is said to be the trouble', async (_, program, cwd) => {
  const end = await programs.run(program, [], call({ cwd }));
  expect(end).toMatchObject({ code: null, trouble: expect.stringMatching(/^could not be started \(.+\)$/) });
});

test('one that is killed is told from one that fails', async () => {
  expect(await sh('kill -KILL $$')).toMatchObject({ code: null, trouble: 'was killed' });
  expect(await sh('exit 128')).toMatchObject({ code: 128, trouble: null });
});

test('one that takes too long is ended with all it started', async () => {
  const end = await sh('sleep 600 & echo $!; sleep 600', { timeoutMs: 300 });
  expect(end).toMatchObject({ code: null, trouble: 'took longer than 300 ms' });
  const left = openProcessTable().look(Number(end.stdout));
  expect(left !== null && runs(left)).toBe(false);
});

test('many run side by side, and none gets what another printed', async () => {
  const ends = await Promise.all(Array.from({ length: 40 }, (_, at) => sh(`echo ${at}; exit ${at}`)));
  expect(ends.map(({ code, stdout }) => [code, Number(stdout)])).toEqual(ends.map((_, at) => [at, at]));
});

test('a shell that dies takes nothing with it but the calls in hand', async () => {
  await sh('true');
  const [group = 0] = groups;
  const hit = sh('sleep 600');
  // the shell has read the order once a later one is done
  await sh('true');
  killIfThere(group);
  expect(await hit).toMatchObject({ code: null, trouble: 'was lost: the shell that ran it has ended' });
  expect((await sh('echo on')).stdout).toBe('on\n');
  expect(groups.at(-1)).not.toBe(group);
});

test('a shell that hangs is ended with the first call that takes too long', async () => {
  await sh('true');
  const [group = 0] = groups;
  process.kill(group, 'SIGSTOP');
  const beside = sh('echo beside');
  expect(await sh('echo late', { timeoutMs: 100 })).toMatchObject({ trouble: 'took longer than 100 ms' });
  expect(await beside).toMatchObject({ code: null, trouble: 'was lost: the shell that ran it has ended' });
  expect((await sh('echo on')).stdout).toBe('on\n');
  expect(groups.at(-1)).not.toBe(group);
});

test('a shell that hangs does not keep its owner from closing', async () => {
  await sh('true');
  process.kill(groups[0] ?? 0, 'SIGSTOP');
  await programs.close();
  expect(readdirSync(folder)).toEqual([]);
});

test('ended programs are collected', async () => {
  await Promise.all(Array.from({ length: 20 }, () => sh('true')));
  const [group = 0] = groups;
  const ended = (): readonly string[] =>
    readFileSync(`/proc/${group}/task/${group}/children`, 'utf8').split(' ').filter(Boolean);
  // each order collects what ended before it
  for (let tries = 0; ended().length > 2 && tries < 100; tries += 1) {
    await sh('true');
    await sleep(5);
  }
  expect(ended().length).toBeLessThanOrEqual(2);
});

test('one that leaves somebody behind who holds its output open has ended all the same', async () => {
  const direct = createPrograms();
  const end = await direct.run('sh', ['-c', 'setsid sleep 600 & echo $!; exit 3'], call());
  expect(end).toMatchObject({ code: 3, trouble: null });
  killIfThere(Number(end.stdout));
  const told = await sh('setsid sleep 600 & echo $!; exit 3');
  expect(told).toMatchObject({ code: 3, trouble: null });
  killIfThere(Number(told.stdout));
});
