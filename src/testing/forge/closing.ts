// Closing what is open: whatever somebody closes leaves the merge queue first. Knows no HTTP.
import type { Hub } from './hub.ts';
import { dequeue } from './merge-queue.ts';
import { closeIssue } from './pull-life.ts';
import { type Issue, isPull, type Repository, type User } from './store.ts';

/** Closes an issue or a pull request for somebody; nothing happens to one that is closed. */
export async function closeEither(
  hub: Hub,
  repo: Repository,
  what: { readonly issue: Issue; readonly by: User; readonly reason?: string | null },
): Promise<void> {
  const { issue, by } = what;
  if (isPull(issue)) await dequeue(hub, repo, { issue, by, reason: 'CLOSED' });
  await closeIssue(hub, repo, what);
}
