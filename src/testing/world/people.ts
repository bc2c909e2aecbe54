// What people do: they answer, approve and interfere, and they use the repository as if nobody else did.
import type { Command } from '../../core/decide/command.ts';
import { isTerminal } from '../../core/lifecycle.ts';
import type { Oid } from '../../core/model.ts';
import type { TaskState } from '../../core/state.ts';
import { writeFile } from './disk.ts';
import { mergeByPerson } from './forge-people.ts';
import { moveRef } from './git-port.ts';
import { logOf } from './git-removal.ts';
import {
  addCommit,
  commitOf,
  commitWorktree,
  filesOf,
  isAncestorOf,
  isCheckoutDirty,
  mergeBaseOf,
  mergeTrees,
} from './git-store.ts';
import { command, placesOfWorld } from './life.ts';
import { findTask, isKnownSatisfied, noteAgentCommit } from './oracle.ts';
import { sealCheckout } from './promises.ts';
import { count, note } from './scheduler.ts';
import type { World } from './world.ts';

const MAIN = 'refs/heads/main';

/** What a patient person does about a run that waits: the commands that let it go on. */
export function helpOut(world: World): readonly Command[] {
  const { shadow } = world.oracle;
  const commands: Command[] = [];
  if (shadow.paused) commands.push({ kind: 'unpause', task: null });
  for (const ts of shadow.tasks.values()) {
    const { id } = ts.task;
    if (isTerminal(ts.phase)) continue;
    if (ts.paused && ts.question === null) commands.push({ kind: 'unpause', task: id });
    if (ts.question !== null) {
      const option = 1 + world.tape.pick(ts.question.options.length);
      commands.push({ kind: 'answer', task: id, option, text: `answer ${world.steps} to ${id}.` });
    } else if (ts.phase === 'committed' && !ts.approved) {
      const byHand = world.forge === null && world.tape.pick(4) === 3 && mergeByHand(world, ts);
      if (byHand) sealCheckout(world);
      else commands.push({ kind: 'approve', task: id });
    } else if (ts.phase === 'pr_created' && !ts.approved && needsWord(world, ts)) {
      if (!(world.tape.pick(4) === 3 && mergeAtForge(world, ts)))
        commands.push({ kind: 'approve', task: id });
    } else if (ts.phase === 'waiting' && ts.task.type === 'manual') {
      if (ts.task.edges.every((edge) => isKnownSatisfied(world, edge)))
        commands.push({ kind: 'done', task: id });
    }
  }
  return commands;
}

function needsWord({ scene }: World, { task }: TaskState): boolean {
  return scene.policy.integrate === 'human' || task.type === 'hybrid';
}

/** Merges what is good enough at the forge; false: it cannot be. */
function mergeAtForge({ forge }: World, { pull }: TaskState): boolean {
  const [method] = forge?.setup.methods ?? [];
  if (forge === null || pull === null || method === undefined) return false;
  return mergeByPerson(forge, pull.number, method).ok;
}

/** Says it to the engine that leads, or leaves it in the inbox folder. */
export function say(world: World, given: Command): void {
  if (world.life?.standing === 'leads' && world.life.outcome === null) return command(world, given);
  count(world, 'deed: a command was left in the inbox');
  note(world, () => `a person leaves ${JSON.stringify(given)}`);
  const name = `${String(world.steps).padStart(6, '0')}-${world.disk.files.size}.json`;
  writeFile(world, `${placesOfWorld(world).runDir}/inbox/${name}`, JSON.stringify(given));
}

type Deed = (world: World) => boolean;

/** Things that people do at any time; each tells whether it was possible. */
export const DEEDS: Readonly<Record<string, Deed>> = {
  'committed on the target': (world) => {
    const { git, tape } = world;
    if (git.checkout.branch !== 'main' || isCheckoutDirty(git)) return false;
    const path = ['user.txt', 'shared.txt', 'src/a/one.txt'][tape.pick(3)] ?? 'user.txt';
    const files = new Map(git.checkout.files).set(path, `user ${world.steps}`);
    return moveMain(world, addCommit(git, { files, parents: [git.checkout.head], by: 'user' }));
  },
  'changed the checkout': (world) => {
    const path = ['README', 'notes.txt'][world.tape.pick(2)] ?? 'README';
    world.git.checkout.files.set(path, `wip ${world.steps}`);
    return true;
  },
  'cleaned the checkout': (world) => {
    const { git } = world;
    if (!isCheckoutDirty(git)) return false;
    git.checkout.files = new Map(filesOf(git, git.checkout.head));
    return true;
  },
  'committed what lay in the checkout': (world) => {
    const { git } = world;
    const { branch, files, head } = git.checkout;
    if (branch !== 'main' || !isCheckoutDirty(git)) return false;
    return moveMain(world, addCommit(git, { files: new Map(files), parents: [head], by: 'user' }));
  },
  'switched branches': (world) => {
    const { git } = world;
    const tip = git.refs.get(MAIN);
    if (isCheckoutDirty(git) || tip === undefined) return false;
    git.checkout.branch = git.checkout.branch === null ? 'main' : null;
    git.checkout.head = tip;
    git.checkout.files = new Map(filesOf(git, tip));
    return true;
  },
  'merged by hand': (world) => {
    const ts = pickTask(world, (each) => each.phase === 'committed' || each.phase === 'queued');
    return ts !== null && mergeByHand(world, ts);
  },
  'committed in a worktree': (world) => {
    const { git } = world;
    const there = [...git.worktrees.values()].filter(
      (each) => each.folder && each.ready && each.branch !== null,
    );
    const worktree = there[world.tape.pick(there.length)];
    const task = findTask(world, ({ id }) => worktree?.path.endsWith(`/${id}`) === true);
    if (worktree === undefined || task === undefined) return false;
    worktree.files.set('by-hand.txt', `user ${world.steps}`);
    const made = commitWorktree(git, worktree, 'user');
    if (made !== null) noteAgentCommit(world, made, task.id);
    return true;
  },
  'moved a branch': (world) => {
    const { git, tape, oracle } = world;
    const ts = pickTask(world, (each) => each.phase === 'committed' || each.phase === 'queued');
    const branch = ts?.attempt?.branch ?? '';
    const tip = git.refs.get(`refs/heads/${branch}`);
    const [below] = tip === undefined ? [] : commitOf(git, tip).parents;
    if (ts === null || tip === undefined || below === undefined) return false;
    // who moves away commits of their own has thrown them away
    if (tip !== ts.attempt?.inspected?.head) return false;
    const files = new Map(filesOf(git, below)).set('by-hand.txt', `user ${world.steps}`);
    const to = tape.pick(2) === 0 ? below : addCommit(git, { files, parents: [below], by: 'user' });
    git.refs.set(logOf(branch), tip);
    git.refs.set(`refs/heads/${branch}`, to);
    // from within its worktree, or from beside it
    const worktree = [...git.worktrees.values()].find((each) => each.branch === branch && each.folder);
    if (worktree !== undefined && tape.pick(2) === 0) worktree.files = new Map(filesOf(git, to));
    if (ts.phase === 'committed') oracle.moved.add(ts.task.id);
    return true;
  },
  'deleted a worktree': (world) => {
    const there = [...world.git.worktrees.values()].filter((each) => each.folder && each.ready);
    const worktree = there[world.tape.pick(there.length)];
    if (worktree === undefined) return false;
    worktree.folder = false;
    worktree.files = new Map();
    return true;
  },
  'rewound the target': (world) => {
    const { git, oracle } = world;
    const [below] = commitOf(git, git.checkout.head).parents;
    if (below === undefined || git.checkout.branch !== 'main' || isCheckoutDirty(git)) return false;
    moveMain(world, below);
    for (const [task, commits] of oracle.landings) {
      const kept = commits.filter((each) => isAncestorOf(git, each, below));
      oracle.landings.set(task, kept);
    }
    return true;
  },
  'approved all': (world) => tell(world, () => ({ kind: 'approve', task: null })),
  'paused the run': (world) => tell(world, () => ({ kind: 'pause', task: null })),
  'went on with the run': (world) => tell(world, () => ({ kind: 'unpause', task: null })),
  'stopped the run': (world) => tell(world, () => ({ kind: 'stop', task: null })),
  'drained the run': (world) => tell(world, () => ({ kind: 'drain' })),
  'paused a task': (world) => tellOf(world, (task) => ({ kind: 'pause', task })),
  'went on with a task': (world) => tellOf(world, (task) => ({ kind: 'unpause', task })),
  'stopped a task': (world) => tellOf(world, (task) => ({ kind: 'stop', task })),
  'restarted a task': (world) => tellOf(world, (task) => ({ kind: 'restart', task })),
  'cancelled a task': (world) => tellOf(world, (task) => ({ kind: 'cancel', task })),
  'took a task over': (world) => tellOf(world, (task) => ({ kind: 'done', task })),
  'guided a task': (world) =>
    tellOf(world, (task) => ({ kind: 'guide', task, text: `hint ${world.steps}.` })),
  'answered a question': (world) => {
    const ts = pickTask(world, (each) => each.question !== null);
    if (ts?.question == null) return false;
    const option = 1 + world.tape.pick(ts.question.options.length);
    say(world, { kind: 'answer', task: ts.task.id, option, text: `answer ${world.steps}.` });
    return true;
  },
};

function tell(world: World, make: () => Command): boolean {
  if (world.oracle.records.length === 0) return false;
  say(world, make());
  return true;
}

function tellOf(world: World, make: (task: string) => Command): boolean {
  const ts = pickTask(world, (each) => !isTerminal(each.phase));
  return ts !== null && tell(world, () => make(ts.task.id));
}

function pickTask(world: World, fits: (ts: TaskState) => boolean): TaskState | null {
  const fitting = [...world.oracle.shadow.tasks.values()].filter(fits);
  return fitting[world.tape.pick(fitting.length)] ?? null;
}

/** A person moves the target in the checkout where it is. */
function moveMain(world: World, to: Parameters<typeof moveRef>[2]): boolean {
  const { git } = world;
  git.checkout.head = to;
  git.checkout.files = new Map(filesOf(git, to));
  moveRef(world, MAIN, to);
  return true;
}

function mergeByHand(world: World, ts: TaskState): boolean {
  const head = ts.attempt?.inspected?.head;
  if (head === undefined || !mergeHere(world, head)) return false;
  count(world, 'deed: merged by hand');
  return true;
}

/** A patient person brings the target forward to what landed beside it, in a checkout that is clean then. */
export function mergeBeside(world: World): boolean {
  const { git } = world;
  const beside = git.refs.get('refs/heads/weft/integration');
  const waits = [...world.oracle.shadow.tasks.values()].some((ts) => ts.held !== null);
  if (beside === undefined || !waits || !mergeHere(world, beside)) return false;
  sealCheckout(world);
  count(world, 'recovery: a landing waited for its base');
  return true;
}

/** Merges a commit into the target in a clean checkout of it; false where that cannot be. */
function mergeHere(world: World, head: Oid): boolean {
  const { git } = world;
  if (git.checkout.branch !== 'main' || isCheckoutDirty(git)) return false;
  const tip = git.checkout.head;
  const base = mergeBaseOf(git, head, tip);
  if (base === null || isAncestorOf(git, head, tip)) return false;
  const sides = { base: filesOf(git, base), ours: filesOf(git, tip), theirs: filesOf(git, head) };
  const { files, conflicts } = mergeTrees(sides);
  if (conflicts.length > 0) return false;
  return moveMain(world, addCommit(git, { files, parents: [tip, head], by: 'user' }));
}
