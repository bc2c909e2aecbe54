// Makes a plan of what any source found, or says everything that is wrong with it. Knows nothing of files or of git.
import { type ClaimOptions, normalizeClaim } from '../claim/pattern.ts';
import { type Failure, fail, ok, type Result } from '../failure.ts';
import { type Plan, type Policy, type Task, taskId } from '../model.ts';
import { DEFAULT_PLACE } from '../place.ts';
import { fixCircle } from './circle-fix.ts';
import { findCollisions, type TaskCollision } from './collision.ts';
import { findShortestCycle, type Graph } from './cycle.ts';
import { type Diagnostic, MAX_DIAGNOSTICS, type Rejection } from './diagnostic.ts';
import type { Placed, TaskDraft } from './draft.ts';
import { type NumberedEdge, resolveEdges } from './edges.ts';
import { findNearest } from './nearest.ts';
import { quote, quoteList } from './quote.ts';
import { createDirectory } from './reference.ts';
import { findIdProblem, ID_RULE, isSpeltOut, slugId, spellId } from './slug.ts';

/** What a plan is compiled against. */
export interface CompileOptions {
  readonly policy: Policy;
  /** How claims are read in this repository. */
  readonly claims?: ClaimOptions;
}

/** Agents that need no entry in the configuration. */
export const BUILT_IN_AGENTS: readonly string[] = ['claude', 'codex'];

/** Members of a cycle that are named; the rest are counted. */
const MAX_CYCLE_SHOWN = 12;

/**
 * Compiles drafts to a plan, in their order. Fails with everything that is wrong, or, under collision policy `fail`,
 * with the unordered tasks whose claims meet. Takes time linear in tasks and edges.
 */
export function compilePlan(drafts: readonly TaskDraft[], options: CompileOptions): Result<Plan, Rejection> {
  const { policy } = options;
  const directory = createDirectory(drafts);
  const { edges, diagnostics: edgeDiagnostics } = resolveEdges(directory);
  const claims = normalizeClaims(drafts, options.claims ?? {});
  const diagnostics = [
    ...checkIds(drafts, policy),
    ...edgeDiagnostics,
    ...checkCycle(drafts, edges),
    ...claims.diagnostics,
    ...checkAgents(drafts, policy),
    ...checkIsolation(drafts, policy),
  ];
  if (diagnostics.length > 0) {
    return fail({ kind: 'usage', diagnostics: diagnostics.slice(0, MAX_DIAGNOSTICS) });
  }
  const plan = {
    tasks: drafts.map((draft, at) =>
      buildTask(draft, {
        edges: edges[at] as readonly NumberedEdge[],
        owns: claims.owns[at] as readonly string[] | null,
        directory: drafts,
        policy,
      }),
    ),
  };
  if (policy.collisionPolicy !== 'fail') return ok(plan);
  const collisions = findCollisions(plan, { foldCase: options.claims?.foldCase === true });
  if (collisions.length === 0) return ok(plan);
  return fail({ kind: 'collision', diagnostics: collisions.map((one) => describeCollision(drafts, one)) });
}

function buildTask(
  draft: TaskDraft,
  found: {
    readonly edges: readonly NumberedEdge[];
    readonly owns: readonly string[] | null;
    readonly directory: readonly TaskDraft[];
    readonly policy: Policy;
  },
): Task {
  return {
    id: taskId(draft.id.value),
    title: draft.title,
    body: draft.body,
    ref: draft.ref,
    source: draft.source,
    track: draft.track,
    owns: found.owns,
    edges: found.edges.map(({ task, on, base }) => ({
      task: taskId(found.directory[task]?.id.value as string),
      on,
      base,
    })),
    priority: draft.priority ?? 2,
    agent: draft.agent?.value ?? found.policy.agent,
    ...(draft.model === undefined ? {} : { model: draft.model }),
    ...(draft.effort === undefined ? {} : { effort: draft.effort }),
    run: draft.run,
    type: draft.type,
    gates: draft.gates,
    tier: draft.tier,
    estimateMs: null,
  };
}

function checkIds(drafts: readonly TaskDraft[], { worktrees }: Policy): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const ids = new Map<string, Placed<string>>();
  const taken = new Map<string, string>();
  const isSpelt = [worktrees.path ?? DEFAULT_PLACE, worktrees.branch].some(isSpeltOut);
  for (const { id } of drafts) {
    const problem = findIdProblem(id.value);
    const first = ids.get(id.value);
    // not every file system tells names apart that differ in case
    const names = [slugId(id.value), ...(isSpelt ? [`/${spellId(id.value).toLowerCase()}`] : [])];
    const twin = names.map((name) => taken.get(name)).find((other) => other !== undefined);
    if (problem !== null) {
      diagnostics.push({
        position: id.position,
        sentence: `The task id ${quote(id.value)} ${problem}.`,
        fix: `${ID_RULE} Give the task one with id: in its step or its file.`,
      });
    } else if (first !== undefined) {
      diagnostics.push({
        position: id.position,
        sentence: `Two tasks have the id ${quote(id.value)}.`,
        fix: 'Give one of them another id, for example with id: in its step.',
        related: [{ position: first.position, note: 'the other one' }],
      });
    } else if (twin !== undefined) {
      diagnostics.push({
        position: id.position,
        sentence: `Tasks ${quote(twin)} and ${quote(id.value)} would share a directory and a branch.`,
        fix: 'Give one of them another id.',
      });
    }
    if (first === undefined) ids.set(id.value, id);
    for (const name of names) taken.set(name, id.value);
  }
  return diagnostics;
}

function checkCycle(drafts: readonly TaskDraft[], edges: readonly (readonly NumberedEdge[])[]): Diagnostic[] {
  const graph: Graph = edges.map((own) => own.map((edge) => edge.task));
  const cycle = findShortestCycle(graph);
  if (cycle === null) return [];
  const nameOf = (task: number): string => drafts[task]?.id.value as string;
  const shown = cycle.slice(0, MAX_CYCLE_SHOWN);
  const hidden = cycle.length - shown.length;
  const way = [...shown.map(nameOf), ...(hidden > 0 ? [`${hidden} more`] : []), nameOf(cycle[0] as number)];
  const steps = shown.map((task, at) => {
    const next = cycle[(at + 1) % cycle.length] as number;
    const edge = edges[task]?.find((one) => one.task === next) as NumberedEdge;
    const why = edge.written.via === 'step-before' ? ' (the step before it)' : '';
    return {
      position: edge.written.position,
      note: `${quote(nameOf(task))} needs ${quote(nameOf(next))}${why}`,
    };
  });
  return [
    {
      position: steps[0]?.position ?? null,
      sentence: `These tasks wait for each other: ${way.map((name) => quote(name).slice(1, -1)).join(' → ')}.`,
      fix: fixCircle(drafts[cycle[0] as number] as TaskDraft, drafts[cycle[1] as number] as TaskDraft),
      related: steps,
    },
  ];
}

function normalizeClaims(
  drafts: readonly TaskDraft[],
  options: ClaimOptions,
): { readonly owns: readonly (readonly string[] | null)[]; readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const known = new Map<string, Result<string>>();
  const owns = drafts.map((draft) => {
    if (draft.owns === null) return null;
    const patterns = new Set<string>();
    for (const written of draft.owns) {
      const claim = known.get(written.value) ?? normalizeClaim(written.value, options);
      known.set(written.value, claim);
      if (claim.ok) patterns.add(claim.value);
      else if (diagnostics.length < MAX_DIAGNOSTICS)
        diagnostics.push(describeFailure(written, claim.failure));
    }
    return [...patterns];
  });
  return { owns, diagnostics };
}

function describeFailure(written: Placed<string>, { sentence, hint }: Failure): Diagnostic {
  return { position: written.position, sentence, ...(hint === undefined ? {} : { fix: hint }) };
}

function checkAgents(drafts: readonly TaskDraft[], policy: Policy): Diagnostic[] {
  const names = [...new Set([...Object.keys(policy.agents), ...BUILT_IN_AGENTS])];
  const known = new Set(names);
  const diagnostics: Diagnostic[] = [];
  for (const { id, agent, run, type } of drafts) {
    if (run !== null || type === 'manual') continue;
    const name = agent?.value ?? policy.agent;
    if (known.has(name) || diagnostics.length === MAX_DIAGNOSTICS) continue;
    const nearest = findNearest(name, names);
    diagnostics.push({
      position: agent?.position ?? id.position,
      sentence: `Task ${quote(id.value)} wants the agent ${quote(name)}, which is not configured.`,
      fix: nearest === null ? `Known agents: ${quoteList(names)}.` : `Did you mean ${quote(nearest)}?`,
    });
  }
  return diagnostics;
}

/** In one shared directory only declared claims keep tasks apart. */
function checkIsolation(drafts: readonly TaskDraft[], { isolation }: Policy): Diagnostic[] {
  if (isolation !== 'shared') return [];
  const working = drafts.filter((draft) => draft.type !== 'manual');
  const lanes = new Set(
    working.map(({ id, track }) => (track === null ? `task:${id.value}` : `track:${track}`)),
  );
  const bare = working.filter((draft) => draft.owns === null);
  const first = bare[0];
  if (lanes.size < 2 || first === undefined) return [];
  return [
    {
      position: first.id.position,
      sentence: `With isolation: shared every task of more than one track must say which files it owns; ${quoteList(
        bare.map(({ id }) => id.value),
      )} ${bare.length === 1 ? 'does' : 'do'} not.`,
      fix: 'Add owns: [path/**] to the task file, or allowlist: to the step, or give each a worktree of its own with `--worktree`.',
    },
  ];
}

function describeCollision(drafts: readonly TaskDraft[], collision: TaskCollision): Diagnostic {
  const { first, second, left, right, witness } = collision;
  const [one, other] = [first, second].map((id) => drafts.find((draft) => draft.id.value === id));
  return {
    position: other?.owns?.[0]?.position ?? null,
    sentence: `Tasks ${quote(first)} and ${quote(second)} may run at the same time and both claim ${quote(witness)} (${left} and ${right}).`,
    fix: `Let one depend on the other, narrow a claim, or run it with --collision-policy serialize.`,
    related: [{ position: one?.owns?.[0]?.position ?? null, note: `${quote(first)} claims it here` }],
  };
}
