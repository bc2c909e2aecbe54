// REST: pull requests from opening to merging. Knows no reviews and no git transport.
import { asText } from '../model/json.ts';
import {
  answerWith,
  created,
  invalid,
  ok,
  type PullAsk,
  paginate,
  pullRoute,
  type Reply,
  type RepoAsk,
  type Route,
  refuse,
  repoRoute,
  textOrNull,
  textsOrNull,
} from './answer.ts';
import { isAncestor, listChanges, listCommits, resolveCommit } from './bare-repo.ts';
import { closeEither } from './closing.ts';
import { type Hub, signAs } from './hub.ts';
import { integrate, type MergeMethod } from './integrate.ts';
import { dequeue } from './merge-queue.ts';
import { mergePull, moveRef, openPull, reopenIssue, tellPull } from './pull-life.ts';
import { listRange, showPull, showWholePull } from './pull-shape.ts';
import { showFile } from './routes-git.ts';
import { showCommit } from './shapes.ts';
import { fullName, listPulls, type PullIssue } from './store.ts';

async function create(hub: Hub, ask: RepoAsk): Promise<Reply> {
  const { repo, body, actor, site } = ask;
  const outcome = await openPull(hub, repo, {
    user: actor,
    title: asText(body['title']),
    body: textOrNull(body, 'body'),
    head: asText(body['head']),
    base: asText(body['base']),
    draft: body['draft'] === true,
  });
  return answerWith(outcome, async (issue) => created(await showWholePull(hub, site, { repo, issue })));
}

const ORDERS: Readonly<Record<string, (issue: PullIssue) => number>> = {
  created: ({ number }) => number,
  updated: ({ updatedAt }) => updatedAt,
  popularity: ({ comments }) => comments.length,
};

function list(ask: RepoAsk): Promise<Reply> {
  const { query, repo } = ask;
  const state = query.get('state') ?? 'open';
  const head = query.get('head');
  const base = query.get('base');
  const chosen = listPulls(repo).filter(
    (issue) =>
      (state === 'all' || issue.state === state) &&
      // GitHub pays no attention to a head that names no owner
      (head === null || !head.includes(':') || head === `${repo.owner}:${issue.pull.headRef}`) &&
      (base === null || base === issue.pull.baseRef),
  );
  const sort = query.get('sort') ?? 'created';
  const order = ORDERS[sort] ?? (({ number }) => number);
  const isUp =
    (query.get('direction') ?? (query.has('sort') && sort !== 'created' ? 'asc' : 'desc')) === 'asc';
  const sorted = [...chosen].sort((a, b) => order(a) - order(b) || a.number - b.number);
  return paginate(ask, isUp ? sorted : sorted.reverse(), (issue) => showPull(ask.site, repo, issue));
}

async function show(hub: Hub, { repo, issue, site }: PullAsk): Promise<Reply> {
  return ok(await showWholePull(hub, site, { repo, issue }));
}

async function change(hub: Hub, ask: PullAsk): Promise<Reply> {
  const { repo, issue, body, actor } = ask;
  const base = textOrNull(body, 'base');
  if (base !== null && base !== issue.pull.baseRef) {
    if (issue.state === 'closed') {
      const message = 'Cannot change the base branch of a closed pull request.';
      return invalid({ resource: 'PullRequest', field: 'base', code: 'invalid', message });
    }
    const sha = await resolveCommit(repo.path, `refs/heads/${base}`);
    if (sha === null) return invalid({ resource: 'PullRequest', field: 'base', code: 'invalid' });
    if (await isAncestor(repo.path, { older: issue.pull.headSha, newer: sha })) {
      const message = `There are no new commits between base branch '${base}' and head branch '${issue.pull.headRef}'`;
      return invalid({ resource: 'PullRequest', code: 'invalid', field: 'base', message });
    }
    await dequeue(hub, repo, { issue, by: actor, reason: 'BASE_CHANGED' });
    issue.pull.baseRef = base;
  }
  issue.title = textOrNull(body, 'title') ?? issue.title;
  if ('body' in body) issue.body = textOrNull(body, 'body');
  issue.updatedAt = hub.now();
  const isEdit = ['title', 'body', 'base'].some((name) => name in body);
  if (isEdit) await tellPull(hub, repo, { issue, action: 'edited', by: actor });
  if (body['state'] === 'closed') await closeEither(hub, repo, { issue, by: actor });
  if (body['state'] !== 'open') return show(hub, ask);
  return answerWith(await reopenIssue(hub, repo, { issue, by: actor }), () => show(hub, ask));
}

async function listFiles(ask: PullAsk): Promise<Reply> {
  const range = await listRange(ask.repo, ask.issue);
  const files = range === null ? [] : await listChanges(ask.repo.path, range);
  return paginate(ask, files, showFile);
}

async function listPullCommits(ask: PullAsk): Promise<Reply> {
  const range = await listRange(ask.repo, ask.issue);
  const commits =
    range === null ? [] : await listCommits(ask.repo.path, ['--reverse', `${range.from}..${range.to}`]);
  return paginate(ask, commits, (commit) => showCommit(ask.site, ask.repo, commit));
}

async function merge(hub: Hub, { repo, issue, body, actor }: PullAsk): Promise<Reply> {
  const method = textOrNull(body, 'merge_method') ?? 'merge';
  if (!isMethod(method)) return invalid({ resource: 'PullRequest', field: 'merge_method', code: 'invalid' });
  const outcome = await mergePull(hub, repo, {
    issue,
    by: actor,
    method,
    title: textOrNull(body, 'commit_title'),
    message: textOrNull(body, 'commit_message'),
    sha: textOrNull(body, 'sha'),
  });
  return answerWith(outcome, (sha) => ok({ sha, merged: true, message: 'Pull Request successfully merged' }));
}

function isMethod(text: string): text is MergeMethod {
  return text === 'merge' || text === 'squash' || text === 'rebase';
}

/** Merges the base into the head. */
async function updateBranch(hub: Hub, { repo, issue, body, actor, site }: PullAsk): Promise<Reply> {
  const { pull } = issue;
  const expected = textOrNull(body, 'expected_head_sha');
  if (expected !== null && expected !== pull.headSha) {
    return refuse(422, `expected head sha didn’t match current head ref.`);
  }
  const base = await resolveCommit(repo.path, `refs/heads/${pull.baseRef}`);
  if (base === null || issue.state === 'closed') return refuse(422, 'Pull request is closed');
  if (await isAncestor(repo.path, { older: base, newer: pull.headSha })) {
    return refuse(422, 'There are no new commits on the base branch.');
  }
  const message = `Merge branch '${pull.baseRef}' into ${pull.headRef}`;
  const author = signAs(hub, actor);
  const sides = { base: pull.headSha, head: base };
  const to = await integrate(repo.path, { method: 'merge', ...sides, message, author, committer: author });
  if (to === null) return refuse(422, 'merge conflict between base and head');
  await moveRef(hub, repo, { ref: `refs/heads/${pull.headRef}`, from: pull.headSha, to, by: actor });
  const url = `${site.api}/repos/${fullName(repo)}/pulls/${issue.number}`;
  return { status: 202, body: { message: 'Updating pull request branch.', url } };
}

function requestReviewers(ask: PullAsk, how: 'add' | 'remove'): Promise<Reply> {
  const { issue, repo, site, body } = ask;
  const { requested } = issue.pull;
  for (const login of textsOrNull(body, 'reviewers') ?? []) {
    const at = requested.indexOf(login);
    if (how === 'add' && at < 0) requested.push(login);
    if (how === 'remove' && at >= 0) requested.splice(at, 1);
  }
  return showPull(site, repo, issue).then(how === 'add' ? created : ok);
}

/** Routes of this topic. */
export const PULL_ROUTES: readonly Route[] = [
  repoRoute('GET', '/pulls', (_, ask) => list(ask)),
  repoRoute('POST', '/pulls', create),
  pullRoute('GET', '', show),
  pullRoute('PATCH', '', change),
  pullRoute('GET', '/files', (_, ask) => listFiles(ask)),
  pullRoute('GET', '/commits', (_, ask) => listPullCommits(ask)),
  pullRoute('GET', '/merge', (_, { issue }) =>
    issue.pull.merged === null ? refuse(404, 'Not Found') : { status: 204 },
  ),
  pullRoute('PUT', '/merge', merge),
  pullRoute('PUT', '/update-branch', updateBranch),
  pullRoute('GET', '/requested_reviewers', (_, { issue }) =>
    ok({ users: issue.pull.requested.map((login) => ({ login })), teams: [] }),
  ),
  pullRoute('POST', '/requested_reviewers', (_, ask) => requestReviewers(ask, 'add')),
  pullRoute('DELETE', '/requested_reviewers', (_, ask) => requestReviewers(ask, 'remove')),
];
