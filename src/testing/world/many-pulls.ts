// One long history: a thousand tasks become pull requests at a forge in bad weather, while engines are killed.
import { DEFAULT_LIMITS } from '../../core/limits.ts';
import { DEFAULT_POLICY, type Task, taskId } from '../../core/model.ts';
import { listRepeated } from './forge-ledger.ts';
import { type HistoryEnd, runHistory } from './history.ts';
import { CHECK, type Scene } from './scene.ts';
import { seedTape } from './tape.ts';

/** What is asked of such a history. */
export interface PullWish {
  readonly tasks: number;
  readonly seed: number;
}

/** What came of it. */
export interface PullProof {
  readonly end: HistoryEnd;
  readonly opened: number;
  /** What was done more than once, in words. */
  readonly repeated: readonly string[];
  readonly landed: number;
  readonly calls: number;
  /** Calls that something befell, or that the forge turned away while a storm lasted. */
  readonly befallen: number;
  readonly crashes: number;
  /** How much time passed there, in ms. */
  readonly virtualMs: number;
}

/** Of 256 calls, how many something befalls: 30 of 100. */
const SHARE = 77;
/** Steps between two kills of the engine. */
const KILL_EVERY = 20_000;
const KILLS = 10;

/** So many tasks may be under way at once: each begins when the one so many before it has landed. */
const LANES = 24;

/** A task of its own files. */
function taskAt(order: number): Task {
  return {
    id: taskId(`t${order}`),
    title: `Task ${order}`,
    body: 'Do it.',
    ref: `tasks/t${order}.md`,
    source: 'track-file',
    track: null,
    owns: [`src/${order}/**`],
    edges: order < LANES ? [] : [{ task: taskId(`t${order - LANES}`), on: 'merged', base: 'target' }],
    priority: 2,
    agent: 'sim',
    run: null,
    type: 'automated',
    gates: null,
    tier: 0,
    estimateMs: null,
  };
}

/** Diligent agents, checks that fail now and then, a protected target: each pull request is merged by the forge. */
function sceneOf(tasks: number): Scene {
  return {
    tasks: Array.from({ length: tasks }, (_, order) => taskAt(order)),
    policy: {
      ...DEFAULT_POLICY,
      integrate: 'auto',
      agent: 'sim',
      agents: { sim: { kind: 'sim' } },
      maxAgents: 16,
      gates: { tier0: [CHECK], tier1: [], tier2: [], triggers: [] },
      radar: { enabled: false, tell: false },
      budget: { minutes: null, tokens: null, usd: null },
      limits: { ...DEFAULT_LIMITS, attempts: 10, gateMs: 60_000, graceMs: 1_000 },
      pullRequests: { ciRounds: 9, listenTo: [], settleMs: 2_000, pollMs: 60_000 },
    },
    steerable: new Set(),
    tempers: ['diligent'],
    patience: 0,
    stay: false,
    source: null,
    forge: {
      setup: {
        methods: ['squash'],
        protections: {},
        queue: null,
        deletesMerged: true,
        mergeableAfterMs: 1_000,
      },
      checks: ['build'],
      reds: Math.ceil(tasks / 10),
      share: SHARE,
      storms: Number.MAX_SAFE_INTEGER,
      longestMs: 60_000,
    },
    faultRate: 0,
    faults: 0,
    deeds: 0,
    deedShare: 0,
    crashes: Array.from({ length: KILLS }, (_, at) => ({ step: (at + 1) * KILL_EVERY, how: 'before' })),
  };
}

/** Lives it and counts. */
export async function provePulls({ tasks, seed }: PullWish): Promise<PullProof> {
  const scene = sceneOf(tasks);
  const maxSteps = 5_000 * tasks;
  const end = await runHistory({ tape: seedTape(seed), scene: () => scene, maxSteps });
  const { ledger } = end;
  if (ledger === null) throw new Error('Internal error: a world without a forge');
  const count = (names: (name: string) => boolean): number =>
    [...end.counters].filter(([name]) => names(name)).reduce((sum, [, times]) => sum + times, 0);
  return {
    end,
    opened: new Set(ledger.opened.map(({ marker }) => marker)).size,
    repeated: listRepeated(ledger),
    landed: new Set(ledger.merged.map(({ marker }) => marker)).size,
    calls: [...ledger.calls.values()].reduce((sum, times) => sum + times, 0),
    befallen: count((name) => name.startsWith('forge: ')),
    crashes: KILLS - end.idleCrashes,
    virtualMs: end.monoMs,
  };
}
