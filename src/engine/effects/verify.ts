// Runs the gates on exactly one commit in a clean checkout; the same for a task's own tree and for the one that would land.
import { join } from 'node:path';
import { type GateCommand, gatesFor } from '../../core/decide/gates.ts';
import type { Effect } from '../../core/effect.ts';
import { ok, type Result } from '../../core/failure.ts';
import type { GateResult, Oid } from '../../core/model.ts';
import { gateTagOf } from '../../core/names.ts';
import { taskOf } from '../../core/state.ts';
import type { EffectContext, Performed } from '../perform.ts';
import { checkoutOf, gateDirOf } from '../places.ts';

type VerifyAttempt = Extract<Effect, { kind: 'verify-attempt' }>;
type VerifyCandidate = Extract<Effect, { kind: 'verify-candidate' }>;

interface Verdict {
  readonly passed: boolean;
  readonly gates: readonly GateResult[];
  readonly excerpt: string;
}

/** Performs `verify-attempt`. */
export async function verifyAttempt(effect: VerifyAttempt, context: EffectContext): Performed {
  const verdict = await runGates(effect, context);
  if (!verdict.ok || verdict.value === null) return verdict.ok ? ok([]) : verdict;
  const { passed, gates, excerpt } = verdict.value;
  const of = { task: effect.task, attempt: effect.attempt, tree: effect.tree, gates };
  return ok([passed ? { type: 'attempt.verified', ...of } : { type: 'attempt.rejected', ...of, excerpt }]);
}

/** Performs `verify-candidate`. */
export async function verifyCandidate(effect: VerifyCandidate, context: EffectContext): Performed {
  const verdict = await runGates(effect, context);
  if (!verdict.ok || verdict.value === null) return verdict.ok ? ok([]) : verdict;
  const { passed, gates, excerpt } = verdict.value;
  const of = { task: effect.task, commit: effect.commit, gates };
  return ok([
    passed
      ? { type: 'candidate.verified', tree: effect.tree, ...of }
      : { type: 'candidate.rejected', ...of, excerpt },
  ]);
}

/** Null: aborted, no verdict. */
async function runGates(
  effect: VerifyAttempt | VerifyCandidate,
  context: EffectContext,
): Promise<Result<Verdict | null>> {
  const { parts, state, signal } = context;
  const commands = gatesFor(state, taskOf(state, effect.task));
  if (commands.length === 0) return ok({ passed: true, gates: [], excerpt: '' });
  const path = checkoutOf(parts.places, context.slot);
  const tag = gateTagOf(state, context.slot);
  // a gate that outlived a killed engine would still write into the checkout
  await parts.process.killTree({ identity: null, tag, cwd: null, graceMs: 0 });
  const reason = `weft run=${state.run} gates`;
  const made = await parts.git.ensureCheckout({ path, commit: effect.commit, reason });
  if (!made.ok) return made;
  const furnished = await parts.git.furnish(path);
  if (!furnished.ok) return furnished;
  const dir = join(gateDirOf(parts.places, effect.task, effect.attempt), effect.commit.slice(0, 12));
  await parts.files.makeDir(dir);
  const deadline = parts.clock.monoMs() + state.policy.limits.gateMs;
  const gates: GateResult[] = [];
  for (const [at, gate] of commands.entries()) {
    const left = deadline - parts.clock.monoMs();
    const ran = await runGate(context, { gate, path, tag, left, output: join(dir, `gate-${at + 1}.log`) });
    if (signal.aborted) return ok(null);
    gates.push(ran.result);
    if (ran.result.exit !== 0) return ok({ passed: false, gates, excerpt: ran.excerpt });
  }
  return judgeCheckout(context, { path, commit: effect.commit, gates });
}

async function runGate(
  context: EffectContext,
  of: {
    readonly gate: GateCommand;
    readonly path: string;
    readonly tag: string;
    readonly left: number;
    readonly output: string;
  },
): Promise<{ readonly result: GateResult; readonly excerpt: string }> {
  const { parts, state, signal } = context;
  const { limits } = state.policy;
  const end = await parts.process.run({
    argv: ['sh', '-c', of.gate.command],
    cwd: of.path,
    env: parts.environment({ pass: [], set: { WEFT_RUN: state.run ?? '', CI: '1' } }),
    timeoutMs: Math.max(1, of.left),
    outputFile: of.output,
    outputBytes: limits.outputBytes,
    tag: of.tag,
    signal,
  });
  const exit = end.timedOut ? null : (end.exit.code ?? 128);
  const { command, tier } = of.gate;
  const how = exit === null ? 'took too long' : `ended with exit code ${exit}`;
  const excerpt = `\`${command}\` ${how}.\n${end.tail.slice(-limits.excerptBytes)}`;
  return { result: { command, tier, exit, elapsedMs: end.elapsedMs, output: of.output }, excerpt };
}

/** A gate that rewrote tracked files passed on another tree than the one asked about. */
async function judgeCheckout(
  context: EffectContext,
  of: { readonly path: string; readonly commit: Oid; readonly gates: readonly GateResult[] },
): Promise<Result<Verdict>> {
  const { path, commit, gates } = of;
  if (await context.parts.git.isUntouched({ path, commit })) return ok({ passed: true, gates, excerpt: '' });
  const excerpt =
    'The gates changed tracked files of the checkout, so they did not pass on the committed tree.';
  return ok({ passed: false, gates, excerpt });
}
