// Overriding a policy field by field, and saying what that changed. Knows nothing of flags' spelling or of files.
import type { PolicyChange } from './event.ts';
import type { Plan, Policy } from './model.ts';
import { BUILT_IN_AGENTS } from './plan/compile.ts';

/** Fields that a command line may override. */
export interface PolicyFlags {
  readonly target?: string;
  readonly integrate?: string;
  readonly isolation?: string;
  readonly collisionPolicy?: string;
  readonly outside?: string;
  readonly maxAgents?: number;
  readonly maxPerTrack?: number;
  readonly agent?: string;
  /** Minutes an attempt may take. */
  readonly time?: number;
  readonly fast?: boolean;
  readonly strategy?: string;
  readonly setup?: string;
  readonly pullRequests?: boolean;
  /** In place of the gates of tier 0. */
  readonly gates?: readonly string[];
  /** Name of an agent, `true` or `false`. */
  readonly phasesPlan?: string;
  readonly phasesReview?: string;
  readonly worktreesRoot?: string;
  readonly worktreesPath?: string;
  readonly limitsAttempts?: number;
}

/** Lists the fields in which two policies differ, old and new value as JSON. */
export function comparePolicies(before: Policy, after: Policy): readonly PolicyChange[] {
  return compareValues('', before, after);
}

function compareValues(path: string, before: unknown, after: unknown): PolicyChange[] {
  if (isPlain(before) && isPlain(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return names.flatMap((name) =>
      compareValues(path === '' ? name : `${path}.${name}`, before[name], after[name]),
    );
  }
  const [was, is] = [JSON.stringify(before) ?? 'none', JSON.stringify(after) ?? 'none'];
  return was === is ? [] : [{ field: path, before: was, after: is }];
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Leaves of the agents those that a plan or its phases name: the others are nobody's business in its run. */
export function keepUsedAgents(policy: Policy, { tasks }: Pick<Plan, 'tasks'>): Policy {
  const { phases, fast } = policy;
  const names = new Set<unknown>(fast ? [] : [phases.plan, phases.review]);
  for (const task of tasks) if (task.run === null && task.type !== 'manual') names.add(task.agent);
  return keepAgents(policy, (name) => names.has(name));
}

/** Leaves out built-in agents of which the configuration says nothing. */
export function keepConfiguredAgents(policy: Policy): Policy {
  const named: readonly unknown[] = [policy.agent, policy.phases.plan, policy.phases.review];
  return keepAgents(
    policy,
    (name, config) =>
      named.includes(name) || !BUILT_IN_AGENTS.includes(name) || Object.keys(config).length > 1,
  );
}

/** Leaves of the agents what a plan that may grow is likely to want: what it names, and what the configuration speaks of. */
export function keepLikelyAgents(policy: Policy, plan: Pick<Plan, 'tasks'>): Policy {
  const { agents } = keepUsedAgents(policy, plan);
  const configured = keepConfiguredAgents(policy);
  return { ...policy, agents: { ...configured.agents, ...agents } };
}

function keepAgents(
  policy: Policy,
  isKept: (name: string, config: Policy['agents'][string]) => boolean,
): Policy {
  const kept = Object.entries(policy.agents).filter(([name, config]) => isKept(name, config));
  return { ...policy, agents: Object.fromEntries(kept) };
}
