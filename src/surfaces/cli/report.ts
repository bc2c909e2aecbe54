// How results and failures are said: sentences for people, JSON for programs. Decides no exit code but a failure's.
import type { Failure } from '../../core/failure.ts';
import { cleanText } from './clean.ts';
import { EXIT_OF_BUG, EXIT_OF_FAILURE } from './exit-code.ts';
import type { Io } from './io.ts';
import { choosePaint } from './paint.ts';

/** Prints one JSON object as a line. */
export function printJson(io: Io, value: object): void {
  io.stdout.write(`${JSON.stringify({ schemaVersion: 1, ...value })}\n`);
}

/** Prints a line of weft's own words, or of clean text. */
export function printLine(io: Io, line: string): void {
  io.stdout.write(`${line}\n`);
}

/** Prints lines of weft's own words, or of clean text, in one go. */
export function printLines(io: Io, lines: readonly string[]): void {
  if (lines.length > 0) io.stdout.write(`${lines.join('\n')}\n`);
}

/** Says a failure on standard error, with `json` also on standard output; gives the exit code. */
export function reportFailure(io: Io, failure: Failure, options: { readonly json: boolean }): number {
  const paint = choosePaint(io, io.stderr);
  io.stderr.write(`${paint('red', 'error:')} ${cleanText(failure.sentence)}\n`);
  if (failure.hint !== undefined) io.stderr.write(`${paint('cyan', 'hint:')} ${cleanText(failure.hint)}\n`);
  const { kind, sentence, hint } = failure;
  if (options.json) printJson(io, { error: { kind, sentence, ...(hint === undefined ? {} : { hint }) } });
  return EXIT_OF_FAILURE[kind];
}

/** Says an error that was thrown: a failure it carries, what the system refused, or a bug; gives the exit code. */
export function reportError(io: Io, error: unknown, options: { readonly json: boolean }): number {
  const failure = readFailure(error);
  const code = failure === null ? reportBug(io, error, options) : reportFailure(io, failure, options);
  const stack = error instanceof Error ? error.stack : undefined;
  if ((io.env['WEFT_DEBUG'] ?? '') !== '') io.stderr.write(`${cleanText(stack ?? String(error))}\n`);
  return code;
}

function reportBug(io: Io, error: unknown, options: { readonly json: boolean }): number {
  const sentence = error instanceof Error ? error.message : String(error);
  const hint = 'This is a bug of weft. WEFT_DEBUG=1 shows where it happened.';
  reportFailure(io, { kind: 'failed', sentence, hint }, options);
  return EXIT_OF_BUG;
}

/** The failure an error has as its cause, or the one a system error amounts to; null for a bug. */
function readFailure(error: unknown): Failure | null {
  if (!(error instanceof Error)) return null;
  const { cause } = error;
  if (isFailure(cause)) return cause;
  if (!('code' in error) || !('syscall' in error)) return null;
  const hint = '`weft doctor` checks disk and permissions; `weft resume` goes on with a run.';
  return { kind: 'environment', sentence: `The system refused: ${error.message}.`, hint };
}

function isFailure(value: unknown): value is Failure {
  if (typeof value !== 'object' || value === null || !('kind' in value) || !('sentence' in value))
    return false;
  return typeof value.sentence === 'string' && Object.hasOwn(EXIT_OF_FAILURE, String(value.kind));
}
