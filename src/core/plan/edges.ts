// Turns dependencies as written into edges between tasks. Knows nothing of claims, agents or cycles.
import type { EdgeBase, EdgeOn } from '../model.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { DependencyDraft, TaskDraft } from './draft.ts';
import { quote, quoteList } from './quote.ts';
import { findTask, type TaskDirectory } from './reference.ts';

/** An edge to a task by its number, and the words it comes from. */
export interface NumberedEdge {
  readonly task: number;
  readonly on: EdgeOn;
  readonly base: EdgeBase;
  readonly written: DependencyDraft;
}

/** Turns the dependencies of all tasks into edges, without those that are reported as mistakes. */
export function resolveEdges(directory: TaskDirectory): {
  readonly edges: readonly (readonly NumberedEdge[])[];
  readonly diagnostics: readonly Diagnostic[];
} {
  const diagnostics: Diagnostic[] = [];
  const edges = directory.drafts.map((draft, task) => {
    const found = collectDependencies(directory, task, diagnostics);
    const own = [...found].map(([other, written]) =>
      decideEdge({ draft, other, otherDraft: directory.drafts[other] as TaskDraft, written }),
    );
    reportStacks(directory, draft, own, diagnostics);
    return own;
  });
  return { edges, diagnostics };
}

/** Finds whom a task depends on; what the task itself says wins over what its track implies. */
function collectDependencies(
  directory: TaskDirectory,
  task: number,
  diagnostics: Diagnostic[],
): ReadonlyMap<number, DependencyDraft> {
  const draft = directory.drafts[task] as TaskDraft;
  const id = quote(draft.id.value);
  const dependencies = new Map<number, DependencyDraft>();
  for (const written of draft.dependencies) {
    const found = findTask(directory, written.task);
    if (found.kind !== 'task') {
      diagnostics.push({
        position: written.position,
        ...describeMiss(directory, { id, wanted: written.task, found }),
      });
      continue;
    }
    if (found.task === task) {
      diagnostics.push({
        position: written.position,
        sentence: `Task ${id} depends on itself.`,
        fix: 'Remove this dependency.',
      });
      continue;
    }
    const known = dependencies.get(found.task);
    if (known !== undefined && isOwn(known) && isOwn(written)) {
      diagnostics.push({
        position: written.position,
        sentence: `Task ${id} names its dependency ${quote(directory.drafts[found.task]?.id.value as string)} twice.`,
        fix: 'Remove one of the two.',
        related: [{ position: known.position, note: 'named here before' }],
      });
    } else if (known === undefined || (isOwn(written) && !isOwn(known))) {
      dependencies.set(found.task, written);
    }
  }
  return dependencies;
}

function isOwn(dependency: DependencyDraft): boolean {
  return dependency.via === undefined;
}

function describeMiss(
  { drafts }: TaskDirectory,
  of: {
    readonly id: string;
    readonly wanted: string;
    readonly found: Exclude<ReturnType<typeof findTask>, { kind: 'task' }>;
  },
): Pick<Diagnostic, 'sentence' | 'fix'> {
  const { id, wanted, found } = of;
  if (found.kind === 'several') {
    return {
      sentence: `Task ${id} depends on ${quote(wanted)}, which may be any of ${quoteList(found.ids)}.`,
      fix: 'Name the one meant by its id.',
    };
  }
  return {
    sentence: `Task ${id} depends on ${quote(wanted)}, which is not a task of this plan.`,
    fix:
      found.nearest === null
        ? `Add that task, or remove the dependency. Its tasks: ${quoteList(drafts.map((draft) => draft.id.value))}.`
        : `Did you mean ${quote(found.nearest)}?`,
  };
}

function decideEdge(pair: {
  readonly draft: TaskDraft;
  readonly other: number;
  readonly otherDraft: TaskDraft;
  readonly written: DependencyDraft;
}): NumberedEdge {
  const { draft, other, otherDraft, written } = pair;
  // A human's step has no branch to go on from, and a human acts on what has landed.
  const stacks = written.via === 'step-before' && draft.type !== 'manual' && otherDraft.type !== 'manual';
  return {
    task: other,
    on: written.on ?? (stacks ? 'verified' : 'merged'),
    base: written.base ?? (stacks ? 'stacked' : 'target'),
    written,
  };
}

function reportStacks(
  directory: TaskDirectory,
  draft: TaskDraft,
  edges: readonly NumberedEdge[],
  diagnostics: Diagnostic[],
): void {
  const stacked = edges.filter((edge) => edge.base === 'stacked');
  const id = quote(draft.id.value);
  const nameOf = (edge: NumberedEdge): string => directory.drafts[edge.task]?.id.value as string;
  for (const edge of stacked) {
    const manual = [draft, directory.drafts[edge.task] as TaskDraft].find((one) => one.type === 'manual');
    if (manual === undefined) continue;
    diagnostics.push({
      position: edge.written.position,
      sentence: `Task ${id} cannot be stacked on ${quote(nameOf(edge))}: ${quote(manual.id.value)} is done by a human and has no branch.`,
      fix: 'Write base: target.',
    });
  }
  const second = stacked[1];
  if (second === undefined) return;
  diagnostics.push({
    position: second.written.position,
    sentence: `Task ${id} is stacked on ${quoteList(stacked.map(nameOf))}, but its worktree starts from one place.`,
    fix: 'Keep base: stacked for one of them; name the step before in depends_on to start from the target instead.',
    related: [
      {
        position: stacked[0]?.written.position ?? null,
        note: `stacked on ${quote(nameOf(stacked[0] as NumberedEdge))}`,
      },
    ],
  });
}
