// What people and another orchestrator do at the source of the world while weft is at work.

import { taskId } from '../../core/model.ts';
import { isLive } from '../../core/state.ts';
import { count, later } from './scheduler.ts';
import {
  addItem,
  changeItem,
  isForWeft,
  type SourceItem,
  type SourceWorld,
  WEFT_HOLDER,
} from './source-store.ts';

/** Somebody who works on tasks like weft does. */
const RIVAL = 'rival';
const PERSON = 'ada';

function pick(source: SourceWorld, fits: (item: SourceItem) => boolean): SourceItem | null {
  const fitting = [...source.items.values()].filter(fits);
  return fitting[source.world.tape.pick(fitting.length)] ?? null;
}

function change(
  source: SourceWorld,
  fits: (item: SourceItem) => boolean,
  to: (item: SourceItem) => Parameters<typeof changeItem>[2],
): boolean {
  const item = pick(source, fits);
  if (item === null) return false;
  changeItem(source, item, to(item));
  return true;
}

const isFree = ({ state, holder }: SourceItem): boolean => state === 'open' && holder === null;
const isTaken = (item: SourceItem): boolean => item.state === 'open' && !isForWeft(item);

/** What may be done there, by name; false: there was nothing to do it with. */
export const SOURCE_DEEDS: Readonly<Record<string, (source: SourceWorld) => boolean>> = {
  'added a task at the source': (source) => {
    const task = source.later.shift();
    if (task !== undefined) addItem(source, task);
    return task !== undefined;
  },
  'took a task at the source': (source) => change(source, isFree, () => ({ holder: PERSON })),
  'let go of a task at the source': (source) => change(source, isTaken, () => ({ holder: null })),
  'finished a task at the source': (source) =>
    change(
      source,
      (item) => isFree(item) || isTaken(item),
      () => ({ state: 'done' }),
    ),
  'closed a task as its agent': (source) =>
    change(
      source,
      ({ task, state, holder }) => {
        const ts = source.world.oracle.shadow.tasks.get(taskId(task.id));
        return state === 'open' && holder === WEFT_HOLDER && ts !== undefined && isLive(ts);
      },
      () => ({ state: 'done' }),
    ),
  'dropped a task at the source': (source) =>
    change(
      source,
      ({ state }) => state === 'open',
      () => ({ state: 'dropped' }),
    ),
  'edited a task at the source': (source) =>
    change(
      source,
      ({ state }) => state === 'open',
      ({ task }) => ({ task: { ...task, title: `${task.title}, edited at ${source.world.steps}` } }),
    ),
  'took a task as another orchestrator': (source) => {
    const item = pick(source, isFree);
    if (item === null) return false;
    changeItem(source, item, { holder: RIVAL });
    later(source.world, 'rival', [20_000, 300, 200_000][source.world.tape.pick(3)] ?? 20_000, () => {
      if (item.holder !== RIVAL || item.state !== 'open') return;
      changeItem(source, item, source.world.tape.pick(2) === 1 ? { state: 'done' } : { holder: null });
    });
    return true;
  },
};

/** A patient person finishes what people have taken, or lets go of it; false: there is nothing of that. */
export function helpAtSource(source: SourceWorld): boolean {
  const taken = [...source.items.values()].filter(isTaken);
  for (const item of taken) {
    count(source.world, 'deed: let go of a task that others wait for');
    changeItem(source, item, source.world.tape.pick(2) === 1 ? { state: 'done' } : { holder: null });
  }
  return taken.length > 0;
}
