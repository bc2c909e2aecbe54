// Small cases, all of them: every placement of a few crashes over a few tasks, one step at a time.

import { DEFAULT_LIMITS } from '../../core/limits.ts';
import { DEFAULT_POLICY, taskId } from '../../core/model.ts';
import { type HistoryEnd, runHistory } from './history.ts';
import type { Sabotage } from './life.ts';
import { CHECK, type Crash, type Scene } from './scene.ts';
import { fixedTape } from './tape.ts';

/** What a small case is made of. */
export interface SmallCase {
  readonly tasks: number;
  /** In a row, each task waits for the one before it. */
  readonly shape: 'row' | 'beside';
  /** Every task is planned and reviewed. */
  readonly phased?: boolean;
}

/** A scene without chance in it: diligent agents, and crashes where `crashes` says. */
export function plainScene({ tasks, shape, phased = false }: SmallCase, crashes: readonly Crash[]): Scene {
  return {
    tasks: Array.from({ length: tasks }, (_, order) => ({
      id: taskId(`t${order}`),
      title: `Task ${order}`,
      body: 'Do it.',
      ref: `tasks/t${order}.md`,
      source: 'track-file',
      track: null,
      owns: [`src/${order}/**`],
      edges:
        shape === 'row' && order > 0
          ? [{ task: taskId(`t${order - 1}`), on: 'merged' as const, base: 'target' as const }]
          : [],
      priority: 2,
      agent: 'sim',
      run: null,
      type: 'automated',
      gates: null,
      tier: 0,
      estimateMs: null,
    })),
    policy: {
      ...DEFAULT_POLICY,
      integrate: 'auto',
      agent: 'sim',
      agents: { sim: { kind: 'sim' } },
      maxAgents: 2,
      phases: { plan: phased, review: phased },
      gates: { tier0: [CHECK], tier1: [], tier2: [], triggers: [] },
      budget: { minutes: 5, tokens: null, usd: null },
      limits: { ...DEFAULT_LIMITS, gateMs: 60_000, graceMs: 1_000 },
    },
    steerable: new Set(),
    tempers: ['diligent'],
    patience: 0,
    stay: false,
    forge: null,
    source: null,
    faultRate: 0,
    faults: 0,
    deeds: 0,
    deedShare: 0,
    crashes,
  };
}

/** How an exhaustive search went. */
export interface Searched {
  readonly histories: number;
  readonly failed: { readonly crashes: readonly Crash[]; readonly end: HistoryEnd } | null;
}

/** Lives every placement of at most `crashes` crashes, until one fails. */
export async function searchAll(
  of: SmallCase & { readonly crashes: number; readonly sabotage?: Sabotage | null },
): Promise<Searched> {
  let histories = 0;
  const live = (crashes: readonly Crash[]): Promise<HistoryEnd> => {
    histories += 1;
    const scene = plainScene(of, crashes);
    const tape = fixedTape(new Uint8Array());
    return runHistory({ tape, scene: () => scene, sabotage: of.sabotage ?? null });
  };
  // how long a history gets depends on the crashes before: the next one is placed anywhere after them
  const search = async (placed: readonly Crash[]): Promise<Searched['failed']> => {
    const end = await live(placed);
    if (end.violations.length > 0) return { crashes: placed, end };
    if (end.idleCrashes > 0 || placed.length === of.crashes) return null;
    for (let step = (placed.at(-1)?.step ?? 0) + 1; step <= end.steps; step += 1) {
      for (const how of ['before', 'half'] as const) {
        const failed = await search([...placed, { step, how }]);
        if (failed !== null) return failed;
      }
    }
    return null;
  };
  const failed = await search([]);
  return { failed, histories };
}
