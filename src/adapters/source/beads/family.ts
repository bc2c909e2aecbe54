// Who is whose parent, and which issues are work. Knows nothing of runs and of what may be begun now.
import type { BeadsIssue } from './issue.ts';

/** Issues by id, with their family. */
export interface Family {
  readonly issues: readonly BeadsIssue[];
  get(id: string): BeadsIssue | undefined;
  /** Direct children, in the order of the list. */
  childrenOf(id: string): readonly BeadsIssue[];
  /** Parent, its parent and so on. */
  ancestorsOf(id: string): readonly string[];
}

/** Types that are never work for an agent. */
const NOT_WORK = new Set([
  'epic',
  'gate',
  'molecule',
  'message',
  'agent',
  'role',
  'rig',
  'merge-request',
  'event',
  'slot',
  'convoy',
  'formula',
  'template',
]);
/** Bounds the height of a family; data that goes round in circles ends there, too. */
const MAX_HEIGHT = 64;

/** Works out the family of issues: by their edges, else by what the list says, else by dotted ids. */
export function createFamily(issues: readonly BeadsIssue[]): Family {
  const byId = new Map(issues.map((issue) => [issue.id, issue]));
  const parents = new Map<string, string>();
  const children = new Map<string, BeadsIssue[]>();
  for (const issue of byId.values()) {
    const parent = findParent(issue, byId);
    if (parent === null) continue;
    parents.set(issue.id, parent);
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [issue]);
    else siblings.push(issue);
  }
  return {
    issues: [...byId.values()],
    get: (id) => byId.get(id),
    childrenOf: (id) => children.get(id) ?? [],
    ancestorsOf: (id) => {
      const found: string[] = [];
      for (let at = parents.get(id); at !== undefined && found.length < MAX_HEIGHT; at = parents.get(at)) {
        if (at === id || found.includes(at)) break;
        found.push(at);
      }
      return found;
    },
  };
}

function findParent(issue: BeadsIssue, byId: ReadonlyMap<string, BeadsIssue>): string | null {
  const edge = issue.dependencies.find(({ type }) => type === 'parent-child')?.on;
  const dotted = /^(.+)\.\d+$/.exec(issue.id)?.[1];
  const parent = edge ?? issue.parent ?? dotted;
  return parent !== undefined && parent !== issue.id && byId.has(parent) ? parent : null;
}

/** Says what keeps an issue from ever being a task, as a noun; null: nothing. */
export function findNature(issue: BeadsIssue, family: Family): string | null {
  if (NOT_WORK.has(issue.type)) return issue.type;
  if (issue.isAside || issue.status === 'pinned') return 'pinned, passing or template issue';
  return family.childrenOf(issue.id).length > 0 ? 'issue with children' : null;
}

/** Tells whether others may still wait for the issue. */
export function isOpen(issue: BeadsIssue): boolean {
  return !['closed', 'tombstone', 'pinned'].includes(issue.status);
}

/** Tells whether an issue was closed because it did not work out, by the words that Beads itself goes by. */
export function isFailureClose(issue: BeadsIssue): boolean {
  return issue.status === 'closed' && hasFailureWord(issue.closeReason);
}

/** Tells whether Beads would take a reason for closing for a failure. */
export function hasFailureWord(reason: string): boolean {
  return /failed|rejected|wontfix|won't fix|cancell?ed|abandoned|blocked|error|timeout|aborted/i.test(reason);
}
