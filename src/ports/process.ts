// Child processes: agents that outlive the engine, and short commands that do not. Knows nothing of tasks or git.
import type { Result } from '../core/failure.ts';
import type { Exit, Identity } from '../core/model.ts';

/** How to start a process in a session of its own. */
export interface StartSpec {
  /** Folder of the attempt; gets out.jsonl, err.log, pid, exit, and what the port needs to reach the process again. */
  readonly dir: string;
  readonly argv: readonly [string, ...string[]];
  readonly cwd: string;
  /** The whole environment; nothing is inherited. The port adds `WEFT_TAG=<tag>`. */
  readonly env: Readonly<Record<string, string>>;
  /** `file`: stdin is the prompt file, then end of input · `fifo`: the messages of `writeInput`, until `closeInput` · `none`. */
  readonly stdin:
    | { readonly kind: 'none' }
    | { readonly kind: 'file'; readonly path: string }
    | { readonly kind: 'fifo' };
  /** Names the attempt; inherited by every descendant that keeps its environment. */
  readonly tag: string;
  /** Cap of out.jsonl and of err.log, each; the process goes on beyond it, what it prints is dropped and a last line says so. */
  readonly outputBytes: number;
}

/** What is left of an attempt's process. */
export type ProcessState =
  | { readonly kind: 'none' }
  | { readonly kind: 'alive'; readonly identity: Identity }
  | { readonly kind: 'ended'; readonly exit: Exit };

/** Something for a process to read. */
export interface InputMessage {
  readonly number: number;
  readonly text: string;
}

/** One short command, ended with its whole tree on time-out or abort. */
export interface CommandSpec {
  readonly argv: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** File that takes stdout and stderr together; absent: kept in memory up to `outputBytes`. */
  readonly outputFile?: string;
  readonly outputBytes: number;
  readonly tag: string;
  readonly signal?: AbortSignal;
}

/** How a short command went. */
export interface CommandEnd {
  readonly exit: Exit;
  readonly timedOut: boolean;
  readonly elapsedMs: number;
  /** Last `outputBytes` of stdout+stderr (at most 64 KiB of them when they went to a file). */
  readonly tail: string;
}

/** Starts, watches and ends processes. */
export interface ProcessPort {
  /** Starts the process once per `dir`: a second call finds the first one's process, alive or ended. */
  start(spec: StartSpec): Promise<Result<ProcessState>>;
  /** Looks, without changing anything. `tag` finds a process whose identity was never written down. */
  inspect(where: { readonly dir: string; readonly tag: string }): Promise<ProcessState>;
  /** Resolves when the process is gone (exit file, else unknown exit), or null when the signal fires first. */
  waitForExit(
    where: { readonly dir: string; readonly identity: Identity },
    signal: AbortSignal,
  ): Promise<Exit | null>;
  /**
   * Ends the process and everything with its tag, group or (for strays) a cwd under `cwd`:
   * SIGTERM, `graceMs`, SIGKILL, sweep until two empty passes. Resolves with the pids that survived.
   */
  killTree(what: {
    readonly identity: Identity | null;
    readonly tag: string;
    readonly cwd: string | null;
    readonly graceMs: number;
  }): Promise<readonly number[]>;
  /**
   * Hands a live process that was started with `fifo` a message, once however often it is called, by other engines too:
   * numbers, from 0, go up with each message, and one that is not above all before changes nothing. A failure when
   * nobody reads, or does not within seconds; the message may be taken later, and calling again with the number tells.
   */
  writeInput(dir: string, message: InputMessage): Promise<Result<void>>;
  /** Ends the input of such a process after all messages so far; nothing happens when it has ended already. */
  closeInput(dir: string): Promise<Result<void>>;
  /** Runs a short command to its end. Never rejects for what the command does. */
  run(spec: CommandSpec): Promise<CommandEnd>;
  /** CPU time in ms that the live processes with the tag, and those they waited for, have used; null: it is not told here. */
  cpuMs(tag: string): Promise<number | null>;
  /** Identity of this very process. */
  self(): Identity;
  /** Tells whether exactly that process (not a later one with its pid) still runs. */
  isAlive(identity: Identity): boolean;
}
