// Ends a command that only looks, when a signal comes. Knows nothing of runs; those are led in `commands/lead.ts`.
import { EXIT_OF_SIGNAL } from './exit-code.ts';
import type { Io } from './io.ts';

/** What ends a look. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** Exit code of the signal that came, or null. */
  code(): number | null;
  /** Ends the look for a reason of its own. */
  end(): void;
  /** Listens no longer. */
  close(): void;
}

/** Listens to all signals that should end a look, a closed output among them. */
export function listenForEnd(io: Io): Interruption {
  const controller = new AbortController();
  let code: number | null = null;
  const stops = (['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGPIPE'] as const).map((signal) =>
    io.onSignal(signal, () => {
      code ??= EXIT_OF_SIGNAL[signal];
      controller.abort();
    }),
  );
  return {
    signal: controller.signal,
    code: () => code,
    end: () => controller.abort(),
    close: () => {
      for (const stop of stops) stop();
    },
  };
}
