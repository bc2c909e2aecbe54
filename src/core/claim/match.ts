// Decides whether paths lie inside claims, in time proportional to pattern × path. Knows nothing of git or disks.
import { hasChar } from './char-set.ts';
import { type Pattern, programOf } from './pattern.ts';
import {
  freeTargets,
  type Program,
  readsSlash,
  type Step,
  type Thread,
  threadAfterReading,
  threadAt,
} from './program.ts';

/** Tells whether a pattern matches a path relative to the repository; an absolute or dotted path matches nothing. */
export function matchesPath(pattern: Pattern, path: string): boolean {
  if (MALFORMED.test(path)) return false;
  const normal = path.normalize('NFC');
  const text = `${pattern.foldCase ? normal.toLowerCase() : normal}/`;
  const program = programOf(pattern);
  return isDone(program, readSegments(program, [0], text));
}

/** Tells whether any of the patterns matches a path. */
export function isInsideClaims(patterns: readonly Pattern[], path: string): boolean {
  return patterns.some((pattern) => matchesPath(pattern, path));
}

/** Finds the paths that no pattern matches, in their order. */
export function findOutside(patterns: readonly Pattern[], paths: readonly string[]): string[] {
  return paths.filter((path) => !isInsideClaims(patterns, path));
}

/**
 * Runs threads that stand where a segment opens over text of whole segments, each closed by `/`; gives the threads that
 * are left. A fresh program has the threads `[0]`.
 */
export function readSegments(program: Program, threads: readonly Thread[], text: string): readonly Thread[] {
  const rounds = new Int32Array(program.length * 2);
  let here = threads;
  let opening = true;
  for (let at = 0; at < text.length && here.length > 0; ) {
    const code = text.codePointAt(at) as number;
    const next: Thread[] = [];
    for (const thread of settle(program, here, { opening, rounds, round: at + 1 })) {
      const step = program[thread >> 1] as Step;
      const reads = code === SLASH ? !opening && readsSlash(step) : hasChar(step.chars, code);
      if (reads) next.push(threadAfterReading(step, thread));
    }
    here = next;
    opening = code === SLASH;
    at += code > 0xffff ? 2 : 1;
  }
  return here;
}

const SLASH = 0x2f;
const MALFORMED = /(?:^|\/)\.{0,2}(?:\/|$)/;

function isDone(program: Program, threads: readonly Thread[]): boolean {
  const rounds = new Int32Array(program.length * 2);
  const settled = settle(program, threads, { opening: true, rounds, round: 1 });
  return settled.some((thread) => program[thread >> 1]?.kind === 'done');
}

/** Adds to threads, each once, all that they reach without reading; `rounds` marks those met in this round. */
function settle(
  program: Program,
  threads: readonly Thread[],
  { opening, rounds, round }: { opening: boolean; rounds: Int32Array; round: number },
): Thread[] {
  const settled: Thread[] = [];
  for (const thread of threads) {
    if (rounds[thread] === round) continue;
    rounds[thread] = round;
    settled.push(thread);
  }
  for (let at = 0; at < settled.length; at += 1) {
    const thread = settled[at] as Thread;
    const step = program[thread >> 1] as Step;
    for (const target of freeTargets(step, thread, opening)) {
      const reached = threadAt(target, step, thread);
      if (rounds[reached] === round) continue;
      rounds[reached] = round;
      settled.push(reached);
    }
  }
  return settled;
}
