// What happened to issues: who edited their texts, who put labels, milestones and people on them. Knows no HTTP.
import type { Hub } from './hub.ts';
import { tellEither } from './pull-life.ts';
import type { Issue, Repository, User } from './store.ts';

/** Something in the timeline of an issue. */
export type Happened = { readonly at: number; readonly by: User } & (
  | { readonly kind: 'labeled' | 'unlabeled'; readonly label: string }
  | { readonly kind: 'milestoned'; readonly milestone: number }
  | { readonly kind: 'assigned'; readonly login: string }
  | { readonly kind: 'renamed'; readonly from: string; readonly to: string }
);

/** All that happened to one issue. */
export interface History {
  /** Changes of its body, oldest first; opening it is none. */
  readonly edits: { readonly at: number; readonly by: User }[];
  /** Oldest first. */
  readonly timeline: Happened[];
}

const histories = new WeakMap<Issue, History>();

/** The history of an issue, to be asked for before it is changed: it begins with what the issue was opened with. */
export function historyOf(issue: Issue): History {
  const known = histories.get(issue);
  if (known !== undefined) return known;
  const begun = { at: issue.createdAt, by: issue.user };
  const { milestone } = issue;
  const history: History = {
    edits: [],
    timeline: [
      ...issue.labels.map((label) => ({ ...begun, kind: 'labeled' as const, label })),
      ...(milestone === null ? [] : [{ ...begun, kind: 'milestoned' as const, milestone }]),
      ...issue.assignees.map((login) => ({ ...begun, kind: 'assigned' as const, login })),
    ],
  };
  histories.set(issue, history);
  return history;
}

/** Changes title and body of an issue or a pull request; what is absent stays. */
export async function editText(
  hub: Hub,
  repo: Repository,
  what: {
    readonly issue: Issue;
    readonly by: User;
    readonly title?: string | null;
    readonly body?: string | null;
  },
): Promise<void> {
  const { issue, by, title, body } = what;
  const { edits, timeline } = historyOf(issue);
  const at = hub.now();
  if (typeof title === 'string' && title !== issue.title) {
    timeline.push({ kind: 'renamed', from: issue.title, to: title, at, by });
    issue.title = title;
  }
  if (body !== undefined && body !== issue.body) {
    edits.push({ at, by });
    issue.body = body;
  }
  issue.updatedAt = at;
  await tellEither(hub, repo, { issue, action: 'edited', by });
}

/** Changes milestone and people of an issue; what is absent stays. */
export function placeIssue(
  hub: Hub,
  what: {
    readonly issue: Issue;
    readonly by: User;
    readonly milestone?: number | null;
    readonly assignees?: readonly string[];
  },
): void {
  const { issue, by, milestone, assignees } = what;
  const { timeline } = historyOf(issue);
  const at = hub.now();
  if (milestone !== undefined && milestone !== issue.milestone) {
    if (milestone !== null) timeline.push({ kind: 'milestoned', milestone, at, by });
    issue.milestone = milestone;
  }
  for (const login of assignees ?? [])
    if (!issue.assignees.includes(login)) timeline.push({ kind: 'assigned', login, at, by });
  if (assignees !== undefined) issue.assignees = [...new Set(assignees)];
  issue.updatedAt = at;
}
