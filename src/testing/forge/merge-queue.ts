// The merge queue of a repository: what waits, what it would land as, why it leaves. Knows no HTTP and no GraphQL.
import { listRefs, resolveCommit } from './bare-repo.ts';
import type { Hub } from './hub.ts';
import { finishMerge, integratePull, markMerged, moveRef, type Outcome, tellPull } from './pull-life.ts';
import { findStanding, listCheckStates, listUnmet } from './standing.ts';
import type { MergeQueue, PullIssue, QueueEntry, Repository, User } from './store.ts';

/** Folder of the references on which the queue has candidates checked. */
export const QUEUE_REFS = 'refs/heads/gh-readonly-queue/';

/** How an entry stands. */
export type EntryState = 'QUEUED' | 'AWAITING_CHECKS' | 'MERGEABLE' | 'UNMERGEABLE';

/** Says how an entry stands. */
export function readEntryState(repo: Repository, entry: QueueEntry): EntryState {
  if (entry.built === null) return 'QUEUED';
  const contexts = repo.protections.get(entry.issue.pull.baseRef)?.contexts ?? [];
  if (listFailed(repo, entry.built.sha, contexts).length > 0) return 'UNMERGEABLE';
  return listUnmet(repo, entry.built.sha, contexts).length === 0 ? 'MERGEABLE' : 'AWAITING_CHECKS';
}

function listFailed(repo: Repository, sha: string, contexts: readonly string[]): readonly string[] {
  const states = listCheckStates(repo, sha);
  return contexts.filter((context) => states.get(context) === 'failed');
}

/** Puts a pull request at the end of the queue of its base. */
export async function enqueue(
  hub: Hub,
  repo: Repository,
  { issue, by, sha }: { readonly issue: PullIssue; readonly by: User; readonly sha: string | null },
): Promise<Outcome<QueueEntry>> {
  const refuse = (message: string): Outcome<never> => ({ ok: false, status: 422, message });
  const { queue } = repo;
  const { pull } = issue;
  if (queue === null || queue.branch !== pull.baseRef) {
    return refuse('Merge queue is not enabled on the base branch.');
  }
  if (issue.state === 'closed') return refuse('Pull request is closed.');
  if (pull.draft) return refuse('Pull request is in draft state.');
  if (sha !== null && sha !== pull.headSha) return refuse('The head of the pull request has changed.');
  if (queue.entries.some((entry) => entry.issue === issue))
    return refuse('Pull request is already in the queue.');
  const standing = await findStanding(hub, repo, issue);
  if (standing.state === 'dirty') return refuse('Pull request has merge conflicts.');
  if (standing.block !== null && standing.state !== 'behind') return refuse(standing.block);
  const entry: QueueEntry = {
    id: hub.nextId(),
    issue,
    headSha: pull.headSha,
    user: by,
    at: hub.now(),
    built: null,
  };
  queue.entries.push(entry);
  await tellPull(hub, repo, { issue, action: 'enqueued', by });
  await advanceQueue(hub, repo);
  return { ok: true, value: entry };
}

/** Takes a pull request out of the queue and builds what was behind it anew; nothing happens when it is not in it. */
export async function dequeue(
  hub: Hub,
  repo: Repository,
  { issue, by, reason }: { readonly issue: PullIssue; readonly by: User; readonly reason: string },
): Promise<void> {
  const { queue } = repo;
  const entry = queue?.entries.find((each) => each.issue === issue);
  if (queue === null || entry === undefined) return;
  await remove(hub, repo, { queue, entry, by, reason });
  await advanceQueue(hub, repo);
}

async function remove(
  hub: Hub,
  repo: Repository,
  what: {
    readonly queue: MergeQueue;
    readonly entry: QueueEntry;
    readonly by: User;
    readonly reason: string;
  },
): Promise<void> {
  const { queue, entry, by, reason } = what;
  const at = queue.entries.indexOf(entry);
  const behind = queue.entries.slice(at);
  queue.entries.splice(at, 1);
  for (const each of behind) await unbuild(hub, repo, { entry: each, reason: 'dequeued' });
  entry.issue.pull.dequeues.push({ reason, at: hub.now() });
  await tellPull(hub, repo, { issue: entry.issue, action: 'dequeued', by, more: { reason } });
}

async function unbuild(
  hub: Hub,
  repo: Repository,
  { entry, reason }: { readonly entry: QueueEntry; readonly reason: string },
): Promise<void> {
  const { built } = entry;
  if (built === null) return;
  entry.built = null;
  tellGroup(hub, repo, { entry, built, action: 'destroyed', reason });
  await moveRef(hub, repo, { ref: built.ref, from: built.sha, to: null, by: entry.user });
}

function tellGroup(
  hub: Hub,
  repo: Repository,
  what: {
    readonly entry: QueueEntry;
    readonly built: NonNullable<QueueEntry['built']>;
    readonly action: 'checks_requested' | 'destroyed';
    readonly reason?: string;
  },
): void {
  const { built, entry } = what;
  const group = {
    head_sha: built.sha,
    head_ref: built.ref,
    base_sha: built.base,
    base_ref: `refs/heads/${entry.issue.pull.baseRef}`,
  };
  const payload = { action: what.action, reason: what.reason ?? null, merge_group: group };
  hub.tell({ repo, event: 'merge_group', sender: entry.user, payload });
}

/** Does all that the queue can do now: builds candidates, lands what has passed, removes what has failed. */
export async function advanceQueue(hub: Hub, repo: Repository): Promise<void> {
  const { queue } = repo;
  if (queue === null) return;
  for (let rounds = 0; queue.entries.length > 0; rounds += 1) {
    if (rounds > 1000) throw new Error('Internal error: the merge queue does not come to rest');
    if (!(await step(hub, repo, queue))) return;
  }
}

/** Does one thing; false: there is nothing to do. */
async function step(hub: Hub, repo: Repository, queue: MergeQueue): Promise<boolean> {
  const tip = await resolveCommit(repo.path, `refs/heads/${queue.branch}`);
  if (tip === null) return false;
  let below = tip;
  for (const entry of queue.entries) {
    if (entry.built !== null && entry.built.base !== below) {
      await unbuild(hub, repo, { entry, reason: 'invalidated' });
    }
    const built = entry.built ?? (await build(hub, repo, { queue, entry, below }));
    if (built === null) {
      await remove(hub, repo, { queue, entry, by: entry.user, reason: 'MERGE_CONFLICT' });
      return true;
    }
    below = built.sha;
  }
  const bad = queue.entries.find((entry) => readEntryState(repo, entry) === 'UNMERGEABLE');
  const [first] = queue.entries;
  if (first !== undefined && readEntryState(repo, first) === 'MERGEABLE') {
    await land(hub, repo, { queue, entry: first });
    return true;
  }
  if (bad === undefined) return false;
  await remove(hub, repo, { queue, entry: bad, by: bad.user, reason: 'FAILED_CHECKS' });
  return true;
}

async function build(
  hub: Hub,
  repo: Repository,
  what: { readonly queue: MergeQueue; readonly entry: QueueEntry; readonly below: string },
): Promise<QueueEntry['built']> {
  const { queue, entry, below } = what;
  const { issue, user } = entry;
  const how = { issue, by: user, method: queue.method, title: null, message: null, base: below };
  const sha = await integratePull(hub, repo, how);
  if (sha === null) return null;
  const ref = `${QUEUE_REFS}${queue.branch}/pr-${issue.number}-${below}`;
  entry.built = { sha, base: below, ref };
  const known = await listRefs(repo.path, ref);
  await moveRef(hub, repo, { ref, from: known.get(ref) ?? null, to: sha, by: user });
  tellGroup(hub, repo, { entry, built: entry.built, action: 'checks_requested' });
  return entry.built;
}

async function land(
  hub: Hub,
  repo: Repository,
  { queue, entry }: { readonly queue: MergeQueue; readonly entry: QueueEntry },
): Promise<void> {
  const { issue, user, built } = entry;
  if (built === null) throw new Error('Internal error: an entry lands that was not built');
  queue.entries.splice(queue.entries.indexOf(entry), 1);
  markMerged(hub, { issue, by: user, sha: built.sha, base: built.base });
  const ref = `refs/heads/${queue.branch}`;
  await moveRef(hub, repo, { ref, from: built.base, to: built.sha, by: user });
  await unbuild(hub, repo, { entry, reason: 'merged' });
  await finishMerge(hub, repo, issue);
}
