// Drives the core without a world: every effect is answered at once by the fact that a smooth course would bring.
import { decide } from '../src/core/decide/decide.ts';
import type { Effect, WorkEffect } from '../src/core/effect.ts';
import type { Event } from '../src/core/event.ts';
import { evolve, type Fact } from '../src/core/evolve/evolve.ts';
import {
  DEFAULT_POLICY,
  type Edge,
  type Oid,
  oid,
  type Policy,
  type RunMs,
  runId,
  runMs,
  type Task,
  taskId,
} from '../src/core/model.ts';
import { createState, type RunState, taskOf } from '../src/core/state.ts';

/** Commit and tree that all facts name. */
export interface Named {
  readonly commit: Oid;
  readonly tree: Oid;
}

const NOWHERE: Named = { commit: oid('1'.repeat(40)), tree: oid('2'.repeat(40)) };

/** A task with plain defaults. */
export function makeTask(id: string, over: Partial<Task> = {}): Task {
  return {
    id: taskId(id),
    title: `Task ${id}`,
    body: `Do ${id}.`,
    ref: `tasks/${id}.md`,
    source: 'track-file',
    track: null,
    owns: null,
    edges: [],
    priority: 2,
    agent: 'mine',
    run: null,
    type: 'automated',
    gates: null,
    tier: 0,
    estimateMs: null,
    ...over,
  };
}

/** A dependency that has to land. */
export function needs(id: string): Edge {
  return { task: taskId(id), on: 'merged', base: 'target' };
}

/** The first fact of a run over these tasks. */
export function startFact(tasks: readonly Task[], policy: Partial<Policy> = {}): Fact {
  return {
    at: 1,
    ms: runMs(1),
    event: {
      type: 'run.started',
      run: runId('20260101-000000-0000'),
      repository: '/repository',
      policy: {
        ...DEFAULT_POLICY,
        integrate: 'auto',
        agent: 'mine',
        agents: { mine: { kind: 'command', run: 'true' } },
        budget: { minutes: null, tokens: null, usd: null },
        ...policy,
      },
      tasks,
      targetOid: NOWHERE.commit,
    },
  };
}

/** A state after its first fact. */
export function beginState(first: Fact): RunState {
  return evolve(createState(), first);
}

/** The fact by which an effect ends when all goes well. */
export function answer(state: RunState, effect: WorkEffect, named: Named = NOWHERE): Event {
  const { task, attempt } = effect;
  const of = { task, attempt };
  const { commit, tree } = named;
  switch (effect.kind) {
    case 'start-attempt': {
      const identity = { bootId: 'boot', pidNs: 'ns', pid: 42, startTicks: 7 };
      const worktree = `/repository.weft/${task}`;
      return { type: 'attempt.started', ...of, base: commit, worktree, identity, steerable: false };
    }
    case 'watch-attempt':
      return { type: 'attempt.exited', ...of, exit: { code: 0, signal: null }, reason: null };
    case 'stop-attempt':
      return { type: 'attempt.stopped', ...of, survivors: [] };
    case 'deliver-guidance':
      return { type: 'guidance.delivered', ...of, count: taskOf(state, task).guidance.length };
    case 'inspect-attempt': {
      const files = [{ path: `${task}.txt`, added: 1, deleted: 0 }];
      const seen = { files, fileCount: 1, added: 1, deleted: 0, outside: [], odd: null, leftovers: false };
      return { type: 'attempt.inspected', ...of, base: commit, head: commit, tree, ...seen };
    }
    case 'verify-attempt':
      return { type: 'attempt.verified', ...of, tree: effect.tree, gates: [] };
    case 'open-pull':
    case 'watch-pull':
    case 'adopt-push':
    case 'shelve-pull':
    case 'enqueue-pull':
      throw new Error('Internal error: nothing here goes to a forge');
    case 'build-candidate':
      return { type: 'candidate.built', task, base: commit, commit, tree, empty: false };
    case 'verify-candidate':
      return { type: 'candidate.verified', task, commit: effect.commit, tree: effect.tree, gates: [] };
    case 'land-candidate':
      return { type: 'task.landed', task, commit, tree, base: commit, ref: 'main', detour: null, by: 'weft' };
    case 'sweep-task':
      return { type: 'task.swept', task, rescue: null, kept: null };
  }
}

/** What happens around the decisions of a drive. */
export interface Drive {
  /** Takes the decision; to be replaced by whoever wants to measure it. */
  readonly decide?: (state: RunState, now: RunMs) => Effect[];
  /** Applies a fact; as above. */
  readonly apply?: (state: RunState, fact: Fact) => void;
  readonly named?: Named;
  readonly isLandingSlow?: boolean;
  /** Called before each decision; true: stop here. */
  readonly isOver?: () => boolean;
}

/**
 * Plays a run to its end, a decision after every fact. What weft does itself is done at once, agents end one after the
 * other, oldest first. With `isLandingSlow` everything takes its turn instead: work piles up before the target.
 */
export function driveToEnd(state: RunState, of: Drive = {}): void {
  const { decide: ask = decide, apply = evolve, isOver = () => false } = of;
  const underWay = new Set<string>();
  const quick = createTurns();
  const slow = createTurns();
  let ms = state.ms as number;
  const tell = (event: Event): void => {
    ms += 1;
    apply(state, { at: ms, ms: runMs(ms), event });
  };
  while (!isOver()) {
    const effects = ask(state, state.ms);
    const [first] = effects;
    if (first?.kind === 'record') {
      tell(first.event);
      continue;
    }
    const begin = (effect: Effect | undefined): boolean => {
      if (effect === undefined || effect.kind === 'record' || underWay.has(effect.key)) return false;
      underWay.add(effect.key);
      (effect.kind === 'watch-attempt' || of.isLandingSlow ? slow : quick).put(effect);
      return true;
    };
    // the landing comes first, and of the others those that are new come last
    begin(first);
    for (let at = effects.length - 1; begin(effects[at]); at -= 1);
    const effect = quick.take() ?? slow.take();
    if (effect === undefined) return;
    underWay.delete(effect.key);
    tell(answer(state, effect, of.named));
  }
}

/** First in, first out, without moving what waits; who had a turn is forgotten. */
function createTurns(): { put(effect: WorkEffect): void; take(): WorkEffect | undefined } {
  const waiting: (WorkEffect | undefined)[] = [];
  let next = 0;
  return {
    put: (effect) => waiting.push(effect),
    take: () => {
      const effect = waiting[next];
      if (effect === undefined) return undefined;
      waiting[next] = undefined;
      next += 1;
      return effect;
    },
  };
}
