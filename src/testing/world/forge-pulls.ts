// Pull requests of the world's forge for weft: found, opened, changed, closed, talked on. Knows no faults and no merging.
import { fail, ok } from '../../core/failure.ts';
import type { Forged, ForgePort, PullFound, PullWish, Remark } from '../../ports/forge.ts';
import { dequeue } from './forge-branches.ts';
import { seePull, urlOf } from './forge-standing.ts';
import {
  type ForgePull,
  type ForgeWorld,
  nextId,
  openPulls,
  STRANGER_LOGIN,
  WEFT_LOGIN,
} from './forge-store.ts';
import { isAncestorOf, mergeBaseOf } from './git-store.ts';

/** Finds the task's pull request or opens it. */
export function ensurePull(forge: ForgeWorld, wish: PullWish): Forged<PullFound> {
  const found = findPull(forge, wish);
  if (found !== null) return ok(asFound(found));
  const block = findOpeningBlock(forge, wish);
  if (block !== null) return refuse(block);
  return ok(asFound(openPull(forge, wish)));
}

/** The newest with the marker, the one that is open before all others; else one that is open for this branch. */
function findPull(forge: ForgeWorld, wish: PullWish): ForgePull | null {
  const ofBranch = [...forge.pulls.values()].reverse().filter(({ branch }) => branch === wish.branch);
  const marked = ofBranch.filter(({ body }) => body.includes(wish.marker));
  const open = ({ state }: ForgePull): boolean => state === 'open';
  const same = ofBranch.find((pull) => open(pull) && pull.base === wish.base);
  return marked.find(open) ?? marked[0] ?? same ?? null;
}

function findOpeningBlock(forge: ForgeWorld, { branch, base }: PullWish): string | null {
  const { branches, world } = forge;
  const [head, tip] = [branches.get(branch), branches.get(base)];
  if (head === undefined) return 'Validation Failed: head is invalid';
  if (tip === undefined) return 'Validation Failed: base is invalid';
  if (openPulls(forge).some((pull) => pull.branch === branch && pull.base === base))
    return `Validation Failed: A pull request already exists for ${branch}.`;
  if (isAncestorOf(world.git, head, tip))
    return `Validation Failed: No commits between ${base} and ${branch}`;
  return mergeBaseOf(world.git, head, tip) === null
    ? `Validation Failed: The ${branch} branch has no history in common with ${base}`
    : null;
}

function openPull(forge: ForgeWorld, wish: PullWish): ForgePull {
  const { marker, branch, base, title, body, isDraft } = wish;
  const head = forge.branches.get(branch);
  if (head === undefined) throw new Error('Internal error: a pull request of no branch');
  const number = forge.pulls.size + 1;
  const pull: ForgePull = {
    number,
    marker,
    branch,
    base,
    title,
    body: withMarker(body, marker),
    isDraft,
    state: 'open',
    head,
    merged: null,
    reviews: [],
    comments: [],
    talk: [],
    dequeued: null,
    asked: null,
  };
  forge.pulls.set(number, pull);
  forge.builds.push({ commit: head, branch });
  forge.ledger.opened.push({ number, marker, branch, base });
  // who looks where it is not up to date sees it as it was opened
  forge.weather.heard.set(number, { order: 0, seen: seePull(forge, pull) });
  return pull;
}

function withMarker(body: string, marker: string): string {
  return body === '' ? marker : `${body.trimEnd()}\n\n${marker}`;
}

function asFound({ number, state, head }: ForgePull): PullFound {
  return { number, url: urlOf(number), state, head };
}

function refuse(sentence: string): Forged<never> {
  return fail({ kind: 'refused', sentence: `The forge refused: ${sentence}` });
}

/** The pull request, or that it is gone. */
export function findNumber(forge: ForgeWorld, number: number): Forged<ForgePull> {
  const pull = forge.pulls.get(number);
  return pull === undefined ? fail({ kind: 'gone', sentence: `The forge shows no #${number}.` }) : ok(pull);
}

/** Changes an open pull request. */
export function updatePull(
  forge: ForgeWorld,
  { number, ...change }: Parameters<ForgePort['updatePull']>[0],
): Forged<void> {
  const found = findNumber(forge, number);
  if (!found.ok) return found;
  const { state } = found.value;
  if (state !== 'open') return refuse(`Pull request #${number} is ${state}.`);
  Object.assign(found.value, change);
  return ok(undefined);
}

/** Closes a pull request that is not over. */
export function closePull(forge: ForgeWorld, pull: ForgePull): void {
  if (pull.state !== 'open') return;
  dequeue(forge, pull, 'MANUAL');
  pull.state = 'closed';
}

/** Comments below a pull request, once for each marker. */
export function comment(forge: ForgeWorld, { number, marker, body }: Remark): Forged<void> {
  const found = findNumber(forge, number);
  if (!found.ok) return found;
  const { talk } = found.value;
  if (talk.some((each) => each.body.includes(marker))) return ok(undefined);
  talk.push({ id: nextId(forge), author: WEFT_LOGIN, isTrusted: true, body: withMarker(body, marker) });
  forge.ledger.said.push({ number, marker, comment: null });
  return ok(undefined);
}

/** Answers a comment on a line, once for each marker. */
export function reply(forge: ForgeWorld, remark: Remark & { readonly comment: number }): Forged<void> {
  const { number, marker, body } = remark;
  const found = findNumber(forge, number);
  if (!found.ok) return found;
  const { comments } = found.value;
  if (comments.some((each) => each.body.includes(marker))) return ok(undefined);
  const parent = comments.find(({ id }) => id === remark.comment);
  if (parent === undefined) return fail({ kind: 'gone', sentence: `There is no comment ${remark.comment}.` });
  addReply(forge, found.value, { to: parent.id, author: WEFT_LOGIN, body: withMarker(body, marker) });
  forge.ledger.said.push({ number, marker, comment: parent.id });
  return ok(undefined);
}

/** Adds an answer to a comment on a line; an answer to an answer belongs to the first comment. */
export function addReply(
  forge: ForgeWorld,
  { comments }: ForgePull,
  { to, author, body }: { readonly to: number; readonly author: string; readonly body: string },
): void {
  const parent = comments.find(({ id }) => id === to);
  if (parent === undefined) throw new Error(`Internal error: there is no comment ${to}`);
  const { path, line } = parent;
  const inReplyTo = parent.inReplyTo ?? parent.id;
  const isTrusted = author !== STRANGER_LOGIN;
  comments.push({ id: nextId(forge), path, line, author, isTrusted, body, inReplyTo, isResolved: false });
}
