// What went wrong between weft and GitHub, as failures of the port. Knows no calls in particular.
import { z } from 'zod';
import { fail, ok } from '../../../core/failure.ts';
import type { Forged, ForgeFailure } from '../../../ports/forge.ts';
import { type Gate, TooSoon } from './gate.ts';

/** Carries a failure up to the port, where `attempt` makes a value of it. */
export class ForgeError extends Error {
  readonly failure: ForgeFailure;
  /** Status of the answer; null: there was none. */
  readonly status: number | null;

  constructor(failure: ForgeFailure, status: number | null = null) {
    super(failure.sentence);
    this.name = 'ForgeError';
    this.failure = failure;
    this.status = status;
  }
}

/** Ends the work in hand with a failure. */
export function giveUp(kind: Exclude<ForgeFailure['kind'], 'rate-limited'>, sentence: string): never {
  throw new ForgeError({ kind, sentence });
}

/** Turns what the calls throw into a failure; bugs go on. */
export async function attempt<T>(work: () => Promise<T>): Promise<Forged<T>> {
  try {
    return ok(await work());
  } catch (error) {
    if (error instanceof ForgeError) return fail(error.failure);
    throw error;
  }
}

/** Tells whether nobody knows if what was asked for has happened. */
export function isInDoubt(error: unknown): boolean {
  return error instanceof ForgeError && error.failure.kind === 'environment';
}

const SENTENCE_CHARS = 500;

const refusal = z.object({
  message: z.string().default(''),
  errors: z.array(z.union([z.string(), z.object({ message: z.string() })]).catch('')).catch([]),
});

const thrown = z.object({
  status: z.number(),
  message: z.string(),
  response: z.object({ data: refusal.catch({ message: '', errors: [] }) }).optional(),
});

/** Reads what the client of GitHub throws. Bugs go on. */
export function readTrouble(error: unknown, gate: Gate): ForgeError {
  if (error instanceof ForgeError) return error;
  if (error instanceof TooSoon) return limited(error.waitMs);
  const read = thrown.safeParse(error);
  if (!read.success) {
    // answers of GraphQL that are refused for a limit come without a status
    if (error instanceof Error && /rate limit/i.test(error.message)) return limited(gate.closedMs());
    throw error;
  }
  const { status, message, response } = read.data;
  if (response === undefined) {
    return new ForgeError({
      kind: 'environment',
      sentence: `GitHub cannot be reached: ${message.slice(0, SENTENCE_CHARS)}.`,
    });
  }
  const said = describe(response.data, status);
  if ((status === 403 || status === 429) && (gate.closedMs() > 0 || status === 429))
    return limited(gate.closedMs());
  return new ForgeError(classify(status, said), status);
}

function describe({ message, errors }: z.infer<typeof refusal>, status: number): string {
  const more = errors.map((each) => (typeof each === 'string' ? each : each.message));
  const words = [message, ...more].filter((text) => text !== '').map((text) => text.replace(/\.$/, ''));
  return words.length === 0 ? `status ${status}` : words.join(': ').slice(0, SENTENCE_CHARS);
}

function classify(status: number, said: string): ForgeFailure {
  if (status === 401) {
    return {
      kind: 'unauthorized',
      sentence: `GitHub does not accept the token: ${said}.`,
      hint: 'Give weft a valid one in GH_TOKEN (GH_ENTERPRISE_TOKEN for Enterprise), or log in again with `gh auth login`.',
    };
  }
  if (status === 403) {
    return {
      kind: 'unauthorized',
      sentence: `The token may not do that: ${said}.`,
      hint: 'It needs to read and write contents, pull requests, checks and statuses of the repository.',
    };
  }
  if (status === 404 || status === 410) {
    return { kind: 'gone', sentence: `GitHub does not have it, or does not show it: ${said}.` };
  }
  if (status >= 500) return { kind: 'environment', sentence: `GitHub is in trouble: ${said}.` };
  return { kind: 'refused', sentence: `GitHub refused: ${said}.` };
}

/** The failure of what comes too soon. */
export function limited(waitMs: number): ForgeError {
  const seconds = Math.ceil(waitMs / 1000);
  return new ForgeError({
    kind: 'rate-limited',
    sentence: `GitHub takes no more calls for ${seconds} s.`,
    waitMs: Math.max(1, waitMs),
  });
}
