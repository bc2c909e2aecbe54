// What must never happen in the world, checked where it would: starts, signals, landings, removals, lost words.
import { type Command, judgeCommand } from '../../core/decide/command.ts';
import type { Oid, TaskId } from '../../core/model.ts';
import { type RunState, serializeState, taskOf } from '../../core/state.ts';
import { commitOf, dirtyPaths, filesOf, isAncestorOf, reachable } from './git-store.ts';
import { isReviewed, isVerified } from './oracle.ts';
import type { Proc } from './process-world.ts';
import { count, violate } from './scheduler.ts';
import type { World } from './world.ts';

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

function pictureOfCheckout(world: World): string {
  const { checkout } = world.git;
  return JSON.stringify([checkout.branch, checkout.head, [...checkout.files], localTarget(world)]);
}

/** Where work lands at a forge, the branch of that name here is the user's own. */
function localTarget({ forge, git, scene }: World): Oid | undefined {
  return forge === null ? undefined : git.refs.get(`refs/heads/${scene.policy.target}`);
}

/** At most one agent at a time in a worktree, strays of an earlier one included. */
export function checkStart(world: World, proc: Proc): void {
  if (proc.kind !== 'agent') return;
  for (const other of world.processes.all) {
    if (!other.alive || other.cwd !== proc.cwd || other.kind === 'bystander' || other.kind === 'gate')
      continue;
    // in a worktree that all share, one task's agents beside another's are what was asked for
    if (world.scene.policy.isolation === 'shared' && taskOfTag(other.tag) !== taskOfTag(proc.tag)) continue;
    violate(world, 'one-agent', `${proc.tag} starts in ${proc.cwd} beside ${other.kind} ${other.tag}`);
  }
}

function taskOfTag(tag: string): string | undefined {
  return tag.split('/')[1];
}

/** Only what was meant is signalled: by its tag, or as a stray in the task's own worktree. */
export function checkSignal(
  world: World,
  proc: Proc,
  meant: { readonly tag: string; readonly cwd: string | null },
): void {
  if (proc.kind !== 'bystander' && (proc.tag === meant.tag || proc.cwd === meant.cwd)) return;
  violate(
    world,
    'own-signals',
    `${proc.kind} ${proc.identity.pid} (${proc.tag}) got a signal meant for ${meant.tag}`,
  );
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
    const landed = ts.phase === 'merged' && head !== undefined && isAncestorOf(git, commit, head);
    if (!landed) violate(world, 'nothing-lost', `commit ${commit} of ${task} is in no ref`);
  }
}

/** The target moves only to a tree that was verified, built on what it had; all of a batch move with its last. */
export function checkMove(
  world: World,
  of: { readonly ref: string; readonly from: Oid; readonly to: Oid },
): void {
  const { oracle, git } = world;
  const { tree } = commitOf(git, of.to);
  if (!isVerified(world, tree))
    violate(world, 'verified-target', `${of.ref} moves to ${of.to}, never verified`);
  if (!isAncestorOf(git, of.from, of.to)) violate(world, 'compare-and-swap', `${of.ref} loses ${of.from}`);
  if (of.ref === `refs/heads/${world.scene.policy.target}`) {
    if (oracle.holds !== null && !isAncestorOf(git, oracle.holds, of.from))
      violate(world, 'target-as-left', `${of.to} lands on ${of.from}, which lacks ${oracle.holds}`);
  }
  const together = candidatesOf(world, of);
  if (together.length > 1) count(world, 'recovery: several tasks landed by one move');
  if (together.length === 0) return violate(world, 'verified-target', `${of.to} is no candidate`);
  const base = together.at(-1)?.base;
  if (base === undefined || !isAncestorOf(git, of.from, base))
    violate(world, 'verified-target', `${of.to} was built on ${base}, but ${of.ref} is at ${of.from}`);
  for (const each of together) checkOne(world, { ...each, ref: of.ref, to: of.to });
}

/** A commit by which a task lands. */
export interface Landing {
  readonly task: TaskId;
  readonly commit: Oid;
  readonly base: Oid;
}

/** The candidates between two tips that have not landed yet, the last first. */
function candidatesOf({ oracle }: World, of: { readonly from: Oid; readonly to: Oid }): readonly Landing[] {
  const found: Landing[] = [];
  for (let at = of.to; at !== of.from; ) {
    const candidate = oracle.candidates.get(at);
    if (candidate === undefined || oracle.landings.get(candidate.task)?.includes(at) === true) break;
    found.push({ ...candidate, commit: at });
    at = candidate.base;
  }
  return found;
}

/** What lands was reviewed, is where it was verified, has what it depends on below it, and lands once. */
export function checkOne(world: World, of: Landing & { readonly ref: string; readonly to: Oid }): void {
  const { oracle, git } = world;
  const { task } = of;
  if (world.scene.policy.phases.review !== false && !isReviewed(world, task))
    violate(world, 'reviewed-target', `${of.ref} moves to ${of.to}, and nobody approved the work of ${task}`);
  const { attempts } = taskOf(oracle.shadow, task);
  if (oracle.moved.has(task) && !oracle.accepted.has(`${task}/${attempts}`))
    violate(world, 'branch-as-verified', `${task} lands, and its branch is somewhere else`);
  for (const edge of taskOf(oracle.shadow, task).task.edges) {
    const below = taskOf(oracle.shadow, edge.task).landed;
    // what landed on the target itself, people may have taken away again
    if (below === null || below.ref === world.scene.policy.target) continue;
    if (!isAncestorOf(git, below.commit, of.to))
      violate(world, 'base-first', `${task} lands on ${of.ref}, which lacks ${edge.task}`);
  }
  const landed = oracle.landings.get(task) ?? [];
  if (landed.length > 0) violate(world, 'one-landing-per-task', `${task} lands again`);
  oracle.landings.set(task, [...landed, of.commit]);
  oracle.landed.set(task, of.commit);
  checkHeard(world, task);
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
  violate(
    world,
    'replay-is-live',
    `live …${one.slice(at - 60, at + 80)} but replay …${other.slice(at - 60, at + 80)}`,
  );
}
