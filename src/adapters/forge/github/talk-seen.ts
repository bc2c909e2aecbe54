// What people have said of pull requests, and where they are in the merge queue: one question of GraphQL for many.
import { z } from 'zod';
import type { ForgeReview, LineComment, PullSeen, QueueEntry, TalkComment } from '../../../ports/forge.ts';
import { author, shaOrNull } from './answers.ts';
import { readNumbered } from './numbered.ts';
import type { Room } from './room.ts';

/** The part of a pull request that REST does not tell. */
export type Talk = Pick<PullSeen, 'decision' | 'reviews' | 'comments' | 'talk' | 'queue' | 'dequeued'>;

const MAX_COMMENTS = 500;

const PARTS = `fragment Talk on PullRequest {
  reviewDecision
  reviews(last: 50) { nodes { databaseId state body author { login } authorAssociation commit { oid } } }
  reviewThreads(last: 100) {
    nodes {
      isResolved path line
      comments(first: 30) { nodes { databaseId body author { login } authorAssociation replyTo { databaseId } } }
    }
  }
  comments(last: 50) { nodes { databaseId body author { login } authorAssociation } }
  mergeQueueEntry { state position }
  timelineItems(last: 1, itemTypes: [REMOVED_FROM_MERGE_QUEUE_EVENT]) {
    nodes { ... on RemovedFromMergeQueueEvent { reason } }
  }
}`;

/** Reads what people said of these pull requests; one that is gone is not in the answer. */
export async function readTalk(room: Room, numbers: readonly number[]): Promise<ReadonlyMap<number, Talk>> {
  return readNumbered(room, numbers, {
    kind: 'pullRequest',
    part: 'Talk',
    fragment: PARTS,
    schema: talkAnswer,
  });
}

const DECISIONS = {
  APPROVED: 'approved',
  CHANGES_REQUESTED: 'changes-requested',
  REVIEW_REQUIRED: 'review-required',
} as const;

const REVIEWS = {
  APPROVED: 'approved',
  CHANGES_REQUESTED: 'changes-requested',
  COMMENTED: 'commented',
  DISMISSED: 'dismissed',
  PENDING: 'pending',
} as const;

const ENTRIES = {
  QUEUED: 'queued',
  AWAITING_CHECKS: 'awaiting-checks',
  MERGEABLE: 'mergeable',
  UNMERGEABLE: 'unmergeable',
  LOCKED: 'locked',
} as const;

/** Who may write to the repository, as far as GitHub says it of a remark. */
const TRUSTED: ReadonlySet<string> = new Set(['OWNER', 'MEMBER', 'COLLABORATOR']);

const association = z.string().transform((word) => TRUSTED.has(word));

const review = z
  .object({
    databaseId: z.number(),
    state: z.enum(['APPROVED', 'CHANGES_REQUESTED', 'COMMENTED', 'DISMISSED', 'PENDING']),
    body: z.string(),
    author,
    authorAssociation: association,
    commit: z.object({ oid: shaOrNull }).nullish(),
  })
  .transform(
    ({ databaseId, state, body, author: by, authorAssociation, commit }): ForgeReview => ({
      id: databaseId,
      author: by,
      isTrusted: authorAssociation,
      state: REVIEWS[state],
      body,
      commit: commit?.oid ?? null,
    }),
  );

const said = z.object({
  databaseId: z.number(),
  body: z.string(),
  author,
  authorAssociation: association,
  replyTo: z.object({ databaseId: z.number() }).nullish(),
});

const thread = z
  .object({
    isResolved: z.boolean(),
    path: z.string(),
    line: z.number().nullish(),
    comments: z.object({ nodes: z.array(said) }),
  })
  .transform(({ isResolved, path, line, comments }): readonly LineComment[] =>
    isResolved
      ? []
      : comments.nodes.map((each) => ({
          id: each.databaseId,
          path,
          line: line ?? null,
          author: each.author,
          isTrusted: each.authorAssociation,
          body: each.body,
          inReplyTo: each.replyTo?.databaseId ?? null,
        })),
  );

const comment = said.transform(
  ({ databaseId, body, author: by, authorAssociation }): TalkComment => ({
    ...{ id: databaseId, author: by, isTrusted: authorAssociation, body },
  }),
);

const entry = z
  .object({
    state: z.enum(['QUEUED', 'AWAITING_CHECKS', 'MERGEABLE', 'UNMERGEABLE', 'LOCKED']),
    position: z.number(),
  })
  .transform(({ state, position }): QueueEntry => ({ state: ENTRIES[state], position }));

const talkAnswer: z.ZodType<Talk> = z
  .object({
    reviewDecision: z.enum(['APPROVED', 'CHANGES_REQUESTED', 'REVIEW_REQUIRED']).nullish(),
    reviews: z.object({ nodes: z.array(review) }),
    reviewThreads: z.object({ nodes: z.array(thread) }),
    comments: z.object({ nodes: z.array(comment) }),
    mergeQueueEntry: entry.nullish(),
    timelineItems: z.object({ nodes: z.array(z.object({ reason: z.string().nullish() })) }),
  })
  .transform(
    (pull): Talk => ({
      decision: pull.reviewDecision ? DECISIONS[pull.reviewDecision] : null,
      reviews: pull.reviews.nodes,
      comments: pull.reviewThreads.nodes.flat().slice(-MAX_COMMENTS),
      talk: pull.comments.nodes,
      queue: pull.mergeQueueEntry ?? null,
      dequeued: pull.timelineItems.nodes.at(-1)?.reason ?? null,
    }),
  );
