// Runs the gates on exactly one commit in a clean checkout; the same for a task's own tree and for the one that would land.
import { join } from 'node:path';
import { type GateCommand, gatesFor, gatesOfAll } from '../../core/decide/gates.ts';
import type { Effect } from '../../core/effect.ts';
import type { Event } from '../../core/event.ts';
import { ok, type Result } from '../../core/failure.ts';
import type { GateResult, Oid, TaskId } from '../../core/model.ts';
import { gateTagOf } from '../../core/names.ts';
import { taskOf } from '../../core/state.ts';
import type { EffectContext, Performed } from '../perform.ts';
import { checkoutOf, gateDirOf } from '../places.ts';
import { findMove } from './find-move.ts';

type VerifyAttempt = Extract<Effect, { kind: 'verify-attempt' }>;
type VerifyCandidate = Extract<Effect, { kind: 'verify-candidate' }>;

interface Verdict {
  readonly passed: boolean;
  readonly gates: readonly GateResult[];
  readonly excerpt: string;
}

/** Performs `verify-attempt`. */
export async function verifyAttempt(effect: VerifyAttempt, context: EffectContext): Performed {
  const { state } = context;
  const verdict = await runGates(effect, context, gatesFor(state, taskOf(state, effect.task)));
  if (!verdict.ok || verdict.value === null) return verdict.ok ? ok([]) : verdict;
  const { passed, gates, excerpt } = verdict.value;
  const of = { task: effect.task, attempt: effect.attempt, tree: effect.tree, gates };
  return ok([passed ? { type: 'attempt.verified', ...of } : { type: 'attempt.rejected', ...of, excerpt }]);
}

/** Performs `verify-candidate`. */
export async function verifyCandidate(effect: VerifyCandidate, context: EffectContext): Performed {
  const { state } = context;
  const { batch } = state.index.line;
  const upTo = batch.findIndex(({ task }) => task.id === effect.task) + 1;
  const members = upTo === 0 ? [taskOf(state, effect.task)] : batch.slice(0, upTo);
  const verdict = await runGates(effect, context, gatesOfAll(state, members));
  if (!verdict.ok || verdict.value === null) return verdict.ok ? ok([]) : verdict;
  const { passed, gates, excerpt } = verdict.value;
  const move = passed ? await findMoveInBatch(context, effect.task) : null;
  if (move !== null) return ok([move]);
  const of = { task: effect.task, commit: effect.commit, gates };
  return ok([
    passed
      ? { type: 'candidate.verified', tree: effect.tree, ...of }
      : { type: 'candidate.rejected', ...of, excerpt },
  ]);
}

/** That the branch of a task that would land by this verdict was moved, as a fact; or null. */
async function findMoveInBatch(context: EffectContext, last: TaskId): Promise<Event | null> {
  for (const ts of context.state.index.line.batch) {
    const move = await findMove(context, ts);
    if (move !== null || ts.task.id === last) return move;
  }
  return null;
}

/** The clean checkout that the gates of one commit run in. */
interface Bench {
  readonly commit: Oid;
  readonly path: string;
  readonly tag: string;
  /** Folder of what the commands print. */
  readonly dir: string;
}

/** Null: aborted, no verdict. */
async function runGates(
  effect: VerifyAttempt | VerifyCandidate,
  context: EffectContext,
  commands: readonly GateCommand[],
): Promise<Result<Verdict | null>> {
  const { parts, state, signal } = context;
  if (commands.length === 0) return ok({ passed: true, gates: [], excerpt: '' });
  const { commit } = effect;
  const bench = {
    commit,
    path: checkoutOf(parts.places, context.slot),
    tag: gateTagOf(state, context.slot),
    dir: join(gateDirOf(parts.places, effect.task, effect.attempt), commit.slice(0, 12)),
  };
  const hindrance = await layOut(context, bench);
  if (!hindrance.ok || hindrance.value !== null) return hindrance;
  if (signal.aborted) return ok(null);
  const deadline = parts.clock.monoMs() + state.policy.limits.gateMs;
  const gates: GateResult[] = [];
  for (const [at, gate] of commands.entries()) {
    const timeoutMs = Math.max(1, deadline - parts.clock.monoMs());
    const ran = await runCommand(context, { ...gate, bench, timeoutMs, output: `gate-${at + 1}.log` });
    if (signal.aborted) return ok(null);
    gates.push(ran.result);
    if (ran.result.exit !== 0) return ok({ passed: false, gates, excerpt: ran.excerpt });
  }
  const excerpt =
    'The gates changed files of the checkout, or left new ones that git does not ignore, so they did not pass on the committed tree.';
  return judgeCheckout(context, { bench, gates, excerpt });
}

/** Puts the commit into the checkout and sets it up where that is needed. The verdict when the set-up fails, else null. */
async function layOut(context: EffectContext, bench: Bench): Promise<Result<Verdict | null>> {
  const { parts, state, signal } = context;
  const { path, commit } = bench;
  const { setup } = state.policy;
  const where = { path, commit, reason: `weft run=${state.run} gates` };
  const made = await parts.git.ensureCheckout(setup === null ? where : { ...where, setUp: setup });
  if (!made.ok) return made;
  const furnished = await parts.git.furnish(path);
  if (!furnished.ok) return furnished;
  await parts.files.makeDir(bench.dir);
  if (setup === null || (await parts.git.isSetUp(path))) return ok(null);
  const timeoutMs = state.policy.limits.setupMs;
  const ran = await runCommand(context, { command: setup, tier: 0, bench, timeoutMs, output: 'set-up.log' });
  if (signal.aborted) return ok(null);
  const gates = [ran.result];
  if (ran.result.exit !== 0) {
    const excerpt = `The set-up command failed in the clean checkout that the gates run in.\n${ran.excerpt}`;
    return ok({ passed: false, gates, excerpt });
  }
  const excerpt = `The set-up command \`${setup}\` changed tracked files, or left files that git does not ignore.`;
  const judged = await judgeCheckout(context, { bench, gates, excerpt });
  if (!judged.ok || !judged.value.passed) return judged;
  const noted = await parts.git.noteSetUp({ path, setUp: setup });
  return noted.ok ? ok(null) : noted;
}

async function runCommand(
  context: EffectContext,
  of: GateCommand & {
    readonly bench: Bench;
    readonly timeoutMs: number;
    /** Name of the file that takes what it prints. */
    readonly output: string;
  },
): Promise<{ readonly result: GateResult; readonly excerpt: string }> {
  const { parts, state, signal } = context;
  const { limits } = state.policy;
  const { command, tier, bench } = of;
  const output = join(bench.dir, of.output);
  const end = await parts.process.run({
    argv: ['sh', '-c', command],
    cwd: bench.path,
    env: parts.environment({ pass: [], set: { WEFT_RUN: state.run ?? '', CI: '1' } }),
    timeoutMs: of.timeoutMs,
    outputFile: output,
    outputBytes: limits.outputBytes,
    tag: bench.tag,
    signal,
  });
  const exit = end.timedOut ? null : (end.exit.code ?? 128);
  const how = exit === null ? 'took too long' : `ended with exit code ${exit}`;
  const excerpt = `\`${command}\` ${how}.\n${parts.redact(end.tail).slice(-limits.excerptBytes)}`;
  return { result: { command, tier, exit, elapsedMs: end.elapsedMs, output }, excerpt };
}

/** A command that rewrote tracked files passed on another tree than the one asked about. */
async function judgeCheckout(
  context: EffectContext,
  of: { readonly bench: Bench; readonly gates: readonly GateResult[]; readonly excerpt: string },
): Promise<Result<Verdict>> {
  const { path, commit } = of.bench;
  const passed = await context.parts.git.isUntouched({ path, commit });
  return ok({ passed, gates: of.gates, excerpt: passed ? '' : of.excerpt });
}
