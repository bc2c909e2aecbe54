// What follows when a reference has moved: for pull requests, the merge queue, webhooks and CI. Moves nothing by itself.
import { isAncestor, updateRef } from './bare-repo.ts';
import { startBuild } from './checks.ts';
import type { Hub, RefChange } from './hub.ts';
import { advanceQueue, dequeue, QUEUE_REFS } from './merge-queue.ts';
import { closeIssue, finishMerge, markMerged, tellPull } from './pull-life.ts';
import { listPulls, type PullIssue, type Repository } from './store.ts';

const ZERO = '0'.repeat(40);
const BRANCH = 'refs/heads/';

/** Draws the consequences of a reference that has moved. */
export async function followRefChange(hub: Hub, repo: Repository, change: RefChange): Promise<void> {
  const { ref, from, to, by } = change;
  if (!ref.startsWith(BRANCH)) return;
  hub.tell({
    repo,
    event: 'push',
    sender: by,
    payload: {
      ref,
      before: from ?? ZERO,
      after: to ?? ZERO,
      created: from === null,
      deleted: to === null,
      pusher: { name: by.login },
    },
  });
  if (to !== null) startBuild(hub, repo, { ref, sha: to, by });
  if (ref.startsWith(QUEUE_REFS)) return;
  const branch = ref.slice(BRANCH.length);
  if (to === null) for (const { pull } of listPulls(repo)) if (pull.baseRef === branch) pull.lastBase = from;
  const open = listPulls(repo).filter(({ state }) => state === 'open');
  for (const issue of open.filter(({ pull }) => pull.headRef === branch)) {
    if (to === null) await abandon(hub, repo, { issue, change });
    else await followHead(hub, repo, { issue, change, head: to });
  }
  for (const issue of open.filter(({ pull, state }) => pull.baseRef === branch && state === 'open')) {
    if (to === null) await abandon(hub, repo, { issue, change });
    else await followBase(hub, repo, { issue, change, base: to });
  }
  if (repo.queue?.branch === branch) await advanceQueue(hub, repo);
}

async function abandon(
  hub: Hub,
  repo: Repository,
  { issue, change }: { readonly issue: PullIssue; readonly change: RefChange },
): Promise<void> {
  await dequeue(hub, repo, { issue, by: change.by, reason: 'BRANCH_DELETED' });
  await closeIssue(hub, repo, { issue, by: change.by });
}

async function followHead(
  hub: Hub,
  repo: Repository,
  { issue, change, head }: { readonly issue: PullIssue; readonly change: RefChange; readonly head: string },
): Promise<void> {
  const { pull } = issue;
  const before = pull.headSha;
  pull.headSha = head;
  issue.updatedAt = hub.now();
  await updateRef(repo.path, { ref: `refs/pull/${issue.number}/head`, to: head });
  await dequeue(hub, repo, { issue, by: change.by, reason: 'HEAD_CHANGED' });
  if (repo.protections.get(pull.baseRef)?.dismissStale === true) {
    for (const review of pull.reviews) if (review.state === 'APPROVED') review.state = 'DISMISSED';
  }
  await tellPull(hub, repo, { issue, action: 'synchronize', by: change.by, more: { before, after: head } });
  const isEmpty = await isAncestor(repo.path, { older: head, newer: `${BRANCH}${pull.baseRef}` });
  if (isEmpty) await closeIssue(hub, repo, { issue, by: change.by });
}

/** A pull request whose head its base has got otherwise counts as merged. */
async function followBase(
  hub: Hub,
  repo: Repository,
  { issue, change, base }: { readonly issue: PullIssue; readonly change: RefChange; readonly base: string },
): Promise<void> {
  const { pull } = issue;
  if (!(await isAncestor(repo.path, { older: pull.headSha, newer: base }))) return;
  await dequeue(hub, repo, { issue, by: change.by, reason: 'MERGED' });
  markMerged(hub, { issue, by: change.by, sha: base, base: change.from ?? base });
  await finishMerge(hub, repo, issue);
}
