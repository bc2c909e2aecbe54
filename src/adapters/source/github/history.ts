// Who wrote and changed the texts of issues, who put them where the run finds them, what was said: one question for many.
import { z } from 'zod';
import { readNumbered } from '../../forge/github/numbered.ts';
import type { Room } from '../../forge/github/room.ts';

/** Something that somebody did, ms since 1970 of whole seconds. */
export interface Deed {
  readonly by: string;
  readonly at: number;
}

/** By which act an issue came where a run finds it. */
export interface Placing extends Deed {
  readonly as: 'label' | 'milestone' | 'assignee';
  readonly name: string;
}

/** A comment below an issue. */
export interface Comment extends Deed {
  readonly body: string;
}

/** What is known of an issue's past. */
export interface History {
  /** Changes of title and body after it was opened. */
  readonly edits: readonly Deed[];
  readonly placings: readonly Placing[];
  /** Before this moment something may have happened that is not here; 0: all is here. */
  readonly since: number;
  /** The last ones, oldest first. */
  readonly comments: readonly Comment[];
}

const PARTS = `fragment Past on Issue {
  createdAt
  userContentEdits(first: 100) {
    pageInfo { hasNextPage }
    nodes { editedAt editor { __typename login } }
  }
  timelineItems(last: 100, itemTypes: [LABELED_EVENT, MILESTONED_EVENT, ASSIGNED_EVENT, RENAMED_TITLE_EVENT]) {
    pageInfo { hasPreviousPage }
    nodes {
      __typename
      ... on LabeledEvent { createdAt actor { __typename login } label { name } }
      ... on MilestonedEvent { createdAt actor { __typename login } milestoneTitle }
      ... on AssignedEvent { createdAt actor { __typename login } assignee { ... on User { login } } }
      ... on RenamedTitleEvent { createdAt actor { __typename login } }
    }
  }
  comments(last: 20) { nodes { createdAt body isMinimized author { __typename login } } }
}`;

/** Reads the past of these issues; one that is gone is not in the answer. Throws `ForgeError`. */
export async function readHistories(
  room: Room,
  numbers: readonly number[],
): Promise<ReadonlyMap<number, History>> {
  return readNumbered(room, numbers, { kind: 'issue', part: 'Past', fragment: PARTS, schema: pastAnswer });
}

const time = z.string().transform((text) => Date.parse(text) || 0);

/** REST calls programs by another name than GraphQL; it is REST that is asked who may write. */
const actor = z
  .object({ __typename: z.string(), login: z.string() })
  .nullish()
  .transform((who) => (who == null ? 'ghost' : who.__typename === 'Bot' ? `${who.login}[bot]` : who.login));

const event = z.object({
  __typename: z.string(),
  createdAt: time,
  actor,
  label: z.object({ name: z.string() }).nullish(),
  milestoneTitle: z.string().nullish(),
  assignee: z.object({ login: z.string().optional() }).nullish(),
});

function placingOf(it: z.infer<typeof event>): Placing | null {
  const deed = { by: it.actor, at: it.createdAt };
  if (it.label != null) return { ...deed, as: 'label', name: it.label.name };
  if (it.milestoneTitle != null) return { ...deed, as: 'milestone', name: it.milestoneTitle };
  if (it.assignee?.login !== undefined) return { ...deed, as: 'assignee', name: it.assignee.login };
  return null;
}

const pastAnswer: z.ZodType<History> = z
  .object({
    createdAt: time,
    userContentEdits: z
      .object({
        pageInfo: z.object({ hasNextPage: z.boolean() }),
        nodes: z.array(z.object({ editedAt: time, editor: actor })),
      })
      .nullish(),
    timelineItems: z.object({
      pageInfo: z.object({ hasPreviousPage: z.boolean() }),
      nodes: z.array(event),
    }),
    comments: z.object({
      nodes: z.array(
        z.object({
          createdAt: time,
          body: z.string(),
          isMinimized: z.boolean().default(false),
          author: actor,
        }),
      ),
    }),
  })
  .transform(({ createdAt, userContentEdits, timelineItems, comments }): History => {
    const written =
      userContentEdits?.nodes.map(({ editor, editedAt }) => ({ by: editor, at: editedAt })) ?? [];
    const events = timelineItems.nodes;
    const isCut = userContentEdits?.pageInfo.hasNextPage === true;
    return {
      // the text it was opened with is told as an edit too
      edits: [...written.filter(({ at }) => at !== createdAt), ...events.flatMap(renameOf)],
      placings: events.flatMap((each) => placingOf(each) ?? []),
      since: Math.max(
        isCut ? Math.min(...written.map(({ at }) => at)) : 0,
        timelineItems.pageInfo.hasPreviousPage ? Math.min(...events.map((each) => each.createdAt)) : 0,
      ),
      comments: comments.nodes.flatMap(({ author, createdAt: at, body, isMinimized }) =>
        isMinimized ? [] : [{ by: author, at, body }],
      ),
    };
  });

function renameOf(it: z.infer<typeof event>): readonly Deed[] {
  return it.__typename === 'RenamedTitleEvent' ? [{ by: it.actor, at: it.createdAt }] : [];
}
