// What the process contract needs of a place besides the port: command lines by what they do, and what befalls processes.
import type { Exit, Identity } from '../../../src/core/model.ts';
import type { ProcessPort, ProcessState, StartSpec } from '../../../src/ports/process.ts';

/** Command lines by what they do; a stand-in brings its own. */
export interface Behaviours {
  exits(code: number): StartSpec['argv'];
  diesOf(signal: 'SIGKILL' | 'SIGSEGV'): StartSpec['argv'];
  /** Runs until it is ended. */
  readonly waits: StartSpec['argv'];
  /** Runs on after SIGTERM. */
  readonly ignoresTerm: StartSpec['argv'];
  /** Copies its input to its output until the input ends. */
  readonly copies: StartSpec['argv'];
  /** Copies one line of its input and ends. */
  readonly copiesOneLine: StartSpec['argv'];
  prints(text: string): StartSpec['argv'];
  /** Prints so many times `x` and exits with 3. */
  floods(bytes: number): StartSpec['argv'];
  /** Leaves a child behind that runs until it is ended, prints `left` and exits with 0. */
  readonly leavesChild: StartSpec['argv'];
  readonly missing: StartSpec['argv'];
}

/** One test's place. */
export interface Bench {
  readonly port: ProcessPort;
  /** A second port that knows nothing of what the first has done, as after a restart of the engine. */
  reopen(): ProcessPort;
  readonly behaviours: Behaviours;
  /** A start of the command line in the attempt folder of this place. */
  spec(argv: StartSpec['argv'], stdin?: StartSpec['stdin']): StartSpec;
  writeFile(text: string): string;
  /** Text of a file below the folder of this place, or null; `pathTo` names it. */
  readFile(path: string): string | null;
  pathTo(name: string): string;
  output(): string;
  /** Resolves once the attempt's output is what the test waits for. */
  outputIs(accept: (text: string) => boolean): Promise<void>;
  /** Pid of the process that the port works in. */
  readonly pid: number;
  /** Time as the port's time-outs count it. */
  nowMs(): number;
  /** Kills a process that was started, and whatever would write down how it ended. */
  vanish(identity: Identity): Promise<void>;
  /** Undoes the note of the process's identity, as a kill right after the start would have left it. */
  forgetIdentity(dir: string): Promise<void>;
  /** Number of live processes that carry the tag of this place or were left by those that do. */
  live(): number;
  /** Somebody else's process that works in the folder of this place; tells whether it still runs. */
  moveIn(): Promise<() => boolean>;
  close(): Promise<void>;
}

/** A signal that never fires. */
export const never: AbortSignal = new AbortController().signal;

/** Starts a process that must be alive then. */
export async function begin(bench: Bench, spec: StartSpec): Promise<Identity> {
  const started = await bench.port.start(spec);
  if (!started.ok) throw new Error(started.failure.sentence);
  return identityOf(started.value);
}

/** Identity of a process that must be alive. */
export function identityOf(state: ProcessState): Identity {
  if (state.kind !== 'alive') throw new Error(`not alive but ${JSON.stringify(state)}`);
  return state.identity;
}

/** Starts and waits, whether or not the process was quick enough to be over when the start returned. */
export async function runToEnd(bench: Bench, spec: StartSpec): Promise<Exit | null> {
  const started = await bench.port.start(spec);
  if (!started.ok) throw new Error(started.failure.sentence);
  if (started.value.kind === 'ended') return started.value.exit;
  return bench.port.waitForExit({ dir: spec.dir, identity: identityOf(started.value) }, never);
}
