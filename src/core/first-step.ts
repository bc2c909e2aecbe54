// Chooses what to type first in a repository that had no run yet. Knows nothing of disks.
import type { NextCommand } from './view.ts';

/** What there is to begin with. */
export interface Beginnings {
  readonly isCommitted: boolean;
  readonly isConfigured: boolean;
  /** The track file that is there by its usual name; null: there is none. */
  readonly trackFile: string | null;
  /** How to begin in the way of working that the configuration is of; null: it is of no known one. */
  readonly usual: string | null;
  /** Sources that lie in the repository. */
  readonly sources: readonly ('beads' | 'plan')[];
}

const LOOK = '`--dry-run` shows what would happen';

/** Chooses it. */
export function chooseFirstStep(of: Beginnings): NextCommand {
  if (!of.isCommitted && of.isConfigured)
    return {
      command: 'git add -A && git commit -m start',
      reason: 'work lands on top of a commit, and there is none',
    };
  if (of.trackFile !== null) return { command: `weft run ${of.trackFile}`, reason: LOOK };
  if (!of.isConfigured)
    return { command: 'weft init', reason: 'writes a sample configuration and plan; or `weft run FILE`' };
  if (of.usual !== null) return { command: of.usual, reason: LOOK };
  const [source] = of.sources;
  if (source !== undefined) return { command: `weft run ${source}`, reason: LOOK };
  return { command: 'weft run FILE', reason: 'FILE is your track file' };
}
