// The source `github`: issues of one repository become tasks, and are told how those stand. Made of the files beside it.
import { type Failure, fail, ok, type Result } from '../../../core/failure.ts';
import type { Diagnostic } from '../../../core/plan/diagnostic.ts';
import type { Forged } from '../../../ports/forge.ts';
import type { Loaded, SourcePort } from '../../../ports/source.ts';
import type { Room } from '../../forge/github/room.ts';
import { asFailure, explainFailure } from './failure.ts';
import { createLoader } from './load.ts';
import type { GithubSpec } from './selection.ts';
import { createTelling, type TellingOptions } from './telling.ts';
import { watchIssues } from './watch.ts';

/** What the source is made from. */
export interface GithubSourceOptions extends TellingOptions {
  readonly spec: GithubSpec;
  /** The repository at GitHub, with the client and the budget that pull requests use; null: none of the remotes is there. */
  readonly room: Forged<Room> | null;
  /** When the run began, ms since 1970; the same after a restart: texts of issues that were named count as they were then. */
  readonly startedAt: number;
}

const NOWHERE: Failure = {
  kind: 'usage',
  sentence: 'No remote of this repository is at GitHub, so it has no issues there.',
  hint: 'Add one with `git remote add origin https://github.com/OWNER/NAME`, and see `weft doctor`.',
};

/** Makes the source; asks nothing yet. */
export function createGithubSource(options: GithubSourceOptions): SourcePort {
  const { room } = options;
  if (room === null) return createClosed(NOWHERE);
  return room.ok ? createOpen(room.value, options) : createClosed(asFailure(room.failure));
}

/** A source that cannot be reached, and says why. */
function createClosed(failure: Failure): SourcePort {
  return {
    name: 'github',
    load: () => Promise.resolve(refuse(failure)),
    report: () => Promise.resolve(fail(failure)),
  };
}

function refuse({ sentence, hint }: Failure): Loaded {
  const diagnostic: Diagnostic = { position: null, sentence, ...(hint === undefined ? {} : { fix: hint }) };
  return { drafts: [], diagnostics: [diagnostic], texts: new Map() };
}

function createOpen(room: Room, options: GithubSourceOptions): SourcePort {
  const loader = createLoader(room, options);
  const tell = createTelling(room, options);
  return {
    name: 'github',
    load: async () => {
      try {
        return await loader.load();
      } catch (error) {
        return refuse(explainFailure(error, room.place));
      }
    },
    watch: (changed, signal) => watchIssues(room, { paths: loader.paths, changed, signal }),
    report: async (reports): Promise<Result<void>> => {
      try {
        return ok(await tell(reports));
      } catch (error) {
        return fail(explainFailure(error, room.place));
      }
    },
  };
}
