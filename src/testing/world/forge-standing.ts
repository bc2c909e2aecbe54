// How pull requests stand at the forge of the world: checks, reviews, whether they merge, what rules forbid. Moves nothing.
import { joinChecks } from '../../adapters/forge/github/checks.ts';
import type { Oid } from '../../core/model.ts';
import type { Check, CheckState } from '../../core/pull.ts';
import type { ForgeReview, PullSeen, QueueEntry } from '../../ports/forge.ts';
import { type ForgePull, type ForgeWorld, protectionOf, type QueuePlace } from './forge-store.ts';
import { filesOf, isAncestorOf, mergeBaseOf, mergeTrees, type Tree } from './git-store.ts';

/** Where the pages of the forge are. */
const PAGES = 'https://forge.test/acme/shop';

/** Checks of a commit, beside those that are required. */
export function listChecks(
  { reports }: ForgeWorld,
  { commit, required }: { readonly commit: Oid; readonly required: readonly string[] },
): readonly Check[] {
  const known = [...(reports.get(commit)?.values() ?? [])].map(({ id, name, state, summary }) => ({
    id,
    name,
    state,
    summary,
    url: `${PAGES}/checks/${id}`,
  }));
  return joinChecks(known, required);
}

function isPassed(state: CheckState): boolean {
  return state === 'success' || state === 'neutral' || state === 'skipped';
}

/** What the reviews of a pull request amount to; null: none is required. */
export function decideReview(forge: ForgeWorld, pull: ForgePull): PullSeen['decision'] {
  const required = protectionOf(forge, pull.base)?.approvals ?? 0;
  if (required === 0) return null;
  const states = listOpinions(pull);
  if (states.includes('changes-requested')) return 'changes-requested';
  return states.filter((state) => state === 'approved').length >= required ? 'approved' : 'review-required';
}

/** What everybody who counts said last, without mere comments. */
function listOpinions({ reviews }: ForgePull): readonly ForgeReview['state'][] {
  const counting = reviews.filter(({ state, isTrusted }) => isTrusted && state !== 'commented');
  return [...new Map(counting.map(({ author, state }) => [author, state])).values()];
}

/** Tells whether somebody who counts wants changes, whether reviews are required or not. */
export function isRefused(pull: ForgePull): boolean {
  return listOpinions(pull).includes('changes-requested');
}

/** Merges the head of a pull request with a commit of its base; null: they conflict. */
export function mergeSides(
  { world: { git } }: ForgeWorld,
  { head, base }: { readonly head: Oid; readonly base: Oid },
): Tree | null {
  const below = mergeBaseOf(git, base, head);
  const { files, conflicts } = mergeTrees({
    base: below === null ? new Map() : filesOf(git, below),
    ours: filesOf(git, base),
    theirs: filesOf(git, head),
  });
  return conflicts.length === 0 ? files : null;
}

/** Says what the rules of its base have against merging a pull request; null: nothing. */
export function findBlock(forge: ForgeWorld, pull: ForgePull): string | null {
  const rules = protectionOf(forge, pull.base);
  if (rules === null) return null;
  const decision = decideReview(forge, pull);
  if (decision === 'changes-requested') return 'Changes were requested by a reviewer with write access.';
  if (decision === 'review-required') return `At least ${rules.approvals} approving review is required.`;
  const checks = listChecks(forge, { commit: pull.head, required: rules.requiredChecks });
  const unmet = checks.find(({ isRequired, state }) => isRequired && !isPassed(state));
  if (unmet === undefined) return null;
  const how = unmet.state === 'absent' ? 'expected' : unmet.state === 'pending' ? 'pending' : 'failing';
  return `Required status check "${unmet.name}" is ${how}.`;
}

/** Tells whether a pull request lacks commits of its base although the rules want them. */
export function isBehind(forge: ForgeWorld, pull: ForgePull): boolean {
  const tip = forge.branches.get(pull.base);
  if (tip === undefined || protectionOf(forge, pull.base)?.isStrict !== true) return false;
  return !isAncestorOf(forge.world.git, tip, pull.head);
}

/** How a place in the merge queue stands. */
export function stateOfPlace(forge: ForgeWorld, { pull, built }: QueuePlace): QueueEntry['state'] {
  if (built === null) return 'queued';
  const required = protectionOf(forge, pull.base)?.requiredChecks ?? [];
  const states = listChecks(forge, { commit: built.commit, required })
    .filter(({ isRequired }) => isRequired)
    .map(({ state }) => state);
  if (states.includes('failure')) return 'unmergeable';
  return states.every(isPassed) ? 'mergeable' : 'awaiting-checks';
}

/** Comments below a pull request that are told. */
const MAX_TALK = 50;

/** All that is to be seen of a pull request now; the first look at its sides only starts the test whether they merge. */
export function seePull(forge: ForgeWorld, pull: ForgePull): PullSeen {
  const { number, title, body, branch, base, isDraft, state, head, merged, reviews, dequeued } = pull;
  const required = protectionOf(forge, base)?.requiredChecks ?? [];
  const at = forge.queue.findIndex((place) => place.pull === pull);
  const place = forge.queue[at];
  return {
    number,
    url: urlOf(number),
    state,
    head,
    title,
    body,
    branch,
    base,
    isDraft,
    isMergeable: askMergeable(forge, pull),
    merged,
    checks: listChecks(forge, { commit: head, required }),
    decision: decideReview(forge, pull),
    reviews: [...reviews],
    comments: listThreads(pull),
    talk: pull.talk.slice(-MAX_TALK),
    queue: place === undefined ? null : { state: stateOfPlace(forge, place), position: at + 1 },
    dequeued,
  };
}

/** Address of a pull request. */
export function urlOf(number: number): string {
  return `${PAGES}/pull/${number}`;
}

function askMergeable(forge: ForgeWorld, pull: ForgePull): boolean | null {
  const { world, branches, setup } = forge;
  const base = branches.get(pull.base);
  if (pull.state !== 'open' || base === undefined) return null;
  const { head, asked } = pull;
  if (asked === null || asked.base !== base || asked.head !== head) {
    pull.asked = { head, base, atMs: world.monoMs };
    return null;
  }
  return world.monoMs < asked.atMs + setup.mergeableAfterMs ? null : mergeSides(forge, asked) !== null;
}

function listThreads({ comments }: ForgePull): PullSeen['comments'] {
  return comments
    .filter(({ inReplyTo, isResolved }) => inReplyTo === null && !isResolved)
    .flatMap((first) => [first, ...comments.filter(({ inReplyTo }) => inReplyTo === first.id)])
    .map(({ isResolved: _, ...comment }) => comment);
}
