// The source of the world as an engine reaches it: it may be away, and answers may be late or lost.
import { fail, ok, type Result } from '../../core/failure.ts';
import type { Standing, TaskReport } from '../../core/source.ts';
import type { Claimed, Loaded, SourcePort } from '../../ports/source.ts';
import { SOURCE } from './scene-source.ts';
import { answer, count, note, type Operation } from './scheduler.ts';
import {
  changeItem,
  draftOf,
  isClosedByAgent,
  isForWeft,
  type SourceItem,
  type SourceWorld,
  WEFT_HOLDER,
} from './source-store.ts';
import type { Life } from './world.ts';

/** What may befall a call. `before`: nothing happened · `lost`: nobody hears of it · `late` · `away`: for a while nobody can call. */
const STORMS = ['before', 'lost', 'late', 'away'] as const;

/** Every storm, as the counters of a history name it. */
export const SOURCE_STORM_NAMES: readonly string[] = STORMS.map((storm) => `source: ${storm}`);

const LATE_MS = 5_000;
const AWAY_MS = 40_000;

/** The source for one life of an engine. */
export function createSourcePort(source: SourceWorld, life: Life): SourcePort {
  const call = <T>(name: string, act: () => T, refused: () => T): Promise<T> => {
    const op: Operation<T> = { name: `source.${name}`, act, refused };
    return answer(source.world, life, befall(source, op, refused));
  };
  return {
    name: SOURCE,
    load: () => {
      source.askedMs = source.world.monoMs;
      return call('load', () => load(source), gone);
    },
    watch: (changed, signal) =>
      new Promise((resolve) => {
        const watcher = { life, changed };
        source.watchers.push(watcher);
        signal.addEventListener('abort', () => {
          source.watchers.splice(source.watchers.indexOf(watcher), 1);
          resolve();
        });
      }),
    claim: (task) => call(`claim ${task}`, () => claim(source, { task, life }), unreachable<Claimed>),
    report: (reports) =>
      call(
        `report ${reports.map(({ task, phase }) => `${task} ${phase}`).join(', ')}`,
        () => take(source, reports),
        unreachable<void>,
      ),
  };
}

/** Changes a call by what befalls it. */
function befall<T>(source: SourceWorld, op: Operation<T>, refused: () => T): Operation<T> {
  const { world } = source;
  const closed = { ...op, act: refused };
  if (source.closedUntil > world.monoMs) return closed;
  if (source.stormsLeft === 0 || !world.tape.chance(source.share)) return op;
  source.stormsLeft -= 1;
  const storm = STORMS[world.tape.pick(STORMS.length)] ?? 'before';
  count(world, `source: ${storm}`);
  note(world, () => `*** source: ${storm}: ${op.name}`);
  if (storm === 'late') return { ...op, takesMs: LATE_MS };
  if (storm === 'away') source.closedUntil = world.monoMs + AWAY_MS;
  if (storm !== 'lost') return closed;
  const lost = (): T => {
    op.act();
    return refused();
  };
  return { ...op, act: lost };
}

function unreachable<T>(): Result<T> {
  return fail({ kind: 'environment', sentence: 'The source cannot be reached.' });
}

function gone(): never {
  throw new Error('The source cannot be reached.');
}

function load({ items }: SourceWorld): Loaded {
  const standings = new Map<string, Standing>();
  for (const [id, item] of items) {
    const standing = standingOf(item);
    if (standing !== null) standings.set(id, standing);
  }
  const drafts = [...items.values()].filter(({ state }) => state === 'open').map(draftOf);
  return { drafts, diagnostics: [], texts: new Map(), standings };
}

function standingOf(item: SourceItem): Standing | null {
  if (item.state === 'done') return { kind: 'done' };
  if (item.state === 'dropped') return { kind: 'dropped', why: 'nobody wants it' };
  return isForWeft(item) ? null : { kind: 'held', why: `taken by ${item.holder}` };
}

function claim(
  source: SourceWorld,
  { task, life }: { readonly task: string; readonly life: Life },
): Result<Claimed> {
  const item = source.items.get(task);
  if (item === undefined) return fail({ kind: 'failed', sentence: `There is no ${task}.` });
  if (isClosedByAgent(item)) changeItem(source, item, { state: 'open' });
  if (!isForWeft(item)) {
    count(source.world, 'recovery: somebody was faster with a task');
    return ok({ kind: 'taken', by: item.holder ?? `who made it ${item.state}` });
  }
  if (item.holder === null) changeItem(source, item, { holder: WEFT_HOLDER });
  source.granted.set(task, life.epoch);
  return ok({ kind: 'ours' });
}

/** What is so already is left alone. */
function take(source: SourceWorld, reports: readonly TaskReport[]): Result<void> {
  for (const report of reports) {
    const item = source.items.get(report.task);
    if (item === undefined) continue;
    const { landed } = report;
    if (landed !== null && item.told?.landed?.commit !== landed.commit) item.landings += 1;
    item.told = report;
    if (report.phase === 'failed' && !report.isTold && isClosedByAgent(item))
      changeItem(source, item, { state: 'open', holder: null });
    if (item.holder !== WEFT_HOLDER || item.state !== 'open') continue;
    if (report.phase === 'merged') changeItem(source, item, { state: 'done' });
    if (report.phase === 'failed' || report.phase === 'cancelled') changeItem(source, item, { holder: null });
  }
  return ok(undefined);
}
