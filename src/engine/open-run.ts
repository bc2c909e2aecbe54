// Becomes the leader and begins a run, or goes on with one: the same loop in both cases.
import { join } from 'node:path';
import type { Wish } from '../core/decide/widen.ts';
import type { Event, Outcome, PolicyChange } from '../core/event.ts';
import { type Failure, fail, ok, type Result } from '../core/failure.ts';
import { type Oid, type Plan, type Policy, type RunId, runId } from '../core/model.ts';
import { nameRun } from '../core/names.ts';
import { isCommand } from '../core/pending.ts';
import type { SourceSpec } from '../core/source.ts';
import { createState } from '../core/state.ts';
import type { RunView } from '../core/view.ts';
import type { Json, Led } from '../ports/control.ts';
import type { ForgePort } from '../ports/forge.ts';
import type { SourcePort } from '../ports/source.ts';
import { type Beginning, type Leading, lead } from './lead.ts';
import { enterForge, openForge } from './meet-forge.ts';
import type { Places, Tools } from './parts.ts';
import { placesOf } from './places.ts';
import { awaitDeparture, checkBegun, drawUnled, findRun, listRunNames, runDirOf } from './read-run.ts';
import { recoverState } from './recovery.ts';
import { makeRoom } from './worktrees.ts';

/** A run that this process leads. */
export interface OpenRun {
  readonly run: string;
  readonly outcome: Promise<Outcome>;
  readonly changes: readonly PolicyChange[];
  onView(show: (view: RunView) => void): () => void;
  interrupt(): void;
}

/** Begins a new run of the plan. Nothing is created when another engine leads or the target does not exist. */
export async function startRun(
  tools: Tools,
  of: {
    readonly plan: Plan;
    readonly policy: Policy;
    readonly sources: readonly SourceSpec[];
    /** Tasks that are not to be begun yet, and why. */
    readonly withheld: readonly Event[];
    readonly stay: boolean;
  },
): Promise<Result<OpenRun>> {
  const forge = await openForge(tools, of.policy);
  if (!forge.ok) return forge;
  const target = await findTarget(tools, of.policy, forge.value);
  if (!target.ok) return target;
  await ignoreState(tools);
  const led = await takeLead(tools);
  if (!led.ok) return led;
  const names = await listRunNames(tools);
  const run = nameRun({ wallMs: tools.clock.wallMs(), names, chance: tools.chance() });
  const places = placesOf(tools.repository, run, of.policy);
  const beginning: Beginning = {
    kind: 'new',
    started: {
      type: 'run.started',
      run,
      repository: tools.repository,
      policy: of.policy,
      tasks: of.plan.tasks,
      targetOid: target.value,
      ...(of.sources.length === 0 ? {} : { sources: of.sources }),
    },
    withheld: of.withheld,
  };
  const opened = await openJournal(tools, led.value, places.runDir);
  if (!opened.ok) return opened;
  const { journal } = opened.value;
  const state = createState();
  const sources = await openSources(tools, of.sources, run);
  if (!sources.ok) {
    await letGo(led.value, journal);
    return sources;
  }
  return ok(
    await runOpened(tools, led.value, {
      ...{ run, places, beginning, stay: of.stay },
      ...{ journal, opened: opened.value.opened, state, forge: forge.value, sources: sources.value },
    }),
  );
}

/** Opens the sources of a run, in the order in which they were named. */
async function openSources(
  tools: Tools,
  specs: readonly SourceSpec[],
  run: string,
): Promise<Result<readonly SourcePort[]>> {
  const sources: SourcePort[] = [];
  for (const spec of specs) {
    const opened = await tools.openSource(spec, run);
    if (!opened.ok) return opened;
    sources.push(opened.value);
  }
  return ok(sources);
}

async function letGo(led: Led, journal: OpenedJournal['journal']): Promise<void> {
  await journal.close();
  await led.close();
}

/** Where the target is as the run begins. */
async function findTarget(tools: Tools, policy: Policy, forge: ForgePort | null): Promise<Result<Oid>> {
  if (forge !== null) return enterForge(forge, policy);
  const target = await tools.git.resolve(`refs/heads/${policy.target}`);
  if (target !== null) return ok(target);
  return fail({
    kind: 'usage',
    sentence: `There is no branch ${policy.target} to land on.`,
    hint: 'Name one with --target, or `target:` in .weft/config.yaml.',
  });
}

/** A run that goes on in this process. */
export interface ResumedRun extends OpenRun {
  /** How it stood before. */
  readonly before: Promise<RunView>;
}

/** Goes on with a run. The policy in force is the journal's, with the overrides given. */
export async function resumeRun(
  tools: Tools,
  of: {
    readonly run: string;
    readonly override: (recorded: Policy) => Result<Policy>;
    readonly stay: boolean;
  },
): Promise<Result<ResumedRun>> {
  const run = runId(of.run);
  const begun = await checkBegun(tools, run);
  if (!begun.ok) return begun;
  const led = await takeLead(tools);
  if (!led.ok) return led;
  const opened = await openJournal(tools, led.value, runDirOf(tools, run));
  if (!opened.ok) return opened;
  const { journal } = opened.value;
  const state = recoverState(opened.value.opened);
  const policy = of.override(state.policy);
  const forge = policy.ok ? await openForge(tools, policy.value) : policy;
  const sources = forge.ok ? await openSources(tools, state.sources, run) : forge;
  if (!policy.ok || !forge.ok || !sources.ok) {
    await letGo(led.value, journal);
    return [policy, forge, sources].find((each) => !each.ok) as Extract<
      typeof sources,
      { readonly ok: false }
    >;
  }
  const places = placesOf(tools.repository, run, state.policy);
  const before = drawUnled(tools, run, state);
  // nobody has to ask for it
  before.catch(() => undefined);
  const beginning: Beginning = { kind: 'resumed', policy: policy.value };
  const resumed = await runOpened(tools, led.value, {
    ...{ run, places, beginning, stay: of.stay },
    ...{ journal, opened: opened.value.opened, state, forge: forge.value, sources: sources.value },
  });
  return ok({ ...resumed, before });
}

/** Becomes the leader. An engine whose run is at rest, and that only clears up, is waited for. */
async function takeLead(tools: Tools): Promise<Result<Led>> {
  const led = await tools.control.lead(tools.stateDir);
  if (led.ok) return led;
  const latest = await findRun(tools, 'latest');
  if (!latest.ok) return led;
  await awaitDeparture(tools, latest.value);
  return tools.control.lead(tools.stateDir);
}

type OpenedJournal = Extract<Awaited<ReturnType<Tools['journals']['open']>>, { readonly ok: true }>['value'];

/** Opens the journal for the leader; who cannot, does not lead. */
async function openJournal(tools: Tools, led: Led, runDir: string): Promise<Result<OpenedJournal>> {
  const opened = await tools.journals.open(runDir, led.leadership);
  if (!opened.ok) await led.close();
  return opened;
}

/** Resolves when the journal says that the run is led: who is told of it finds it so. */
async function runOpened(
  tools: Tools,
  led: Led,
  of: Pick<Parameters<typeof lead>[0], 'opened' | 'state' | 'beginning' | 'stay'> & {
    readonly run: RunId;
    readonly places: Places;
    readonly journal: OpenedJournal['journal'];
    readonly forge: ForgePort | null;
    readonly sources: readonly SourcePort[];
  },
): Promise<OpenRun> {
  const { run, places, journal, forge, sources, ...rest } = of;
  const { epoch } = led.leadership;
  const leading = lead({
    parts: { ...tools, journal, forge, sources, places, epoch, makeRoom: (of) => makeRoom(tools, of) },
    ...rest,
  });
  led.serve((request) => answer(leading, { run, tokenOf: tools.tokenOf }, request));
  const interruption = createInterruption(leading);
  const runToRest = async (): Promise<Outcome> => {
    try {
      return await Promise.race([leading.outcome.catch(interruption.forgive), interruption.left]);
    } finally {
      for (const source of sources) await source.close?.().catch(() => undefined);
      await letGo(led, journal);
    }
  };
  const outcome = runToRest();
  // whoever follows the run hears of it
  outcome.catch(() => undefined);
  await leading.begun;
  return {
    run,
    outcome,
    changes: leading.changes,
    onView: leading.onView,
    interrupt: interruption.next,
  };
}

/** First: start nothing more · second: stop the agents · third: leave at once. */
function createInterruption(leading: Leading): {
  readonly left: Promise<Outcome>;
  next(): void;
  /** What stops an engine that leaves anyway is no trouble of its run's. */
  forgive(error: unknown): Promise<Outcome>;
} {
  let count = 0;
  let leave: () => void = () => undefined;
  const left = new Promise<void>((resolve) => {
    leave = resolve;
  })
    .then(leading.abandon)
    .then((): Outcome => 'stopped');
  const next = (): void => {
    count += 1;
    if (count === 1) void leading.command({ kind: 'drain' });
    else if (count === 2) void leading.command({ kind: 'stop', task: null });
    else leave();
  };
  const forgive = (error: unknown): Promise<Outcome> => {
    if (count < 3) throw error;
    return left;
  };
  return { left, next, forgive };
}

/** Answers a request on the control socket. */
async function answer(
  leading: Leading,
  of: { readonly run: RunId; readonly tokenOf: Tools['tokenOf'] },
  request: Json,
): Promise<Json> {
  const { run } = of;
  const wish = readWish(request);
  if (wish !== null && wish.run === run) return grant(leading, of, wish);
  if (typeof request !== 'object' || request === null || !('command' in request) || !('run' in request)) {
    return refuse({ kind: 'usage', sentence: 'This engine does not know that request.' });
  }
  if (request['run'] !== run) return { ok: false, otherRun: run };
  const { command } = request;
  if (!isCommand(command))
    return refuse({ kind: 'usage', sentence: 'This engine does not know that command.' });
  const judged = await leading.command(command);
  return judged.ok ? { ok: true, sentence: judged.value.sentence } : refuse(judged.failure);
}

/** A wish, and what shows whose it is. */
interface SignedWish extends Wish {
  readonly run: string;
  readonly token: string;
}

function readWish(request: Json): SignedWish | null {
  if (typeof request !== 'object' || request === null || !('wish' in request)) return null;
  const { run, token, wish } = request as { readonly [key: string]: Json };
  const { task, attempt, patterns } = (wish ?? {}) as { readonly [key: string]: Json };
  if (typeof run !== 'string' || typeof token !== 'string' || typeof task !== 'string') return null;
  if (typeof attempt !== 'number' || !Array.isArray(patterns)) return null;
  const texts = patterns.filter((each) => typeof each === 'string');
  return texts.length === patterns.length ? { run, token, task, attempt, patterns: texts } : null;
}

async function grant(
  leading: Leading,
  { tokenOf }: { readonly tokenOf: Tools['tokenOf'] },
  { token, ...wish }: SignedWish,
): Promise<Json> {
  if (token !== tokenOf(wish))
    return refuse({ kind: 'usage', sentence: 'This is not the token of that attempt.' });
  const judged = await leading.wish(wish);
  return judged.ok ? { ok: true, sentence: judged.value.sentence } : refuse(judged.failure);
}

function refuse(failure: Failure): Json {
  const { kind, sentence, hint } = failure;
  return { ok: false, failure: hint === undefined ? { kind, sentence } : { kind, sentence, hint } };
}

const IGNORE = '*\n!config.yaml\n!agents/\n!agents/*.md\n';

/** Keeps the state folder out of the user's `git status`. */
export async function ignoreState(tools: Pick<Tools, 'files' | 'stateDir'>): Promise<void> {
  await tools.files.makeDir(tools.stateDir);
  const path = join(tools.stateDir, '.gitignore');
  if (!(await tools.files.exists(path))) await tools.files.replace(path, IGNORE);
}
