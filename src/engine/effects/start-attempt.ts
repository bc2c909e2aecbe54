// Makes the worktree (or the checkout of who only reads), sets it up, writes the prompt and starts the agent. Each step finds
// what an earlier try made.
import { join } from 'node:path';
import { gatesFor } from '../../core/decide/gates.ts';
import type { Effect } from '../../core/effect.ts';
import type { Event } from '../../core/event.ts';
import { fail, ok, type Result } from '../../core/failure.ts';
import { MAX_TROUBLE } from '../../core/limits.ts';
import type { Cause, Identity, Oid, Steering } from '../../core/model.ts';
import { sharedBranchOf, tagOf } from '../../core/names.ts';
import { writeGoOnPrompt, writePrompt } from '../../core/prompt.ts';
import { conversationToGoOnWith, runsOwnCommand, wasStarted } from '../../core/role.ts';
import { MAX_CHANGE_BYTES, writePlanPrompt, writeReviewPrompt } from '../../core/role-prompt.ts';
import { dollarsLeft } from '../../core/spending.ts';
import { type AttemptState, type RunState, type TaskState, taskOf } from '../../core/state.ts';
import type { AttemptFacts, Launch, TurnChecks } from '../../ports/agent.ts';
import type { EffectContext, Performed } from '../perform.ts';
import { attemptDirOf, mayMeetOthers, readingOf, reasonOf, worktreeOf } from '../places.ts';
import { findStartingTip, knownTargetTip } from '../target.ts';
import { endProcesses } from './stop-attempt.ts';

type StartAttempt = Extract<Effect, { kind: 'start-attempt' }>;

/** An attempt that was over before anybody could look at it. */
const NOBODY: Identity = { bootId: '', pidNs: '', pid: 0, startTicks: 0 };

/** Facts after which there is no attempt to start any more. */
const ENDS: ReadonlySet<string> = new Set(['attempt.start-failed', 'task.withheld']);

/** Performs `start-attempt`. */
export async function startAttempt(effect: StartAttempt, context: EffectContext): Performed {
  let over = false;
  try {
    const started = await tryToStart(effect, context);
    over = started.ok && started.value.some(({ type }) => ENDS.has(type));
    over ||= !started.ok && isLastTry(effect, context);
    return started;
  } catch (error) {
    over = isLastTry(effect, context);
    throw error;
  } finally {
    // an earlier try, cut off by a crash, may have started the process that this one failed to
    if (over) await endProcesses(effect, context);
  }
}

function isLastTry(effect: StartAttempt, { state }: EffectContext): boolean {
  const { trouble } = taskOf(state, effect.task);
  return trouble?.effect === effect.kind && trouble.count + 1 >= MAX_TROUBLE;
}

async function tryToStart(effect: StartAttempt, context: EffectContext): Performed {
  const ts = taskOf(context.state, effect.task);
  const { attempt } = ts;
  if (attempt === null) throw new Error('Internal error: no attempt to start');
  const lost = await claimTask(effect, context);
  if (!lost.ok || lost.value.length > 0) return lost;
  const of = { effect, ts, attempt };
  const ready =
    attempt.role === 'implement' ? await makeWorktree(context, of) : await openReading(context, of);
  if (!ready.ok) {
    const { kind, sentence, hint = '' } = ready.failure;
    if (kind === 'usage') return ok([startFailed(effect, 'start-failed', `${sentence} ${hint}`.trim())]);
    return kind === 'failed' ? ok([startFailed(effect, 'setup-failed', sentence)]) : ready;
  }
  if (context.signal.aborted) return ok([]);
  const { worktree, base } = ready.value;
  const launched = await launch(context, { ...of, ...ready.value });
  if (!launched.ok) {
    const { kind, sentence } = launched.failure;
    return kind === 'usage' ? ok([startFailed(effect, 'agent-missing', sentence)]) : launched;
  }
  return ok([
    {
      type: 'attempt.started',
      task: effect.task,
      attempt: effect.attempt,
      base,
      worktree,
      ...launched.value,
    },
  ]);
}

/** Takes the task at its source, or again what is ours; what came of it when somebody was faster, as facts. */
async function claimTask(effect: StartAttempt, { parts, state }: EffectContext): Performed {
  const { task } = taskOf(state, effect.task);
  const source = parts.sources.find(({ name }) => name === task.source);
  if (source?.claim === undefined) return ok([]);
  const claimed = await source.claim(task.id);
  if (!claimed.ok) return claimed;
  if (claimed.value.kind === 'ours') return ok([]);
  const why = `taken by ${claimed.value.by}`;
  if (effect.attempt === 1) return ok([{ type: 'task.withheld', task: task.id, why }]);
  return ok([startFailed(effect, 'start-failed', `It is ${why} by now.`)]);
}

/** The attempt to start, and whose it is. */
interface Starting {
  readonly effect: StartAttempt;
  readonly ts: TaskState;
  readonly attempt: AttemptState;
}

/** Where an agent works, what its work starts from, and what it is told. */
interface Workplace {
  readonly worktree: string;
  readonly base: Oid;
  readonly prompt: string;
}

/** The task's own worktree, or the one that all share. */
async function makeWorktree(
  context: EffectContext,
  { effect, ts, attempt }: Starting,
): Promise<Result<Workplace>> {
  const { parts, state } = context;
  const tip = await findStart(context, attempt);
  if (!tip.ok) return tip;
  const worktree = worktreeOf(parts.places, state.policy, effect.task);
  const isShared = state.policy.isolation === 'shared';
  const branch = isShared ? sharedBranchOf(state) : attempt.branch;
  const isFirst = !isShared && mayMeetOthers(state.policy) && !wasStarted(ts);
  const room = isFirst
    ? await parts.makeRoom({ run: state.run ?? '', path: worktree, branch })
    : ok(undefined);
  if (!room.ok) return room;
  const made = await parts.git.ensureWorktree({
    path: worktree,
    branch,
    base: tip.value,
    reason: reasonOf(state, effect.task),
    ...(isFirst ? { isFirst } : {}),
  });
  if (!made.ok) return made;
  // a worktree that was there already started where it started, whatever the target is now
  const base = made.value.head;
  const ready = await setUp(context, { worktree, fresh: !made.value.reused, effect });
  if (!ready.ok) return ready;
  const noted = await parts.git.noteSettings(worktree);
  return noted.ok ? ok({ worktree, base, prompt: writePrompt(state, ts, base) }) : noted;
}

/** A clean checkout for who only reads: what happens to it changes nothing of the work. */
async function openReading(
  context: EffectContext,
  { effect, ts, attempt }: Starting,
): Promise<Result<Workplace>> {
  const { parts, state } = context;
  const told = await tellReader(context, ts, attempt);
  if (!told.ok) return told;
  const { commit, ...rest } = told.value;
  const worktree = readingOf(parts.places, effect.task);
  const dir = attemptDirOf(parts.places, effect.task, effect.attempt);
  const seen = await parts.process.inspect({ dir, tag: tagOf(state, effect.task, effect.attempt) });
  // an earlier try started it: the checkout is not renewed under its feet
  if (seen.kind !== 'none') return ok({ worktree, ...rest });
  const made = await parts.git.ensureCheckout({
    path: worktree,
    commit,
    reason: `weft run=${state.run} gates`,
  });
  if (!made.ok) return made;
  const furnished = await parts.git.furnish(worktree);
  return furnished.ok ? ok({ worktree, ...rest }) : furnished;
}

/** What a planner or reviewer reads, and what it is told about it. */
async function tellReader(
  context: EffectContext,
  ts: TaskState,
  attempt: AttemptState,
): Promise<Result<Pick<Workplace, 'base' | 'prompt'> & { readonly commit: Oid }>> {
  const { parts, state } = context;
  if (attempt.role === 'plan') {
    const tip = await findStart(context, attempt);
    if (!tip.ok) return tip;
    return ok({ commit: tip.value, base: tip.value, prompt: writePlanPrompt(state, ts, tip.value) });
  }
  if (attempt.inspected === null) throw new Error('Internal error: nothing to review');
  const { base, head } = attempt.inspected;
  const change = await parts.git.diff({ from: base, to: head, maxBytes: MAX_CHANGE_BYTES });
  if (!change.ok) return change;
  return ok({
    commit: head,
    base,
    prompt: writeReviewPrompt(state, ts, { base, head, change: change.value }),
  });
}

/** Where a new worktree starts: the work it is stacked on, else the tip that the next candidate would be built on. */
async function findStart(context: EffectContext, attempt: AttemptState): Promise<Result<Oid>> {
  if (attempt.base !== null) return ok(attempt.base);
  if (attempt.stackedOn !== null) return ok(attempt.stackedOn.commit);
  const tip = await findStartingTip(context.parts, context.state);
  return tip.ok ? ok(tip.value.oid) : tip;
}

/** Local files, dependencies and the set-up command; done once per worktree. */
async function setUp(
  context: EffectContext,
  of: { readonly worktree: string; readonly fresh: boolean; readonly effect: StartAttempt },
): Promise<Result<void>> {
  const { parts, state, signal } = context;
  const dir = attemptDirOf(parts.places, of.effect.task, 0);
  const marker = join(dir, 'set-up');
  if (!of.fresh && (await parts.files.exists(marker))) return ok(undefined);
  const furnished = await parts.git.furnish(of.worktree);
  if (!furnished.ok) return furnished;
  const line = state.policy.setup;
  await parts.files.makeDir(dir);
  if (line !== null) {
    const end = await parts.process.run({
      argv: ['sh', '-c', line],
      cwd: of.worktree,
      env: parts.environment({ pass: [], set: {} }),
      timeoutMs: state.policy.limits.setupMs,
      outputFile: join(dir, 'set-up.log'),
      outputBytes: state.policy.limits.outputBytes,
      tag: tagOf(state, of.effect.task, of.effect.attempt),
      signal,
    });
    if (end.exit.code !== 0) {
      const how = end.timedOut ? 'took too long' : `ended with ${end.exit.code ?? end.exit.signal}`;
      const sentence = `The set-up command \`${line}\` ${how}.\n${end.tail.slice(-2_000)}`;
      return fail({ kind: 'failed', sentence });
    }
  }
  await parts.files.replace(marker, '');
  return ok(undefined);
}

async function launch(
  context: EffectContext,
  of: Starting & Workplace,
): Promise<Result<{ readonly identity: Identity; readonly steerable: Steering }>> {
  const { parts, state } = context;
  const { effect, attempt } = of;
  const dir = attemptDirOf(parts.places, effect.task, effect.attempt);
  const config = state.policy.agents[attempt.agent];
  // a task with a command line of its own needs no configured agent
  const command = runsOwnCommand(state, attempt.role) ? of.ts.task.run : null;
  const kind = command === null ? config?.kind : 'command';
  const agent = kind === undefined ? undefined : parts.agents.get(kind);
  if (agent === undefined) {
    return fail({ kind: 'usage', sentence: `There is no agent ${attempt.agent} of a kind that weft knows.` });
  }
  const facts = await factsOf(context, { ...of, dir, command });
  await parts.files.makeDir(facts.tempDir);
  await parts.files.replace(facts.promptFile, of.prompt);
  const launched = agent.launch(config ?? { kind: 'command' }, facts);
  if (!launched.ok) return launched;
  for (const { path, text } of launched.value.files ?? []) await parts.files.replace(path, text);
  const started = await parts.process.start({
    dir,
    argv: launched.value.argv,
    cwd: of.worktree,
    env: parts.environment({
      pass: [...(config?.env ?? []), ...(launched.value.pass ?? [])],
      set: { ...environmentOf(parts), ...launched.value.env },
    }),
    stdin: stdinOf(launched.value, facts.promptFile),
    tag: tagOf(state, effect.task, effect.attempt),
    outputBytes: state.policy.limits.outputBytes,
  });
  if (!started.ok) return started;
  const identity = started.value.kind === 'alive' ? started.value.identity : NOBODY;
  const looks = agent.tell === undefined ? false : 'file';
  return ok({ identity, steerable: launched.value.stdin === 'fifo' ? true : looks });
}

function stdinOf(
  launch: Launch,
  promptFile: string,
): Parameters<EffectContext['parts']['process']['start']>[0]['stdin'] {
  switch (launch.stdin) {
    case 'none':
      return { kind: 'none' };
    case 'prompt':
      return { kind: 'file', path: promptFile };
    case 'fifo':
      return { kind: 'fifo' };
  }
}

async function factsOf(
  context: EffectContext,
  of: Starting & Workplace & { readonly dir: string; readonly command: string | null },
): Promise<AttemptFacts> {
  const { parts, state } = context;
  const tip = await knownTargetTip(parts, state.policy);
  const maxUsd = dollarsLeft(state, of.ts);
  return {
    run: state.run ?? '',
    task: of.effect.task,
    attempt: of.effect.attempt,
    role: of.attempt.role,
    base: of.base,
    worktree: of.worktree,
    promptFile: join(of.dir, 'prompt.md'),
    statusFile: join(of.dir, 'status.json'),
    resultFile: join(of.dir, 'result.json'),
    tempDir: join(of.dir, 'tmp'),
    portBase: portBaseOf(state, of.ts),
    command: of.command,
    repository: parts.places.repository,
    dir: of.dir,
    owns: of.ts.task.owns,
    model: of.ts.task.model ?? null,
    effort: of.ts.task.effort ?? null,
    resume: await findResume(context, of),
    told: of.attempt.guidance,
    token: parts.tokenOf({ run: state.run ?? '', task: of.effect.task, attempt: of.effect.attempt }),
    checks: checksOf(state, of),
    retryMs: state.policy.limits.quietMs,
    outputBytes: state.policy.limits.outputBytes,
    ...(maxUsd === null ? {} : { maxUsd }),
    ...(tip === null ? {} : { target: tip }),
  };
}

/** Quick checks that mean something where the agent works: in a shared worktree others' work is under way beside its own. */
function checksOf(state: RunState, { ts, attempt }: Pick<Starting, 'ts' | 'attempt'>): TurnChecks | null {
  const { isolation, limits } = state.policy;
  if (attempt.role !== 'implement' || isolation === 'shared') return null;
  const commands = gatesFor(state, ts).flatMap(({ tier, command }) => (tier === 0 ? [command] : []));
  return commands.length === 0
    ? null
    : { commands, timeoutMs: limits.gateMs, excerptBytes: limits.excerptBytes };
}

/** The conversation of an earlier attempt that its agent can go on with, as its host left word of. */
async function findResume(
  { parts, state }: EffectContext,
  { ts, attempt, dir }: Starting & { readonly dir: string },
): Promise<AttemptFacts['resume']> {
  const earlier = conversationToGoOnWith(ts, attempt);
  if (earlier === null) return null;
  const report = await parts.readSession(attemptDirOf(parts.places, ts.task.id, earlier));
  if (report?.session == null) return null;
  const promptFile = join(dir, 'go-on.md');
  await parts.files.makeDir(dir);
  await parts.files.replace(promptFile, writeGoOnPrompt(state, ts));
  return { session: report.session, promptFile };
}

const FIRST_PORT = 10_000;
const PORT_BLOCKS = 2_270;

/** Ten ports below the range that systems hand out by themselves; tasks of one plan get different ones up to 2,270 tasks. */
function portBaseOf(state: RunState, ts: TaskState): number {
  let offset = 0;
  for (const letter of state.run ?? '') offset = (offset * 31 + letter.charCodeAt(0)) % PORT_BLOCKS;
  return FIRST_PORT + ((ts.order + offset) % PORT_BLOCKS) * 10;
}

function startFailed(effect: StartAttempt, cause: Cause, detail: string): Event {
  return { type: 'attempt.start-failed', task: effect.task, attempt: effect.attempt, cause, detail };
}

/** Variables that lead agents to the sources of the run from a worktree. */
function environmentOf({
  sources,
}: Pick<EffectContext['parts'], 'sources'>): Readonly<Record<string, string>> {
  return Object.assign({}, ...sources.map(({ environment }) => environment ?? {}));
}
