// Configuration and sources into a checked plan, for who puts weft together. Creates nothing.
import { basename } from 'node:path';
import { locateProgram } from '../adapters/agent/locate.ts';
import { listTrackedFiles } from '../adapters/git/tracked.ts';
import { findTrackFile } from '../adapters/source/find-track-file.ts';
import { createPathKind } from '../adapters/source/path-kind.ts';
import { createTrackFileSource } from '../adapters/source/track-file.ts';
import { fail, ok, type Result } from '../core/failure.ts';
import type { Policy } from '../core/model.ts';
import { renderDiagnostics } from '../core/plan/code-frame.ts';
import { compilePlan } from '../core/plan/compile.ts';
import type { Diagnostic } from '../core/plan/diagnostic.ts';
import { pictureRun } from '../core/plan/dry-run.ts';
import { listWithheld, planSupply, type Supply } from '../core/plan/growth.ts';
import { keepLikelyAgents, keepUsedAgents, type PolicyFlags } from '../core/policy.ts';
import type { SourceSpec } from '../core/source.ts';
import { learnDurations } from '../engine/durations.ts';
import { gatherSupply } from '../engine/feeder.ts';
import { guessOwnership } from '../engine/guesses.ts';
import type { Tools } from '../engine/parts.ts';
import type { Loaded, SourcePort } from '../ports/source.ts';
import type { Diagnosed, Planned, SourceWish } from '../surfaces/app.ts';
import { configure, type Here } from './configuration.ts';

type Refused = Diagnosed & { readonly kind: 'usage' | 'collision' };

/** Configuration and all that sources have into a checked plan; creates nothing. */
export async function plan(
  tools: Tools,
  here: Here,
  of: { readonly sources: readonly SourceWish[]; readonly flags: PolicyFlags },
): Promise<Result<Planned, Refused>> {
  const configured = await configure(tools, here, of.flags);
  if (!configured.ok) {
    const { diagnostics, texts } = configured.failure;
    return refuse('usage', diagnostics, texts);
  }
  const policy = await addMergeDriver(configured.value, tools.repository);
  const stocked = await loadSources(tools, here, of.sources);
  if (!stocked.ok) return stocked;
  const { supply, root, texts, specs, notes } = stocked.value;
  const compiled = compilePlan(planSupply(supply), { policy, claims: { kindOf: createPathKind(root) } });
  if (!compiled.ok) {
    const { kind, diagnostics } = compiled.failure;
    return refuse(kind, diagnostics, texts);
  }
  const tracked = await listTrackedFiles({ cwd: root, env: {} });
  const learned = await guessOwnership(tools, await learnDurations(tools, compiled.value), tracked);
  const used = (specs.length === 0 ? keepUsedAgents : keepLikelyAgents)(policy, learned);
  const withheld = listWithheld(learned.tasks, supply);
  const held = new Map(
    withheld.flatMap((event) =>
      event.type === 'task.withheld' && event.why !== null ? [[event.task, event.why] as const] : [],
    ),
  );
  const dryRun = pictureRun(learned, used, { run: '<run>', repo: basename(tools.repository), held });
  return ok({ plan: learned, policy: used, dryRun, sources: specs, withheld, notes });
}

/** Sources as a journal names them; null: one of them is none that a run watches, or is not there. */
export async function nameSources(
  here: Here,
  wishes: readonly SourceWish[],
): Promise<readonly SourceSpec[] | null> {
  const specs: SourceSpec[] = [];
  for (const wish of wishes) {
    if (wish.kind === 'file') return null;
    const spec = wish.kind === 'plan' ? await findPlan(wish.path, here) : ok(wish);
    if (!spec.ok) return null;
    specs.push(spec.value);
  }
  return specs.length === 0 ? null : specs;
}

/** What all sources have together. */
interface Stock {
  readonly supply: Supply;
  /** Checkout whose files the tasks are about. */
  readonly root: string;
  readonly texts: ReadonlyMap<string, string>;
  /** Sources that are looked at again while the run goes on. */
  readonly specs: readonly SourceSpec[];
  readonly notes: readonly string[];
}

/** Loads every source once; the first that cannot be read ends it. */
async function loadSources(
  tools: Tools,
  here: Here,
  wishes: readonly SourceWish[],
): Promise<Result<Stock, Refused>> {
  const all: Loaded[] = [];
  const specs: SourceSpec[] = [];
  let root = tools.repository;
  for (const wish of wishes) {
    const found = await findSource(tools, here, wish);
    if (!found.ok) return refuse('usage', [found.failure], new Map());
    const { source, spec } = found.value;
    const loaded = await source.load();
    await source.close?.();
    if (loaded.diagnostics.length > 0) return refuse('usage', loaded.diagnostics, loaded.texts);
    all.push(loaded);
    if (spec === null) root = found.value.root;
    else specs.push(loaded.spec ?? spec);
  }
  return ok({
    supply: gatherSupply(all),
    root,
    texts: new Map(all.flatMap(({ texts }) => [...texts])),
    specs,
    notes: all.flatMap(({ notes }) => notes ?? []),
  });
}

/** A source that somebody named, and how the journal names it; null: it does not change while a run goes on. */
interface FoundSource {
  readonly source: SourcePort;
  readonly spec: SourceSpec | null;
  readonly root: string;
}

async function findSource(
  tools: Tools,
  here: Here,
  wish: SourceWish,
): Promise<Result<FoundSource, Diagnostic>> {
  if (wish.kind === 'file') {
    const found = findTrackFile(wish.path, here);
    if (!found.ok) return found;
    const { root, path } = found.value;
    return ok({ source: createTrackFileSource({ repository: root, path }), spec: null, root });
  }
  const spec = wish.kind === 'plan' ? await findPlan(wish.path, here) : ok(wish);
  if (!spec.ok) return spec;
  const opened = await tools.openSource(spec.value, '');
  if (opened.ok) return ok({ source: opened.value, spec: spec.value, root: tools.repository });
  const { sentence, hint } = opened.failure;
  return fail({ position: null, sentence, ...(hint === undefined ? {} : { fix: hint }) });
}

async function findPlan(path: string | null, here: Here): Promise<Result<SourceSpec, Diagnostic>> {
  const sources = await import('./sources.ts');
  return sources.findPlan(path, here);
}

/** mergiraf merges what git cannot, by the syntax of the language; it is asked where it is installed and nothing else is said. */
async function addMergeDriver(policy: Policy, repository: string): Promise<Policy> {
  if (policy.merge.driver !== undefined || (await locateProgram('mergiraf', repository)) === null)
    return policy;
  return { ...policy, merge: { ...policy.merge, driver: 'mergiraf merge --git %O %A %B -p %P -l %L' } };
}

function refuse(
  kind: 'usage' | 'collision',
  diagnostics: readonly Diagnostic[],
  texts: ReadonlyMap<string, string>,
): Result<never, Refused> {
  return fail({ kind, diagnostics, text: renderDiagnostics(diagnostics, texts) });
}
