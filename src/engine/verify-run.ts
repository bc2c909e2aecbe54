// Holds a run to its promises afterwards: its journal by the audit, and what the journal says by git, processes and files.
// Changes nothing.
import { join } from 'node:path';
import { auditJournal } from '../core/audit.ts';
import type { Event, Recorded } from '../core/event.ts';
import { fail, ok, type Result } from '../core/failure.ts';
import { isTerminal } from '../core/lifecycle.ts';
import type { Oid, Policy, TaskId } from '../core/model.ts';
import { branchOf, landedRefOf, sharedRefOf, tagOf, targetRefOf } from '../core/names.ts';
import { type Audit, accuse, describeAudit, look, type PromiseFinding } from '../core/promise.ts';
import { isLive, type RunState } from '../core/state.ts';
import { type RunView, viewRun } from '../core/view.ts';
import type { Places, Tools } from './parts.ts';
import { attemptDirOf, placesOf } from './places.ts';

/** What the check of a run needs of the repository's tools. */
export type Witnesses = Pick<Tools, 'repository' | 'stateDir' | 'git' | 'process' | 'files' | 'journals'>;

const MAX_VIEW_BYTES = 256 * 1024 * 1024;

/** Checks a run that rests, or that no engine leads now. Fails when its journal cannot be read. */
export async function verifyRun(
  witnesses: Witnesses,
  run: string,
): Promise<Result<readonly PromiseFinding[]>> {
  const read = await witnesses.journals.read(join(witnesses.stateDir, 'runs', run));
  if (!read.ok) return read;
  const { records } = read.value;
  if (records.length === 0) {
    return fail({
      kind: 'corrupt',
      sentence: `Run ${run} was never begun.`,
      hint: 'weft run starts a new one.',
    });
  }
  const { audit, state } = auditJournal(records);
  if (state.run === null) return ok(describeAudit(audit));
  const places = placesOf(witnesses.repository, state.run, state.policy);
  const scene: Scene = { ...witnesses, audit, state, records, places };
  await checkCommits(scene);
  await checkLandings(scene);
  await checkRescues(scene);
  await checkProcesses(scene);
  await checkWorktrees(scene);
  await checkPicture(scene);
  return ok(describeAudit(audit));
}

interface Scene extends Witnesses {
  readonly audit: Audit;
  readonly state: RunState;
  readonly records: readonly Recorded[];
  readonly places: Places;
}

type FactOf<T extends Event['type']> = Extract<Event, { readonly type: T }>;

function factsOf<T extends Event['type']>({ records }: Scene, type: T): readonly FactOf<T>[] {
  return records.flatMap(({ event }) => (event.type === type ? [event as FactOf<T>] : []));
}

/** I1: each head that was inspected is still there, and the latest of each task is held by a ref. */
async function checkCommits(scene: Scene): Promise<void> {
  const { audit, git, state } = scene;
  const latest = new Map<TaskId, Oid>();
  for (const { task, head } of factsOf(scene, 'attempt.inspected')) {
    look(audit, 'I1', { what: 'commits that were looked at' });
    latest.set(task, head);
    if ((await git.resolve(head)) === null) accuse(audit, 'I1', `${head}, a commit of ${task}, is gone`);
  }
  for (const [task, head] of latest) {
    if ((await git.resolve(head)) === null) continue;
    if (await isHeld(scene, { commit: head, refs: refsOf(scene, task) })) continue;
    // what is built on it holds it too
    const others = [...state.tasks.keys()].flatMap((other) => refsOf(scene, other));
    if (!(await isHeld(scene, { commit: head, refs: others })))
      accuse(audit, 'I1', `${head}, the last commit of ${task}, is held by no ref of weft's`);
  }
}

/** Refs that may hold the work of a task. */
function refsOf(scene: Scene, task: TaskId): readonly string[] {
  const { state } = scene;
  const ts = state.tasks.get(task);
  const rescued = factsOf(scene, 'task.swept').flatMap((event) =>
    event.task === task ? (event.rescue ?? []) : [],
  );
  return [
    `refs/heads/${branchOf(state, task)}`,
    landedRefOf(state, task),
    sharedRefOf(state, task),
    ...rescued,
    asRef(state.policy, ts?.landed?.ref ?? state.policy.target),
  ];
}

async function isHeld(
  { git }: Scene,
  of: { readonly commit: Oid; readonly refs: readonly string[] },
): Promise<boolean> {
  for (const ref of of.refs) {
    const tip = await git.resolve(ref);
    if (tip !== null && (await git.isAncestor({ ancestor: of.commit, of: tip }))) return true;
  }
  return false;
}

/** I5, I6: what is said to have landed is on its ref, once, with the tree that passed, on top of what was there. */
async function checkLandings(scene: Scene): Promise<void> {
  const { audit, git, state } = scene;
  // the target and the branch beside it may go different ways for a while
  const below = new Map<string, Oid>();
  for (const { task, commit, tree, base, ref, by } of factsOf(scene, 'task.landed')) {
    look(audit, 'I5', { what: 'commits on the target' });
    // what landed beside the target is on the target once that was brought forward, and the ref beside it is gone then
    const refs = [asRef(state.policy, ref), targetRefOf(state.policy)];
    if ((await git.resolve(commit)) === null || !(await isHeld(scene, { commit, refs }))) {
      accuse(audit, 'I5', `${commit}, by which ${task} landed, is not on ${ref}`);
      continue;
    }
    if (by === 'human' || commit === base) continue;
    const seen = await git.treeOf(commit);
    if (seen !== tree)
      accuse(audit, 'I5', `${commit} has the tree ${seen}, and ${tree} was verified for ${task}`);
    if (!(await git.isAncestor({ ancestor: base, of: commit })))
      accuse(audit, 'I5', `${commit}, by which ${task} landed, does not stand on ${base}`);
    const before = below.get(ref) ?? state.targetOid;
    if (before !== null && !(await git.isAncestor({ ancestor: before, of: commit })))
      accuse(
        audit,
        'I5',
        `${commit}, by which ${task} landed, does not contain ${before}, which was there before`,
      );
    below.set(ref, commit);
  }
}

/** I11: what was kept when a worktree was cleared away is still kept. */
async function checkRescues(scene: Scene): Promise<void> {
  const { audit, git } = scene;
  for (const { task, rescue } of factsOf(scene, 'task.swept')) {
    if (rescue === null) continue;
    look(audit, 'I11', { what: 'refs of kept work' });
    if ((await git.resolve(rescue)) === null)
      accuse(audit, 'I11', `${rescue}, which kept the work of ${task}, is gone`);
  }
}

/** I2, I12: no process is left of an attempt that is over. */
async function checkProcesses(scene: Scene): Promise<void> {
  const { audit, state, places } = scene;
  for (const { task, attempt, identity } of factsOf(scene, 'attempt.started')) {
    const ts = state.tasks.get(task);
    const isOver = ts === undefined || ts.attempts > attempt || !isLive(ts);
    if (!isOver) continue;
    look(audit, 'I2', { what: 'attempts that are over' });
    const where = { dir: attemptDirOf(places, task, attempt), tag: tagOf(state, task, attempt) };
    const seen = await scene.process.inspect(where);
    const alive = seen.kind === 'alive' ? seen.identity : identity;
    if (seen.kind === 'alive' || scene.process.isAlive(identity))
      accuse(audit, 'I2', `process ${alive.pid} of ${task}/${attempt} still runs, and the attempt is over`);
  }
}

/** I12: a complete run has no worktree but those that were kept for a reason. */
async function checkWorktrees(scene: Scene): Promise<void> {
  const { audit, git, state } = scene;
  if (state.rested !== 'complete') return;
  const kept = new Set(
    factsOf(scene, 'task.swept').flatMap(({ task, kept: why }) => (why === null ? [] : [String(task)])),
  );
  const others = new Set<string>();
  for (const { path, branch, lockReason } of await git.listWorktrees()) {
    look(audit, 'I12', { what: 'worktrees of the repository' });
    const task = new RegExp(`^weft run=${state.run} task=(.+)$`).exec(lockReason ?? '')?.[1] ?? null;
    const isOurs = lockReason?.startsWith(`weft run=${state.run} `) === true;
    if (isOurs && (task === null || !kept.has(task)))
      accuse(audit, 'I12', `the worktree ${path} is left over`);
    // a later run may give its branches the same names
    if (!isOurs && branch !== null) others.add(branch);
  }
  for (const ts of state.tasks.values()) {
    const branch = ts.attempt?.branch ?? null;
    if (branch === null || others.has(branch) || !isTerminal(ts.phase) || kept.has(ts.task.id)) continue;
    look(audit, 'I12', { what: 'branches of tasks' });
    if ((await git.resolve(`refs/heads/${branch}`)) !== null)
      accuse(audit, 'I12', `the branch ${branch} is left over`);
  }
}

/** I9: the picture that the engine drew of its live state is the one that the journal gives. */
async function checkPicture({ audit, state, files, places }: Scene): Promise<void> {
  const text = await files.readText(join(places.runDir, 'view.json'), MAX_VIEW_BYTES);
  const written = text === null ? null : parse(text);
  // where landed work lies is git's to say: that is taken as it was seen
  const { aside = null, gone = [] } = (written ?? {}) as Partial<RunView>;
  const drawn = viewRun(state, state.ms, { aside, gone });
  // what was drawn before the last fact says nothing about it
  if (state.rested === null || written?.['updatedAt'] !== drawn.updatedAt) return;
  look(audit, 'I9', { what: 'tasks in the last picture', count: drawn.tasks.length });
  const { epoch: _epoch, quietAfterMs: _quiet, ...picture } = written;
  const [one, other] = [JSON.stringify(picture), JSON.stringify(drawn)];
  if (one === other) return;
  let at = 0;
  while (one[at] === other[at]) at += 1;
  accuse(
    audit,
    'I9',
    `the engine saw …${one.slice(Math.max(0, at - 40), at + 60)}… and the journal gives …${other.slice(at, at + 60)}…`,
  );
}

function parse(text: string): Readonly<Record<string, unknown>> | null {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return null;
  }
}

function asRef(policy: Policy, name: string): string {
  if (name === policy.target) return targetRefOf(policy);
  return name.startsWith('refs/') ? name : `refs/heads/${name}`;
}
