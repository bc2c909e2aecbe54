// Expected failures as values. Knows nothing of who prints them or of exit codes' meaning to a shell.

/** Decides the exit code of a command that ends with the failure. */
export type FailureKind =
  | 'usage' // the command line, a configuration or a task file is wrong
  | 'blocked' // only a human can go on
  | 'collision' // two claims meet under policy `fail`
  | 'leader' // another engine leads this repository
  | 'timeout' // a time limit ended it
  | 'corrupt' // state on disk cannot be trusted
  | 'environment' // git, disk, permissions, a missing binary
  | 'failed'; // the work itself failed

/** Says what went wrong in one sentence and what to do next. */
export interface Failure {
  readonly kind: FailureKind;
  readonly sentence: string;
  readonly hint?: string;
}

/** Carries a value or the reason there is none. */
export type Result<T, F = Failure> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: F };

/** Wraps a value as a success. */
export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

/** Wraps a failure. */
export function fail<F = Failure>(failure: F): { readonly ok: false; readonly failure: F } {
  return { ok: false, failure };
}

/** Marks a place that exhaustive switches never reach. */
export function unreachable(value: never): never {
  throw new Error(`Internal error: unreachable case ${JSON.stringify(value)}`);
}
