// Overriding a policy field by field, and saying what that changed. Knows nothing of flags' spelling or of files.
import type { PolicyChange } from './event.ts';
import type { Policy } from './model.ts';

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
  /** In place of the gates of tier 0. */
  readonly gates?: readonly string[];
  /** Name of an agent, `true` or `false`. */
  readonly phasesPlan?: string;
  readonly phasesReview?: string;
  readonly worktreesRoot?: string;
  readonly limitsAttempts?: number;
}

/** Lists the fields in which two policies differ, old and new value as JSON. */
export function comparePolicies(before: Policy, after: Policy): readonly PolicyChange[] {
  return compareValues('', before, after);
}

function compareValues(path: string, before: unknown, after: unknown): PolicyChange[] {
  if (Object.is(before, after)) return [];
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
