// The policy that configuration and flags give, for who puts weft together. Decides nothing.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  CONFIG_FILE,
  type ConfigRejection,
  loadConfig,
  overridePolicy,
} from '../adapters/config/load-config.ts';
import type { TrackFilePlaces } from '../adapters/source/find-track-file.ts';
import { fail, type Result } from '../core/failure.ts';
import { DEFAULT_POLICY, type Policy } from '../core/model.ts';
import { renderDiagnostics } from '../core/plan/code-frame.ts';
import type { PolicyFlags } from '../core/policy.ts';
import type { Tools } from '../engine/parts.ts';

/** Where the user stands. */
export interface Here extends TrackFilePlaces {
  readonly path: string;
}

/** The policy that the configuration gives where the user stands. */
export async function configure(
  tools: Tools,
  { checkout }: Here,
  flags: PolicyFlags,
): Promise<Result<Policy, ConfigRejection>> {
  const branch = await tools.git.currentBranch();
  const configured = loadConfig({
    repository: existsSync(join(checkout, CONFIG_FILE)) ? checkout : tools.repository,
    flags: asConfig(flags),
    defaults: { ...DEFAULT_POLICY, target: branch ?? NO_BRANCH },
  });
  if (!configured.ok || configured.value.target !== NO_BRANCH) return configured;
  const sentence = 'No branch is checked out here, so it is not clear where work is to land.';
  const fix = 'Name the branch with --target, or with `target:` in .weft/config.yaml.';
  return fail({ kind: 'usage', diagnostics: [{ position: null, sentence, fix }], texts: new Map() });
}

const NO_BRANCH = '';

/** The recorded policy with what flags change. */
export function override(recorded: Policy, flags: PolicyFlags): Result<Policy> {
  const overridden = overridePolicy(recorded, asConfig(flags));
  if (overridden.ok) return overridden;
  const { diagnostics } = overridden.failure;
  return refuseConfig({ diagnostics, texts: new Map() });
}

/** A configuration that cannot be used, as a failure. */
export function refuseConfig({
  diagnostics,
  texts,
}: Pick<ConfigRejection, 'diagnostics' | 'texts'>): Result<never> {
  return fail({ kind: 'usage', sentence: renderDiagnostics(diagnostics, texts) });
}

type ConfigFlags = NonNullable<Parameters<typeof loadConfig>[0]['flags']>;

/** Flags under the names of the configuration; what they hold is checked where the configuration is. */
function asConfig(flags: PolicyFlags): ConfigFlags {
  const {
    time,
    strategy,
    gates,
    phasesPlan,
    phasesReview,
    worktreesRoot,
    worktreesPath,
    limitsAttempts,
    ...same
  } = flags;
  return {
    ...same,
    ...(gates === undefined ? {} : { gates: { tier0: gates } }),
    worktrees: { root: worktreesRoot, path: worktreesPath },
    ...(limitsAttempts === undefined ? {} : { limits: { attempts: limitsAttempts } }),
    phases: { plan: asPhase(phasesPlan), review: asPhase(phasesReview) },
    ...(time === undefined ? {} : { budget: { minutes: time } }),
    ...(strategy === undefined ? {} : { merge: { strategy } }),
  } as ConfigFlags;
}

function asPhase(word: string | undefined): string | boolean | undefined {
  return word === 'true' || word === 'false' ? word === 'true' : word;
}
