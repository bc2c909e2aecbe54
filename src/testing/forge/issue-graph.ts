// An issue as GraphQL shows it: its text, who edited that, its timeline, its comments. Changes nothing.
import { type Args, connect, type Node } from './graphql-answer.ts';
import type { Site } from './hub.ts';
import { type Happened, historyOf } from './issue-history.ts';
import { showTime, showTimeOrNull } from './shapes.ts';
import { fullName, type Issue, type Repository, type User } from './store.ts';

/** Where an issue is shown. */
export interface IssuePlace {
  readonly site: Site;
  readonly repo: Repository;
  readonly actor: User;
  readonly showActor: (user: User) => Node;
}

/** Shows an issue that is no pull request. */
export function showIssueNode(place: IssuePlace, issue: Issue): Node {
  const { repo, site, showActor } = place;
  const { edits } = historyOf(issue);
  const last = edits.at(-1);
  const shown = edits.map(({ at, by }) => editNode(place, { at, by })).reverse();
  // newest first, and the text it was opened with is an edit once there is another one
  const all = last === undefined ? [] : [...shown, editNode(place, { at: issue.createdAt, by: issue.user })];
  return {
    __typename: 'Issue',
    id: `I_${issue.id}`,
    databaseId: issue.id,
    number: issue.number,
    title: issue.title,
    body: issue.body ?? '',
    url: `${site.web}/${fullName(repo)}/issues/${issue.number}`,
    state: issue.state.toUpperCase(),
    stateReason: issue.stateReason?.toUpperCase() ?? null,
    author: showActor(issue.user),
    createdAt: showTime(issue.createdAt),
    updatedAt: showTime(issue.updatedAt),
    closedAt: showTimeOrNull(issue.closedAt),
    editor: last === undefined ? null : showActor(last.by),
    lastEditedAt: showTimeOrNull(last?.at ?? null),
    includesCreatedEdit: last !== undefined,
    userContentEdits: (args: Args) => connect('UserContentEdit', all, args),
    timelineItems: (args: Args) =>
      connect('IssueTimelineItems', listTimeline(place, issue, args['itemTypes']), args),
    comments: (args: Args) => connect('IssueComment', listComments(place, issue), args),
  };
}

function editNode({ showActor }: IssuePlace, { at, by }: { readonly at: number; readonly by: User }): Node {
  return {
    __typename: 'UserContentEdit',
    createdAt: showTime(at),
    editedAt: showTime(at),
    deletedAt: null,
    editor: showActor(by),
  };
}

function listComments({ actor, showActor, repo }: IssuePlace, { comments }: Issue): readonly Node[] {
  return comments.map(({ id, user, body, createdAt }) => ({
    __typename: 'IssueComment',
    id: `IC_${id}`,
    databaseId: id,
    author: showActor(user),
    authorAssociation: repo.permissions.has(user.login) ? 'COLLABORATOR' : 'NONE',
    viewerDidAuthor: user.login === actor.login,
    isMinimized: false,
    body,
    createdAt: showTime(createdAt),
  }));
}

const TYPES: Readonly<Record<Happened['kind'], { readonly item: string; readonly node: string }>> = {
  labeled: { item: 'LABELED_EVENT', node: 'LabeledEvent' },
  unlabeled: { item: 'UNLABELED_EVENT', node: 'UnlabeledEvent' },
  milestoned: { item: 'MILESTONED_EVENT', node: 'MilestonedEvent' },
  assigned: { item: 'ASSIGNED_EVENT', node: 'AssignedEvent' },
  renamed: { item: 'RENAMED_TITLE_EVENT', node: 'RenamedTitleEvent' },
};

function listTimeline(place: IssuePlace, issue: Issue, wanted: unknown): readonly Node[] {
  return historyOf(issue).timeline.flatMap((happened) =>
    Array.isArray(wanted) && !wanted.includes(TYPES[happened.kind].item)
      ? []
      : [showHappened(place, happened)],
  );
}

function showHappened({ repo, showActor }: IssuePlace, happened: Happened): Node {
  const { kind, at, by } = happened;
  const common = { __typename: TYPES[kind].node, createdAt: showTime(at), actor: showActor(by) };
  switch (kind) {
    case 'labeled':
    case 'unlabeled':
      return { ...common, label: { __typename: 'Label', name: happened.label } };
    case 'milestoned': {
      const found = repo.milestones.find(({ number }) => number === happened.milestone);
      return { ...common, milestoneTitle: found?.title ?? '' };
    }
    case 'assigned':
      return { ...common, assignee: { __typename: 'User', login: happened.login } };
    case 'renamed':
      return { ...common, previousTitle: happened.from, currentTitle: happened.to };
    default:
      throw new Error(`Internal error: ${JSON.stringify(happened satisfies never)}`);
  }
}
