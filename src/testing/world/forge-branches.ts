// Branches of the world's forge move, and pull requests follow: they get heads, are merged, closed, leave the queue.
import type { Oid } from '../../core/model.ts';
import type { Merging } from './forge-ledger.ts';
import { type ForgePull, type ForgeWorld, openPulls, protectionOf } from './forge-store.ts';
import { isAncestorOf } from './git-store.ts';

/** Moves a branch (null: deletes it) and draws the consequences for pull requests. */
export function moveBranch(
  forge: ForgeWorld,
  { branch, to, by }: { readonly branch: string; readonly to: Oid | null; readonly by: string },
): void {
  const { branches } = forge;
  if (to === null) branches.delete(branch);
  else branches.set(branch, to);
  for (const pull of openPulls(forge).filter((each) => each.branch === branch)) {
    if (to === null) abandon(forge, pull);
    else followHead(forge, pull, to);
  }
  for (const pull of openPulls(forge).filter((each) => each.base === branch)) {
    if (to === null) abandon(forge, pull);
    else followBase(forge, pull, { tip: to, by });
  }
}

function abandon(forge: ForgeWorld, pull: ForgePull): void {
  dequeue(forge, pull, 'BRANCH_DELETED');
  pull.state = 'closed';
}

function followHead(forge: ForgeWorld, pull: ForgePull, head: Oid): void {
  if (pull.head === head) return;
  pull.head = head;
  dequeue(forge, pull, 'HEAD_CHANGED');
  if (protectionOf(forge, pull.base)?.dismissStale === true) dismissApprovals(pull);
  const base = forge.branches.get(pull.base);
  if (base !== undefined && isAncestorOf(forge.world.git, head, base)) pull.state = 'closed';
  else forge.builds.push({ commit: head, branch: pull.branch });
}

function dismissApprovals({ reviews }: ForgePull): void {
  for (const [at, review] of reviews.entries())
    if (review.state === 'approved') reviews[at] = { ...review, state: 'dismissed' };
}

/** A pull request whose head its base has got otherwise counts as merged. */
function followBase(
  forge: ForgeWorld,
  pull: ForgePull,
  { tip, by }: { readonly tip: Oid; readonly by: string },
): void {
  if (!isAncestorOf(forge.world.git, pull.head, tip)) return;
  dequeue(forge, pull, 'MERGED');
  noteMerged(forge, pull, { commit: tip, how: 'push', by, title: '', message: '' });
  finishMerge(forge, pull);
}

/** How a pull request is brought onto its base, and as which commit. */
export type Landing = Omit<Merging, 'number' | 'marker' | 'head'>;

/** Moves the base to the commit that a pull request is merged as. */
export function landPull(forge: ForgeWorld, pull: ForgePull, landing: Landing): void {
  noteMerged(forge, pull, landing);
  moveBranch(forge, { branch: pull.base, to: landing.commit, by: landing.by });
  finishMerge(forge, pull);
}

function noteMerged(forge: ForgeWorld, pull: ForgePull, landing: Landing): void {
  pull.state = 'merged';
  pull.merged = landing.commit;
  const { number, marker, head } = pull;
  forge.ledger.merged.push({ number, marker, head, ...landing });
}

/** Deletes the branch where that is wished; what was stacked on it goes to where it went. */
function finishMerge(forge: ForgeWorld, { branch, base }: ForgePull): void {
  if (!forge.setup.deletesMerged || branch === forge.defaultBranch || !forge.branches.has(branch)) return;
  for (const other of openPulls(forge)) if (other.base === branch) other.base = base;
  moveBranch(forge, { branch, to: null, by: 'forge' });
}

/** Takes a pull request out of the merge queue; what was behind it is to be built anew. */
export function dequeue({ queue }: ForgeWorld, pull: ForgePull, reason: string): void {
  const at = queue.findIndex((place) => place.pull === pull);
  if (at === -1) return;
  queue.splice(at, 1);
  for (const place of queue.slice(at)) place.built = null;
  pull.dequeued = reason;
}
