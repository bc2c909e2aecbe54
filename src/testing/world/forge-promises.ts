// What must hold at the forge, held against its ledger after everything that happens there. Knows no engine.
import type { Effect } from '../../core/effect.ts';
import type { Event, Recorded } from '../../core/event.ts';
import type { Oid, TaskId } from '../../core/model.ts';
import { targetRefOf } from '../../core/names.ts';
import type { TaskState } from '../../core/state.ts';
import { listRepeated, type Merging, type Pushing } from './forge-ledger.ts';
import { decideReview, isRefused } from './forge-standing.ts';
import { type ForgePull, type ForgeWorld, isHere, WEFT_LOGIN } from './forge-store.ts';
import { commitOf, isAncestorOf, reachable } from './git-store.ts';
import { isVerified, noteAgentCommit } from './oracle.ts';
import { checkMove, checkOne } from './promises.ts';
import { count, violate } from './scheduler.ts';
import type { Life, World } from './world.ts';

/** Looks at what is new in the ledger. */
export function checkForge(world: World): void {
  const { forge } = world;
  if (forge === null) return;
  const seen = world.oracle.atForge;
  const { ledger } = forge;
  const before = seen.tip ?? forge.branches.get(forge.defaultBranch) ?? null;
  const pushed = ledger.pushed.slice(seen.pushed);
  const merged = ledger.merged.slice(seen.merged);
  seen.pushed = ledger.pushed.length;
  seen.merged = ledger.merged.length;
  for (const each of pushed) checkPush(world, forge, each);
  for (const each of merged) checkMerge(world, forge, { merging: each, before });
  if (seen.opened !== ledger.opened.length || seen.said !== ledger.said.length || merged.length > 0) {
    const [first] = listRepeated(ledger);
    if (first !== undefined) violate(world, 'one-pull', first);
  }
  seen.opened = ledger.opened.length;
  seen.said = ledger.said.length;
  for (const { call, waitMs } of ledger.early.slice(seen.early)) checkEarly(world, call, waitMs);
  seen.early = ledger.early.length;
  seen.tip = forge.branches.get(forge.defaultBranch) ?? null;
}

/** The target moves as it would here; what people had put onto a branch is kept somewhere. */
function checkPush(world: World, forge: ForgeWorld, { branch, to, actual, result, lost }: Pushing): void {
  if (result !== 'moved') return;
  if (branch === forge.defaultBranch && actual !== null && to !== null)
    checkMove(world, { ref: `refs/heads/${branch}`, from: actual, to });
  if (lost.length === 0) return;
  count(world, 'recovery: commits of people were replaced at the forge and kept here');
  const kept = reachable(world.git);
  const task = world.scene.tasks.find(({ id }) => branch.includes(`/${id}/`))?.id;
  for (const commit of lost) {
    if (kept.has(commit) && isHere(forge, commit) && task !== undefined) noteAgentCommit(world, commit, task);
    else violate(world, 'nothing-lost', `commit ${commit} of a person is pushed away from ${branch}`);
  }
}

/** What weft merges is what it verified, unless somebody moved the target after it had looked. */
function checkMerge(
  world: World,
  forge: ForgeWorld,
  { merging, before }: { readonly merging: Merging; readonly before: Oid | null },
): void {
  const { oracle, git, scene } = world;
  const { marker, commit, how, by } = merging;
  const task = taskOfMarker(world, marker);
  if (task === null) return;
  oracle.merged.add(task);
  count(world, `recovery: a pull request was merged (${how})`);
  if (by !== WEFT_LOGIN || how === 'push' || how === 'queue') return;
  const ref = `refs/heads/${forge.defaultBranch}`;
  if (!isVerified(world, commitOf(git, commit).tree)) {
    if (git.refs.get(targetRefOf(scene.policy)) === before)
      violate(world, 'verified-target', `${ref} moves to ${commit}, never verified`);
    oracle.atForge.unverified.add(commit);
  }
  checkOne(world, { task, commit, base: before ?? commit, ref, to: commit });
}

function taskOfMarker({ scene }: World, marker: string): TaskId | null {
  return scene.tasks.find(({ id }) => marker.includes(` task=${id} `))?.id ?? null;
}

/** Whoever was told to wait begins nothing more before that; what is under way then may ask once more. */
function checkEarly(world: World, call: string, waitMs: number): void {
  const { rest } = world.oracle.atForge;
  if (rest === null || rest.epoch !== world.life?.epoch || rest.until <= world.monoMs + 1) return;
  rest.left -= 1;
  if (rest.left < 0)
    violate(world, 'retry-after', `${call} is asked of the forge ${waitMs} ms before it wants to be asked`);
}

const FORGE_EFFECTS: ReadonlySet<string> = new Set([
  'open-pull',
  'watch-pull',
  'shelve-pull',
  'enqueue-pull',
  'adopt-push',
  'build-candidate',
  'land-candidate',
]);

/** The engine knows from now on until when the forge is to be left alone. Each task has at most two effects under way by then. */
export function noteRest(world: World, { event }: Recorded): void {
  const { forge, life, oracle } = world;
  if (event.type !== 'effect.failed' || event.forge?.kind !== 'rate-limited') return;
  if (forge?.weather.told == null || life === null || forge.weather.told.epoch !== life.epoch) return;
  const { until, epoch } = forge.weather.told;
  if (oracle.atForge.rest?.epoch === epoch && oracle.atForge.rest.until >= until) return;
  oracle.atForge.rest = { epoch, until, left: 2 * world.scene.tasks.length };
}

/** Nothing that asks the forge is wanted before its time. */
export function checkWanted(world: World, life: Life, effects: readonly Effect[]): void {
  const { rest } = world.oracle.atForge;
  if (rest?.epoch !== life.epoch || rest.until <= world.monoMs + 1) return;
  const early = effects.find(({ kind }) => FORGE_EFFECTS.has(kind));
  if (early !== undefined)
    violate(world, 'retry-after', `${early.kind} begins ${rest.until - world.monoMs} ms before its time`);
}

/** Takes down what an engine that begins now is to see. */
export function noteStart(world: World): void {
  const { forge, oracle } = world;
  if (forge === null) return;
  const pulls = new Map([...forge.pulls.values()].map((pull) => [pull.number, describe(forge, pull)]));
  oracle.atForge.atStart = { pulls, storms: countStorms(world) };
}

/** What people may have done to a pull request. */
function describe(forge: ForgeWorld, pull: ForgePull): string {
  return [pull.state, pull.head, pull.isDraft, isRefused(pull), decideReview(forge, pull)].join(' ');
}

/** Tells whether a pull request is now as it was when the engine began. */
function isAsAtStart({ forge, oracle }: World, pull: ForgePull): boolean {
  return forge !== null && oracle.atForge.atStart.pulls.get(pull.number) === describe(forge, pull);
}

function countStorms({ forge, counters }: World): number {
  const refused = counters.get('fault: a disk or git refused') ?? 0;
  return forge === null ? 0 : refused + forge.weather.drawn;
}

/** Whoever rests has seen what became of pull requests before it began. */
export function checkAdopted(world: World): void {
  const { forge, oracle } = world;
  if (forge === null || oracle.atForge.atStart.storms !== countStorms(world)) return;
  if (oracle.shadow.stopping !== null || oracle.shadow.paused) return;
  for (const ts of oracle.shadow.tasks.values()) {
    if (ts.phase !== 'pr_created' && ts.phase !== 'queued') continue;
    const pull = pullOfTask(world, ts);
    if (pull === null || ts.paused || pull.state === 'open' || !isAsAtStart(world, pull)) continue;
    violate(world, 'adopts-pulls', `#${pull.number} was ${pull.state}, and ${ts.task.id} is ${ts.phase}`);
  }
}

/** The pull request of a task as it truly is; null: it has none. */
export function pullOfTask({ forge }: World, { pull }: TaskState): ForgePull | null {
  return (pull === null ? null : forge?.pulls.get(pull.number)) ?? null;
}

/** Tells whether somebody has to do something at the forge for a pull request to go on. */
export function waitsAtForge(forge: ForgeWorld, pull: ForgePull): boolean {
  const decision = decideReview(forge, pull);
  return pull.isDraft || isRefused(pull) || (decision !== null && decision !== 'approved');
}

/** Tells whether an engine would find more at the forge than the last one saw. */
export function hasNewsAtForge(world: World): boolean {
  const { forge, oracle } = world;
  if (forge === null) return false;
  return [...oracle.shadow.tasks.values()].some((ts) => {
    const pull = pullOfTask(world, ts);
    if (pull === null || ts.paused || ts.question !== null) return false;
    if (ts.phase !== 'pr_created' && ts.phase !== 'queued') return false;
    return pull.state !== 'open' || !isAsAtStart(world, pull) || !needsPerson(world, ts);
  });
}

/** Says why a task whose pull request is open may rest; null: nothing keeps it. */
export function reasonOfPull(world: World, ts: TaskState): string | null {
  const { forge, oracle } = world;
  const pull = pullOfTask(world, ts);
  if (forge === null || pull === null) return null;
  if (needsPerson(world, ts)) return 'a person';
  if (!isAsAtStart(world, pull)) return 'what happened at the forge since';
  return oracle.atForge.atStart.storms === countStorms(world) ? null : 'an old look at the forge';
}

function needsPerson({ forge, scene }: World, ts: TaskState): boolean {
  const pull = ts.pull === null ? undefined : forge?.pulls.get(ts.pull.number);
  if (forge === null || pull === undefined) return false;
  const human = scene.policy.integrate === 'human' || ts.task.type === 'hybrid';
  return (human && !ts.approved) || waitsAtForge(forge, pull);
}

/** What is said to have landed at the forge did so; true: that is settled. */
export function isLandedAtForge(
  world: World,
  event: Extract<Event, { readonly type: 'task.landed' }>,
): boolean {
  const { forge, oracle, git } = world;
  const tip = forge?.branches.get(forge.defaultBranch);
  if (tip === undefined || !oracle.merged.has(event.task) || !isAncestorOf(git, event.commit, tip))
    return false;
  if (oracle.atForge.unverified.has(event.commit) && event.detour === null)
    violate(world, 'verified-target', `${event.commit} was never verified, and nobody says so`);
  return true;
}
