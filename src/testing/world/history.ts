// One history: a scene, an engine that lives as often as it must, faults for a while, and rest in the end.
import { isTerminal } from '../../core/lifecycle.ts';
import type { Oid } from '../../core/model.ts';
import { agentFor, nextRole } from '../../core/role.ts';
import { type TaskState, taskOf } from '../../core/state.ts';
import { createDisk } from './disk.ts';
import { forget, killAt, strike } from './faults.ts';
import { createRandomCi } from './forge-checks.ts';
import { helpAtForge } from './forge-deeds.ts';
import type { ForgeLedger } from './forge-ledger.ts';
import { checkAdopted, checkForge, hasNewsAtForge, reasonOfPull } from './forge-promises.ts';
import { createForgeWorld, type ForgeWorld } from './forge-store.ts';
import { createGitWorld, isAncestorOf } from './git-store.ts';
import { type Sabotage, startLife } from './life.ts';
import {
  createOracle,
  findAsking,
  isAhead,
  isInTheWay,
  isKnownSatisfied,
  isRunning,
  slotsOf,
} from './oracle.ts';
import { helpOut, mergeBeside, say } from './people.ts';
import { createProcessWorld } from './process-world.ts';
import { checkCheckout, checkReachable, checkReplay, sealCheckout } from './promises.ts';
import { drawScene, type Scene } from './scene.ts';
import type { ForgePlan } from './scene-forge.ts';
import { advance, count, later, note, readyItems, take, violate } from './scheduler.ts';
import { helpAtSource } from './source-people.ts';
import { checkGrown, checkReported } from './source-promises.ts';
import { createSourceWorld } from './source-store.ts';
import type { Tape } from './tape.ts';
import type { Life, Violation, World } from './world.ts';

/** Steps after which a history has not come to rest. */
const MAX_STEPS = 20_000;
/** Turns of people at a run that rests. */
const MAX_HELP = 15;

/** How a history went. */
export interface HistoryEnd {
  readonly violations: readonly Violation[];
  readonly counters: ReadonlyMap<string, number>;
  readonly faults: number;
  /** Placed crashes that found nothing to kill. */
  readonly idleCrashes: number;
  readonly steps: number;
  /** What happened at the forge; null: there was none. */
  readonly ledger: ForgeLedger | null;
  /** How late it was in the end. */
  readonly monoMs: number;
  readonly outcome: string;
  readonly tape: Uint8Array;
  readonly log: readonly string[];
}

/** Lives one history to its end, or to the first broken promise. */
export async function runHistory(of: {
  readonly tape: Tape;
  readonly sabotage?: Sabotage | null;
  readonly maxSteps?: number;
  readonly log?: boolean;
  readonly scene?: (tape: Tape) => Scene;
}): Promise<HistoryEnd> {
  const world = createWorld(of.tape, { scene: (of.scene ?? drawScene)(of.tape), log: of.log === true });
  const sabotage = of.sabotage ?? null;
  const maxSteps = of.maxSteps ?? MAX_STEPS;
  let outcome = 'none';
  let help = 0;
  let heard = true;
  while (world.violations.length === 0) {
    if (world.life === null) await startLife(world, sabotage);
    // what is the world's own reaches an engine only through things of that engine
    if (heard) await settle();
    heard = true;
    const { life } = world;
    if (life !== null && life.standing === 'leads' && life.outcome !== null) {
      outcome = life.outcome;
      if (!endOfLife(world, life, help)) break;
      help += 1;
      continue;
    }
    const happened = isQuiet(world) ? 'nothing' : step(world);
    heard = happened !== 'beside';
    if (happened === 'nothing') {
      if (help >= MAX_HELP || !helpStaying(world)) break;
      help += 1;
      world.oracle.atForge.quiet = { records: 0, looks: 0 };
    }
    if (world.steps > maxSteps) {
      violate(world, 'comes-to-rest', `${world.steps} steps and no rest`);
    }
  }
  if (world.violations.length === 0) checkEnd(world);
  return {
    violations: world.violations,
    counters: world.counters,
    faults: world.faults,
    idleCrashes: world.idleCrashes,
    steps: world.steps,
    ledger: world.forge?.ledger ?? null,
    monoMs: world.monoMs,
    outcome,
    tape: world.tape.taken(),
    log: world.log ?? [],
  };
}

/** A world before its first engine. */
export function createWorld(tape: Tape, of: { readonly scene: Scene; readonly log: boolean }): World {
  const files = new Map([
    ['README', 'hello'],
    ['src/a/one.txt', 'one'],
    ['shared.txt', 'shared'],
  ]);
  const world: World = {
    tape,
    scene: of.scene,
    git: createGitWorld(files),
    forge: null,
    source: null,
    processes: createProcessWorld(),
    disk: createDisk(),
    oracle: createOracle(),
    counters: new Map(),
    violations: [],
    items: [],
    wedged: [],
    log: of.log ? [] : null,
    monoMs: 1_000,
    wallAheadMs: 1_700_000_000_000,
    steps: 0,
    faultsLeft: of.scene.faults,
    deedsLeft: of.scene.deeds,
    faults: 0,
    life: null,
    epoch: 0,
    refused: false,
    idleCrashes: 0,
  };
  if (of.scene.source !== null) world.source = createSourceWorld(world, of.scene.source);
  if (of.scene.forge !== null) world.forge = openForge(world, of.scene.forge);
  sealCheckout(world);
  return world;
}

function openForge(world: World, plan: ForgePlan): ForgeWorld {
  const { setup, checks, reds, share, storms, longestMs = Number.POSITIVE_INFINITY } = plan;
  const ci = checks.length === 0 ? null : createRandomCi({ tape: world.tape, names: checks, reds });
  const forge = createForgeWorld(world, { ...setup, ci });
  Object.assign(forge.weather, { share, left: storms, longestMs });
  return forge;
}

/** Lets everything that can go on without the world go on. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Looks at the forge that show nothing new, after which an engine that stays waits for people. */
const QUIET_LOOKS = 60;

/** Tells whether an engine does nothing any more but look at the forge. */
function isQuiet({ forge, oracle, scene, life }: World): boolean {
  if (forge === null || !scene.stay || life?.standing !== 'leads' || life.outcome !== null) return false;
  const looks = forge.ledger.calls.get('observe') ?? 0;
  const { quiet } = oracle.atForge;
  const count = oracle.records.length;
  if (quiet.records === count) return looks - quiet.looks > QUIET_LOOKS;
  oracle.atForge.quiet = { records: count, looks };
  return false;
}

/** One thing happens: to an engine, or beside it, or nothing can. */
function step(world: World): 'heard' | 'beside' | 'nothing' {
  world.steps += 1;
  const { life } = world;
  let ready = readyItems(world);
  if (ready.length === 0) {
    checkIdle(world);
    if (!advance(world)) return 'nothing';
    ready = readyItems(world);
  }
  const byte = world.tape.byte();
  const item = ready[byte % ready.length];
  if (item === undefined) return 'heard';
  if (byte >= 256 - world.scene.faultRate && strike(world, item)) return 'heard';
  const crash = world.scene.crashes.find((each) => each.step === world.steps);
  if (crash !== undefined) {
    if (killAt(world, item, crash.how)) return 'heard';
    world.idleCrashes += 1;
  }
  take(world, item);
  note(world, () => item.name);
  item.run();
  if (item.name.startsWith('git.')) checkCheckout(world);
  checkForge(world);
  return item.life === null && world.life === life ? 'beside' : 'heard';
}

/** With nothing to do but wait, no task may wait that could start. */
function checkIdle(world: World): void {
  const { oracle, life } = world;
  const { shadow } = oracle;
  if (life?.standing !== 'leads' || life.state === null || life.outcome !== null || world.refused) return;
  if (life.leaving) return;
  if (shadow.stopping !== null || shadow.paused || shadow.rested !== null) return;
  if (world.items.some((item) => item.life === life && item.name !== 'timer')) return;
  for (const ts of shadow.tasks.values()) {
    if (isTerminal(ts.phase) && life.state.index.claims.holdings.has(ts.task.id)) {
      violate(world, 'claim-leak', `${ts.task.id} is ${ts.phase} and its claim is held`);
    }
  }
  const running = [...shadow.tasks.values()].filter(isRunning);
  if (running.length >= slotsOf(world) || findAsking(world) !== null) return;
  for (const ts of shadow.tasks.values()) {
    if (couldStart(world, ts, running)) {
      return violate(world, 'no-lost-wake-up', `${ts.task.id} could start and nobody starts it`);
    }
  }
}

function couldStart(world: World, ts: TaskState, running: readonly TaskState[]): boolean {
  const { policy } = world.scene;
  const { shadow } = world.oracle;
  if (ts.withheld !== null) return false;
  if (ts.phase !== 'waiting' || ts.task.type === 'manual' || ts.paused || ts.wipe || ts.question !== null)
    return false;
  if ((ts.retryAt ?? 0) > shadow.ms) return false;
  if (!ts.task.edges.every((edge) => isKnownSatisfied(world, edge))) return false;
  const sameTrack = running.filter(({ task }) => task.track !== null && task.track === ts.task.track).length;
  if (policy.maxPerTrack !== null && sameTrack >= policy.maxPerTrack) return false;
  const agent = agentFor(shadow, ts, nextRole(shadow, ts));
  const alike = running.filter((other) => other.attempt?.agent === agent).length;
  if (alike >= (policy.agents[agent]?.max ?? Number.POSITIVE_INFINITY)) return false;
  if (policy.collisionPolicy === 'force') return true;
  const others = [...shadow.tasks.values()].filter((other) => other !== ts);
  if (others.some((other) => isInTheWay(world, ts, other))) return false;
  const isHeld = others.some((other) => isAhead(world, ts, other));
  if (isHeld) count(world, 'recovery: a start waited for work that it conflicts with');
  return !isHeld;
}

/** An engine came to rest or gave up; false: the history is over. */
function endOfLife(world: World, life: Life, help: number): boolean {
  life.standing = 'gone';
  forget(world, life);
  const left = life.outcome === 'stopped' && life.leaving && world.oracle.shadow.rested === null;
  if (life.outcome === 'lost' || left) {
    count(world, `recovery: an engine that ${left ? 'left' : 'could not write'} was followed by another`);
    if (left && life.state !== null) checkReplay(world, life.state);
    later(world, 'restart', 1_000, () => {
      world.life = null;
    });
    return true;
  }
  note(world, () => `the run rests: ${life.outcome}`);
  count(world, `outcome: ${life.outcome}`);
  if (life.state !== null) checkReplay(world, life.state);
  checkRest(world);
  checkReachable(world);
  if (life.outcome === 'complete' || help >= MAX_HELP) return false;
  const merged = mergeBeside(world);
  const isNews = hasNewsAtForge(world);
  const helped = helpOutside(world);
  const commands = helpOut(world);
  const isHelp = commands.length > 0 || merged || helped || isNews;
  if (!isHelp && life.outcome !== 'stopped') return false;
  for (const each of commands) say(world, each);
  world.life = null;
  return true;
}

/** A run that stays waits for people: they help, or there is nothing to help with. */
function helpStaying(world: World): boolean {
  const { life } = world;
  if (life?.standing !== 'leads') return violateStuck(world);
  checkRest(world);
  const merged = mergeBeside(world);
  const helped = helpOutside(world);
  const commands = helpOut(world);
  for (const each of commands) say(world, each);
  return merged || helped || commands.length > 0;
}

/** What patient people do where work comes from and goes to. */
function helpOutside({ forge, source }: World): boolean {
  if (source !== null && helpAtSource(source)) return true;
  return forge !== null && helpAtForge(forge);
}

function violateStuck(world: World): boolean {
  violate(world, 'comes-to-rest', 'nothing is pending and no engine leads');
  return false;
}

/** At rest every task is final or waits for something that a person can name. */
function checkRest(world: World): void {
  const { shadow } = world.oracle;
  checkAdopted(world);
  checkGrown(world);
  for (const ts of shadow.tasks.values()) {
    const reason = reasonToRest(world, ts);
    if (reason === null)
      violate(world, 'rests-for-a-reason', `${ts.task.id} is ${ts.phase} and nothing keeps it`);
  }
  for (const proc of world.processes.all) {
    if (proc.alive && proc.kind !== 'bystander' && !isAwaited(world, proc.task)) {
      violate(world, 'rests-for-a-reason', `${proc.kind} ${proc.tag} still runs`);
    }
  }
}

/** Agents may wait for an answer beside an engine that stays. */
function isAwaited(world: World, task: TaskState['task']['id'] | null): boolean {
  if (task === null) return false;
  return world.scene.stay && taskOf(world.oracle.shadow, task).question !== null;
}

function reasonToRest(world: World, ts: TaskState): string | null {
  const { shadow } = world.oracle;
  if (isTerminal(ts.phase)) {
    const later = shadow.stopping !== null && shadow.forgeTrouble !== null;
    const swept = ts.phase === 'failed' || ts.attempts === 0 || ts.swept !== null || later;
    return swept ? ts.phase : null;
  }
  if (shadow.stopping !== null || shadow.paused) return 'the run was stopped';
  if (ts.question !== null || ts.paused) return 'a person';
  const { edges } = ts.task;
  if (ts.phase === 'waiting') {
    if (ts.withheld !== null) return 'who has it';
    if (ts.wipe) return null;
    if (!edges.every((edge) => isKnownSatisfied(world, edge))) return 'what it depends on';
    if (ts.task.type === 'manual' || findAsking(world) !== null) return 'a person';
    const others = [...shadow.tasks.values()].filter((other) => other !== ts);
    const blocked =
      world.scene.policy.collisionPolicy !== 'force' && others.some((other) => isInTheWay(world, ts, other));
    return blocked ? 'the claim of another' : null;
  }
  if (ts.phase === 'pr_created') return reasonOfPull(world, ts);
  if (ts.phase === 'committed') {
    const human = world.scene.policy.integrate === 'human' || ts.task.type === 'hybrid';
    const isOffered = world.forge !== null && ts.attempt?.inspected?.fileCount !== 0;
    return human && !ts.approved && !isOffered ? 'approval' : null;
  }
  if (ts.phase === 'queued') {
    const asks = [...shadow.tasks.values()].some(({ question }) => question?.cause === 'target-rewritten');
    if (asks) return 'what a person says of the target';
    return edges.every((edge) => isOnTip(world, edge.task)) ? null : 'what it is built on';
  }
  return null;
}

/** It landed, and where others land. */
function isOnTip({ git, oracle, scene }: World, task: TaskState['task']['id']): boolean {
  const { phase, landed } = taskOf(oracle.shadow, task);
  if (phase !== 'merged' || landed === null || landed.ref === scene.policy.target) return phase === 'merged';
  const tip = git.refs.get(`refs/heads/${scene.policy.target}`);
  return tip !== undefined && (isAncestorOf(git, landed.commit, tip) || isAheadOf(git, landed.ref, tip));
}

/** A branch that contains the target takes what lands in its place. */
function isAheadOf(git: World['git'], branch: string, tip: Oid): boolean {
  const at = git.refs.get(`refs/heads/${branch}`);
  return at !== undefined && isAncestorOf(git, tip, at);
}

/** What must hold when all is over. */
function checkEnd(world: World): void {
  checkReachable(world);
  checkReported(world);
  if (world.life?.state != null && world.life.outcome !== 'lost' && !world.refused)
    checkReplay(world, world.life.state);
  for (const wedge of world.wedged) violate(world, 'no-wedge', wedge);
}
