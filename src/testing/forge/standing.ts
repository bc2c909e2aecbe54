// Whether a pull request or a push may go through: checks, reviews, protection, conflicts. Moves no branch.
import { isAncestor, mergeTrees, resolveCommit, updateRef, writeCommit } from './bare-repo.ts';
import { type Hub, signAsForge } from './hub.ts';
import {
  latestChecks,
  latestStatuses,
  type MergeTest,
  type Protection,
  type PullIssue,
  permissionOf,
  type Repository,
  type User,
} from './store.ts';

/** How a check stands. */
export type CheckState = 'passed' | 'failed' | 'pending';

/** GitHub's `mergeable_state`. */
export type MergeableState = 'unknown' | 'dirty' | 'draft' | 'blocked' | 'behind' | 'unstable' | 'clean';

/** GitHub's `reviewDecision`; null: no review is required. */
export type ReviewDecision = 'APPROVED' | 'CHANGES_REQUESTED' | 'REVIEW_REQUIRED' | null;

/** How a pull request stands; `block` says why rules forbid merging it. */
export interface Standing {
  readonly mergeable: boolean | null;
  readonly state: MergeableState;
  readonly block: string | null;
  /** Commit that a merge would give. */
  readonly testSha: string | null;
}

const PASSING: ReadonlySet<string | null> = new Set(['success', 'neutral', 'skipped']);

/** Checks and statuses of a commit by name; of two with one name the worse counts. */
export function listCheckStates(repo: Repository, sha: string): ReadonlyMap<string, CheckState> {
  const states = new Map<string, CheckState>();
  const worst = (name: string, state: CheckState): void => {
    const known = states.get(name);
    if (known === undefined || known === 'passed' || state === 'failed') states.set(name, state);
  };
  for (const { name, status, conclusion } of latestChecks(repo, sha)) {
    if (status !== 'completed') worst(name, 'pending');
    else worst(name, PASSING.has(conclusion) ? 'passed' : 'failed');
  }
  for (const { context, state } of latestStatuses(repo, sha)) {
    if (state === 'pending') worst(context, 'pending');
    else worst(context, state === 'success' ? 'passed' : 'failed');
  }
  return states;
}

/** Required checks that a commit has not passed. */
export function listUnmet(repo: Repository, sha: string, contexts: readonly string[]): readonly string[] {
  const states = listCheckStates(repo, sha);
  return contexts.filter((context) => states.get(context) !== 'passed');
}

/** Decides what the reviews of a pull request amount to. */
export function decideReview(repo: Repository, issue: PullIssue): ReviewDecision {
  const required = repo.protections.get(issue.pull.baseRef)?.approvals ?? null;
  if (required === null || required === 0) return null;
  const opinions = new Map<string, string>();
  for (const { user, state } of issue.pull.reviews) {
    const counts = permissionOf(repo, user) === 'read' ? false : state !== 'COMMENTED';
    if (counts) opinions.set(user.login, state);
  }
  const states = [...opinions.values()];
  if (states.includes('CHANGES_REQUESTED')) return 'CHANGES_REQUESTED';
  return states.filter((state) => state === 'APPROVED').length >= required ? 'APPROVED' : 'REVIEW_REQUIRED';
}

/** Tells whether the rules of a branch hold for a user. */
export function isBound(repo: Repository, protection: Protection | undefined, user: User): boolean {
  if (protection === undefined) return false;
  return protection.enforceAdmins || permissionOf(repo, user) !== 'admin';
}

/** Says what the rules of its base have against a pull request, apart from being behind; null: nothing. */
export function findBlock(repo: Repository, issue: PullIssue): string | null {
  const { pull } = issue;
  const protection = repo.protections.get(pull.baseRef);
  if (protection === undefined) return null;
  const decision = decideReview(repo, issue);
  if (decision === 'CHANGES_REQUESTED') return 'Changes were requested by a reviewer with write access.';
  if (decision === 'REVIEW_REQUIRED') {
    const count = protection.approvals ?? 0;
    const reviews = count === 1 ? 'approving review is' : 'approving reviews are';
    return `At least ${count} ${reviews} required by reviewers with write access.`;
  }
  const [unmet, ...more] = listUnmet(repo, pull.headSha, protection.contexts);
  if (unmet === undefined) return null;
  if (more.length > 0) {
    return `${more.length + 1} of ${protection.contexts.length} required status checks have not succeeded.`;
  }
  const state = listCheckStates(repo, pull.headSha).get(unmet);
  if (state === undefined) return `Required status check "${unmet}" is expected.`;
  return `Required status check "${unmet}" is ${state === 'failed' ? 'failing' : 'pending'}.`;
}

/** Looks at a pull request without hurry: the first look only starts the test whether it can be merged. */
export async function readStanding(hub: Hub, repo: Repository, issue: PullIssue): Promise<Standing> {
  const test = await beginTest(hub, repo, issue);
  if (test === null) return { mergeable: null, state: 'unknown', block: null, testSha: null };
  const isDue = issue.pull.test === test && hub.now() >= test.askedAt + hub.mergeableAfterMs;
  if (test.result === null && isDue) await finishTest(hub, repo, { issue, test });
  issue.pull.test = test;
  return stand(repo, issue, test);
}

/** Looks at a pull request and tests it at once. */
export async function findStanding(hub: Hub, repo: Repository, issue: PullIssue): Promise<Standing> {
  const test = await beginTest(hub, repo, issue);
  if (test === null) return { mergeable: null, state: 'unknown', block: null, testSha: null };
  if (test.result === null) await finishTest(hub, repo, { issue, test });
  issue.pull.test = test;
  return stand(repo, issue, test);
}

async function beginTest(hub: Hub, repo: Repository, issue: PullIssue): Promise<MergeTest | null> {
  const { pull } = issue;
  const base = await resolveCommit(repo.path, `refs/heads/${pull.baseRef}`);
  if (issue.state === 'closed' || base === null) return null;
  const old = pull.test;
  if (old !== null && old.base === base && old.head === pull.headSha) return old;
  return { base, head: pull.headSha, askedAt: hub.now(), result: null };
}

async function finishTest(
  hub: Hub,
  repo: Repository,
  { issue, test }: { readonly issue: PullIssue; readonly test: MergeTest },
): Promise<void> {
  const tree = await mergeTrees(repo.path, [test.base, test.head]);
  let sha: string | null = null;
  if (tree !== null) {
    const signature = signAsForge(hub);
    sha = await writeCommit(repo.path, {
      tree,
      parents: [test.base, test.head],
      message: `Merge ${test.head} into ${test.base}`,
      author: signature,
      committer: signature,
    });
    await updateRef(repo.path, { ref: `refs/pull/${issue.number}/merge`, to: sha });
  }
  test.result = { sha };
}

async function stand(repo: Repository, issue: PullIssue, test: MergeTest): Promise<Standing> {
  const { pull } = issue;
  if (test.result === null) return { mergeable: null, state: 'unknown', block: null, testSha: null };
  const testSha = test.result.sha;
  if (testSha === null) return { mergeable: false, state: 'dirty', block: null, testSha };
  const block = findBlock(repo, issue);
  const is = (state: MergeableState, why: string | null = null): Standing => ({
    mergeable: true,
    state,
    block: why,
    testSha,
  });
  if (pull.draft) return is('draft', block);
  if (block !== null) return is('blocked', block);
  const strict = repo.protections.get(pull.baseRef)?.strict ?? false;
  if (strict && !(await isAncestor(repo.path, { older: test.base, newer: test.head }))) {
    return is('behind', 'Head branch is out of date with the base branch.');
  }
  const states = [...listCheckStates(repo, pull.headSha).values()];
  return is(states.every((state) => state === 'passed') ? 'clean' : 'unstable');
}
