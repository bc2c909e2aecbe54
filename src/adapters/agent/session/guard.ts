// Tells an agent that a file is not its task's before it writes there; what it does by shell commands is found afterwards.
// Knows nothing of how agents ask.
import { readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { isInsideClaims } from '../../../core/claim/match.ts';
import { compilePattern } from '../../../core/claim/pattern.ts';

/** No system takes longer ones. */
const MAX_PATH = 4_096;
/** Links that lead to nothing, and are followed one after the other. */
const MAX_LINKS = 40;

/** What an agent may write. Absolute paths; patterns are relative to the worktree, in their one written form. */
export interface Ground {
  readonly worktree: string;
  /** Null: all of the worktree. Empty: nothing of it. */
  readonly owns: readonly string[] | null;
  /** Patterns that were granted since, in their one written form. */
  readonly granted?: () => readonly string[];
  /** Folders and files beside the worktree that are the attempt's own. */
  readonly own: readonly string[];
}

/** Makes the guard of an attempt: why a path, absolute or relative to the worktree, must not be written; null: it may. */
export function createGuard(ground: Ground): (path: string) => string | null {
  const root = realPathOf(ground.worktree);
  const own = ground.own.map(realPathOf);
  const patterns = ground.owns?.map((text) => compilePattern(text)) ?? null;
  const rest = ground.owns === null || ground.owns.length === 0 ? '' : ` (${ground.owns.join(', ')})`;
  return (path) => {
    if (path.length > MAX_PATH) return `A path of ${path.length} characters cannot be written.`;
    const at = realPathOf(resolve(root, path));
    if (own.some((each) => isUnder(at, each))) return null;
    if (!isUnder(at, root))
      return `${path} is outside the worktree of this task; only files in ${root} may change.`;
    const inside = relative(root, at);
    if (inside.split('/').includes('.git')) return `${path} belongs to git; use git commands.`;
    if (patterns === null || isInsideClaims(patterns, inside)) return null;
    // asked for only now: nothing is granted that was not needed
    const more = ground.owns?.length === 0 ? [] : (ground.granted?.() ?? []);
    if (
      isInsideClaims(
        more.map((text) => compilePattern(text)),
        inside,
      )
    )
      return null;
    return ground.owns?.length === 0
      ? `${path} must stay as it is: this part of the work only reads.`
      : `${path} is outside the files of this task${rest}. Leave it as it is; when the task cannot be done without it, say so and end your turn.`;
  };
}

function isUnder(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

/** Where a path leads, links followed as far as there is something: also one that leads to nothing, for writing makes it. */
function realPathOf(path: string, links: number = MAX_LINKS): string {
  try {
    return realpathSync(path);
  } catch {
    const above = dirname(path);
    if (above === path) return path;
    const place = join(realPathOf(above, links), basename(path));
    const target = links > 0 ? readLink(place) : null;
    return target === null ? place : realPathOf(resolve(dirname(place), target), links - 1);
  }
}

function readLink(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}
