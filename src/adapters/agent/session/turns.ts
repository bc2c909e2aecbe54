// Stands between a host and an agent whose program takes one turn and ends: a process that stays, and starts that program
// once for each turn. Knows no agent; what the program prints goes past it.
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { splitLines } from '../../process/line-splitter.ts';
import { parseObject } from '../agent-text.ts';
import { listOf, textOf } from './fields.ts';

/** What is printed when a turn's program is gone. */
export const GONE = 'weft.gone';

const MAX_LINE_BYTES = 32 * 1024 * 1024;

/** One turn, as a line: what to start, and all that it is given on its input. */
export interface TurnOrder {
  readonly argv: readonly [string, ...string[]];
  readonly input: string;
}

/** Writes the line that starts a turn. */
export function orderTurn(order: TurnOrder): string {
  return JSON.stringify(order);
}

/** Writes the line that interrupts the turn under way. */
export function orderHalt(): string {
  return JSON.stringify({ halt: true });
}

/** Turns as they are ordered; one that is ordered while another is under way is not begun. */
export interface Turns {
  /** Interrupts the turn under way; when that has been no word to it, ends it. */
  halt(): void;
  /** Resolves when nothing more can be ordered and no turn is under way. */
  readonly over: Promise<void>;
}

/** Serves the orders of `input`; `print` writes a line for the host, beside what the programs print themselves. */
export function serveTurns(input: Readable, print: (line: string) => void): Turns {
  let current: ChildProcess | null = null;
  let isClosed = false;
  let isHalted = false;
  let leave = (): void => undefined;
  const over = new Promise<void>((resolve) => {
    leave = resolve;
  });
  const tellGone = (how: {
    code: number | null;
    signal: NodeJS.Signals | null;
    error: string | null;
  }): void => {
    current = null;
    // the program's last line may lack its end
    print(`\n${JSON.stringify({ type: GONE, ...how })}`);
    if (isClosed) leave();
  };
  const start = ([program = '', ...args]: readonly string[], text: string): void => {
    isHalted = false;
    const child = tryToSpawn(program, args);
    if (typeof child === 'string') return tellGone({ code: null, signal: null, error: child });
    current = child;
    child.on('error', ({ message }) => {
      if (child.pid === undefined) tellGone({ code: null, signal: null, error: message });
    });
    child.on('exit', (code, signal) => tellGone({ code, signal, error: null }));
    // who is gone reads no more; its end is told by its exit
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(text);
  };
  // interrupted, it takes the commands that it runs with it; ended, it leaves them behind
  const halt = (): void => {
    current?.kill(isHalted ? 'SIGTERM' : 'SIGINT');
    isHalted = true;
  };
  const orders = splitLines({
    maxLineBytes: MAX_LINE_BYTES,
    onLine: ({ bytes }) => {
      const order = parseObject(bytes.toString('utf8')) ?? {};
      if (order['halt'] === true) halt();
      const argv = listOf(order['argv']).map(textOf);
      if (argv.length > 0 && current === null) start(argv, textOf(order['input']));
    },
  });
  input.on('data', (chunk: Buffer) => orders.push(chunk));
  input.on('end', () => {
    isClosed = true;
    if (current === null) leave();
    else halt();
  });
  return { over, halt };
}

/** What no process can be made of gives the reason. */
function tryToSpawn(program: string, args: readonly string[]): ChildProcess | string {
  try {
    return spawn(program, args, { stdio: ['pipe', 'inherit', 'inherit'] });
  } catch (error) {
    return String(error);
  }
}
