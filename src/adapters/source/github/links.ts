// Reads what GitHub itself knows of issues that belong together: parts of a whole, and blockers. Knows no texts.
import { z } from 'zod';
import { type Room, readAll } from '../../forge/github/room.ts';
import { ForgeError } from '../../forge/github/trouble.ts';
import { type Issue, issueAnswer } from './issue.ts';

/** Reads the parts and the blockers of issues. */
export interface Links {
  /** What an issue needs, of whatever repository. Throws `ForgeError`. */
  read(issue: Issue): Promise<readonly Issue[]>;
}

const issues = z.array(issueAnswer);

/** Makes a reader, which remembers what the host does not have. */
export function createLinks(room: Room): Links {
  const unknown = new Set<string>();
  const list = async (number: number, what: string, count: number | null): Promise<readonly Issue[]> => {
    if (count === 0 || unknown.has(what)) return [];
    try {
      return await readAll(room, `/issues/${number}/${what}`, issues);
    } catch (error) {
      if (!(error instanceof ForgeError && error.failure.kind === 'gone')) throw error;
      // a host that says nothing of them in its lists has none
      if (count === null) unknown.add(what);
      return [];
    }
  };
  return {
    read: async ({ number, partCount, blockerCount }) => [
      ...(await list(number, 'sub_issues', partCount)),
      ...(await list(number, 'dependencies/blocked_by', blockerCount)),
    ],
  };
}
