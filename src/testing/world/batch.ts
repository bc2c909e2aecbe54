// Many histories one after the other, and what they add up to.
import { STRIKE_NAMES } from './faults.ts';
import { type HistoryEnd, runHistory } from './history.ts';
import type { Sabotage } from './life.ts';
import { listReaders } from './readers.ts';
import { FORGE_SABOTAGES } from './sabotage-forge.ts';
import { SOURCE_SABOTAGES } from './sabotage-source.ts';
import { isOffered, isSourced, TEMPERS } from './scene.ts';
import { seedTape } from './tape.ts';

/** Seeds to live: `count` of them from `from`, `stride` apart. */
export interface Seeds {
  readonly from: number;
  readonly count: number;
  readonly stride: number;
  /** Only histories with pull requests; the others are passed over. */
  readonly pulls?: boolean;
}

/** What a batch adds up to. Plain data: it crosses from worker to worker. */
export interface Batch {
  readonly histories: number;
  readonly steps: number;
  readonly faults: number;
  readonly counters: Readonly<Record<string, number>>;
  /** The first failures, at most `MAX_FAILED`. */
  readonly failed: readonly { readonly seed: number; readonly invariant: string; readonly detail: string }[];
}

const MAX_FAILED = 10;

/** Recoveries and rests that a large batch must have seen beside every fault, deed and temper. */
const SOMETIMES: readonly string[] = [
  'recovery: a plan grew while it ran',
  'recovery: a plan was revised while it ran',
  'recovery: a source was told what landed',
  'recovery: somebody was faster with a task',
  'deed: let go of a task that others wait for',
  'recovery: SIGKILL after the grace time',
  'recovery: a deleted worktree was made anew',
  'recovery: a half-made worktree was finished',
  'recovery: a life began with a snapshot',
  'recovery: a landing had happened already',
  'recovery: a landing made a detour',
  'recovery: a leftover of a killed git was swept',
  'recovery: a stale engine was fenced off',
  'recovery: a stale landing was refused',
  'recovery: a start found its process',
  'recovery: a start waited for work that it conflicts with',
  'recovery: a torn tail was dropped',
  'recovery: an answer reached a live agent',
  'recovery: an engine that could not write was followed by another',
  'recovery: an engine that left was followed by another',
  'recovery: unlanded work was kept under a rescue ref',
  'fault: a gate rewrote tracked files',
  'fault: a gate took too long',
  'fault: a gate failed by accident',
  'recovery: several tasks landed by one move',
  'fault: a snapshot was lost or spoilt',
  'fault: a pid was used again',
  'fault: killed between a start and its record',
  'fault: the disk was full',
  'fault: the journal could not be synced',
  'deed: a command was left in the inbox',
  'recovery: work merged by hand was adopted',
  'outcome: blocked',
  'outcome: complete',
  'outcome: failed',
  'outcome: stopped',
  'outcome: timeout',
];

/** Lives the seeds; stops early when too many fail. */
export async function runBatch(seeds: Seeds, sabotage: Sabotage | null = null): Promise<Batch> {
  const counters: Record<string, number> = {};
  const failed: { seed: number; invariant: string; detail: string }[] = [];
  let [histories, steps, faults] = [0, 0, 0];
  for (let at = 0; at < seeds.count && failed.length < MAX_FAILED; at += 1) {
    const seed = seeds.from + at * seeds.stride;
    if (seeds.pulls === true && !isOffered(seedTape(seed).byte())) continue;
    const end = await runHistory({ tape: seedTape(seed), sabotage });
    histories += 1;
    steps += end.steps;
    faults += end.faults;
    for (const [name, times] of end.counters) counters[name] = (counters[name] ?? 0) + times;
    const first = end.violations[0];
    if (first !== undefined) failed.push({ seed, ...first });
  }
  return { histories, steps, faults, counters, failed };
}

/** Adds batches up. */
export function addBatches(batches: readonly Batch[]): Batch {
  const sum = (of: (batch: Batch) => number): number => batches.reduce((all, batch) => all + of(batch), 0);
  const counters: Record<string, number> = {};
  for (const batch of batches) {
    for (const [name, times] of Object.entries(batch.counters))
      counters[name] = (counters[name] ?? 0) + times;
  }
  return {
    histories: sum((batch) => batch.histories),
    steps: sum((batch) => batch.steps),
    faults: sum((batch) => batch.faults),
    counters,
    failed: batches.flatMap((batch) => batch.failed),
  };
}

/** Names of what should have happened at least once and did not. */
export function neverHappened(batch: Batch): readonly string[] {
  const tempers = [...new Set<string>(TEMPERS), ...listReaders()].map((temper) => `agent: ${temper}`);
  return [...STRIKE_NAMES, ...SOMETIMES, ...tempers].filter((name) => (batch.counters[name] ?? 0) === 0);
}

/** The first of the seeds at which a sabotage is caught for what it breaks, or null. */
export async function catchSabotage(
  sabotage: Sabotage,
  seeds: Seeds,
): Promise<{ readonly seed: number; readonly end: HistoryEnd } | null> {
  // elsewhere there is nothing to be seen of it
  const isAtForge = FORGE_SABOTAGES.includes(sabotage);
  const isAtSource = SOURCE_SABOTAGES.includes(sabotage);
  for (let at = 0; at < seeds.count; at += 1) {
    const seed = seeds.from + at * seeds.stride;
    if (isAtForge && !isOffered(seedTape(seed).byte())) continue;
    if (isAtSource && !isSourced(seedTape(seed).byte())) continue;
    const end = await runHistory({ tape: seedTape(seed), sabotage, maxSteps: 6_000 });
    const first = end.violations[0];
    if (first !== undefined && sabotage.breaks.includes(first.invariant)) return { seed, end };
  }
  return null;
}
