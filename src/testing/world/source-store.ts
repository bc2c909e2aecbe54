// A source of tasks as a plain map: what there is, who has it, and what it was told. Knows no port, no engine.
import type { Task } from '../../core/model.ts';
import type { TaskDraft } from '../../core/plan/draft.ts';
import type { TaskReport } from '../../core/source.ts';
import { SOURCE, type SourcePlan } from './scene-source.ts';
import type { Life, World } from './world.ts';

/** Who weft is at the source. */
export const WEFT_HOLDER = 'weft';

/** One task as its source has it. */
export interface SourceItem {
  task: Task;
  state: 'open' | 'done' | 'dropped';
  /** Who has taken it; null: nobody. */
  holder: string | null;
  /** Monotonic ms since which it is as it is. */
  since: number;
  /** What it was told last; null: nothing. */
  told: TaskReport | null;
  /** How often it learned that work landed which it did not know. */
  landings: number;
}

/** See the file's first line. */
export interface SourceWorld {
  readonly world: World;
  readonly items: Map<string, SourceItem>;
  /** Tasks that nobody has added yet. */
  readonly later: Task[];
  /** Who hears when something changed. */
  readonly watchers: { readonly life: Life; readonly changed: () => void }[];
  /** Tasks that an engine took, and has not begun since. */
  readonly granted: Map<string, number>;
  /** Monotonic ms until which it cannot be reached. */
  closedUntil: number;
  readonly share: number;
  stormsLeft: number;
  /** How much had gone wrong when the engine began. */
  atStart: number;
  /** When the run rested last. */
  restedMs: number;
  /** When somebody asked last what there is. */
  askedMs: number;
  /** When the run was through with a task last. */
  doneMs: number;
}

/** A source that has these tasks. */
export function createSourceWorld(world: World, plan: SourcePlan): SourceWorld {
  const source: SourceWorld = {
    world,
    items: new Map(),
    later: [...plan.later],
    watchers: [],
    granted: new Map(),
    closedUntil: 0,
    share: plan.share,
    stormsLeft: plan.storms,
    atStart: 0,
    restedMs: 0,
    askedMs: 0,
    doneMs: 0,
  };
  for (const task of world.scene.tasks) addItem(source, task);
  return source;
}

/** Somebody adds a task. */
export function addItem(source: SourceWorld, task: Task): void {
  const { monoMs } = source.world;
  const item: SourceItem = { task, state: 'open', holder: null, since: monoMs, told: null, landings: 0 };
  source.items.set(task.id, item);
  tellWatchers(source);
}

/** Somebody changes a task. */
export function changeItem(
  source: SourceWorld,
  item: SourceItem,
  to: Partial<Pick<SourceItem, 'task' | 'state' | 'holder'>>,
): void {
  Object.assign(item, to, { since: source.world.monoMs });
  tellWatchers(source);
}

function tellWatchers({ watchers, world }: SourceWorld): void {
  for (const { life, changed } of watchers) {
    if (life.standing !== 'leads') continue;
    world.items.push({
      name: 'source changed',
      due: world.monoMs,
      life,
      run: changed,
      unheard: () => undefined,
      half: null,
      refuse: null,
    });
  }
}

/** Tells whether weft may do a task: it is open, and nobody else has it. */
export function isForWeft({ state, holder }: SourceItem): boolean {
  return state === 'open' && (holder === null || holder === WEFT_HOLDER);
}

/** Tells whether it was closed while weft had it, and weft has not told that it landed: agents do that. */
export function isClosedByAgent({ state, holder, told }: SourceItem): boolean {
  return state === 'done' && holder === WEFT_HOLDER && told?.phase !== 'merged';
}

/** A task as its source gives it. */
export function draftOf({ task }: SourceItem): TaskDraft {
  const place = <T>(value: T): { readonly value: T; readonly position: null } => ({ value, position: null });
  return {
    ...{ title: task.title, body: task.body, ref: task.ref, source: SOURCE, track: task.track },
    ...{ priority: task.priority, run: task.run, type: task.type, gates: task.gates, tier: task.tier },
    id: place(task.id),
    owns: task.owns?.map(place) ?? null,
    dependencies: task.edges.map((edge) => ({ ...edge, position: null })),
    agent: place(task.agent),
  };
}
