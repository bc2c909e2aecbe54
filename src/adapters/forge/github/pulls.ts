// Opens, finds, changes and closes pull requests. Each call looks first, and again when an answer was lost.
import { z } from 'zod';
import type { PullFound, PullListed, PullWish } from '../../../ports/forge.ts';
import { asFound, type PullAnswer, pullAnswer, readAs, sha } from './answers.ts';
import { type Room, read, readAll } from './room.ts';
import { ForgeError, giveUp, isInDoubt } from './trouble.ts';

/** Finds the task's pull request or opens it. */
export async function ensurePull(room: Room, wish: PullWish): Promise<PullFound> {
  const found = await findPull(room, wish);
  if (found !== null) return asFound(found);
  try {
    return asFound(await openPull(room, wish, wish.isDraft));
  } catch (error) {
    if (!(isInDoubt(error) || saysExists(error))) throw error;
    const made = await findPull(room, wish);
    if (made === null) throw error;
    return asFound(made);
  }
}

/** The pull request with the marker, the one that is not over before all others; else one that is open for this branch. */
async function findPull(room: Room, wish: PullWish): Promise<PullAnswer | null> {
  const head = encodeURIComponent(`${room.place.owner}:${wish.branch}`);
  const list = await readAll(room, `/pulls?state=all&head=${head}`, z.array(pullAnswer));
  // hosts that do not know the filter give all
  const ofBranch = list.filter(({ branch }) => branch === wish.branch);
  const marked = ofBranch.filter(({ body }) => body.includes(wish.marker));
  const open = ({ state }: PullAnswer): boolean => state === 'open';
  const isSame = (pull: PullAnswer): boolean => open(pull) && pull.base === wish.base;
  return marked.find(open) ?? marked[0] ?? ofBranch.find(isSame) ?? null;
}

async function openPull(room: Room, wish: PullWish, isDraft: boolean): Promise<PullAnswer> {
  const { title, branch, base } = wish;
  const body = withMarker(wish.body, wish.marker);
  try {
    const made = await room.client.send('POST', `${room.root}/pulls`, {
      title,
      head: branch,
      base,
      body,
      draft: isDraft,
    });
    return readAs(pullAnswer, made);
  } catch (error) {
    if (!(isDraft && isRefusal(error, /draft pull requests are not supported/i))) throw error;
    return openPull(room, wish, false);
  }
}

function withMarker(body: string, marker: string): string {
  return body === '' ? marker : `${body.trimEnd()}\n\n${marker}`;
}

function saysExists(error: unknown): boolean {
  return isRefusal(error, /already exists/i);
}

/** Tells whether GitHub refused, in words like these. */
function isRefusal(error: unknown, words: RegExp): boolean {
  return (
    error instanceof ForgeError && error.failure.kind === 'refused' && words.test(error.failure.sentence)
  );
}

/** Reads one pull request. */
export function readPull(room: Room, number: number): Promise<PullAnswer> {
  return read(room, `/pulls/${number}`, pullAnswer);
}

const ofRepository = z.object({ id: z.number() }).nullish();

const listedAnswer = z
  .object({
    number: z.number(),
    body: z.string().nullish(),
    updated_at: z.string(),
    head: z.object({ ref: z.string(), sha, repo: ofRepository }),
    base: z.object({ ref: z.string(), repo: ofRepository }),
  })
  .transform(({ number, body, updated_at, head, base }) => ({
    // a fork that is gone is none of ours
    isOwn: head.repo != null && head.repo.id === base.repo?.id,
    listed: {
      ...{ number, body: body ?? '', branch: head.ref, base: base.ref, head: head.sha },
      changedAt: Date.parse(updated_at) || 0,
    } satisfies PullListed,
  }));

/** Lists open pull requests of the repository's own branches, oldest first. */
export async function listOpen(room: Room): Promise<readonly PullListed[]> {
  const all = await readAll(room, '/pulls?state=open&sort=created&direction=asc', z.array(listedAnswer));
  return all.filter(({ isOwn }) => isOwn).map(({ listed }) => listed);
}

/** Brings an open pull request to a title, a body, a base, and whether it is a draft. */
export async function updatePull(
  room: Room,
  wish: {
    readonly number: number;
    readonly base?: string;
    readonly title?: string;
    readonly body?: string;
    readonly isDraft?: boolean;
  },
): Promise<void> {
  const pull = await readPull(room, wish.number);
  if (pull.state !== 'open') giveUp('refused', `Pull request #${wish.number} is ${pull.state}.`);
  const change = {
    ...(wish.title === undefined || wish.title === pull.title ? {} : { title: wish.title }),
    ...(wish.body === undefined || isSameText(wish.body, pull.body) ? {} : { body: wish.body }),
    ...(wish.base === undefined || wish.base === pull.base ? {} : { base: wish.base }),
  };
  if (Object.keys(change).length > 0)
    await room.client.send('PATCH', `${room.root}/pulls/${wish.number}`, change);
  if (wish.isDraft === undefined || wish.isDraft === pull.isDraft) return;
  await setDraft(room, pull, wish.isDraft);
}

/** GitHub gives back texts with the line ends of forms. */
function isSameText(one: string, other: string): boolean {
  const plain = (text: string): string => text.replace(/\r\n/g, '\n').trimEnd();
  return plain(one) === plain(other);
}

async function setDraft(room: Room, { number, nodeId }: PullAnswer, isDraft: boolean): Promise<void> {
  const name = isDraft ? 'convertPullRequestToDraft' : 'markPullRequestReadyForReview';
  const document = `mutation ($id: ID!) { ${name}(input: {pullRequestId: $id}) { clientMutationId } }`;
  let refusal: string | undefined;
  try {
    refusal = (await room.client.graph(document, { id: nodeId })).errors[0]?.message;
  } catch (error) {
    if (!isInDoubt(error)) throw error;
    if ((await readPull(room, number)).isDraft === isDraft) return;
    throw error;
  }
  if (refusal === undefined || (await readPull(room, number)).isDraft === isDraft) return;
  giveUp('refused', `GitHub refused: ${refusal}`);
}

/** Closes a pull request that is not over. */
export async function closePull(room: Room, number: number): Promise<void> {
  if ((await readPull(room, number)).state !== 'open') return;
  await room.client.send('PATCH', `${room.root}/pulls/${number}`, { state: 'closed' });
}
