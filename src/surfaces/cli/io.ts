// The command line's whole outside world, so that tests can be it. Knows nothing of the global process.

/** One output stream. */
export interface Output {
  write(text: string): void;
  /** Settles when what was written is on its way and takes no more room here. */
  drained(): Promise<void>;
  readonly isTTY: boolean;
  /** Width in columns as it is now; 80 when unknown. */
  readonly columns: number;
  /** Height in lines as it is now; 24 when unknown. */
  readonly rows: number;
}

/** What may come from outside while a command runs; `SIGPIPE`: nobody reads standard output any more. */
export type Signal = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'SIGWINCH' | 'SIGPIPE';

/** The terminal, the environment and the clock. */
export interface Io {
  /** Words after the program's name. */
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Everything on standard input as text, at most `maxBytes` of it. */
  readStdin(maxBytes: number): Promise<string>;
  /** Absolute paths by which weft can be started again. */
  readonly program: { readonly node: string; readonly entry: string };
  readonly version: string;
  /** Calls back instead of the signal's usual effect; returns how to stop. */
  onSignal(signal: Signal, act: () => void): () => void;
  /** Wall time in ms since 1970. */
  now(): number;
  /** Calls back every `periodMs`; returns how to stop. */
  every(periodMs: number, act: () => void): () => void;
}
