// Which checks a change has to pass: tier 0 always, more by trigger, by the task's own wish, or at the end of a track.
import { isInsideClaims } from '../claim/match.ts';
import { parseClaim } from '../claim/pattern.ts';
import { dependentsOf } from '../schedule-index.ts';
import type { RunState, TaskState } from '../state.ts';

/** One command line to run. */
export interface GateCommand {
  readonly command: string;
  readonly tier: 0 | 1 | 2;
}

/** The gates of a task's change, in order. The commands come from the policy or the plan, never from the agent's tree. */
export function gatesFor(state: RunState, ts: TaskState): readonly GateCommand[] {
  const gates = ts.task.gates ?? state.policy.gates;
  const tier = tierFor(state, ts);
  return [
    ...gates.tier0.map((command) => ({ command, tier: 0 as const })),
    ...(tier >= 1 ? gates.tier1.map((command) => ({ command, tier: 1 as const })) : []),
    ...(tier >= 2 ? gates.tier2.map((command) => ({ command, tier: 2 as const })) : []),
  ];
}

/** The gates of work that lands together, each once: what one part of it asks for has to pass on what all of it makes. */
export function gatesOfAll(state: RunState, members: readonly TaskState[]): readonly GateCommand[] {
  const all = new Map<string, GateCommand>();
  for (const gate of members.flatMap((ts) => gatesFor(state, ts)))
    if (!all.has(gate.command)) all.set(gate.command, gate);
  return [...all.values()].sort((one, other) => one.tier - other.tier);
}

/** The highest tier asked for by the task, by a trigger on its changed files, by a risky plan, or by being the last of its track. */
function tierFor(state: RunState, ts: TaskState): 0 | 1 | 2 {
  const gates = ts.task.gates ?? state.policy.gates;
  const seen = ts.attempt?.inspected ?? null;
  const changed = seen?.files.map((file) => file.path) ?? [];
  // a list that was cut short may hide the file that matters
  const hidden = seen !== null && seen.fileCount > seen.files.length;
  let tier: 0 | 1 | 2 = ts.task.tier;
  for (const trigger of gates.triggers) {
    if (trigger.tier > tier && (hidden || matchesAny(trigger.patterns, changed))) tier = trigger.tier;
  }
  const risky = ts.plan?.milestones.some(({ risk }) => risk === 'high') === true;
  return tier === 0 && (risky || isLastOfTrack(state, ts)) ? 1 : tier;
}

function matchesAny(patterns: readonly string[], paths: readonly string[]): boolean {
  const compiled = patterns.flatMap((text) => {
    const parsed = parseClaim(text);
    return parsed.ok ? [parsed.value] : [];
  });
  return paths.some((path) => isInsideClaims(compiled, path));
}

function isLastOfTrack(state: RunState, ts: TaskState): boolean {
  const { track } = ts.task;
  if (track === null) return true;
  return !dependentsOf(state, ts).some((dependent) => dependent.ts.task.track === track);
}
