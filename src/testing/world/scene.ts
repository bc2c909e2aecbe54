// The first choices of a history: the plan, the policy, how agents and people behave, how often faults strike.

import { DEFAULT_LIMITS } from '../../core/limits.ts';
import { type Budget, DEFAULT_POLICY, type Edge, type Policy, type Task, taskId } from '../../core/model.ts';
import { drawForge, drawPulls, type ForgePlan } from './scene-forge.ts';
import { drawSource, SOURCE, type SourcePlan } from './scene-source.ts';
import type { Tape } from './tape.ts';

/** How an agent behaves in one attempt; the scripts are in `agents.ts`. */
export type Temper =
  | 'diligent'
  | 'stepwise'
  | 'forgetful'
  | 'idle'
  | 'explains'
  | 'lies'
  | 'greedy'
  | 'careless'
  | 'clashing'
  | 'conflicting'
  | 'crashes'
  | 'crashes-after-commit'
  | 'missing'
  | 'vanishes'
  | 'starves'
  | 'vanishes-done'
  | 'asks'
  | 'asks-and-ends'
  | 'hangs'
  | 'hangs-deaf'
  | 'odd'
  | 'leaves';

/** Every temper, the diligent more often. */
export const TEMPERS: readonly Temper[] = [
  'diligent',
  'diligent',
  'diligent',
  'diligent',
  'stepwise',
  'forgetful',
  'idle',
  'explains',
  'lies',
  'greedy',
  'careless',
  'clashing',
  'conflicting',
  'crashes',
  'crashes-after-commit',
  'missing',
  'vanishes',
  'starves',
  'vanishes-done',
  'asks',
  'asks-and-ends',
  'hangs',
  'hangs-deaf',
  'odd',
  'leaves',
];

/** See the file's first line. */
export interface Scene {
  readonly tasks: readonly Task[];
  readonly policy: Policy;
  /** Tasks whose agents hear what is said while they work. */
  readonly steerable: ReadonlySet<string>;
  readonly tempers: readonly Temper[];
  /** Attempts of a task that may go wrong on purpose. */
  readonly patience: number;
  /** The engine waits for people instead of coming to rest. */
  readonly stay: boolean;
  /** Where work becomes pull requests; null: it lands here. */
  readonly forge: ForgePlan | null;
  /** Where the tasks come from; null: from a file that stays as it is. */
  readonly source: SourcePlan | null;
  /** Of 256 steps, how many strike. */
  readonly faultRate: number;
  readonly faults: number;
  readonly deeds: number;
  /** Of 256 strikes, how many are deeds of people instead of faults. */
  readonly deedShare: number;
  /** Steps at which the engine is killed, whatever the tape says. */
  readonly crashes: readonly Crash[];
}

/** One kill of the engine: the thing that would have happened then does not happen, or half. */
export interface Crash {
  readonly step: number;
  readonly how: 'before' | 'half';
}

const OWNS: readonly (readonly string[] | null)[] = [
  null,
  ['src/a/**'],
  ['src/b/**'],
  ['src/**'],
  ['src/a/one.txt'],
  ['docs/**'],
  ['src/a/**', 'docs/**'],
];

/** Gate of tier 0. */
export const CHECK = 'check';
/** A command that is no gate: it looks at nothing. */
export const SET_UP = 'set-up';

/** Tasks of a scene: mostly few, because what goes wrong needs few, and more histories see more. */
/** Budget of a run that has to ask for more. */
const SHORT: Budget = { minutes: 4, tokens: null, usd: null };

const SIZES = [2, 3, 2, 2, 3, 2, 5, 2, 2, 4, 2, 3] as const;

/** Who plans and reviews; most of what a byte may be leaves it at nobody. */
const PHASES: readonly Policy['phases'][] = [
  { plan: false, review: false },
  { plan: true, review: 'critic' },
  { plan: false, review: 'critic' },
  { plan: 'critic', review: true },
];

/** Tells whether others have a part in the tasks of a scene. */
export function hasPhases({ policy }: Scene): boolean {
  return policy.phases.plan !== false || policy.phases.review !== false;
}

/** Draws a scene from the tape; the zero tape gives two independent tasks, no faults and an idle user. */
export function drawScene(tape: Tape): Scene {
  const shape = tape.byte();
  const size = SIZES[shape % SIZES.length] ?? 2;
  const phases = PHASES[Math.max(0, Math.floor(shape / 32) - 4)] ?? DEFAULT_POLICY.phases;
  const drawn = Array.from({ length: size }, (_, order) => drawTask(tape, order));
  const isolation = tape.chance(24) ? 'shared' : 'worktree';
  // who shares a worktree has to say what is theirs
  const tasks = drawn.map((task) =>
    isolation === 'shared' && task.owns === null ? { ...task, owns: [`own/${task.id}/**`] } : task,
  );
  const integrate = tape.pick(3) === 1 ? 'human' : 'auto';
  const policy: Policy = {
    ...DEFAULT_POLICY,
    integrate,
    isolation,
    agent: 'sim',
    agents: {
      sim: tape.chance(40) ? { kind: 'sim', max: 2 } : { kind: 'sim' },
      critic: { kind: 'sim', max: 1 },
    },
    phases,
    maxAgents: [2, 1, 3, 4][tape.pick(4)] ?? 2,
    maxPerTrack: tape.chance(40) ? 1 : null,
    collisionPolicy: tape.chance(30) ? 'force' : 'serialize',
    outside: tape.chance(128) ? 'ask' : 'fail',
    gates: {
      tier0: [CHECK],
      tier1: tape.chance(100) ? ['check-more'] : [],
      tier2: [],
      triggers: [],
    },
    merge: { strategy: (['squash', 'merge', 'rebase'] as const)[tape.pick(3)] ?? 'squash' },
    budget: { minutes: 5, tokens: null, usd: null, ...(shape % 9 === 4 ? { run: SHORT } : {}) },
    setup: tape.chance(60) ? SET_UP : null,
    // it only looks, and makes histories longer: some are enough
    radar: { enabled: shape % 8 === 5, tell: shape % 16 === 5 },
    limits: { ...DEFAULT_LIMITS, attempts: [3, 2, 4][tape.pick(3)] ?? 3, gateMs: 60_000, graceMs: 1_000 },
  };
  const scene: Scene = {
    tasks,
    policy,
    steerable: new Set(tasks.filter(() => tape.chance(90)).map((task) => task.id)),
    tempers: tape.pick(4) === 0 ? ['diligent'] : TEMPERS,
    patience: tape.pick(4),
    stay: tape.chance(100),
    forge: null,
    source: null,
    faultRate: [6, 12, 24, 48, 96][tape.pick(5)] ?? 6,
    faults: 3 + tape.pick(5),
    deeds: [4, 0, 12][tape.pick(3)] ?? 4,
    deedShare: [40, 100, 180][tape.pick(3)] ?? 40,
    crashes: [],
  };
  if (isSourced(shape)) return bringIn(scene, tape);
  const offered = isOffered(shape) ? offer(scene, tape) : scene;
  return shape % 16 === 13 ? crowd(offered) : offered;
}

/** Tells by the first byte of a tape whether its scene has pull requests. */
export function isOffered(shape: number): boolean {
  return shape % 6 === 5;
}

/** Tells by the first byte of a tape whether the tasks of its scene come from a source; none of those has pull requests. */
export function isSourced(shape: number): boolean {
  return shape % 8 === 6;
}

/** Its tasks come from a source, where people are at work too. */
function bringIn(scene: Scene, tape: Tape): Scene {
  const tasks = scene.tasks.map((task): Task => ({ ...task, source: SOURCE, type: 'automated' }));
  return { ...scene, tasks, source: drawSource(tape, tasks) };
}

/** All work becomes pull requests, for which everybody needs a worktree. */
function offer(scene: Scene, tape: Tape): Scene {
  const policy: Policy = { ...scene.policy, isolation: 'worktree', pullRequests: drawPulls(tape) };
  return { ...scene, policy, forge: drawForge(tape) };
}

/** All work on the same file at once, the radar looks, and agents resolve what conflicts. */
function crowd(scene: Scene): Scene {
  const { policy } = scene;
  return {
    ...scene,
    tasks: scene.tasks.map((task) => ({ ...task, owns: null, edges: [], type: 'automated' })),
    policy: {
      ...policy,
      integrate: 'auto',
      isolation: 'worktree',
      maxAgents: Math.max(2, policy.maxAgents),
      maxPerTrack: null,
      merge: { ...policy.merge, conflicts: 'agent' },
    },
  };
}

function drawTask(tape: Tape, order: number): Task {
  const edges: Edge[] = [];
  for (let below = 0; below < order; below += 1) {
    if (!tape.chance(70)) continue;
    edges.push(
      tape.chance(100)
        ? { task: taskId(`t${below}`), on: 'verified', base: edges.length === 0 ? 'stacked' : 'target' }
        : { task: taskId(`t${below}`), on: tape.chance(40) ? 'submitted' : 'merged', base: 'target' },
    );
  }
  return {
    id: taskId(`t${order}`),
    title: `Task ${order}`,
    body: 'Do it.',
    ref: `tasks/t${order}.md`,
    source: 'track-file',
    track: tape.chance(60) ? 'lane' : null,
    owns: OWNS[tape.pick(OWNS.length)] ?? null,
    edges,
    priority: tape.chance(40) ? 1 : 2,
    agent: 'sim',
    run: null,
    type: tape.chance(16) ? 'manual' : tape.chance(16) ? 'hybrid' : 'automated',
    gates: null,
    tier: 0,
    estimateMs: null,
  };
}
