// Time as the engine sees it. Knows nothing of runs; fakes of it drive the tests.

/** Source of time and of timers. */
export interface ClockPort {
  /** Wall time in ms since 1970; may jump. */
  wallMs(): number;
  /** Monotonic ms; never goes back and stands still while the machine sleeps. */
  monoMs(): number;
  /** Resolves after `ms`, or at once when the signal fires. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
