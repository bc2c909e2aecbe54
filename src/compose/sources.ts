// Opens sources of tasks: the only file that names concrete ones beside the track file. Decides nothing.

import { createBeadsSource } from '../adapters/source/beads/beads-source.ts';
import { probeBeads } from '../adapters/source/beads/probe.ts';
import { findPlan, openPlan } from '../adapters/source/plan/open-plan.ts';
import { readStreamProgress } from '../adapters/source/task-copilot/progress.ts';
import { createTaskCopilotSource } from '../adapters/source/task-copilot/task-copilot.ts';
import { ok, type Result } from '../core/failure.ts';
import type { SourceSpec } from '../core/source.ts';
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
