// Reading the process table: odd program names, exact entries, and the columns of `ps`.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { openProcessTable } from '../../../src/adapters/process/process-table.ts';
import { createAgeTest, holdsEntry, parseStat } from '../../../src/adapters/process/procfs-table.ts';
import { parsePs, parseStartTime } from '../../../src/adapters/process/ps-table.ts';

const numbers = '1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17';

it.each([
  ['plain', 'sh'],
  ['a bracket', 'a) R 1 1 1 (b'],
  ['blanks and a line feed', 'two words\n) S'],
  ['empty', ''],
])('reads a stat line whose name is %s', (_, name) => {
  const line = `42 (${name}) S 7 8 9 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 123456 1 2 3`;
  expect(parseStat(line)).toEqual({
    pid: 42,
    parent: 7,
    group: 8,
    session: 9,
    startTicks: 123_456,
    state: 'S',
    hasTerminal: false,
    cpuMs: 260,
    name,
  });
});

it.each([[''], ['42 (sh'], ['42 (sh) S 1'], [`42 sh ${numbers}`]])('refuses %j', (line) => {
  expect(parseStat(line)).toBeNull();
});

it.each([
  ['A=1\0B=2\0', 'A=1', true],
  ['A=1\0B=2\0', 'B=2', true],
  ['A=12\0', 'A=1', false],
  ['XA=1\0', 'A=1', false],
  ['B=A=1\0', 'A=1', false],
  ['', 'A=1', false],
])('looks for an exact entry in %j', (environment, entry, expected) => {
  expect(holdsEntry(environment, entry)).toBe(expected);
});

it('sees this process as the kernel does', () => {
  const table = openProcessTable();
  const self = table.look(process.pid);
  expect(self).toMatchObject({ pid: process.pid, parent: process.ppid });
  expect(table.list().find((row) => row.pid === process.pid)?.startTicks).toBe(self?.startTicks);
  expect(table.workingFolder(process.pid)).toBe(process.cwd());
  expect(table.variableNames(process.pid)?.has('PATH')).toBe(true);
  expect(table.look(2 ** 30)).toBeNull();
});

it.each([
  ['in a row', { lastPid: 100, forks: 10 }, { lastPid: 103, forks: 13 }, [101, 102, 103]],
  ['none', { lastPid: 100, forks: 10 }, { lastPid: 100, forks: 10 }, []],
  [
    'begun again from the lowest',
    { lastPid: 997, forks: 10 },
    { lastPid: 3, forks: 20 },
    [1, 2, 3, 998, 999],
  ],
])('knows by the pid who may have begun since a moment: %s', (_, since, now, expected) => {
  const isWanted = createAgeTest({ since, now, pids: 1_000 });
  expect(Array.from({ length: 1_000 }, (__, pid) => pid).filter((pid) => pid > 0 && isWanted(pid))).toEqual(
    expected,
  );
});

it.each([
  [
    'so many began that the turn may have come round',
    { lastPid: 100, forks: 10 },
    { lastPid: 103, forks: 510 },
  ],
  ['the moment is not known', null, { lastPid: 103, forks: 13 }],
  ['it cannot be told what has happened since', { lastPid: 100, forks: 10 }, null],
  ['what it was told is nonsense', { lastPid: 100, forks: 10 }, { lastPid: 103, forks: Number.NaN }],
])('leaves out nobody when %s', (_, since, now) => {
  const isWanted = createAgeTest({ since, now, pids: 1_000 });
  expect([1, 100, 102, 999].map(isWanted)).toEqual([true, true, true, true]);
});

it('lists the younger alone when it is given a moment', async () => {
  const table = openProcessTable();
  const older = spawn('sleep', ['1000'], { stdio: 'ignore' });
  await once(older, 'spawn');
  const since = table.mark();
  const younger = spawn('sleep', ['1000'], { stdio: 'ignore' });
  await once(younger, 'spawn');
  const pids = table.list(since).map(({ pid }) => pid);
  expect(pids).toContain(younger.pid);
  // where moments are not known, all are listed
  expect(pids.includes(older.pid ?? 0)).toBe(since === null);
  expect(table.list().map(({ pid }) => pid)).toContain(older.pid);
  for (const child of [older, younger]) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

it('reads the columns that are asked of ps', async () => {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
  await once(child, 'spawn');
  const columns = 'pid=,ppid=,pgid=,stat=,tty=,lstart=,comm=';
  const text = execFileSync('ps', ['-o', columns, '-p', String(child.pid)], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
  });
  child.kill('SIGKILL');
  const [row, ...more] = parsePs(text);
  expect(more).toEqual([]);
  expect(row).toMatchObject({ pid: child.pid, parent: process.pid, hasTerminal: false });
  expect(Math.abs((row?.startTicks ?? 0) - Date.now() / 1000)).toBeLessThan(60);
});

it('reads start times of macOS', () => {
  expect(parseStartTime('Sat Nov  1 04:05:06 2026')).toBe(new Date(2026, 10, 1, 4, 5, 6).getTime() / 1000);
  expect(parseStartTime('nonsense')).toBeNaN();
});

it('refuses a platform where processes cannot be told apart', () => {
  expect(() => openProcessTable('win32')).toThrow('Linux and macOS');
});
