// Bounds of a run: every loop, wait and buffer has one. Knows nothing of what they bound.

/** Bounds of a run; every loop, wait and buffer has one. */
export interface Limits {
  /** Attempts at one task, over all causes. At most 10. */
  readonly attempts: number;
  readonly backoffMs: number;
  readonly backoffCapMs: number;
  /** Time for all gates of one verification. */
  readonly gateMs: number;
  readonly setupMs: number;
  /** Time between a stop signal and SIGKILL. */
  readonly graceMs: number;
  /** Size of one attempt's output file. */
  readonly outputBytes: number;
  /** Size of a failing gate's output that goes back to the agent. */
  readonly excerptBytes: number;
  /** Verifications at once. */
  readonly gateSlots: number;
  /** Parts of a batch that are tried at once, beside those. */
  readonly landingSlots: number;
  /** Silence after which an attempt is called quiet. */
  readonly quietMs: number;
}

/** The limits in force unless the configuration says otherwise. */
export const DEFAULT_LIMITS: Limits = {
  attempts: 10,
  backoffMs: 1_000,
  backoffCapMs: 300_000,
  gateMs: 1_800_000,
  setupMs: 900_000,
  graceMs: 5_000,
  outputBytes: 256 * 1024 * 1024,
  excerptBytes: 8_192,
  gateSlots: 2,
  landingSlots: 1,
  quietMs: 600_000,
};

/** Time an agent that asked has to take its answer out of its status file; then it is ended, and its next attempt is told. */
export const HEAR_MS = 60_000;

/** Finished parts of a task that are remembered. */
export const MAX_PARTS = 1_000;

/** Failures of one effect in a row after which weft stops trying it. */
export const MAX_TROUBLE = 5;
