// REST: reviews and comments on lines of pull requests. Knows no merging.
import { asObjects, asText, type JsonObject } from '../model/json.ts';
import {
  answerWith,
  created,
  invalid,
  notFound,
  ok,
  type PullAsk,
  paginate,
  pullRoute,
  type Reply,
  type Route,
  repoRoute,
  textOrNull,
} from './answer.ts';
import { addLineComment, addReview, dismissReview, type NewLineComment, type NewReview } from './comments.ts';
import type { Hub } from './hub.ts';
import { showReview, showReviewComment } from './shapes.ts';
import { listPulls, type Review } from './store.ts';

const STATES: Readonly<Record<string, NewReview['state']>> = {
  APPROVE: 'APPROVED',
  REQUEST_CHANGES: 'CHANGES_REQUESTED',
  COMMENT: 'COMMENTED',
};

function readLineComment(body: JsonObject): NewLineComment {
  const { line, position } = { line: body['line'], position: body['position'] };
  const found = typeof line === 'number' ? line : typeof position === 'number' ? position : null;
  const side = textOrNull(body, 'side') ?? 'RIGHT';
  return { path: asText(body['path']), line: found, side, body: asText(body['body']) };
}

async function create(hub: Hub, ask: PullAsk): Promise<Reply> {
  const { repo, issue, body, actor, site } = ask;
  const state = STATES[textOrNull(body, 'event') ?? ''];
  if (state === undefined) return invalid({ resource: 'PullRequestReview', field: 'event', code: 'invalid' });
  const outcome = await addReview(hub, repo, {
    issue,
    by: actor,
    state,
    body: asText(body['body']),
    sha: textOrNull(body, 'commit_id'),
    comments: asObjects(body['comments']).map(readLineComment),
  });
  return answerWith(outcome, (review) => ok(showReview(site, { repo, issue }, review)));
}

function findReview({ issue, params }: PullAsk): Review | undefined {
  return issue.pull.reviews.find(({ id }) => id === Number(params['review']));
}

async function dismiss(hub: Hub, ask: PullAsk): Promise<Reply> {
  const { repo, issue, actor, site } = ask;
  const review = findReview(ask);
  if (review === undefined) return notFound();
  await dismissReview(hub, repo, { issue, review, by: actor });
  return ok(showReview(site, { repo, issue }, review));
}

function listComments(ask: PullAsk, review: Review | null): Promise<Reply> {
  const { issue, repo, site, query } = ask;
  const since = Date.parse(query.get('since') ?? '');
  const chosen = issue.pull.comments.filter(
    ({ reviewId, updatedAt }) =>
      (review === null || reviewId === review.id) && (Number.isNaN(since) || updatedAt >= since),
  );
  return paginate(ask, chosen, (comment) => showReviewComment(site, { repo, issue }, comment));
}

async function addComment(hub: Hub, ask: PullAsk, parentId: number | null): Promise<Reply> {
  const { repo, issue, body, actor, site } = ask;
  const missing = (field: string): Reply =>
    invalid({ resource: 'PullRequestReviewComment', code: 'missing_field', field });
  const parent = issue.pull.comments.find(({ id }) => id === parentId) ?? null;
  if (parentId !== null && parent === null) return notFound();
  const comment = readLineComment(body);
  if (comment.body === '') return missing('body');
  if (parent === null && comment.path === '') return missing('path');
  const sha = textOrNull(body, 'commit_id');
  if (parent === null && sha === null) return missing('commit_id');
  const made = addLineComment(hub, repo, { issue, by: actor, comment, review: null, parent, sha });
  return created(showReviewComment(site, { repo, issue }, made));
}

/** Routes of this topic. */
export const REVIEW_ROUTES: readonly Route[] = [
  pullRoute('GET', '/reviews', (_, ask) =>
    paginate(ask, ask.issue.pull.reviews, (review) => showReview(ask.site, ask, review)),
  ),
  pullRoute('POST', '/reviews', create, { readersMay: true }),
  pullRoute('GET', '/reviews/:review', (_, ask) => {
    const review = findReview(ask);
    return review === undefined ? notFound() : ok(showReview(ask.site, ask, review));
  }),
  pullRoute('GET', '/reviews/:review/comments', (_, ask) => {
    const review = findReview(ask);
    return review === undefined ? notFound() : listComments(ask, review);
  }),
  pullRoute('PUT', '/reviews/:review/dismissals', dismiss),
  pullRoute('GET', '/comments', (_, ask) => listComments(ask, null)),
  pullRoute(
    'POST',
    '/comments',
    (hub, ask) => {
      const parent = ask.body['in_reply_to'];
      return addComment(hub, ask, typeof parent === 'number' ? parent : null);
    },
    { readersMay: true },
  ),
  pullRoute(
    'POST',
    '/comments/:comment/replies',
    (hub, ask) => addComment(hub, ask, Number(ask.params['comment'])),
    { readersMay: true },
  ),
  repoRoute('PATCH', '/pulls/comments/:comment', (hub, { repo, params, body, site }) => {
    for (const issue of listPulls(repo)) {
      const comment = issue.pull.comments.find(({ id }) => id === Number(params['comment']));
      if (comment === undefined) continue;
      comment.body = asText(body['body']);
      comment.updatedAt = hub.now();
      return ok(showReviewComment(site, { repo, issue }, comment));
    }
    return notFound();
  }),
];
