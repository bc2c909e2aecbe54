// A terminal in memory: what was printed, and signals and seconds at the test's command.
import type { Io, Output, Signal } from '../../../src/surfaces/cli/io.ts';

/** The terminal and what came of it. */
export interface FakeIo {
  readonly io: Io;
  out(): string;
  err(): string;
  /** Last object printed with `--json`. */
  json(): unknown;
  /** Delivers a signal; throws when nobody listens, as the process would end. */
  send(signal: Signal): void;
  isHeard(signal: Signal): boolean;
  /** Lets all timers fire once. */
  tick(): void;
  /** Changes the size of the terminal. */
  resize(size: { readonly columns: number; readonly rows: number }): void;
  setNow(wallMs: number): void;
}

/** Moment at which the tests play: 12:00:00 UTC. */
export const NOON: number = Date.parse('2026-03-01T12:00:00.000Z');

/** Makes a terminal; `isTTY` is false unless said. */
export function createFakeIo(
  argv: readonly string[],
  options: {
    readonly isTTY?: boolean;
    readonly columns?: number;
    readonly rows?: number;
    readonly env?: Record<string, string>;
    readonly cwd?: string;
    readonly stdin?: string;
    readonly program?: Io['program'];
  } = {},
): FakeIo {
  let size = { columns: options.columns ?? 80, rows: options.rows ?? 24 };
  let now = NOON;
  const texts = { out: '', err: '' };
  const listeners = new Map<Signal, Set<() => void>>();
  const timers = new Set<() => void>();
  const output = (name: 'out' | 'err'): Output => ({
    write: (text) => {
      texts[name] += text;
    },
    drained: async () => undefined,
    isTTY: options.isTTY ?? false,
    get columns() {
      return size.columns;
    },
    get rows() {
      return size.rows;
    },
  });
  const heard = (signal: Signal): Set<() => void> => {
    const acts = listeners.get(signal) ?? new Set();
    listeners.set(signal, acts);
    return acts;
  };
  const io: Io = {
    argv,
    cwd: options.cwd ?? '/nowhere',
    env: options.env ?? {},
    stdout: output('out'),
    stderr: output('err'),
    readStdin: async () => options.stdin ?? '',
    program: options.program ?? { node: '/node', entry: '/weft.cjs' },
    version: '1.2.3',
    onSignal: (signal, act) => {
      heard(signal).add(act);
      return () => heard(signal).delete(act);
    },
    now: () => now,
    every: (_, act) => {
      timers.add(act);
      return () => timers.delete(act);
    },
  };
  return {
    io,
    out: () => texts.out,
    err: () => texts.err,
    json: () => JSON.parse(texts.out.trimEnd().split('\n').at(-1) ?? ''),
    send: (signal) => {
      if (heard(signal).size === 0) throw new Error(`nobody listens to ${signal}`);
      for (const act of [...heard(signal)]) act();
    },
    isHeard: (signal) => heard(signal).size > 0,
    tick: () => {
      for (const act of [...timers]) act();
    },
    resize: (to) => {
      size = to;
    },
    setNow: (wallMs) => {
      now = wallMs;
    },
  };
}
