// Opens sources of tasks: the only file that names concrete ones beside the track file. Decides nothing.

import { existsSync } from 'node:fs';
import { createBeadsSource } from '../adapters/source/beads/beads-source.ts';
import { findBeadsDir, probeBeads } from '../adapters/source/beads/probe.ts';
import { findPlan, openPlan } from '../adapters/source/plan/open-plan.ts';
import { findStreams, readStreamProgress } from '../adapters/source/task-copilot/progress.ts';
import { createTaskCopilotSource } from '../adapters/source/task-copilot/task-copilot.ts';
import { ok, type Result } from '../core/failure.ts';
import type { SourceSpec } from '../core/source.ts';
import type { Finding } from '../engine/doctor.ts';
import type { SourcePort } from '../ports/source.ts';

export { findPlan, readStreamProgress };

/** What sources are opened with. */
export interface SourceMeans {
  readonly repository: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's home folder. */
  readonly home: string;
  readonly openIssues: (spec: Extract<SourceSpec, { readonly kind: 'github' }>) => Promise<SourcePort>;
}

/** How the Beads database of the repository stands, where there is one. Changes nothing. */
export async function examineBeads(
  place: Pick<SourceMeans, 'repository' | 'env'>,
): Promise<readonly Finding[]> {
  if (!existsSync(findBeadsDir(place))) return [];
  const found = await probeBeads(place);
  const name = 'beads';
  if (!found.ok) {
    const { sentence, hint } = found.failure;
    return [{ name, state: 'warning', sentence, ...(hint === undefined ? {} : { hint }) }];
  }
  if (found.value.kind === 'records') {
    const { why, path } = found.value;
    const sentence = `${why} Issues can be read from ${path}; nothing can be claimed or told.`;
    return [{ name, state: 'warning', sentence, hint: found.value.hint }];
  }
  const { version, beadsDir, abilities } = found.value;
  const can = [
    ...(abilities.heartbeat ? ['leases'] : []),
    ...(abilities.events ? ['a journal of changes'] : []),
  ];
  const sentence = `bd ${version} can use ${beadsDir}${can.length === 0 ? '' : `, with ${can.join(' and ')}`}`;
  return [{ name, state: 'ok', sentence }];
}

/** How the Task Copilot database of the repository stands, where there is one or `isWanted`. Changes nothing. */
export async function examineTaskCopilot(
  place: Pick<SourceMeans, 'repository' | 'home'>,
  { isWanted }: { readonly isWanted: boolean },
): Promise<readonly Finding[]> {
  const found = await findStreams({ ...place, workspace: null, db: null });
  const name = 'task-copilot';
  if (!found.ok) {
    const { kind, sentence, hint } = found.failure;
    if (kind === 'usage' && !isWanted) return [];
    return [{ name, state: 'warning', sentence, ...(hint === undefined ? {} : { hint }) }];
  }
  const { path, note, streams } = found.value;
  const count = `${streams.length} ${streams.length === 1 ? 'stream' : 'streams'}`;
  const sentence = `${count} in the Task Copilot database ${path}`;
  return [{ name, state: 'ok', sentence: note === null ? sentence : `${sentence}. ${note}` }];
}

/** Specs of sources that a run watches. */
type WatchedSpec = Exclude<SourceSpec, { readonly kind: 'track-file' }>;

/** Opens a source for a run. The failure says what to type. */
export async function openSource(
  means: SourceMeans,
  spec: WatchedSpec,
  run: string,
): Promise<Result<SourcePort>> {
  const { repository, env, home } = means;
  switch (spec.kind) {
    case 'beads': {
      const found = await probeBeads({ repository, env });
      return found.ok ? ok(createBeadsSource({ repository, spec, run, found: found.value })) : found;
    }
    case 'github':
      return ok(await means.openIssues(spec));
    case 'task-copilot':
      return ok(createTaskCopilotSource({ repository, home, spec, run }));
    default:
      return ok(openPlan(repository, spec));
  }
}
