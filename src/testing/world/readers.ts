// What planners and reviewers of the world do: they look, they may meddle, and most of them answer.
import type { Role } from '../../core/model.ts';
import { type Act, ask, hang, leave, vanish, waitForAnswer } from './acts.ts';
import { writeFile } from './disk.ts';
import { commitWorktree } from './git-store.ts';
import { noteApproval } from './oracle.ts';
import type { Proc } from './process-world.ts';
import { count } from './scheduler.ts';
import type { World } from './world.ts';

/** Draws the script of a planner or reviewer; an earnest one does what it is asked for. */
export function drawReader(
  world: World,
  role: 'plan' | 'review',
  of: { readonly earnest: boolean },
): readonly Act[] {
  const scripts = role === 'plan' ? PLANNERS : REVIEWERS;
  const names = Object.keys(scripts);
  const name = of.earnest ? names[0] : names[world.tape.pick(names.length)];
  count(world, `agent: ${name}`);
  return scripts[name ?? ''] ?? [];
}

/** Names of all of them. */
export function listReaders(): readonly string[] {
  return [...Object.keys(PLANNERS), ...Object.keys(REVIEWERS)];
}

/** What the attempt of an agent is for, by the fact that began it. */
export function roleOf(world: World, proc: Proc): Role {
  for (const { event } of world.oracle.records) {
    if (event.type !== 'attempt.spawned' || event.task !== proc.task) continue;
    if (event.attempt === proc.attempt) return event.role ?? 'implement';
  }
  return 'implement';
}

function answer(make: (world: World, proc: Proc) => unknown): Act {
  return (world, proc) => {
    const value = make(world, proc);
    writeFile(world, `${proc.dir}/result.json`, typeof value === 'string' ? value : JSON.stringify(value));
    return true;
  };
}

function plan(of: { readonly files: readonly string[]; readonly risk: string }): Act {
  return answer(() => ({
    milestones: [{ goal: 'It works', files_expected: of.files, done_checks: ['check'], risk_level: of.risk }],
    do_not_touch: ['README'],
  }));
}

/** Approves what lies in its checkout. */
const approve: Act = (world, proc) => {
  const seen = world.git.worktrees.get(proc.cwd)?.detached;
  if (seen != null) noteApproval(world, seen);
  return answer(() => ({ status: 'approve', changes: [] }))(world, proc);
};

/** Changes and commits what it was only to read. */
const meddle: Act = (world, proc) => {
  const worktree = world.git.worktrees.get(proc.cwd);
  if (worktree === undefined || !worktree.folder) return leave(1)(world, proc);
  worktree.files.set('meddled.txt', `meddled ${proc.task} ${proc.attempt}`);
  commitWorktree(world.git, worktree, 'agent');
  worktree.files.set('meddled.txt', 'and again');
  return true;
};

const request = (change: (proc: Proc) => string): Act =>
  answer((_world, proc) => ({ status: 'request_changes', changes: [change(proc)] }));

/** The first is the earnest one. */
const PLANNERS: Readonly<Record<string, readonly Act[]>> = {
  plans: [plan({ files: [], risk: 'low' })],
  'plans-risks': [plan({ files: [], risk: 'high' })],
  'plans-beside': [plan({ files: ['elsewhere/other.txt'], risk: 'low' })],
  'plans-badly': [answer(() => '{"milestones": []}')],
  'plans-nothing': [],
  'plans-and-meddles': [meddle, plan({ files: [], risk: 'medium' })],
  'plans-and-crashes': [plan({ files: [], risk: 'low' }), leave(1)],
  'plans-and-vanishes': [plan({ files: [], risk: 'low' }), vanish({ code: null, signal: null })],
  'plans-for-ever': [hang],
  'asks-before-it-plans': [ask, waitForAnswer],
};

/** The first is the earnest one. */
const REVIEWERS: Readonly<Record<string, readonly Act[]>> = {
  approves: [approve],
  'asks-for-changes': [request((proc) => `change ${proc.attempt}`)],
  'asks-again': [request(() => 'always the same')],
  rejects: [answer(() => ({ status: 'reject', changes: ['it is wrong'] }))],
  'reviews-badly': [answer(() => 'looks good to me')],
  'reviews-nothing': [],
  'meddles-and-approves': [approve, meddle],
  'reviews-and-crashes': [approve, leave(1)],
  'reviews-and-vanishes': [approve, vanish({ code: null, signal: null })],
  'vanishes-from-review': [vanish({ code: null, signal: null })],
  'reviews-for-ever': [hang],
  'asks-before-it-reviews': [ask, waitForAnswer],
};
