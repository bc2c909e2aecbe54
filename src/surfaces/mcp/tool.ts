// What a tool is: a name, when to use it, what it takes, and what a call answers. Knows no particular tool and no protocol.
import type { Result } from '../../core/failure.ts';
import { drawInputSchema, type Fields, type Input, readInput } from './tool-input.ts';

/** One call of a tool. */
export interface ToolCall {
  /** Fires when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** Says that the call is still under way. */
  progress(sentence: string): void;
}

/** What a tool says of itself. */
interface Face {
  readonly name: string;
  /** For the agent: when to use it, and what to do with the answer. */
  readonly description: string;
  /** Whether a call changes nothing at all. */
  readonly readOnly: boolean;
}

/** One tool; a call answers with a text, or with a sentence that says why not. */
export interface Tool extends Face {
  /** JSON schema of the input. */
  readonly inputSchema: object;
  call(input: unknown, call: ToolCall): Promise<Result<string, string>>;
}

/** Makes a tool whose calls get a checked input. */
export function defineTool<const F extends Fields>(
  of: Face & {
    readonly fields: F;
    readonly run: (input: Input<F>, call: ToolCall) => Promise<Result<string, string>>;
  },
): Tool {
  const { name, description, readOnly, fields, run } = of;
  return {
    name,
    description,
    readOnly,
    inputSchema: drawInputSchema(fields),
    call: async (given, call) => {
      const input = readInput(fields, given);
      return input.ok ? run(input.value, call) : input;
    },
  };
}
