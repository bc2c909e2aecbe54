// What people and programs say: comments, reviews, comments on lines. Knows no HTTP.
import type { Hub } from './hub.ts';
import { historyOf } from './issue-history.ts';
import { type Outcome, tellEither } from './pull-life.ts';
import { showPull } from './pull-shape.ts';
import { showComment, showIssue, showReview, showReviewComment } from './shapes.ts';
import type { Comment, Issue, PullIssue, Repository, Review, ReviewComment, User } from './store.ts';

/** Adds a comment under an issue or a pull request. */
export function addComment(
  hub: Hub,
  repo: Repository,
  { issue, by, body }: { readonly issue: Issue; readonly by: User; readonly body: string },
): Comment {
  const at = hub.now();
  const comment: Comment = { id: hub.nextId(), user: by, body, createdAt: at, updatedAt: at };
  issue.comments.push(comment);
  issue.updatedAt = at;
  tellComment(hub, repo, { issue, comment, by, action: 'created' });
  return comment;
}

/** Changes what a comment says. */
export function editComment(
  hub: Hub,
  repo: Repository,
  what: { readonly issue: Issue; readonly comment: Comment; readonly by: User; readonly body: string },
): void {
  what.comment.body = what.body;
  what.comment.updatedAt = hub.now();
  tellComment(hub, repo, { ...what, action: 'edited' });
}

function tellComment(
  hub: Hub,
  repo: Repository,
  what: { readonly issue: Issue; readonly comment: Comment; readonly by: User; readonly action: string },
): void {
  const { issue, comment, action, by } = what;
  const site = hub.site();
  const payload = {
    action,
    issue: showIssue(site, repo, issue),
    comment: showComment(site, { repo, issue }, comment),
  };
  hub.tell({ repo, event: 'issue_comment', sender: by, payload });
}

/** What a review says. */
export interface NewReview {
  readonly issue: PullIssue;
  readonly by: User;
  readonly state: 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED';
  readonly body: string;
  readonly sha: string | null;
  readonly comments: readonly NewLineComment[];
}

/** What is said on one line; without a line it is about the whole file. */
export interface NewLineComment {
  readonly path: string;
  readonly line: number | null;
  readonly side?: string;
  readonly body: string;
}

/** Adds a review with its comments, unless GitHub would not. */
export async function addReview(hub: Hub, repo: Repository, input: NewReview): Promise<Outcome<Review>> {
  const { issue, by, state } = input;
  const refuse = (message: string): Outcome<never> => ({ ok: false, status: 422, message });
  if (state !== 'COMMENTED' && issue.user.login === by.login) {
    const verb = state === 'APPROVED' ? 'approve' : 'request changes on';
    return refuse(`Review Can not ${verb} your own pull request`);
  }
  const says = input.body !== '' || input.comments.length > 0;
  if (state !== 'APPROVED' && !says) return refuse('Unprocessable Entity: a review needs a body');
  const review: Review = {
    id: hub.nextId(),
    user: by,
    state,
    body: input.body,
    sha: input.sha ?? issue.pull.headSha,
    at: hub.now(),
  };
  issue.pull.reviews.push(review);
  issue.updatedAt = hub.now();
  for (const comment of input.comments)
    addLineComment(hub, repo, { issue, by, comment, review, parent: null });
  await tellReview(hub, repo, { issue, review, by, action: 'submitted' });
  return { ok: true, value: review };
}

/** Takes the effect of a review away. */
export async function dismissReview(
  hub: Hub,
  repo: Repository,
  { issue, review, by }: { readonly issue: PullIssue; readonly review: Review; readonly by: User },
): Promise<void> {
  review.state = 'DISMISSED';
  await tellReview(hub, repo, { issue, review, by, action: 'dismissed' });
}

async function tellReview(
  hub: Hub,
  repo: Repository,
  what: { readonly issue: PullIssue; readonly review: Review; readonly by: User; readonly action: string },
): Promise<void> {
  const { issue, review, action, by } = what;
  const site = hub.site();
  const payload = {
    action,
    review: { ...showReview(site, { repo, issue }, review), state: review.state.toLowerCase() },
    pull_request: await showPull(site, repo, issue),
  };
  hub.tell({ repo, event: 'pull_request_review', sender: by, payload });
}

/** Adds a comment on a line, or a reply to one. */
export function addLineComment(
  hub: Hub,
  repo: Repository,
  what: {
    readonly issue: PullIssue;
    readonly by: User;
    readonly comment: NewLineComment;
    readonly review: Review | null;
    readonly parent: ReviewComment | null;
    readonly sha?: string | null;
  },
): ReviewComment {
  const { issue, by, comment: input, review, parent } = what;
  const at = hub.now();
  const comment: ReviewComment = {
    id: hub.nextId(),
    user: by,
    body: input.body,
    createdAt: at,
    updatedAt: at,
    reviewId: review?.id ?? null,
    path: parent?.path ?? input.path,
    line: parent === null ? input.line : parent.line,
    side: parent?.side ?? input.side ?? 'RIGHT',
    sha: what.sha ?? review?.sha ?? issue.pull.headSha,
    // a reply to a reply belongs to the first comment
    inReplyTo: parent === null ? null : (parent.inReplyTo ?? parent.id),
    isResolved: false,
  };
  issue.pull.comments.push(comment);
  issue.updatedAt = at;
  const payload = { action: 'created', comment: showReviewComment(hub.site(), { repo, issue }, comment) };
  hub.tell({ repo, event: 'pull_request_review_comment', sender: by, payload });
  return comment;
}

/** Changes the labels of an issue or a pull request. */
export async function setLabels(
  hub: Hub,
  repo: Repository,
  { issue, by, labels }: { readonly issue: Issue; readonly by: User; readonly labels: readonly string[] },
): Promise<void> {
  const { timeline } = historyOf(issue);
  const before = issue.labels;
  issue.labels = [...new Set(labels)];
  issue.updatedAt = hub.now();
  const tell = (action: 'labeled' | 'unlabeled', name: string): Promise<void> => {
    timeline.push({ kind: action, label: name, at: hub.now(), by });
    return tellEither(hub, repo, { issue, action, by, more: { label: { name } } });
  };
  for (const name of issue.labels) if (!before.includes(name)) await tell('labeled', name);
  for (const name of before) if (!issue.labels.includes(name)) await tell('unlabeled', name);
}
