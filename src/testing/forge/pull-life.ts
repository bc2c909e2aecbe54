// The life of pull requests and issues: opened, edited, closed, merged. Knows no HTTP and no merge queue.
import { findMergeBase, isAncestor, listCommits, resolveCommit, updateRef } from './bare-repo.ts';
import { type Hub, type RefChange, signAs, signAsForge } from './hub.ts';
import { integrate, type MergeMethod } from './integrate.ts';
import { showPull } from './pull-shape.ts';
import { type Json, showIssue } from './shapes.ts';
import { findStanding, isBound } from './standing.ts';
import {
  fullName,
  type Issue,
  isPull,
  listPulls,
  nextNumber,
  type Pull,
  type PullIssue,
  type Repository,
  type User,
} from './store.ts';

/** Something that may have been refused. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false;
      readonly status: number;
      readonly message: string;
      readonly errors?: readonly Json[];
    };

function refuse(status: number, message: string): Outcome<never> {
  return { ok: false, status, message };
}

function refuseInput(...errors: readonly Json[]): Outcome<never> {
  return { ok: false, status: 422, message: 'Validation Failed', errors };
}

/** What an issue is opened with. */
export interface NewIssue {
  readonly user: User;
  readonly title: string;
  readonly body: string | null;
  readonly labels?: readonly string[];
  readonly assignees?: readonly string[];
  readonly milestone?: number | null;
}

/** Opens an issue. */
export function openIssue(hub: Hub, repo: Repository, input: NewIssue): Issue {
  const issue = addIssue(hub, repo, { input, pull: null });
  tellIssue(hub, repo, { issue, action: 'opened', by: input.user });
  return issue;
}

function addIssue(
  hub: Hub,
  repo: Repository,
  { input, pull }: { readonly input: NewIssue; readonly pull: Pull | null },
): Issue {
  const at = hub.now();
  const issue: Issue = {
    id: hub.nextId(),
    number: nextNumber(repo),
    user: input.user,
    title: input.title,
    body: input.body,
    state: 'open',
    stateReason: null,
    labels: [...(input.labels ?? [])],
    assignees: [...(input.assignees ?? [])],
    milestone: input.milestone ?? null,
    comments: [],
    createdAt: at,
    updatedAt: at,
    closedAt: null,
    subIssues: [],
    blockedBy: [],
    pull,
  };
  repo.issues.set(issue.number, issue);
  return issue;
}

/** What a pull request is opened with; `head` may be `owner:branch`. */
export interface NewPull extends NewIssue {
  readonly head: string;
  readonly base: string;
  readonly draft: boolean;
}

/** Opens a pull request, unless GitHub would not. */
export async function openPull(hub: Hub, repo: Repository, input: NewPull): Promise<Outcome<PullIssue>> {
  const invalid = (field: string): Outcome<never> =>
    refuseInput({ resource: 'PullRequest', field, code: 'invalid' });
  const custom = (message: string): Outcome<never> =>
    refuseInput({ resource: 'PullRequest', code: 'custom', message });
  if (input.title === '')
    return refuseInput({ resource: 'PullRequest', code: 'missing_field', field: 'title' });
  const headRef = input.head.startsWith(`${repo.owner}:`)
    ? input.head.slice(repo.owner.length + 1)
    : input.head;
  const [head, base] = await Promise.all([
    resolveCommit(repo.path, `refs/heads/${headRef}`),
    resolveCommit(repo.path, `refs/heads/${input.base}`),
  ]);
  if (head === null) return invalid('head');
  if (base === null) return invalid('base');
  const isSame = ({ state, pull }: PullIssue): boolean =>
    state === 'open' && pull.headRef === headRef && pull.baseRef === input.base;
  if (listPulls(repo).some(isSame)) {
    return custom(`A pull request already exists for ${repo.owner}:${headRef}.`);
  }
  if (await isAncestor(repo.path, { older: head, newer: base })) {
    return custom(`No commits between ${input.base} and ${headRef}`);
  }
  if ((await findMergeBase(repo.path, [base, head])) === null) {
    return custom(`The ${headRef} branch has no history in common with ${input.base}`);
  }
  const pull: Pull = {
    headRef,
    headSha: head,
    baseRef: input.base,
    lastBase: null,
    draft: input.draft,
    merged: null,
    test: null,
    reviews: [],
    comments: [],
    requested: [],
    dequeues: [],
  };
  const issue = addIssue(hub, repo, { input, pull });
  await updateRef(repo.path, { ref: `refs/pull/${issue.number}/head`, to: head });
  if (!isPull(issue)) throw new Error('Internal error: a pull request was opened as an issue');
  await tellPull(hub, repo, { issue, action: 'opened', by: input.user });
  return { ok: true, value: issue };
}

/** Tells the webhooks about a pull request. */
export async function tellPull(
  hub: Hub,
  repo: Repository,
  what: { readonly issue: PullIssue; readonly action: string; readonly by: User; readonly more?: Json },
): Promise<void> {
  const { issue, action } = what;
  const shown = await showPull(hub.site(), repo, issue);
  const payload = {
    action,
    number: issue.number,
    pull_request: { ...shown, merged: issue.pull.merged !== null },
    ...what.more,
  };
  hub.tell({ repo, event: 'pull_request', sender: what.by, payload });
}

/** Tells the webhooks about an issue. */
export function tellIssue(
  hub: Hub,
  repo: Repository,
  what: { readonly issue: Issue; readonly action: string; readonly by: User; readonly more?: Json },
): void {
  const { issue, action, more } = what;
  const payload = { action, issue: showIssue(hub.site(), repo, issue), ...more };
  hub.tell({ repo, event: 'issues', sender: what.by, payload });
}

/** Tells the webhooks about either. */
export async function tellEither(
  hub: Hub,
  repo: Repository,
  what: { readonly issue: Issue; readonly action: string; readonly by: User; readonly more?: Json },
): Promise<void> {
  const { issue } = what;
  if (isPull(issue)) await tellPull(hub, repo, { ...what, issue });
  else tellIssue(hub, repo, what);
}

/** Closes an issue, or a pull request that is in no merge queue; nothing happens to one that is closed. */
export async function closeIssue(
  hub: Hub,
  repo: Repository,
  { issue, by, reason = null }: { readonly issue: Issue; readonly by: User; readonly reason?: string | null },
): Promise<void> {
  if (issue.state === 'closed') return;
  issue.state = 'closed';
  issue.closedAt = hub.now();
  issue.updatedAt = hub.now();
  issue.stateReason = isPull(issue) ? null : (reason ?? 'completed');
  await tellEither(hub, repo, { issue, action: 'closed', by });
}

/** Opens what was closed; a pull request one of whose branches is gone, or that was merged, stays closed. */
export async function reopenIssue(
  hub: Hub,
  repo: Repository,
  { issue, by }: { readonly issue: Issue; readonly by: User },
): Promise<Outcome<Issue>> {
  if (issue.state === 'open') return { ok: true, value: issue };
  if (isPull(issue)) {
    const [head, base] = await Promise.all(
      [issue.pull.headRef, issue.pull.baseRef].map((branch) =>
        resolveCommit(repo.path, `refs/heads/${branch}`),
      ),
    );
    if (issue.pull.merged !== null || head == null || base == null) {
      const message = 'state cannot be changed. The pull request cannot be reopened.';
      return refuseInput({ resource: 'PullRequest', code: 'invalid', field: 'state', message });
    }
    issue.pull.headSha = head;
  }
  issue.state = 'open';
  issue.closedAt = null;
  issue.stateReason = isPull(issue) ? null : 'reopened';
  issue.updatedAt = hub.now();
  await tellEither(hub, repo, { issue, action: 'reopened', by });
  return { ok: true, value: issue };
}

/** Moves a reference and draws the consequences; false: it was not where it was thought to be. */
export async function moveRef(hub: Hub, repo: Repository, change: RefChange): Promise<boolean> {
  const { ref, from, to } = change;
  const moved = await updateRef(repo.path, { ref, to, from: from ?? '0'.repeat(40) });
  if (moved) await hub.follow(repo, change);
  return moved;
}

/** A merge that somebody asks for. */
export interface MergeRequest {
  readonly issue: PullIssue;
  readonly by: User;
  readonly method: MergeMethod;
  readonly title: string | null;
  readonly message: string | null;
  /** Head that must be merged; null: any. */
  readonly sha: string | null;
}

/** Merges a pull request if its repository allows it now. */
export async function mergePull(hub: Hub, repo: Repository, asked: MergeRequest): Promise<Outcome<string>> {
  const { issue, by, method } = asked;
  const { pull } = issue;
  if (issue.state === 'closed') return refuse(405, 'Pull Request is not mergeable');
  if (pull.draft) return refuse(405, 'Pull Request is still a draft');
  if (asked.sha !== null && asked.sha !== pull.headSha) {
    return refuse(409, 'Head branch was modified. Review and try the merge again.');
  }
  if (!allowsMethod(repo, method)) return refuse(405, METHOD_REFUSALS[method]);
  const isBoundBy = isBound(repo, repo.protections.get(pull.baseRef), by);
  if (repo.queue?.branch === pull.baseRef) {
    return refuse(405, 'Changes must be made through the merge queue');
  }
  const standing = await findStanding(hub, repo, issue);
  if (standing.mergeable !== true) return refuse(405, 'Pull Request is not mergeable');
  if (standing.block !== null && isBoundBy) return refuse(405, standing.block);
  const base = await resolveCommit(repo.path, `refs/heads/${pull.baseRef}`);
  if (base === null) return refuse(405, 'Pull Request is not mergeable');
  const sha = await integratePull(hub, repo, { ...asked, base });
  if (sha === null) return refuse(405, 'This branch cannot be rebased due to conflicts');
  markMerged(hub, { issue, by, sha, base });
  const moved = await moveRef(hub, repo, { ref: `refs/heads/${pull.baseRef}`, from: base, to: sha, by });
  if (!moved) throw new Error('Internal error: a branch moved while the repository was held');
  await finishMerge(hub, repo, issue);
  return { ok: true, value: sha };
}

const METHOD_REFUSALS: Readonly<Record<MergeMethod, string>> = {
  merge: 'Merge commits are not allowed on this repository.',
  squash: 'Squash merges are not allowed on this repository.',
  rebase: 'Rebase merges are not allowed on this repository.',
};

function allowsMethod({ settings }: Repository, method: MergeMethod): boolean {
  const allowed: Readonly<Record<MergeMethod, boolean>> = {
    merge: settings.allowMergeCommit,
    squash: settings.allowSquashMerge,
    rebase: settings.allowRebaseMerge,
  };
  return allowed[method];
}

/** Makes the commit with which a pull request would land on `base`; null: conflict. Moves nothing. */
export async function integratePull(
  hub: Hub,
  repo: Repository,
  how: Pick<MergeRequest, 'issue' | 'by' | 'method' | 'title' | 'message'> & { readonly base: string },
): Promise<string | null> {
  const { issue, method, base } = how;
  const head = issue.pull.headSha;
  const defaults =
    method === 'merge'
      ? [`Merge pull request #${issue.number} from ${repo.owner}/${issue.pull.headRef}`, issue.title]
      : [`${issue.title} (#${issue.number})`, await listMessages(repo, { base, head })];
  const title = how.title ?? defaults[0] ?? '';
  const text = how.message ?? defaults[1] ?? '';
  return integrate(repo.path, {
    method,
    base,
    head,
    message: text === '' ? title : `${title}\n\n${text}`,
    author: signAs(hub, method === 'squash' ? issue.user : how.by),
    committer: signAsForge(hub),
  });
}

async function listMessages(repo: Repository, range: { base: string; head: string }): Promise<string> {
  const commits = await listCommits(repo.path, ['--reverse', '--no-merges', `${range.base}..${range.head}`]);
  const [only, ...more] = commits;
  if (only !== undefined && more.length === 0) return only.message.split('\n').slice(2).join('\n');
  return commits.map(({ message }) => `* ${message}`).join('\n\n');
}

/** Notes that a pull request is merged; its branches are not touched and nobody is told yet. */
export function markMerged(
  hub: Hub,
  {
    issue,
    by,
    sha,
    base,
  }: { readonly issue: PullIssue; readonly by: User; readonly sha: string; readonly base: string },
): void {
  const at = hub.now();
  issue.pull.merged = { at, by, sha, base };
  Object.assign(issue, { state: 'closed', closedAt: at, updatedAt: at });
}

const CLOSES = /\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):? #(\d+)\b/gi;

/** Does what follows from a merge: tells of it, closes the issues it names, deletes its branch where that is wished. */
export async function finishMerge(hub: Hub, repo: Repository, issue: PullIssue): Promise<void> {
  const { pull } = issue;
  if (pull.merged === null)
    throw new Error(`Internal error: ${fullName(repo)}#${issue.number} is not merged`);
  const { by } = pull.merged;
  await tellPull(hub, repo, { issue, action: 'closed', by });
  const named = pull.baseRef === repo.defaultBranch ? [...(issue.body ?? '').matchAll(CLOSES)] : [];
  for (const [, number] of named) {
    const other = repo.issues.get(Number(number));
    if (other !== undefined && !isPull(other)) await closeIssue(hub, repo, { issue: other, by });
  }
  if (!repo.settings.deleteBranchOnMerge || pull.headRef === repo.defaultBranch) return;
  for (const other of listPulls(repo)) {
    if (other.state !== 'open' || other.pull.baseRef !== pull.headRef) continue;
    // what was stacked on the branch goes to where the branch went
    other.pull.baseRef = pull.baseRef;
    other.updatedAt = hub.now();
    await tellPull(hub, repo, { issue: other, action: 'edited', by });
  }
  const ref = `refs/heads/${pull.headRef}`;
  const head = await resolveCommit(repo.path, ref);
  if (head !== null && !repo.protections.has(pull.headRef))
    await moveRef(hub, repo, { ref, from: head, to: null, by });
}
