// The forge of a scene, where work becomes pull requests: its rules, its checks and its weather, drawn by the tape. Knows no
// world.
import type { PullPolicy } from '../../core/pull.ts';
import type { ForgeSetup, Protection } from './forge-store.ts';
import type { Tape } from './tape.ts';

/** See the file's first line. */
export interface ForgePlan {
  readonly setup: Omit<ForgeSetup, 'ci'>;
  /** Checks that CI runs. */
  readonly checks: readonly string[];
  /** How many of them fail at most. */
  readonly reds: number;
  /** Of 256 calls, how many something befalls. */
  readonly share: number;
  /** How many storms there are at most. */
  readonly storms: number;
  /** How long the longest lasts, in ms; absent: as long as it likes. */
  readonly longestMs?: number;
}

const METHODS: readonly ForgeSetup['methods'][] = [
  ['merge', 'squash', 'rebase'],
  ['squash'],
  ['merge'],
  ['rebase', 'merge'],
];

/** Rules of the target; the first: there are none. */
const RULES: readonly (Partial<Protection> | null)[] = [
  null,
  { requiredChecks: ['build'] },
  { requiredChecks: ['build'], isStrict: true },
  { requiredChecks: ['build', 'lint'], approvals: 1, dismissStale: true },
  null,
  { approvals: 1, isStrict: true },
];

/** Draws a forge; the zero tape gives one without rules, checks and weather. */
export function drawForge(tape: Tape): ForgePlan {
  const rules = RULES[tape.pick(RULES.length)] ?? null;
  const queue = tape.chance(64) ? (['squash', 'merge', 'rebase'] as const)[tape.pick(3)] : undefined;
  const checks = rules === null ? [[], ['build', 'lint'], ['lint']][tape.pick(3)] : ['build', 'lint'];
  return {
    setup: {
      methods: METHODS[tape.pick(METHODS.length)] ?? ['squash'],
      protections: rules === null ? {} : { main: rules },
      queue: queue ?? null,
      deletesMerged: tape.chance(80),
      mergeableAfterMs: [0, 1_000, 30_000][tape.pick(3)] ?? 0,
    },
    checks: checks ?? [],
    reds: tape.pick(5),
    share: [0, 26, 77, 77][tape.pick(4)] ?? 0,
    storms: 4 + tape.pick(20),
  };
}

/** Draws how work becomes pull requests. */
export function drawPulls(tape: Tape): PullPolicy {
  return {
    ciRounds: [2, 1, 3][tape.pick(3)] ?? 2,
    listenTo: tape.chance(64) ? ['stranger'] : [],
    settleMs: [2_000, 60_000][tape.pick(2)] ?? 2_000,
    pollMs: [10_000, 20_000, 60_000][tape.pick(3)] ?? 10_000,
  };
}
