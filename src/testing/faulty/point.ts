// Names the places at which an engine can be struck, and how. Strikes nobody.

/**
 * What an operation goes to, or who does it. Operations are counted by lane, because lanes run beside each other. What is
 * done at the `forge` and what `looks` there is made of `calls` over HTTP that change something and of `questions`, which are
 * operations of their own, and of gits.
 */
export const LANES = [
  'control',
  'journal',
  'git',
  'radar',
  'files',
  'pictures',
  'process',
  'forge',
  'looks',
  'calls',
  'questions',
] as const;

/** See `LANES`. */
export type Lane = (typeof LANES)[number];

/**
 * How an operation is struck. The engine is killed `before` it, in the middle (`torn`, a git dies with it; `orphan`, the git
 * goes on alone) or `after` it; or the operation goes wrong: the disk refuses, a program cannot be started, ends with 128
 * without (`exit128`) or after (`lost`) having done its work, or hangs. Calls are struck as
 * programs are: the engine dies when a call was answered, and nobody hears of it (`torn`), or while it is on its way.
 */
export type Mode =
  | 'before'
  | 'torn'
  | 'orphan'
  | 'after'
  | 'EIO'
  | 'ENOSPC'
  | 'EIO-sync'
  | 'EAGAIN'
  | 'exit128'
  | 'lost'
  | 'hang';

/** Ways in which the engine dies at any operation. */
export const KILLS: readonly Mode[] = ['before', 'torn', 'after'];

/** One place and one way to strike: the n-th operation of a lane, and of its child processes the one to strike. */
export interface Point {
  readonly lane: Lane;
  readonly n: number;
  readonly mode: Mode;
  /** From 1; 0: the operation itself. */
  readonly child: number;
}

/** One operation as the first, undisturbed pass saw it. */
export interface Seen {
  readonly lane: Lane;
  readonly n: number;
  /** What is done: `land`, `append attempt.exited`. */
  readonly kind: string;
  /** To what. */
  readonly to: string;
  /** Child processes it started. */
  readonly children: number;
}

/** Tells whether an operation is one at the forge. */
export function isAtForge({ lane }: { readonly lane: Lane }): boolean {
  return ['forge', 'looks', 'calls', 'questions'].includes(lane);
}

const MODES: Readonly<Record<Mode, true>> = {
  before: true,
  torn: true,
  orphan: true,
  after: true,
  EIO: true,
  ENOSPC: true,
  'EIO-sync': true,
  EAGAIN: true,
  exit128: true,
  lost: true,
  hang: true,
};

/** Writes a point: `git:12:torn:3`. */
export function spellPoint({ lane, n, mode, child }: Point): string {
  return `${lane}:${n}:${mode}${child === 0 ? '' : `:${child}`}`;
}

/** Reads a point; null when it is none. */
export function parsePoint(text: string): Point | null {
  const [name, number, how, nth = '0', more] = text.split(':');
  const lane = LANES.find((each) => each === name);
  const [n, child] = [Number(number), Number(nth)];
  const isMode = how !== undefined && Object.hasOwn(MODES, how);
  if (lane === undefined || !isMode || more !== undefined) return null;
  if (!Number.isSafeInteger(n) || n < 1 || !Number.isSafeInteger(child) || child < 0) return null;
  return { lane, n, mode: how as Mode, child };
}
