// Takes samples of several sides in turn, so that whatever else the machine does strikes all of them. Knows no weft.

/** Time that a benchmark may take; none is started when it is over. */
export interface Budget {
  isOver(): boolean;
  /** What is left of it, in ms. */
  left(): number;
}

/** A budget that begins now. */
export function startBudget(ms: number): Budget {
  const end = performance.now() + ms;
  const left = (): number => end - performance.now();
  return { isOver: () => left() <= 0, left };
}

/**
 * Samples of each side, by name, taken in rounds: every side once a round, each round beginning with another one. Stops
 * between two rounds when the budget is over, but not before the first.
 */
export async function interleave<Name extends string, Sample>(
  sides: Readonly<Record<Name, (round: number) => Sample | Promise<Sample>>>,
  of: { readonly rounds: number; readonly budget: Budget },
): Promise<Record<Name, Sample[]>> {
  const names = Object.keys(sides) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, Sample[]>;
  for (let round = 0; round < of.rounds && !(round > 0 && of.budget.isOver()); round += 1) {
    for (let at = 0; at < names.length; at += 1) {
      const name = names[(at + round) % names.length] as Name;
      samples[name].push(await sides[name](round));
    }
  }
  return samples;
}

/** The value below which that share of the values lies; NaN for none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** The middle value. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** The least value: what a loaded machine adds is never negative. */
export function least(values: readonly number[]): number {
  return percentile(values, 0);
}

/** Wall time of a piece of work, in ms. */
export async function clock(work: () => unknown): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** CPU time that this process itself spends on a piece of work, in ms. */
export async function clockCpu(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
