// Merges pull requests, or puts them into GitHub's merge queue. What came of it is read back, whatever the answer was.
import { z } from 'zod';
import type { Oid } from '../../../core/model.ts';
import type { MergeMethod } from '../../../ports/forge.ts';
import { readAs } from './answers.ts';
import { readPull } from './pulls.ts';
import type { Room } from './room.ts';
import { ForgeError, giveUp } from './trouble.ts';

/** Merges the pull request if its head is `head`; gives the commit on its base. */
export async function mergePull(
  room: Room,
  wish: {
    readonly number: number;
    readonly head: Oid;
    readonly method: MergeMethod;
    readonly title: string;
    readonly message: string;
  },
): Promise<Oid> {
  const before = await findMerged(room, wish);
  if (before !== null) return before;
  try {
    await room.client.send('PUT', `${room.root}/pulls/${wish.number}/merge`, {
      sha: wish.head,
      merge_method: wish.method,
      commit_title: wish.title,
      commit_message: wish.message,
    });
  } catch (error) {
    if (!(error instanceof ForgeError) || error.failure.kind === 'rate-limited') throw error;
    const done = await findMerged(room, wish);
    if (done === null) throw error;
    return done;
  }
  const merged = await findMerged(room, wish);
  return merged ?? giveUp('environment', `GitHub merged #${wish.number}, and does not show it yet.`);
}

/** The commit it was merged as; null: it is open, with that head. */
async function findMerged(
  room: Room,
  { number, head }: { readonly number: number; readonly head: Oid },
): Promise<Oid | null> {
  const pull = await readPull(room, number);
  if (pull.head !== head)
    giveUp('refused', `The head of #${number} is ${pull.head.slice(0, 12)}, not ${head.slice(0, 12)}.`);
  switch (pull.state) {
    case 'open':
      return null;
    case 'merged':
      return pull.merged ?? giveUp('environment', `GitHub does not say what #${number} was merged as.`);
    case 'closed':
      return giveUp('refused', `Pull request #${number} was closed.`);
    default:
      throw new Error(`Internal error: unknown state ${pull.state satisfies never}`);
  }
}

const ENQUEUE = `mutation ($id: ID!, $head: GitObjectID!) {
  enqueuePullRequest(input: {pullRequestId: $id, expectedHeadOid: $head}) { mergeQueueEntry { id } }
}`;

const ENTRY = `query ($id: ID!) {
  node(id: $id) { ... on PullRequest { mergeQueueEntry { id } } }
}`;

const entryAnswer = z.object({
  node: z.object({ mergeQueueEntry: z.object({ id: z.string() }).nullish() }).nullish(),
});

/** Puts the pull request into the merge queue if its head is `head`. */
export async function enqueuePull(
  room: Room,
  wish: { readonly number: number; readonly head: Oid },
): Promise<void> {
  if ((await findMerged(room, wish)) !== null) return;
  const { nodeId } = await readPull(room, wish.number);
  const isIn = async (): Promise<boolean> => {
    const { data } = await room.client.graph(ENTRY, { id: nodeId });
    return readAs(entryAnswer, data).node?.mergeQueueEntry?.id !== undefined;
  };
  if (await isIn()) return;
  try {
    const { errors } = await room.client.graph(ENQUEUE, { id: nodeId, head: wish.head });
    const [first] = errors;
    if (first !== undefined) giveUp('refused', `GitHub refused: ${first.message}`);
  } catch (error) {
    if (!(error instanceof ForgeError) || error.failure.kind === 'rate-limited') throw error;
    if ((await isIn()) || (await findMerged(room, wish)) !== null) return;
    throw error;
  }
}
