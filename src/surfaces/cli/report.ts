// How results and failures are said: sentences for people, JSON for programs. Decides no exit code but a failure's.
import type { Failure } from '../../core/failure.ts';
import { cleanText } from './clean.ts';
import { EXIT_OF_FAILURE } from './exit-code.ts';
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

/** Says a failure on standard error, with `json` also on standard output; gives the exit code. */
export function reportFailure(io: Io, failure: Failure, options: { readonly json: boolean }): number {
  const paint = choosePaint(io, io.stderr);
  io.stderr.write(`${paint('red', 'error:')} ${cleanText(failure.sentence)}\n`);
  if (failure.hint !== undefined) io.stderr.write(`${paint('cyan', 'hint:')} ${cleanText(failure.hint)}\n`);
  const { kind, sentence, hint } = failure;
  if (options.json) printJson(io, { error: { kind, sentence, ...(hint === undefined ? {} : { hint }) } });
  return EXIT_OF_FAILURE[kind];
}

/** Says that weft itself is wrong; the stack only on request. */
export function reportBug(io: Io, error: unknown): void {
  const known = error instanceof Error ? error : new Error(String(error));
  const paint = choosePaint(io, io.stderr);
  io.stderr.write(`${paint('red', 'error:')} ${cleanText(known.message)}\n`);
  io.stderr.write(`${paint('cyan', 'hint:')} This is a bug of weft. WEFT_DEBUG=1 shows where it happened.\n`);
  if ((io.env['WEFT_DEBUG'] ?? '') !== '') io.stderr.write(`${cleanText(known.stack ?? '')}\n`);
}
