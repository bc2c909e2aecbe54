// Landed work and where it is: what the facts say, and what follows from a look at git. Looks at nothing itself.
import type { Oid, TaskId } from './model.ts';
import type { Landed, RunState, TaskState } from './state.ts';

/** Landed work that the target lacks: it went onto another ref, because the user's checkout was in the way. */
export interface LandedAside {
  /** Branch that holds it. */
  readonly ref: string;
  readonly tasks: readonly TaskId[];
}

/** Landed work that its ref does not hold any more. */
export interface LandedGone {
  readonly task: TaskId;
  readonly commit: Oid;
  readonly ref: string;
}

/** Where landed work is now. */
export interface LandedWork {
  readonly aside: LandedAside | null;
  readonly gone: readonly LandedGone[];
}

/** A task that landed as a commit. */
export interface LandedTask {
  readonly ts: TaskState;
  readonly landed: Landed;
}

/** What landed as commits, latest first; what a human did by hand is no commit of its own. */
export function listLanded(state: RunState): readonly LandedTask[] {
  return [...state.tasks.values()]
    .flatMap((ts) => (ts.landed === null || ts.task.type === 'manual' ? [] : [{ ts, landed: ts.landed }]))
    .sort((one, other) => other.landed.at - one.landed.at);
}

/** What landed beside the target after weft's last landing on it, by the facts: each landing contains those before it. */
export function findAside(state: RunState): LandedAside | null {
  const landed = listLanded(state);
  const isBeside = ({ landed: { ref } }: LandedTask): boolean => ref !== state.policy.target;
  const direct = landed.findIndex((each) => !isBeside(each) && isByMove(each.landed));
  const beside = (direct < 0 ? landed : landed.slice(0, direct)).filter(isBeside);
  const [latest] = beside;
  if (latest === undefined) return null;
  return { ref: latest.landed.ref, tasks: beside.map(({ ts }) => ts.task.id).reverse() };
}

/** Tells whether weft moved the ref for it: no person had merged it, and there was something left to land. */
function isByMove({ by, detour }: Landed): boolean {
  return by === 'weft' && detour === null;
}

/** In words: what is gone and what that means. */
export function describeGone({ task, commit, ref }: LandedGone): string {
  return `${task} landed as ${commit.slice(0, 8)}, but ${ref} does not contain that commit any more`;
}
