// Check runs and statuses: made, finished, told of, and made by the forge's own CI. Knows no HTTP.
import type { CheckInput, Hub } from './hub.ts';
import { advanceQueue } from './merge-queue.ts';
import { showCheckRun, suiteId } from './shapes.ts';
import {
  type CheckRun,
  type CommitStatus,
  fullName,
  latestChecks,
  type Repository,
  type User,
} from './store.ts';

/** Adds a check run to a commit, with what follows when it is completed. */
export async function addCheck(
  hub: Hub,
  repo: Repository,
  { sha, input, by }: { readonly sha: string; readonly input: CheckInput; readonly by: User },
): Promise<CheckRun> {
  const run: CheckRun = {
    id: hub.nextId(),
    name: input.name,
    sha,
    status: 'queued',
    conclusion: null,
    output: { title: null, summary: null, text: null },
    annotations: [],
    detailsUrl: null,
    externalId: '',
    log: '',
    startedAt: hub.now(),
    completedAt: null,
  };
  repo.checks.push(run);
  await changeCheck(hub, repo, { run, input, by, action: 'created' });
  return run;
}

/** Changes a check run, with what follows when it is completed. */
export async function changeCheck(
  hub: Hub,
  repo: Repository,
  what: {
    readonly run: CheckRun;
    readonly input: Omit<CheckInput, 'name'>;
    readonly by: User;
    readonly action?: string;
  },
): Promise<void> {
  const { run, input, by } = what;
  const status =
    input.status ?? (input.conclusion === undefined && what.action === undefined ? run.status : 'completed');
  const isDone = status === 'completed';
  run.status = status;
  run.conclusion = isDone ? (input.conclusion ?? run.conclusion ?? 'success') : null;
  run.completedAt = isDone ? hub.now() : null;
  run.output = { ...run.output, ...input.output };
  run.annotations = input.annotations ?? run.annotations;
  run.log = input.log ?? run.log;
  const show = (): object => showCheckRun(hub.site(), repo, run);
  if (what.action !== undefined) {
    hub.tell({ repo, event: 'check_run', sender: by, payload: { action: what.action, check_run: show() } });
  }
  if (!isDone) return;
  hub.tell({ repo, event: 'check_run', sender: by, payload: { action: 'completed', check_run: show() } });
  const runs = latestChecks(repo, run.sha);
  if (runs.every((each) => each.status === 'completed')) {
    const suite = { id: suiteId(run.sha), head_sha: run.sha, status: 'completed' };
    hub.tell({
      repo,
      event: 'check_suite',
      sender: by,
      payload: { action: 'completed', check_suite: suite },
    });
  }
  await advanceQueue(hub, repo);
}

/** Adds a status to a commit. */
export async function addStatus(
  hub: Hub,
  repo: Repository,
  input: Omit<CommitStatus, 'id' | 'at'>,
): Promise<CommitStatus> {
  const status: CommitStatus = { ...input, id: hub.nextId(), at: hub.now() };
  repo.statuses.push(status);
  const { sha, state, context, description } = status;
  const payload = { id: status.id, sha, state, context, description, target_url: status.targetUrl };
  hub.tell({ repo, event: 'status', sender: input.user, payload });
  await advanceQueue(hub, repo);
  return status;
}

/** Lets the forge's own CI check a commit in the background. */
export function startBuild(
  hub: Hub,
  repo: Repository,
  { ref, sha, by }: { readonly ref: string; readonly sha: string; readonly by: User },
): void {
  const { ci } = hub;
  if (ci === null) return;
  const build = async (): Promise<void> => {
    const inputs = await ci({ repo: fullName(repo), ref, sha });
    if (hub.closing.aborted) return;
    for (const input of inputs) await hub.inTurn(repo, () => addCheck(hub, repo, { sha, input, by }));
  };
  hub.inBackground(build());
}
