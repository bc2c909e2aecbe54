// What the agents of the world do that work on a task: short scripts, chosen by the tape, from diligent to deceitful.
import { targetRefOf } from '../../core/names.ts';
import { type Act, ask, hang, leave, say, vanish, waitForAnswer } from './acts.ts';
import { writeFile } from './disk.ts';
import { BAD, CLASH } from './gates.ts';
import {
  addCommit,
  commitOf,
  commitWorktree,
  filesOf,
  headOf,
  mergeBaseOf,
  mergeTrees,
} from './git-store.ts';
import { noteAgentCommit } from './oracle.ts';
import { endProc, type Proc, spawnProc } from './process-world.ts';
import { drawReader, roleOf } from './readers.ts';
import { hasPhases, type Temper } from './scene.ts';
import { count, later } from './scheduler.ts';
import type { World } from './world.ts';

/** Starts the script of an agent that was just spawned. */
export function beginAgent(world: World, proc: Proc): void {
  const role = roleOf(world, proc);
  if (role !== 'implement')
    return play(world, proc, [...drawReader(world, role, { earnest: isTired(world, proc) })]);
  const temper = temperOf(world, proc);
  count(world, `agent: ${temper}`);
  play(world, proc, [...SCRIPTS[temper]]);
}

/** After a few attempts every agent becomes diligent: a task that fails for ever proves little. */
function isTired({ scene }: World, proc: Proc): boolean {
  return proc.attempt > scene.patience * (hasPhases(scene) ? 3 : 1);
}

function temperOf(world: World, proc: Proc): Temper {
  const { tape, scene } = world;
  if (isTired(world, proc)) return 'diligent';
  return scene.tempers[tape.pick(scene.tempers.length)] ?? 'diligent';
}

const PACES: readonly number[] = [5, 1, 40, 700, 15_000];

function play(world: World, proc: Proc, acts: Act[]): void {
  later(world, `agent ${proc.tag}`, PACES[world.tape.pick(PACES.length)] ?? 5, () => {
    if (!proc.alive) return;
    const act = acts.shift();
    if (act === undefined) return endProc(world, proc, { code: 0, signal: null });
    if (act(world, proc)) play(world, proc, acts);
  });
}

/** In a worktree that all share, nobody's agent touches branches. */
function sharesWorktree(world: World): boolean {
  return world.scene.policy.isolation === 'shared';
}

function ownPath(world: World, proc: Proc): string {
  const owns = proc.task === null ? null : world.oracle.shadow.tasks.get(proc.task)?.task.owns;
  const [pattern] = owns ?? [];
  if (pattern === undefined) return 'shared.txt';
  return pattern.endsWith('/**') ? `${pattern.slice(0, -2)}${proc.task}.txt` : pattern;
}

function write(path: (world: World, proc: Proc) => string, content: string): Act {
  return (world, proc) => {
    const worktree = world.git.worktrees.get(proc.cwd);
    if (worktree === undefined || !worktree.folder) return leave(1)(world, proc);
    worktree.files.set(path(world, proc), `${content} ${proc.task} ${proc.attempt}`);
    return true;
  };
}

const commit: Act = (world, proc) => {
  if (sharesWorktree(world)) return true;
  const worktree = world.git.worktrees.get(proc.cwd);
  if (worktree === undefined || !worktree.folder) return leave(1)(world, proc);
  const made = commitWorktree(world.git, worktree, 'agent');
  if (made !== null && proc.task !== null) noteAgentCommit(world, made, proc.task);
  return true;
};

/** Goes back to its branch, as a fresh agent in a worktree left odd would. */
const tidyUp: Act = (world, proc) => {
  const worktree = world.git.worktrees.get(proc.cwd);
  if (sharesWorktree(world) || worktree === undefined || !worktree.folder || worktree.branch !== null)
    return true;
  const branch = [...world.git.refs.keys()].find(
    (ref) => ref.startsWith('refs/heads/') && ref.endsWith(`/${proc.task}/work`),
  );
  if (branch === undefined) return true;
  const kept = worktree.detached;
  worktree.branch = branch.slice('refs/heads/'.length);
  worktree.detached = null;
  // what was committed beside the branch is put onto it
  if (kept !== null) world.git.refs.set(branch, kept);
  return true;
};

const detach: Act = (world, proc) => {
  if (sharesWorktree(world)) return true;
  const worktree = world.git.worktrees.get(proc.cwd);
  if (worktree === undefined || !worktree.folder) return leave(1)(world, proc);
  worktree.detached = headOf(world.git, worktree);
  worktree.branch = null;
  return true;
};

/** Merges the target into its branch, as one that resolves a conflict does: both sides are kept, or its own wins. */
const mergeTarget: Act = (world, proc) => {
  const { git } = world;
  if (sharesWorktree(world)) return true;
  const worktree = git.worktrees.get(proc.cwd);
  const target = git.refs.get('refs/heads/weft/integration') ?? git.refs.get(targetRefOf(world.scene.policy));
  if (worktree === undefined || !worktree.folder || target === undefined || worktree.branch === null)
    return true;
  // git does not merge into changes that are not committed
  commit(world, proc);
  const head = headOf(git, worktree);
  const base = head === null ? null : mergeBaseOf(git, head, target);
  if (head === null || base === null || commitOf(git, target).oid === base) return true;
  const sides = { base: filesOf(git, base), ours: worktree.files, theirs: filesOf(git, target) };
  const { files, conflicts } = mergeTrees(sides);
  const keepsBoth = (Number(proc.task?.slice(1) ?? 0) + (proc.attempt ?? 0)) % 2 === 0;
  for (const path of conflicts) {
    const [ours, theirs] = [worktree.files.get(path), sides.theirs.get(path)];
    const kept = keepsBoth ? [ours, theirs] : [ours];
    const lines = kept.filter((text) => text !== undefined);
    if (lines.length > 0) files.set(path, lines.join('\n'));
  }
  worktree.files = files;
  const made = addCommit(git, { files, parents: [head, target], by: 'agent' });
  git.refs.set(`refs/heads/${worktree.branch}`, made);
  if (proc.task !== null) noteAgentCommit(world, made, proc.task);
  for (const path of keepsBoth ? [] : conflicts) {
    const text = sides.theirs.get(path);
    if (text !== undefined && proc.task !== null)
      world.oracle.dropped.push({ commit: made, task: proc.task, target, path, text });
  }
  return true;
};

const turnDeaf: Act = (_world, proc) => {
  proc.ignoresTerm = true;
  return true;
};

/** Leaves a child behind that writes on after the agent itself has ended. */
const leaveChild: Act = (world, proc) => {
  const child = spawnProc(world, { kind: 'stray', tag: proc.tag, dir: null, cwd: proc.cwd });
  const scribble = (left: number): void =>
    later(world, `stray ${proc.tag}`, 400, () => {
      const worktree = world.git.worktrees.get(child.cwd);
      if (!child.alive || worktree === undefined || !worktree.folder) return;
      worktree.files.set(ownPath(world, proc), `scribble ${proc.task} ${left}`);
      if (left > 0) scribble(left - 1);
      else endProc(world, child, { code: 0, signal: null });
    });
  scribble(3);
  return true;
};

const foreignPath = (): string => 'elsewhere/other.txt';
const sharedPath = (): string => 'shared.txt';
const WORK: readonly Act[] = [tidyUp, mergeTarget, write(ownPath, 'good'), commit];

const SCRIPTS: Readonly<Record<Temper, readonly Act[]>> = {
  diligent: WORK,
  // two commits, the first of which is broken
  stepwise: [tidyUp, write(ownPath, BAD), commit, write(ownPath, 'good'), commit],
  forgetful: [tidyUp, write(ownPath, 'good')],
  idle: [],
  explains: [say({ status: 'complete', stuckReason: null, options: [], reason: 'nothing had to change' })],
  lies: [say({ status: 'complete', stuckReason: null, options: [], reason: null })],
  greedy: [write(ownPath, 'good'), write(foreignPath, 'greedy'), commit],
  careless: [write(ownPath, BAD), commit],
  clashing: [write(ownPath, CLASH), commit],
  conflicting: [write(sharedPath, 'good'), commit],
  crashes: [write(ownPath, 'good'), leave(1)],
  'crashes-after-commit': [...WORK, leave(3)],
  missing: [leave(127)],
  vanishes: [...WORK, write(ownPath, 'half'), vanish({ code: null, signal: null })],
  starves: [write(ownPath, 'half'), vanish({ code: null, signal: 'SIGKILL' })],
  'vanishes-done': [...WORK, vanish({ code: null, signal: null })],
  asks: [write(ownPath, 'half'), ask, waitForAnswer],
  'asks-and-ends': [ask, leaveChild, leave(0)],
  hangs: [write(ownPath, 'half'), hang],
  'hangs-deaf': [turnDeaf, write(ownPath, 'half'), commit, hang],
  odd: [write(ownPath, 'good'), detach, commit],
  leaves: [...WORK, leaveChild],
};

/** An agent that listens gets an answer: it goes on with its work. */
export function hearInput(world: World, proc: Proc, text: string): void {
  proc.heard.push(text);
  if (!proc.asking) return;
  proc.asking = false;
  count(world, 'recovery: an answer reached a live agent');
  writeFile(
    world,
    `${proc.dir}/status.json`,
    JSON.stringify({ status: 'working', stuckReason: null, options: [], reason: null }),
  );
  const role = roleOf(world, proc);
  play(world, proc, role === 'implement' ? [...WORK] : [...drawReader(world, role, { earnest: true })]);
}
