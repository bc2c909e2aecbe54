// Makes the tape of a failing history as plain as it can be: shorter, and zero wherever that still fails.
import { type HistoryEnd, runHistory } from './history.ts';
import type { Sabotage } from './life.ts';
import { fixedTape } from './tape.ts';

/** A failing history made plain. */
export interface Shrunk {
  readonly tape: Uint8Array;
  readonly end: HistoryEnd;
  /** Bytes that are not zero. */
  readonly weight: number;
  readonly tries: number;
}

/** Shrinks until nothing more can go, or the time is up. Candidates get few steps: a hung one must not eat the time. */
export async function shrinkTape(of: {
  readonly failed: HistoryEnd;
  readonly sabotage: Sabotage | null;
  readonly limitMs: number;
}): Promise<Shrunk> {
  const wanted = of.failed.violations[0]?.invariant;
  const deadline = performance.now() + of.limitMs;
  const maxSteps = of.failed.steps * 2 + 500;
  let best = { tape: trim(of.failed.tape), end: of.failed };
  let tries = 0;
  const attempt = async (bytes: Uint8Array): Promise<boolean> => {
    tries += 1;
    const end = await runHistory({ tape: fixedTape(bytes), sabotage: of.sabotage, maxSteps });
    if (end.violations[0]?.invariant !== wanted) return false;
    best = { tape: trim(bytes), end };
    return true;
  };
  for (let size = 1 << 9; size >= 1 && performance.now() < deadline; ) {
    const went = await sweep(size, () => best.tape, attempt, deadline);
    if (!went) size >>= 1;
  }
  const log = await runHistory({ tape: fixedTape(best.tape), sabotage: of.sabotage, maxSteps, log: true });
  return { tape: best.tape, end: log, weight: best.tape.filter((byte) => byte !== 0).length, tries };
}

/** One pass over the tape: each piece is cut out, zeroed, or (a single byte) halved. */
async function sweep(
  size: number,
  tape: () => Uint8Array,
  attempt: (bytes: Uint8Array) => Promise<boolean>,
  deadline: number,
): Promise<boolean> {
  let went = false;
  for (let at = 0; at < tape().length && performance.now() < deadline; at += size) {
    const now = tape();
    const piece = now.subarray(at, at + size);
    if (piece.every((byte) => byte === 0)) continue;
    const zeroed = now.slice();
    zeroed.fill(0, at, at + size);
    if (await attempt(zeroed)) {
      went = true;
      continue;
    }
    const cut = new Uint8Array(now.length - piece.length);
    cut.set(now.subarray(0, at));
    cut.set(now.subarray(at + piece.length), at);
    if (await attempt(cut)) went = true;
  }
  return went;
}

/** Zeros at the end are what comes after a tape anyway. */
function trim(bytes: Uint8Array): Uint8Array {
  let length = bytes.length;
  while (length > 0 && bytes[length - 1] === 0) length -= 1;
  return bytes.slice(0, length);
}
