// What gates do in the world: look at the files of a checkout, and pass or fail by what is in them.
import { addTree, dirtyPaths } from './git-store.ts';
import { notePassed } from './oracle.ts';
import { endProc, type Proc, print } from './process-world.ts';
import { SET_UP } from './scene.ts';
import { count, later } from './scheduler.ts';
import type { World } from './world.ts';

/** Content by which a gate fails. */
export const BAD = 'bad';
/** Content that is fine alone and fails beside another of its kind. */
export const CLASH = 'clash';

const USUAL_MS = 20;
const HANG_MS = 10_000_000;

/** Starts a gate: its verdict comes a little later, on what the checkout holds then. */
export function beginGate(world: World, proc: Proc, command: string): void {
  const odd = world.faultsLeft > 0 && world.tape.chance(10) ? 1 + world.tape.pick(4) : 0;
  if (odd === 3) proc.ignoresTerm = true;
  later(world, `gate ${command}`, odd === 1 ? HANG_MS : USUAL_MS, () => {
    if (!proc.alive) return;
    const worktree = world.git.worktrees.get(proc.cwd);
    if (worktree === undefined || !worktree.folder) return endProc(world, proc, { code: 2, signal: null });
    if (odd === 2) {
      const [path] = worktree.files.keys();
      if (path !== undefined) worktree.files.set(path, 'formatted');
      count(world, 'fault: a gate rewrote tracked files');
    }
    if (odd === 4) count(world, 'fault: a gate failed by accident');
    const passed = odd !== 4 && (command === SET_UP || isFine([...worktree.files.values()]));
    if (passed && dirtyPaths(world.git, worktree).length === 0) {
      notePassed(world, command, addTree(world.git, worktree.files));
    }
    print(proc, passed ? 'fine' : 'failed');
    endProc(world, proc, { code: passed ? 0 : 1, signal: null });
  });
}

function isFine(contents: readonly string[]): boolean {
  const clashes = contents.filter((text) => text.startsWith(CLASH)).length;
  return clashes < 2 && !contents.some((text) => text.startsWith(BAD));
}
