// Opens what is beyond the repository: its forge, and the sources of tasks. Only who needs one loads what talks to it.
import { userInfo } from 'node:os';
import { isAbsolute } from 'node:path';
import { buildEnvironment, type ParentEnvironment } from '../adapters/process/env.ts';
import { createProcessPort } from '../adapters/process/process-port.ts';
import { createTrackFileSource } from '../adapters/source/track-file.ts';
import { createClock } from '../adapters/system/clock.ts';
import { type StreamProgress, streamsOfRun } from '../core/documents/streams.ts';
import { ok, type Result } from '../core/failure.ts';
import type { Policy } from '../core/model.ts';
import type { SourceSpec } from '../core/source.ts';
import type { RunView } from '../core/view.ts';
import type { Finding } from '../engine/doctor.ts';
import type { FoundForge } from '../ports/forge.ts';
import type { SourcePort } from '../ports/source.ts';

/** What a forge and sources are found with. */
export interface ReachMeans {
  readonly env: ParentEnvironment;
  readonly repository: string;
  readonly redact: (text: string) => string;
  readonly rooms: GithubMeans['rooms'];
}

type Github = typeof import('../adapters/forge/github/open-github.ts');
type GithubMeans = Parameters<Github['openGithub']>[0];

/** The forge that a repository belongs to; only who needs one loads what talks to it. */
export async function findForge(means: ReachMeans): Promise<FoundForge | null> {
  const { github, of } = await loadGithub(means);
  return github.openGithub(of);
}

async function loadGithub({
  env,
  repository,
  rooms,
}: ReachMeans): Promise<{ readonly github: Github; readonly of: GithubMeans }> {
  const github = await import('../adapters/forge/github/open-github.ts');
  const { run } = createProcessPort();
  const ghEnv = buildEnvironment(env, { pass: github.GH_VARIABLES, set: {} });
  return { github, of: { repository, clock: createClock(), env, ghEnv, run, rooms } };
}

/** The user's home folder. */
export function findHome(env: ParentEnvironment): string {
  const named = env['HOME'] ?? '';
  return isAbsolute(named) ? named : userInfo().homedir;
}

/** Opens a source; only who needs one loads what talks to it. */
export async function openSource(
  means: ReachMeans,
  spec: SourceSpec,
  run: string,
): Promise<Result<SourcePort>> {
  const { env, repository, redact } = means;
  if (spec.kind === 'track-file') return ok(createTrackFileSource({ repository, path: spec.path }));
  const sources = await import('./sources.ts');
  const home = findHome(env);
  const openIssues = async (
    issues: Extract<SourceSpec, { readonly kind: 'github' }>,
  ): Promise<SourcePort> => {
    const { github, of } = await loadGithub(means);
    const startedAt = startOf(run) ?? of.clock.wallMs();
    return github.openIssues(of, { spec: issues, redact, onLanding: 'close', startedAt });
  };
  return sources.openSource({ repository, env, home, openIssues }, spec, run);
}

/** How far streams are: those of a Task Copilot database, else, when none is named and none is there, the tracks of a run. */
export async function readStreams(
  { env, repository }: Pick<ReachMeans, 'env' | 'repository'>,
  of: { readonly workspace: string | null; readonly db: string | null },
  readLatest: () => Promise<Result<RunView>>,
): Promise<Result<readonly StreamProgress[]>> {
  const sources = await import('./sources.ts');
  const read = await sources.readStreamProgress({ repository, home: findHome(env), ...of });
  if (read.ok || of.workspace !== null || of.db !== null || read.failure.kind !== 'usage') return read;
  const latest = await readLatest();
  return latest.ok ? ok(streamsOfRun(latest.value)) : read;
}

/** How sources that the repository has stand, or should have by its configuration, a finding each. Changes nothing. */
export async function examineSources(
  { env, repository }: Pick<ReachMeans, 'env' | 'repository'>,
  policy: Policy | null,
): Promise<readonly Finding[]> {
  const sources = await import('./sources.ts');
  const isWanted = policy?.statusFiles?.includes('streams') === true;
  return [
    ...(await sources.examineBeads({ env, repository })),
    ...(await sources.examineTaskCopilot({ repository, home: findHome(env) }, { isWanted })),
  ];
}

/** When a run was named; null: that is not the name of one. */
function startOf(run: string): number | null {
  const [, day, time] = /^(\d{8})-(\d{6})-/.exec(run) ?? [];
  if (day === undefined || time === undefined) return null;
  const spelled = `${day.replace(/(....)(..)(..)/, '$1-$2-$3')}T${time.replace(/(..)(..)(..)/, '$1:$2:$3')}Z`;
  return Date.parse(spelled);
}
