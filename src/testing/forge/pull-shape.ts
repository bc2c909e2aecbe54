// How a pull request looks in JSON, in lists and alone. Changes nothing but the test whether it can be merged.
import { findMergeBase, listChanges, listCommits, resolveCommit } from './bare-repo.ts';
import type { Hub, Site } from './hub.ts';
import { type Json, showCore, showRepository, showTimeOrNull, showUser } from './shapes.ts';
import { readStanding } from './standing.ts';
import { fullName, type PullIssue, type Repository } from './store.ts';

/** A pull request as lists and webhooks have it. */
export async function showPull(site: Site, repo: Repository, issue: PullIssue): Promise<Json> {
  const { number, pull } = issue;
  const api = `${site.api}/repos/${fullName(repo)}`;
  const web = `${site.web}/${fullName(repo)}/pull/${number}`;
  const repository = showRepository(site, repo, 'read');
  const base = await findBase(repo, issue);
  const side = (ref: string, sha: string | null): Json => ({
    label: `${repo.owner}:${ref}`,
    ref,
    sha,
    user: showUser(site, { id: repo.id, login: repo.owner }),
    repo: repository,
  });
  return {
    ...showCore(site, repo, issue),
    node_id: `PR_${issue.id}`,
    url: `${api}/pulls/${number}`,
    issue_url: `${api}/issues/${number}`,
    commits_url: `${api}/pulls/${number}/commits`,
    comments_url: `${api}/issues/${number}/comments`,
    review_comments_url: `${api}/pulls/${number}/comments`,
    statuses_url: `${api}/statuses/${pull.headSha}`,
    html_url: web,
    diff_url: `${web}.diff`,
    patch_url: `${web}.patch`,
    draft: pull.draft,
    auto_merge: null,
    head: side(pull.headRef, pull.headSha),
    base: side(pull.baseRef, base),
    requested_reviewers: pull.requested.map((login) => ({ login })),
    requested_teams: [],
    merged_at: showTimeOrNull(pull.merged?.at ?? null),
    merge_commit_sha: pull.merged?.sha ?? pull.test?.result?.sha ?? null,
  };
}

/** Commit that a pull request goes onto, or went onto when it was merged or its base was deleted. */
export async function findBase(repo: Repository, { pull }: PullIssue): Promise<string | null> {
  if (pull.merged !== null) return pull.merged.base;
  return (await resolveCommit(repo.path, `refs/heads/${pull.baseRef}`)) ?? pull.lastBase;
}

/** A pull request as it is shown alone; the first look at a new head does not know whether it can be merged. */
export async function showWholePull(
  hub: Hub,
  site: Site,
  { repo, issue }: { readonly repo: Repository; readonly issue: PullIssue },
): Promise<Json> {
  const { pull } = issue;
  const standing = await readStanding(hub, repo, issue);
  const shown = await showPull(site, repo, issue);
  const range = await listRange(repo, issue);
  const files = range === null ? [] : await listChanges(repo.path, range);
  const commits = range === null ? [] : await listCommits(repo.path, [`${range.from}..${range.to}`]);
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
  return {
    ...shown,
    merged: pull.merged !== null,
    merged_by: pull.merged === null ? null : showUser(site, pull.merged.by),
    mergeable: standing.mergeable,
    rebaseable: standing.mergeable,
    mergeable_state: standing.state,
    maintainer_can_modify: false,
    comments: issue.comments.length,
    review_comments: pull.comments.length,
    commits: commits.length,
    additions: sum(files.map(({ additions }) => additions)),
    deletions: sum(files.map(({ deletions }) => deletions)),
    changed_files: files.length,
  };
}

/** What a pull request changes: from where its branch left the base to its head; null: there is no base any more. */
export async function listRange(
  repo: Repository,
  issue: PullIssue,
): Promise<{ readonly from: string; readonly to: string } | null> {
  const { pull } = issue;
  const tip = await findBase(repo, issue);
  const from = tip === null ? null : await findMergeBase(repo.path, [tip, pull.headSha]);
  return from === null ? null : { from, to: pull.headSha };
}
