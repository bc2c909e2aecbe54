// What truly happened, and what must never happen: the world's own ledger, compared with the journal record by record.
import { type Command, judgeCommand } from '../../core/decide/command.ts';
import type { Event, Recorded } from '../../core/event.ts';
import { evolve } from '../../core/evolve/evolve.ts';
import { isAllowed, isTerminal } from '../../core/lifecycle.ts';
import type { Edge, Oid, TaskId } from '../../core/model.ts';
import { createState, type RunState, serializeState, type TaskState, taskOf } from '../../core/state.ts';
import { ancestorsOf, commitOf, dirtyPaths, filesOf, isAncestorOf, mergeTrees, reachable } from './git-store.ts';
import type { Proc } from './process-world.ts';
import { CHECK } from './scene.ts';
import { note, violate } from './scheduler.ts';
import type { World } from './world.ts';

/** See the file's first line. */
export interface Oracle {
  /** Replay of what is durable, one record at a time. */
  shadow: RunState;
  readonly records: Recorded[];
  /** Trees on which a gate was seen to pass, by its command. */
  readonly passed: Map<string, Set<Oid>>;
  /** Commits that would land: whose they are and what they were built on. */
  readonly candidates: Map<Oid, { readonly task: TaskId; readonly base: Oid }>;
  /** Moves of the target or the integration branch that weft made, by task. */
  readonly landings: Map<TaskId, Oid[]>;
  /** Commits that ever landed, whatever people did to the target later. */
  readonly landed: Map<TaskId, Oid>;
  /** Work that people merged by hand. */
  readonly merged: Set<TaskId>;
  /** The user's checkout as its user left it. */
  checkout: string;
  /** What each engine brought about. */
  readonly done: Set<string>;
  readonly agentCommits: { readonly commit: Oid; readonly task: TaskId }[];
  /** Run clock before which a task must not start again. */
  readonly notBefore: Map<TaskId, number>;
  /** Attempts that count, and words of people that allow one more. */
  readonly tries: Map<TaskId, number>;
  /** Guidance that people were told is taken. */
  readonly promised: { readonly task: TaskId; readonly text: string }[];
}

/** A ledger of nothing. */
export function createOracle(): Oracle {
  return {
    shadow: createState(),
    records: [],
    passed: new Map(),
    candidates: new Map(),
    landings: new Map(),
    landed: new Map(),
    merged: new Set(),
    checkout: '',
    done: new Set(),
    agentCommits: [],
    notBefore: new Map(),
    tries: new Map(),
    promised: [],
  };
}

/** Takes records that became durable: each must be in its place, legal, and true to the world. */
export function admitRecords(world: World, records: readonly Recorded[]): void {
  const { oracle } = world;
  for (const record of records) {
    const last = oracle.records.at(-1);
    if (record.seq !== (last?.seq ?? 0) + 1) violate(world, 'journal-keeps', `record ${record.seq} after ${last?.seq}`);
    if (record.epoch < world.epoch) {
      violate(world, 'stale-epoch', `epoch ${record.epoch} wrote after epoch ${world.epoch} took over`);
    }
    if (record.ms < (last?.ms ?? 0)) violate(world, 'run-clock', `${record.ms} ms after ${last?.ms} ms`);
    note(world, () => `journal ${record.seq} ${JSON.stringify(record.event).slice(0, 300)}`);
    oracle.records.push(record);
    admit(world, record);
  }
}

function admit(world: World, record: Recorded): void {
  const { oracle } = world;
  const { event } = record;
  if (!('task' in event)) {
    evolve(oracle.shadow, record);
    return;
  }
  const ts = taskOf(oracle.shadow, event.task);
  const before = ts.phase;
  const stopped = ts.attempt?.stop ?? null;
  if (event.type === 'attempt.spawned') checkSpawn(world, ts, record);
  if (event.type === 'task.landed') checkLanded(world, ts, event);
  if (event.type === 'attempt.timed-out') checkTime(world, { ...event, epoch: record.epoch });
  if (ONCE.has(event.type) && 'attempt' in event) checkOnce(world, { ...event, epoch: record.epoch });
  evolve(oracle.shadow, record);
  const { phase } = ts;
  if (phase !== before) {
    if (isTerminal(before) && event.type !== 'task.restarted') {
      violate(world, 'terminal-final', `${event.task} left ${before} by ${event.type}`);
    }
    if (!isAllowed({ from: before, to: phase, on: event.type })) {
      violate(world, 'legal-moves', `${event.task}: ${before} → ${phase} by ${event.type}`);
    }
  }
  if (isTerminal(phase) && ts.holdsClaim) violate(world, 'claim-leak', `${event.task} is ${phase} and holds its claim`);
  keepBooks(world, ts, { event, ms: record.ms, stopped });
}

/** Ends of effects that one engine brings about once for an attempt. */
const ONCE = new Set(['attempt.started', 'attempt.exited', 'attempt.stopped']);

function checkOnce(
  world: World,
  event: { readonly type: string; readonly task: TaskId; readonly attempt: number; readonly epoch: number },
): void {
  const key = `${event.epoch} ${event.type} ${event.task}/${event.attempt}`;
  if (world.oracle.done.has(key)) violate(world, 'performed-once', `${key} twice`);
  world.oracle.done.add(key);
}

/** An attempt's time is up only when it had that time, by the clock that stands still while the machine sleeps. */
function checkTime(
  world: World,
  of: { readonly task: TaskId; readonly attempt: number; readonly epoch: number },
): void {
  const proc = world.processes.all.findLast((each) => each.task === of.task && each.attempt === of.attempt);
  // what passed before a restart is known from the wall clock only
  if (proc?.epoch !== of.epoch) return;
  const had = world.monoMs - proc.startedMs;
  const due = (world.scene.policy.budget.minutes ?? 0) * 60_000;
  if (had < due - 1) violate(world, 'fair-time', `${of.task} was ended after ${had} of ${due} ms`);
}

const AT_ONCE = new Set(['no-changes', 'outside-claim', 'worktree-odd', 'gate-failed', 'asked', 'stopped']);

function keepBooks(
  world: World,
  ts: TaskState,
  of: { readonly event: Event; readonly ms: number; readonly stopped: string | null },
): void {
  const { oracle, scene } = world;
  const { event } = of;
  const { id } = ts.task;
  const addTry = (by: number): void => {
    oracle.tries.set(id, (oracle.tries.get(id) ?? 0) + by);
  };
  switch (event.type) {
    case 'attempt.spawned':
      return addTry(1);
    case 'attempt.stopped':
      if (of.stopped !== null && of.stopped !== 'time-budget') addTry(-1);
      return;
    case 'attempt.exited':
      if (ts.phase === 'waiting') addTry(-1);
      return;
    case 'attempt.failed': {
      if (event.cause === 'asked') addTry(-1);
      if (event.then.kind !== 'retry') return;
      const least = AT_ONCE.has(event.cause) ? 0 : scene.policy.limits.backoffMs / 2;
      if (event.then.at < of.ms + least) {
        violate(world, 'back-off', `${id} starts again ${event.then.at - of.ms} ms after ${event.cause}`);
      }
      oracle.notBefore.set(id, event.then.at);
      return;
    }
    case 'task.done':
      // whoever did it by hand needs not be told
      oracle.promised.splice(0, oracle.promised.length, ...oracle.promised.filter(({ task }) => task !== id));
      return;
    case 'question.answered':
    case 'task.restarted':
    case 'guidance.given':
      oracle.notBefore.delete(id);
      // a human's word allows one more attempt
      if (event.type === 'task.restarted') oracle.tries.set(id, 0);
      else addTry(-1);
      return;
    default:
      return;
  }
}

function checkSpawn(world: World, ts: TaskState, record: Recorded): void {
  const { oracle, scene } = world;
  const { id } = ts.task;
  const { policy } = scene;
  if (record.ms < (oracle.notBefore.get(id) ?? 0)) {
    violate(world, 'back-off', `${id} starts at ${record.ms}, not before ${oracle.notBefore.get(id)}`);
  }
  if ((oracle.tries.get(id) ?? 0) >= policy.limits.attempts) {
    violate(world, 'attempt-limit', `${id} starts once more after ${oracle.tries.get(id)} tries`);
  }
  const running = [...oracle.shadow.tasks.values()].filter(isRunning);
  if (running.length >= policy.maxAgents) {
    violate(world, 'slots', `${id} starts beside ${running.map((each) => each.task.id).join(', ')}`);
  }
  for (const edge of ts.task.edges) {
    if (!isSatisfied(world, edge)) violate(world, 'edges-first', `${id} starts before ${edge.task} is ${edge.on}`);
  }
  if (policy.collisionPolicy === 'force') return;
  for (const other of oracle.shadow.tasks.values()) {
    if (other !== ts && isInTheWay(world, ts, other)) {
      violate(world, 'disjoint-claims', `${id} starts while ${other.task.id} is ${other.phase}`);
    }
  }
}

function isRunning(ts: TaskState): boolean {
  return ts.phase === 'spawned' || (ts.phase === 'working' && (ts.question === null || ts.attempt?.stop != null));
}

/** Judged by what the world saw, not by what the journal says. */
export function isSatisfied(world: World, edge: Edge): boolean {
  const { oracle } = world;
  const ts = taskOf(oracle.shadow, edge.task);
  const landed =
    oracle.landed.has(edge.task) ||
    oracle.merged.has(edge.task) ||
    (ts.phase === 'merged' && (ts.task.type === 'manual' || isNothing(ts)));
  if (landed || edge.on === 'merged') return landed;
  const tree = ts.attempt?.inspected?.tree;
  const verified = tree !== undefined && isVerified(world, tree);
  return edge.on === 'submitted'
    ? verified && ts.phase === 'queued'
    : verified && (ts.phase === 'queued' || ts.phase === 'committed');
}

/** It landed by there being nothing to land. */
function isNothing(ts: TaskState): boolean {
  return ts.landed?.detour === 'nothing was left to land';
}

/** Judged by what the run can know: what landed while no engine looked is news to it. */
export function isKnownSatisfied(world: World, edge: Edge): boolean {
  const { phase } = taskOf(world.oracle.shadow, edge.task);
  if (phase === 'merged') return true;
  return phase === 'queued' ? edge.on !== 'merged' : phase === 'committed' && edge.on === 'verified';
}

/** Tells whether the least of the gates was seen to pass on exactly that tree. */
export function isVerified(world: World, tree: Oid): boolean {
  return world.oracle.passed.get(CHECK)?.has(tree) === true;
}

/** A gate passed on the files that lay there. */
export function notePassed(world: World, command: string, tree: Oid): void {
  const { passed } = world.oracle;
  const trees = passed.get(command);
  if (trees === undefined) passed.set(command, new Set([tree]));
  else trees.add(tree);
}

/** Overlap of the few patterns that scenes use, by hand: it shares nothing with the code under test. */
export function claimsMeet(one: readonly string[] | null, other: readonly string[] | null): boolean {
  const covers = (a: string, b: string): boolean => (a.endsWith('/**') ? b.startsWith(a.slice(0, -2)) : a === b);
  return (one ?? []).some((a) => (other ?? []).some((b) => covers(a, b) || covers(b, a)));
}

/** Tells whether a task's claim keeps another from starting: it has begun, is not final, and they are not stacked. */
export function isInTheWay(world: World, ts: TaskState, other: TaskState): boolean {
  if (other.attempt === null || other.wipe || isTerminal(other.phase)) return false;
  if (!claimsMeet(ts.task.owns, other.task.owns)) return false;
  const live = other.phase === 'spawned' || other.phase === 'working';
  return live || !(isStacked(world, ts, other) || isStacked(world, other, ts));
}

function isStacked(world: World, upper: TaskState, lower: TaskState): boolean {
  for (const edge of upper.phase === 'merged' ? [] : upper.task.edges) {
    if (edge.base !== 'stacked') continue;
    if (edge.task === lower.task.id) return true;
    return isStacked(world, taskOf(world.oracle.shadow, edge.task), lower);
  }
  return false;
}

function checkLanded(world: World, ts: TaskState, event: Extract<Event, { readonly type: 'task.landed' }>): void {
  const { oracle, git } = world;
  const { id } = ts.task;
  const seen = ts.attempt?.inspected;
  if (event.by === 'weft' && event.commit !== event.base) {
    if (oracle.landed.get(id) !== event.commit) {
      violate(world, 'landed-is-true', `${id} is said to have landed as ${event.commit}, which nobody saw`);
    }
    return;
  }
  if (seen == null) return;
  const sides = { base: filesOf(git, seen.base), ours: filesOf(git, event.base), theirs: filesOf(git, seen.head) };
  const { files, conflicts } = mergeTrees(sides);
  const present =
    conflicts.length === 0 && [...files].every(([path, text]) => sides.ours.get(path) === text);
  if (!present && !isAncestorOf(git, seen.head, event.base)) {
    violate(world, 'landed-is-true', `${id} is said to be on the target already, and is not`);
  }
  if (event.by === 'human') oracle.merged.add(id);
}

/** Nothing of weft's changed the user's checkout, but for bringing a clean one forward with its branch. */
export function checkCheckout(world: World): void {
  if (world.oracle.checkout !== pictureOfCheckout(world)) {
    violate(world, 'checkout-untouched', `${world.oracle.checkout} became ${pictureOfCheckout(world)}`);
    sealCheckout(world);
  }
}

/** What is there now is as its user wants it. */
export function sealCheckout(world: World): void {
  world.oracle.checkout = pictureOfCheckout(world);
}

function pictureOfCheckout({ git: { checkout } }: World): string {
  return JSON.stringify([checkout.branch, checkout.head, [...checkout.files]]);
}

/** At most one agent at a time in a worktree, strays of an earlier one included. */
export function checkStart(world: World, proc: Proc): void {
  if (proc.kind !== 'agent') return;
  for (const other of world.processes.all) {
    if (!other.alive || other.cwd !== proc.cwd || other.kind === 'bystander' || other.kind === 'gate') continue;
    violate(world, 'one-agent', `${proc.tag} starts in ${proc.cwd} beside ${other.kind} ${other.tag}`);
  }
}

/** Only what was meant is signalled: by its tag, or as a stray in the task's own worktree. */
export function checkSignal(
  world: World,
  proc: Proc,
  meant: { readonly tag: string; readonly cwd: string | null },
): void {
  if (proc.kind !== 'bystander' && (proc.tag === meant.tag || proc.cwd === meant.cwd)) return;
  violate(world, 'own-signals', `${proc.kind} ${proc.identity.pid} (${proc.tag}) got a signal meant for ${meant.tag}`);
}

/** An agent made a commit: it stays reachable until its work landed or a person discards it. */
export function noteAgentCommit(world: World, commit: Oid, task: TaskId): void {
  world.oracle.agentCommits.push({ commit, task });
}

/** A worktree is removed: what it had and did not land must be in some ref afterwards. */
export function checkRemoval(
  world: World,
  what: { readonly path: string; readonly branch: string },
): () => void {
  const { git } = world;
  const worktree = git.worktrees.get(what.path);
  const files = new Map(worktree?.files);
  const dirty = worktree === undefined ? [] : dirtyPaths(git, worktree);
  return () => {
    checkReachable(world);
    if (dirty.length === 0 || git.worktrees.has(what.path)) return;
    const kept = [...git.refs].some(([ref, commit]) => {
      const there = ref.startsWith('refs/weft/rescue/') ? filesOf(git, commit) : null;
      return there !== null && dirty.every((path) => there.get(path) === files.get(path));
    });
    if (!kept) violate(world, 'nothing-lost', `${what.path} is removed with ${dirty.join(', ')} uncommitted`);
  };
}

/** No commit of an agent's may be lost, unless its work is on the target. */
export function checkReachable(world: World): void {
  const { oracle, git } = world;
  const kept = reachable(git);
  for (const { commit, task } of oracle.agentCommits) {
    if (kept.has(commit)) continue;
    const ts = taskOf(oracle.shadow, task);
    const head = ts.attempt?.inspected?.head;
    const landed = ts.phase === 'merged' && head !== undefined && ancestorsOf(git, [head]).has(commit);
    if (!landed) violate(world, 'nothing-lost', `commit ${commit} of ${task} is in no ref`);
  }
}

/** The target moves only to a tree that was verified, built on what it had. */
export function checkMove(
  world: World,
  of: { readonly ref: string; readonly from: Oid; readonly to: Oid },
): void {
  const { oracle, git } = world;
  const candidate = oracle.candidates.get(of.to);
  const { tree } = commitOf(git, of.to);
  if (!isVerified(world, tree)) violate(world, 'verified-target', `${of.ref} moves to ${of.to}, never verified`);
  if (!isAncestorOf(git, of.from, of.to)) violate(world, 'compare-and-swap', `${of.ref} loses ${of.from}`);
  if (candidate === undefined) return violate(world, 'verified-target', `${of.to} is no candidate`);
  if (!isAncestorOf(git, of.from, candidate.base)) {
    violate(world, 'verified-target', `${of.to} was built on ${candidate.base}, but ${of.ref} is at ${of.from}`);
  }
  const landed = oracle.landings.get(candidate.task) ?? [];
  if (landed.length > 0) violate(world, 'one-landing-per-task', `${candidate.task} lands again`);
  oracle.landings.set(candidate.task, [...landed, of.to]);
  oracle.landed.set(candidate.task, of.to);
  checkHeard(world, candidate.task);
}

/** What people said about a task, an agent of it was told before its work landed. */
function checkHeard(world: World, task: TaskId): void {
  for (const { task: meant, text } of world.oracle.promised) {
    if (meant !== task) continue;
    const heard = world.processes.all.some(
      (proc) => proc.task === task && proc.heard.some((each) => each.includes(text)),
    );
    if (!heard) violate(world, 'guidance-heard', `${task} lands and no agent was ever told "${text}"`);
  }
}

/** A command left in the inbox folder is removed only when what it says is in the journal. */
export function checkTaken(world: World, text: string): void {
  const given = JSON.parse(text) as { readonly kind: string; readonly task: TaskId; readonly text?: string };
  if (given.kind !== 'guide' || given.text === undefined) return;
  const said = JSON.stringify(given.text).slice(1, -1);
  const known = world.oracle.records.some(({ event }) => JSON.stringify(event).includes(said));
  if (!known && judgeCommand(world.oracle.shadow, given as Command).ok) {
    violate(world, 'promises-kept', `the inbox lost "${said}" for ${given.task}`);
  }
}

/** The engine's belief must be what a replay of the journal gives. */
export function checkReplay(world: World, live: RunState): void {
  const { shadow } = world.oracle;
  const [one, other] = [serializeState(live), serializeState(shadow)];
  if (one === other) return;
  let at = 0;
  while (one[at] === other[at]) at += 1;
  violate(world, 'replay-is-live', `live …${one.slice(at - 60, at + 80)} but replay …${other.slice(at - 60, at + 80)}`);
}
