// Makes drafts and plans for tests from a few words.

import { DEFAULT_POLICY, type Plan, type Policy } from '../../../src/core/model.ts';
import { renderDiagnostics } from '../../../src/core/plan/code-frame.ts';
import { compilePlan } from '../../../src/core/plan/compile.ts';
import type { DependencyDraft, TaskDraft } from '../../../src/core/plan/draft.ts';

/** A draft; dependencies may be plain ids. */
export function draft(
  id: string,
  parts: Partial<Omit<TaskDraft, 'id' | 'dependencies' | 'owns' | 'agent'>> & {
    readonly needs?: readonly (string | Omit<DependencyDraft, 'position'>)[];
    readonly owns?: readonly string[] | null;
    readonly agent?: string;
    readonly line?: number;
  } = {},
): TaskDraft {
  const { needs = [], owns = null, agent, line = 1, ...rest } = parts;
  const position = { file: 'plan', line, column: 1, length: 1 };
  return {
    title: id,
    body: '',
    ref: `tasks/${id}.md`,
    source: 'test',
    track: null,
    priority: null,
    run: null,
    type: 'automated',
    gates: null,
    tier: 0,
    ...rest,
    id: { value: id, position },
    owns: owns?.map((value) => ({ value, position })) ?? null,
    agent: agent === undefined ? null : { value: agent, position },
    dependencies: needs.map((need) =>
      typeof need === 'string' ? { task: need, position } : { ...need, position },
    ),
  };
}

/** Steps of one track: each needs the one before. */
export function track(name: string, drafts: readonly TaskDraft[]): TaskDraft[] {
  return drafts.map((one, at) => {
    const before = drafts[at - 1];
    if (before === undefined) return { ...one, track: name };
    const step: DependencyDraft = { task: before.id.value, position: one.id.position, via: 'step-before' };
    return { ...one, track: name, dependencies: [step, ...one.dependencies] };
  });
}

/** Compiles, and prints what is wrong or the edges that came out. */
export function report(drafts: readonly TaskDraft[], policy: Partial<Policy> = {}): string {
  const compiled = compilePlan(drafts, { policy: { ...DEFAULT_POLICY, ...policy } });
  if (!compiled.ok) return renderDiagnostics(compiled.failure.diagnostics, new Map());
  return compiled.value.tasks
    .map((task) => {
      const edges = task.edges.map((edge) => `${edge.task}:${edge.on}/${edge.base}`);
      return `${task.id} <- ${edges.join(' ')}`.trimEnd();
    })
    .join('\n');
}

/** Compiles drafts that are known to be right. */
export function planOf(drafts: readonly TaskDraft[], policy: Partial<Policy> = {}): Plan {
  const compiled = compilePlan(drafts, { policy: { ...DEFAULT_POLICY, ...policy } });
  if (!compiled.ok) throw new Error(renderDiagnostics(compiled.failure.diagnostics, new Map()));
  return compiled.value;
}
