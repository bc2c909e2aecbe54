// What a forge remembers: users, repositories, issues, pull requests, reviews, checks. Knows no HTTP and runs no git.
import type { MergeMethod } from './integrate.ts';

/** Somebody with an account. */
export interface User {
  readonly id: number;
  readonly login: string;
}

/** What a user may do in a repository. */
export type Permission = 'admin' | 'write' | 'read';

/** Rules of a protected branch. */
export interface Protection {
  /** Checks or statuses that a commit needs. */
  readonly contexts: readonly string[];
  /** Whether a pull request must contain its base. */
  readonly strict: boolean;
  /** Approving reviews a pull request needs; null: pushing without one is allowed. */
  readonly approvals: number | null;
  /** Whether a push takes approvals away. */
  readonly dismissStale: boolean;
  /** Whether the rules also hold for administrators. */
  readonly enforceAdmins: boolean;
  readonly allowForcePushes: boolean;
  readonly allowDeletions: boolean;
}

/** Settings of a repository that a client may read, and change while it is open. */
export interface Settings {
  allowMergeCommit: boolean;
  allowSquashMerge: boolean;
  allowRebaseMerge: boolean;
  deleteBranchOnMerge: boolean;
  private: boolean;
}

/** A comment under an issue or a pull request. */
export interface Comment {
  readonly id: number;
  readonly user: User;
  body: string;
  readonly createdAt: number;
  updatedAt: number;
}

/** An opinion on a pull request. */
export interface Review {
  readonly id: number;
  readonly user: User;
  state: 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED' | 'DISMISSED';
  readonly body: string;
  readonly sha: string;
  readonly at: number;
}

/** A comment on a line of a pull request. */
export interface ReviewComment extends Comment {
  readonly reviewId: number | null;
  readonly path: string;
  readonly line: number | null;
  readonly side: string;
  readonly sha: string;
  /** The comment it replies to. */
  readonly inReplyTo: number | null;
  /** Whether somebody called the thread that it began resolved. */
  isResolved: boolean;
}

/** Whether head and base of a pull request fit together, as far as that is known. */
export interface MergeTest {
  readonly base: string;
  readonly head: string;
  readonly askedAt: number;
  /** Null until computed; its commit is null when the sides conflict. */
  result: { readonly sha: string | null } | null;
}

/** Why and when a pull request left the merge queue unmerged. */
export interface Dequeue {
  readonly reason: string;
  readonly at: number;
}

/** What a pull request has more than an issue. */
export interface Pull {
  readonly headRef: string;
  headSha: string;
  baseRef: string;
  /** Where its base was when that was deleted; null: it never was. */
  lastBase: string | null;
  draft: boolean;
  merged: { readonly at: number; readonly by: User; readonly sha: string; readonly base: string } | null;
  test: MergeTest | null;
  readonly reviews: Review[];
  readonly comments: ReviewComment[];
  readonly requested: string[];
  readonly dequeues: Dequeue[];
}

/** An issue; one with `pull` is a pull request. */
export interface Issue {
  readonly id: number;
  readonly number: number;
  readonly user: User;
  title: string;
  body: string | null;
  state: 'open' | 'closed';
  stateReason: string | null;
  labels: string[];
  assignees: string[];
  milestone: number | null;
  readonly comments: Comment[];
  readonly createdAt: number;
  updatedAt: number;
  closedAt: number | null;
  /** Numbers of the issues it is made of, in order. */
  readonly subIssues: number[];
  /** Numbers of the issues it waits for. */
  readonly blockedBy: number[];
  readonly pull: Pull | null;
}

/** An issue that is a pull request. */
export type PullIssue = Issue & { readonly pull: Pull };

/** A check run; its id is also that of its job. */
export interface CheckRun {
  readonly id: number;
  readonly name: string;
  readonly sha: string;
  status: string;
  conclusion: string | null;
  output: { readonly title: string | null; readonly summary: string | null; readonly text: string | null };
  annotations: readonly unknown[];
  detailsUrl: string | null;
  externalId: string;
  log: string;
  startedAt: number;
  completedAt: number | null;
}

/** A commit status, one of many over time for its context. */
export interface CommitStatus {
  readonly id: number;
  readonly sha: string;
  readonly state: string;
  readonly context: string;
  readonly description: string | null;
  readonly targetUrl: string | null;
  readonly user: User;
  readonly at: number;
}

/** A pull request in the merge queue. */
export interface QueueEntry {
  readonly id: number;
  readonly issue: PullIssue;
  readonly headSha: string;
  readonly user: User;
  readonly at: number;
  /** Commit it would land as, and the one below; null: not built. */
  built: { readonly sha: string; readonly base: string; readonly ref: string } | null;
}

/** A merge queue in front of one branch. */
export interface MergeQueue {
  readonly branch: string;
  readonly method: MergeMethod;
  entries: QueueEntry[];
}

/** Where a repository tells what happened in it. */
export interface Hook {
  readonly id: number;
  readonly url: string;
  readonly secret: string;
  readonly events: readonly string[];
}

/** A named goal that issues belong to. */
export interface Milestone {
  readonly number: number;
  readonly title: string;
}

/** A repository with everything in it. */
export interface Repository {
  readonly id: number;
  readonly owner: string;
  readonly name: string;
  /** Folder of the bare repository. */
  readonly path: string;
  readonly defaultBranch: string;
  readonly settings: Settings;
  readonly permissions: ReadonlyMap<string, Permission>;
  readonly protections: Map<string, Protection>;
  readonly issues: Map<number, Issue>;
  readonly checks: CheckRun[];
  readonly statuses: CommitStatus[];
  readonly milestones: Milestone[];
  readonly hooks: Hook[];
  readonly queue: MergeQueue | null;
  readonly createdAt: number;
}

/** Everything a forge remembers. */
export interface Store {
  readonly users: Map<string, User>;
  readonly tokens: Map<string, { readonly login: string; expired: boolean }>;
  readonly repositories: Map<string, Repository>;
}

/** Name with owner. */
export function fullName(repo: Repository): string {
  return `${repo.owner}/${repo.name}`;
}

/** What a user may do in a repository; null: not even see it. */
export function permissionOf(repo: Repository, user: User): Permission | null {
  return repo.permissions.get(user.login) ?? (repo.settings.private ? null : 'read');
}

/** Takes an issue as a pull request; null: it is none. */
export function asPull(issue: Issue | undefined): PullIssue | null {
  return issue !== undefined && isPull(issue) ? issue : null;
}

/** Tells pull requests from other issues. */
export function isPull(issue: Issue): issue is PullIssue {
  return issue.pull !== null;
}

/** Pull requests of a repository, oldest first. */
export function listPulls(repo: Repository): readonly PullIssue[] {
  return [...repo.issues.values()].filter(isPull);
}

/** Number of the next issue, pull request included. */
export function nextNumber(repo: Repository): number {
  return Math.max(0, ...repo.issues.keys()) + 1;
}

/** Newest run of each check of a commit, by name. */
export function latestChecks(repo: Repository, sha: string): readonly CheckRun[] {
  const latest = new Map<string, CheckRun>();
  for (const run of repo.checks) if (run.sha === sha) latest.set(run.name, run);
  return [...latest.values()];
}

/** Newest status of each context of a commit. */
export function latestStatuses(repo: Repository, sha: string): readonly CommitStatus[] {
  const latest = new Map<string, CommitStatus>();
  for (const status of repo.statuses) if (status.sha === sha) latest.set(status.context, status);
  return [...latest.values()];
}
