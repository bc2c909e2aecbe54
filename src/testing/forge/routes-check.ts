// REST: check runs, commit statuses, and the logs of jobs. Knows no pull requests.
import { asObject, asText, type JsonObject } from '../model/json.ts';
import {
  created,
  invalid,
  notFound,
  ok,
  paginate,
  type Reply,
  type RepoAsk,
  type Route,
  refuse,
  repoRoute,
  textOrNull,
} from './answer.ts';
import { addCheck, addStatus, changeCheck } from './checks.ts';
import type { CheckInput, Hub } from './hub.ts';
import { resolveRevision } from './routes-git.ts';
import { showCheckRun, showRepository, showStatus, showTimeOrNull, suiteId } from './shapes.ts';
import { type CheckRun, fullName, latestChecks, latestStatuses } from './store.ts';

function readCheck(body: JsonObject): Omit<CheckInput, 'name'> {
  const status = textOrNull(body, 'status');
  const conclusion = textOrNull(body, 'conclusion');
  const output = asObject(body['output']);
  const texts = ['title', 'summary', 'text'].flatMap((name) => {
    const text = textOrNull(output, name);
    return text === null ? [] : [[name, text]];
  });
  const { annotations } = output as { readonly annotations?: unknown };
  const known = (['queued', 'in_progress', 'completed'] as const).find((each) => each === status);
  return {
    ...(known === undefined ? {} : { status: known }),
    ...(conclusion === null ? {} : { conclusion }),
    output: Object.fromEntries(texts),
    ...(Array.isArray(annotations) ? { annotations } : {}),
  };
}

async function createCheck(hub: Hub, { repo, body, actor, site }: RepoAsk): Promise<Reply> {
  const name = asText(body['name']);
  const sha = asText(body['head_sha']);
  for (const [field, value] of [
    ['name', name],
    ['head_sha', sha],
  ]) {
    if (value === '') return invalid({ resource: 'CheckRun', code: 'missing_field', field });
  }
  const read = readCheck(body);
  const status = read.status ?? (read.conclusion === undefined ? 'queued' : 'completed');
  const run = await addCheck(hub, repo, { sha, input: { name, ...read, status }, by: actor });
  run.detailsUrl = textOrNull(body, 'details_url');
  run.externalId = asText(body['external_id']);
  return created(showCheckRun(site, repo, run));
}

function findRun({ repo, params }: RepoAsk): CheckRun | undefined {
  return repo.checks.find(({ id }) => id === Number(params['id']));
}

async function updateCheck(hub: Hub, ask: RepoAsk): Promise<Reply> {
  const run = findRun(ask);
  if (run === undefined) return notFound();
  await changeCheck(hub, ask.repo, { run, input: readCheck(ask.body), by: ask.actor });
  return ok(showCheckRun(ask.site, ask.repo, run));
}

async function listRuns(ask: RepoAsk): Promise<Reply> {
  const { repo, query, site } = ask;
  const sha = await resolveRevision(ask, ask.params['ref'] ?? '');
  if (sha === null) return refuse(422, `No commit found for SHA: ${ask.params['ref']}`);
  const all =
    query.get('filter') === 'all' ? repo.checks.filter((run) => run.sha === sha) : latestChecks(repo, sha);
  const runs = all.filter(
    ({ name, status }) =>
      (query.get('check_name') ?? name) === name && (query.get('status') ?? status) === status,
  );
  return paginate(
    ask,
    runs,
    (run) => showCheckRun(site, repo, run),
    (check_runs) => ({ total_count: runs.length, check_runs }),
  );
}

async function listSuites(ask: RepoAsk): Promise<Reply> {
  const sha = await resolveRevision(ask, ask.params['ref'] ?? '');
  const runs = sha === null ? [] : latestChecks(ask.repo, sha);
  if (sha === null || runs.length === 0) return ok({ total_count: 0, check_suites: [] });
  const isDone = runs.every(({ status }) => status === 'completed');
  const worst = runs.find(({ conclusion }) => conclusion !== 'success')?.conclusion ?? 'success';
  const suite = {
    id: suiteId(sha),
    head_sha: sha,
    status: isDone ? 'completed' : 'in_progress',
    conclusion: isDone ? worst : null,
    latest_check_runs_count: runs.length,
    app: { id: 15_368, slug: 'github-actions' },
  };
  return ok({ total_count: 1, check_suites: [suite] });
}

async function createStatus(hub: Hub, ask: RepoAsk): Promise<Reply> {
  const { repo, body, actor, site } = ask;
  const sha = ask.params['sha'] ?? '';
  const state = asText(body['state']);
  if (!['error', 'failure', 'pending', 'success'].includes(state)) {
    return invalid({ resource: 'Status', code: 'custom', field: 'state', message: 'state is not valid' });
  }
  if ((await resolveRevision(ask, sha)) !== sha) return refuse(422, `No commit found for SHA: ${sha}`);
  const status = await addStatus(hub, repo, {
    sha,
    state,
    context: textOrNull(body, 'context') ?? 'default',
    description: textOrNull(body, 'description'),
    targetUrl: textOrNull(body, 'target_url'),
    user: actor,
  });
  return created(showStatus(site, repo, status));
}

async function combineStatuses(ask: RepoAsk): Promise<Reply> {
  const { repo, site } = ask;
  const sha = await resolveRevision(ask, ask.params['ref'] ?? '');
  if (sha === null) return notFound();
  const statuses = latestStatuses(repo, sha);
  const states = statuses.map(({ state }) => state);
  const isBad = states.includes('failure') || states.includes('error');
  const isGood = states.length > 0 && states.every((state) => state === 'success');
  return paginate(
    ask,
    statuses,
    (status) => showStatus(site, repo, status),
    (shown) => ({
      state: isBad ? 'failure' : isGood ? 'success' : 'pending',
      sha,
      total_count: statuses.length,
      statuses: shown,
      repository: showRepository(site, repo, 'read'),
    }),
  );
}

async function listStatuses(ask: RepoAsk): Promise<Reply> {
  const sha = await resolveRevision(ask, ask.params['ref'] ?? '');
  const statuses = ask.repo.statuses.filter((status) => status.sha === sha).reverse();
  return paginate(ask, statuses, (status) => showStatus(ask.site, ask.repo, status));
}

function getJob(ask: RepoAsk): Reply {
  const run = findRun(ask);
  if (run === undefined) return notFound();
  const { id, name, status, conclusion, completedAt } = run;
  return ok({
    id,
    run_id: id,
    name,
    head_sha: run.sha,
    status,
    conclusion,
    completed_at: showTimeOrNull(completedAt),
  });
}

/** Folder of logs on the server, which ask for no token. */
export const LOGS_PATH = '/_logs/';

function redirectToLog(ask: RepoAsk): Reply {
  const run = findRun(ask);
  if (run === undefined) return notFound();
  return { status: 302, headers: { location: `${ask.site.web}${LOGS_PATH}${fullName(ask.repo)}/${run.id}` } };
}

/** Log of a job, by what follows the folder of logs; null: there is none. */
export function readLog(hub: Hub, place: string): string | null {
  const [owner, name, id] = place.split('/');
  const repo = hub.store.repositories.get(`${owner}/${name}`);
  return repo?.checks.find((run) => run.id === Number(id))?.log ?? null;
}

/** Routes of this topic. */
export const CHECK_ROUTES: readonly Route[] = [
  repoRoute('POST', '/check-runs', createCheck),
  repoRoute('GET', '/check-runs/:id', (_, ask) => {
    const run = findRun(ask);
    return run === undefined ? notFound() : ok(showCheckRun(ask.site, ask.repo, run));
  }),
  repoRoute('PATCH', '/check-runs/:id', updateCheck),
  repoRoute('GET', '/check-runs/:id/annotations', (_, ask) =>
    paginate(ask, findRun(ask)?.annotations ?? [], (annotation) => annotation),
  ),
  repoRoute('GET', '/commits/:ref*/check-runs', (_, ask) => listRuns(ask)),
  repoRoute('GET', '/commits/:ref*/check-suites', (_, ask) => listSuites(ask)),
  repoRoute('GET', '/commits/:ref*/status', (_, ask) => combineStatuses(ask)),
  repoRoute('GET', '/commits/:ref*/statuses', (_, ask) => listStatuses(ask)),
  repoRoute('POST', '/statuses/:sha', createStatus),
  repoRoute('GET', '/actions/jobs/:id', (_, ask) => getJob(ask)),
  repoRoute('GET', '/actions/jobs/:id/logs', (_, ask) => redirectToLog(ask)),
];
