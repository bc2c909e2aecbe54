// Reading the process table: odd program names, exact entries, and the columns of `ps`.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { openProcessTable } from '../../../src/adapters/process/process-table.ts';
import { holdsEntry, parseStat } from '../../../src/adapters/process/procfs-table.ts';
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
