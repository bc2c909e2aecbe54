// The forge port of the world, as one engine reaches it: calls in virtual time, through whatever weather there is.
import { excerpt } from '../../adapters/forge/github/log.ts';
import { fail, ok } from '../../core/failure.ts';
import type { Forged, ForgePort, ForgeStanding, PullListed, PullSeen } from '../../ports/forge.ts';
import { findReport, settleForge } from './forge-checks.ts';
import { mergePull } from './forge-merge.ts';
import { pushFiles } from './forge-people.ts';
import { closePull, comment, ensurePull, findNumber, reply, updatePull } from './forge-pulls.ts';
import { pushBranch } from './forge-push.ts';
import { enqueuePull } from './forge-queue.ts';
import { seePull } from './forge-standing.ts';
import {
  type ForgePull,
  type ForgeWorld,
  fetchBranch,
  openPulls,
  protectionOf,
  WEFT_LOGIN,
} from './forge-store.ts';
import {
  denied,
  drawStorm,
  hearLook,
  inDoubt,
  type Look,
  limited,
  nameStorm,
  type Storm,
} from './forge-weather.ts';
import { answer, count, note } from './scheduler.ts';
import type { Life } from './world.ts';

/** The forge of the world, as one engine reaches it. */
export function createForgePort(forge: ForgeWorld, life: Life): ForgePort {
  const call = <T>(name: string, act: (storm: Storm | null) => Forged<T>): Promise<Forged<T>> =>
    callForge(forge, life, { name, act });
  const onPull = <T>(
    name: string,
    number: number,
    act: (pull: Parameters<typeof closePull>[1]) => Forged<T>,
  ): Promise<Forged<T>> =>
    call(`${name} #${number}`, () => {
      const found = findNumber(forge, number);
      return found.ok ? act(found.value) : found;
    });
  return {
    name: 'acme/shop on forge.test',
    readStanding: (branch) => call('readStanding', () => ok(standingOf(forge, branch))),
    fetch: (what) => {
      if (!what.into.startsWith('refs/weft/'))
        throw new Error(`Internal error: not a ref of weft: ${what.into}`);
      return call(`fetch ${what.branch}`, () => ok(fetchBranch(forge, what)));
    },
    push: ({ branch, commit, expected }) =>
      call(`push ${branch}`, () => pushBranch(forge, { branch, to: commit, expected })),
    deleteBranch: ({ branch, expected }) =>
      call(`deleteBranch ${branch}`, () => pushBranch(forge, { branch, to: null, expected })),
    ensurePull: (wish) => call(`ensurePull ${wish.branch}`, () => ensurePull(forge, wish)),
    listOpen: () => call('listOpen', () => ok(openPulls(forge).map(asListed))),
    updatePull: (what) => call(`updatePull #${what.number}`, () => updatePull(forge, what)),
    observe: (numbers) => observe(forge, life, [...new Set(numbers)]),
    readLog: ({ check, maxBytes }) =>
      call(`readLog ${check}`, () => {
        const report = findReport(forge, check);
        if (report === null) return fail({ kind: 'gone', sentence: `The forge has no check ${check}.` });
        return ok(excerpt(report.log === '' ? report.summary : report.log, maxBytes));
      }),
    reply: (remark) => call(`reply #${remark.number}`, () => reply(forge, remark)),
    comment: (remark) => call(`comment #${remark.number}`, () => comment(forge, remark)),
    merge: ({ number, ...wish }) =>
      onPull('merge', number, (pull) => {
        // somebody was quicker by a moment
        if (forge.world.tape.chance(RIVALS))
          pushFiles(forge, pull.branch, { 'by-hand.txt': `late ${number}` });
        return mergePull(forge, pull, { ...wish, by: WEFT_LOGIN });
      }),
    enqueue: ({ number, head }) => onPull('enqueue', number, (pull) => enqueuePull(forge, pull, head)),
    close: (number) =>
      onPull('close', number, (pull) => {
        closePull(forge, pull);
        return ok(undefined);
      }),
  };
}

/** Of 256 merges, those right before which somebody pushes. */
const RIVALS = 64;

/** One call: asked, perhaps befallen by something, answered in its own time. */
async function callForge<T>(
  forge: ForgeWorld,
  life: Life,
  { name, act }: { readonly name: string; readonly act: (storm: Storm | null) => Forged<T> },
): Promise<Forged<T>> {
  const { world, weather, ledger } = forge;
  const kind = name.split(' ')[0] ?? '';
  ledger.calls.set(kind, (ledger.calls.get(kind) ?? 0) + 1);
  const waitMs = weather.told?.epoch === life.epoch ? weather.told.until - world.monoMs : 0;
  if (waitMs > 0) ledger.early.push({ call: name, atMs: world.monoMs, waitMs });
  const given = await answer(world, life, {
    name: `forge.${name}`,
    act: () => suffer(forge, name, act),
    refused: () => ({ answer: inDoubt(), lateMs: 0 }),
  });
  if (given.lateMs > 0) {
    const takesMs = given.lateMs;
    await answer(world, life, { name: `forge.${name} is answered`, takesMs, act: () => undefined });
  }
  const told = given.answer;
  if (!told.ok && told.failure.kind === 'rate-limited') noteTold(forge, life, told.failure.waitMs);
  return told;
}

/** What it hears again of the same wait is nothing new. */
function noteTold({ world, weather }: ForgeWorld, { epoch }: Life, waitMs: number): void {
  const until = world.monoMs + waitMs;
  if (weather.told?.epoch === epoch && weather.told.until >= until - 1) return;
  weather.told = { epoch, until };
}

interface Answer<T> {
  readonly answer: Forged<T>;
  /** How long it is on its way. */
  readonly lateMs: number;
}

/** Does what was asked for, or what the weather makes of it. */
function suffer<T>(forge: ForgeWorld, call: string, act: (storm: Storm | null) => Forged<T>): Answer<T> {
  const { world, weather } = forge;
  const { tape } = world;
  const lasts = (times: readonly number[]): number =>
    Math.min(times[tape.pick(times.length)] ?? 0, weather.longestMs);
  const at = (answered: Forged<T>, lateMs = 0): Answer<T> => ({ answer: answered, lateMs });
  if (world.monoMs < Math.max(weather.closedUntil, weather.deniedUntil)) count(world, 'forge: turned away');
  if (world.monoMs < weather.closedUntil) return at(limited(weather.closedUntil - world.monoMs));
  if (world.monoMs < weather.deniedUntil) return at(denied());
  const storm = drawStorm(weather, { call, tape });
  if (storm !== null) {
    count(world, nameStorm(storm));
    note(world, () => `*** ${nameStorm(storm)}: ${call}`);
  }
  switch (storm) {
    case 'before':
      return at(inDoubt());
    case 'limited': {
      const waitMs = lasts([60_000, 1_000, 900_000]);
      weather.closedUntil = world.monoMs + waitMs;
      return at(limited(waitMs));
    }
    case 'unauthorized':
      weather.deniedUntil = world.monoMs + lasts([60_000, 1_000, 1_200_000]);
      return at(denied());
    case 'late':
      return at(settled(forge, act(null)), lasts([5_000, 200, 120_000]));
    case 'lost':
      settled(forge, act(null));
      return at(inDoubt());
    case 'stale':
    case 'partly':
    case null:
      return at(settled(forge, act(storm)));
    default:
      throw new Error(`Internal error: unknown storm ${String(storm satisfies never)}`);
  }
}

function settled<T>(forge: ForgeWorld, done: T): T {
  settleForge(forge);
  return done;
}

async function observe(
  forge: ForgeWorld,
  life: Life,
  numbers: readonly number[],
): Promise<ReadonlyMap<number, Forged<PullSeen>>> {
  const looked = await callForge(forge, life, {
    name: `observe ${numbers.join(' ')}`,
    act: (storm) => ok(look(forge, numbers, storm)),
  });
  if (!looked.ok) return new Map(numbers.map((number) => [number, looked]));
  const hear = (one: Forged<Look>): Forged<PullSeen> =>
    one.ok ? ok(hearLook(forge.weather, one.value)) : one;
  return new Map([...looked.value].map(([number, one]) => [number, hear(one)]));
}

function look(
  forge: ForgeWorld,
  numbers: readonly number[],
  storm: Storm | null,
): ReadonlyMap<number, Forged<Look>> {
  const { weather, world } = forge;
  const unseen = storm === 'partly' ? numbers[world.tape.pick(numbers.length)] : undefined;
  weather.looks += 1;
  const order = weather.looks;
  const lookAt = (number: number): Forged<Look> => {
    const found = findNumber(forge, number);
    if (!found.ok) return found;
    if (number === unseen) return inDoubt();
    const old = storm === 'stale' ? weather.heard.get(number) : undefined;
    return ok(old ?? { order, seen: seePull(forge, found.value) });
  };
  return new Map(numbers.map((number) => [number, lookAt(number)]));
}

function standingOf(forge: ForgeWorld, wanted: string | null): ForgeStanding {
  const { setup, defaultBranch, branches } = forge;
  const branch = wanted ?? defaultBranch;
  const rules = protectionOf(forge, branch);
  const of = {
    isProtected: rules !== null,
    requiredChecks: rules?.requiredChecks ?? [],
    hasMergeQueue: branch === defaultBranch && setup.queue !== null,
  };
  return {
    login: WEFT_LOGIN,
    mayPush: true,
    mayMerge: setup.methods.length > 0,
    methods: setup.methods,
    defaultBranch,
    branch: branches.has(branch) ? of : null,
  };
}

/** When it changed last nobody notes here: long ago. */
function asListed({ number, body, branch, base, head }: ForgePull): PullListed {
  return { number, body, branch, base, head, changedAt: 0 };
}
