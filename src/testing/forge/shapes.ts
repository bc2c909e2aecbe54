// How users, repositories, issues, comments, reviews and checks look in JSON. Reads the store and changes nothing.
import type { Commit } from './bare-repo.ts';
import type { Site } from './hub.ts';
import {
  type CheckRun,
  type Comment,
  type CommitStatus,
  fullName,
  type Issue,
  type Permission,
  type Repository,
  type Review,
  type ReviewComment,
  type User,
} from './store.ts';

/** JSON as it goes over the wire. */
export type Json = Readonly<Record<string, unknown>>;

/** A time as GitHub writes it. */
export function showTime(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** A time that may not have come. */
export function showTimeOrNull(at: number | null): string | null {
  return at === null ? null : showTime(at);
}

/** A user. */
export function showUser(site: Site, user: User): Json {
  return {
    login: user.login,
    id: user.id,
    node_id: `U_${user.id}`,
    type: 'User',
    site_admin: false,
    url: `${site.api}/users/${user.login}`,
    html_url: `${site.web}/${user.login}`,
  };
}

/** A repository, as a user with this permission sees it. */
export function showRepository(site: Site, repo: Repository, permission: Permission): Json {
  const name = fullName(repo);
  const { settings } = repo;
  return {
    id: repo.id,
    node_id: `R_${repo.id}`,
    name: repo.name,
    full_name: name,
    owner: showUser(site, { id: repo.id, login: repo.owner }),
    private: settings.private,
    visibility: settings.private ? 'private' : 'public',
    description: null,
    fork: false,
    archived: false,
    disabled: false,
    default_branch: repo.defaultBranch,
    url: `${site.api}/repos/${name}`,
    html_url: `${site.web}/${name}`,
    clone_url: `${site.web}/${name}.git`,
    has_issues: true,
    allow_merge_commit: settings.allowMergeCommit,
    allow_squash_merge: settings.allowSquashMerge,
    allow_rebase_merge: settings.allowRebaseMerge,
    allow_auto_merge: false,
    allow_update_branch: true,
    delete_branch_on_merge: settings.deleteBranchOnMerge,
    permissions: {
      admin: permission === 'admin',
      maintain: permission === 'admin',
      push: permission !== 'read',
      triage: permission !== 'read',
      pull: true,
    },
    created_at: showTime(repo.createdAt),
  };
}

/** An issue; a pull request says where it is one. */
export function showIssue(site: Site, repo: Repository, issue: Issue): Json {
  const api = `${site.api}/repos/${fullName(repo)}`;
  const web = `${site.web}/${fullName(repo)}`;
  const { number, pull } = issue;
  const page = pull === null ? 'issues' : 'pull';
  const children = issue.subIssues.flatMap((child) => repo.issues.get(child) ?? []);
  const done = children.filter(({ state }) => state === 'closed').length;
  return {
    ...showCore(site, repo, issue),
    node_id: pull === null ? `I_${issue.id}` : `PR_${issue.id}`,
    url: `${api}/issues/${number}`,
    repository_url: api,
    comments_url: `${api}/issues/${number}/comments`,
    html_url: `${web}/${page}/${number}`,
    state_reason: issue.stateReason,
    comments: issue.comments.length,
    sub_issues_summary: {
      total: children.length,
      completed: done,
      percent_completed: children.length === 0 ? 0 : Math.floor((done * 100) / children.length),
    },
    issue_dependencies_summary: summariseDependencies(repo, issue),
    ...(pull === null
      ? {}
      : {
          draft: pull.draft,
          pull_request: {
            url: `${api}/pulls/${number}`,
            html_url: `${web}/pull/${number}`,
            merged_at: showTimeOrNull(pull.merged?.at ?? null),
          },
        }),
  };
}

/** What issues and pull requests have in common. */
export function showCore(site: Site, repo: Repository, issue: Issue): Json {
  return {
    id: issue.id,
    number: issue.number,
    title: issue.title,
    body: issue.body,
    state: issue.state,
    locked: false,
    user: showUser(site, issue.user),
    author_association: repo.permissions.has(issue.user.login) ? 'COLLABORATOR' : 'NONE',
    labels: issue.labels.map(showLabel),
    assignee: issue.assignees[0] === undefined ? null : { login: issue.assignees[0] },
    assignees: issue.assignees.map((login) => ({ login })),
    milestone: repo.milestones.find(({ number }) => number === issue.milestone) ?? null,
    created_at: showTime(issue.createdAt),
    updated_at: showTime(issue.updatedAt),
    closed_at: showTimeOrNull(issue.closedAt),
  };
}

/** A label, which has no more to it than its name. */
export function showLabel(name: string): Json {
  return {
    id: [...name].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7) >>> 0,
    name,
    color: 'ededed',
  };
}

function summariseDependencies(repo: Repository, issue: Issue): Json {
  const isOpen = (number: number): boolean => repo.issues.get(number)?.state === 'open';
  const blocking = [...repo.issues.values()].filter((other) => other.blockedBy.includes(issue.number));
  return {
    blocked_by: issue.blockedBy.filter(isOpen).length,
    total_blocked_by: issue.blockedBy.length,
    blocking: issue.state === 'open' ? blocking.filter(({ state }) => state === 'open').length : 0,
    total_blocking: blocking.length,
  };
}

/** A comment under an issue or a pull request. */
export function showComment(site: Site, where: { repo: Repository; issue: Issue }, comment: Comment): Json {
  const { repo, issue } = where;
  const api = `${site.api}/repos/${fullName(repo)}`;
  const page = issue.pull === null ? 'issues' : 'pull';
  return {
    id: comment.id,
    node_id: `IC_${comment.id}`,
    url: `${api}/issues/comments/${comment.id}`,
    issue_url: `${api}/issues/${issue.number}`,
    html_url: `${site.web}/${fullName(repo)}/${page}/${issue.number}#issuecomment-${comment.id}`,
    body: comment.body,
    user: showUser(site, comment.user),
    author_association: repo.permissions.has(comment.user.login) ? 'COLLABORATOR' : 'NONE',
    created_at: showTime(comment.createdAt),
    updated_at: showTime(comment.updatedAt),
  };
}

/** A review. */
export function showReview(site: Site, where: { repo: Repository; issue: Issue }, review: Review): Json {
  const { repo, issue } = where;
  const page = `${site.web}/${fullName(repo)}/pull/${issue.number}`;
  return {
    id: review.id,
    node_id: `PRR_${review.id}`,
    user: showUser(site, review.user),
    body: review.body,
    state: review.state,
    commit_id: review.sha,
    html_url: `${page}#pullrequestreview-${review.id}`,
    pull_request_url: `${site.api}/repos/${fullName(repo)}/pulls/${issue.number}`,
    author_association: repo.permissions.has(review.user.login) ? 'COLLABORATOR' : 'NONE',
    submitted_at: showTime(review.at),
  };
}

/** A comment on a line of a pull request. */
export function showReviewComment(
  site: Site,
  where: { repo: Repository; issue: Issue },
  comment: ReviewComment,
): Json {
  const { repo, issue } = where;
  const api = `${site.api}/repos/${fullName(repo)}`;
  return {
    ...showComment(site, where, comment),
    node_id: `PRRC_${comment.id}`,
    url: `${api}/pulls/comments/${comment.id}`,
    html_url: `${site.web}/${fullName(repo)}/pull/${issue.number}#discussion_r${comment.id}`,
    pull_request_url: `${api}/pulls/${issue.number}`,
    pull_request_review_id: comment.reviewId,
    path: comment.path,
    line: comment.line,
    original_line: comment.line,
    position: comment.line,
    original_position: comment.line,
    side: comment.side,
    subject_type: comment.line === null ? 'file' : 'line',
    commit_id: comment.sha,
    original_commit_id: comment.sha,
    ...(comment.inReplyTo === null ? {} : { in_reply_to_id: comment.inReplyTo }),
  };
}

/** A check run. */
export function showCheckRun(site: Site, repo: Repository, run: CheckRun): Json {
  const api = `${site.api}/repos/${fullName(repo)}`;
  const page = `${site.web}/${fullName(repo)}/actions/runs/${run.id}/job/${run.id}`;
  return {
    id: run.id,
    node_id: `CR_${run.id}`,
    name: run.name,
    head_sha: run.sha,
    external_id: run.externalId,
    url: `${api}/check-runs/${run.id}`,
    html_url: page,
    details_url: run.detailsUrl ?? page,
    status: run.status,
    conclusion: run.conclusion,
    started_at: showTime(run.startedAt),
    completed_at: showTimeOrNull(run.completedAt),
    output: {
      ...run.output,
      annotations_count: run.annotations.length,
      annotations_url: `${api}/check-runs/${run.id}/annotations`,
    },
    check_suite: { id: suiteId(run.sha) },
    app: { id: 15_368, slug: 'github-actions', name: 'GitHub Actions' },
    pull_requests: [],
  };
}

/** Number of the one check suite that a commit has. */
export function suiteId(sha: string): number {
  return Number.parseInt(sha.slice(0, 8), 16);
}

/** A commit status. */
export function showStatus(site: Site, repo: Repository, status: CommitStatus): Json {
  return {
    id: status.id,
    node_id: `SC_${status.id}`,
    url: `${site.api}/repos/${fullName(repo)}/statuses/${status.sha}`,
    state: status.state,
    context: status.context,
    description: status.description,
    target_url: status.targetUrl,
    creator: showUser(site, status.user),
    created_at: showTime(status.at),
    updated_at: showTime(status.at),
  };
}

/** A commit. */
export function showCommit(site: Site, repo: Repository, commit: Commit): Json {
  const api = `${site.api}/repos/${fullName(repo)}`;
  const sign = ({ name, email, at }: Commit['author']): Json => ({ name, email, date: showTime(at * 1000) });
  return {
    sha: commit.sha,
    node_id: `C_${commit.sha}`,
    url: `${api}/commits/${commit.sha}`,
    html_url: `${site.web}/${fullName(repo)}/commit/${commit.sha}`,
    commit: {
      message: commit.message,
      tree: { sha: commit.tree, url: `${api}/git/trees/${commit.tree}` },
      author: sign(commit.author),
      committer: sign(commit.committer),
    },
    author: null,
    committer: null,
    parents: commit.parents.map((sha) => ({ sha, url: `${api}/commits/${sha}` })),
  };
}
