// The small files in an attempt's folder by which a process is found again. Knows nothing of how it was started.
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { Exit, Identity } from '../../core/model.ts';
import { parseStartTime } from './ps-table.ts';

/** Names of the files in an attempt's folder. */
export const FILES = {
  pid: 'pid',
  exit: 'exit',
  earlyExit: 'exit.new',
  bell: 'bell.fifo',
  messages: 'in',
  fed: 'in/fed',
  output: 'out.jsonl',
  errors: 'err.log',
  shimErrors: 'shim.log',
} as const;

/** How a process ended of which nothing is known any more. */
export const UNKNOWN_EXIT: Exit = { code: null, signal: null };

/** Signals that end a process which does not handle them, by number; 128 + one of these is a death, not a code. */
const DEADLY = new Map<number, string>(
  Object.entries(constants.signals)
    .filter(([name]) => !/^SIG(CHLD|CONT|STOP|TSTP|TTIN|TTOU|URG|WINCH|INFO|IO|POLL|IOT|UNUSED)$/.test(name))
    .map(([name, number]) => [number, name]),
);

/** Reads the exit that the shim wrote when all output was in its files, or null while there is none. */
export function readExit(dir: string): Exit | null {
  return readStatus(join(dir, FILES.exit));
}

/** Reads the exit of a command whose output may not be in its files yet, or null when there is none. */
export function readEarlyExit(dir: string): Exit | null {
  return readStatus(join(dir, FILES.earlyExit));
}

/** Number of the last message that was passed on to the command; -1 when there is none. */
export function readFed(dir: string): number {
  const last = read(join(dir, FILES.fed))?.trim().split('\n').at(-1) ?? '';
  return /^\d+$/.test(last) ? Number(last) : -1;
}

function readStatus(path: string): Exit | null {
  const text = read(path)?.trim();
  return text === undefined || !/^\d{1,3}$/.test(text) ? null : exitOfStatus(Number(text));
}

/**
 * Splits a shell's exit status into code and signal. A program that itself exits with 128 + n cannot be told
 * from one that signal n ended; it counts as ended by the signal.
 */
export function exitOfStatus(status: number): Exit {
  const signal = DEADLY.get(status - 128);
  return signal === undefined ? { code: status, signal: null } : { code: null, signal };
}

/** What the pid file says: nothing started, started but unreadable, or the identity of the shim. */
export function readPidFile(dir: string): Identity | 'absent' | 'unreadable' {
  const text = read(join(dir, FILES.pid));
  if (text === null) return 'absent';
  const match = /^(\d+) (\S+) (\S+) (.+)\n/.exec(text);
  if (match === null) return 'unreadable';
  const [, pid, bootId = '', pidNs = '', started = ''] = match;
  const startTicks = /^\d+$/.test(started) ? Number(started) : parseStartTime(started);
  return Number.isFinite(startTicks) ? { bootId, pidNs, pid: Number(pid), startTicks } : 'unreadable';
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
