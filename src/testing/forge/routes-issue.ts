// REST: issues with labels, comments, parts and dependencies; pull requests are issues here. Knows no git.
import { asText } from '../model/json.ts';
import {
  type Ask,
  answerWith,
  created,
  done,
  type IssueAsk,
  invalid,
  issueRoute,
  notFound,
  ok,
  paginate,
  type Reply,
  type RepoAsk,
  type Route,
  refuse,
  repoRoute,
  route,
  textOrNull,
  textsOrNull,
} from './answer.ts';
import { closeEither } from './closing.ts';
import { addComment, editComment, setLabels } from './comments.ts';
import type { Hub } from './hub.ts';
import { editText, placeIssue } from './issue-history.ts';
import { openIssue, reopenIssue } from './pull-life.ts';
import { type Found, searchIssues } from './search.ts';
import { showComment, showIssue, showLabel, showUser } from './shapes.ts';
import { type Comment, type Issue, permissionOf } from './store.ts';

const FORBIDDEN = 'Resource not accessible by personal access token';
/** A search gives no more, whatever it finds. */
const MAX_FOUND = 1_000;

function list(ask: RepoAsk): Promise<Reply> {
  const { repo, query, site } = ask;
  const state = query.get('state') ?? 'open';
  const labels = (query.get('labels') ?? '').split(',').filter((label) => label !== '');
  const since = Date.parse(query.get('since') ?? '');
  const creator = query.get('creator');
  const chosen = [...repo.issues.values()].filter(
    (issue) =>
      (state === 'all' || issue.state === state) &&
      labels.every((label) => issue.labels.includes(label)) &&
      fits(query.get('milestone'), issue.milestone === null ? [] : [String(issue.milestone)]) &&
      fits(query.get('assignee'), issue.assignees) &&
      (creator === null || creator === issue.user.login) &&
      (Number.isNaN(since) || issue.updatedAt >= since),
  );
  const order =
    query.get('sort') === 'updated' ? (issue: Issue) => issue.updatedAt : (issue: Issue) => issue.number;
  const sorted = chosen.sort((a, b) => order(a) - order(b) || a.number - b.number);
  const isUp = query.get('direction') === 'asc';
  return paginate(ask, isUp ? sorted : sorted.reverse(), (issue) => showIssue(site, repo, issue));
}

/** Filters as GitHub has them: `*` is any, `none` is none. */
function fits(wanted: string | null, values: readonly string[]): boolean {
  if (wanted === null || wanted === '') return true;
  if (wanted === '*') return values.length > 0;
  return wanted === 'none' ? values.length === 0 : values.includes(wanted);
}

function create(hub: Hub, { repo, body, actor, site }: RepoAsk): Reply {
  const title = asText(body['title']);
  if (title === '') return invalid({ resource: 'Issue', code: 'missing_field', field: 'title' });
  const { milestone } = body;
  // who may only read is not refused: the rest of what they ask for is not done
  const more =
    permissionOf(repo, actor) === 'read'
      ? {}
      : {
          labels: textsOrNull(body, 'labels') ?? [],
          assignees: textsOrNull(body, 'assignees') ?? [],
          milestone: typeof milestone === 'number' ? milestone : null,
        };
  const issue = openIssue(hub, repo, { user: actor, title, body: textOrNull(body, 'body'), ...more });
  return created(showIssue(site, repo, issue));
}

/** Who may only read may change the texts and the state of their own issues; what else they ask for is not done. */
async function change(hub: Hub, { repo, issue, body, actor, site }: IssueAsk): Promise<Reply> {
  const mayWrite = permissionOf(repo, actor) !== 'read';
  if (!mayWrite && issue.user.login !== actor.login) return refuse(403, FORBIDDEN);
  if ('title' in body || 'body' in body) {
    const text = 'body' in body ? { body: textOrNull(body, 'body') } : {};
    await editText(hub, repo, { issue, by: actor, title: textOrNull(body, 'title'), ...text });
  }
  if (mayWrite) {
    const { milestone } = body;
    const assignees = textsOrNull(body, 'assignees');
    placeIssue(hub, {
      ...{ issue, by: actor },
      ...(milestone === null || typeof milestone === 'number' ? { milestone } : {}),
      ...(assignees === null ? {} : { assignees }),
    });
    const labels = textsOrNull(body, 'labels');
    if (labels !== null) await setLabels(hub, repo, { issue, by: actor, labels });
  }
  const reason = textOrNull(body, 'state_reason');
  if (body['state'] === 'closed') await closeEither(hub, repo, { issue, by: actor, reason });
  if (body['state'] !== 'open') return ok(showIssue(site, repo, issue));
  const outcome = await reopenIssue(hub, repo, { issue, by: actor });
  return answerWith(outcome, () => ok(showIssue(site, repo, issue)));
}

function findComment({ repo, params }: RepoAsk): { issue: Issue; comment: Comment } | null {
  for (const issue of repo.issues.values()) {
    const comment = issue.comments.find(({ id }) => id === Number(params['comment']));
    if (comment !== undefined) return { issue, comment };
  }
  return null;
}

function listComments(ask: IssueAsk): Promise<Reply> {
  const since = Date.parse(ask.query.get('since') ?? '');
  const chosen = ask.issue.comments.filter(({ updatedAt }) => Number.isNaN(since) || updatedAt >= since);
  return paginate(ask, chosen, (comment) => showComment(ask.site, ask, comment));
}

function postComment(hub: Hub, { repo, issue, body, actor, site }: IssueAsk): Reply {
  const text = asText(body['body']);
  if (text === '') return invalid({ resource: 'IssueComment', code: 'missing_field', field: 'body' });
  const comment = addComment(hub, repo, { issue, by: actor, body: text });
  return created(showComment(site, { repo, issue }, comment));
}

function getComment(ask: RepoAsk): Reply {
  const found = findComment(ask);
  return found === null
    ? notFound()
    : ok(showComment(ask.site, { repo: ask.repo, issue: found.issue }, found.comment));
}

function patchComment(hub: Hub, ask: RepoAsk): Reply {
  const found = findComment(ask);
  if (found === null) return notFound();
  const isOwn = found.comment.user.login === ask.actor.login;
  if (!isOwn && permissionOf(ask.repo, ask.actor) === 'read') return refuse(403, FORBIDDEN);
  editComment(hub, ask.repo, { ...found, by: ask.actor, body: asText(ask.body['body']) });
  return getComment(ask);
}

function deleteComment(ask: RepoAsk): Reply {
  const found = findComment(ask);
  if (found === null) return notFound();
  found.issue.comments.splice(found.issue.comments.indexOf(found.comment), 1);
  return done();
}

async function changeLabels(hub: Hub, ask: IssueAsk, labels: readonly string[]): Promise<Reply> {
  await setLabels(hub, ask.repo, { issue: ask.issue, by: ask.actor, labels });
  return ok(ask.issue.labels.map(showLabel));
}

function changeAssignees(hub: Hub, ask: IssueAsk, how: 'add' | 'remove'): Reply {
  const { issue, body, repo, site, actor } = ask;
  const named = textsOrNull(body, 'assignees') ?? [];
  const others = issue.assignees.filter((login) => !named.includes(login));
  placeIssue(hub, { issue, by: actor, assignees: how === 'add' ? [...issue.assignees, ...named] : others });
  return { status: how === 'add' ? 201 : 200, body: showIssue(site, repo, issue) };
}

function findById({ repo }: RepoAsk, id: unknown): Issue | undefined {
  return [...repo.issues.values()].find((issue) => issue.id === Number(id));
}

function listLinked(ask: IssueAsk, numbers: readonly number[]): Promise<Reply> {
  const issues = numbers.flatMap((number) => ask.repo.issues.get(number) ?? []);
  return paginate(ask, issues, (issue) => showIssue(ask.site, ask.repo, issue));
}

/** Adds an issue, given by its id, to the parts or the blockers of another one. */
function link(ask: IssueAsk, links: number[], id: unknown): Reply {
  const other = findById(ask, id);
  if (other === undefined) return notFound();
  if (other === ask.issue || links.includes(other.number)) {
    return invalid({
      resource: 'Issue',
      code: 'invalid',
      message: 'Issue is already linked, or links to itself',
    });
  }
  links.push(other.number);
  return created(showIssue(ask.site, ask.repo, links === ask.issue.blockedBy ? other : ask.issue));
}

function unlink(ask: IssueAsk, links: number[], id: unknown): Reply {
  const other = findById(ask, id);
  const at = other === undefined ? -1 : links.indexOf(other.number);
  if (at < 0 || other === undefined) return notFound();
  links.splice(at, 1);
  return ok(showIssue(ask.site, ask.repo, links === ask.issue.blockedBy ? other : ask.issue));
}

function getParent(ask: IssueAsk): Reply {
  const { repo, issue, site } = ask;
  const parent = [...repo.issues.values()].find(({ subIssues }) => subIssues.includes(issue.number));
  return parent === undefined ? notFound() : ok(showIssue(site, repo, parent));
}

function listBlocked(ask: IssueAsk): Promise<Reply> {
  const blocked = [...ask.repo.issues.values()].filter(({ blockedBy }) =>
    blockedBy.includes(ask.issue.number),
  );
  return paginate(ask, blocked, (issue) => showIssue(ask.site, ask.repo, issue));
}

/** What a user may do, as only those are told who may write. */
function getPermission(hub: Hub, { repo, actor, params, site }: RepoAsk): Reply {
  if (permissionOf(repo, actor) === 'read') {
    return refuse(403, 'Must have push access to view collaborator permission.');
  }
  const { login = '' } = params;
  const user = hub.store.users.get(login);
  if (user === undefined) return refuse(404, `${login} is not a user`);
  const permission = permissionOf(repo, user) ?? 'none';
  return ok({ permission, role_name: permission, user: showUser(site, user) });
}

async function search(hub: Hub, ask: Ask): Promise<Reply> {
  const found = searchIssues(hub.store, { query: ask.query.get('q') ?? '', actor: ask.actor });
  if (found === null) return invalid({ resource: 'Search', field: 'q', code: 'invalid' });
  const shown = found.slice(0, MAX_FOUND);
  const show = ({ repo, issue }: Found) => ({ ...showIssue(ask.site, repo, issue), score: 1 });
  const wrap = (items: readonly unknown[]) => ({
    total_count: found.length,
    incomplete_results: false,
    items,
  });
  return paginate(ask, shown, show, wrap);
}

/** Routes of this topic. */
export const ISSUE_ROUTES: readonly Route[] = [
  repoRoute('GET', '/issues', (_, ask) => list(ask)),
  repoRoute('POST', '/issues', create, { readersMay: true }),
  repoRoute('GET', '/issues/comments/:comment', (_, ask) => getComment(ask)),
  repoRoute('PATCH', '/issues/comments/:comment', patchComment, { readersMay: true }),
  repoRoute('DELETE', '/issues/comments/:comment', (_, ask) => deleteComment(ask)),
  issueRoute('GET', '', (_, { repo, issue, site }) => ok(showIssue(site, repo, issue))),
  issueRoute('PATCH', '', change, { readersMay: true }),
  issueRoute('GET', '/comments', (_, ask) => listComments(ask)),
  issueRoute('POST', '/comments', postComment, { readersMay: true }),
  issueRoute('GET', '/labels', (_, ask) => paginate(ask, ask.issue.labels, showLabel)),
  issueRoute('POST', '/labels', (hub, ask) =>
    changeLabels(hub, ask, [...ask.issue.labels, ...(textsOrNull(ask.body, 'labels') ?? [])]),
  ),
  issueRoute('PUT', '/labels', (hub, ask) => changeLabels(hub, ask, textsOrNull(ask.body, 'labels') ?? [])),
  issueRoute('DELETE', '/labels/:label', (hub, ask) => {
    const { label = '' } = ask.params;
    const { labels } = ask.issue;
    if (!labels.includes(label)) return notFound();
    return changeLabels(
      hub,
      ask,
      labels.filter((name) => name !== label),
    );
  }),
  issueRoute('POST', '/assignees', (hub, ask) => changeAssignees(hub, ask, 'add')),
  issueRoute('DELETE', '/assignees', (hub, ask) => changeAssignees(hub, ask, 'remove')),
  issueRoute('GET', '/sub_issues', (_, ask) => listLinked(ask, ask.issue.subIssues)),
  issueRoute('POST', '/sub_issues', (_, ask) => link(ask, ask.issue.subIssues, ask.body['sub_issue_id'])),
  issueRoute('DELETE', '/sub_issue', (_, ask) => unlink(ask, ask.issue.subIssues, ask.body['sub_issue_id'])),
  issueRoute('GET', '/parent', (_, ask) => getParent(ask)),
  issueRoute('GET', '/dependencies/blocked_by', (_, ask) => listLinked(ask, ask.issue.blockedBy)),
  issueRoute('POST', '/dependencies/blocked_by', (_, ask) =>
    link(ask, ask.issue.blockedBy, ask.body['issue_id']),
  ),
  issueRoute('DELETE', '/dependencies/blocked_by/:issue', (_, ask) =>
    unlink(ask, ask.issue.blockedBy, ask.params['issue']),
  ),
  issueRoute('GET', '/dependencies/blocking', (_, ask) => listBlocked(ask)),
  repoRoute('GET', '/collaborators/:login/permission', getPermission),
  route('GET', '/search/issues', search),
  repoRoute('GET', '/milestones', (_, ask) => paginate(ask, ask.repo.milestones, (milestone) => milestone)),
  repoRoute('POST', '/milestones', (_, { repo, body }) => {
    const milestone = { number: repo.milestones.length + 1, title: asText(body['title']), state: 'open' };
    repo.milestones.push(milestone);
    return created(milestone);
  }),
  repoRoute('GET', '/labels', (_, ask) => {
    const names = new Set([...ask.repo.issues.values()].flatMap(({ labels }) => labels));
    return paginate(ask, [...names].sort(), showLabel);
  }),
];
