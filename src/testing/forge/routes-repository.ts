// REST: the user, repositories, branches with their protection, webhooks. Knows no pull requests.
import { asObject, asText, type JsonObject } from '../model/json.ts';
import {
  created,
  done,
  invalid,
  notFound,
  ok,
  paginate,
  type Reply,
  type RepoAsk,
  type Route,
  refuse,
  repoRoute,
  route,
  textsOrNull,
} from './answer.ts';
import { listCommits, listRefs, resolveCommit } from './bare-repo.ts';
import { type Json, showCommit, showRepository, showUser } from './shapes.ts';
import { fullName, type Protection, permissionOf, type Repository } from './store.ts';

/** Branches that nobody protected. */
export const NO_PROTECTION: Protection = {
  contexts: [],
  strict: false,
  approvals: null,
  dismissStale: false,
  enforceAdmins: false,
  allowForcePushes: false,
  allowDeletions: false,
};

const SETTINGS = {
  allow_merge_commit: 'allowMergeCommit',
  allow_squash_merge: 'allowSquashMerge',
  allow_rebase_merge: 'allowRebaseMerge',
  delete_branch_on_merge: 'deleteBranchOnMerge',
} as const;

function showRepo({ repo, site, actor }: RepoAsk): Reply {
  return ok(showRepository(site, repo, permissionOf(repo, actor) ?? 'read'));
}

function changeRepo(ask: RepoAsk): Reply {
  if (permissionOf(ask.repo, ask.actor) !== 'admin') return notFound();
  for (const [name, setting] of Object.entries(SETTINGS)) {
    const value = ask.body[name];
    if (typeof value === 'boolean') ask.repo.settings[setting] = value;
  }
  return showRepo(ask);
}

function showProtection(protection: Protection): Json {
  const { contexts, strict, approvals } = protection;
  return {
    required_status_checks:
      contexts.length === 0 && !strict
        ? null
        : { strict, contexts, checks: contexts.map((context) => ({ context, app_id: null })) },
    ...(approvals === null
      ? {}
      : {
          required_pull_request_reviews: {
            required_approving_review_count: approvals,
            dismiss_stale_reviews: protection.dismissStale,
          },
        }),
    enforce_admins: { enabled: protection.enforceAdmins },
    allow_force_pushes: { enabled: protection.allowForcePushes },
    allow_deletions: { enabled: protection.allowDeletions },
  };
}

function readProtection(body: JsonObject): Protection {
  const checks = asObject(body['required_status_checks']);
  const reviews = body['required_pull_request_reviews'];
  const count = asObject(reviews)['required_approving_review_count'];
  return {
    contexts: textsOrNull(checks, 'contexts') ?? [],
    strict: checks['strict'] === true,
    approvals: reviews === undefined || reviews === null ? null : typeof count === 'number' ? count : 1,
    dismissStale: asObject(reviews)['dismiss_stale_reviews'] === true,
    enforceAdmins: body['enforce_admins'] === true,
    allowForcePushes: body['allow_force_pushes'] === true,
    allowDeletions: body['allow_deletions'] === true,
  };
}

function showBranch({ site, repo }: RepoAsk, { name, sha }: { name: string; sha: string }): Json {
  const protection = repo.protections.get(name);
  return {
    name,
    commit: { sha, url: `${site.api}/repos/${fullName(repo)}/commits/${sha}` },
    protected: protection !== undefined,
    protection: {
      enabled: protection !== undefined,
      required_status_checks: {
        enforcement_level: protection === undefined ? 'off' : 'non_admins',
        contexts: protection?.contexts ?? [],
      },
    },
  };
}

async function getBranch(ask: RepoAsk): Promise<Reply> {
  const name = ask.params['branch'] ?? '';
  const sha = await resolveCommit(ask.repo.path, `refs/heads/${name}`);
  const [commit] = sha === null ? [] : await listCommits(ask.repo.path, [sha], 1);
  if (commit === undefined || sha === null) return refuse(404, 'Branch not found');
  return ok({ ...showBranch(ask, { name, sha }), commit: showCommit(ask.site, ask.repo, commit) });
}

async function listBranches(ask: RepoAsk): Promise<Reply> {
  const refs = await listRefs(ask.repo.path, 'refs/heads');
  const branches = [...refs].map(([ref, sha]) => ({ name: ref.slice('refs/heads/'.length), sha }));
  const wanted = ask.query.get('protected');
  const chosen = branches.filter(
    ({ name }) => wanted === null || String(ask.repo.protections.has(name)) === wanted,
  );
  return paginate(ask, chosen, (branch) => showBranch(ask, branch));
}

function isAdmin({ repo, actor }: RepoAsk): boolean {
  return permissionOf(repo, actor) === 'admin';
}

function getProtection(ask: RepoAsk): Reply {
  const protection = ask.repo.protections.get(ask.params['branch'] ?? '');
  if (!isAdmin(ask)) return notFound();
  return protection === undefined ? refuse(404, 'Branch not protected') : ok(showProtection(protection));
}

function putProtection(ask: RepoAsk): Reply {
  if (!isAdmin(ask)) return notFound();
  const protection = readProtection(ask.body);
  ask.repo.protections.set(ask.params['branch'] ?? '', protection);
  return ok(showProtection(protection));
}

function deleteProtection(ask: RepoAsk): Reply {
  if (!isAdmin(ask)) return notFound();
  return ask.repo.protections.delete(ask.params['branch'] ?? '')
    ? done()
    : refuse(404, 'Branch not protected');
}

function showHook(repo: Repository, hook: Repository['hooks'][number]): Json {
  const { id, url, events } = hook;
  return {
    id,
    type: 'Repository',
    name: 'web',
    active: true,
    events,
    config: { url, content_type: 'json' },
    repo: fullName(repo),
  };
}

/** Routes of this topic. */
export const REPOSITORY_ROUTES: readonly Route[] = [
  route('GET', '/user', (_, { site, actor }) => ok(showUser(site, actor))),
  route('GET', '/users/:login', (hub, { site, params }) => {
    const user = hub.store.users.get(params['login'] ?? '');
    return user === undefined ? notFound() : ok(showUser(site, user));
  }),
  repoRoute('GET', '', (_, ask) => showRepo(ask)),
  repoRoute('PATCH', '', (_, ask) => changeRepo(ask)),
  repoRoute('GET', '/branches', (_, ask) => listBranches(ask)),
  // protection is named before branches, whose names have slashes
  repoRoute('GET', '/branches/:branch*/protection', (_, ask) => getProtection(ask)),
  repoRoute('PUT', '/branches/:branch*/protection', (_, ask) => putProtection(ask)),
  repoRoute('DELETE', '/branches/:branch*/protection', (_, ask) => deleteProtection(ask)),
  repoRoute('GET', '/branches/:branch*', (_, ask) => getBranch(ask)),
  // there are no rule sets here
  repoRoute('GET', '/rules/branches/:branch*', (_, ask) => paginate(ask, [], (rule) => rule)),
  repoRoute('GET', '/hooks', (_, ask) => paginate(ask, ask.repo.hooks, (hook) => showHook(ask.repo, hook))),
  repoRoute('POST', '/hooks', (hub, ask) => {
    const config = asObject(ask.body['config']);
    const url = asText(config['url']);
    if (url === '') return invalid({ resource: 'Hook', code: 'missing_field', field: 'url' });
    const events = textsOrNull(ask.body, 'events') ?? ['push'];
    const hook = { id: hub.nextId(), url, secret: asText(config['secret']), events };
    ask.repo.hooks.push(hook);
    return created(showHook(ask.repo, hook));
  }),
  repoRoute('DELETE', '/hooks/:id', (_, { repo, params }) => {
    const at = repo.hooks.findIndex(({ id }) => id === Number(params['id']));
    if (at < 0) return notFound();
    repo.hooks.splice(at, 1);
    return done();
  }),
];
