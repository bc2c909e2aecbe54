// What a source has by now against the plan of a run, as facts. Knows no source and no time.
import type { ClaimOptions } from '../claim/pattern.ts';
import type { Event } from '../event.ts';
import { isTerminal } from '../lifecycle.ts';
import { type Policy, type Task, taskId } from '../model.ts';
import type { Standing } from '../source.ts';
import { hasVerifiedWork, isLive, isUntouched, type RunState, type TaskState } from '../state.ts';
import { compilePlan } from './compile.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { TaskDraft } from './draft.ts';

/** All that sources have, in the order in which they were named. */
export interface Supply {
  readonly drafts: readonly TaskDraft[];
  readonly standings: ReadonlyMap<string, Standing>;
}

/** What is new, and what of it cannot be taken. */
export interface Growth {
  readonly events: readonly Event[];
  /** Why new tasks are left out. */
  readonly diagnostics: readonly Diagnostic[];
}

/** How tasks become part of a plan. */
interface Rules {
  readonly policy: Policy;
  readonly claims: ClaimOptions;
}

/** Tries of parts of what is new when the whole of it cannot be taken. */
const MAX_TRIES = 64;

/** What a plan begins with: what is over is no part of it, and met where something depends on it. */
export function planSupply({ drafts, standings }: Supply): readonly TaskDraft[] {
  const isOver = (id: string): boolean => {
    const kind = standings.get(id)?.kind;
    return kind === 'done' || kind === 'dropped';
  };
  return drafts.filter(({ id }) => !isOver(id.value)).map((draft) => withoutMet(draft, (id) => isOver(id)));
}

/** Standings of tasks of the plan that it does not begin with, as facts. */
export function listWithheld(tasks: readonly Task[], { standings }: Supply): readonly Event[] {
  return tasks.flatMap(({ id }): Event[] => {
    const standing = standings.get(id);
    return standing?.kind === 'held' ? [{ type: 'task.withheld', task: id, why: standing.why }] : [];
  });
}

/** Compares a supply with the run; asking again after the facts gives none. */
export function growPlan(state: RunState, supply: Supply, claims: ClaimOptions): Growth {
  const { drafts, standings } = supply;
  const rules = { policy: state.policy, claims };
  const ids = new Set(drafts.map(({ id }) => id.value));
  const isThere = (id: string): boolean => ids.has(id);
  const fresh = drafts.filter(({ id: { value } }) => {
    const kind = standings.get(value)?.kind;
    return !state.tasks.has(taskId(value)) && kind !== 'done' && kind !== 'dropped';
  });
  const isMet = (id: string): boolean => !state.tasks.has(taskId(id)) && isOver(standings.get(id));
  const known = listKnown(state, drafts, isMet);
  const wanted = fresh.map((draft) => withoutMet(draft, isMet));
  const added = addFresh(known, wanted, rules);
  const revised = findRevised(state, added.changed, added.tasks);
  const news = added.fresh.length + revised.length;
  const changed: Event = { type: 'plan.changed', added: added.fresh, revised };
  return {
    events: [
      ...(news === 0 ? [] : [changed]),
      ...listWithheld(added.fresh, supply),
      ...[...state.tasks.values()].flatMap((ts) => judgeStanding(ts, { standings, isThere })),
    ],
    diagnostics: added.diagnostics,
  };
}

function isOver(standing: Standing | undefined): boolean {
  return standing?.kind === 'done' || standing?.kind === 'dropped';
}

function withoutMet(draft: TaskDraft, isMet: (id: string) => boolean): TaskDraft {
  if (!draft.dependencies.some(({ task }) => isMet(task))) return draft;
  return { ...draft, dependencies: draft.dependencies.filter(({ task }) => !isMet(task)) };
}

/** The plan's own tasks as drafts. */
interface Known {
  /** As their source has them by now, where nobody has begun them, else as they are. */
  readonly drafts: readonly TaskDraft[];
  /** Those that their source has. */
  readonly changed: ReadonlySet<string>;
  /** As they are. */
  readonly before: readonly TaskDraft[];
}

function listKnown(state: RunState, drafts: readonly TaskDraft[], isMet: (id: string) => boolean): Known {
  const byId = new Map(drafts.map((draft) => [draft.id.value, draft]));
  const changed = new Set<string>();
  const before = [...state.tasks.values()].map(({ task }) => draftOf(task));
  const known = [...state.tasks.values()].map((ts, at) => {
    const now = byId.get(ts.task.id);
    if (now === undefined || !isUntouched(ts) || now.source !== ts.task.source)
      return before[at] as TaskDraft;
    changed.add(ts.task.id);
    return withoutMet(now, isMet);
  });
  return { drafts: known, changed, before };
}

/** A task of the plan as it would have been written. */
function draftOf(task: Task): TaskDraft {
  const place = <T>(value: T): { readonly value: T; readonly position: null } => ({ value, position: null });
  return {
    id: place(task.id),
    title: task.title,
    body: task.body,
    ref: task.ref,
    source: task.source,
    track: task.track,
    owns: task.owns?.map(place) ?? null,
    dependencies: task.edges.map((edge) => ({ ...edge, position: null })),
    priority: task.priority,
    agent: place(task.agent),
    model: task.model,
    effort: task.effort,
    run: task.run,
    type: task.type,
    gates: task.gates,
    tier: task.tier,
  };
}

interface Added {
  /** All of the plan by now. */
  readonly tasks: readonly Task[];
  readonly fresh: readonly Task[];
  /** Tasks of the plan that were taken as their source has them by now. */
  readonly changed: ReadonlySet<string>;
  readonly diagnostics: readonly Diagnostic[];
}

/** As much as can be taken of what is fresh and, where that is no plan any more, nothing of what was revised. */
function addFresh(known: Known, fresh: readonly TaskDraft[], rules: Rules): Added {
  const added = addTo(known.drafts, fresh, rules);
  if (added.plan.ok) return { ...added, ...partsOf(added.plan.value.tasks, known), changed: known.changed };
  const mistakes = added.plan.failure.diagnostics;
  const instead = addTo(known.before, fresh, rules);
  const tasks = instead.plan.ok ? instead.plan.value.tasks : [];
  return {
    ...partsOf(tasks, known),
    changed: new Set(),
    diagnostics: [...mistakes, ...instead.diagnostics],
  };
}

function partsOf(tasks: readonly Task[], { before }: Known): Pick<Added, 'tasks' | 'fresh'> {
  return { tasks, fresh: tasks.slice(before.length) };
}

/** As many of the fresh ones as can be taken: one that cannot does not keep the others out. */
function addTo(
  known: readonly TaskDraft[],
  fresh: readonly TaskDraft[],
  rules: Rules,
): { readonly plan: ReturnType<typeof compilePlan>; readonly diagnostics: readonly Diagnostic[] } {
  let taken = known;
  let diagnostics: Diagnostic[] = [];
  let tries = 0;
  /** Gives those that cannot be taken. */
  const add = (some: readonly TaskDraft[]): readonly TaskDraft[] => {
    if (some.length === 0 || tries >= MAX_TRIES) return some;
    tries += 1;
    const compiled = compilePlan([...taken, ...some], rules);
    if (compiled.ok) {
      taken = [...taken, ...some];
      return [];
    }
    const half = Math.ceil(some.length / 2);
    if (some.length > 1) return [...add(some.slice(0, half)), ...add(some.slice(half))];
    diagnostics.push(...compiled.failure.diagnostics);
    return some;
  };
  // what waited for one that came after it may be taken by then
  for (let left = fresh, before = -1; left.length > 0 && taken.length > before; ) {
    before = taken.length;
    diagnostics = [];
    left = add(left);
  }
  return { plan: compilePlan(taken, rules), diagnostics };
}

/** Tasks nobody has begun that are something else by now. */
function findRevised(state: RunState, changed: ReadonlySet<string>, tasks: readonly Task[]): readonly Task[] {
  return tasks.flatMap((task) => {
    const before = changed.has(task.id) ? state.tasks.get(task.id)?.task : undefined;
    if (before === undefined || pictureOf(before) === pictureOf(task)) return [];
    // what was learned of it stays true
    return [{ ...task, estimateMs: before.estimateMs, ...(before.guess && { guess: before.guess }) }];
  });
}

/** What a source says of a task, as text. */
function pictureOf({ guess: _guess, estimateMs: _estimate, ...task }: Task): string {
  return JSON.stringify(Object.entries(task).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** What a source says of how a task of the plan stands, as far as that is news. */
function judgeStanding(
  ts: TaskState,
  { standings, isThere }: Pick<Supply, 'standings'> & { readonly isThere: (id: string) => boolean },
): Event[] {
  const { id } = ts.task;
  const standing = standings.get(id);
  // of what is verified already, people decide here
  if (isTerminal(ts.phase) || hasVerifiedWork(ts)) return [];
  switch (standing?.kind) {
    case undefined:
      // whose source could not be looked at is not said to be free
      if (ts.withheld === null || !isUntouched(ts) || !isThere(id)) return [];
      return [{ type: 'task.withheld', task: id, why: null }];
    case 'held':
      if (!isUntouched(ts) || ts.withheld === standing.why) return [];
      return [{ type: 'task.withheld', task: id, why: standing.why }];
    case 'done':
      // who merges its pull request closes its issue: that it landed is found out there
      return ts.pull === null && !isInHand(ts) ? [{ type: 'task.settled', task: id }] : [];
    case 'dropped':
      return cancelOnce(ts, standing.why);
    default:
      throw new Error(`Internal error: unknown standing ${String(standing satisfies never)}`);
  }
}

/**
 * Tells whether its work here is not to be given up because somebody closed it. Agents close their own issues when they
 * believe that they are finished, and nobody says who closed one: as long as there may be work it is their word, and the
 * work is judged as if they had not.
 */
function isInHand(ts: TaskState): boolean {
  const { attempt, attempts, wipe } = ts;
  // a person wanted it done anew
  if (attempt === null || wipe) return attempts > 0;
  // who is about to begin sees at its source that somebody was faster
  if (isLive(ts) || ts.phase === 'verifying') return true;
  if (attempt.inspected === null) return attempt.startedAt !== null || attempts > 1;
  return attempt.inspected.fileCount > 0 || attempt.inspected.head !== attempt.inspected.base;
}

function cancelOnce(ts: TaskState, why: string): Event[] {
  // it may take a while to end what is under way
  return ts.attempt?.stop === 'cancelled' ? [] : [{ type: 'task.cancelled', task: ts.task.id, why }];
}
