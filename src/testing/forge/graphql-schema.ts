// The part of GitHub's GraphQL schema that drives pull requests. Knows no documents and no HTTP.
import { asObject, asText } from '../model/json.ts';
import { resolveCommit } from './bare-repo.ts';
import { type Args, connect, FieldFailure, type Node } from './graphql-answer.ts';
import type { Hub, Site } from './hub.ts';
import { showIssueNode } from './issue-graph.ts';
import { dequeue, enqueue, readEntryState } from './merge-queue.ts';
import { tellPull } from './pull-life.ts';
import { findBase } from './pull-shape.ts';
import { showTime, showTimeOrNull, suiteId } from './shapes.ts';
import { decideReview, listCheckStates, readStanding } from './standing.ts';
import {
  asPull,
  fullName,
  latestChecks,
  latestStatuses,
  listPulls,
  type PullIssue,
  permissionOf,
  type QueueEntry,
  type Repository,
  type User,
} from './store.ts';

/** For whom and where the schema answers. */
export interface View {
  readonly hub: Hub;
  readonly site: Site;
  readonly actor: User;
}

type Place = View & { readonly repo: Repository };

/** Root of queries. */
export function makeQueryRoot(view: View): Node {
  const { hub, actor } = view;
  return {
    __typename: 'Query',
    viewer: showActor(actor),
    repository: (args: Args) => {
      const name = `${asText(args['owner'])}/${asText(args['name'])}`;
      const repo = hub.store.repositories.get(name);
      if (repo === undefined || permissionOf(repo, actor) === null) {
        throw new FieldFailure('NOT_FOUND', `Could not resolve to a Repository with the name '${name}'.`);
      }
      return showRepository({ ...view, repo });
    },
    node: (args: Args) => showNode(view, asText(args['id'])),
    nodes: (args: Args) =>
      Array.isArray(args['ids']) ? args['ids'].map((id) => showNode(view, asText(id))) : [],
  };
}

function showActor(user: User): Node {
  return { __typename: 'User', id: `U_${user.id}`, databaseId: user.id, login: user.login };
}

function showNode(view: View, id: string): Node {
  const { repo, issue } = findPull(view, id);
  return showPull({ ...view, repo }, issue);
}

function findPull(view: View, id: string): { readonly repo: Repository; readonly issue: PullIssue } {
  for (const repo of view.hub.store.repositories.values()) {
    if (permissionOf(repo, view.actor) === null) continue;
    const issue = listPulls(repo).find((each) => `PR_${each.id}` === id);
    if (issue !== undefined) return { repo, issue };
  }
  throw new FieldFailure('NOT_FOUND', `Could not resolve to a node with the global id of '${id}'`);
}

function showRepository(place: Place): Node {
  const { repo, site } = place;
  const pulls = (args: Args): Node => {
    const states = Array.isArray(args['states'])
      ? args['states']
      : args['states'] === undefined
        ? null
        : [args['states']];
    const chosen = listPulls(repo).filter(
      (issue) =>
        (states === null || states.includes(pullState(issue))) &&
        (typeof args['headRefName'] !== 'string' || args['headRefName'] === issue.pull.headRef) &&
        (typeof args['baseRefName'] !== 'string' || args['baseRefName'] === issue.pull.baseRef),
    );
    const order = asObject(args['orderBy'])['direction'];
    const sorted = order === 'DESC' ? [...chosen].reverse() : chosen;
    return connect(
      'PullRequest',
      sorted.map((issue) => showPull(place, issue)),
      args,
    );
  };
  return {
    __typename: 'Repository',
    id: `R_${repo.id}`,
    databaseId: repo.id,
    name: repo.name,
    nameWithOwner: fullName(repo),
    url: `${site.web}/${fullName(repo)}`,
    isPrivate: repo.settings.private,
    mergeCommitAllowed: repo.settings.allowMergeCommit,
    squashMergeAllowed: repo.settings.allowSquashMerge,
    rebaseMergeAllowed: repo.settings.allowRebaseMerge,
    deleteBranchOnMerge: repo.settings.deleteBranchOnMerge,
    viewerPermission: (permissionOf(repo, place.actor) ?? 'read').toUpperCase(),
    defaultBranchRef: () => showRef(repo, repo.defaultBranch),
    ref: (args: Args) => showRef(repo, asText(args['qualifiedName']).replace(/^refs\/heads\//, '')),
    pullRequest: (args: Args) => {
      const issue = asPull(repo.issues.get(Number(args['number'])));
      if (issue !== null) return showPull(place, issue);
      throw new FieldFailure(
        'NOT_FOUND',
        `Could not resolve to a PullRequest with the number of ${String(args['number'])}.`,
      );
    },
    issue: (args: Args) => {
      const issue = repo.issues.get(Number(args['number']));
      if (issue !== undefined && issue.pull === null) return showIssueNode({ ...place, showActor }, issue);
      const what = `Could not resolve to an Issue with the number of ${String(args['number'])}.`;
      throw new FieldFailure('NOT_FOUND', what);
    },
    pullRequests: pulls,
    mergeQueue: (args: Args) => {
      const { queue } = repo;
      if (queue === null || queue.branch !== (args['branch'] ?? repo.defaultBranch)) return null;
      const entries = (inner: Args): Node =>
        connect(
          'MergeQueueEntry',
          queue.entries.map((entry) => showEntry(place, entry)),
          inner,
        );
      return { __typename: 'MergeQueue', id: `MQ_${repo.id}`, entries };
    },
  };
}

async function showRef(repo: Repository, name: string): Promise<Node | null> {
  const oid = await resolveCommit(repo.path, `refs/heads/${name}`);
  return oid === null
    ? null
    : { __typename: 'Ref', name, prefix: 'refs/heads/', target: { __typename: 'Commit', oid } };
}

function pullState({ state, pull }: PullIssue): string {
  return pull.merged === null ? state.toUpperCase() : 'MERGED';
}

function showPull(place: Place, issue: PullIssue): Node {
  const { hub, repo, site } = place;
  const { pull, number } = issue;
  const entry = repo.queue?.entries.find((each) => each.issue === issue);
  const rollup = (): Node | null => showRollup(place, pull.headSha);
  const mergeable = async (): Promise<string> => {
    const known = (await readStanding(hub, repo, issue)).mergeable;
    return known === null ? 'UNKNOWN' : known ? 'MERGEABLE' : 'CONFLICTING';
  };
  const commit = { __typename: 'Commit', oid: pull.headSha, statusCheckRollup: rollup };
  return {
    __typename: 'PullRequest',
    id: `PR_${issue.id}`,
    databaseId: issue.id,
    number,
    title: issue.title,
    body: issue.body ?? '',
    url: `${site.web}/${fullName(repo)}/pull/${number}`,
    state: pullState(issue),
    isDraft: pull.draft,
    merged: pull.merged !== null,
    closed: issue.state === 'closed',
    createdAt: showTime(issue.createdAt),
    updatedAt: showTime(issue.updatedAt),
    closedAt: showTimeOrNull(issue.closedAt),
    mergedAt: showTimeOrNull(pull.merged?.at ?? null),
    mergedBy: pull.merged === null ? null : showActor(pull.merged.by),
    mergeCommit: pull.merged === null ? null : { __typename: 'Commit', oid: pull.merged.sha },
    author: showActor(issue.user),
    isCrossRepository: false,
    headRepositoryOwner: { __typename: 'Organization', id: `O_${repo.owner}`, login: repo.owner },
    headRefName: pull.headRef,
    headRefOid: pull.headSha,
    headRef: () => showRef(repo, pull.headRef),
    baseRefName: pull.baseRef,
    baseRefOid: () => findBase(repo, issue),
    mergeable,
    mergeStateStatus: async () => (await readStanding(hub, repo, issue)).state.toUpperCase(),
    reviewDecision: decideReview(repo, issue),
    statusCheckRollup: rollup,
    commits: (args: Args) =>
      connect('PullRequestCommit', [{ __typename: 'PullRequestCommit', commit }], args),
    isInMergeQueue: entry !== undefined,
    mergeQueueEntry: entry === undefined ? null : showEntry(place, entry),
    ...listTalk(place.repo, issue),
  };
}

/** How somebody belongs to a repository. */
function associationOf(repo: Repository, { login }: User): string {
  return repo.permissions.has(login) ? 'COLLABORATOR' : 'NONE';
}

function listTalk(repo: Repository, issue: PullIssue): Readonly<Record<string, unknown>> {
  const labels = issue.labels.map((name) => ({ __typename: 'Label', name }));
  const comments = issue.comments.map(({ id, user, body, createdAt }) => ({
    __typename: 'IssueComment',
    id: `IC_${id}`,
    databaseId: id,
    author: showActor(user),
    authorAssociation: associationOf(repo, user),
    body,
    createdAt: showTime(createdAt),
  }));
  const reviews = issue.pull.reviews.map(({ id, user, state, body, sha, at }) => ({
    __typename: 'PullRequestReview',
    id: `PRR_${id}`,
    databaseId: id,
    author: showActor(user),
    authorAssociation: associationOf(repo, user),
    state,
    body,
    commit: { __typename: 'Commit', oid: sha },
    submittedAt: showTime(at),
  }));
  const timeline = issue.pull.dequeues.map(({ reason, at }) => ({
    __typename: 'RemovedFromMergeQueueEvent',
    reason,
    createdAt: showTime(at),
  }));
  return {
    labels: (args: Args) => connect('Label', labels, args),
    comments: (args: Args) => connect('IssueComment', comments, args),
    reviews: (args: Args) => connect('PullRequestReview', reviews, args),
    reviewThreads: (args: Args) => connect('PullRequestReviewThread', listThreads(repo, issue), args),
    // only how pull requests left the merge queue is remembered
    timelineItems: (args: Args) => connect('PullRequestTimelineItems', timeline, args),
  };
}

function listThreads(repo: Repository, issue: PullIssue): readonly Node[] {
  const { comments } = issue.pull;
  return comments
    .filter(({ inReplyTo }) => inReplyTo === null)
    .map((first) => {
      const thread = comments.filter((each) => each === first || each.inReplyTo === first.id);
      const shown = thread.map(({ id, user, body, createdAt, inReplyTo }) => ({
        __typename: 'PullRequestReviewComment',
        id: `PRRC_${id}`,
        databaseId: id,
        author: showActor(user),
        authorAssociation: associationOf(repo, user),
        body,
        createdAt: showTime(createdAt),
        replyTo:
          inReplyTo === null ? null : { __typename: 'PullRequestReviewComment', databaseId: inReplyTo },
      }));
      return {
        __typename: 'PullRequestReviewThread',
        id: `PRRT_${first.id}`,
        isResolved: first.isResolved,
        isOutdated: false,
        path: first.path,
        line: first.line,
        comments: (args: Args) => connect('PullRequestReviewComment', shown, args),
      };
    });
}

function showRollup({ repo, site }: Place, sha: string): Node | null {
  const states = [...listCheckStates(repo, sha).values()];
  if (states.length === 0) return null;
  const contexts = [
    ...latestChecks(repo, sha).map((run) => ({
      __typename: 'CheckRun',
      databaseId: run.id,
      name: run.name,
      status: run.status.toUpperCase(),
      conclusion: run.conclusion?.toUpperCase() ?? null,
      startedAt: showTime(run.startedAt),
      completedAt: showTimeOrNull(run.completedAt),
      detailsUrl: run.detailsUrl ?? `${site.web}/${fullName(repo)}/actions/runs/${run.id}/job/${run.id}`,
      checkSuite: { __typename: 'CheckSuite', id: `CS_${suiteId(sha)}`, workflowRun: null },
    })),
    ...latestStatuses(repo, sha).map(({ context, state, description, targetUrl }) => ({
      __typename: 'StatusContext',
      context,
      state: state.toUpperCase(),
      description,
      targetUrl,
    })),
  ];
  const state = states.includes('failed') ? 'FAILURE' : states.includes('pending') ? 'PENDING' : 'SUCCESS';
  return {
    __typename: 'StatusCheckRollup',
    state,
    contexts: (args: Args) => connect('StatusCheckRollupContext', contexts, args),
  };
}

function showEntry(place: Place, entry: QueueEntry): Node {
  const { repo } = place;
  const commit = (oid: string | undefined): Node | null =>
    oid === undefined ? null : { __typename: 'Commit', oid, statusCheckRollup: () => showRollup(place, oid) };
  return {
    __typename: 'MergeQueueEntry',
    id: `MQE_${entry.id}`,
    state: readEntryState(repo, entry),
    position: (repo.queue?.entries.indexOf(entry) ?? 0) + 1,
    enqueuedAt: showTime(entry.at),
    enqueuer: showActor(entry.user),
    headCommit: commit(entry.built?.sha),
    baseCommit: commit(entry.built?.base),
    pullRequest: () => showPull(place, entry.issue),
  };
}

/** Root of mutations; each takes `input` and holds the repository while it works. */
export function makeMutationRoot(view: View): Node {
  const change = (
    type: string,
    act: (place: Place, what: { readonly issue: PullIssue; readonly input: Args }) => Promise<object>,
  ) => {
    return async (args: Args): Promise<object> => {
      const input = asObject(args['input']);
      const { repo, issue } = findPull(view, asText(input['pullRequestId'] ?? input['id']));
      if (permissionOf(repo, view.actor) === 'read') {
        throw new FieldFailure('FORBIDDEN', 'Resource not accessible by personal access token');
      }
      const payload = await view.hub.inTurn(repo, () => act({ ...view, repo }, { issue, input }));
      const clientMutationId = input['clientMutationId'] ?? null;
      return { __typename: `${type}Payload`, clientMutationId, ...payload };
    };
  };
  return {
    __typename: 'Mutation',
    markPullRequestReadyForReview: change('MarkPullRequestReadyForReview', (place, { issue }) =>
      setDraft(place, { issue, draft: false }),
    ),
    convertPullRequestToDraft: change('ConvertPullRequestToDraft', (place, { issue }) =>
      setDraft(place, { issue, draft: true }),
    ),
    enqueuePullRequest: change('EnqueuePullRequest', async (place, { issue, input }) => {
      const sha = typeof input['expectedHeadOid'] === 'string' ? input['expectedHeadOid'] : null;
      const outcome = await enqueue(view.hub, place.repo, { issue, by: view.actor, sha });
      if (!outcome.ok) throw new FieldFailure('UNPROCESSABLE', outcome.message);
      return { mergeQueueEntry: showEntry(place, outcome.value) };
    }),
    dequeuePullRequest: change('DequeuePullRequest', async (place, { issue }) => {
      const entry = place.repo.queue?.entries.find((each) => each.issue === issue);
      if (entry === undefined) throw new FieldFailure('UNPROCESSABLE', 'Pull request is not in the queue.');
      const shown = showEntry(place, entry);
      await dequeue(view.hub, place.repo, { issue, by: view.actor, reason: 'MANUAL' });
      return { mergeQueueEntry: shown };
    }),
  };
}

async function setDraft(
  place: Place,
  { issue, draft }: { readonly issue: PullIssue; readonly draft: boolean },
): Promise<object> {
  const { hub, repo, actor } = place;
  if (issue.state === 'closed') throw new FieldFailure('UNPROCESSABLE', 'Pull request is closed.');
  if (issue.pull.draft === draft) {
    throw new FieldFailure('UNPROCESSABLE', `Pull request is ${draft ? 'already' : 'not'} a draft.`);
  }
  issue.pull.draft = draft;
  issue.updatedAt = hub.now();
  const action = draft ? 'converted_to_draft' : 'ready_for_review';
  await tellPull(hub, repo, { issue, action, by: actor });
  return { pullRequest: showPull(place, issue) };
}
