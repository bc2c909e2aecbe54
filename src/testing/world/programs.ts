// What processes of the world do once they run: in a history agents play their scripts, and gates look at files.
import { beginAgent, hearInput } from './agents.ts';
import { beginGate } from './gates.ts';
import type { Proc } from './process-world.ts';
import type { World } from './world.ts';

/** What command lines stand for. */
export interface Programs {
  /** A process that outlives the engine begins. */
  agent(world: World, proc: Proc, argv: readonly string[]): void;
  /** A short command begins. */
  gate(world: World, proc: Proc, argv: readonly string[]): void;
  /** Something comes in for an agent to read. */
  hear(world: World, proc: Proc, text: string): void;
  /** Nothing more comes in. */
  hearEnd(world: World, proc: Proc): void;
}

/** Those of a history. */
export const PROGRAMS: Programs = {
  agent: (world, proc) => beginAgent(world, proc),
  gate: (world, proc, argv) => beginGate(world, proc, argv.at(-1) ?? ''),
  hear: hearInput,
  hearEnd: () => undefined,
};
