// Finds the track file that somebody named, from where they stand. Knows nothing of what is in it.
import { existsSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { fail, ok, type Result } from '../../core/failure.ts';
import type { Diagnostic } from '../../core/plan/diagnostic.ts';
import { quote, quoteList } from '../../core/plan/quote.ts';
import { isInside } from './task-file.ts';

/** Where a track file may be. Absolute paths. */
export interface TrackFilePlaces {
  /** Folder that the path was typed in. */
  readonly cwd: string;
  /** Checkout around it. */
  readonly checkout: string;
  /** Main checkout; the same one unless the other is a linked worktree. */
  readonly repository: string;
}

/**
 * Finds a track file from the folder the path was typed in, else from the root of the checkout, else from that of the
 * main one. Gives it with the checkout whose task files it may name. Fails with all places that were looked at.
 */
export function findTrackFile(
  path: string,
  places: TrackFilePlaces,
): Result<{ readonly path: string; readonly root: string }, Diagnostic> {
  const { cwd, checkout, repository } = places;
  const tried = [...new Set([cwd, checkout, repository].map((from) => resolve(from, path)))];
  const found = path.includes('\0') ? undefined : tried.find(existsSync);
  if (found === undefined) {
    const sentence = `The track file ${quote(path)} does not exist.`;
    return fail({
      position: null,
      sentence,
      fix: `Looked for ${quoteList(tried)}. \`weft init\` writes a first one.`,
    });
  }
  const real = realpathSync(found);
  const root = [checkout, repository].find((each) => isInside(realpathSync(each), real)) ?? checkout;
  return ok({ path: found, root });
}
