// Exit codes of every command, in one place. Knows nothing of who ends with them.
import type { Outcome } from '../../core/event.ts';
import type { FailureKind } from '../../core/failure.ts';
import type { Signal } from './io.ts';

/** Exit code of a command that ends with a failure of the kind. */
export const EXIT_OF_FAILURE: Readonly<Record<FailureKind, number>> = {
  failed: 1,
  usage: 2,
  environment: 2,
  corrupt: 2,
  blocked: 3,
  collision: 4,
  leader: 5,
  timeout: 124,
};

/** Exit code of a command that led a run to its rest. */
export const EXIT_OF_OUTCOME: Readonly<Record<Outcome, number>> = {
  complete: 0,
  failed: 1,
  stopped: 1,
  blocked: 3,
  timeout: 124,
};

/** Exit code of a command that a signal ended. */
export const EXIT_OF_SIGNAL: Readonly<Record<Exclude<Signal, 'SIGWINCH'>, number>> = {
  SIGHUP: 129,
  SIGINT: 130,
  SIGPIPE: 141,
  SIGTERM: 143,
};

/** Exit code of a bug. */
export const EXIT_OF_BUG = 1;
