// What strikes: crashes of the engine, of its children and of the machine, refusing disks, jumping clocks, and people.
import { FORGE_DEED_NAMES, FORGE_DEEDS } from './forge-deeds.ts';
import { STORM_NAMES } from './forge-weather.ts';
import { DEEDS } from './people.ts';
import { endProc, reboot } from './process-world.ts';
import { sealCheckout } from './promises.ts';
import type { Crash } from './scene.ts';
import { count, later, note, take } from './scheduler.ts';
import { SOURCE_DEEDS } from './source-people.ts';
import { SOURCE_STORM_NAMES } from './source-port.ts';
import type { Item, Life, World } from './world.ts';

type Fault = (world: World, item: Item) => boolean;

/** Ends an engine at once; what its children were doing ends as `children` says. */
function endLife(world: World, life: Life, children: (item: Item) => void): void {
  life.standing = 'gone';
  for (const item of world.items.filter((each) => each.life === life)) {
    take(world, item);
    children(item);
  }
  forget(world, life);
  later(world, 'restart', [50, 5, 2_000, 90_000][world.tape.pick(4)] ?? 50, () => {
    world.life = null;
  });
}

/** Nobody listens for that engine any more. */
export function forget(world: World, life: Life): void {
  keep(world.disk.watchers, (each) => each.life !== life);
  if (world.source !== null) keep(world.source.watchers, (each) => each.life !== life);
  keep(world.git.watchers, (each) => each.life !== life);
  keep(world.processes.waiters, (each) => each.life !== life);
  keep(world.items, (each) => each.life !== life);
}

function keep<T>(list: T[], fits: (each: T) => boolean): void {
  list.splice(0, list.length, ...list.filter(fits));
}

/** What was asked of others goes on without who asked. */
function isChild({ name }: Item): boolean {
  return (
    name.startsWith('git.') ||
    name.startsWith('process.start') ||
    name.startsWith('forge.') ||
    name.startsWith('source.')
  );
}

/** The struck thing does not happen, or half, or happens and is not heard of. */
function strikeItem(world: World, item: Item): void {
  const { half } = item;
  const how = world.tape.pick(half === null ? 2 : 3);
  note(world, () => `struck: ${item.name}, ${['before', 'after', 'half'][how]}`);
  if (how === 1) item.unheard();
  else if (how === 2) half?.();
}

/** Kills the engine at a step chosen beforehand; false: there was nothing of it to kill, or nothing to do by half. */
export function killAt(world: World, item: Item, how: Crash['how']): boolean {
  const { life, half } = item;
  if (life?.standing !== 'leads' || (how === 'half' && half === null)) return false;
  take(world, item);
  if (how === 'half') half?.();
  endLife(world, life, () => undefined);
  return true;
}

const FAULTS: Readonly<Record<string, Fault>> = {
  'the engine was killed': (world, item) => {
    const { life } = item;
    if (life?.standing !== 'leads') return false;
    take(world, item);
    strikeItem(world, item);
    // its git children go on alone, or had not begun yet
    endLife(world, life, (other) => {
      if (isChild(other) && world.tape.pick(2) === 1) other.unheard();
    });
    return true;
  },
  'the process group was killed': (world, item) => {
    const { life } = item;
    if (life?.standing !== 'leads') return false;
    take(world, item);
    strikeItem(world, item);
    endLife(world, life, (other) => {
      if (isChild(other)) strikeItem(world, other);
    });
    for (const proc of world.processes.all) {
      if (proc.alive && proc.kind !== 'bystander' && world.tape.pick(2) === 1) {
        endProc(
          world,
          proc,
          { code: null, signal: 'SIGKILL' },
          world.tape.pick(2) === 1 ? 'vanished' : 'written',
        );
      }
    }
    return true;
  },
  'the machine was rebooted': (world, item) => {
    const { life } = item;
    if (life?.standing !== 'leads') return false;
    take(world, item);
    strikeItem(world, item);
    endLife(world, life, (other) => {
      if (isChild(other)) strikeItem(world, other);
    });
    reboot(world);
    return true;
  },
  'the engine was frozen and woke as a zombie': (world, item) => {
    const { life } = item;
    if (life?.standing !== 'leads' || !item.name.startsWith('journal.')) return false;
    take(world, item);
    endLife(world, life, () => undefined);
    life.standing = 'frozen';
    later(world, 'zombie', 100_000, () => item.run());
    return true;
  },
  'the engine was told to leave at once': (_world, item) => {
    const { life } = item;
    if (life?.standing !== 'leads' || life.leading === null || life.outcome !== null) return false;
    life.leaving = true;
    // what becomes of it shows in its outcome
    life.leading.abandon().catch(() => undefined);
    return true;
  },
  'a disk or git refused': (world, item) => {
    if (item.refuse === null) return false;
    take(world, item);
    note(world, () => `refused: ${item.name}`);
    item.refuse();
    return true;
  },
  'the machine slept': (world) => {
    world.wallAheadMs += 3_600_000;
    return true;
  },
  'the wall clock jumped ahead': (world) => {
    world.wallAheadMs += 30_000;
    return true;
  },
  'the wall clock jumped back': (world) => {
    world.wallAheadMs -= 7_200_000;
    return true;
  },
  'everything was slow': (world) => {
    world.monoMs += [1_000, 100, 20_000, 120_000][world.tape.pick(4)] ?? 1_000;
    return true;
  },
  'an agent was killed by somebody': (world) => {
    const live = world.processes.all.filter((proc) => proc.alive && proc.kind === 'agent');
    const proc = live[world.tape.pick(live.length)];
    if (proc === undefined) return false;
    endProc(
      world,
      proc,
      { code: null, signal: 'SIGKILL' },
      world.tape.pick(2) === 1 ? 'vanished' : 'written',
    );
    return true;
  },
  'another git held a lock': (world) => {
    const ref = [...world.git.refs.keys()][world.tape.pick(world.git.refs.size)];
    if (ref === undefined || world.git.locks.has(ref)) return false;
    world.git.locks.set(ref, 'user');
    later(world, 'lock released', 2_500, () => {
      if (world.git.locks.get(ref) === 'user') world.git.locks.delete(ref);
      else world.wedged.push(`the lock of a live git on ${ref} was taken away`);
    });
    return true;
  },
};

/** Faults by weight: crashes are what everything here is about. */
const STRIKES: readonly string[] = Object.keys(FAULTS).flatMap((name, at) =>
  Array.from({ length: [6, 4, 3, 4, 2, 4, 1, 1, 1, 2, 2, 2][at] ?? 1 }, () => name),
);
const DEED_NAMES = Object.keys(DEEDS);
/** Where there is a forge, people are as busy there as here. */
const DEED_NAMES_WITH_FORGE: readonly string[] = [
  ...DEED_NAMES,
  ...Object.keys(FORGE_DEEDS),
  ...Object.keys(FORGE_DEEDS),
];

/** Where tasks come from a source, people are as busy there as here. */
const DEED_NAMES_WITH_SOURCE: readonly string[] = [
  ...DEED_NAMES,
  ...Object.keys(SOURCE_DEEDS),
  ...Object.keys(SOURCE_DEEDS),
];

/** Names of everything that may strike, for the counters. */
export const STRIKE_NAMES: readonly string[] = [
  ...Object.keys(FAULTS).map((name) => `fault: ${name}`),
  ...DEED_NAMES.map((name) => `deed: ${name}`),
  ...FORGE_DEED_NAMES,
  ...STORM_NAMES,
  ...Object.keys(SOURCE_DEEDS).map((name) => `deed: ${name}`),
  ...SOURCE_STORM_NAMES,
];

function doDeed(world: World, name: string): boolean | undefined {
  const atSource = SOURCE_DEEDS[name];
  if (atSource !== undefined && world.source !== null) return atSource(world.source);
  const act = FORGE_DEEDS[name];
  return act === undefined || world.forge === null ? DEEDS[name]?.(world) : act(world.forge);
}

/** Strikes at the thing that would have happened next; false: nothing fitted. */
export function strike(world: World, item: Item): boolean {
  const { tape, scene } = world;
  const alone = world.source === null ? DEED_NAMES : DEED_NAMES_WITH_SOURCE;
  const deeds = world.forge === null ? alone : DEED_NAMES_WITH_FORGE;
  const [names, kind] = tape.chance(scene.deedShare) ? [deeds, 'deed'] : [STRIKES, 'fault'];
  if ((kind === 'deed' ? world.deedsLeft : world.faultsLeft) === 0) return false;
  const first = tape.pick(names.length);
  for (let turn = 0; turn < names.length; turn += 1) {
    const name = names[(first + turn) % names.length] ?? '';
    const happened = kind === 'deed' ? doDeed(world, name) : FAULTS[name]?.(world, item);
    if (happened !== true) continue;
    if (kind === 'deed') sealCheckout(world);
    count(world, `${kind}: ${name}`);
    note(world, () => `*** ${kind}: ${name}`);
    world.faults += kind === 'fault' ? 1 : 0;
    if (kind === 'deed') world.deedsLeft -= 1;
    else world.faultsLeft -= 1;
    return true;
  }
  return false;
}
